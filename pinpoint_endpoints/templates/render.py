"""Render the parts of message templates, and say at which places a value is missing.

`dotpromptz-handlebars` renders. It knows no places, so each tag is rewritten first: a variable
becomes a call of our helper `_`, and each call of a helper gets the number of its place.
"""

import re
import uuid
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import Any, Literal, NamedTuple

from pinpoint_endpoints.documents.positions import LineIndex
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.masking import is_personal
from pinpoint_endpoints.templates.helpers import (
    HELPERS,
    MANY,
    Helper,
    MissingValue,
    RenderError,
    is_missing,
    text_of,
)
from pinpoint_endpoints.templates.read import Part
from pinpoint_endpoints.templates.syntax import (
    MAX_NESTING,
    Call,
    Constant,
    Expression,
    Kind,
    Path,
    Tag,
    TemplateError,
    read_tags,
)

MAX_EACH = 15
"""How many values `each` takes: AWS, User Guide, "Using message template helpers"."""

MAX_OUTPUT = 10_000_000
"""The longest text that is rendered, in characters: an e-mail has at most 10 MB."""

Role = Literal["text", "url", "argument", "condition", "loop"]


class Settings(NamedTuple):
    """How to render.

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
        line: of the start, from 1.
        column: of the start, in characters, from 1.
    """

    start: int
    end: int
    line: int
    column: int


class Note(NamedTuple):
    """What an author should know about a place; without values of endpoints.

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
        before: the text of the part before it, tags and all, up to 500 characters.
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
        return (
            path is None
            or is_personal(path)
            or is_personal((*path, *_REST_OF_PERSONAL.get(path, ())))
        )


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


class Compiled:
    """A part that is ready to be rendered; not for several threads at once.

    Attributes:
        part: what was compiled.
        variables: the places where it uses values, in their order.
        notes: what an author should know, whatever the values are.
    """

    def __init__(self, part: Part, settings: Settings) -> None:
        self.part = part
        self.settings = settings
        writer = _Writer(part, settings)
        self.variables = tuple(sorted(writer.variables.values(), key=_start))
        self.notes = tuple(sorted(writer.notes, key=_start))
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


class _Site(NamedTuple):
    """What a number that a tag passes to a helper stands for.

    Attributes:
        start: where the tag or the expression starts.
        end: the offset after it.
        name: the helper's name.
        arguments: its arguments, as they are written.
        options: those with names.
        masks: whether what it returns is personal.
    """

    start: int
    end: int
    name: str
    arguments: tuple[Expression, ...]
    options: Mapping[str, Expression]
    masks: bool = False


class _Scope(NamedTuple):
    """What names refer to.

    Attributes:
        path: of the context; None: unknown.
        names: the parameters of blocks.
    """

    path: tuple[str, ...] | None
    names: Mapping[str, tuple[str, ...] | None] = {}


class _Open(NamedTuple):
    """A block that has not ended yet.

    Attributes:
        close: the name to end it by.
        scopes: how many scopes there are outside of it.
        site: the number of the site that has to know how large its body is, or -1.
        cost: how large all before its body was.
        partial: the name of the inline partial that it defines, or empty.
        piece: where its first piece is.
    """

    close: str
    scopes: int
    site: int = -1
    cost: int = 0
    partial: str = ""
    piece: int = 0


_COST_OF_TAG = 100
"""What a tag counts for in MAX_OUTPUT: so the time of a rendering is limited too."""

_SAFE = re.compile(r"[^\W\d][\w-]*")
_PLAIN_TEXT = re.compile(r"[^\"'{}\\|]*")
_URL = re.compile(
    r"""(?:\b(?:href|src|action)\s*=\s*(?:"[^"]+|'[^']+)|https?://[^\s"'<>]+)\Z""", re.IGNORECASE
)
_BEFORE = 500
_REST_OF_PERSONAL = {(): ("Address",), ("User",): ("UserId",)}
_DATA_HELPERS = {"odd": "_odd", "even": "_even", "index_1": "_number"}
_LISTS = (("Attributes",), ("User", "UserAttributes"))
_TAKES_LISTS = {"join", "lookup", "and", "or", "not", "yesno"}
_TAKES_WORDS = {"inflect"}
_OPENING = {Kind.OPEN, Kind.INVERSE, Kind.PARTIAL_BLOCK, Kind.INLINE}
_BLOCKS = ("if", "unless", "each", "with")
_IN_BRACKETS = re.compile(r"[^\]\[\"'=(){}|@]*")
MAX_LENGTH = 600_000
"""The longest template, in characters: that is Pinpoint's limit for e-mails."""


def _start(found: Variable | Note) -> int:
    return found.place.start


def _segment(name: str) -> str:
    return name if _SAFE.fullmatch(name) or re.fullmatch(r"\[\d*\]", name) else f"[{name}]"


class _Writer:
    """Rewrites a template for the library.

    Attributes:
        pieces: the template for the library, in parts.
        sites: what the numbers in it stand for.
        constants: texts that cannot be written as constants for the library, by their names.
        variables: by their offsets.
        notes: what was noticed.
        bodies: what the bodies of loops and partials cost, by their sites and names.
        rests: ends of paths that the library cannot read.
        partials: inline partials that are used before they are defined, by their new names.
    """

    def __init__(self, part: Part, settings: Settings) -> None:
        if len(part.text) > MAX_LENGTH:
            raise TemplateError(f"the template has more than {MAX_LENGTH} characters")
        self._text = part.text
        self._settings = settings
        self._index = LineIndex(part.text)
        self._tags = list(read_tags(part.text))
        self._scopes = [_Scope(())]
        self._blocks: list[_Open] = []
        self._cost = 0
        self.pieces: list[str] = []
        self.sites: list[_Site] = []
        self.rests: list[tuple[str, ...]] = []
        self.bodies: dict[int | str, int] = {}
        self.constants: dict[str, str] = {}
        self.variables: dict[int, Variable] = {}
        self.notes: list[Note] = []
        self.partials: dict[str, str] = {}
        self._partials = _partials_of(self._tags)
        self._early: list[_Open] = []
        self._write()

    def place(self, start: int, end: int) -> Place:
        """Return a range of the template with its line and column."""
        return Place(start, end, *self._index.position(start))

    def source(self, start: int, end: int) -> str:
        """Return a range of the template as it is written."""
        return self._text[start:end]

    def _write(self) -> None:
        previous: str | Tag = ""
        for position, tag in enumerate(self._tags):
            following = self._tags[position + 1] if position + 1 < len(self._tags) else ""
            if isinstance(tag, str):
                self.pieces.append(self._written_text(tag, previous, following))
                self._cost += len(tag)
            else:
                self._cost += _COST_OF_TAG
                self._write_tag(tag)
                while self._early:
                    self._keep_early(self._early.pop(), following)
            previous = tag

    @staticmethod
    def _written_text(text: str, previous: str | Tag, following: str | Tag) -> str:
        written = text.replace("{{", "\\{{")
        if isinstance(following, Tag):
            if written.endswith("\\"):
                written += "\\"
            if isinstance(previous, Tag) and text.isspace() and "\n" not in text:
                written = "{{!}}" + written  # else the library takes it for the end of a line
        return written

    def _write_tag(self, tag: Tag) -> None:
        left, right = (mark * trim for mark, trim in zip("~~", tag.trims, strict=True))
        if tag.kind is Kind.VALUE and tag.call:
            body, open_, close = self._value(tag, tag.call), "{{", "}}"
            if tag.is_raw:
                open_, close = f"{{{{{left}{{", f"}}{right}}}}}"
            else:
                open_, close = f"{{{{{left}", f"{right}}}}}"
            self.pieces.append(f"{open_}{body}{close}")
            return
        body = self._structure(tag)
        self.pieces.append(f"{{{{{left}{body}{right}}}}}")

    def _structure(self, tag: Tag) -> str:
        """Return what a tag that prints no value is for the library."""
        match tag:
            case Tag(kind=Kind.COMMENT):
                return "!" if not tag.trims[1] else "! "
            case Tag(kind=Kind.CLOSE):
                return self._close()
            case Tag(kind=Kind.ELSE):
                return self._else(tag)
            case Tag(kind=Kind.INLINE, call=Call() as call):
                return self._inline(tag, call)
            case Tag(kind=Kind.PARTIAL, call=Call() as call):
                return self._partial(tag, call)
            case Tag(kind=Kind.PARTIAL_BLOCK):
                message = "partials with a fallback ({{#>) are not supported"
                raise TemplateError(message, tag.start)
            case Tag(call=Call() as call):
                return self._open(tag, call)
        raise AssertionError(tag)

    # Values

    def _value(self, tag: Tag, call: Call) -> str:
        """Return what a tag that prints something is for the library."""
        name = _simple_name(call)
        if name in HELPERS:
            written, is_personal_ = self._helper(call, tag.start, tag.end)
            if self._settings.mask is None or not is_personal_:
                return written
            return f"_mask {self._site(tag, call)} ({written})"
        if name in _BLOCKS or call.has_arguments:
            return self._unknown(tag, call, in_block=False)
        path = _as_path(call.name)
        written, variable = self._path(path, self._role(tag), "")
        return (
            f"_ {self._site(tag, call, masks=variable is None or variable.is_personal)} {written}"
        )

    def _role(self, tag: Tag) -> Role:
        before = self._text[max(tag.start - _BEFORE, 0) : tag.start]
        return "url" if _URL.search(re.sub(r"\\{\\{.*?\\}\\}", "x", before)) else "text"

    def _site(self, tag: Tag, call: Call, *, masks: bool = False) -> int:
        name = call.name.text
        arguments = call.arguments or (call.name,)
        self.sites.append(_Site(tag.start, tag.end, name, arguments, dict(call.options), masks))
        return len(self.sites) - 1

    def _helper(self, call: Call, start: int, end: int) -> tuple[str, bool]:
        """Return a call of a helper for the library, and whether it reads personal data."""
        name = _simple_name(call)
        options = dict(call.options)
        self.sites.append(_Site(start, end, name, call.arguments, options))
        number = len(self.sites) - 1
        if self._has_wrong_arguments(name, HELPERS[name], call):
            return f"_fail {number}", False
        before = set(self.variables)
        parts = [name, str(number)]
        parts += [self._expression(argument, name) for argument in call.arguments]
        parts += [f"{key}={self._expression(value, name)}" for key, value in call.options]
        read = [self.variables[offset] for offset in set(self.variables) - before]
        return " ".join(parts), any(variable.is_personal for variable in read)

    def _has_wrong_arguments(self, name: str, helper: Helper, call: Call) -> bool:
        given = len(call.arguments)
        place = self._place_of(call)
        if given < helper.least or given > helper.most:
            expected = str(helper.least)
            if helper.most > helper.least:
                expected += f" to {helper.most}" if helper.most < MANY else " or more"
            message = f"{name} takes {expected} arguments, and has {given}"
            self.notes.append(Note("wrong-arguments", message, place, is_error=True))
            return True
        for key, value in call.options:
            if key not in helper.options:
                known = ", ".join(f"{option}=" for option in helper.options)
                hint = f"it takes {known}" if known else "it takes no arguments with names"
                message = f"{name} takes no argument {key}="
                where = self.place(value.offset, value.offset + len(_text(value)))
                self.notes.append(Note("wrong-arguments", message, where, hint, is_error=True))
                return True
        return False

    def _place_of(self, call: Call) -> Place:
        return self.place(call.offset, call.offset + len(call.name.text))

    def _unknown(self, tag: Tag, call: Call, *, in_block: bool) -> str:
        """Note a name that is no helper; return what fails when it is rendered."""
        name = call.name.text
        place = self._place_of(call)
        if name in _BLOCKS:
            message = f"{name} takes one value" if in_block else f"{name} opens a block"
            note = Note("wrong-arguments", message, place, f"write {{{{#{name} VALUE}}}}", True)
        elif name in HELPERS:
            message = f"{name} opens no block"
            note = Note("wrong-arguments", message, place, "write it without #", is_error=True)
        else:
            note = Note("unknown-helper", f"{name} is no helper", place, _advice(call), True)
        self.notes.append(note)
        for argument in (*call.arguments, *(value for _, value in call.options)):
            self._expression(argument, name)
        return f"_fail {self._site(tag, call)}"

    def _expression(self, expression: Expression, helper: str, role: Role = "argument") -> str:
        """Return an argument for the library."""
        match expression:
            case Constant(is_number=True):
                return str(expression.value)
            case Constant(value=str(value)):
                return self._constant(value)
            case Constant(value=value):
                return "null" if value is None else str(value).lower()
            case Path():
                return self._path(expression, role, helper)[0]
            case Call():
                end = expression.offset + len(expression.name.text)
                if _simple_name(expression) in HELPERS:
                    return f"({self._helper(expression, expression.offset, end)[0]})"
                tag = Tag(Kind.VALUE, expression.offset, end)
                return f"({self._unknown(tag, expression, in_block=False)})"

    def _constant(self, value: str) -> str:
        if _PLAIN_TEXT.fullmatch(value):
            return f'"{value}"'
        name = f"text{len(self.constants)}"
        self.constants[name] = value
        return f"@{name}"

    def _path(self, path: Path, role: Role, helper: str) -> tuple[str, Variable | None]:
        """Return a path for the library, and note where it stands."""
        if path.is_data and path.segments[:1] != ("root",):
            name = path.segments[0] if path.segments else ""
            written = "@" + "../" * path.levels + ".".join(path.segments)
            if name in _DATA_HELPERS:
                return f"({_DATA_HELPERS[name]} @index)", None
            return written, None
        place = self.place(path.offset, path.offset + len(path.text))
        resolved = self._resolve(path)
        variable = Variable(resolved, path.text, place, role, helper)
        self.variables[path.offset] = variable
        self._note_list(variable)
        begin = "@" if path.is_data else "../" * path.levels
        safe = next(
            (i for i, name in enumerate(path.segments) if not _IN_BRACKETS.fullmatch(name)),
            len(path.segments),
        )
        names = [name if _SAFE.fullmatch(name) else f"[{name}]" for name in path.segments[:safe]]
        written = begin + (".".join(names) or ("" if path.levels else "this"))
        if safe < len(path.segments):
            self.rests.append(path.segments[safe:])
            written = f"(_at {len(self.rests) - 1} {written})"
        return written.removesuffix("/"), variable

    def _resolve(self, path: Path) -> tuple[str, ...] | None:
        """Return a path from the top of the data on, or None."""
        names = tuple(f"[{name}]" if name.isdigit() else name for name in path.segments)
        if path.is_data:
            return names[1:]
        if path.levels >= len(self._scopes):
            return None
        scope = self._scopes[-1 - path.levels]
        if path.levels == 0 and names and names[0] in scope.names:
            base, names = scope.names[names[0]], names[1:]
        else:
            base = scope.path
        return None if base is None else base + names

    def _note_list(self, variable: Variable) -> None:
        """Note a list that is given to a helper that works with one text."""
        path, helper = variable.path, variable.helper
        if path is None or path[:-1] not in _LISTS or helper in _TAKES_LISTS:
            return
        if helper in HELPERS:
            message = f"{variable.text} is a list, and {helper} takes one value"
            hint = f"write {variable.text}.[0]"
            self.notes.append(Note("list-without-index", message, variable.place, hint))

    # Blocks

    def _open(self, tag: Tag, call: Call) -> str:
        name = _simple_name(call)
        mark = "#" if tag.kind is Kind.OPEN else "^"
        scopes = len(self._scopes)
        site, close = -1, name
        if name in _BLOCKS:
            if len(call.arguments) != 1:
                written = self._unknown(tag, call, in_block=True)
                close = "_fail"
            else:
                written, site = self._built_in(tag, call, name)
        elif name in HELPERS and HELPERS[name].is_condition:
            written = self._helper(call, tag.start, tag.end)[0]
            close = written.partition(" ")[0]
        elif name in HELPERS or call.has_arguments:
            written = self._unknown(tag, call, in_block=True)
            close = "_fail"
        else:
            path, variable = self._path(_as_path(call.name), "loop", "")
            site, close = self._site(tag, call), "_section"
            written = f"_section {site} {path}"
            self._scopes.append(_Scope(None if variable is None else variable.path))
        self._blocks.append(_Open(close, scopes, site, self._cost, piece=len(self.pieces)))
        return mark + written

    def _built_in(self, tag: Tag, call: Call, name: str) -> tuple[str, int]:
        """Return the start of a block that the library has, and its site if it is a loop."""
        role: Role = "loop" if name == "each" else "condition"
        value = self._expression(call.arguments[0], name, role)
        written, site = f"{name} {value}", -1
        if name in {"each", "with"}:
            found = self.variables.get(call.arguments[0].offset)
            path = found.path if found and isinstance(call.arguments[0], Path) else None
            if name == "each":
                site = self._site(tag, call)
                written = f"each (_each {site} {value})"
                path = None if path is None else (*path, "[]")
            names = dict.fromkeys(tag.parameters[1:], None) | dict.fromkeys(
                tag.parameters[:1], path
            )
            self._scopes.append(_Scope(path, {**self._scopes[-1].names, **names}))
            if tag.parameters:
                written += f" as |{' '.join(tag.parameters)}|"
        elif name == "if" and dict(call.options).get("includeZero"):
            written += " includeZero=true"
        return written, site

    def _else(self, tag: Tag) -> str:
        block = self._blocks[-1]
        del self._scopes[block.scopes :]
        if tag.call is None:
            return "else"
        name = _simple_name(tag.call)
        if name in {"if", "unless"} and len(tag.call.arguments) == 1:
            return f"else {self._built_in(tag, tag.call, name)[0]}"
        if name in HELPERS and HELPERS[name].is_condition:
            return f"else if ({self._helper(tag.call, tag.start, tag.end)[0]})"
        message = f"{{{{else {tag.call.name.text}}}}} is not supported"
        hint = f"write {{{{else}}}}{{{{#{tag.call.name.text} …}}}}"
        raise TemplateError(message, tag.start, hint)

    def _close(self) -> str:
        block = self._blocks.pop()
        del self._scopes[block.scopes :]
        self.bodies[block.partial or block.site] = self._cost - block.cost
        if block.partial in self._partials.early:
            self._early.append(block)
        return f"/{block.close}"

    # Partials

    def _inline(self, tag: Tag, call: Call) -> str:
        if call.name.text != "inline" or len(call.arguments) != 1:
            message = "only inline partials are defined with {{#*"
            raise TemplateError(message, tag.start, 'write {{#*inline "name"}}')
        name = self._partials.defined[tag.start]
        scopes = len(self._scopes)
        self._scopes.append(_Scope(() if self._partials.have_the_root else None))
        piece = len(self.pieces)
        self._blocks.append(_Open("inline", scopes, -1, self._cost, name, piece))
        return f'#*inline "{name}"'

    def _keep_early(self, block: _Open, following: str | Tag) -> None:
        """Keep a partial that is used before this definition, as a template of its own."""
        before = self.pieces[block.piece - 1] if block.piece else ""
        starts_line = not before.rpartition("\n")[2].strip(" \t")
        ends_line = isinstance(following, str) and re.match(r"[ \t]*\r?\n", following)
        self.partials[block.partial] = "".join(
            [
                "" if starts_line else "{{!}}",
                *self.pieces[block.piece :],
                "\n" if ends_line else "",
                f"{{{{> {block.partial}}}}}",
            ]
        )

    def _partial(self, tag: Tag, call: Call) -> str:
        name = self._partials.used.get(tag.start)
        if name is None:
            message = f"no partial has the name {_text(call.name)}"
            hint = f'define it: {{{{#*inline "{_text(call.name)}"}}}}…{{{{/inline}}}}'
            note = Note("unknown-partial", message, self._place_of(call), hint, is_error=True)
            self.notes.append(note)
            return f"_fail {self._site(tag, call)}"
        context = "this"
        if call.arguments:
            context = self._expression(call.arguments[0], "", "condition")
        self.sites.append(_Site(tag.start, tag.end, name, (), {}))
        written = f"> {name} (_partial {len(self.sites) - 1} {context})"
        options = [f"{key}={self._expression(value, '')}" for key, value in call.options]
        return " ".join([written, *options])


class _Partials(NamedTuple):
    """The inline partials of a template: each definition has a new name.

    Attributes:
        defined: the new names by the offsets of the definitions.
        used: the new names by the offsets of the tags that use them.
        early: the new names of those that are used before they are defined.
        have_the_root: whether no partial is known to be used with another context than the top.
    """

    defined: Mapping[int, str]
    used: Mapping[int, str]
    early: frozenset[str]
    have_the_root: bool


def _partials_of(tags: Sequence[str | Tag]) -> _Partials:
    """Find the definition that each use refers to: the last one of the closest block."""
    defined: dict[int, str] = {}
    uses: list[tuple[Tag, str, list[dict[str, tuple[str, int]]]]] = []
    blocks: list[dict[str, tuple[str, int]]] = [{}]
    have_the_root = True
    for tag, call in ((tag, tag.call) for tag in tags if isinstance(tag, Tag) and tag.call):
        if tag.kind is Kind.INLINE:
            new = defined[tag.start] = f"p{len(defined)}"
            blocks[-1] |= {_text(name): (new, tag.start) for name in call.arguments}
        if tag.kind in _OPENING:
            blocks.append({})
            have_the_root &= _simple_name(call) in {"if", "unless", "inline", *HELPERS}
        elif tag.kind is Kind.CLOSE:
            blocks.pop()
        elif tag.kind is Kind.PARTIAL:
            uses.append((tag, _text(call.name), list(blocks)))
            have_the_root &= not call.has_arguments
    used: dict[int, str] = {}
    early: set[str] = set()
    for use, name, visible in uses:
        found = ChainMap(*reversed(visible)).get(name)
        if found:
            used[use.start] = found[0]
            early |= {found[0]} if found[1] > use.start else set()
    return _Partials(defined, used, frozenset(early), have_the_root)


def _text(expression: Expression) -> str:
    """Return what an expression says, as it is written but for quotes."""
    if isinstance(expression, Constant):
        return expression.text if expression.is_number else text_of(expression.value)
    return expression.text if isinstance(expression, Path) else expression.name.text


def _simple_name(call: Call) -> str:
    """Return the name of a call if it may be a helper's, else nothing."""
    name = call.name
    if isinstance(name, Constant):
        return _text(name) if isinstance(name.value, str) and not name.is_number else ""
    return name.text if len(name.segments) == 1 and not name.is_data else ""


def _as_path(name: Path | Constant) -> Path:
    """Return the name of a value: a constant in the place of a name is one."""
    if isinstance(name, Path):
        return name
    return Path((_text(name),), 0, is_data=False, text=name.text, offset=name.offset)


def _advice(call: Call) -> str:
    """Return what to do about a name that is no helper."""
    name = call.name
    words = [_text(argument) for argument in call.arguments if isinstance(argument, Path)]
    if isinstance(name, Path) and len(name.segments) > 1 and len(words) == len(call.arguments):
        *begin, last = name.segments
        spaced = " ".join([last, *words])
        return f"write {'.'.join([*begin, f'[{spaced}]'])} if the name has a space"
    known = (*HELPERS, *_BLOCKS)
    near = same_but_for_case(name.text, known) or nearest(name.text, known)
    return f"did you mean {near}?" if near else "`pe help templates` lists the helpers"


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

    def __init__(self, writer: _Writer, settings: Settings, *, escapes: bool) -> None:
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
        self._missing = {}
        self._notes = {}
        self._left = MAX_OUTPUT
        text, error = "", None
        try:
            text = self._template(data, data=self._writer.constants)
        except RenderError as failure:
            error = self._note_at("rendering-failure", failure.message, failure.start, failure.end)
        except RecursionError:
            message = f"partials are nested more than {MAX_NESTING} levels deep"
            error = self._note_at("rendering-failure", message, 0, 0)
        missing = [self._missing[offset] for offset in sorted(self._missing)]
        return Rendered(text, tuple(missing), tuple(self._notes.values()), error)

    def note(self, code: str, message: str, start: int, end: int, hint: str = "") -> None:
        """Record a note, once for each place."""
        if (code, start) not in self._notes:
            self._notes[code, start] = Note(code, message, self._writer.place(start, end), hint)

    def _note_at(self, code: str, message: str, start: int, end: int) -> Note:
        return Note(code, message, self._writer.place(start, end), is_error=True)

    def source(self, start: int, end: int) -> str:
        """Return a range of the template as it is written."""
        return self._writer.source(start, end)

    def miss(self, expression: Expression) -> None:
        """Record that an expression has no value."""
        variable = self._writer.variables.get(expression.offset)
        if variable is not None:
            self._missing[expression.offset] = variable

    def spend(self, cost: int, site: _Site) -> None:
        """Count what is rendered.

        Raises:
            RenderError: it is too much.
        """
        self._left -= cost
        if self._left < 0:
            message = f"the text is longer than {MAX_OUTPUT:,} characters, or takes too long"
            raise RenderError(message, site.start, site.end)

    # What the template calls: the first argument is the number of a site

    def _print(self, arguments: list[Any], _options: object) -> str:
        site = self._sites[arguments[0]]
        value = arguments[1]
        if is_missing(value):
            self.miss(site.arguments[0])
            return self._placeholder(site)
        if not isinstance(value, str):
            self.note_several(value, site.arguments[0])
            value = text_of(value)
        self.spend(len(value), site)
        return self._hide(value) if self._hide and site.masks else value

    def note_several(self, value: object, expression: Expression) -> None:
        """Note a value that is not one text or number."""
        start, end = expression.offset, expression.offset + len(_text(expression))
        if isinstance(value, list) and len(value) > 1:
            message = f"{_text(expression)} has several values: they are printed with commas"
            self.note("several-values", message, start, end, "use .[0], each or join")
        elif isinstance(value, dict):
            message = f"{_text(expression)} is an object, not a text"
            self.note("object", message, start, end, "name one of its members")

    def _placeholder(self, site: _Site) -> str:
        from dotpromptz_handlebars import SafeString

        if not self._settings.keep_placeholders:
            return ""
        return SafeString(self.source(site.start, site.end))

    def _call(self, helper: Helper, arguments: list[Any], options: Any) -> object:
        site = self._sites[arguments[0]]
        try:
            value = helper.function(_Arguments(self, site, arguments[1:], options.hash))
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
        text = text_of(arguments[1])
        return self._hide(text) if self._hide and text else text

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
        value = arguments[1]
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
        site = self._sites[arguments[0]]
        raise RenderError(f"{site.name} cannot be used like this", site.start, site.end)

    def _at(self, arguments: list[Any], _options: object) -> object:
        value = arguments[1]
        for name in self._writer.rests[arguments[0]]:
            if isinstance(value, dict):
                value = value.get(name)
            elif isinstance(value, list) and name.isdigit() and int(name) < len(value):
                value = value[int(name)]
            else:
                return None
        return value

    def _odd(self, arguments: list[Any], _options: object) -> bool | None:
        return None if arguments[0] is None else arguments[0] % 2 == 1

    def _even(self, arguments: list[Any], _options: object) -> bool | None:
        return None if arguments[0] is None else arguments[0] % 2 == 0

    def _number(self, arguments: list[Any], _options: object) -> int | None:
        return None if arguments[0] is None else arguments[0] + 1


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
        self, run: _Run, site: _Site, values: list[Any], options: Mapping[str, Any]
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
        if not is_missing(value) or not isinstance(expression, Path) or expression.levels:
            return None
        if "." in expression.text:
            return None
        start, end = expression.offset, expression.offset + len(expression.text)
        message = f"{expression.text} is taken as text: without quotes it is the name of a value"
        self._run.note("unquoted-word", message, start, end, f'write "{expression.text}"')
        return expression.text

    def note(self, code: str, message: str, index: int, hint: str = "") -> None:
        """Record what an author should know about an argument."""
        self._run.note(code, message, *self._range(index), hint)

    def error(self, message: str, index: int) -> RenderError:
        """Return an error about an argument."""
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
