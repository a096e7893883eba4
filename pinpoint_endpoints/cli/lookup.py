"""Finds what a typed name means: suggestions for shell completion, and the choice it names."""

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING

from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.errors import UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.rule import Rule

_MIN_CODE_SIMILARITY = 0.4
"""Codes are short, so a mistyped one resembles several."""

Completion = tuple[str, str]
"""A word, and its explanation, which zsh and fish show."""


def rules_to_ignore(incomplete: str) -> Iterator[Completion]:
    """Yield the rules that `--ignore` takes: their codes, and their names once one is begun."""
    from pinpoint_endpoints.checks.rules.registry import all_rules

    for rule in all_rules().values():
        if rule.ignorable:
            yield from _completions_of(rule, incomplete)


def rules_and_members(incomplete: str) -> Iterator[Completion]:
    """Yield what `pe explain` explains: rules, members and shapes."""
    from pinpoint_endpoints.checks.rules.registry import all_rules
    from pinpoint_endpoints.schema.members import find_members, member_names

    for rule in all_rules().values():
        yield from _completions_of(rule, incomplete)
    for name in member_names():
        yield _match_case(incomplete, name), find_members(name)[0].title


def channels(incomplete: str) -> Iterator[Completion]:
    """Yield the channel types."""
    from pinpoint_endpoints.schema.templates import CHANNELS

    for name, channel in CHANNELS.items():
        yield _match_case(incomplete, name), channel.what


def schemas(incomplete: str) -> Iterator[Completion]:
    """Yield what `pe schema --shape` prints a schema of."""
    from pinpoint_endpoints.schema.export import schema_titles

    for name, title in schema_titles().items():
        yield _match_case(incomplete, name), title


def formats(incomplete: str) -> Iterator[Completion]:
    """Yield the formats of `pe convert`."""
    from pinpoint_endpoints.convert.run import FORMATS

    for name, format_ in FORMATS.items():
        yield _match_case(incomplete, name), format_.title


def topics(incomplete: str) -> Iterator[Completion]:
    """Yield the topics of `pe help`."""
    from pinpoint_endpoints.help import topic_titles

    for name, title in topic_titles().items():
        yield _match_case(incomplete, name), title


def _completions_of(rule: "Rule", incomplete: str) -> Iterator[Completion]:
    yield _match_case(incomplete, rule.code), rule.title
    if incomplete:
        yield rule.name, rule.title


def _match_case(incomplete: str, word: str) -> str:
    """Return the word in lower case if it was begun so: a shell compares letter by letter."""
    return word.lower() if incomplete.islower() else word


def resolve_choice(word: str, choices: Collection[str], kind: str, otherwise: str = "") -> str:
    """Return the choice that a word names, ignoring case.

    Args:
        word: as it was typed.
        choices: what there is to choose from.
        kind: what the choices are, such as `channel`.
        otherwise: the hint if no choice resembles the word; by default it lists all choices.

    Raises:
        UsageError: there is no such choice; the hint names the nearest one.
    """
    choice = same_but_for_case(word, choices)
    if choice:
        return choice
    is_code = any(character.isdigit() for character in word)
    near = nearest(word, choices, _MIN_CODE_SIMILARITY) if is_code else nearest(word, choices)
    hint = f'did you mean "{near}"?' if near else otherwise or f"one of {', '.join(choices)}"
    raise UsageError(f'there is no {kind} "{word}"', hint)
