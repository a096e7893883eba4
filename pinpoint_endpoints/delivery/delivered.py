"""The entries of a journal in, what a run need not send again out: a million of them in 110 MB."""

from typing import NamedTuple

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key

_KEY = 2**60 - 1
"""Python keeps an integer of up to 60 bits in 32 bytes, and a longer one in 48."""
_CLAIMED, _SENT = 1, 2
_DIGEST = _KEY - _CLAIMED - _SENT


class Claim(NamedTuple):
    """What a journal knows of a document.

    Attributes:
        done: it was accepted already, so it need not be sent.
        occurrence: how many documents of the run had the same endpoint id before.
    """

    done: bool
    occurrence: int


class Delivered:
    """What was accepted earlier, and what this run has asked for.

    A document is known by its endpoint id and its occurrence: how many documents of a run had the
    same endpoint id before it. Kept are 60 bits of each id's hash and 58 of each digest's: should
    two ids coincide, a document is sent once more than needed.
    """

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._repeated: dict[int, int] = {}

    def remember(self, endpoint_id: str, occurrence: int, digest: str, *, accepted: bool) -> None:
        """Take the next entry of a journal."""
        key, value = _key(endpoint_id, occurrence), _value(digest)
        if accepted:
            self._known[key] = value
        else:
            self._known.pop(key, None)

    def claim(self, endpoint_id: str, digest: str) -> Claim:
        """Say of the next document of the run whether it is done.

        It is if what was last accepted for its place has the same digest, and no document before it
        that has the same endpoint id is sent in this run: that one would be stored over it.
        """
        first = _key(endpoint_id, 0)
        marked = self._known.get(first, 0)
        occurrence, accepted = 0, marked
        if marked & _CLAIMED:
            occurrence = self._repeated.get(first, 1)
            self._repeated[first] = occurrence + 1
            accepted = self._known.get(_key(endpoint_id, occurrence), 0)
        is_same = accepted & _DIGEST == _value(digest) != 0
        done = is_same and not marked & _SENT
        self._known[first] = marked | _CLAIMED | (0 if done else _SENT)
        return Claim(done, occurrence)


def _key(endpoint_id: str, occurrence: int) -> int:
    return hash(f"{occurrence}:{same_endpoint_key(endpoint_id)}") & _KEY


def _value(digest: str) -> int:
    return hash(digest) & _DIGEST
