"""Provides a set for millions of texts, in little memory."""

from array import array

_LOW_BITS = 0xFFFF


class Hashes:
    """A set that keeps only the hashes of texts: 8 bytes for each, where `set` takes a hundred."""

    def __init__(self) -> None:
        self._by_low_bits: dict[int, array[int]] = {}

    def __bool__(self) -> bool:
        return bool(self._by_low_bits)

    def __contains__(self, text: str) -> bool:
        number = hash(text)
        return number in self._by_low_bits.get(number & _LOW_BITS, ())

    def add(self, text: str) -> None:
        """Add a text."""
        number = hash(text)
        numbers = self._by_low_bits.setdefault(number & _LOW_BITS, array("q"))
        if number not in numbers:
            numbers.append(number)
