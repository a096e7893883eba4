"""Rules about the text of a file: each function creates the problem with its code."""

from collections.abc import Sequence

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.lookalikes import advice, named
from pinpoint_endpoints.documents.model import Fix, Severity, TextProblem
from pinpoint_endpoints.documents.positions import Place, Position, Span, ValuePath
from pinpoint_endpoints.documents.rule import Scope, rule

MAX_DEPTH = 64
"""Deeper than any endpoint (five levels), and far from where parsers break or become slow."""

MAX_PROBLEMS = 1_000
"""Of the text of one value: more than anyone reads; a hostile file could have a million."""

_WHOLE_FILE = Position(0, 0)
_WRITE_IT = {
    "text": "write it with a decimal point and without an exponent",
    "an octal number": "write it without the leading zero",
}


@rule(codes.UNREADABLE, Scope.TEXT, ignorable=False)
def unreadable(reason: str, hint: str = "check the path and its permissions") -> TextProblem:
    """The file cannot be read.

    It does not exist, its permissions forbid it, or its gzip data is damaged. The other files are
    still checked, and the run ends with exit code 3.
    """
    return TextProblem(_WHOLE_FILE, codes.UNREADABLE, f"cannot be read: {reason}", hint)


@rule(codes.EMPTY, Scope.TEXT, ignorable=False)
def empty(place: Place) -> TextProblem:
    """The file is empty.

    A file without any text is an error: usually, the program that should have written it failed.
    An update that changes nothing is written `{}`.
    """
    return TextProblem(place, codes.EMPTY, "the file is empty", "write one endpoint")


@rule(codes.HOLDS_NO_ENDPOINT, Scope.TEXT, severity=Severity.WARNING)
def holds_no_endpoint(place: Place, what: str = "endpoint") -> TextProblem:
    """The file holds no endpoint.

    An answer without endpoints or segments, an empty list, a template that rendered nothing but
    comments, or a file with one document per line that has no line. Nothing is sent for it, and it
    does not count as a document.

    Wrong:
        {"EndpointsResponse": {"Item": []}}

    Right:
        {"EndpointsResponse": {"Item": [{"Id": "ada", "OptOut": "ALL"}]}}
    """
    message = f"there is no {what} here"
    hint = "nothing is sent for it" if what == "endpoint" else "the application had none"
    return TextProblem(place, codes.HOLDS_NO_ENDPOINT, message, hint, Severity.WARNING)


@rule(codes.ENCODING, Scope.TEXT, ignorable=False)
def encoding(place: Place, message: str, hint: str) -> TextProblem:
    """The file is not UTF-8 text.

    A byte order mark is allowed. PowerShell's `>` writes UTF-16, and older editors write Latin-1:
    save the file as UTF-8.

    Source: RFC 8259, section 8.1; YAML 1.2.2, section 5.2.
    """
    return TextProblem(place, codes.ENCODING, message, hint)


@rule(codes.SYNTAX, Scope.TEXT, ignorable=False)
def syntax(place: Place, message: str, hint: str = "") -> TextProblem:
    """The text is not JSON, or not YAML.

    JSON is read strictly: no comments, no trailing commas, no single quotes.

    Source: RFC 8259; YAML 1.2.2.

    Wrong:
        {"ChannelType": "EMAIL", "Address": "ada@example.com",}

    Right:
        {"ChannelType": "EMAIL", "Address": "ada@example.com"}
    """
    return TextProblem(place, codes.SYNTAX, message, hint)


@rule(codes.DUPLICATE_KEY, Scope.TEXT)
def duplicate_key(place: Span, first: Position, path: ValuePath) -> TextProblem:
    """An object has the same key twice.

    Most parsers silently keep the last value, so what is sent may not be what a reader sees.

    Source: RFC 8259, section 4; YAML 1.2.2, section 3.2.1.3.

    Wrong:
        {"OptOut": "ALL", "OptOut": "NONE"}

    Right:
        {"OptOut": "ALL"}
    """
    return TextProblem(
        place,
        codes.DUPLICATE_KEY,
        f"duplicate key, first at {first.line}:{first.column}",
        "remove one of the two: many parsers keep only the last",
        path=path,
    )


@rule(codes.NOT_A_NUMBER, Scope.TEXT, ignorable=False)
def not_a_number(place: Place, message: str, path: ValuePath) -> TextProblem:
    """A number is not finite.

    JSON has no NaN and no Infinity. boto3 sends them as the strings `"NaN"` and `"Infinity"`, and a
    number too large for a double becomes infinite on the way.

    Source: RFC 8259, section 6; botocore's JSON serializer.

    Wrong:
        {"Metrics": {"visits": NaN}}

    Right:
        {"Metrics": {"visits": 0}}
    """
    hint = "write a finite number, or leave the member out"
    return TextProblem(place, codes.NOT_A_NUMBER, message, hint, path=path)


@rule(codes.TOO_DEEP, Scope.TEXT, ignorable=False)
def too_deep(place: Place) -> TextProblem:
    """The value is nested too deeply.

    An endpoint has five levels. A value with more than 64 is not an endpoint, and breaks parsers.
    """
    message = f"nested more than {MAX_DEPTH} levels deep"
    return TextProblem(place, codes.TOO_DEEP, message, "an endpoint has five levels")


@rule(codes.YAML_FEATURE, Scope.TEXT, ignorable=False)
def yaml_feature(place: Place, message: str, hint: str) -> TextProblem:
    """An unsupported YAML feature: tags, excessive aliases, keys that are not strings.

    YAML tools differ on what these mean, and some can be brought to a standstill with them. The
    schema says what each value is, so no endpoint needs them.

    Source: YAML 1.2.2, sections 2.4 and 7.1.

    Wrong:
        ChannelType: SMS
        Address: !!str 12065550100

    Right:
        ChannelType: SMS
        Address: "+12065550100"
    """
    return TextProblem(place, codes.YAML_FEATURE, message, hint)


@rule(codes.SECOND_VALUE, Scope.TEXT, ignorable=False)
def second_value(place: Place) -> TextProblem:
    """A second value follows the end of the first.

    A file holds one value, or one on each line, or one after each `---` of a YAML file.

    Source: RFC 8259, section 2.

    Wrong:
        {"OptOut": "ALL"} {"OptOut": "NONE"}

    Right:
        {"Item": [{"Id": "a", "OptOut": "ALL"}, {"Id": "b", "OptOut": "ALL"}]}
    """
    return TextProblem(
        place,
        codes.SECOND_VALUE,
        "unexpected second value after the end of the first",
        'put each on its own line, or all into {"Item": [...]}',
    )


@rule(codes.TOO_LARGE, Scope.TEXT, ignorable=False)
def too_large(place: Place, message: str, hint: str) -> TextProblem:
    """The text is larger than any request, or has more problems than are shown.

    One API call carries at most 7 MB. A file with one document per line may have any size.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas", API payload.
    """
    return TextProblem(place, codes.TOO_LARGE, message, hint)


@rule(codes.READ_DIFFERENTLY, Scope.TEXT, severity=Severity.WARNING)
def read_otherwise(place: Span, kind: str, path: ValuePath, fix: Fix | None = None) -> TextProblem:
    """Other YAML tools would read a different value.

    `pe` reads a plain scalar by the schema: where a string is expected, the scalar is its own text.
    YAML 1.1 tools read `NO` as false, `02134` as an octal number and a date as a date; most drop
    the plus sign of `+12065550100`.

    Source: YAML 1.2.2, section 10.3; the YAML 1.1 type repository.

    Wrong:
        Location:
          Country: NO

    Right:
        Location:
          Country: "NO"
    """
    message = f"other YAML tools would read this as {kind}"
    hint = _WRITE_IT.get(kind, "put it in quotes")
    return TextProblem(place, codes.READ_DIFFERENTLY, message, hint, Severity.WARNING, path, fix)


@rule(codes.NOT_AN_ENDPOINT, Scope.TEXT, ignorable=False)
def not_an_endpoint(place: Place, what: str, hint: str) -> TextProblem:
    """The document is of another kind than an endpoint.

    A table (CSV, TSV), XML, the AWS CLI's shorthand or its output as text or a table; or another
    document of Pinpoint: a campaign's event, a request of PutEvents, a record of an event stream,
    the answer to an update, a map of endpoints by their ids.

    Wrong:
        {"MessageBody": {"Message": "Accepted", "RequestID": "b8d1f6a4"}}

    Right:
        {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
    """
    return TextProblem(place, codes.NOT_AN_ENDPOINT, f"not an endpoint: this is {what}", hint)


@rule(codes.LOOKALIKE, Scope.TEXT, severity=Severity.WARNING)
def lookalike(
    place: Place, character: str, path: ValuePath, fix: Fix | None = None, *, at_key: bool = False
) -> TextProblem:
    """A character looks like one of YAML's own, and is part of the text.

    Web pages and word processors turn quotes into typographic ones, and spaces into no-break
    spaces; input methods write full-width colons. YAML reads all of them as text: they are stored
    with the value, or the name that they are in is unknown. Who wants such quotes in a value puts
    the whole value into ASCII quotes.

    Source: YAML 1.2.2, sections 5.3 and 6.1.

    Wrong:
        Attributes:
          Interests: [“Science”]

    Right:
        Attributes:
          Interests: ["Science"]
    """
    message = f"{named(character)} is part of the {'name' if at_key else 'text'}"
    return TextProblem(
        place, codes.LOOKALIKE, message, advice(character), Severity.WARNING, path, fix
    )


@rule(codes.CSV_HEADER, Scope.TEXT, ignorable=False)
def csv_header(place: Place, message: str, hint: str) -> TextProblem:
    """A header of a CSV file is not the path of a member.

    The headers are those of Pinpoint's import files: `Address`, `Location.Country`,
    `User.UserId`. A member with several values, such as `Attributes.Interests`, has several
    columns with the same header. Where a header is wrong, the rows are not read.

    Wrong:
        Id,ChannelType,Adress
        ada,EMAIL,ada@example.com

    Right:
        Id,ChannelType,Address
        ada,EMAIL,ada@example.com
    """
    return TextProblem(place, codes.CSV_HEADER, message, hint)


@rule(codes.CSV_ROW, Scope.TEXT, ignorable=False)
def csv_row(place: Place, message: str, hint: str) -> TextProblem:
    """A row of a CSV file has more or fewer cells than its header.

    A cell that contains a comma has to be in quotes. A last row that is too short is often the sign
    of a file that was cut off.

    Source: RFC 4180, section 2.

    Wrong:
        Id,ChannelType,Address,Location.City
        ada,EMAIL,ada@example.com,London, England

    Right:
        Id,ChannelType,Address,Location.City
        ada,EMAIL,ada@example.com,"London, England"
    """
    return TextProblem(place, codes.CSV_ROW, message, hint)


def add_problem(problems: list[TextProblem], problem: TextProblem) -> None:
    """Append a problem to those of one value; beyond `MAX_PROBLEMS`, only that there are more.

    Behind this stand those that can be fixed: they are not shown, and a text is fixed at once.
    """
    if len(problems) < MAX_PROBLEMS:
        problems.append(problem)
        return
    if len(problems) == MAX_PROBLEMS:
        message = f"more than {MAX_PROBLEMS} problems: the others are not shown"
        more = too_large(problem.place, message, "fix these first")
        problems.append(more._replace(severity=problem.severity))
    elif problem.severity is Severity.ERROR:
        problems[MAX_PROBLEMS] = problems[MAX_PROBLEMS]._replace(severity=problem.severity)
    if problem.fix is not None:
        problems.append(problem)


def shown_problems(problems: Sequence[TextProblem]) -> Sequence[TextProblem]:
    """Return the problems of one value that are shown."""
    return problems[: MAX_PROBLEMS + 1]
