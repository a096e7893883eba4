"""The values that the rest of the package passes on: documents, problems, fixes, verdicts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.documents.positions import Locator, Place, ValuePath, json_pointer
from pinpoint_endpoints.documents.shapes import ENDPOINT_SHAPES


class Action(StrEnum):
    """The kinds of changes that a fix makes to the values at its paths."""

    REPLACE = "the scalar becomes the string `text`"
    WRAP = "the scalar becomes a list that holds it as a string; an object, one that holds it"
    UNQUOTE = "the quoted number becomes a number"
    EMPTY = "the empty list becomes an empty object"
    RENAME = "the member's key becomes `text`"
    REMOVE = "the members are removed"
    QUOTE = "the plain YAML scalar, or JSON number, is quoted"
    QUOTE_KEY = "the member's plain YAML key is quoted"
    RESPELL = "the plain YAML number is written as `text`, which is the same number"


class Fix(NamedTuple):
    """The one correct way to repair a problem.

    Attributes:
        action: what to do.
        paths: where, relative to the same place as the finding that the fix belongs to.
        text: the new text, if the action needs one. It may be personal data.
    """

    action: Action
    paths: tuple[ValuePath, ...]
    text: str = ""

    def under(self, prefix: ValuePath) -> "Fix":
        """Return the same fix with its paths starting further up."""
        if not prefix:
            return self
        return Fix(self.action, tuple([(*prefix, *path) for path in self.paths]), self.text)


class Severity(StrEnum):
    """The severity of a problem.

    Error: boto3 or the service refuses the request, or would store something else. Warning: the
    service accepts it, but it will not work as intended.
    """

    ERROR = "error"
    WARNING = "warning"


class TextProblem(NamedTuple):
    """A problem in a text whose file is not known yet."""

    place: Place
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    path: ValuePath = ()
    fix: Fix | None = None


class Parsed(NamedTuple):
    """The value of one document of a text.

    Attributes:
        value: the value.
        problems: what is wrong with the text.
        locator: finds the places of values.
    """

    value: object
    problems: Sequence[TextProblem]
    locator: Locator


class _PlacedLater:
    """Keeps where a problem is until someone asks for its place.

    Most problems are only counted, and to find a place takes longer than to find the problem.
    """

    __slots__ = ("_where",)
    _where: tuple[Locator, ValuePath, bool] | None


@dataclass(frozen=True, slots=True)
class Problem(_PlacedLater):
    """One problem in a file. Its texts hold no personal data.

    Attributes:
        source: the file's path, as it was given or found.
        line: counted from 1; 0 for the whole file.
        column: in characters, counted from 1; 0 for the whole file.
        code: the stable code of the rule, such as `PE103`.
        severity: error or warning.
        message: what is wrong.
        hint: what to do about it, or empty.
        pointer: JSON pointer (RFC 6901) to the value in the file.
        end_column: the first column after the place; the end of the line if the place continues
            below; 0 if unknown.
        fix: the automatic fix, if there is one; its text may be personal data.
    """

    source: str
    line: int
    column: int
    code: str
    severity: Severity
    message: str
    hint: str = ""
    pointer: str = ""
    end_column: int = 0
    fix: Fix | None = field(default=None, repr=False, compare=False)

    @staticmethod
    def at(  # noqa: PLR0913, PLR0917 - the parts of a problem
        document: "Document",
        code: str,
        severity: Severity,
        path: ValuePath,
        message: str,
        hint: str = "",
        *,
        at_key: bool = False,
        fix: Fix | None = None,
    ) -> "Problem":
        """Return a problem at a value of a document, or at its key; its place is found later."""
        problem = object.__new__(Problem)
        fill = object.__setattr__  # as frozen dataclasses do
        fill(problem, "source", document.source)
        fill(problem, "code", code)
        fill(problem, "severity", severity)
        fill(problem, "message", message)
        fill(problem, "hint", hint)
        fill(problem, "fix", fix)
        fill(problem, "_where", (document.locator, path, at_key))
        return problem

    if not TYPE_CHECKING:  # else any name would be an attribute

        def __getattr__(self, name: str) -> object:
            """Find the place, when a part of it is first asked for."""
            where = self._where if name in _PLACE else None
            if where is None:
                raise AttributeError(name)
            locator, path, at_key = where
            place = (*locator.locate(path, key=at_key), json_pointer(path))
            for part, value in zip(_PLACE, place, strict=True):
                object.__setattr__(self, part, value)
            return place[_PLACE.index(name)]

    def __str__(self) -> str:
        """Return the problem as one line: `path:line:col: severity[code] message (hint)`."""
        place = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        at = f" (at {self.pointer})" if self.pointer else ""
        hint = f": {self.hint}" if self.hint else ""
        return f"{place}: {self.severity}[{self.code}] {self.message}{at}{hint}"


_PLACE = ("line", "column", "end_column", "pointer")


class Document(NamedTuple):
    """One endpoint as read from a file, or a file that could not be read or holds no endpoint.

    Attributes:
        source: the file's path, as it was given or found.
        shape: the name under `$defs` of the schema that the value must match; empty for a file
            that could not be read or holds no endpoint.
        value: the value read, with the endpoint id and the read-only members if the shape has them.
        endpoint_id: from the document, else from the file's name; None if neither gives one.
        request: the EndpointRequest in the value, which is what is sent.
        path: path of the value in the file.
        locator: finds the line and column of a value on demand.
        request_path: path of the request in the value.
        in_multi_document_file: whether the file may hold several documents, so that its name
            cannot be the endpoint id.
        problems: what reading found.
        metadata: paths in the file to what an SDK added to its answer, which is not sent.
        application_id: the application that the document names, or an empty string.
        other_shape: the shape of a document that is not an endpoint but another kind that `pe`
            knows, such as a segment; such a document has no shape, but has a value and a request.
    """

    source: str
    shape: str
    value: object
    endpoint_id: str | None
    request: Mapping[str, object]
    path: ValuePath
    locator: Locator
    request_path: ValuePath = ()
    in_multi_document_file: bool = False
    problems: tuple[Problem, ...] = ()
    metadata: tuple[ValuePath, ...] = ()
    application_id: str = ""
    other_shape: str = ""

    @property
    def is_read(self) -> bool:
        """Whether the document has a value: False for a file that could not be read."""
        return bool(self.shape)

    @property
    def is_empty(self) -> bool:
        """Whether the document is the warning about a file or line without an endpoint.

        Such a document is not counted and not sent; its only problems are warnings.
        """
        return (
            not self.shape
            and bool(self.problems)
            and all(problem.severity is Severity.WARNING for problem in self.problems)
        )

    @property
    def has_endpoint(self) -> bool:
        """Whether there is an EndpointRequest in the document, valid or not."""
        if self.shape not in ENDPOINT_SHAPES:
            return False
        value = self.value
        for step in self.request_path:
            value = value.get(step) if isinstance(value, dict) else None
        is_input = self.shape == "UpdateEndpointInput"
        return isinstance(value, dict) and (bool(self.request_path) or not is_input)

    def __repr__(self) -> str:
        """Return which document it is, without its values, which may be personal data."""
        return f"Document({self.source!r}, {self.shape!r}, {self.endpoint_id!r})"


class Verdict(StrEnum):
    """The result of checking a document."""

    VALID = "valid"
    INVALID = "invalid"
    UNREADABLE = "unreadable"


class Checked(NamedTuple):
    """A document with the problems found in it.

    Attributes:
        document: the document as read.
        problems: its problems in file order.
        verdict: the result; warnings count as errors in a strict run.
        before: the verdict of the earlier report, if the document is reported a second time; then
            the problems are only those found by comparing documents with each other.
        times: how many documents it stands for: those come together of which nothing is shown.
    """

    document: Document
    problems: tuple[Problem, ...]
    verdict: Verdict
    before: Verdict | None = None
    times: int = 1

    @property
    def is_second_report(self) -> bool:
        """Whether this is the document's second report."""
        return self.before is not None
