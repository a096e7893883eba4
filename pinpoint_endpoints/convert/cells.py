"""Write tables as CSV (RFC 4180, in UTF-8 without a byte order mark)."""

import re
from collections.abc import Iterable

_NEEDS_QUOTES = re.compile(r'[",\r\n]|^\s|\s$')


def row_of(cells: Iterable[str]) -> bytes:
    """Return cells as a row with its line end; cells that need quotes have them."""
    return (",".join(map(_quoted, cells)) + "\n").encode(errors="replace")


def _quoted(cell: str) -> str:
    if not _NEEDS_QUOTES.search(cell):
        return cell
    doubled = cell.replace('"', '""')
    return f'"{doubled}"'
