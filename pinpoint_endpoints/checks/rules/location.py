"""Rules about `Location`. One value in, findings out."""

from collections.abc import Sequence
from math import isfinite

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.checks.rules.countries import ALPHA_2, COUNTRIES
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Fix, Severity
from pinpoint_endpoints.documents.rule import Scope, rule

_LONGEST_CODE = 3


@rule(codes.COUNTRY, Scope.MEMBER, "Location.Country", severity=Severity.WARNING)
def country(text: str) -> Sequence[Finding]:
    """The country is not a two-letter code of ISO 3166-1.

    Segments compare the text as it stands: an endpoint in `USA` is not among those in `US`. The
    code is in upper case. Samples of AWS's own have three letters, so this is a warning. The empty
    text is the only way to clear the member, and is right.

    Source: botocore's service model, `EndpointLocation.Country`; ISO 3166-1.

    Wrong:
        {"Location": {"Country": "USA"}}

    Right:
        {"Location": {"Country": "US"}}
    """
    if text in COUNTRIES or not text:
        return ()
    # what is not like a code may be anything, put into the wrong place
    like_a_code = len(text) <= _LONGEST_CODE and text.isascii() and text.isalpha()
    shown = f'"{text}"' if like_a_code else "this text"
    message = f"{shown} is not a two-letter country code"
    word = text.strip().upper() if text.isascii() else ""
    if word in COUNTRIES:
        return (_coded(message, "write it in upper case, without spaces", word),)
    if word in ALPHA_2:
        return (_coded(message, f'the two letters are "{ALPHA_2[word]}"', ALPHA_2[word]),)
    hint = 'did you mean "GB"?' if word == "UK" else 'write two letters of ISO 3166-1, such as "US"'
    return (Finding((), message, hint),)


def _coded(message: str, hint: str, right: str) -> Finding:
    return Finding((), message, hint, fix=Fix(Action.REPLACE, ((),), right))


@rule(
    codes.COORDINATE_PRECISION,
    Scope.MEMBER,
    "Location.Latitude",
    "Location.Longitude",
    severity=Severity.WARNING,
)
def coordinate_precision(degrees: float) -> Sequence[Finding]:
    """A coordinate has more than one decimal.

    The service rounds coordinates to one decimal, about ten kilometres: what is read back is not
    what was sent, and nobody can be found by the digits that are gone.

    Source: AWS, Amazon Pinpoint Developer Guide, "Adding endpoints": 47.61 is sent, and 47.6 is
    read back; botocore's service model, `EndpointLocation.Latitude`.

    Wrong:
        {"Location": {"Latitude": 47.61, "Longitude": -122.3}}

    Right:
        {"Location": {"Latitude": 47.6, "Longitude": -122.3}}
    """
    if round(degrees, 1) == degrees or not isfinite(degrees):
        return ()
    from decimal import ROUND_HALF_UP, Decimal

    # halves by the digits as they are written: 47.65 lies a little below itself in binary
    rounded = Decimal(str(degrees)).quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)
    message = f"the service rounds this to {float(rounded) or 0.0}"
    return (Finding((), message, "write one decimal"),)
