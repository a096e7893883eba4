import re

import pytest

from pinpoint_endpoints.local.choice import Choice
from pinpoint_endpoints.local.choices import CHOICES
from pinpoint_endpoints.local.http.connections import (
    MOST_HEAD_BYTES,
    MOST_HEADERS,
    MOST_PIPELINED,
)
from pinpoint_endpoints.local.http.waiting import REQUEST_SECONDS
from pinpoint_endpoints.local.name_patterns import LONGEST_PATTERN, MOST_GLOBS, MOST_PATTERNS
from pinpoint_endpoints.local.operations import APPLICATIONS_A_PAGE, MOST_APPLICATIONS_A_PAGE
from pinpoint_endpoints.local.requests import LONGEST_NAME
from pinpoint_endpoints.quotas import (
    MAX_ATTRIBUTE_NAMES,
    MAX_ENDPOINT_BYTES,
    MAX_ENDPOINTS_PER_USER,
    MAX_EVENT_NAMES,
    MAX_EVENTS,
)

ROWS = [row for rows in CHOICES.values() for row in rows]


def about(topic: str) -> Choice:
    """Return the one choice whose topic has these words."""
    [found] = [row for row in ROWS if topic in row.topic]
    return found


def test_each_choice_is_a_full_row() -> None:
    """Every row has a topic of its own, a choice and a reason, in a group of at least two."""
    assert len({row.topic for row in ROWS}) == len(ROWS) > 50
    assert all(cell.strip() == cell != "" for row in ROWS for cell in row)
    assert all(len(rows) > 1 for rows in CHOICES.values())


@pytest.mark.parametrize(
    ("topic", "numbers"),
    [
        ("250 names", [MAX_ATTRIBUTE_NAMES]),
        ("15 KB of an endpoint", [MAX_ENDPOINT_BYTES]),
        ("Which endpoints count", [MAX_ENDPOINTS_PER_USER]),
        ("RemoveAttributes: how many", [MOST_PATTERNS, MOST_GLOBS, LONGEST_PATTERN]),
        ("PutEvents: how many endpoints", [MAX_EVENTS]),
        ("PutEvents: 40 names", [MAX_EVENT_NAMES]),
        ("may ask of `pe serve`", [MOST_HEAD_BYTES, MOST_HEADERS, MOST_PIPELINED]),
        ("waits for a client", [int(REQUEST_SECONDS)]),
        ("The name of an application", [LONGEST_NAME]),
        ("with a large one", [APPLICATIONS_A_PAGE, MOST_APPLICATIONS_A_PAGE]),
    ],
)
def test_the_numbers_are_those_of_the_code(topic: str, numbers: list[int]) -> None:
    """A number that a choice names is the one that is enforced."""
    row = about(topic)
    said = {int(number.replace(",", "")) for number in re.findall(r"[0-9][0-9,]*", " ".join(row))}
    assert said >= set(numbers)


def test_nothing_of_the_table_needs_more_than_a_line_of_a_terminal() -> None:
    """Choices are short: a table of them can be read."""
    assert max(len(cell) for row in ROWS for cell in row) <= 100
