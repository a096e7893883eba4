"""Show source lines with personal data masked, each character in its place."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, dropwhile
from typing import NamedTuple

from pinpoint_endpoints.documents.positions import PositionMap, ValuePath, member_with_value
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.masking import MAX_HIDDEN_LENGTH, SHOWN, is_personal, looks_like_address
from pinpoint_endpoints.schema.bundled import SEGMENT, bundled_schema, definition
from pinpoint_endpoints.schema.yaml_types import ExpectedTypes

_PERSONAL = frozenset({"Address", "User"})
_USER_ATTRIBUTES: ValuePath = ("User", "UserAttributes")
_CLOSED_SETS = frozenset({"ChannelType", "EndpointStatus", "OptOut"})
_WRAPPERS = frozenset(
    {
        "EndpointBatchRequest",
        "EndpointRequest",
        "EndpointResponse",
        "EndpointsResponse",
        "Item",
        "Properties",
        "SegmentResponse",
        "SegmentsResponse",
        "WriteSegmentRequest",
    }
)
_IN_A_SEGMENT = frozenset({"Behavior", "Dimensions", "SegmentGroups"})
_TEXTS_OF_A_TEMPLATE = frozenset(
    {
        *("Body", "Data", "Header", "HtmlBody", "HtmlPart", "RawContent", "Subject", "Text"),
        *("TextPart", "Title", "Url", "Value"),
    }
)
_OF_AN_ENDPOINT = frozenset({"Address", "ChannelType", "OptOut", "User"})
_DOCUMENT_MARK = "\n---"
_ANCHOR = "&"
_QUOTED = re.compile(r"(\"|').*\1", re.DOTALL)
_LIKE_A_NUMBER = re.compile(
    r"[\"']?[-+]?(?:[0-9.][0-9.eE+-]*|\.?(?:nan|inf|infinity))[\"']?(?=[\s,}\]]|$)"
    r"|(?:true|false|null|~)\b",
    re.IGNORECASE,
)
_LIKE_A_PHONE_NUMBER = re.compile(r"(?:[\"']\+?|\+)[0-9]+(?![0-9.eE])")
_EMPTY_COLLECTION = re.compile(r"[{\[]\s*[}\]]")
_WORD_OR_COMMENT = re.compile(r"(?<=#)[^\r\n]+|[^\s!-/:-@\[-^`{-~]+")
_INDENTATION_OR_CHARACTER = re.compile(r"((?<=[\r\n])[ \t]+)|[^\r\n]")


class _Token(NamedTuple):
    """A key or scalar in the text, between two offsets."""

    start: int
    end: int
    shown: bool


def shown_line(found: PositionMap, line: int, *, show_values: bool = False) -> str:
    """Return a line of a text without its line break, masked but as long as in the file.

    Addresses, user ids, user attributes, values at places that the schema does not know, and texts
    anywhere that look like an address are masked: `*` replaces each character except the first two
    of a long value. Comments are masked too. Of a text that cannot be parsed, only punctuation and
    the schema's own words are shown.

    Args:
        found: the positions in the text; empty if it cannot be parsed.
        line: the line number in the file.
        show_values: whether nothing is masked.
    """
    start, end = found.lines.bounds(line)
    if show_values:
        return found.text[start:end]
    begin, masked = _masked_document(found)
    if begin <= start and end <= begin + len(masked):
        return masked[start - begin : end - begin]
    return _mask_words(found.text[start:end])


def shown_text(text: str, documents: Sequence[PositionMap]) -> str:
    """Return a whole text with personal data masked, as `shown_line` does for one line.

    Args:
        text: the text, with its line breaks.
        documents: the positions in each of its documents.
    """
    return _masked(text, sorted(chain.from_iterable(map(_tokens, documents))))


@lru_cache(maxsize=1)  # the lines of one document are shown one after the other
def _masked_document(found: PositionMap) -> tuple[int, str]:
    """Return the offset of the document in its text, and all of it, masked."""
    tokens = sorted(_tokens(found))
    if not tokens:
        return 0, _mask_words(found.text)
    begin = max(found.text.rfind(_DOCUMENT_MARK, 0, tokens[0].start), 0)
    finish = found.text.find(_DOCUMENT_MARK, tokens[-1].end - 1)
    return begin, _masked(found.text[: finish if finish >= 0 else None], tokens, begin)


def _masked(text: str, tokens: Sequence[_Token], at: int = 0) -> str:
    """Return a text from an offset on, with what is between the tokens masked by words."""
    pieces: list[str] = []
    for start, end, shown in tokens:
        pieces.append(_mask_words(text[at:start]))
        pieces.append(text[start:end] if shown else _mask_token(text[start:end]))
        at = end
    pieces.append(_mask_words(text[at:]))
    return "".join(pieces)


def _tokens(found: PositionMap) -> Iterator[_Token]:
    """Yield the keys and scalars, each once, though aliases may repeat them at other paths.

    Anchored ones are never shown: their alias may be at a place for personal data.
    """
    text = found.text
    holders = {path[:-1] for path in found.values if path}
    scalars = {path: start for path, start in found.values.items() if path not in holders}
    types = _types_in_segment() if _is_segment(found) else _types_in_endpoint()
    own_texts = _TEXTS_OF_A_TEMPLATE if _is_template(found) else frozenset[str]()
    hidden = {
        start
        for path, start in scalars.items()
        if not (path and path[-1] in own_texts) and not _may_be_shown(path, found, types)
    }
    tokens: dict[int, _Token] = {}
    for path, start in found.keys.items():
        shown = _key_may_be_shown(path) and not text.startswith(_ANCHOR, start)
        tokens[start] = _Token(start, found.key_ends[path], shown)
    for path, start in scalars.items():
        end = found.ends.get(path, start)
        if start < end and not _EMPTY_COLLECTION.match(text, start):
            shown = start not in hidden and not text.startswith(_ANCHOR, start)
            tokens[start] = _Token(start, end, shown)
    yield from tokens.values()


def _key_may_be_shown(path: ValuePath) -> bool:
    """Tell whether a key is a name, and not part of an address or of a user's data."""
    name = str(path[-1])
    if looks_like_address(name) or member_with_value(name):
        return False
    holder = _inside(path)[:-1]
    return holder == _USER_ATTRIBUTES or not is_personal([*map(str, holder)])


def _is_segment(found: PositionMap) -> bool:
    """Tell whether a document is a segment: what is in it is no data of a person's."""
    names = {inner[0] for path in found.keys if (inner := _inside(path))}
    return not _IN_A_SEGMENT.isdisjoint(names) and _OF_AN_ENDPOINT.isdisjoint(names)


def _is_template(found: PositionMap) -> bool:
    """Tell whether a document is a message template: its texts are the author's."""
    names = {path[-1] for path in found.keys}
    of_an_endpoint = definition("EndpointRequest")["properties"].keys()
    return not _TEXTS_OF_A_TEMPLATE.isdisjoint(names) and of_an_endpoint.isdisjoint(names)


def _inside(path: ValuePath) -> ValuePath:
    """Return the path within the endpoint, without what surrounds it in its file."""
    return tuple(dropwhile(lambda step: isinstance(step, int) or step in _WRAPPERS, path))


def _may_be_shown(path: ValuePath, found: PositionMap, types: ExpectedTypes) -> bool:
    """Tell whether the scalar at a path is at a place where no personal data belongs."""
    inner = _inside(path)
    if not inner or inner[0] in _PERSONAL:
        return False
    if types is _types_in_segment() and {"UserAttributes", "Values"} <= {*inner}:
        return False
    if len(inner) == 1 and inner[0] in _CLOSED_SETS:
        return _is_like_a_choice(path, found)
    expected = types
    for step in inner:
        expected = expected.inside() if isinstance(step, int) else expected.under(step)
    start = found.values[path]
    if expected.scalar == "number" and not _LIKE_A_PHONE_NUMBER.match(found.text, start):
        return bool(_LIKE_A_NUMBER.match(found.text, start))
    known = bool(expected.scalar or expected.inside().scalar)
    return known and not looks_like_address(_unquoted(path, found))


def _is_like_a_choice(path: ValuePath, found: PositionMap) -> bool:
    """Tell whether a scalar is a value of its closed set or similar; else it may be an address."""
    text = _unquoted(path, found)
    choices = _choices()[str(path[-1])]
    return text in choices or bool(nearest(text, choices))


def _unquoted(path: ValuePath, found: PositionMap) -> str:
    start = found.values[path]
    return found.text[start : found.ends.get(path, start)].strip("\"' \t")


@cache
def _types_in_endpoint() -> ExpectedTypes:
    expected = ExpectedTypes()
    for shape in ("EndpointResponse", "UpdateEndpointInput"):
        expected.add(definition(shape))
    return expected


@cache
def _types_in_segment() -> ExpectedTypes:
    expected = ExpectedTypes()
    for shape in ("SegmentResponse", "SegmentProperties", "SegmentDimensions"):
        expected.add(definition(shape, SEGMENT), SEGMENT)
    return expected


@cache
def _choices() -> dict[str, tuple[str, ...]]:
    definitions = bundled_schema()["$defs"]
    return {name: tuple(definitions[name]["enum"]) for name in _CLOSED_SETS}


@cache
def _schema_words() -> frozenset[str]:
    names = (shape.get("properties", ()) for shape in bundled_schema()["$defs"].values())
    return frozenset({"true", "false", "null"}.union(*names, *_choices().values()))


def _mask_token(token: str) -> str:
    """Mask a key or scalar except for quotes, line breaks and indentation."""
    edge = 1 if _QUOTED.fullmatch(token) else 0
    inner = token[edge : len(token) - edge]
    begin = inner[:SHOWN] if len(inner) > MAX_HIDDEN_LENGTH else ""
    stars = _INDENTATION_OR_CHARACTER.sub(lambda found: found[1] or "*", inner)
    return token[:edge] + begin + stars[len(begin) :] + token[len(token) - edge :]


def _mask_words(text: str) -> str:
    """Mask comments and all words but the schema's: values that a duplicate key replaces."""
    known = _schema_words()
    return _WORD_OR_COMMENT.sub(
        lambda word: word[0] if word[0] in known else "*" * len(word[0]), text
    )
