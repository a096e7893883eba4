"""Header names with the case that AWS gives them.

Names have no case in HTTP, but old clients look for exactly `x-amzn-ErrorType` and
`x-amzn-RequestId`: AWS's SDK for Android, and early versions of Java's v1. uvicorn writes every
name in lower case.
"""

from functools import lru_cache


class HeaderName(bytes):
    """The name of a header, equal to the same name in any case, which uvicorn writes as it is."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, bytes) and bytes.lower(self) == bytes.lower(other)

    def __hash__(self) -> int:
        return hash(bytes.lower(self))

    def lower(self) -> bytes:
        """Return the name with its case: this is what uvicorn writes."""
        return self


@lru_cache(maxsize=64)  # answers have few names
def exact_name(name: bytes) -> HeaderName:
    """Return a name as it is, or with capital letters as in `Content-Type` if it has none."""
    return HeaderName(name.title() if name.islower() else name)
