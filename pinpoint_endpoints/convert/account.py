"""Keeps account of a conversion: what became of each member and of each endpoint, by which rule."""

from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from pinpoint_endpoints.convert.refusals import Refusals

ENDPOINT = "endpoint"
"""The member of an entry about whole endpoints."""

TEMPLATE = "template"
"""The member of an entry about whole templates."""

MAX_PLACES = 3
"""How many places an entry names."""

MAX_ENTRIES = 2_000
"""How many members are counted separately: more than the names that an application may have."""

_OTHERS = "other members"


class Action(StrEnum):
    """The ways in which a conversion treats a member or a whole endpoint."""

    CARRIED = "carried"
    """It is in the output as it was."""

    CHANGED = "changed"
    """It is in the output in another form, and nothing is lost."""

    SPLIT = "split"
    """It is in the output in several parts."""

    WITHHELD = "withheld"
    """It is kept from where messages could be sent: the person opted out, or it is INACTIVE."""

    SKIPPED = "skipped"
    """It is not what the format is for."""

    TRUNCATED = "truncated"
    """Only a part of it is in the output."""

    LOST = "lost"
    """The format cannot carry it, or another value has its place."""


LOSSES = frozenset({Action.TRUNCATED, Action.LOST})
_NOT_WRITTEN = (Action.WITHHELD, Action.SKIPPED, Action.LOST)


class Rule(NamedTuple):
    """A rule of a format.

    Attributes:
        name: its stable name, such as `truncated-value`.
        action: what is done by the rule.
        text: the rule in a sentence, without a full stop.
    """

    name: str
    action: Action
    text: str


NULL = Rule("null", Action.SKIPPED, "null is not a value: the member counts as missing")
OPTED_OUT_IN_INVALID = Rule(
    "opted-out-in-invalid",
    Action.WITHHELD,
    "a document that is not converted opts this address out: it gets no messages",
)

OPTED_OUT_VALUE = Rule(
    "opted-out-value", Action.WITHHELD, "the value names an address that is opted out"
)
OPTED_OUT_NAME = Rule("opted-out-name", Action.WITHHELD, "the name is an address that is opted out")


Change = Callable[[str, str, str], None]
"""Records a change or loss: the rule's name, the member, and the place of the endpoint."""


class Entry(NamedTuple):
    """The effect of one rule on one member.

    Attributes:
        rule: the rule.
        member: such as `Location.Region`, or `ENDPOINT`.
        number: how often.
        places: where, of the first ones.
    """

    rule: Rule
    member: str
    number: int
    places: tuple[str, ...]

    @property
    def is_loss(self) -> bool:
        """Whether the output has less than the documents had."""
        return self.rule.action in LOSSES


class Count:
    """Counts how often a rule applied to a member, with the first places."""

    __slots__ = ("number", "places")

    def __init__(self) -> None:
        self.number = 0
        self.places: list[str] = []

    def add(self, place: str) -> None:
        """Add one to the count, at a place from `place_of`, or without a place."""
        self.number += 1
        if self.number <= MAX_PLACES and place and place not in self.places:
            self.places.append(place)

    def add_all(self, number: int, places: Iterable[str]) -> None:
        """Add another count of the same."""
        self.number += number
        for place in places:
            if len(self.places) < MAX_PLACES and place not in self.places:
                self.places.append(place)


class Account:
    """Counts what a conversion does; its memory does not grow with the number of endpoints.

    Attributes:
        endpoints: how many valid endpoints were read.
        invalid: how many documents are not converted because they are invalid.
        unreadable: how many texts could not be read.
        refusals: the addresses that invalid documents opt out.
        thing: what is converted: `ENDPOINT`, or `TEMPLATE`, which is counted as endpoints are.
    """

    def __init__(self, thing: str = ENDPOINT) -> None:
        self.thing = thing
        self.endpoints = 0
        self.invalid = 0
        self.unreadable = 0
        self.refusals = Refusals()
        self._counts: dict[tuple[Rule, str], Count] = {}

    def add(self, rule: Rule, member: str, place: str) -> None:
        """Count what was done to a member of an endpoint.

        An endpoint with an entry for `ENDPOINT` that is withheld, skipped or lost counts as not
        written, so it has at most one of these.

        Args:
            rule: by which it was done.
            member: its name, or `ENDPOINT`.
            place: from `place_of`; empty where it does not matter.
        """
        self.count(rule, member).add(place)

    def count(self, rule: Rule, member: str) -> Count:
        """Return the count of what is done to a member by a rule, to add to it."""
        count = self._counts.get((rule, member))
        if count is None:
            if len(self._counts) >= MAX_ENTRIES:
                member = _OTHERS
            count = self._counts.setdefault((rule, member), Count())
        return count

    def reject(self, *, is_unread: bool) -> None:
        """Count a document that is not valid, or a text that could not be read."""
        if is_unread:
            self.unreadable += 1
        else:
            self.invalid += 1

    def left_out(self, action: Action) -> int:
        """Return how many whole endpoints were withheld, skipped or lost."""
        return sum(
            count.number
            for (rule, member), count in self._counts.items()
            if member == self.thing and rule.action is action
        )

    @property
    def written(self) -> int:
        """How many endpoints the output has."""
        return self.endpoints - sum(map(self.left_out, _NOT_WRITTEN))

    @property
    def losses(self) -> int:
        """How often the output has less than the documents had."""
        return sum(
            count.number for (rule, _), count in self._counts.items() if rule.action in LOSSES
        )

    def entries(self) -> Iterator[Entry]:
        """Yield what was done: losses first, then by action, member and rule."""
        order = [*reversed(Action)]
        used = ((key, count) for key, count in self._counts.items() if count.number)
        for (rule, member), count in sorted(
            used,
            key=lambda item: (order.index(item[0][0].action), item[0][1], item[0][0].name),
        ):
            yield Entry(rule, member, count.number, tuple(count.places))
