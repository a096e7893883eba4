"""Rewrite a template for the library that renders, which knows no places.

A variable becomes a call of our helper `_`, and each call of a helper gets the number of its site.
The library only supplies where a path begins. Following it is our part: that takes the library
most of its time.
"""

import re
from collections import ChainMap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.templates.arguments import Record, label_of
from pinpoint_endpoints.templates.data import LISTS
from pinpoint_endpoints.templates.helpers import HELPERS, Helper
from pinpoint_endpoints.templates.model import (
    NO_REST,
    Note,
    Place,
    Rest,
    Role,
    Settings,
    Site,
    Variable,
)
from pinpoint_endpoints.templates.read import Part
from pinpoint_endpoints.templates.syntax import (
    Call,
    Constant,
    Expression,
    Kind,
    Path,
    Tag,
    TemplateError,
    read_tags,
)


class _Scope(NamedTuple):
    """The scope that names are resolved in.

    Attributes:
        path: the path of the context; None if it is unknown.
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


COST_OF_TAG = 1_000
"""What a tag counts for in MAX_OUTPUT: so the time of a rendering is limited too."""

_PLAIN_TEXT = re.compile(r"[^\"'{}\\|]*")
_URL = re.compile(
    r"""(?:\b(?:href|src|action)\s*=\s*(?:"[^"]+|'[^']+)|https?://[^\s"'<>]+)\Z""", re.IGNORECASE
)
_OTHER_QUOTES = re.compile("[\u201c\u201d\u201e\u2018\u2019\u00ab\u00bb]")
_ANYTHING = "0"
"""Where a path begins that begins at the top: the library need not look anything up."""

_BEFORE = 500
_DATA_HELPERS = {"odd": "_odd", "even": "_even", "index_1": "_number"}
_TAKES_LISTS = {"join", "lookup", "and", "or", "not", "yesno"}
_TAKES_WORDS = {"inflect": (1, 2)}
_OPENING = {Kind.OPEN, Kind.INVERSE, Kind.PARTIAL_BLOCK, Kind.INLINE}
_BLOCKS = ("if", "unless", "each", "with")
MAX_LENGTH = 600_000
"""The longest template, in characters: that is Pinpoint's limit for e-mails."""


def start_of(found: Variable | Note) -> int:
    """Return where a variable or a note is."""
    return found.place.start


class Rewriter:
    """Rewrites a template for the library.

    Attributes:
        pieces: the template for the library, in parts.
        sites: the calls and variables that it refers to by number.
        constants: texts that cannot be written as constants for the library, by their names.
        record: the variables and their places.
        notes: the notes about the template.
        bodies: the costs of the bodies of loops and partials, by their sites and names.
        rests: the rest of each path that is not an argument of a helper.
        failures: the errors of sites that cannot be rendered.
        plain: the texts and the sites of values, if the template consists of them.
        is_plain: whether the template consists of texts and values.
        partials: inline partials that are used before they are defined, by their new names.
    """

    def __init__(self, part: Part, settings: Settings) -> None:
        if len(part.text) > MAX_LENGTH:
            raise TemplateError(f"the template has more than {MAX_LENGTH} characters")
        self._text = part.text
        self._settings = settings
        self.record = Record(part.text, settings)
        self._tags = list(read_tags(part.text))
        self._scopes = [_Scope(())]
        self._blocks: list[_Open] = []
        self._cost = 0
        self._read: list[Variable] = []
        self.pieces: list[str] = []
        self.sites: list[Site] = []
        self.rests: list[Rest] = []
        self.failures: dict[int, Note] = {}
        self.bodies: dict[int | str, int] = {}
        self.constants: dict[str, str] = {}
        self.notes: list[Note] = []
        self.partials: dict[str, str] = {}
        self._partials = _partials_of(self._tags)
        self._early: list[_Open] = []
        self.plain: list[str | int] = []
        self._write()
        self.is_plain = len(self.plain) == len(self._tags)

    def _write(self) -> None:
        previous: str | Tag = ""
        for position, tag in enumerate(self._tags):
            following = self._tags[position + 1] if position + 1 < len(self._tags) else ""
            if isinstance(tag, str):
                self.pieces.append(self._written_text(tag, previous, following))
                self._cost += len(tag)
                self.plain.append(tag)
            else:
                self._cost += COST_OF_TAG
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
                trims = previous.trims[1] or following.trims[0]
                written = "{{!}}" + written * (not trims)  # else it is the end of a line for it
        return written

    def _write_tag(self, tag: Tag) -> None:
        left, right = (mark * trim for mark, trim in zip("~~", tag.trims, strict=True))
        call = tag.call if tag.kind is Kind.VALUE else None
        body = self._value(tag, call) if call else self._structure(tag)
        if tag.is_raw:
            body = f"{{{body}}}"
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
            if self._settings.mask is None:
                return written
            return f"_mask {self._site(tag, call, masks=is_personal_)} ({written})"
        if name in _BLOCKS or call.has_arguments:
            return self._unknown(tag, call, in_block=False)
        base, rest, variable = self._path(_as_path(call.name), self._role(tag), "")
        masks = variable is not None and variable.is_personal
        number = self._site(tag, call, rest, masks=masks)
        if rest.is_from_top and tag.trims == (False, False):
            self.plain.append(number)
        return f"_ {number} {base}"

    def _role(self, tag: Tag) -> Role:
        before = self._text[max(tag.start - _BEFORE, 0) : tag.start]
        return "url" if _URL.search(re.sub(r"\{\{.*?\}\}", "x", before)) else "text"

    def _site(self, tag: Tag, call: Call, rest: Rest = NO_REST, *, masks: bool = False) -> int:
        arguments = call.arguments or (call.name,)
        options = dict(call.options)
        name = call.name.text
        self.sites.append(
            Site(tag.start, tag.end, name, arguments, options, (rest,), masks, tag.is_raw)
        )
        return len(self.sites) - 1

    def _helper(self, call: Call, start: int, end: int) -> tuple[str, bool]:
        """Return a call of a helper for the library, and whether it reads personal data."""
        name = _simple_name(call)
        if self._has_wrong_arguments(name, HELPERS[name], call):
            return self._failing(Tag(Kind.VALUE, start, end), call), False
        before = len(self._read)
        bases, rests = [], []
        tests = 0 if "includeCount" in dict(call.options) else HELPERS[name].tests
        for index, argument in enumerate(call.arguments):
            if isinstance(argument, Path):
                takes_word = index in _TAKES_WORDS.get(name, ())
                role: Role = "word" if takes_word and _is_word(argument) else "argument"
                base, rest, _ = self._path(argument, role, name)
            else:
                base, rest = self._expression(argument, name), NO_REST
            bases.append(base)
            rests.append(rest)
            if index < tests:
                del self._read[before:]
        for key, value in call.options:
            role = "word" if isinstance(value, Path) and _is_word(value) else "argument"
            bases.append(f"{key}={self._expression(value, name, role)}")
        options = dict(call.options)
        self.sites.append(Site(start, end, name, call.arguments, options, tuple(rests)))
        written = " ".join([name, str(len(self.sites) - 1), *bases])
        return written, any(variable.is_personal for variable in self._read[before:])

    def _failing(self, tag: Tag, call: Call) -> str:
        """Return what fails with the last note when it is rendered."""
        number = self._site(tag, call)
        self.failures[number] = self.notes[-1]
        return f"_fail {number}"

    def _has_wrong_arguments(self, name: str, helper: Helper, call: Call) -> bool:
        given = len(call.arguments)
        place = self._place_of(call)
        if given < helper.least or given > helper.most:
            expected = str(helper.least)
            if helper.most > helper.least:
                expected += f" to {helper.most}"
            noun = "argument" if helper.most == 1 else "arguments"
            message = f"{name} takes {expected} {noun}, and has {given}"
            self.notes.append(Note("wrong-arguments", message, place, is_error=True))
            return True
        for key, value in call.options:
            if key not in helper.options:
                known = ", ".join(f"{option}=" for option in helper.options)
                hint = f"it takes {known}" if known else "it takes no arguments with names"
                message = f"{name} takes no argument {key}="
                where = self.record.place(value.offset, value.offset + len(label_of(value)))
                self.notes.append(Note("wrong-arguments", message, where, hint, is_error=True))
                return True
        return False

    def _place_of(self, call: Call) -> Place:
        return self.record.place(call.offset, call.offset + len(call.name.text))

    def _unknown(self, tag: Tag, call: Call, *, in_block: bool) -> str:
        """Record a call of an unknown helper; return a tag that fails when it is rendered."""
        name = call.name.text
        place = self._place_of(call)
        if name in _BLOCKS:
            message = f"{name} takes one value" if in_block else f"{name} opens a block"
            note = Note("wrong-arguments", message, place, f"write {{{{#{name} VALUE}}}}", True)
        elif name in HELPERS:
            message = f"{name} does not open a block"
            note = Note("wrong-arguments", message, place, "write it without #", is_error=True)
        else:
            note = Note("unknown-helper", f"{name} is not a helper", place, _advice(call), True)
        self.notes.append(note)
        written = self._failing(tag, call)
        for argument in (*call.arguments, *(value for _, value in call.options)):
            self._expression(argument, name)
        return written

    def _expression(self, expression: Expression, helper: str, role: Role = "argument") -> str:
        """Return an argument for the library."""
        match expression:
            case Constant():
                return self._constant(expression)
            case Path():
                base, rest, _ = self._path(expression, role, helper)
                if rest == NO_REST:
                    return base
                self.rests.append(rest)
                return f"(_at {len(self.rests) - 1} {base})"
            case Call():
                end = expression.offset + len(expression.name.text)
                if _simple_name(expression) in HELPERS:
                    return f"({self._helper(expression, expression.offset, end)[0]})"
                tag = Tag(Kind.VALUE, expression.offset, end)
                return f"({self._unknown(tag, expression, in_block=False)})"

    def _constant(self, constant: Constant) -> str:
        value = constant.value
        if not isinstance(value, str) or constant.is_number:
            return "null" if value is None else str(value).lower()
        if _PLAIN_TEXT.fullmatch(value):
            return f'"{value}"'
        name = f"text{len(self.constants)}"
        self.constants[name] = value
        return f"@{name}"

    def _path(self, path: Path, role: Role, helper: str) -> tuple[str, Rest, Variable | None]:
        """Note where a path stands; return where it begins, for the library, and how it goes on."""
        names = path.segments
        if path.is_data and names[:1] != ("root",):
            name = ".".join(names)
            if name in _DATA_HELPERS:
                return f"({_DATA_HELPERS[name]} @index)", NO_REST, None
            return f"@{'../' * path.levels}{name}", NO_REST, None
        place = self.record.place(path.offset, path.offset + len(path.text))
        variable = Variable(self._resolve(path), path.text, place, role, helper)
        self.record.variables[path.offset] = variable
        self._read.append(variable)
        self._note_argument(variable)
        if path.is_data or (len(self._scopes) == 1 and not path.levels):
            from_top = names[1:] if path.is_data else names
            return _ANYTHING, Rest(from_top, is_from_top=True), variable
        if path.levels:
            return "/".join([".."] * path.levels), Rest(names), variable
        if names and names[0] in self._scopes[-1].names:
            return names[0], Rest(names[1:]), variable
        return ".", Rest(names), variable

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

    def _note_argument(self, variable: Variable) -> None:
        """Note a word without quotes, and a list that is given to a helper of one text."""
        path, helper = variable.path, variable.helper
        if _OTHER_QUOTES.search(variable.text):
            text = variable.text
            message = f"{text} is the name of a value: these are not quotation marks here"
            self.notes.append(Note("unquoted-word", message, variable.place, 'write "'))
        if variable.role == "word":
            text = variable.text
            message = f"{text} is taken as text: without quotes it is the name of a value"
            self.notes.append(Note("unquoted-word", message, variable.place, f'write "{text}"'))
        if path is None or path[:-1] not in LISTS or helper in _TAKES_LISTS:
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
            base, rest, variable = self._path(_as_path(call.name), "loop", "")
            site, close = self._site(tag, call, rest), "_section"
            written = f"_section {site} {base}"
            self._scopes.append(_Scope(None if variable is None else variable.path))
        self._blocks.append(_Open(close, scopes, site, self._cost, piece=len(self.pieces)))
        return mark + written

    def _built_in(self, tag: Tag, call: Call, name: str) -> tuple[str, int]:
        """Return the start of a block that the library has, and its site if it is a loop."""
        role: Role = "loop" if name == "each" else "condition"
        value = self._expression(call.arguments[0], name, role)
        written, site = f"{name} {value}", -1
        if name in {"each", "with"}:
            found = self.record.variables.get(call.arguments[0].offset)
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
            message = f"no partial has the name {label_of(call.name)}"
            hint = f'define it: {{{{#*inline "{label_of(call.name)}"}}}}…{{{{/inline}}}}'
            note = Note("unknown-partial", message, self._place_of(call), hint, is_error=True)
            self.notes.append(note)
            return self._failing(tag, call)
        context = "."
        if call.arguments:
            context = self._expression(call.arguments[0], "", "condition")
        self.sites.append(Site(tag.start, tag.end, name, (), {}, ()))
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
            blocks[-1] |= {label_of(name): (new, tag.start) for name in call.arguments}
        if tag.kind in _OPENING:
            blocks.append({})
            have_the_root &= _simple_name(call) in {"if", "unless", "inline", *HELPERS}
        elif tag.kind is Kind.CLOSE:
            blocks.pop()
        elif tag.kind is Kind.PARTIAL:
            uses.append((tag, label_of(call.name), list(blocks)))
            have_the_root &= not call.has_arguments
    used: dict[int, str] = {}
    early: set[str] = set()
    for use, name, visible in uses:
        found = ChainMap(*reversed(visible)).get(name)
        if found:
            used[use.start] = found[0]
            early |= {found[0]} if found[1] > use.start else set()
    return _Partials(defined, used, frozenset(early), have_the_root)


def _simple_name(call: Call) -> str:
    """Return the name of a call if it may be a helper's, else nothing."""
    name = call.name
    if isinstance(name, Constant):
        return label_of(name) if isinstance(name.value, str) and not name.is_number else ""
    return name.text if len(name.segments) == 1 and not name.is_data else ""


def _is_word(path: Path) -> bool:
    return not path.levels and not path.is_data and "." not in path.text


def _as_path(name: Path | Constant) -> Path:
    """Return the name of a value: a constant in the place of a name is one."""
    if isinstance(name, Path):
        return name
    return Path((label_of(name),), 0, is_data=False, text=name.text, offset=name.offset)


def _advice(call: Call) -> str:
    """Return the hint for the name of an unknown helper."""
    name = call.name
    words = [label_of(argument) for argument in call.arguments if isinstance(argument, Path)]
    if isinstance(name, Path) and len(name.segments) > 1 and len(words) == len(call.arguments):
        *begin, last = name.segments
        spaced = " ".join([last, *words])
        return f"write {'.'.join([*begin, f'[{spaced}]'])} if the name has a space"
    known = (*HELPERS, *_BLOCKS)
    near = same_but_for_case(name.text, known) or nearest(name.text, known)
    return f"did you mean {near}?" if near else "`pe help preview` lists the helpers"
