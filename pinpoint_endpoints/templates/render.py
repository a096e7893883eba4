"""Render the parts of message templates, and say at which places a value is missing.

`dotpromptz-handlebars` renders. It knows no places, so each tag is rewritten first: a variable
becomes a call of our helper `_`, and each call of a helper gets the number of its place.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any

from pinpoint_endpoints.masking import without_addresses
from pinpoint_endpoints.templates.arguments import (
    Arguments,
    MissingValueError,
    RenderError,
    is_missing,
    label_of,
    text_of,
)
from pinpoint_endpoints.templates.helpers import HELPERS, Helper
from pinpoint_endpoints.templates.model import Note, Rendered, Rest, Settings, Site
from pinpoint_endpoints.templates.read import Part
from pinpoint_endpoints.templates.rewrite import Rewriter, start_of
from pinpoint_endpoints.templates.syntax import (
    MAX_NESTING,
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
        self.variables = tuple(sorted(writer.record.variables.values(), key=start_of))
        self.helpers = tuple(
            (site.name, writer.record.place(site.start, site.end))
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

        self._writer = writer
        self._sites = writer.sites
        self._settings = settings
        self._hide = settings.mask
        self._record = writer.record
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
            "_even": _of_index(lambda index: index % 2 == 0),
            "_fail": self._fail,
            "_mask": self._masked,
            "_number": _of_index(lambda index: index + 1),
            "_odd": _of_index(lambda index: index % 2 == 1),
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
        self._record.begin()
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
        missing = [self._record.missing[offset] for offset in sorted(self._record.missing)]
        return Rendered(text, tuple(missing), tuple(self._record.notes.values()), error)

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

    def _note_at(self, code: str, message: str, start: int, end: int) -> Note:
        return Note(code, message, self._record.place(start, end), is_error=True)

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
            self._record.miss(site.arguments[0])
            return self._placeholder(site)
        if not isinstance(value, str):
            self._record.note_several(value, site.arguments[0])
            value = text_of(value)
        self.spend(len(value), site)
        if self._is_unsure_of_escapes and not site.is_raw and _ESCAPED.search(value):
            message = "Pinpoint may print & < > \" ' ` or = as in HTML, such as &amp;"
            expression = site.arguments[0]
            self._record.note(
                "may-be-escaped",
                message,
                expression.offset,
                expression.offset + len(label_of(expression)),
                "{{{ never escapes",
            )
        return self._shown(value, site)

    def _placeholder(self, site: Site) -> str:
        from dotpromptz_handlebars import SafeString

        if not self._settings.keep_placeholders:
            return ""
        return SafeString(self._record.source(site.start, site.end))

    def _call(self, helper: Helper, arguments: list[Any], options: Any) -> object:
        site = self._sites[arguments[0]]
        values = list(map(self._walk, arguments[1:], site.rests))
        if self._hide and not helper.is_condition:
            self._is_of_address = self._is_of_address or any(map(_has_address, values))
        try:
            value = helper.function(Arguments(self._record, site, values, options.hash))
        except MissingValueError:
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
            self._record.notes["too-many-values", site.start] = note
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


def _of_index(function: Callable[[int], object]) -> Callable[[list[Any], object], object]:
    """Return a helper that applies a function to the index of a loop; None outside of loops."""
    return lambda arguments, _: None if arguments[0] is None else function(arguments[0])


def _has_address(value: object) -> bool:
    text = text_of(value)
    return without_addresses(text) != text
