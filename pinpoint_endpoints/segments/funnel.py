"""Count how many endpoints a segment has, and how many of them a message would be sent to."""

from array import array
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from enum import StrEnum
from functools import partial
from typing import NamedTuple

from pinpoint_endpoints.segments.evaluate import Answer, Endpoint
from pinpoint_endpoints.segments.users import count_different


class Stage(StrEnum):
    """Where an endpoint ends on the way from the audience to a message."""

    NOT_MATCHED = "not_matched"
    UNDECIDED = "undecided"
    OTHER_CHANNEL = "other_channel"
    OPTED_OUT = "opted_out"
    INACTIVE = "inactive"
    NO_ADDRESS = "no_address"
    NO_CHANNEL = "no_channel"
    NO_TIME_ZONE = "no_time_zone"
    DUPLICATE = "duplicate"
    SENT = "sent"


ENDPOINTS = "endpoints"
"""The line of the funnel with all endpoints."""

MATCHED = "matched"
"""The line with those in the segment."""

FROM_USERS = "from_users"
"""The line with those of them that an imported list has by the id of their user."""

STAGE_NAMES = {
    Stage.UNDECIDED: "cannot be decided",
    Stage.OTHER_CHANNEL: "of another channel",
    Stage.OPTED_OUT: "opted out",
    Stage.INACTIVE: "inactive",
    Stage.NO_ADDRESS: "without an address",
    Stage.NO_CHANNEL: "without a channel type",
    Stage.NO_TIME_ZONE: "without a time zone",
    Stage.DUPLICATE: "with the address of another",
    Stage.SENT: "would be sent",
}


class Words(NamedTuple):
    """The labels of endpoints that match, and of those that do not.

    Attributes:
        matched: the label of endpoints that match.
        not_matched: the label of endpoints that do not match.
    """

    matched: str
    not_matched: str


SEGMENT_WORDS = Words("in the segment", "not in the segment")
FOUND_WORDS = Words("found", "not found")

METRICS: Mapping[Stage, str] = {
    Stage.NOT_MATCHED: "FILTERED_OUT_BY_SEGMENT",
    Stage.OPTED_OUT: "ENDPOINT_OPT_OUT",
    Stage.INACTIVE: "ENDPOINT_INACTIVE",
    Stage.NO_ADDRESS: "ENDPOINT_MISSING_ADDRESS",
    Stage.NO_CHANNEL: "ENDPOINT_MISSING_CHANNEL",
    Stage.OTHER_CHANNEL: "ENDPOINT_CHANNEL_MISMATCH",
    Stage.NO_TIME_ZONE: "ENDPOINT_MISSING_TIMEZONE",
    Stage.DUPLICATE: "DUPLICATE_ENDPOINT",
}
"""What AWS's execution metrics of campaigns and journeys call the stages."""

PRODUCED = "ENDPOINT_PRODUCED"
"""What they call the endpoints in the segment."""

OF_USERS = "ENDPOINTS_FROM_USER"
"""What they call those that were added because a list has their user."""

_OUTSIDE = (Stage.NOT_MATCHED, Stage.UNDECIDED)
_ALWAYS = (Stage.NOT_MATCHED, Stage.OPTED_OUT, Stage.INACTIVE, Stage.NO_ADDRESS, Stage.SENT)
_NO_CHANNEL = "none"


def stage_of(
    endpoint: Endpoint, channels: Collection[str] | None = None, *, local_time: bool = False
) -> Stage:
    """Return the stage at which an endpoint of the segment leaves the funnel.

    Whether another endpoint gets the message at the same address is not known here.

    Args:
        endpoint: the endpoint.
        channels: the channel types of the message; None for any.
        local_time: whether it is sent by the time zone of each endpoint.
    """
    found = endpoint.get("ChannelType")
    channel = found if isinstance(found, str) else None
    if channels is not None and channel and channel not in channels:
        return Stage.OTHER_CHANNEL
    if endpoint.get("OptOut") == "ALL":
        return Stage.OPTED_OUT
    if endpoint.get("EndpointStatus") == "INACTIVE":
        return Stage.INACTIVE
    address = endpoint.get("Address")
    if not address or not isinstance(address, str):
        return Stage.NO_ADDRESS
    if not channel:
        return Stage.NO_CHANNEL
    return Stage.NO_TIME_ZONE if local_time and not _has_time_zone(endpoint) else Stage.SENT


def _has_time_zone(endpoint: Endpoint) -> bool:
    demographic = endpoint.get("Demographic")
    return isinstance(demographic, dict) and bool(demographic.get("Timezone"))


class Step(NamedTuple):
    """One line of the funnel.

    Attributes:
        stage: its stable name.
        name: in words.
        metric: AWS's name for it, or empty.
        number: how many endpoints.
        by_channel: the same by channel type, the most frequent first.
    """

    stage: str
    name: str
    metric: str
    number: int
    by_channel: Mapping[str, int]


class Funnel:
    """Counts endpoints by the stage where they end, and by channel.

    It keeps eight bytes for each endpoint that a message would be sent to.

    Attributes:
        words: what it is called to match.
        is_of_user: tells whether an endpoint is in the segment because its user is in an imported
            list; None if the segment was not imported.

    Args:
        channels: those of the message; None for any.
        words: as the attribute.
        complement: whether those that do not match are meant.
        local_time: whether the message is sent by the time zone of each endpoint.
    """

    def __init__(
        self,
        channels: Collection[str] | None = None,
        words: Words = SEGMENT_WORDS,
        *,
        complement: bool = False,
        local_time: bool = False,
    ) -> None:
        self.words = Words(*reversed(words)) if complement else words
        self.is_of_user: Callable[[Endpoint], bool] | None = None
        self._channels = channels
        self._local_time = local_time
        self._counts: Counter[tuple[Stage, object]] = Counter()
        self._of_users: Counter[object] = Counter()
        self._addresses: dict[object, array[int]] = defaultdict(partial(array, "q"))
        self._different: dict[object, tuple[int, int]] = {}

    def add(self, endpoint: Endpoint, answer: Answer) -> None:
        """Count an endpoint, given whether it matches."""
        channel = endpoint.get("ChannelType")
        known = channel if isinstance(channel, str) else None
        if answer:
            stage = stage_of(endpoint, self._channels, local_time=self._local_time)
            if stage is Stage.SENT:
                self._addresses[known].append(hash(endpoint["Address"]))
            if self.is_of_user is not None and self.is_of_user(endpoint):
                self._of_users[known] += 1
        else:
            stage = Stage.UNDECIDED if answer is None else Stage.NOT_MATCHED
        self._counts[stage, known] += 1

    def forget(self) -> None:
        """Forget all counts: the endpoints are read again."""
        self._counts.clear()
        self._of_users.clear()
        self._addresses.clear()
        self._different.clear()

    def __getitem__(self, stage: Stage) -> int:
        """Return how many endpoints ended at a stage."""
        return sum(count for (found, _), count in self._stages() if found is stage)

    def _stages(self) -> Iterator[tuple[tuple[Stage, object], int]]:
        """Yield the counts by stage and channel: of several with one address, one is sent."""
        for (stage, channel), count in self._counts.items():
            if stage is Stage.SENT:
                different = self._count_different(channel)
                yield (Stage.DUPLICATE, channel), count - different
                yield (stage, channel), different
            else:
                yield (stage, channel), count

    def _count_different(self, channel: object) -> int:
        """Return how many addresses of a channel there are, counted once for as many endpoints."""
        addresses = self._addresses[channel]
        size, different = self._different.get(channel, (0, 0))
        if size != len(addresses):
            different = count_different(addresses)
            self._different[channel] = len(addresses), different
        return different

    @property
    def total(self) -> int:
        """How many endpoints there are."""
        return self._counts.total()

    @property
    def members(self) -> int:
        """How many of them match."""
        return self.total - sum(self[stage] for stage in _OUTSIDE)

    def steps(self) -> Iterator[Step]:
        """Yield the lines: all endpoints, those that match, and the stages of these."""
        yield self._step(ENDPOINTS, ENDPOINTS, "", tuple(Stage))
        yield from map(self._step_of, filter(self._is_shown, _OUTSIDE))
        inside = [stage for stage in Stage if stage not in _OUTSIDE]
        yield self._step(MATCHED, self.words.matched, PRODUCED, inside)
        if self._of_users:
            yield _step(FROM_USERS, "of these by their users", OF_USERS, self._of_users)
        yield from map(self._step_of, filter(self._is_shown, inside))

    def _is_shown(self, stage: Stage) -> bool:
        return stage in _ALWAYS or self[stage] > 0

    def _step_of(self, stage: Stage) -> Step:
        name = STAGE_NAMES.get(stage, self.words.not_matched)
        return self._step(stage.value, name, METRICS.get(stage, ""), (stage,))

    def _step(self, stage: str, name: str, metric: str, stages: Collection[Stage]) -> Step:
        counts: Counter[object] = Counter()
        for (found, channel), count in self._stages():
            if found in stages:
                counts[channel] += count
        return _step(stage, name, metric, counts)


def _step(stage: str, name: str, metric: str, counts: Counter[object]) -> Step:
    named = ((_NO_CHANNEL if channel is None else str(channel), n) for channel, n in counts.items())
    by_channel = sorted((item for item in named if item[1]), key=lambda item: (-item[1], item[0]))
    return Step(stage, name, metric, counts.total(), dict(by_channel))
