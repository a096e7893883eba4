"""Read the tags of a Handlebars template with their places, as strictly as handlebars.js.

The library that renders knows no places and accepts some tags that Handlebars refuses.
"""

import re
from collections.abc import Iterable, Iterator
from enum import Enum
from typing import NamedTuple

MAX_NESTING = 100
"""How deep blocks, expressions and partials may be in each other."""

_TAG = re.compile(r"(\\*)\{\{")
_OPENING = re.compile(
    r"""
      (?P<comment>~?!)
    | (?P<raw_block>\{\{)
    | ~?(?:
        (?P<unescaped>\{)
      | (?P<partial_block>\#>)
      | (?P<partial>>)
      | (?P<inline>\#\s*\*)
      | (?P<open>\#)
      | (?P<close>/)
      | (?P<otherwise>\^\s*(?=~?\}\}) | \s*else\s*(?=~?\}\}))
      | (?P<chain>\s*else\b)
      | (?P<inverse>\^)
      | (?P<decorator>\*)
      | (?P<ampersand>&)
      | (?P<value>)
    )
    """,
    re.VERBOSE,
)
_COMMENT = re.compile(r"~?!--[\s\S]*?--~?\}\}|~?!(?!--)[\s\S]*?\}\}")
_END = r"[=~}\s/.)|\]]"  # what may follow a name
_TOKEN = re.compile(
    rf"""
      (?P<close>\}}~?\}}\}}|~?\}}\}})
    | (?P<string>"(?:\\"|[^"])*"|'(?:\\'|[^'])*')
    | (?P<number>-?\d+(?:\.\d+)?(?=[~}}\s)\]]))
    | (?P<bracket>\[(?:\\\]|[^\]])*\])
    | (?P<parameters>as\s+\|(?P<names>[^|{{}}]*)\|)
    | (?P<up>\.\.)
    | (?P<this>\.(?={_END}))
    | (?P<separator>[/.])
    | (?P<name>[^\s!"\#%-,./;->@\[-^`{{-~]+(?={_END}))
    | (?P<mark>[=()@])
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_LITERALS: dict[str, bool | None] = {"true": True, "false": False, "null": None, "undefined": None}
_MAX_SHOWN = 40


class TemplateError(Exception):
    """A template that cannot be used.

    Args:
        message: what is wrong, in one sentence.
        offset: where, in characters from the start of the text.
        hint: what to do about it, or empty.
        pointer: the JSON pointer to what is wrong, if that is no part of a template's text.
    """

    def __init__(self, message: str, offset: int = 0, hint: str = "", pointer: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.hint = hint
        self.pointer = pointer


class Path(NamedTuple):
    """The name of a value.

    Attributes:
        segments: the names from the context on, without brackets.
        levels: how many contexts to climb (`../`).
        is_data: whether it starts with `@`, as in `@index`.
        text: as it is written.
        offset: where it is.
    """

    segments: tuple[str, ...]
    levels: int
    is_data: bool
    text: str
    offset: int


class Constant(NamedTuple):
    """A string, a number (as it is written), true, false or null."""

    value: str | bool | None
    is_number: bool
    text: str
    offset: int


class Call(NamedTuple):
    """A name with arguments: a value or a helper.

    Attributes:
        name: what is called, or the value to print.
        arguments: in their order.
        options: arguments with names (`size=19`), in their order.
        offset: where it is.
    """

    name: Path | Constant
    arguments: tuple["Expression", ...]
    options: tuple[tuple[str, "Expression"], ...]
    offset: int

    @property
    def has_arguments(self) -> bool:
        """Whether anything stands after the name."""
        return bool(self.arguments or self.options)


Expression = Path | Constant | Call


class Kind(Enum):
    """What a tag does."""

    VALUE = "a value"
    OPEN = "the start of a block"
    INVERSE = "the start of an inverted block"
    ELSE = "else"
    CLOSE = "the end of a block"
    PARTIAL = "a partial"
    PARTIAL_BLOCK = "the start of a partial with a fallback"
    INLINE = "the start of an inline partial"
    COMMENT = "a comment"


class Tag(NamedTuple):
    """One tag.

    Attributes:
        kind: what it does.
        start: where it starts.
        end: the offset after it.
        call: what it prints, or the block that it opens; of an else, what it asks, or None.
        parameters: the names of the values of a block (`as |value key|`).
        is_raw: whether its value is not escaped (`{{{`, `{{&`).
        trims: whether it removes the space before and after it (`~`).
    """

    kind: Kind
    start: int
    end: int
    call: Call | None = None
    parameters: tuple[str, ...] = ()
    is_raw: bool = False
    trims: tuple[bool, bool] = (False, False)


def read_tags(text: str) -> Iterator[str | Tag]:
    """Yield the texts and the tags of a template; a tag's block is known to end.

    Raises:
        TemplateError: handlebars.js would refuse the template, or it is nested too deeply.
    """
    return _checked_blocks(_tags(text))


def _tags(text: str) -> Iterator[str | Tag]:
    index = 0
    while found := _TAG.search(text, index):
        slashes = len(found[1])
        brace = found.end() - 2
        if slashes == 1:  # \{{ stands for {{ itself, and ends at the next tag
            following = _TAG.search(text, found.end())
            end = following.start() if following else len(text)
            yield text[index : found.start()] + text[brace:end]
            index = end
            continue
        before = text[index : brace - 1] if slashes else text[index:brace]
        if before:
            yield before
        tag = _Reader(text, brace).tag()
        yield tag
        index = tag.end
    if index < len(text):
        yield text[index:]


class _Block(NamedTuple):
    tag: Tag
    name: str
    had_else: bool = False


def _checked_blocks(tags: Iterable[str | Tag]) -> Iterator[str | Tag]:
    blocks: list[_Block] = []
    for tag in tags:
        if isinstance(tag, Tag):
            match tag.kind:
                case Kind.OPEN | Kind.INVERSE | Kind.PARTIAL_BLOCK | Kind.INLINE:
                    if len(blocks) == MAX_NESTING:
                        message = f"blocks are nested more than {MAX_NESTING} levels deep"
                        raise TemplateError(message, tag.start)
                    blocks.append(_Block(tag, _name_of_block(tag)))
                case Kind.ELSE:
                    if not blocks:
                        raise TemplateError("{{else}} stands outside a block", tag.start)
                    if blocks[-1].had_else:
                        message = f"the block {blocks[-1].name} has a second {{{{else}}}}"
                        raise TemplateError(message, tag.start)
                    blocks[-1] = blocks[-1]._replace(had_else=tag.call is None)
                case Kind.CLOSE:
                    _close(blocks, tag)
                case _:
                    pass
        yield tag
    if blocks:
        name = blocks[-1].name
        message = f"the block {name} does not end"
        raise TemplateError(message, blocks[-1].tag.start, f"add {{{{/{name}}}}}")


def _close(blocks: list[_Block], tag: Tag) -> None:
    name = _name_of_block(tag)
    if not blocks:
        raise TemplateError(f"{{{{/{name}}}}} ends a block that was not started", tag.start)
    if name != blocks[-1].name:
        message = f"{{{{/{name}}}}} stands where the block {blocks[-1].name} has to end"
        raise TemplateError(message, tag.start, f"expected {{{{/{blocks[-1].name}}}}}")
    blocks.pop()


def _name_of_block(tag: Tag) -> str:
    if tag.kind is Kind.INLINE:
        return "inline"
    name = tag.call.name if tag.call else None
    return name.text if isinstance(name, Path) else str(name and name.value)


_KINDS = {
    "open": Kind.OPEN,
    "inline": Kind.INLINE,
    "inverse": Kind.INVERSE,
    "chain": Kind.ELSE,
    "otherwise": Kind.ELSE,
    "close": Kind.CLOSE,
    "partial": Kind.PARTIAL,
    "partial_block": Kind.PARTIAL_BLOCK,
    "unescaped": Kind.VALUE,
    "ampersand": Kind.VALUE,
    "value": Kind.VALUE,
}
_REFUSED = {
    "raw_block": "raw blocks ({{{{) are not supported",
    "decorator": "decorators ({{*) are not supported",
}
_AFTER_LITERAL = "~} \t\r\n)]"


class _Reader:
    """Reads one tag.

    Args:
        text: the template.
        start: where the tag's braces are.
    """

    def __init__(self, text: str, start: int) -> None:
        self._text = text
        self._start = start
        self._end = start + 2
        self._depth = 0
        self._sort: str | None = None
        self._word = ""
        self._at = start

    def tag(self) -> Tag:
        """Return the tag."""
        opening = _OPENING.match(self._text, self._end)
        sort = (opening and opening.lastgroup) or ""
        start = opening[0] if opening else ""
        if sort == "comment":
            return self._comment()
        if sort in _REFUSED:
            raise TemplateError(_REFUSED[sort], self._start)
        self._end += len(start)
        self._next()
        call = None if sort == "otherwise" else self._call()
        parameters: tuple[str, ...] = ()
        if self._sort == "parameters":
            parameters = tuple(self._word.partition("|")[2].rstrip("|").split())
            self._next()
        self._expect_close(is_triple=sort == "unescaped")
        kind = _KINDS[sort]
        if kind is Kind.CLOSE and call and call.has_arguments:
            raise TemplateError("the end of a block has only the block's name", self._start)
        trims = ("~" in start, "~" in self._word)
        is_raw = sort in {"unescaped", "ampersand"}
        return Tag(kind, self._start, self._end, call, parameters, is_raw, trims)

    def _comment(self) -> Tag:
        comment = _COMMENT.match(self._text, self._end)
        if comment is None:
            raise TemplateError("the comment does not end", self._start, "end it with }} or --}}")
        trims = (comment[0].startswith("~"), comment[0].endswith("~}}"))
        return Tag(Kind.COMMENT, self._start, comment.end(), trims=trims)

    def _call(self) -> Call:
        """Read a name with its arguments; the current token is the name."""
        offset = self._at
        if self._sort == "close":
            raise TemplateError("the tag is empty", self._start)
        if self._word == "(":
            message = "an expression in parentheses stands where a name has to be"
            raise TemplateError(message, offset)
        name = self._name()
        arguments: list[Expression] = []
        options: list[tuple[str, Expression]] = []
        while self._sort not in {"close", "parameters"} and self._word != ")":
            argument = self._argument()
            if self._word == "=":
                option = self._option_name(argument)
                self._next()
                options.append((option, self._argument()))
            elif options:
                message = f"an argument stands after {options[-1][0]}="
                raise TemplateError(message, argument.offset, "arguments with names come last")
            else:
                arguments.append(argument)
        return Call(name, tuple(arguments), tuple(options), offset)

    def _option_name(self, argument: Expression) -> str:
        if isinstance(argument, Path) and len(argument.segments) == 1 and not argument.levels:
            return argument.segments[0]
        raise TemplateError("no name stands before =", argument.offset)

    def _argument(self) -> Expression:
        if self._word != "(":
            return self._name()
        self._depth += 1
        if self._depth > MAX_NESTING:
            message = f"expressions are nested more than {MAX_NESTING} levels deep"
            raise TemplateError(message, self._at)
        self._next()
        call = self._call()
        if self._word != ")":
            raise self._unexpected("expected )")
        self._depth -= 1
        self._next()
        return call

    def _name(self) -> Path | Constant:
        """Read a path or a constant; the current token is its first."""
        token, offset = self._word, self._at
        match self._sort:
            case "string":
                self._next()
                quote = token[0]
                value = token[1:-1].replace("\\" + quote, quote)
                return Constant(value, is_number=False, text=token, offset=offset)
            case "number":
                self._next()
                return Constant(token, is_number=True, text=token, offset=offset)
            case "name" if token in _LITERALS and self._text[self._end] in _AFTER_LITERAL:
                self._next()
                return Constant(_LITERALS[token], is_number=False, text=token, offset=offset)
            case _:
                return self._path()

    def _path(self) -> Path:
        offset = self._at
        is_data = self._word == "@"
        if is_data:
            self._next()
        segments: list[str] = []
        levels = 0
        while True:
            if self._sort in {"up", "this"} or self._word == "this":
                if segments:
                    message = f"{self._word} stands within a path"
                    raise TemplateError(message, self._at)
                levels += self._sort == "up"
            elif self._sort == "name":
                segments.append(self._word)
            elif self._sort == "bracket":
                segments.append(re.sub(r"\\([\\\]])", r"\1", self._word[1:-1]))
            else:
                raise self._unexpected_in_path(offset)
            end = self._end
            self._next()
            if self._sort != "separator":
                text = self._text[offset:end]
                return Path(tuple(segments), levels, is_data, text, offset)
            self._next()

    def _expect_close(self, *, is_triple: bool) -> None:
        if self._sort != "close":
            raise self._unexpected("expected }}")
        braces = self._word.replace("~", "")
        if is_triple != (len(braces) == len("}}}")):
            expected = "}}}" if is_triple else "}}"
            raise TemplateError(f"the tag ends with {braces}", self._at, f"expected {expected}")

    def _next(self) -> None:
        """Read the next token."""
        space = _SPACE.match(self._text, self._end)
        self._at = space.end() if space else self._end
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            raise self._invalid()
        self._sort = found.lastgroup if found.lastgroup != "names" else "parameters"
        self._word = found[0]
        self._end = found.end()

    def _invalid(self) -> TemplateError:
        """Return what is wrong with a text that is no token."""
        rest = self._text[self._at : self._at + _MAX_SHOWN]
        if not rest or rest.startswith("{{") or "}}" not in self._text[self._at :]:
            return TemplateError("the tag does not end", self._start, "expected }}")
        character = rest[0]
        if character in "\"'":
            return TemplateError("the text in quotes does not end", self._at)
        name = re.match(r"[^\s\[({})|=]+(?=\[)", rest)
        if name:
            hint = f"write {name[0]}.[0]"
            return TemplateError("an index needs a point before its bracket", self._at, hint)
        shown = re.match(r"[^\s{}()|=]+", rest)
        word = shown[0] if shown else character
        hint = f"a name with such a character is written in brackets: [{word}]"
        return TemplateError(f"{word} is not a name", self._at, hint if shown else "")

    def _unexpected_in_path(self, offset: int) -> TemplateError:
        if self._sort == "number" and self._at > offset:
            message = f".{self._word} is not an index"
            return TemplateError(message, self._at, f"write .[{self._word}]")
        return self._unexpected("expected a name")

    def _unexpected(self, expected: str) -> TemplateError:
        if self._sort == "close":
            return TemplateError(f"the tag ends too early: {expected}", self._at)
        return TemplateError(f"{self._word[:_MAX_SHOWN]} is not expected here", self._at, expected)
