"""What was typed so far in, the words that a shell may complete it to out."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.rule import Rule

Word = tuple[str, str]
"""A word, and its explanation, which zsh and fish show."""


def rules_to_ignore(incomplete: str) -> Iterator[Word]:
    """Yield the rules that `--ignore` takes: their codes, and their names once one is begun."""
    from pinpoint_endpoints.checks.catalogue import all_rules

    for rule in all_rules().values():
        if rule.ignorable:
            yield from _words_for(rule, incomplete)


def rules_and_members(incomplete: str) -> Iterator[Word]:
    """Yield what `pe explain` explains: rules, members and shapes."""
    from pinpoint_endpoints.checks.catalogue import all_rules
    from pinpoint_endpoints.schema.members import find_members, member_names

    for rule in all_rules().values():
        yield from _words_for(rule, incomplete)
    for name in member_names():
        yield _in_case_of(incomplete, name), find_members(name)[0].title


def channels(incomplete: str) -> Iterator[Word]:
    """Yield the channel types."""
    from pinpoint_endpoints.schema.templates import CHANNELS

    for name, channel in CHANNELS.items():
        yield _in_case_of(incomplete, name), channel.what


def schemas(incomplete: str) -> Iterator[Word]:
    """Yield what `pe schema --shape` prints a schema of."""
    from pinpoint_endpoints.schema.export import schema_titles

    for name, title in schema_titles().items():
        yield _in_case_of(incomplete, name), title


def topics(incomplete: str) -> Iterator[Word]:
    """Yield the topics of `pe help`."""
    from pinpoint_endpoints.help import topic_titles

    for name, title in topic_titles().items():
        yield _in_case_of(incomplete, name), title


def _words_for(rule: "Rule", incomplete: str) -> Iterator[Word]:
    yield _in_case_of(incomplete, rule.code), rule.title
    if incomplete:
        yield rule.name, rule.title


def _in_case_of(incomplete: str, word: str) -> str:
    """Return the word in lower case if it was begun so: a shell compares letter by letter."""
    return word.lower() if incomplete.islower() else word
