"""Many calls at a time: every document ends once, in order, whatever happens meanwhile."""

from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from deliveries import Run, document, documents, ended, names, without_waiting
from faulty_pinpoint import STORES_THEN_FAILS, FaultyPinpoint, refuse_every
from hypothesis import given, settings
from hypothesis import strategies as st

from pinpoint_endpoints import CannotRun, State, connect
from pinpoint_endpoints.delivery.circuit_breaker import CircuitBreaker
from pinpoint_endpoints.delivery.deliver import Send, deliver
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import SendOptions, plan
from pinpoint_endpoints.delivery.sender import THROTTLE_RETRIES, outcome_of
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import Interrupted, PinpointEndpointsError, UsageError
from pinpoint_endpoints.service.outcome import Outcome
from pinpoint_endpoints.service.requests import Call
from pinpoint_endpoints.service.updates import Answer

ONE_BY_ONE = SendOptions(batch=False)
MAX_WAIT_SECONDS = 60
"""Seconds, after which a test that hangs fails."""

few_ids = st.lists(st.sampled_from(["a", "A", "b", "B", "c", "d", "e", "f"]), max_size=30)


class Scripted:
    """Answers calls as a test says, and watches which are under way.

    Attributes:
        answer: what is done with each endpoint id.
        sent: the ids of each call, as they began.
        overlapped: whether an endpoint was in two calls at a time.
    """

    def __init__(self, answer: Callable[[str], object] = lambda _: None) -> None:
        self.sent: list[list[str]] = []
        self.overlapped = False
        self.answer = answer
        self._lock = Lock()
        self._under_way: Counter[str] = Counter()
        self._run = CircuitBreaker()

    def of(self, breaker: CircuitBreaker) -> Send:
        """Send the calls of a run."""
        self._run = breaker
        return self.send

    def wait_for_the_halt(self) -> None:
        """Wait until the run is to end."""
        self._run.wait(MAX_WAIT_SECONDS)
        assert self._run.halted

    def send(self, call: Call) -> list[Outcome]:
        """Return outcomes that accept every item, after what the test does with each id."""
        state = State.SKIPPED if self._run.halted else State.ACCEPTED
        outcomes = [
            outcome_of(one, state, Answer(accepted=state is State.ACCEPTED)) for one in call.items
        ]
        if state is State.SKIPPED:
            return outcomes
        ids = [one.endpoint_id for one in call.items]
        keys = {same_endpoint_key(name) for name in ids}
        with self._lock:
            self.sent.append(ids)
            self._under_way.update(keys)
            self.overlapped |= max(self._under_way.values()) > 1
        for name in ids:
            self.answer(name)
        with self._lock:
            self._under_way.subtract(keys)
        return outcomes


def delivered(
    sender: Scripted,
    sent: Iterator[Document],
    concurrency: int,
    options: SendOptions = ONE_BY_ONE,
    monitor: Monitor | None = None,
) -> Run:
    """Deliver documents, and return how that ended."""
    outcomes: list[Outcome] = []
    try:
        outcomes.extend(deliver(plan(sent, options), sender.of, concurrency, monitor))
    except PinpointEndpointsError as error:
        return Run(outcomes, error)
    return Run(outcomes, None)


@settings(max_examples=50)
@given(few_ids, st.integers(1, 8), st.booleans(), st.randoms(use_true_random=False))
def test_laws(ids: list[str], concurrency: int, batch: bool, random: Random) -> None:
    """Each outcome comes once and in its place, and no endpoint is in two calls at a time."""
    pauses = [random.randrange(2_000) for _ in range(8)]

    def be_busy(name: str) -> None:
        sum(range(pauses[hash(name) % 8]))

    sender = Scripted(be_busy)
    run = delivered(sender, documents(ids), concurrency, SendOptions(batch=batch))
    assert run.error is None
    assert run.ids == ids
    assert not sender.overlapped
    for key in {same_endpoint_key(name) for name in ids}:
        began = [name for call in sender.sent for name in call if name.lower() == key]
        assert began == [name for name in ids if name.lower() == key]


@pytest.mark.parametrize("batch", [True, False])
def test_versions_are_stored_in_their_order(aws_variables: None, batch: bool) -> None:
    """Eight threads, many documents of few endpoints, and calls that are refused or lost."""
    random = Random(7)
    sent = [random.choice("aAbBcdefgh") + str(random.randrange(3)) for _ in range(400)]
    with without_waiting(), FaultyPinpoint(reset=0.1, throttle=0.1, error=0.05, seed=3) as server:
        client = connect(endpoint_url=server.url)
        run = ended(client, documents(sent), options=SendOptions(batch=batch), concurrency=8)
    assert run.ids == sent
    assert server.max_concurrent <= 8
    for name, stored in server.stored.items():
        versions = [int(made["Attributes"]["version"][0]) for made in stored]
        assert versions == sorted(versions)
        accepted = [
            place
            for place, outcome in enumerate(run.outcomes)
            if outcome.endpoint_id.lower() == name and outcome.state is State.ACCEPTED
        ]
        assert set(accepted) <= set(versions)


def test_as_many_calls_are_under_way_as_is_said() -> None:
    """Three wait for each other and go on together; a fourth never joins them."""
    together = Barrier(3, timeout=MAX_WAIT_SECONDS)
    lock, at_once, most = Lock(), 0, 0

    def meet(_: str) -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        together.wait()
        with lock:
            at_once -= 1

    assert delivered(Scripted(meet), documents(names(30)), 3).error is None
    assert most == 3


def test_a_slow_call_holds_up_the_outcomes_behind_it_only() -> None:
    """The first is answered last, and comes first."""
    third = Event()

    def answer(name: str) -> None:
        if name == "e-1":
            assert third.wait(MAX_WAIT_SECONDS)
        if name == "e-3":
            third.set()

    assert delivered(Scripted(answer), documents(names(4)), 2).ids == names(4)


def test_documents_are_not_read_far_ahead() -> None:
    """While the first call is unanswered, four for each thread are read: memory stays flat."""
    sent = iter(list(documents(names(100))))
    enough = Event()

    def answer(name: str) -> None:
        if name == "e-1":
            assert enough.wait(MAX_WAIT_SECONDS)
        if name == "e-8":
            enough.set()

    outcomes = deliver(plan(sent, ONE_BY_ONE), Scripted(answer).of, 2)
    assert next(outcomes).endpoint_id == "e-1"
    assert next(sent).endpoint_id == "e-9"
    outcomes.close()


def test_nothing_is_read_once_nothing_can_be_sent() -> None:
    """Without a client, what was read is named as not sent, and the error comes after it."""
    sent = documents(names(1_000))

    def fail() -> Any:
        raise CannotRun("no region is set")

    run = ended(fail, sent)
    assert isinstance(run.error, CannotRun)
    assert run.ids_that(State.SKIPPED) == run.ids == names(100)
    assert next(sent).endpoint_id == "e-101"


def test_invalid_documents_need_no_client() -> None:
    """It is asked for when the first document is to be sent, and only once."""
    asked: list[None] = []

    def client() -> Any:
        asked.append(None)
        raise UsageError("not an endpoint URL")

    wrong = document("a")._replace(request={"OptOut": 1}, value={"OptOut": 1})
    assert ended(client, [wrong]).error is None
    assert isinstance(ended(client, [wrong, *documents("ab")]).error, UsageError)
    assert len(asked) == 1


def test_closing_the_generator_sends_nothing_more() -> None:
    """Closing the outcomes waits for what is under way, and leaves the rest unsent."""
    going_on = Event()
    sender = Scripted(lambda name: going_on.wait(MAX_WAIT_SECONDS) if name != "e-1" else None)
    outcomes = deliver(plan(documents(names(50)), ONE_BY_ONE), sender.of, 1)
    next(outcomes)
    going_on.set()
    outcomes.close()
    assert len(sender.sent) <= 5


def test_an_error_that_is_thrown_in_ends_the_run() -> None:
    """Calls under way are reported, and the error comes last: output that cannot be written."""
    several_are_read = Event()

    def reading() -> Iterator[Document]:
        yield from documents(names(3))
        several_are_read.set()
        yield from documents(names(50))

    sender = Scripted(lambda _: several_are_read.wait(MAX_WAIT_SECONDS))
    outcomes = deliver(plan(reading(), ONE_BY_ONE), sender.of, 1)
    told = [next(outcomes), outcomes.throw(CannotRun("the disk is full"))]
    with pytest.raises(CannotRun, match="the disk is full"):
        told.extend(outcomes)
    accepted = [one.endpoint_id for one in told if one.state is State.ACCEPTED]
    assert [name for call in sender.sent for name in call] == accepted
    assert [one.endpoint_id for one in told] == [*names(3), "e-1"]


def test_an_error_in_the_middle_of_a_call_leaves_no_document_out() -> None:
    """All endpoints of an accepted call are reported, even if one of them cannot be shown."""
    sender = Scripted()
    outcomes = deliver(plan(documents(names(10)), SendOptions()), sender.of, 1)
    told = [next(outcomes), next(outcomes), outcomes.throw(CannotRun("the disk is full"))]
    with pytest.raises(CannotRun, match="the disk is full"):
        told.extend(outcomes)
    assert [one.endpoint_id for one in told] == names(10)
    assert {one.state for one in told} == {State.ACCEPTED}


class Keyboard(Monitor):
    """Ctrl-C, as often as it is pressed."""

    def __init__(self) -> None:
        self._is_pressed = Event()

    def press_ctrl_c(self) -> None:
        """Interrupt."""
        self.stop_requests += 1
        self._is_pressed.set()

    def wait(self) -> None:
        """Wait until it was pressed."""
        assert self._is_pressed.wait(MAX_WAIT_SECONDS)


@pytest.fixture
def keyboard() -> Keyboard:
    """Return a keyboard."""
    return Keyboard()


def interrupted(
    sender: Scripted, sent: Iterator[Document], keyboard: Keyboard, concurrency: int = 1
) -> Run:
    """Deliver documents until Ctrl-C comes, and then to the end."""
    run = delivered(sender, sent, concurrency, monitor=keyboard)
    assert isinstance(run.error, Interrupted)
    return run


def states(run: Run) -> list[tuple[str, State]]:
    """Return what became of each endpoint."""
    return [(one.endpoint_id, one.state) for one in run.outcomes]


def three_and_then_ctrl_c(keyboard: Keyboard, all_are_read: Event) -> Iterator[Document]:
    """Yield three documents; there are no more once Ctrl-C was pressed."""
    yield from documents(names(3))
    all_are_read.set()
    keyboard.wait()


def test_ctrl_c_waits_for_what_is_under_way(keyboard: Keyboard) -> None:
    """Its outcome is reported, and what was read is reported as not sent."""
    all_are_read = Event()
    sender = Scripted()

    def answer(_: str) -> None:
        assert all_are_read.wait(MAX_WAIT_SECONDS)
        keyboard.press_ctrl_c()
        sender.wait_for_the_halt()

    sender.answer = answer
    run = interrupted(sender, three_and_then_ctrl_c(keyboard, all_are_read), keyboard)
    assert states(run) == [
        ("e-1", State.ACCEPTED),
        ("e-2", State.SKIPPED),
        ("e-3", State.SKIPPED),
    ]
    assert sender.sent == [["e-1"]]


def test_what_was_gathered_for_a_batch_when_ctrl_c_comes_is_named(keyboard: Keyboard) -> None:
    """It is in no call yet, and will be sent in none."""
    keyboard.press_ctrl_c()
    sender = Scripted()
    run = delivered(sender, documents(names(150)), 2, SendOptions(), monitor=keyboard)
    assert run.ids == run.ids_that(State.SKIPPED) == names(150)
    assert sender.sent == []


def test_ctrl_c_while_a_document_waits_for_an_earlier_one_of_its_endpoint(
    keyboard: Keyboard,
) -> None:
    """The one that waits is named too, and not sent."""
    sender = Scripted()

    def answer(_: str) -> None:
        keyboard.press_ctrl_c()
        sender.wait_for_the_halt()

    sender.answer = answer
    run = interrupted(sender, documents(["a", "A"]), keyboard, concurrency=2)
    assert states(run) == [("a", State.ACCEPTED), ("A", State.SKIPPED)]


def test_ctrl_c_twice_does_not_wait(keyboard: Keyboard) -> None:
    """What is under way may have been stored, what only waited for its turn was not sent."""
    all_are_read, never_set = Event(), Event()
    sender = Scripted()

    def answer(_: str) -> None:
        assert all_are_read.wait(MAX_WAIT_SECONDS)
        keyboard.press_ctrl_c()
        sender.wait_for_the_halt()
        keyboard.press_ctrl_c()
        never_set.wait(MAX_WAIT_SECONDS)

    sender.answer = answer
    run = interrupted(sender, three_and_then_ctrl_c(keyboard, all_are_read), keyboard)
    never_set.set()
    assert states(run) == [
        ("e-1", State.FAILED),
        ("e-2", State.SKIPPED),
        ("e-3", State.SKIPPED),
    ]
    assert "may have been stored" in run.outcomes[0].message


@pytest.mark.parametrize("batch", [True, pytest.param(False, marks=pytest.mark.soak)])
@pytest.mark.soak
def test_everything_goes_wrong_and_nothing_is_lost(aws_variables: None, batch: bool) -> None:
    """Every 37th is refused, calls are throttled, reset, late, cut short and answered by others.

    Each document ends accepted or named, none of them twice, and the counts are the server's own.
    """
    sent = names(2_000 if batch else 250)
    refuses = refuse_every(37)
    with (
        without_waiting(),
        FaultyPinpoint(
            refuses=refuses, throttle=0.1, reset=0.05, stall=0.02, late=0.02,
            half_body=0.02, html=0.05, error=0.05, stall_seconds=1.5, seed=11,
        ) as server,
    ):  # fmt: skip
        client = connect(endpoint_url=server.url, read_timeout=1)
        run = ended(
            client,
            documents(sent),
            options=SendOptions(batch=batch),
            concurrency=8,
            throttle_retries=THROTTLE_RETRIES,
        )
    assert run.error is None
    assert run.ids == sent
    assert len(run.outcomes) == len(run.ids_that(State.ACCEPTED, State.FAILED))
    accepted, failed = set(run.ids_that(State.ACCEPTED)), set(run.ids_that(State.FAILED))
    bad = {name for name in sent if refuses(name)}
    assert {name for name, told in run.messages.items() if told == "Missing Address"} <= bad
    assert bad <= failed
    assert accepted <= server.stored.keys() <= (accepted | failed) - bad
    stored = Counter(name for call in server.calls if call.stored for name in call.ids)
    assert {name: len(versions) for name, versions in server.stored.items()} == stored
    answered = Counter(name for call in server.calls if call.status == 202 for name in call.ids)
    assert dict.fromkeys(accepted, 1) == answered
    assert {call.fault for call in server.calls} >= {"stall", *STORES_THEN_FAILS}
