"""JSON text in, its value out; carefully, with the place of every value, when something is wrong.

The language is RFC 8259 without its freedoms: no duplicate names, no NaN, no number beyond a
double, no lone surrogates, UTF-8.
"""

import codecs
from collections.abc import Iterable, Iterator
from contextlib import suppress

import orjson

from pinpoint_endpoints.documents.faults import MAX_DEPTH
from pinpoint_endpoints.documents.model import Fault
from pinpoint_endpoints.documents.positions import PositionMap
from pinpoint_endpoints.documents.text import Unreadable

_QUOTE_ESCAPE = b"\\u0022"


Value = tuple[object, list[Fault]]


def parse(raw: bytes, first_line: int = 1) -> Iterable[Value]:
    """Return the value of a JSON text and what is wrong with it: mostly, it is the only one.

    Args:
        raw: a file, or a line of one.
        first_line: the number of its first line in the file.

    Raises:
        Unreadable: the text has no value that could be looked at further.
    """
    try:
        value = orjson.loads(raw.removeprefix(codecs.BOM_UTF8))
        if not _may_hide_duplicates(raw, value) and not _is_too_deep(raw, value):
            return ((value, []),)
    except (orjson.JSONDecodeError, TypeError):
        pass
    from pinpoint_endpoints.documents.careful_json import read_carefully

    return ((reading.value, reading.faults) for reading in read_carefully(raw, first_line))


def positions(raw: bytes, first_line: int = 1) -> Iterator[PositionMap]:
    """Yield the places in each value that `parse` could read."""
    from pinpoint_endpoints.documents.careful_json import read_carefully

    with suppress(Unreadable):
        for reading in read_carefully(raw, first_line):
            yield reading.positions


def _may_hide_duplicates(raw: bytes, value: object) -> bool:
    """Tell whether a duplicate name may have been dropped: then quotes are missing from the value.

    Raises:
        TypeError: the value is nested too deeply to be written.
    """
    return _QUOTE_ESCAPE in raw or orjson.dumps(value).count(b'"') != raw.count(b'"')


def _is_too_deep(raw: bytes, value: object) -> bool:
    return raw.count(b"[") + raw.count(b"{") > MAX_DEPTH and _deeper_than(MAX_DEPTH, value)


def _deeper_than(levels: int, value: object) -> bool:
    if not isinstance(value, (dict, list)):
        return False
    inner = value.values() if isinstance(value, dict) else value
    return levels == 0 or any(_deeper_than(levels - 1, member) for member in inner)
