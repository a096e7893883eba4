"""A line of a file as it may be shown: with personal data masked, character for character."""

import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from itertools import chain, dropwhile
from typing import NamedTuple

from pinpoint_endpoints.documents.positions import Path, PositionMap, member_with_value
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.masking import (
    LONGEST_HIDDEN,
    SHOWN,
    looks_like_address,
)
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.yaml_types import ExpectedTypes

_PERSONAL = frozenset({"Address", "User"})
_VALUES: tuple[Path, ...] = (("Address",), ("User", "UserId"))
_USER_ATTRIBUTES: Path = ("User", "UserAttributes")
_CLOSED_SETS = frozenset({"ChannelType", "EndpointStatus", "OptOut"})
_WRAPPERS = frozenset(
    {"EndpointBatchRequest", "EndpointRequest", "EndpointResponse", "EndpointsResponse", "Item"}
)
_DOCUMENT_MARK = "\n---"
_QUOTED = re.compile(r"(\"|').*\1", re.DOTALL)
_LIKE_A_NUMBER = re.compile(
    r"[\"']?[-+]?(?:[0-9.][0-9.eE+-]*|\.?(?:nan|inf|infinity))[\"']?(?=[\s,}\]]|$)"
    r"|(?:true|false|null|~)\b|[&*]",
    re.IGNORECASE,
)
_EMPTY_COLLECTION = re.compile(r"[{\[]\s*[}\]]")
_LABEL = re.compile(r"[&*]([^\s,\[\]{}]+)")
_STRUCTURE = re.compile(r"(?:[\s,:\[\]{}?-]+|[&*][^\s,\[\]{}]+|#[^\r\n]*)*")
_ADDRESS_IN_A_NOTE = re.compile(r"\S*@\S*|\+?(?:[0-9][ ().-]?){6,}[0-9]|[\w:-]{32,}")
_WORD = re.compile(r"[^\s!-/:-@\[-^`{-~]+")
_INDENTATION_OR_CHARACTER = re.compile(r"((?<=[\r\n])[ \t]+)|[^\r\n]")


class _Token(NamedTuple):
    start: int
    end: int
    shown: bool


def shown_line(found: PositionMap, line: int, *, show_values: bool = False) -> str:
    """Return a line of the text, without its line break; as long as it is in the file.

    Addresses, user ids, user attributes, and what stands where the schema knows nothing, are
    masked: `*` stands for each character but the first two of a long value. Of a text that could
    not be read, only punctuation and the schema's own words are shown.

    Args:
        found: the places in the text; none of them, if the text could not be read.
        line: counted as the map counts lines.
        show_values: masks nothing.
    """
    start, end = found.lines.bounds(line)
    if show_values:
        return found.text[start:end]
    begin, masked = _masked_document(found)
    if begin <= start and end <= begin + len(masked):
        return masked[start - begin : end - begin]
    return _words(found.text[start:end])


def shown_text(text: str, documents: Sequence[PositionMap]) -> str:
    """Return a whole text with personal data masked, as `shown_line` does line by line.

    Args:
        text: with the line breaks.
        documents: the places in each of its documents.
    """
    tokens = sorted(chain.from_iterable(map(_tokens, documents)))
    return _masked(text, tokens) if tokens else _words(text)


@lru_cache(maxsize=1)  # the lines of a document are asked for one after the other
def _masked_document(found: PositionMap) -> tuple[int, str]:
    """Return where the document begins in the text, and all of it, masked."""
    tokens = sorted(_tokens(found))
    if not tokens:
        return 0, _words(found.text)
    begin = max(found.text.rfind(_DOCUMENT_MARK, 0, tokens[0].start), 0)
    finish = found.text.find(_DOCUMENT_MARK, tokens[-1].end - 1)
    return begin, _masked(found.text[: finish if finish >= 0 else None], tokens, begin)


def _masked(text: str, tokens: Sequence[_Token], at: int = 0) -> str:
    pieces: list[str] = []
    for start, end, shown in tokens:
        pieces.append(_between(text[at:start]))
        pieces.append(text[start:end] if shown else _hidden(text[start:end]))
        at = end
    pieces.append(_between(text[at:]))
    return "".join(pieces)


def _tokens(found: PositionMap) -> Iterator[_Token]:
    """Yield the keys and the scalars: each place once, though aliases may lead to it again."""
    text = found.text
    hidden, labels = _hidden_places(found)
    tokens: dict[int, _Token] = {}
    for path, start in found.keys.items():
        shown = _key_may_be_shown(path) and _label(text, start, "&") not in labels
        tokens[start] = _Token(start, found.key_ends[path], shown)
    holders = _holders(found)
    for path, end in found.ends.items():
        start = found.values[path]
        if path not in holders and start < end and not _EMPTY_COLLECTION.match(text, start):
            shown = start not in hidden and _label(text, start, "&") not in labels
            tokens[start] = _Token(start, end, shown)
    yield from tokens.values()


def _key_may_be_shown(path: Path) -> bool:
    """Tell whether a key is a name, and no part of a value: of an address, or of a user's data."""
    name = str(path[-1])
    if looks_like_address(name) or member_with_value(name):
        return False
    inner = _inside(path)
    return not any(
        inner[: len(value)] == value for value in _VALUES if len(inner) > len(value)
    ) and (inner[:2] != _USER_ATTRIBUTES or len(inner) <= len(_USER_ATTRIBUTES) + 1)


def _inside(path: Path) -> Path:
    """Return the path within the endpoint, without what surrounds it in its file."""
    return tuple(dropwhile(lambda step: isinstance(step, int) or step in _WRAPPERS, path))


def _hidden_places(found: PositionMap) -> tuple[set[int], set[str]]:
    """Return where values stand that must be hidden, and the anchors of what must be hidden."""
    holders = _holders(found)
    places: set[int] = set()
    labels: set[str] = set()
    for path, start in found.values.items():
        if path in holders or _may_be_shown(path, found):
            continue
        places.add(start)
        labels.add(_label(found.text, start, "*"))
    return places, labels - {""}


def _holders(found: PositionMap) -> set[Path]:
    return {path[:-1] for path in found.values if path}


def _label(text: str, start: int, mark: str) -> str:
    """Return the name of the anchor or alias that stands here, or an empty string."""
    label = _LABEL.match(text, start) if text.startswith(mark, start) else None
    return label[1] if label else ""


def _may_be_shown(path: Path, found: PositionMap) -> bool:
    """Tell whether the scalar at a path stands where no personal data belongs."""
    inner = _inside(path)
    if not inner or inner[0] in _PERSONAL:
        return False
    if len(inner) == 1 and inner[0] in _CLOSED_SETS:
        return _is_like_a_choice(path, found)
    wanted = _known_members()
    for step in inner:
        wanted = wanted.inside() if isinstance(step, int) else wanted.under(step)
    if wanted.scalar == "number":
        return bool(_LIKE_A_NUMBER.match(found.text, found.values[path]))
    return bool(wanted.scalar or wanted.inside().scalar)


def _is_like_a_choice(path: Path, found: PositionMap) -> bool:
    """Tell whether a value of a closed set is one, or a slip: else it may be an address."""
    if path not in found.ends:
        return True
    start = found.values[path]
    label = _LABEL.match(found.text, start)
    text = found.text[label.end() if label else start : found.ends[path]].strip("\"' \t")
    choices = _choices()[str(path[-1])]
    return text in choices or bool(nearest(text, choices))


@cache
def _known_members() -> ExpectedTypes:
    """Return what is wanted in an endpoint of any shape, and beside it."""
    known = ExpectedTypes()
    for shape in ("EndpointResponse", "UpdateEndpointInput"):
        known.add(bundled_schema()["$defs"][shape])
    return known


@cache
def _choices() -> dict[str, tuple[str, ...]]:
    definitions = bundled_schema()["$defs"]
    return {name: tuple(definitions[name]["enum"]) for name in _CLOSED_SETS}


@cache
def _words_of_the_schema() -> frozenset[str]:
    names = (shape.get("properties", ()) for shape in bundled_schema()["$defs"].values())
    return frozenset({"true", "false", "null"}.union(*names, *_choices().values()))


def _hidden(token: str) -> str:
    """Mask a key or a scalar; quotes, line breaks and indentation stay."""
    edge = 1 if _QUOTED.fullmatch(token) else 0
    inner = token[edge : len(token) - edge]
    begin = inner[:SHOWN] if len(inner) > LONGEST_HIDDEN else ""
    stars = _INDENTATION_OR_CHARACTER.sub(lambda found: found[1] or "*", inner)
    return token[:edge] + begin + stars[len(begin) :] + token[len(token) - edge :]


def _between(text: str) -> str:
    """Mask what stands between keys and scalars.

    Punctuation, labels and notes are shown; anything else is a value that a second one of the same
    name has replaced.
    """
    structure = _STRUCTURE.match(text)
    end = structure.end() if structure else 0
    return _ADDRESS_IN_A_NOTE.sub(_stars, text[:end]) + _words(text[end:])


def _words(text: str) -> str:
    known = _words_of_the_schema()
    return _WORD.sub(lambda word: word[0] if word[0] in known else _stars(word), text)


def _stars(found: re.Match[str]) -> str:
    return "*" * len(found[0])
