"""A word and those that there are in, the one that is meant out."""

from collections.abc import Collection
from functools import partial

_LONGEST = 40


def nearest(word: str, known: Collection[str], least: float = 0.7) -> str:
    """Return the one of the known words that is most like a word, or an empty string.

    Args:
        word: as it was written.
        known: what there is.
        least: how like it must be, from 0 to 1.
    """
    if len(word) > _LONGEST:
        return ""
    from difflib import get_close_matches

    folded = word.strip().casefold()
    by_folded = {choice.casefold(): choice for choice in known}
    near = get_close_matches(folded, by_folded, n=3, cutoff=least)
    return by_folded[max(near, key=partial(_likeness, folded))] if near else ""


def same_but_for_case(word: str, known: Collection[str]) -> str:
    """Return the known word that a word is, but for case and space around it; else nothing."""
    folded = word.strip().casefold()
    return next((choice for choice in known if choice.casefold() == folded), "")


def _likeness(word: str, choice: str) -> tuple[float, int]:
    """Return how like two words are; PE1O3 is as like PE213 as PE103, but for where it differs."""
    from difflib import SequenceMatcher

    ratio = SequenceMatcher(None, word, choice).ratio()
    return ratio, sum(ours == theirs for ours, theirs in zip(word, choice, strict=False))
