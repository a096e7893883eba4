"""An endpoint id in, names for its file out, which every file system takes."""

import re
from collections.abc import Iterator
from hashlib import blake2b
from unicodedata import normalize

LONGEST = 200
"""Bytes: the suffix and a temporary name have to fit too, where 255 are the limit."""

_BEGIN_OF_A_LONG_ONE = 120
_DIGEST_BYTES = (6, 32)

_UNSAFE = re.compile(
    r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]"  # steer a terminal
    r'|["%*/:<>?\\|]'  # Windows, and our own escape
    r"|^[ .-]|[ .]\Z"  # hidden, taken for an option, dropped by Windows
)
_DEVICE = re.compile(r"(?:aux|con|nul|prn|(?:com|lpt)[0-9¹²³]) *(?:\.|\Z)", re.IGNORECASE)
_CUT_ESCAPE = re.compile(r"%[0-9A-F]?\Z")


def names_for(endpoint_id: str) -> Iterator[str]:
    """Yield names without a suffix, the most readable first: others are for when that one is taken.

    What a file system or a search for files treats specially is percent-encoded. A name that would
    be too long, and any but the first, ends with a digest of the id.
    """
    name = _UNSAFE.sub(_encoded, endpoint_id)
    if _DEVICE.match(name):
        name = f"%{ord(name[0]):02X}{name[1:]}"
    if len(name.encode()) <= LONGEST:
        yield name
    begin = name.encode()[:_BEGIN_OF_A_LONG_ONE].decode(errors="ignore")
    begin = _CUT_ESCAPE.sub("", begin)
    for size in _DIGEST_BYTES:
        yield f"{begin}-{blake2b(endpoint_id.encode(), digest_size=size).hexdigest()}"


def same_file_key(name: str) -> str:
    """Return what two names share that a file system may take for one: case, and composed é."""
    return normalize("NFD", name.casefold())


def _encoded(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())
