"""Labels in, how often each of them came out: the most frequent ones, in bounded memory."""

from collections.abc import Iterable

MOST_LABELS = 10_000
"""How many are remembered. AWS allows 250 names of attributes; there are 249 countries."""

_KEPT = MOST_LABELS // 2


class Labels:
    """Counts labels: texts as they may be shown, and remembered.

    Once there are too many, the rarer half is forgotten: what is counted later of it begins anew.

    Attributes:
        counts: by label, always the same dict. Whoever finds a label in it may add to it.
        forgotten: how much was counted for labels that are no longer in it.
        short: by how much a count in it may be too low, at most.

    Args:
        known: labels that are there from the start, and are never forgotten.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        self._known = dict.fromkeys(known, 0)
        self.counts = dict(self._known)
        self.forgotten = 0
        self.short = 0

    def add(self, label: str) -> None:
        """Count a label."""
        if label in self.counts:
            self.counts[label] += 1
            return
        if len(self.counts) >= MOST_LABELS:
            self._forget()
        self.counts[label] = 1

    def ranked(self) -> list[tuple[str, int]]:
        """Return the labels with their counts: the known ones in their order, then by count."""
        known = [(label, self.counts[label]) for label in self._known]
        others = [entry for entry in self.counts.items() if entry[0] not in self._known]
        return known + sorted(others, key=lambda entry: (-entry[1], entry[0]))

    def _forget(self) -> None:
        ranked = self.ranked()
        self.counts.clear()
        self.counts.update(ranked[:_KEPT])
        rare = [count for _, count in ranked[_KEPT:]]
        self.forgotten += sum(rare)
        self.short += max(rare)
