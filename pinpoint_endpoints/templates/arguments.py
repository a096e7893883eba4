"""The arguments of a helper, and the record of what is noticed during rendering."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from pinpoint_endpoints.documents.positions import LineIndex
from pinpoint_endpoints.templates.model import Note, Place, Settings, Site, Variable
from pinpoint_endpoints.templates.syntax import Call, Constant, Expression, Path


class RenderError(Exception):
    """A helper cannot do what a template asks of it, as Pinpoint would report it.

    Args:
        message: what is wrong, without values.
        start: the offset in the template where it is.
        end: the offset after it.
    """

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.message = message
        self.start = start
        self.end = end


class MissingValueError(Exception):
    """A helper's argument has no value."""


def text_of(value: object) -> str:
    """Return a value as a template prints it."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, bool):
        return {None: "", True: "true", False: "false"}[value]
    if isinstance(value, float | Decimal):
        digits = f"{Decimal(str(value) if isinstance(value, float) else value):f}"
        return digits.rstrip("0").rstrip(".") if "." in digits else digits
    if isinstance(value, list):
        return ",".join(map(text_of, value))
    return "[object Object]" if isinstance(value, dict) else str(value)


def is_missing(value: object) -> bool:
    """Return whether a value counts as missing: there is none, or a list of none."""
    return value is None or (isinstance(value, list) and not value)


def label_of(expression: Expression) -> str:
    """Return the text of an expression as it is written, without quotes."""
    if isinstance(expression, Constant):
        return expression.text if expression.is_number else text_of(expression.value)
    return expression.text if isinstance(expression, Path) else expression.name.text


class Record:
    """Records missing values and notes while a part is rendered, with their places in its text.

    Attributes:
        variables: the variables in the text, by their offsets.
        missing: the variables without a value, by their offsets.
        notes: the notes, by their codes and offsets.
        settings: how to render.
    """

    def __init__(self, text: str, settings: Settings) -> None:
        self.settings = settings
        self.variables: dict[int, Variable] = {}
        self.missing: dict[int, Variable] = {}
        self.notes: dict[tuple[str, int], Note] = {}
        self._text = text
        self._index = LineIndex(text)

    def begin(self) -> None:
        """Forget what was noticed."""
        self.missing.clear()
        self.notes.clear()

    def place(self, start: int, end: int) -> Place:
        """Return a range of the part with its line and column."""
        return Place(start, end, *self._index.position(start))

    def note(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        """Record a note, once for each place."""
        if (code, start) not in self.notes:
            self.notes[code, start] = Note(code, message, self.place(start, end), hint)

    def source(self, start: int, end: int) -> str:
        """Return a range of the template as it is written."""
        return self._text[start:end]

    def variable(self, expression: Expression) -> Variable | None:
        """Return the variable at an expression; None if the expression is something else."""
        return self.variables.get(expression.offset)

    def miss(self, expression: Expression) -> None:
        """Record that an expression has no value."""
        variable = self.variable(expression)
        if variable is not None:
            self.missing[expression.offset] = variable

    def note_several(self, value: object, expression: Expression) -> None:
        """Note a value that is not one text or number."""
        start, end = expression.offset, expression.offset + len(label_of(expression))
        if isinstance(value, list) and len(value) > 1:
            message = f"{label_of(expression)} has several values: they are printed with commas"
            self.note("several-values", message, start, end, "use .[0], each or join")
        elif isinstance(value, dict):
            message = f"{label_of(expression)} is an object, not a text"
            self.note("object", message, start, end, "name one of its members")


class Arguments:
    """The arguments of one call of a helper.

    Args:
        record: where missing values and notes are recorded.
        site: the call as it is written.
        values: the values of its positional arguments.
        options: the values of its named arguments.
    """

    __slots__ = ("_options", "_record", "_site", "_values")

    def __init__(
        self, record: Record, site: Site, values: list[Any], options: Mapping[str, Any]
    ) -> None:
        self._record = record
        self._site = site
        self._values = values
        self._options = options

    def __len__(self) -> int:
        return len(self._values)

    def raw(self, index: int) -> object:
        """Return an argument as it is, None if it is missing."""
        value = self._values[index]
        return None if is_missing(value) else value

    def value(self, index: int) -> object:
        """Return an argument that must not be missing."""
        value = self._values[index]
        if is_missing(value):
            self._record.miss(self._site.arguments[index])
            raise MissingValueError
        return value

    def text(self, index: int) -> str:
        """Return an argument as text; a list is noted, and its values are joined by commas."""
        value = self.value(index)
        if isinstance(value, str):
            return value
        self._record.note_several(value, self._site.arguments[index])
        return text_of(value)

    def word(self, index: int) -> str:
        """Return an argument as text; a word without quotes that has no value is the text."""
        word = self._word(self._values[index], self._site.arguments[index])
        return self.text(index) if word is None else word

    def option(self, name: str) -> object:
        """Return a named argument unchanged; None if it is not given."""
        return self._options.get(name)

    def option_word(self, name: str, default: str) -> str:
        """Return a named argument as text; a word without quotes that has no value is the text."""
        if name not in self._options:
            return default
        value, expression = self._options[name], self._site.options[name]
        word = self._word(value, expression)
        if word is not None:
            return word
        if is_missing(value):
            self._record.miss(expression)
            raise MissingValueError
        return text_of(value)

    def _word(self, value: object, expression: Expression) -> str | None:
        variable = self._record.variable(expression)
        is_word = is_missing(value) and variable is not None and variable.role == "word"
        return variable.text if variable and is_word else None

    def note(self, code: str, message: str, index: int, hint: str = "") -> None:
        """Record what an author should know about an argument."""
        self._record.note(code, message, *self._range(index), hint)

    def error(self, message: str, index: int | None = None) -> RenderError:
        """Return an error about the call, or about an argument, which the message then quotes."""
        if index is None:
            return RenderError(message, self._site.start, self._site.end)
        start, end = self._range(index)
        return RenderError(f"{self._record.source(start, end)} {message}", start, end)

    def _range(self, index: int) -> tuple[int, int]:
        if index >= len(self._site.arguments):
            return self._site.start, self._site.end
        expression = self._site.arguments[index]
        return expression.offset, expression.offset + len(_text_as_written(expression))

    @property
    def settings(self) -> Settings:
        """How to render."""
        return self._record.settings

    @property
    def clock(self) -> datetime:
        """The current time, or the one that is set."""
        return self.settings.now or datetime.now(UTC)

    def uuid(self) -> str:
        """Return a random identifier; the same one in each run if the time is set."""
        now = self.settings.now
        name = f"{now}/{self._site.start}"
        return str(uuid.uuid4() if now is None else uuid.uuid5(uuid.NAMESPACE_URL, name))


def _text_as_written(expression: Expression) -> str:
    return expression.name.text if isinstance(expression, Call) else expression.text
