"""Rules about the text of a file: each makes the fault that its code stands for."""

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Fault, Fix, Severity
from pinpoint_endpoints.documents.positions import Path, Place, Position, Span
from pinpoint_endpoints.documents.rule import Scope, rule

MAX_DEPTH = 64
"""Deeper than any endpoint (five levels), and far from where a reader breaks or becomes slow."""

_WHOLE_FILE = Position(0, 0)
_WRITE_IT = {
    "text": "write it with a decimal point and without an exponent",
    "an octal number": "write it without the leading zero",
}


@rule(codes.UNREADABLE, Scope.TEXT, ignorable=False)
def unreadable(reason: str, hint: str = "check the path and its permissions") -> Fault:
    """The file cannot be read.

    It is not there, its permissions forbid it, or what it is packed in is damaged. The other files
    are checked all the same, and the run ends with exit code 3.
    """
    return Fault(_WHOLE_FILE, codes.UNREADABLE, f"cannot be read: {reason}", hint)


@rule(codes.EMPTY, Scope.TEXT, ignorable=False)
def empty(place: Place) -> Fault:
    """The file is empty.

    A file without an endpoint is no success: mostly, what should have written it failed. An update
    that changes nothing is written `{}`.

    Wrong:
        # a comment, and nothing else

    Right:
        {}
    """
    return Fault(place, codes.EMPTY, "the file is empty", "write one endpoint")


@rule(codes.ENCODING, Scope.TEXT, ignorable=False)
def encoding(place: Place, message: str, hint: str) -> Fault:
    """The file is not UTF-8 text.

    A byte order mark is tolerated. PowerShell's `>` writes UTF-16, and editors for one region write
    Latin-1: save the file as UTF-8.

    Source: RFC 8259, section 8.1; YAML 1.2.2, section 5.2.
    """
    return Fault(place, codes.ENCODING, message, hint)


@rule(codes.SYNTAX, Scope.TEXT, ignorable=False)
def syntax(place: Place, message: str, hint: str = "") -> Fault:
    """The text is not JSON, or not YAML.

    JSON is read strictly: no comments, no trailing commas, no single quotes.

    Source: RFC 8259; YAML 1.2.2.

    Wrong:
        {"ChannelType": "EMAIL", "Address": "ada@example.com",}

    Right:
        {"ChannelType": "EMAIL", "Address": "ada@example.com"}
    """
    return Fault(place, codes.SYNTAX, message, hint)


@rule(codes.DUPLICATE_KEY, Scope.TEXT)
def duplicate_key(place: Span, first: Position, path: Path) -> Fault:
    """A key stands twice in one object.

    Most readers keep the last value without a word, so that what is sent is not what is seen.

    Source: RFC 8259, section 4; YAML 1.2.2, section 3.2.1.3.

    Wrong:
        {"OptOut": "ALL", "OptOut": "NONE"}

    Right:
        {"OptOut": "ALL"}
    """
    return Fault(
        place,
        codes.DUPLICATE_KEY,
        f"duplicate key, first at {first.line}:{first.column}",
        "remove one of the two: many readers keep only the last",
        path=path,
    )


@rule(codes.NOT_A_NUMBER, Scope.TEXT, ignorable=False)
def not_a_number(place: Place, message: str, path: Path) -> Fault:
    """A number is not finite.

    JSON has no NaN and no Infinity. boto3 sends them as the texts `"NaN"` and `"Infinity"`, and a
    number beyond a double becomes infinite on the way.

    Source: RFC 8259, section 6; botocore's JSON serializer.

    Wrong:
        {"Metrics": {"visits": NaN}}

    Right:
        {"Metrics": {"visits": 0}}
    """
    hint = "write a finite number, or leave the member out"
    return Fault(place, codes.NOT_A_NUMBER, message, hint, path=path)


@rule(codes.TOO_DEEP, Scope.TEXT, ignorable=False)
def too_deep(place: Place) -> Fault:
    """The value is nested too deeply.

    An endpoint has five levels. What has more than 64 is no endpoint, and breaks readers.
    """
    message = f"nested more than {MAX_DEPTH} levels deep"
    return Fault(place, codes.TOO_DEEP, message, "an endpoint has five levels")


@rule(codes.YAML_FEATURE, Scope.TEXT, ignorable=False)
def yaml_feature(place: Place, message: str, hint: str) -> Fault:
    """A feature of YAML is not read: tags, unbounded aliases, keys that are not text.

    Readers differ on what these mean, or can be brought to a standstill with them. The schema says
    what each value is, so no endpoint needs them.

    Source: YAML 1.2.2, sections 2.4 and 7.1.

    Wrong:
        ChannelType: SMS
        Address: !!str 12065550100

    Right:
        ChannelType: SMS
        Address: "+12065550100"
    """
    return Fault(place, codes.YAML_FEATURE, message, hint)


@rule(codes.SECOND_VALUE, Scope.TEXT, ignorable=False)
def second_value(place: Place) -> Fault:
    """A second value stands after the end of the first.

    A file holds one value, or one a line, or one after each `---` of a YAML file.

    Source: RFC 8259, section 2.

    Wrong:
        {"OptOut": "ALL"} {"OptOut": "NONE"}

    Right:
        {"Item": [{"Id": "a", "OptOut": "ALL"}, {"Id": "b", "OptOut": "ALL"}]}
    """
    return Fault(
        place,
        codes.SECOND_VALUE,
        "a second value stands here, after the end of the first",
        'put each on a line of its own, or all into {"Item": [...]}',
    )


@rule(codes.TOO_LARGE, Scope.TEXT, ignorable=False)
def too_large(place: Place, message: str, hint: str) -> Fault:
    """The text is larger than any request, or has more mistakes than are shown.

    One API call carries at most 7 MB. A file with a document a line may have any size.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas", API payload.
    """
    return Fault(place, codes.TOO_LARGE, message, hint)


@rule(codes.READ_OTHERWISE, Scope.TEXT, severity=Severity.WARNING)
def read_otherwise(place: Span, kind: str, path: Path, fix: Fix | None = None) -> Fault:
    """Other YAML tools read something else here.

    `pe` reads a plain scalar by the schema: where a string is wanted, it is its own text. YAML 1.1
    tools read `NO` as false, `02134` as an octal number and a date as a date; most drop the plus
    sign of `+12065550100`.

    Source: YAML 1.2.2, section 10.3; the YAML 1.1 type repository.

    Wrong:
        Location:
          Country: NO

    Right:
        Location:
          Country: "NO"
    """
    message = f"read as it is written, but other YAML tools read {kind} here"
    hint = _WRITE_IT.get(kind, "put it in quotes")
    return Fault(place, codes.READ_OTHERWISE, message, hint, Severity.WARNING, path, fix)
