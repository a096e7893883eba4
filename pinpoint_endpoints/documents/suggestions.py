"""Suggest the known word that a misspelled one probably means."""

from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache, partial

_MAX_LENGTH = 40


def nearest(word: str, known: Collection[str], least: float = 0.7) -> str:
    """Return the known word that is most similar to a word, or an empty string.

    Args:
        word: the word as written.
        known: the known words.
        least: the least similarity, from 0 to 1.
    """
    return _nearest(word, tuple(known), least) if len(word) <= _MAX_LENGTH else ""


@lru_cache(maxsize=1024)  # the documents of a run mostly have the same mistakes
def _nearest(word: str, known: tuple[str, ...], least: float) -> str:
    from difflib import get_close_matches

    folded = word.strip().casefold()
    by_folded = {choice.casefold(): choice for choice in known}
    near = get_close_matches(folded, by_folded, n=3, cutoff=least)
    return by_folded[max(near, key=partial(_likeness, folded))] if near else ""


def same_but_for_case(word: str, known: Collection[str]) -> str:
    """Return the known word that differs only in case and surrounding space, or an empty string."""
    folded = word.strip().casefold()
    return next((choice for choice in known if choice.casefold() == folded), "")


def same_but_for_style(word: str, known: Sequence[str]) -> str:
    """Return the known name that differs only in case, `_`, `-` and spaces, or an empty string.

    `channelType` and `channel_type` are `ChannelType` in the style of other languages.
    """
    return by_style(known).get(without_style(word), "")


def by_style(known: Sequence[str]) -> Mapping[str, str]:
    """Return names by what `without_style` leaves of them; of equals, the first name counts."""
    return _by_style(tuple(known))


@lru_cache(maxsize=64)  # they are the members of an object in the schema
def _by_style(known: tuple[str, ...]) -> Mapping[str, str]:
    return {without_style(name): name for name in reversed(known)}


def without_style(name: str) -> str:
    """Return the letters and digits of a name, in lower case; of a long name, all of it."""
    return name if len(name) > _MAX_LENGTH else _without_style(name)


@lru_cache(maxsize=64)  # the documents of a run mostly have the same names
def _without_style(name: str) -> str:
    return "".join(filter(str.isalnum, name.casefold()))


def _likeness(word: str, choice: str) -> tuple[float, int]:
    """Return the similarity of two words, then how many characters are equal and in place.

    The second number decides between equals: PE1O3 is as similar to PE213 as to PE103.
    """
    from difflib import SequenceMatcher

    ratio = SequenceMatcher(None, word, choice).ratio()
    return ratio, sum(ours == theirs for ours, theirs in zip(word, choice, strict=False))
