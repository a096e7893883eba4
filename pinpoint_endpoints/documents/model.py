"""What would put a mistake right, as a value: made by the rules, carried out on the text."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from pinpoint_endpoints.documents.positions import Locator, Path, Place


class Action(StrEnum):
    """What is done to the values at the paths of a fix."""

    REPLACE = "the scalar becomes the string `text`"
    WRAP = "the scalar becomes a list that holds it as a string"
    RENAME = "the member's key becomes `text`"
    REMOVE = "the members are removed"
    QUOTE = "the plain YAML scalar, or JSON number, is quoted"
    QUOTE_KEY = "the member's plain YAML key is quoted"
    RESPELL = "the plain YAML number is written as `text`, which is the same number"


class Fix(NamedTuple):
    """The one right answer to a mistake.

    Attributes:
        action: what is to be done.
        paths: to what; relative to the same place as the finding that it belongs to.
        text: the new text, where the action needs one. It may be personal data.
    """

    action: Action
    paths: tuple[Path, ...]
    text: str = ""

    def under(self, prefix: Path) -> "Fix":
        """Return the same fix, seen from further up."""
        return self._replace(paths=tuple((*prefix, *path) for path in self.paths))


class Severity(StrEnum):
    """How bad a problem is.

    An error is refused by boto3 or the service, or would be stored as something else. A warning
    is accepted, but will not work as meant.
    """

    ERROR = "error"
    WARNING = "warning"


class Fault(NamedTuple):
    """One thing wrong with a text, before it is known which file the text came from."""

    place: Place
    code: str
    message: str
    hint: str = ""
    severity: Severity = Severity.ERROR
    path: Path = ()
    fix: Fix | None = None


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding in a file. The texts hold no personal data.

    Attributes:
        source: the file, as it was named or found.
        line: counted from 1; 0 for the file as a whole.
        column: in characters, counted from 1; 0 for the file as a whole.
        code: stable, such as `PE103`.
        message: what is wrong.
        hint: what to do about it, or empty.
        pointer: JSON pointer (RFC 6901) to the value in the file.
        end_column: where in the line the place ends, the first column after it; the line's end if
            it goes on below; 0 if unknown.
        fix: the one right answer, if there is one; its text may be personal data.
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

    def __str__(self) -> str:
        """Return the problem as one line: `path:line:col: severity[code] message (hint)`."""
        place = f"{self.source}:{self.line}:{self.column}" if self.line else self.source
        at = f" (at {self.pointer})" if self.pointer else ""
        hint = f": {self.hint}" if self.hint else ""
        return f"{place}: {self.severity}[{self.code}] {self.message}{at}{hint}"


class Document(NamedTuple):
    """One endpoint as read from a file, or a file that could not be read.

    Attributes:
        source: the file, as it was named or found.
        shape: the name under `$defs` of the schema that the value has to fit; empty for a file
            that could not be read.
        value: what was read, with the endpoint id and the read-only members if the shape has them.
        endpoint_id: from the document, else from the file's name; None if neither gives one.
        request: the EndpointRequest in the value: what is sent.
        path: where in the file the value stands.
        request_path: where in the value the request stands.
        in_multi_document_file: whether its file may hold several, so that the file's name is no id.
        problems: what reading found.
        locator: finds the line and column of a value, when somebody asks.
    """

    source: str
    shape: str
    value: object
    endpoint_id: str | None
    request: Mapping[str, object]
    path: Path
    locator: Locator
    request_path: Path = ()
    in_multi_document_file: bool = False
    problems: tuple[Problem, ...] = ()

    @property
    def is_read(self) -> bool:
        """Whether there is a value that could be read."""
        return bool(self.shape)

    def __repr__(self) -> str:
        """Return which document it is, without its values: they may be personal."""
        return f"Document({self.source!r}, {self.shape!r}, {self.endpoint_id!r})"


class Verdict(StrEnum):
    """What came out of checking a document."""

    VALID = "valid"
    INVALID = "invalid"
    UNREADABLE = "unreadable"


class Checked(NamedTuple):
    """A document with what was found in it.

    Attributes:
        document: as it was read.
        problems: in the order of the file.
        verdict: with warnings taken for errors if the run is strict.
        before: the verdict when the document was reported before, if it was: then the problems are
            those that were found only by looking at all documents together.
    """

    document: Document
    problems: tuple[Problem, ...]
    verdict: Verdict
    before: Verdict | None = None

    @property
    def again(self) -> bool:
        """Whether the document was reported before."""
        return self.before is not None
