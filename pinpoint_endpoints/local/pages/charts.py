"""Count the audience of an application once, and remember the counts until the store changes."""

from asyncio import Lock
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NamedTuple, Protocol, TypeVar

import orjson
from starlette.concurrency import run_in_threadpool

from pinpoint_endpoints.local.browse import scan
from pinpoint_endpoints.local.pages.segments import ListedSegment, Segments
from pinpoint_endpoints.local.pages.selection import Matches, Selection
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.segments.evaluate import Node, effective_date
from pinpoint_endpoints.segments.funnel import Stage, stage_of
from pinpoint_endpoints.segments.users import user_id_of
from pinpoint_endpoints.stats import Audience, Chart

Result = TypeVar("Result")

ACTIVE_DAYS = 30
"""How many days count as recent, and how many days are shown of new endpoints."""

_MAX_REMEMBERED = 16


class Read(Protocol):
    """Runs a function in one reading transaction of the store, in another thread."""

    async def __call__(self, function: Callable[[Rows], Result], /) -> Result:
        """Return what the function returns."""


class SegmentCount(NamedTuple):
    """How many endpoints a segment has.

    Attributes:
        segment: the segment.
        endpoints: how many are in it.
        reachable: how many of them a message would be sent to.
        undecided: how many endpoints cannot be decided.
        problem: why it cannot be evaluated, or an empty text.
    """

    segment: ListedSegment
    endpoints: int = 0
    reachable: int = 0
    undecided: int = 0
    problem: str = ""


class Day(NamedTuple):
    """How many endpoints were created on a day.

    Attributes:
        date: such as `2026-11-29`, in UTC.
        number: the number of endpoints.
        share: its share of the highest count among the days.
    """

    date: str
    number: int
    share: float


class AudienceCounts(NamedTuple):
    """What is counted of an application's endpoints, or of some of them.

    Attributes:
        counted: when they were counted.
        all_endpoints: how many the application has.
        endpoints: how many are selected; the others count these.
        users: how many different users they have.
        reachable: how many a message would be sent to.
        opted_out: how many are opted out of everything.
        active: how many were updated in the last 30 days.
        charts: those of `pe stats`.
        days: those of the last 30 on which endpoints were created, and those in between.
        segments: the segments at hand.
    """

    counted: datetime
    all_endpoints: int
    endpoints: int
    users: int
    reachable: int
    opted_out: int
    active: int
    charts: tuple[Chart, ...]
    days: tuple[Day, ...]
    segments: tuple[SegmentCount, ...]


class AudienceCounter:
    """Counts the audiences of applications.

    Args:
        read: reads the store.
    """

    def __init__(self, read: Read) -> None:
        self._read = read
        self._lock = Lock()
        self._version: object = None
        self._remembered: OrderedDict[object, AudienceCounts] = OrderedDict()

    async def counts(
        self, application: Application, selection: Selection, segments: Segments
    ) -> AudienceCounts:
        """Return the counts of a selection, counting again if the store has changed.

        Raises:
            CannotRun: the store cannot be read.
        """
        key = (application.number, selection, segments)
        async with self._lock:
            version = await self._read(lambda rows: rows.version())
            if version != self._version:
                self._version = version
                self._remembered.clear()
            if key not in self._remembered:
                while len(self._remembered) >= _MAX_REMEMBERED:
                    self._remembered.popitem(last=False)
                self._remembered[key] = await self._count(application, selection, segments)
            return self._remembered[key]

    async def ids(
        self, application: Application, selection: Selection, segments: Segments
    ) -> list[str]:
        """Return the ids of the selected endpoints in order of creation.

        Raises:
            CannotRun: the store cannot be read.
        """
        selected = _Selected(selection, segments, datetime.now(UTC))
        found: list[str] = []
        await self._scan(application, lambda endpoint: found.append(endpoint["Id"]), selected)
        return found

    async def _count(
        self, application: Application, selection: Selection, segments: Segments
    ) -> AudienceCounts:
        now = datetime.now(UTC)
        selected = _Selected(selection, segments, now)
        counting = _Counting(now, segments, selected.compiled)
        total = await self._scan(application, counting.add, selected)
        return counting.counts(total)

    async def _scan(
        self, application: Application, use: Callable[[Any], None], selected: "_Selected"
    ) -> int:
        """Use each selected endpoint, and return how many there are in all.

        They are read in short transactions, so that other requests are answered in between.
        """
        number = total = 0

        def use_selected(responses: list[bytes]) -> None:
            for response in responses:
                endpoint = orjson.loads(response)
                if selected.has(endpoint):
                    use(endpoint)

        while found := await self._read(partial(scan, application=application, number=number)):
            await run_in_threadpool(use_selected, [response for _, response in found])
            number = found[-1][0]
            total += len(found)
        return total


class _Selected:
    """Decides whether an endpoint is selected.

    Attributes:
        compiled: the listed segments by their keys.
    """

    def __init__(self, selection: Selection, segments: Segments, now: datetime) -> None:
        self.compiled = segments.compiled(now)
        self._conditions = selection.matches(now)
        self._conditions += map(self._in_segment, selection.segments)

    def has(self, endpoint: Mapping[str, Any]) -> bool:
        """Tell whether an endpoint passes all filters."""
        return all(matches(endpoint) for matches in self._conditions)

    def _in_segment(self, key: str) -> Matches:
        node = self.compiled.get(key)
        if not isinstance(node, Node):  # it is gone, or wrong
            return lambda _: False
        return lambda endpoint: node.decide(endpoint) is True


class _Counting:
    """Counts endpoints.

    Args:
        now: what ages are measured from.
        segments: the segments at hand.
        compiled: the same by their keys.
    """

    def __init__(
        self, now: datetime, segments: Segments, compiled: Mapping[str, Node | str]
    ) -> None:
        self._now = now
        self._audience = Audience(now)
        self._recent = (now - timedelta(days=ACTIVE_DAYS)).timestamp()
        self._users: set[int] = set()
        self._stages: Counter[Stage] = Counter()
        self._active = 0
        self._days: Counter[str] = Counter()
        self._segments = segments.listed
        self._compiled = compiled
        self._nodes = [
            (key, node.decide) for key, node in compiled.items() if isinstance(node, Node)
        ]
        self._in_segments: Counter[tuple[str, Stage | None]] = Counter()

    def add(self, endpoint: dict[str, Any]) -> None:
        """Count an endpoint."""
        self._audience.add(endpoint)
        stage = stage_of(endpoint)
        self._stages[stage] += 1
        if user_id := user_id_of(endpoint):
            self._users.add(hash(user_id))
        date = effective_date(endpoint)
        if date is not None and date >= self._recent:
            self._active += 1
        self._days[str(endpoint.get("CreationDate"))[:10]] += 1
        for key, decide in self._nodes:
            answer = decide(endpoint)
            if answer is not False:
                self._in_segments[key, stage if answer else None] += 1

    def counts(self, total: int) -> AudienceCounts:
        """Return what was counted.

        Args:
            total: how many endpoints the application has.
        """
        return AudienceCounts(
            self._now,
            total,
            self._audience.count,
            len(self._users),
            self._stages[Stage.SENT],
            self._stages[Stage.OPTED_OUT],
            self._active,
            self._audience.charts(),
            tuple(self._new_endpoints()),
            tuple(map(self._count_of, self._segments)),
        )

    def _new_endpoints(self) -> Iterator[Day]:
        today = self._now.date()
        days = [str(today - timedelta(days=ago)) for ago in range(ACTIVE_DAYS)]
        most = max(self._days[day] for day in days)
        if most:
            for day in reversed(days):
                yield Day(day, self._days[day], self._days[day] / most)

    def _count_of(self, segment: ListedSegment) -> SegmentCount:
        node = self._compiled[segment.key]
        if isinstance(node, str):
            return SegmentCount(segment, problem=node)
        by_stage = {
            stage: count for (key, stage), count in self._in_segments.items() if key == segment.key
        }
        undecided = by_stage.pop(None, 0)
        reachable = by_stage.get(Stage.SENT, 0)
        return SegmentCount(segment, sum(by_stage.values()), reachable, undecided)
