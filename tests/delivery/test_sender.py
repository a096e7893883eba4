"""What becomes of one call: split until the bad item is alone, tried again, given up."""

from collections.abc import Iterator
from math import ceil, log2
from typing import Any

import pytest
from deliveries import call, document, documents, ended, item, names, without_waiting
from faulty_pinpoint import FaultyPinpoint, Refusal, refuse_every
from http_stub import Answer, HttpStub
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pinpoint_endpoints import CannotRun, Refused, State, connect
from pinpoint_endpoints.delivery.circuit_breaker import CircuitBreaker
from pinpoint_endpoints.delivery.plan import SendOptions
from pinpoint_endpoints.delivery.sender import THROTTLE_RETRIES, Sender
from pinpoint_endpoints.errors import ExitCode

HUNDRED = names(100)
ATTEMPTS = 3
"""How often botocore makes a call, its first time counted."""

FORBIDDEN = Refusal("no", 403, "ForbiddenException")
NO_APPLICATION = Refusal("Application not found", 404, "NotFoundException")
PAGE = b"<!DOCTYPE html><html><body><h1>Welcome</h1></body></html>"
REFUSALS = [
    Refusal("Missing Address"),
    Refusal("another change", 409, "ConflictException"),
    Refusal("too large", 413, "PayloadTooLargeException"),
    FORBIDDEN,
    NO_APPLICATION,
    Refusal("no", 405, "MethodNotAllowedException"),
]
FAILURES = [
    Refusal("it broke", status, "InternalServerErrorException") for status in (500, 502, 503, 504)
]

pytestmark = pytest.mark.usefixtures("_unhurried")


@pytest.fixture(scope="module")
def _unhurried() -> Iterator[None]:
    with without_waiting():
        yield


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyPinpoint]:
    """Return a server whose refusals each test sets."""
    with FaultyPinpoint() as started:
        yield started


@pytest.fixture(scope="module")
def client(server: FaultyPinpoint) -> Any:
    """Return a client of the server."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
        environment.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        environment.setenv("AWS_DEFAULT_REGION", "us-east-1")
        return connect(endpoint_url=server.url)


def renew(server: FaultyPinpoint, refused: dict[str, Refusal] | None = None) -> None:
    """Let the server forget what it was sent, and refuse some endpoint ids from now on."""
    server.stored.clear()
    server.calls.clear()
    server.refuses = (refused or {}).get


def most_calls(number: int, bad: int) -> int:
    """Return in how many calls halving finds so many bad items, wherever they are.

    At each depth there are at most so many halves with a bad item in them, and each of those is
    sent in two halves of its own.
    """
    return 1 + 2 * sum(min(1 << depth, bad) for depth in range(ceil(log2(number))))


@settings(max_examples=50)
@example({0}, 100)
@example({99}, 100)
@example(set(range(100)), 100)
@given(st.sets(st.integers(0, 99)), st.integers(2, 100))
@pytest.mark.soak
def test_bad_items_are_found(
    server: FaultyPinpoint, client: Any, places: set[int], number: int
) -> None:
    """Each has the service's own message, the others are stored, once, in few calls."""
    sent = names(number)
    bad = {name: Refusal(f"{name} is bad") for place, name in enumerate(sent) if place in places}
    renew(server, bad)
    run = ended(client, documents(sent))
    assert run.error is None
    assert run.ids == sent
    assert run.messages == {name: refusal.message for name, refusal in bad.items()}
    assert {name: len(versions) for name, versions in server.stored.items()} == {
        name: 1 for name in sent if name not in bad
    }
    assert len(server.calls) <= most_calls(number, len(bad))


@pytest.mark.parametrize("refusal", REFUSALS, ids=str)
@pytest.mark.parametrize("place", [0, 1, 49, 50, 98, 99])
def test_one_item_is_to_blame(
    server: FaultyPinpoint, client: Any, refusal: Refusal, place: int
) -> None:
    """Whatever the status is: 99 are stored, one is named, and it takes few calls to find it."""
    renew(server, {HUNDRED[place]: refusal})
    run = ended(client, documents(HUNDRED))
    assert run.error is None
    assert run.messages == {HUNDRED[place]: refusal.message}
    assert len(server.stored) == 99
    assert len(server.calls) <= 21
    (failed,) = [one for one in run.outcomes if one.state is State.FAILED]
    assert (failed.status, failed.code) == (refusal.status, refusal.code)


@pytest.mark.parametrize("refusal", FAILURES, ids=str)
def test_one_item_breaks_the_server(server: FaultyPinpoint, client: Any, refusal: Refusal) -> None:
    """A 5xx that stays after retries is treated like a refusal of that item."""
    renew(server, {HUNDRED[70]: refusal})
    run = ended(client, documents(HUNDRED))
    assert run.error is None
    assert run.messages == {HUNDRED[70]: refusal.message}
    assert len(server.stored) == 99
    assert len(server.calls) <= ATTEMPTS * most_calls(100, 1)


def test_what_must_be_refused_is_not_sent_whole(server: FaultyPinpoint, client: Any) -> None:
    """If the first half is accepted, the other one is halved at once: a call a level is saved."""
    renew(server, {HUNDRED[-1]: Refusal("no")})
    ended(client, documents(HUNDRED))
    sizes = [len(call.ids) for call in server.calls]
    assert sizes == [100, 50, 25, 12, 6, 3, 2, 1, 1]


def test_a_single_item_is_asked_for_once(server: FaultyPinpoint, client: Any) -> None:
    """A document alone is not sent again to find out that it is to blame."""
    renew(server, {"e-1": Refusal("Missing Address")})
    run = ended(client, documents(["e-1"]))
    assert run.messages == {"e-1": "Missing Address"}
    assert len(server.calls) == 1


@pytest.mark.parametrize("refusal", [FORBIDDEN, NO_APPLICATION, REFUSALS[5]], ids=str)
def test_a_service_that_refuses_everything(
    client: Any, server: FaultyPinpoint, refusal: Refusal
) -> None:
    """Three calls find out; the call's documents have failed, all others are named as not sent."""
    renew(server, dict.fromkeys(names(350), refusal))
    run = ended(client, documents(names(350)))
    assert isinstance(run.error, Refused)
    assert run.error.exit_code is ExitCode.REFUSED
    assert f"the service refuses everything: HTTP {refusal.status}" in run.error.message
    assert run.error.hint
    assert run.ids == names(350)
    assert run.ids_that(State.FAILED) == HUNDRED
    assert run.ids_that(State.SKIPPED) == names(350)[100:]
    assert [len(call.ids) for call in server.calls] == [100, 1, 1]


def test_two_documents_that_are_refused_say_nothing_of_others(
    server: FaultyPinpoint, client: Any
) -> None:
    """First and last are all there is: each has failed for itself."""
    renew(server, dict.fromkeys(names(2), FORBIDDEN))
    run = ended(client, documents(names(2)))
    assert run.error is None
    assert run.ids_that(State.FAILED) == names(2)
    assert len(server.calls) == 3


def test_one_by_one_a_run_does_not_go_on_for_ever(server: FaultyPinpoint, client: Any) -> None:
    """Without batches, 25 refusals in a row end it."""
    renew(server, dict.fromkeys(HUNDRED, FORBIDDEN))
    run = ended(client, documents(HUNDRED), options=SendOptions(batch=False))
    assert isinstance(run.error, Refused)
    assert len(server.calls) == 25
    assert run.ids_that(State.FAILED) == HUNDRED[:25]
    assert run.ids_that(State.SKIPPED) == HUNDRED[25:]


def test_what_is_no_pinpoint_ends_the_run(aws_variables: None) -> None:
    """A web server that answers 200 with a page is found out with three calls."""
    with HttpStub(Answer(200, PAGE, {"Content-Type": "text/html"})) as server:
        run = ended(connect(endpoint_url=server.url), documents(names(250)))
    assert isinstance(run.error, Refused)
    assert "HTTP 200" in run.error.message
    assert run.error.hint == "this server does not seem to implement Pinpoint"
    assert len(server.asked) == 3
    assert run.ids_that(State.ACCEPTED) == []
    assert run.ids_that(State.SKIPPED) == names(250)[100:]


def test_a_throttled_call_is_made_again(aws_variables: None) -> None:
    """Also when botocore has given up, as often as `throttle_retries` says; then it is accepted."""
    throttled = [Answer(429, b"{}")] * (ATTEMPTS * 2)
    with HttpStub(*throttled, Answer()) as server:
        run = ended(connect(endpoint_url=server.url), documents(HUNDRED), throttle_retries=2)
    assert (run.error, run.messages) == (None, {})
    assert len(server.asked) == ATTEMPTS * 2 + 1


def test_throttle_retries_come_to_an_end(aws_variables: None) -> None:
    """A call that stays throttled has failed whole: to send its halves would be worse."""
    with HttpStub(Answer(429, b'{"Message": "slow down"}')) as server:
        run = ended(connect(endpoint_url=server.url), documents(HUNDRED), throttle_retries=1)
    assert run.error is None
    assert set(run.messages.values()) == {"slow down"}
    assert run.ids_that(State.FAILED) == HUNDRED
    assert len(server.asked) == ATTEMPTS * 2


def test_without_throttle_retries_a_throttled_call_has_failed(aws_variables: None) -> None:
    """The library's `upsert` of one document does not wait."""
    with HttpStub(Answer(429, b"{}")) as server:
        run = ended(connect(endpoint_url=server.url), documents(["a"]), throttle_retries=0)
    assert run.ids_that(State.FAILED) == ["a"]
    assert len(server.asked) == ATTEMPTS


def test_a_halted_run_does_not_retry(server: FaultyPinpoint, client: Any) -> None:
    """What is throttled when the run is stopped is not made again."""
    renew(server)
    breaker = CircuitBreaker()

    def refuse(_: str) -> Refusal:
        breaker.halt(CannotRun("stop"))
        return Refusal("slow down", 429, "TooManyRequestsException")

    server.refuses = refuse
    (outcome,) = Sender(client, "app", breaker, throttle_retries=THROTTLE_RETRIES).send(
        call(item("a"))
    )
    assert outcome.state is State.FAILED
    assert len(server.calls) == ATTEMPTS


def test_a_call_without_an_answer_may_have_been_stored(
    aws_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each of its documents is reported so, none is sent again, and the run goes on."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with HttpStub(Answer(), Answer(reset=True), Answer()) as server:
        run = ended(connect(endpoint_url=server.url), documents(names(250)))
    assert run.error is None
    assert run.ids_that(State.FAILED) == names(250)[100:200]
    assert len(server.asked) == 3
    for message in run.messages.values():
        assert "closed the connection" in message
        assert message.endswith(": it may have been stored anyway")


def test_a_server_that_is_not_there(aws_variables: None) -> None:
    """The first call finds out, and nothing else is tried: exit 3."""
    with HttpStub() as server:
        url = server.url
    run = ended(connect(endpoint_url=url), documents(names(150)))
    assert isinstance(run.error, CannotRun)
    assert "no connection" in run.error.message
    assert run.ids_that(State.FAILED) == HUNDRED
    assert run.ids_that(State.SKIPPED) == names(150)[100:]


def test_a_server_that_goes_away(aws_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three calls in a row without an answer end the run; what was accepted stays accepted."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with HttpStub(Answer(), Answer(reset=True)) as server:
        run = ended(connect(endpoint_url=server.url), documents(names(600)))
    assert isinstance(run.error, CannotRun)
    assert run.ids_that(State.ACCEPTED) == HUNDRED
    assert run.ids_that(State.FAILED) == names(600)[100:400]
    assert run.ids_that(State.SKIPPED) == names(600)[400:]
    assert len(server.asked) == 4


def test_no_credentials_are_found_out_before_anything_is_sent() -> None:
    """Nothing was sent, so nothing may have been stored: all documents are named as not sent."""
    run = ended(connect(region="us-east-1"), documents(names(150)))
    assert isinstance(run.error, CannotRun)
    assert "no credentials" in run.error.message
    assert run.ids_that(State.SKIPPED) == names(150)


def test_what_boto3_refuses_is_no_reason_to_stop(server: FaultyPinpoint, client: Any) -> None:
    """A document that only --ignore let pass fails for itself, unsent."""
    renew(server)
    wrong = item("wrong", {"ChannelType": "EMAIL", "Address": "a@b.c", "Metrics": {"a": "1"}})
    sender = Sender(client, "app", CircuitBreaker())
    (outcome,) = sender.send(call(wrong))
    assert (outcome.state, outcome.status) == (State.FAILED, 0)
    assert not server.calls


def test_every_refusal_names_the_line(server: FaultyPinpoint, client: Any) -> None:
    """In a file of many documents, the bad one can be found."""
    renew(server, {"b": Refusal("no")})
    sent = [item(name, source="all.ndjson", line=line) for line, name in enumerate("abc", 1)]
    outcomes = Sender(client, "app", CircuitBreaker()).send(call(*sent))
    assert [outcome.place for outcome in outcomes] == ["all.ndjson", "all.ndjson:2", "all.ndjson"]


@pytest.mark.soak
def test_refusals_far_apart_do_not_end_a_run(server: FaultyPinpoint, client: Any) -> None:
    """However many there are: what is accepted in between shows that it makes sense to go on."""
    sent = names(1_000)
    renew(server)
    server.refuses = refuse_every(20)
    run = ended(client, documents(sent), options=SendOptions(batch=False))
    assert run.error is None
    assert len(run.messages) == 50


def test_a_document_is_not_lost_with_another_of_its_endpoint(
    server: FaultyPinpoint, client: Any
) -> None:
    """The versions of an endpoint are stored in their order, also when their batches are split."""
    renew(server, {"bad": Refusal("no"), "worse": Refusal("no")})
    sent = [document(name, version) for version, name in enumerate(["a", "bad", "b", "A", "worse"])]
    run = ended(client, sent, concurrency=4)
    assert run.ids_that(State.FAILED) == ["bad", "worse"]
    stored = [made["Attributes"]["version"] for made in server.stored["a"]]
    assert stored == [["0"], ["3"]]
