"""Where values stand in a text: made for a document that failed, never for one that is right."""

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field

from pinpoint_endpoints.documents.model import Path, Position


@dataclass(slots=True)
class PositionMap:
    """The place of each value and of each member's key, by path."""

    values: dict[Path, Position] = field(default_factory=dict)
    keys: dict[Path, Position] = field(default_factory=dict)


class Locator:
    """Finds the place of a value in its file; reads the text for it once, when first asked."""

    __slots__ = ("_make", "_map")

    def __init__(self, make: Callable[[], PositionMap]) -> None:
        self._make = make
        self._map: PositionMap | None = None

    def locate(self, path: Path, *, key: bool = False) -> Position:
        """Return the place of the value at `path`, or of the key that it stands under.

        A path that leads nowhere gives the place of the nearest value above it.
        """
        if self._map is None:
            self._map = self._make()
        if key and path in self._map.keys:
            return self._map.keys[path]
        while path not in self._map.values and path:
            path = path[:-1]
        return self._map.values.get(path, Position(1, 1))


class LineIndex:
    """Turns an offset into a text into line and column."""

    def __init__(self, text: str) -> None:
        self._starts = [0]
        start = text.find("\n") + 1
        while start:
            self._starts.append(start)
            start = text.find("\n", start) + 1

    def position(self, offset: int) -> Position:
        """Return the place of the character at `offset`, in characters from the text's begin."""
        line = bisect_right(self._starts, offset)
        return Position(line, offset - self._starts[line - 1] + 1)
