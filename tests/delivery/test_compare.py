"""What an upsert would change: what it does change on the local Pinpoint; absence and refusals."""

import json
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from checking import document_of
from http_stub import Answer, HttpStub
from hypothesis import given
from hypothesis import strategies as st
from strategies import requests, seen, visible_changes

from pinpoint_endpoints.api import connect
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Policy
from pinpoint_endpoints.delivery.compare import Comparison, ComparisonState, compare_all
from pinpoint_endpoints.delivery.plan import SendOptions
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import CannotRun, Refused, UsageError
from pinpoint_endpoints.testing import local_pinpoint

REACHABLE = {"Address": "ada@example.com", "ChannelType": "EMAIL", "OptOut": "NONE"}
OF_TYPE = {"x-amzn-ErrorType": "NotFoundException"}
STORED = Answer(200, json.dumps({"Id": "ada", **REACHABLE, "EndpointStatus": "ACTIVE"}).encode())
REFUSED = Answer(403, b'{"Message": "no"}')

_numbers = count()


def document(endpoint_id: str | None = "ada", **request: Any) -> Document:
    """Return a document of an endpoint."""
    return document_of(request)._replace(endpoint_id=endpoint_id)


def compared(
    server: HttpStub, *documents: Document, policy: Policy = DEFAULT_POLICY
) -> Iterator[Comparison]:
    """Return the comparisons of some documents with what a server has, one at a time."""
    return compare_all(
        lambda: connect(endpoint_url=server.url), "demo", documents, SendOptions(policy), 1
    )


@pytest.fixture(scope="module")
def local() -> Iterator[Any]:
    """Return a client of a local Pinpoint."""
    with local_pinpoint() as pinpoint:
        yield pinpoint.client


@pytest.fixture
def _once(aws_variables: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing be tried again."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@given(st.lists(st.tuples(st.sampled_from(["ada", "ADA"]), requests), min_size=1, max_size=4))
def test_predicted_changes_happen(local: Any, updates: list[tuple[str, dict[str, Any]]]) -> None:
    """Documents of one endpoint, in turn: each changes what was said before any was sent."""
    (first_id, first), *others = updates
    documents = [document(first_id, **{**first, **REACHABLE})]
    documents += [document(endpoint_id, **request) for endpoint_id, request in others]
    application = f"demo{next(_numbers)}"
    predicted = list(compare_all(lambda: local, application, documents, SendOptions(), 3))
    stored: dict[str, Any] = {}
    for one, comparison in zip(documents, predicted, strict=True):
        place = {"ApplicationId": application, "EndpointId": one.endpoint_id}
        local.update_endpoint(**place, EndpointRequest=one.request)
        before, stored = stored, local.get_endpoint(**place)["EndpointResponse"]
        changed = visible_changes(before, stored)
        assert seen(comparison.changes) == changed
        assert comparison.state is _state(before, changed)


def _state(before: dict[str, Any], changed: dict[tuple[str, ...], Any]) -> ComparisonState:
    if not before:
        return ComparisonState.NEW
    return ComparisonState.CHANGED if changed else ComparisonState.SAME


@pytest.mark.usefixtures("_once")
@pytest.mark.parametrize(
    ("answer", "state", "message"),
    [
        (Answer(404, b'{"Message": "any word"}', OF_TYPE), ComparisonState.NEW, ""),
        (
            Answer(404, b'{"Message": "Endpoint not found", "RequestID": "1"}'),
            ComparisonState.NEW,
            "",
        ),
        (Answer(404, b'{"Message": "Resource does not exist"}'), ComparisonState.NEW, ""),
        (Answer(404, b'{"message": "Not Found"}'), ComparisonState.FAILED, "HTTP 404: Not Found"),
        (
            Answer(404, b"404 page not found"),
            ComparisonState.FAILED,
            "HTTP 404: 404 page not found",
        ),
        (Answer(404, b""), ComparisonState.FAILED, "HTTP 404: "),
        (
            Answer(404, b"<html>Endpoint not found</html>", {"Content-Type": "text/html"}),
            ComparisonState.FAILED,
            "HTTP 404: the answer is a web page, not Pinpoint's",
        ),
        (
            Answer(403, b'{"Message": "Endpoint not found"}', OF_TYPE),
            ComparisonState.FAILED,
            "HTTP 403: ",
        ),
        (
            Answer(200, b'{"other": "server"}'),
            ComparisonState.FAILED,
            "HTTP 200: the answer contains no endpoint",
        ),
        (Answer(500, b"{}"), ComparisonState.FAILED, "HTTP 500: Internal Server Error"),
        (STORED, ComparisonState.SAME, ""),
    ],
)
def test_an_endpoint_that_is_not_there_is_no_refusal(
    answer: Answer, state: ComparisonState, message: str
) -> None:
    """It is new if Pinpoint says so: by the error's type, or by its words if that got lost."""
    with HttpStub(answer) as server:
        (comparison,) = compared(server, document(**REACHABLE))
    assert comparison.state is state
    assert comparison.message.startswith(message)
    assert bool(comparison.message) == (state is ComparisonState.FAILED)
    assert "application" not in comparison.hint or state is ComparisonState.FAILED


@pytest.mark.usefixtures("_once")
@pytest.mark.parametrize(
    "words", ["Application not found", "The specified App could not be found: demo."]
)
def test_a_missing_application_makes_everything_new(words: str) -> None:
    """And says so, with or without the error's type."""
    for headers in (OF_TYPE, {}):
        answer = Answer(404, json.dumps({"Message": words}).encode(), headers)
        with HttpStub(answer) as server:
            (comparison,) = compared(server, document(**REACHABLE))
        assert comparison.state is ComparisonState.NEW
        assert comparison.hint.startswith("application demo does not exist, ")


@pytest.mark.usefixtures("_once")
def test_a_service_that_refuses_everything_is_not_asked_for_ever() -> None:
    """After 25 refusals in a row the run ends; with an answer between them it goes on."""
    documents = [document(f"e{number}", **REACHABLE) for number in range(60)]
    with HttpStub(REFUSED) as server:
        comparisons = compared(server, *documents)
        assert [next(comparisons).state for _ in range(25)] == [ComparisonState.FAILED] * 25
        with pytest.raises(Refused, match=r"25 endpoints in a row .* HTTP 403: no"):
            next(comparisons)
    documents[20] = document("ada", **REACHABLE)
    with HttpStub(*[REFUSED] * 20, STORED, REFUSED) as server:
        assert len(list(compared(server, *documents[:45]))) == 45


@pytest.mark.usefixtures("_once")
def test_a_lost_connection_ends_the_run_after_what_was_compared() -> None:
    """What comes after it is not asked."""
    documents = [document(name, **REACHABLE) for name in ("ada", "bob", "eve")]
    with HttpStub(STORED, Answer(reset=True)) as server:
        comparisons = compared(server, *documents)
        assert next(comparisons).state is ComparisonState.SAME
        with pytest.raises(CannotRun):
            next(comparisons)


@pytest.mark.usefixtures("_once")
def test_what_is_invalid_is_not_asked_for() -> None:
    """Nor is a document without an id; the client is not even opened for them."""
    wrong, nameless = document(ChannelType="sms"), document(None, **REACHABLE)

    def fail() -> None:
        raise AssertionError

    comparisons = list(compare_all(fail, "demo", [wrong, nameless], SendOptions()))
    assert [comparison.state for comparison in comparisons] == [ComparisonState.INVALID] * 2
    found = [{problem.code for problem in one.problems} for one in comparisons]
    assert codes.NOT_IN_SET in found[0]
    assert found[1] == {codes.ENDPOINT_ID}


@pytest.mark.usefixtures("_once")
@pytest.mark.parametrize(
    "request_",
    [
        {"Attributes": "red"},
        {"User": ["ada"]},
        {"User": {"UserAttributes": "red"}},
        {"Location": {"Latitude": "north"}},
        {"Location": {"Latitude": 1e300}},
    ],
)
def test_a_request_of_another_form_is_not_compared(request_: dict[str, Any]) -> None:
    """Although the rules that forbid it are ignored: the service would not take it."""
    every_rule = Policy(ignore=frozenset(f"PE{number}" for number in range(100, 400)))
    with HttpStub(STORED) as server:
        (comparison,) = compared(server, document(**request_), policy=every_rule)
    assert comparison.state is ComparisonState.FAILED
    assert comparison.message.startswith("not compared: ")
    assert "pe validate" in comparison.hint


@pytest.mark.parametrize("endpoint_id", ["", "..", "a$"])
def test_an_id_that_cannot_be_stops_the_run(endpoint_id: str) -> None:
    """One from the command line; and an application's."""
    nothing: list[Document] = []
    with pytest.raises(UsageError, match="endpoint id"):
        list(compare_all(lambda: None, "demo", nothing, SendOptions(endpoint_id=endpoint_id)))
    with pytest.raises(UsageError, match="application id"):
        list(compare_all(lambda: None, endpoint_id, nothing, SendOptions()))
