"""Count how many endpoints a segment has, and how many of them a message would be sent to."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum
from typing import NamedTuple

from pinpoint_endpoints.segments.evaluate import Answer, Endpoint


class Stage(StrEnum):
    """Where an endpoint ends on the way from the audience to a message."""

    NOT_MATCHED = "not_matched"
    UNDECIDED = "undecided"
    OTHER_CHANNEL = "other_channel"
    OPTED_OUT = "opted_out"
    INACTIVE = "inactive"
    NO_ADDRESS = "no_address"
    NO_CHANNEL = "no_channel"
    SENT = "sent"


ENDPOINTS = "endpoints"
"""The line of the funnel with all endpoints."""

MATCHED = "matched"
"""The line with those in the segment."""

STAGE_NAMES = {
    Stage.UNDECIDED: "cannot be decided",
    Stage.OTHER_CHANNEL: "of another channel",
    Stage.OPTED_OUT: "opted out",
    Stage.INACTIVE: "inactive",
    Stage.NO_ADDRESS: "without an address",
    Stage.NO_CHANNEL: "without a channel type",
    Stage.SENT: "would be sent",
}


class Words(NamedTuple):
    """What it is called to match.

    Attributes:
        matched: of those that do.
        not_matched: of those that do not.
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
}
"""What AWS's execution metrics of campaigns and journeys call the stages."""

PRODUCED = "ENDPOINT_PRODUCED"
"""What they call the endpoints in the segment."""

_OUTSIDE = (Stage.NOT_MATCHED, Stage.UNDECIDED)
_ALWAYS = (Stage.NOT_MATCHED, Stage.OPTED_OUT, Stage.INACTIVE, Stage.NO_ADDRESS, Stage.SENT)
_NO_CHANNEL = "none"


def stage_of(endpoint: Endpoint, channels: Collection[str] | None = None) -> Stage:
    """Return what becomes of an endpoint in the segment when a message is sent.

    Args:
        endpoint: the endpoint.
        channels: the channel types of the message; None for any.
    """
    found = endpoint.get("ChannelType")
    channel = found if isinstance(found, str) else None
    if channels is not None and channel and channel not in channels:
        return Stage.OTHER_CHANNEL
    if endpoint.get("OptOut") == "ALL":
        return Stage.OPTED_OUT
    if endpoint.get("EndpointStatus") == "INACTIVE":
        return Stage.INACTIVE
    if not endpoint.get("Address"):
        return Stage.NO_ADDRESS
    return Stage.SENT if channel else Stage.NO_CHANNEL


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

    Attributes:
        words: what it is called to match.

    Args:
        channels: those of the message; None for any.
        words: as the attribute.
        complement: whether those that do not match are meant.
    """

    def __init__(
        self,
        channels: Collection[str] | None = None,
        words: Words = SEGMENT_WORDS,
        *,
        complement: bool = False,
    ) -> None:
        self.words = Words(*reversed(words)) if complement else words
        self._channels = channels
        self._counts: Counter[tuple[Stage, object]] = Counter()

    def add(self, endpoint: Endpoint, answer: Answer) -> None:
        """Count an endpoint, given whether it matches."""
        channel = endpoint.get("ChannelType")
        known = channel if isinstance(channel, str) else None
        if answer:
            stage = stage_of(endpoint, self._channels)
        else:
            stage = Stage.UNDECIDED if answer is None else Stage.NOT_MATCHED
        self._counts[stage, known] += 1

    def forget(self) -> None:
        """Forget all counts: the endpoints are read again."""
        self._counts.clear()

    def __getitem__(self, stage: Stage) -> int:
        """Return how many endpoints ended at a stage."""
        return sum(count for (found, _), count in self._counts.items() if found is stage)

    @property
    def total(self) -> int:
        """How many endpoints there are."""
        return self._counts.total()

    @property
    def members(self) -> int:
        """How many of them match."""
        return self.total - sum(self[stage] for stage in _OUTSIDE)

    def steps(self) -> Iterator[Step]:
        """Yield the lines: all endpoints, those that match, and what becomes of these."""
        yield self._step(ENDPOINTS, ENDPOINTS, "", tuple(Stage))
        yield from map(self._step_of, filter(self._is_shown, _OUTSIDE))
        inside = [stage for stage in Stage if stage not in _OUTSIDE]
        yield self._step(MATCHED, self.words.matched, PRODUCED, inside)
        yield from map(self._step_of, filter(self._is_shown, inside))

    def _is_shown(self, stage: Stage) -> bool:
        return stage in _ALWAYS or self[stage] > 0

    def _step_of(self, stage: Stage) -> Step:
        name = STAGE_NAMES.get(stage, self.words.not_matched)
        return self._step(stage.value, name, METRICS.get(stage, ""), (stage,))

    def _step(self, stage: str, name: str, metric: str, stages: Collection[Stage]) -> Step:
        counts: Counter[str] = Counter()
        for (found, channel), count in self._counts.items():
            if found in stages:
                counts[_NO_CHANNEL if channel is None else str(channel)] += count
        by_channel = dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))
        return Step(stage, name, metric, counts.total(), by_channel)
