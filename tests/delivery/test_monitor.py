"""A run as its monitor sees it, through the library."""

from collections.abc import Sequence

import pytest
from deliveries import documents, ended, names

from pinpoint_endpoints import Interrupted, Monitor, Outcome, SendOptions, State
from pinpoint_endpoints.testing import PinpointLocal


class Notes(Monitor):
    """Notes what a run does, and asks it to stop.

    Args:
        stop_after: how many documents are answered before the run is asked to stop.
    """

    def __init__(self, stop_after: int = 1_000) -> None:
        self.answers: list[str] = []
        self._stop_after = stop_after

    def answered(self, outcomes: Sequence[Outcome]) -> None:
        """Note the endpoint ids, and ask to stop after some of them."""
        self.answers.extend(outcome.endpoint_id for outcome in outcomes)
        self.stop_requests = int(len(self.answers) >= self._stop_after)


@pytest.mark.parametrize("batch", [True, False])
def test_a_monitor_sees_what_is_read_and_answered(
    pinpoint_local: PinpointLocal, batch: bool
) -> None:
    """Every document once, whatever call carries it."""
    notes, options = Notes(), SendOptions(batch=batch)
    run = ended(
        pinpoint_local.client, documents(names(120)), options=options, monitor=notes, concurrency=3
    )
    assert run.error is None
    assert notes.documents_read == 120
    assert sorted(notes.answers) == sorted(names(120))


def test_a_monitor_stops_a_run(pinpoint_local: PinpointLocal) -> None:
    """What was answered stays accepted; what was read by then is reported as not sent."""
    notes = Notes(stop_after=2)
    options = SendOptions(batch=False)
    run = ended(pinpoint_local.client, documents(names(50)), options=options, monitor=notes)
    assert isinstance(run.error, Interrupted)
    assert run.ids_that(State.ACCEPTED) == names(50)[:2]
    assert run.ids_that(State.SKIPPED) == names(50)[2 : notes.documents_read]
    assert notes.documents_read < 50
