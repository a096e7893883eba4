"""Reading back what was accepted: 202 comes before anything is stored, and may mean nothing."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from deliveries import document, document_of, documents, ended, item, lines_of, names, request
from faulty_pinpoint import FaultyPinpoint, Refusal, every
from http_stub import Answer, HttpStub

from pinpoint_endpoints import State, connect
from pinpoint_endpoints.delivery.journal import Journal, JournalTarget
from pinpoint_endpoints.delivery.log import FailureFile
from pinpoint_endpoints.delivery.verification import DELAYS, Verification
from pinpoint_endpoints.testing import PinpointLocal

ONE_MORE_LOOK = (0.001,)
TARGET = JournalTarget("app", "us-east-1", "http://localhost")
MAX_WAIT_SECONDS = 10
"""The longest wait for one call whose endpoints are not stored."""

pytestmark = pytest.mark.usefixtures("aws_variables")


@pytest.fixture
def server() -> Iterator[FaultyPinpoint]:
    """Return a Pinpoint that a test lets forget."""
    with FaultyPinpoint() as started:
        yield started


def failures_of(client: Any, *sent: Any) -> tuple[list[str], list[float]]:
    """Return what is said of items, and how long was waited each time."""
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        return True

    return Verification(client, "app", wait).failures_of(sent), waited


def gets(server: FaultyPinpoint) -> list[str]:
    """Return the endpoint ids that were read, in order."""
    return [call.ids[0] for call in server.calls if call.operation == "GetEndpoint"]


def test_what_is_stored_as_sent_is_read_once(server: FaultyPinpoint) -> None:
    """There is nothing to wait for."""
    client = connect(endpoint_url=server.url)
    ended(client, documents(names(3)))
    items = [item(name, request(version)) for version, name in enumerate(names(3))]
    assert failures_of(client, *items) == (["", "", ""], [])
    assert gets(server) == names(3)


def test_what_is_not_there_is_looked_for_again(server: FaultyPinpoint) -> None:
    """Only missing endpoints are read again, with longer and longer waits that come to an end."""
    client = connect(endpoint_url=server.url)
    ended(client, [document("e-1")])
    reasons, waited = failures_of(client, item("e-1", request()), item("e-2"))
    assert reasons == ["", "the endpoint does not exist"]
    assert waited == sorted(DELAYS) == list(DELAYS)
    assert sum(DELAYS) < MAX_WAIT_SECONDS
    assert gets(server) == ["e-1", *["e-2"] * (1 + len(DELAYS))]


def test_what_is_stored_late_is_found(server: FaultyPinpoint) -> None:
    """The waiting ends with it."""
    client = connect(endpoint_url=server.url)
    waited: list[float] = []

    def wait(seconds: float) -> bool:
        waited.append(seconds)
        if len(waited) == 2:
            ended(client, [document("e-1")])
        return True

    assert Verification(client, "app", wait).failures_of([item("e-1", request())]) == [""]
    assert waited == list(DELAYS[:2])


def test_a_run_that_is_to_end_looks_no_more(server: FaultyPinpoint) -> None:
    """What is missing at the first look is reported as missing."""
    client = connect(endpoint_url=server.url)
    reasons = Verification(client, "app", lambda _: False).failures_of([item("e-1")])
    assert reasons == ["the endpoint does not exist"]
    assert gets(server) == ["e-1"]


def test_an_update_without_effect_names_its_members(server: FaultyPinpoint) -> None:
    """An endpoint with older values is not what was sent; no value is shown."""
    client = connect(endpoint_url=server.url)
    ended(client, [document("e-1")])
    newer = {**request(2), "OptOut": "ALL", "User": {"UserId": "ada-lovelace"}}
    ((reason,), _) = failures_of(client, item("e-1", newer))
    assert reason.startswith("not stored as it was sent: ")
    told = reason.partition(": ")[2].split(", ")
    assert sorted(told) == ["Attributes.version", "OptOut", "User.UserId"]


@pytest.mark.parametrize("where", ["a server", "the local Pinpoint"])
def test_what_the_service_changes_itself_is_no_difference(
    server: FaultyPinpoint, pinpoint_local: PinpointLocal, where: str
) -> None:
    """Coordinates are rounded, the status becomes ACTIVE, and a merge keeps what was there."""
    local = where == "the local Pinpoint"
    client = pinpoint_local.client if local else connect(endpoint_url=server.url)
    first = {**request(), "Location": {"Latitude": 47.6061, "Longitude": -122.3321}}
    second = {"Attributes": {"more": []}, "Metrics": {"visits": 1}, "Demographic": {"Make": ""}}
    run = ended(client, [document_of("a", first), document_of("a", second)], verify=True)
    assert [(one.state, one.message) for one in run.outcomes] == [(State.ACCEPTED, "Accepted")] * 2


def test_what_cannot_be_read_is_not_verified() -> None:
    """With the service's words, or those about the connection."""
    refusing = Answer(403, b'{"Message": "not yours"}')
    with HttpStub(refusing) as stub:
        ((reason,), _) = failures_of(connect(endpoint_url=stub.url), item())
    assert reason == "it cannot be read back: HTTP 403: not yours"


def test_what_the_server_forgets_is_named_and_kept(server: FaultyPinpoint, tmp_path: Path) -> None:
    """It is unverified, is written into the failures, and the journal sends it again."""
    server.forgets = every(4)
    client = connect(endpoint_url=server.url)
    path, journal = tmp_path / "failures.ndjson", tmp_path / "journal"
    forgotten = ["e-4", "e-8"]
    with FailureFile(str(path)) as failures, Journal(journal, TARGET) as kept:
        run = ended(
            client,
            documents(names(10)),
            verify=True,
            verify_delays=ONE_MORE_LOOK,
            failures=failures,
            journal=kept,
        )
    assert run.error is None
    assert run.ids == names(10)
    assert run.ids_that(State.UNVERIFIED) == forgotten
    assert set(run.messages.values()) == {"Accepted, but the endpoint does not exist"}
    assert [line["Id"] for line in lines_of(path)] == forgotten
    server.forgets = None
    with Journal(journal, TARGET) as kept:
        again = ended(
            client, documents(names(10)), verify=True, verify_delays=ONE_MORE_LOOK, journal=kept
        )
    assert again.ids_that(State.ACCEPTED) == forgotten
    assert len(again.ids_that(State.DONE)) == 8


def test_a_later_document_of_an_endpoint_waits_for_the_reading(server: FaultyPinpoint) -> None:
    """Else the earlier one would be compared with what the later one made of it."""
    client = connect(endpoint_url=server.url)
    run = ended(
        client, documents(["a", "b"] * 10), verify=True, verify_delays=ONE_MORE_LOOK, concurrency=4
    )
    assert (run.error, run.messages) == (None, {})


def test_what_is_unverified_names_its_line(server: FaultyPinpoint) -> None:
    """In a file of many it can be found."""
    server.forgets = every(2)
    sent = [document_of(f"e-{line}", source="all.ndjson", line=line) for line in (1, 2)]
    run = ended(connect(endpoint_url=server.url), sent, verify=True, verify_delays=())
    assert [outcome.place for outcome in run.outcomes] == ["all.ndjson", "all.ndjson:2"]


def test_what_was_taken_without_effect_was_not_to_blame(server: FaultyPinpoint) -> None:
    """A half that was accepted needs no other proof that the other half was refused."""
    server.forgets, server.refuses = every(100), {"e-4": Refusal("no")}.get
    run = ended(
        connect(endpoint_url=server.url),
        documents(["e-100", *names(4)]),
        verify=True,
        verify_delays=ONE_MORE_LOOK,
    )
    assert run.ids_that(State.UNVERIFIED, State.FAILED) == ["e-100", "e-4"]
    updates = [call for call in server.calls if call.operation != "GetEndpoint"]
    assert [len(call.ids) for call in updates] == [5, 2, 1, 1, 1]


def test_nothing_is_read_back_unasked(server: FaultyPinpoint) -> None:
    """Nor what was refused."""
    server.refuses = None
    client = connect(endpoint_url=server.url)
    ended(client, documents(names(3)))
    assert gets(server) == []
    answers = [Answer(400, json.dumps({"Message": "no"}).encode())]
    with HttpStub(*answers) as stub:
        ended(connect(endpoint_url=stub.url), [document("a")], verify=True)
    assert [asked.method for asked in stub.asked] == ["PUT"]
