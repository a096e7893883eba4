"""Rules about `EffectiveDate`. One text in, findings out."""

import re
from collections.abc import Sequence
from datetime import date

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Action, Fix, Severity
from pinpoint_endpoints.documents.rule import Scope, rule

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT = re.compile(
    rf"{_DAY.pattern}T(?:[01][0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:\.[0-9]+)?)?"
    r"(Z|[+-](?:[01][0-9]|2[0-3])(?::?[0-5][0-9])?)?"
)
_DAY_LENGTH = 10
_WRITE_IT = 'write it as "2026-01-15T09:30:00Z"'


@rule(codes.EFFECTIVE_DATE, Scope.MEMBER, "EffectiveDate")
def effective_date(text: str) -> Sequence[Finding]:
    """The effective date is not a date and time of ISO 8601.

    When a user has too many push endpoints, the service retires the one with the oldest effective
    date: what it cannot read, it cannot compare. `2026-01-15T09:30:00Z` is meant, with or without
    seconds and their fraction, with `Z` or an offset. Dates without dashes and dates by week are
    ISO 8601 too, but no page of AWS has them, and most readers refuse them: they are errors. A
    date alone, and a time without an offset, are read differently by each reader: a warning. The
    empty text clears the member, and is right.

    Source: botocore's service model, `EndpointRequest.EffectiveDate`; AWS, Amazon Pinpoint
    Developer Guide, the example of UpdateEndpoint, which leaves out the seconds.

    Wrong:
        {"EffectiveDate": "15.01.2026 09:30"}

    Right:
        {"EffectiveDate": "2026-01-15T09:30:00Z"}
    """
    moment = _MOMENT.fullmatch(text)
    if moment and moment[1] and _exists(text):
        return ()
    if not text:
        return ()
    if not (moment or _DAY.fullmatch(text)):
        return (_unread(text),)
    if not _exists(text):
        return (Finding((), "there is no such day", "check the month and the day"),)
    if moment:
        message, hint = "the time has no offset from UTC", 'add "Z" if it is UTC'
    else:
        message, hint = "the date has no time", _WRITE_IT
    return (Finding((), message, hint, severity=Severity.WARNING),)


def _unread(text: str) -> Finding:
    message = "this text is not a date and time of ISO 8601, as AWS writes them"
    likely = text.strip().upper().replace(" ", "T", 1)
    moment = _MOMENT.fullmatch(likely)
    if moment and moment[1] and _exists(likely):
        hint = 'put "T" between date and time, and no spaces'
        return Finding((), message, hint, fix=Fix(Action.REPLACE, ((),), likely))
    return Finding((), message, _WRITE_IT)


def _exists(moment: str) -> bool:
    try:
        date.fromisoformat(moment[:_DAY_LENGTH])
    except ValueError:
        return False
    return True
