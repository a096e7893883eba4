"""Evaluates a segment over the endpoints of an audience, and explains the result."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

from pinpoint_endpoints.cli.audience import AudienceReader, FirstPass, Member
from pinpoint_endpoints.cli.members import place_in
from pinpoint_endpoints.cli.segment_files import FoundSegment, Places
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.masking import counted, printable, shown_member
from pinpoint_endpoints.segments.definition import (
    EFFECTIVE_DATE,
    USER_ATTRIBUTES,
    Criterion,
    Definition,
)
from pinpoint_endpoints.segments.evaluate import (
    Answer,
    Endpoint,
    Node,
    RecencySource,
    Settings,
    activity_of,
    effective_date,
    values_of,
)
from pinpoint_endpoints.segments.users import user_id_of

if TYPE_CHECKING:
    from pinpoint_endpoints.reports.segments import MemberTally, Result
    from pinpoint_endpoints.segments.bases import SegmentLibrary
    from pinpoint_endpoints.segments.explain import Level
    from pinpoint_endpoints.segments.users import UserAttributes


class Evaluator:
    """Evaluates a segment after a first pass over the audience.

    The first pass finds out whether endpoints have dates, and whether the attributes of users
    differ between their endpoints.

    Attributes:
        found: the segment with its place.
        has_recency: whether the segment has a criterion on the last activity.

    Args:
        found: the segment.
        settings: how criteria are read.
        library: makes the library of base segments for settings.
        is_stored: whether the audience comes from a store, which merges the attributes of users.
        can_repeat: whether the audience can be read again. Then user attributes are merged only if
            they turn out to differ between endpoints of a user, which is rare.
        explained_id: the id of the endpoint that is explained; None if none is.
    """

    def __init__(
        self,
        found: FoundSegment,
        settings: Settings,
        library: "Callable[[Settings], SegmentLibrary]",
        *,
        is_stored: bool,
        can_repeat: bool,
        explained_id: str | None = None,
    ) -> None:
        from pinpoint_endpoints.segments.users import UserComparison

        self.found = found
        self._library = library
        self._settings = settings
        node = library(settings).compile(found.definition)
        parts = [leaf.part for leaf in node.criteria()]
        members = {part.member for part in parts if isinstance(part, Criterion)}
        self.has_recency = EFFECTIVE_DATE in members
        self._needs_id = any(isinstance(part, Definition) for part in parts)
        names = {str(member[-1]) for member in members if member[:-1] == USER_ATTRIBUTES}
        if self.has_recency and settings.recency not in [*RecencySource]:
            names.add(str(settings.recency))
        self._names = names
        self._can_repeat = can_repeat
        self._may_differ = bool(names) and not is_stored
        self._comparison = UserComparison(names)
        self._users: UserAttributes | None = None
        self._needs_dates = self.has_recency and settings.recency != RecencySource.IGNORE
        self._activity = activity_of(settings)
        self._has_dates = True
        self._explained = None if explained_id is None else same_endpoint_key(explained_id)
        self._user_id = ""
        self._sources: dict[str, tuple[float, Document]] = {}

    def first_passes(self) -> Iterator[FirstPass]:
        """Yield the functions to call with each endpoint before the first one is evaluated."""
        if self._needs_dates:
            self._has_dates = False
            yield self._look_for_date
        if self._may_differ and not self._can_repeat:
            yield self._compare_user
            self._compare()
        if self._users is not None:
            yield partial(self._merge_user, self._users)

    def _look_for_date(self, member: Member) -> bool:
        self._has_dates = self._activity(member.endpoint) is not None
        return self._has_dates

    def _compare_user(self, member: Member) -> None:
        self._comparison.add(member.endpoint)
        wanted = self._explained
        if wanted is not None and same_endpoint_key(member.endpoint_id or "") == wanted:
            self._user_id = user_id_of(member.endpoint)

    def _merge_user(self, users: "UserAttributes", member: Member) -> None:
        endpoint = member.endpoint
        users.add(endpoint)
        if not self._user_id or user_id_of(endpoint) != self._user_id or member.document is None:
            return
        date = effective_date(endpoint)
        date = float("-inf") if date is None else date
        for name in self._names:
            known = self._sources.get(name)
            if values_of(endpoint, (*USER_ATTRIBUTES, name)) and (not known or date >= known[0]):
                self._sources[name] = date, member.document

    def source_of(self, attribute: str) -> Document | None:
        """Return the document whose value of an attribute counts for the explained user."""
        return self._sources[attribute][1] if attribute in self._sources else None

    def _compare(self) -> None:
        from pinpoint_endpoints.segments.users import UserAttributes

        differing = self._comparison.differing()
        if differing:
            self._users = UserAttributes(self._names, differing)

    @cached_property
    def settings(self) -> Settings:
        """How criteria are read; known after the first pass."""
        return self._settings._replace(has_dates=self._has_dates)

    @cached_property
    def node(self) -> Node:
        """The compiled segment; known after the first pass."""
        return self._library(self.settings).compile(self.found.definition)

    def decide(self, endpoint: Endpoint) -> Answer:
        """Return whether an endpoint is in the segment."""
        return self.node.decide(endpoint)

    def prepare(self, member: Member) -> Endpoint:
        """Return an endpoint with its user's attributes, and its id if the segment needs it."""
        endpoint = member.endpoint
        if self._users is not None:
            endpoint = self._users.merged(endpoint)
        elif self._may_differ and self._can_repeat:
            self._comparison.add(endpoint)
        return {**endpoint, "Id": member.endpoint_id} if self._needs_id else endpoint

    def must_repeat(self) -> bool:
        """Return whether user attributes turned out to differ, which takes more passes."""
        if not self._may_differ or self._users is not None:
            return False
        self._compare()
        return self._users is not None

    def reasons(self) -> Iterator[str]:
        """Yield why endpoints cannot be decided."""
        from pinpoint_endpoints.segments.explain import why_undecided

        return (why_undecided(leaf.part) for leaf in self.node.undecidable())

    def remarks(self) -> Iterator[str]:
        """Yield which attributes of users differ between their endpoints."""
        conflicts = {} if self._users is None else self._users.conflicts
        for name, number in sorted(conflicts.items()):
            yield (
                f"{counted(number, 'user')} with several values of {shown_member(name)} in "
                "different documents: the newest counts"
            )


def evaluated_members(
    reader: AudienceReader, evaluator: Evaluator, tally: "MemberTally"
) -> Iterator[tuple[Member, Endpoint]]:
    """Count endpoints, and yield each with the form in which it was evaluated."""
    for member in reader:
        endpoint = evaluator.prepare(member)
        tally.funnel.add(endpoint, evaluator.decide(endpoint))
        yield member, endpoint
    if reader.error is not None:
        raise reader.error


def criteria_results(
    evaluated: Iterable[tuple[Member, Endpoint]], evaluator: Evaluator, places: Places
) -> "Iterator[Result]":
    """Yield how many endpoints meet each criterion."""
    from pinpoint_endpoints.reports.segments import CountedCriterion
    from pinpoint_endpoints.segments.explain import CriterionCounts

    counts: list[CriterionCounts] = []
    for _, endpoint in evaluated:
        counts = counts or [
            CriterionCounts(leaf, evaluator.settings, _countries())
            for leaf in evaluator.node.criteria()
        ]
        for each in counts:
            each.add(endpoint)
    for each in counts:
        yield CountedCriterion(each, places[each.node.part])


def level_results(
    evaluated: Iterable[tuple[Member, Endpoint]],
    evaluator: Evaluator,
    places: Places,
    endpoint_id: str,
) -> "Iterator[Result]":
    """Yield the levels of the segment's tree for one endpoint, after reading all endpoints.

    Raises:
        CannotRun: no endpoint has this id.
    """
    from pinpoint_endpoints.reports.segments import Explained
    from pinpoint_endpoints.segments.explain import levels

    found: list[Result] = []
    for member, endpoint in evaluated:
        own_id = member.endpoint_id
        if own_id is not None and same_endpoint_key(own_id) == same_endpoint_key(endpoint_id):
            for level in levels(evaluator.node, endpoint, evaluator.settings, _countries()):
                place = _place_of_value(member, level, evaluator)
                found.append(Explained(own_id, level, place, places[level.node.part]))
    if not found:
        raise CannotRun(f"no endpoint has the id {printable(endpoint_id)}", "check the id")
    yield from found


def _countries() -> Mapping[str, str]:
    from pinpoint_endpoints.checks.rules.iso_codes import ALPHA_2, NUMERIC

    return ALPHA_2 | NUMERIC


def _place_of_value(member: Member, level: "Level", evaluator: Evaluator) -> str:
    """Return the place of the value that a criterion was evaluated on.

    A user attribute may come from the document of another endpoint.
    """
    if level.member is None or member.document is None or not level.values:
        return ""
    is_merged = level.member[:-1] == USER_ATTRIBUTES
    if not is_merged or values_of(member.endpoint, level.member) == [*level.values]:
        return place_in(member.document, level.member)
    source = evaluator.source_of(str(level.member[-1]))
    return "" if source is None else place_in(source, level.member)
