"""Render the parts of message templates, and say at which places a value is missing.

`dotpromptz-handlebars` renders. It knows no places, so each tag is rewritten first: a variable
becomes a call of our helper `_`, and each call of a helper gets the number of its place.
"""

import re
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any

from pinpoint_endpoints.masking import without_addresses
from pinpoint_endpoints.templates.helpers import (
    HELPERS,
    Helper,
    MissingValue,
    RenderError,
    is_missing,
    text_of,
)
from pinpoint_endpoints.templates.model import Note, Rendered, Rest, Settings, Site, Variable
from pinpoint_endpoints.templates.read import Part
from pinpoint_endpoints.templates.rewrite import Rewriter, label_of, start_of
from pinpoint_endpoints.templates.syntax import (
    MAX_NESTING,
    Call,
    Expression,
    TemplateError,
)

MAX_EACH = 15
"""How many values `each` takes: AWS, User Guide, "Using message template helpers"."""

MAX_OUTPUT = 10_000_000
"""The longest text that is rendered, in characters: an e-mail has at most 10 MB."""


class Compiled:
    """A part that is ready to be rendered; not for several threads at once.

    Attributes:
        part: what was compiled.
        variables: the places where it uses values, in their order.
        helpers: the names of the helpers that it calls, and where.
        notes: what an author should know, whatever the values are.
    """

    def __init__(self, part: Part, settings: Settings) -> None:
        self.part = part
        self.settings = settings
        writer = Rewriter(part, settings)
        self.variables = tuple(sorted(writer.variables.values(), key=start_of))
        self.helpers = tuple(
            (site.name, writer.place(site.start, site.end))
            for site in writer.sites
            if site.name in HELPERS
        )
        self.notes = tuple(sorted(writer.notes, key=start_of))
        escapes = part.escape if settings.escape is None else settings.escape
        self._run = _Run(writer, settings, escapes=escapes)

    def render(self, data: Mapping[str, Any]) -> Rendered:
        """Return the part with the values of `data`, which is as `data_of` returns it."""
        return self._run.render(data)


def compile_part(part: Part, settings: Settings | None = None) -> Compiled:
    """Return a part that is ready to be rendered.

    Raises:
        TemplateError: handlebars.js would refuse its text, or it is nested too deeply.
    """
    return Compiled(part, settings or Settings())


_ESCAPED = re.compile("[&<>\"'`=]")
"""The characters that Handlebars escapes."""


class _Number(Decimal):
    """A number that the library prints without an exponent."""

    def __str__(self) -> str:
        return text_of(self)


class _Run:
    """Renders with the library, and records what happens.

    Args:
        writer: the template for the library, with the places in it.
        settings: how to render.
        escapes: whether values are escaped for HTML.
    """

    def __init__(self, writer: Rewriter, settings: Settings, *, escapes: bool) -> None:
        from dotpromptz_handlebars import Handlebars

        self.settings = settings
        self._writer = writer
        self._sites = writer.sites
        self._settings = settings
        self._hide = settings.mask
        self._escapes = escapes
        self._missing: dict[int, Variable] = {}
        self._notes: dict[tuple[str, int], Note] = {}
        self._left = 0
        self._is_of_address = False
        self._is_unsure_of_escapes = settings.escape is None and not escapes
        self._data: Mapping[str, Any] = {}
        self._is_plain = writer.is_plain and not escapes
        library = Handlebars(escape_html=escapes, max_depth=MAX_NESTING)
        library.unregister_helper("log")
        for name, helper in HELPERS.items():
            library.register_helper(name, partial(self._call, helper))
        for name, function in {
            "_": self._print,
            "_at": self._at,
            "_each": self._each,
            "_even": self._even,
            "_fail": self._fail,
            "_mask": self._masked,
            "_number": self._number,
            "_odd": self._odd,
            "_partial": self._partial,
            "_section": self._section,
        }.items():
            library.register_helper(name, function)
        for name, text in writer.partials.items():
            library.register_partial(name, text)
        try:
            self._template = library.compile("".join(writer.pieces))
        except RecursionError:
            message = f"the template is nested more than {MAX_NESTING} levels deep"
            raise TemplateError(message) from None
        except ValueError as error:
            raise TemplateError(f"the template cannot be read: {error}") from None

    def render(self, data: Mapping[str, Any]) -> Rendered:
        """Return the part with the values of `data`."""
        self._data = data
        self._missing = {}
        self._notes = {}
        self._left = MAX_OUTPUT
        self._is_of_address = False
        text, error = "", None
        try:
            text = self._plain_text() if self._is_plain else self._with_library(data)
        except RenderError as failure:
            error = self._note_at("rendering-failure", failure.message, failure.start, failure.end)
        except RecursionError:
            message = f"partials are nested more than {MAX_NESTING} levels deep"
            error = self._note_at("rendering-failure", message, 0, 0)
        missing = [self._missing[offset] for offset in sorted(self._missing)]
        return Rendered(text, tuple(missing), tuple(self._notes.values()), error)

    def _with_library(self, data: Mapping[str, Any]) -> str:
        return self._template(data, data=self._writer.constants)

    def _plain_text(self) -> str:
        """Put values between texts, in a fifth of the library's time; most SMS need no more."""
        return "".join(
            piece if isinstance(piece, str) else self._print((piece, None), None)
            for piece in self._writer.plain
        )

    def _walk(self, value: Any, rest: Rest) -> Any:
        """Return the value at a path; own keys of objects and indexes of lists only, or None."""
        if rest.is_from_top:
            value = self._data
        for name in rest.names:
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            else:
                return None
        return value

    def note(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        """Record a note, once for each place."""
        if (code, start) not in self._notes:
            self._notes[code, start] = Note(code, message, self._writer.place(start, end), hint)

    def _note_at(self, code: str, message: str, start: int, end: int) -> Note:
        return Note(code, message, self._writer.place(start, end), is_error=True)

    def source(self, start: int, end: int) -> str:
        """Return a range of the template as it is written."""
        return self._writer.source(start, end)

    def variable(self, expression: Expression) -> Variable | None:
        """Return the variable that an expression is, None if it is something else."""
        return self._writer.variables.get(expression.offset)

    def miss(self, expression: Expression) -> None:
        """Record that an expression has no value."""
        variable = self.variable(expression)
        if variable is not None:
            self._missing[expression.offset] = variable

    def spend(self, cost: int, site: Site) -> None:
        """Count what is rendered.

        Raises:
            RenderError: it is too much.
        """
        self._left -= cost
        if self._left < 0:
            message = f"the text is longer than {MAX_OUTPUT:,} characters, or takes too long"
            raise RenderError(message, site.start, site.end)

    # What the template calls: the first argument is the number of a site

    def _print(self, arguments: Sequence[Any], _options: object) -> str:
        site = self._sites[arguments[0]]
        value = self._walk(arguments[1], site.rests[0])
        if value is None or value == []:
            self.miss(site.arguments[0])
            return self._placeholder(site)
        if not isinstance(value, str):
            self.note_several(value, site.arguments[0])
            value = text_of(value)
        self.spend(len(value), site)
        if self._is_unsure_of_escapes and not site.is_raw and _ESCAPED.search(value):
            message = "Pinpoint may print & < > \" ' ` or = as in HTML, such as &amp;"
            expression = site.arguments[0]
            self.note(
                "may-be-escaped",
                message,
                expression.offset,
                expression.offset + len(label_of(expression)),
                "{{{ never escapes",
            )
        return self._shown(value, site)

    def note_several(self, value: object, expression: Expression) -> None:
        """Note a value that is not one text or number."""
        start, end = expression.offset, expression.offset + len(label_of(expression))
        if isinstance(value, list) and len(value) > 1:
            message = f"{label_of(expression)} has several values: they are printed with commas"
            self.note("several-values", message, start, end, "use .[0], each or join")
        elif isinstance(value, dict):
            message = f"{label_of(expression)} is an object, not a text"
            self.note("object", message, start, end, "name one of its members")

    def _placeholder(self, site: Site) -> str:
        from dotpromptz_handlebars import SafeString

        if not self._settings.keep_placeholders:
            return ""
        return SafeString(self.source(site.start, site.end))

    def _call(self, helper: Helper, arguments: list[Any], options: Any) -> object:
        site = self._sites[arguments[0]]
        values = list(map(self._walk, arguments[1:], site.rests))
        if self._hide and not helper.is_condition:
            self._is_of_address = self._is_of_address or any(map(_has_address, values))
        try:
            value = helper.function(_Arguments(self, site, values, options.hash))
        except MissingValue:
            value = False if helper.is_condition else ""
        if helper.is_condition:
            if options.is_block:
                return options.fn() if value else options.inverse()
            answer = options.hash.get("yes" if value else "no")
            return value if answer is None else answer
        if isinstance(value, str):
            self.spend(len(value), site)
        return _Number(value) if isinstance(value, Decimal) else value

    def _masked(self, arguments: list[Any], _options: object) -> str:
        site = self._sites[arguments[0]]
        # What a helper makes of an address may not look like one.
        masks = site.masks or self._is_of_address
        self._is_of_address = False
        return self._shown(text_of(arguments[1]), site._replace(masks=masks))

    def _shown(self, text: str, site: Site) -> str:
        """Return what is printed of a text: ids and attributes may be addresses too."""
        if not self._hide or not text:
            return text
        return self._hide(text) if site.masks else without_addresses(text)

    def _each(self, arguments: list[Any], _options: object) -> object:
        site = self._sites[arguments[0]]
        value = arguments[1]
        if not isinstance(value, list | dict):
            return None
        if isinstance(value, list) and len(value) > MAX_EACH:
            message = f"each takes {MAX_EACH} values at most; there are more"
            note = self._note_at("too-many-values", message, site.start, site.end)
            self._notes["too-many-values", site.start] = note
            value = value[:MAX_EACH]
        self.spend(len(value) * self._writer.bodies[arguments[0]], site)
        return value

    def _section(self, arguments: list[Any], options: Any) -> object:
        site = self._sites[arguments[0]]
        value = self._walk(arguments[1], site.rests[0])
        if value is True:
            return options.fn()
        if value is False or is_missing(value):
            return options.inverse()
        from dotpromptz_handlebars import SafeString

        if not isinstance(value, list):
            return options.fn(value)
        self.spend(len(value) * self._writer.bodies[arguments[0]], site)
        return SafeString("".join(map(options.fn, value)))

    def _partial(self, arguments: list[Any], _options: object) -> object:
        site = self._sites[arguments[0]]
        self.spend(self._writer.bodies[site.name], site)
        return arguments[1]

    def _fail(self, arguments: list[Any], _options: object) -> object:
        note = self._writer.failures[arguments[0]]
        raise RenderError(note.message, note.place.start, note.place.end)

    def _at(self, arguments: list[Any], _options: object) -> object:
        return self._walk(arguments[1], self._writer.rests[arguments[0]])

    def _odd(self, arguments: list[Any], _options: object) -> bool | None:
        return None if arguments[0] is None else arguments[0] % 2 == 1

    def _even(self, arguments: list[Any], _options: object) -> bool | None:
        return None if arguments[0] is None else arguments[0] % 2 == 0

    def _number(self, arguments: list[Any], _options: object) -> int | None:
        return None if arguments[0] is None else arguments[0] + 1


def _has_address(value: object) -> bool:
    text = text_of(value)
    return without_addresses(text) != text


class _Arguments:
    """The arguments of one call of a helper.

    Args:
        run: where missing values and notes are recorded.
        site: the call as it is written.
        values: what its arguments are.
        options: those with names.
    """

    __slots__ = ("_options", "_run", "_site", "_values")

    def __init__(
        self, run: _Run, site: Site, values: list[Any], options: Mapping[str, Any]
    ) -> None:
        self._run = run
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
            self._run.miss(self._site.arguments[index])
            raise MissingValue
        return value

    def text(self, index: int) -> str:
        """Return an argument as text; of a list, its values joined by commas, with a note."""
        value = self.value(index)
        if isinstance(value, str):
            return value
        self._run.note_several(value, self._site.arguments[index])
        return text_of(value)

    def word(self, index: int) -> str:
        """Return an argument as text; of a word without quotes that is no value, the word."""
        word = self._word(self._values[index], self._site.arguments[index])
        return self.text(index) if word is None else word

    def option(self, name: str) -> object:
        """Return an argument with a name, as it is; None if it is not given."""
        return self._options.get(name)

    def option_word(self, name: str, default: str) -> str:
        """Return an argument with a name as text, a word without quotes as itself."""
        if name not in self._options:
            return default
        value, expression = self._options[name], self._site.options[name]
        word = self._word(value, expression)
        if word is not None:
            return word
        if is_missing(value):
            self._run.miss(expression)
            raise MissingValue
        return text_of(value)

    def _word(self, value: object, expression: Expression) -> str | None:
        variable = self._run.variable(expression)
        is_word = is_missing(value) and variable is not None and variable.role == "word"
        return variable.text if variable and is_word else None

    def note(self, code: str, message: str, index: int, hint: str = "") -> None:
        """Record what an author should know about an argument."""
        self._run.note(code, message, *self._range(index), hint)

    def error(self, message: str, index: int | None = None) -> RenderError:
        """Return an error about an argument, which is put before the message, or about the call."""
        if index is None:
            return RenderError(message, self._site.start, self._site.end)
        start, end = self._range(index)
        return RenderError(f"{self._run.source(start, end)} {message}", start, end)

    def _range(self, index: int) -> tuple[int, int]:
        if index >= len(self._site.arguments):
            return self._site.start, self._site.end
        expression = self._site.arguments[index]
        return expression.offset, expression.offset + len(_text_as_written(expression))

    @property
    def numeric(self) -> bool:
        """Whether texts that look like numbers are compared as numbers."""
        return self._run.settings.numeric

    @property
    def clock(self) -> datetime:
        """The current time, or the one that is set."""
        return self._run.settings.now or datetime.now(UTC)

    @property
    def zone(self) -> str:
        """The time zone of dates that name none."""
        return self._run.settings.zone

    def uuid(self) -> str:
        """Return a random identifier; the same one in each run if the time is set."""
        now = self._run.settings.now
        name = f"{now}/{self._site.start}"
        return str(uuid.uuid4() if now is None else uuid.uuid5(uuid.NAMESPACE_URL, name))


def _text_as_written(expression: Expression) -> str:
    return expression.name.text if isinstance(expression, Call) else expression.text
