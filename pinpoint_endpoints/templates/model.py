"""Defines the input and the results of rendering."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal, NamedTuple

from pinpoint_endpoints.masking import is_personal
from pinpoint_endpoints.templates.syntax import Expression

Role = Literal["text", "url", "argument", "word", "condition", "loop"]
"""`word`: an argument without quotes, where the guide has texts without quotes."""


class Settings(NamedTuple):
    """The settings of rendering.

    Attributes:
        now: the current time; None: the clock's.
        zone: the time zone of dates whose helper names none.
        escape: whether values are escaped for HTML; None: in the parts that are HTML.
        numeric: whether `gt` and its like compare texts that look like numbers as numbers.
        mask: returns what is printed of text that was made from personal data; conditions see the
            values themselves.
        keep_placeholders: whether a variable without a value is printed as it is written.
    """

    now: datetime | None = None
    zone: str = "UTC"
    escape: bool | None = None
    numeric: bool = False
    mask: Callable[[str], str] | None = None
    keep_placeholders: bool = False


class Place(NamedTuple):
    """A range of a part's text.

    Attributes:
        start: the offset of its first character.
        end: the offset after its last.
        line: the line of the start, from 1.
        column: the column of the start, in characters, from 1.
    """

    start: int
    end: int
    line: int
    column: int


class Note(NamedTuple):
    """A message to the author about a place in a template, without values of endpoints.

    Attributes:
        code: what kind of note it is.
        message: what is noticed.
        place: where.
        hint: what to do about it, or empty.
        is_error: whether Pinpoint is expected to fail there.
    """

    code: str
    message: str
    place: Place
    hint: str = ""
    is_error: bool = False


class Variable(NamedTuple):
    """One place where a template uses a value.

    Attributes:
        path: the names from the top of the data on; an index is `[0]`, and `[]` stands for each
            value of a list. None: not known before it is rendered.
        text: as it is written.
        place: where.
        role: what it is used for.
        helper: the helper or block that it is an argument of, or empty.
    """

    path: tuple[str, ...] | None
    text: str
    place: Place
    role: Role
    helper: str = ""

    @property
    def name(self) -> str:
        """The path with points, in brackets what needs them; as it is written if it is unknown."""
        return self.text if self.path is None else ".".join(map(_segment, self.path)) or "this"

    @property
    def is_personal(self) -> bool:
        """Whether it may be personal data, or has it."""
        path = self.path
        if path is None or is_personal(path):
            return True
        # An `each` over an object goes through all its members.
        known = path[: path.index("[]")] if "[]" in path else path
        return is_personal((*known, *_REST_OF_PERSONAL.get(known, ())))


class Rendered(NamedTuple):
    """A rendered part.

    Attributes:
        text: with nothing in the place of missing values; empty if there is an error.
        missing: the places that were printed, or given to a helper, and had no value.
        notes: what an author should know, that depends on the values.
        error: why Pinpoint would fail to render it, or None.
    """

    text: str
    missing: tuple[Variable, ...] = ()
    notes: tuple[Note, ...] = ()
    error: Note | None = None


class Rest(NamedTuple):
    """The steps of a path that the library does not take.

    Attributes:
        names: the names in it.
        is_from_top: whether it begins at the top of the data, whatever the library says.
    """

    names: tuple[str, ...] = ()
    is_from_top: bool = False


NO_REST = Rest()


class Site(NamedTuple):
    """A call or variable of a template, which a rewritten tag refers to by number.

    Attributes:
        start: where the tag or the expression starts.
        end: the offset after it.
        name: the helper's name.
        arguments: its arguments, as they are written.
        options: its named arguments.
        rests: for each argument that is a path, the steps that the library does not take.
        masks: whether what it returns is personal.
        is_raw: whether what it prints is not escaped (`{{{`).
    """

    start: int
    end: int
    name: str
    arguments: tuple[Expression, ...]
    options: Mapping[str, Expression]
    rests: tuple[Rest, ...]
    masks: bool = False
    is_raw: bool = False


_SAFE = re.compile(r"[^\W\d][\w-]*")
_REST_OF_PERSONAL = {(): ("Address",), ("User",): ("UserId",)}


def _segment(name: str) -> str:
    return name if _SAFE.fullmatch(name) or re.fullmatch(r"\[\d*\]", name) else f"[{name}]"
