"""A word that a person typed and what there is to choose from in, the choice that is meant out."""

from collections.abc import Collection

from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.errors import UsageError

_LEAST_OF_A_CODE = 0.4
"""Codes are short: one that does not exist is like some that do."""


def chosen(word: str, choices: Collection[str], kind: str, otherwise: str = "") -> str:
    """Return the choice that a word names, in whatever case.

    Args:
        word: as it was typed.
        choices: what there is to choose from.
        kind: what the choices are, such as `channel`.
        otherwise: the hint where no choice is near; else they are all named.

    Raises:
        UsageError: there is no such choice; the nearest one is named.
    """
    choice = same_but_for_case(word, choices)
    if choice:
        return choice
    is_code = any(character.isdigit() for character in word)
    near = nearest(word, choices, _LEAST_OF_A_CODE) if is_code else nearest(word, choices)
    hint = f'did you mean "{near}"?' if near else otherwise or f"one of {', '.join(choices)}"
    raise UsageError(f'there is no {kind} "{word}"', hint)
