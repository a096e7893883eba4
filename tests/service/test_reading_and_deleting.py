"""Reading and deleting through boto3: what is asked, and what counts as an answer."""

import json
from typing import Any

import pytest
from http_stub import Answer, HttpStub

from pinpoint_endpoints import CannotRun, Refused, UsageError, connect
from pinpoint_endpoints.service.endpoints import (
    DeletionState,
    delete_endpoint,
    delete_user_endpoints,
    get_endpoint,
    get_user_endpoints,
    planned,
)

pytestmark = pytest.mark.usefixtures("aws_variables")

ADA = {"Id": "ada", "ChannelType": "SMS", "Address": "+12065550100"}
NOT_FOUND = Answer(404, b'{"Message": "Endpoint not found", "RequestID": "r-9"}')


def of(*endpoints: dict[str, Any], status: int = 200) -> Answer:
    """Return the answer with a user's endpoints."""
    return Answer(status, json.dumps({"Item": endpoints}).encode())


def one(endpoint: dict[str, Any], status: int = 200) -> Answer:
    """Return the answer with an endpoint."""
    return Answer(status, json.dumps(endpoint).encode(), {"x-amzn-RequestId": "r-1"})


def test_an_endpoint_and_a_users_endpoints_are_read() -> None:
    """One GET each arrives; ids are one encoded segment of the path."""
    with HttpStub(one({**ADA, "Id": "a/b"}), of(ADA, {"Id": "bob"})) as server:
        client = connect(endpoint_url=server.url)
        assert get_endpoint(client, "app", "a/b") == {**ADA, "Id": "a/b"}
        assert get_user_endpoints(client, "app", "u/1") == (ADA, {"Id": "bob"})
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("GET", "/v1/apps/app/endpoints/a%2Fb"),
        ("GET", "/v1/apps/app/users/u%2F1"),
    ]


def test_an_endpoint_and_a_users_endpoints_are_deleted() -> None:
    """One DELETE each arrives, and what the service deleted is in the outcome."""
    with HttpStub(one(ADA, 202), of(ADA, {"Id": "bob"}, status=202)) as server:
        client = connect(endpoint_url=server.url)
        deletion = delete_endpoint(client, "app", "Ada")
        of_user = delete_user_endpoints(client, "app", "u", [{"Id": "ADA"}])
    assert [(asked.method, asked.path) for asked in server.asked] == [
        ("DELETE", "/v1/apps/app/endpoints/Ada"),
        ("DELETE", "/v1/apps/app/users/u"),
    ]
    assert (deletion.endpoint_id, deletion.endpoint) == ("Ada", ADA)
    assert (deletion.state, deletion.status) == (DeletionState.DELETED, 202)
    assert (deletion.request_id, deletion.message) == ("r-1", "")
    assert [(each.endpoint_id, each.state) for each in of_user] == [
        ("ada", DeletionState.DELETED),
        ("bob", DeletionState.DELETED),
    ]


@pytest.mark.parametrize(
    "body",
    [b"", b"{}", b'{"hello": 1}', b'{"Id": 5}', b'{"Id": ""}', b'{"Item": []}'],
)
def test_an_answer_without_an_endpoint_is_a_refusal(body: bytes) -> None:
    """An answer that is not Pinpoint's shows no endpoint, and deletes none."""
    with HttpStub(Answer(200, body), Answer(200, body), Answer(202, body)) as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(Refused, match="HTTP 200: the answer contains no endpoint") as caught:
            get_endpoint(client, "app", "ada")
        with pytest.raises(Refused, match="the answer contains no endpoint"):
            get_user_endpoints(client, "app", "u")
        deletion = delete_endpoint(client, "app", "ada")
    assert caught.value.hint == "this server does not seem to implement Pinpoint"
    assert (deletion.state, deletion.status) == (DeletionState.FAILED, 202)
    assert deletion.message == "the answer contains no endpoint"


@pytest.mark.parametrize(
    "member", [b'"Metrics": {"a": NaN}', b'"Metrics": {"a": 1e999}', b'"Address": "\\ud800"']
)
def test_a_value_that_no_file_can_hold_is_refused(member: bytes) -> None:
    """It would be read back as another one, or not at all."""
    with HttpStub(Answer(200, b'{"Id": "ada", %s}' % member)) as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(Refused):
            get_endpoint(client, "app", "ada")


def test_a_text_is_a_list_of_one() -> None:
    """As AWS's own examples show attributes; everything else is unchanged."""
    user = {"UserId": "u", "UserAttributes": {"Name": "Wang", "Teams": ["a", "b"]}}
    shown = {"Id": "ada", "Attributes": {"Color": "Blå", "None": ""}, "User": user}
    read = {
        "Id": "ada",
        "Attributes": {"Color": ["Blå"], "None": [""]},
        "User": {"UserId": "u", "UserAttributes": {"Name": ["Wang"], "Teams": ["a", "b"]}},
    }
    with HttpStub(one(shown), of(ADA, shown), one(shown, 202)) as server:
        client = connect(endpoint_url=server.url)
        assert get_endpoint(client, "app", "ada") == read
        assert get_user_endpoints(client, "app", "u") == (ADA, read)
        assert delete_endpoint(client, "app", "ada").endpoint == read


@pytest.mark.parametrize("value", [{"k": 1}, {}, 5, True, None, [1], ["a", None], [["a"]]])
@pytest.mark.parametrize("member", ["Attributes", "UserAttributes"])
def test_an_attribute_that_is_no_list_of_texts_is_refused(member: str, value: Any) -> None:
    """Its meaning is unknown, so nothing of the answer is shown."""
    attributes = {member: {"Color": value}}
    wrong = {"Id": "ada", **(attributes if member == "Attributes" else {"User": attributes})}
    with HttpStub(one(wrong), of(ADA, wrong)) as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(Refused, match="the answer contains no endpoint"):
            get_endpoint(client, "app", "ada")
        with pytest.raises(Refused, match="the answer contains no endpoint"):
            get_user_endpoints(client, "app", "u")


def test_only_the_documented_status_is_a_success() -> None:
    """200 answers a GET and 202 a DELETE; the endpoint alone proves nothing."""
    with HttpStub(one(ADA, 202), one(ADA, 200)) as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(Refused, match="HTTP 202: 200 was expected"):
            get_endpoint(client, "app", "ada")
        deletion = delete_endpoint(client, "app", "ada")
    assert (deletion.state, deletion.message) == (DeletionState.FAILED, "202 was expected")


def test_an_answer_about_another_endpoint_is_a_refusal() -> None:
    """Whether it was read or deleted; the case of the id does not matter."""
    with HttpStub(one(ADA), one(ADA), one(ADA, 202)) as server:
        client = connect(endpoint_url=server.url)
        assert get_endpoint(client, "app", "ADA") == ADA
        with pytest.raises(Refused, match="the answer is about another endpoint") as caught:
            get_endpoint(client, "app", "ad")
        deletion = delete_endpoint(client, "app", "bob")
    assert caught.value.hint == "this server does not seem to implement Pinpoint"
    assert (deletion.state, deletion.status) == (DeletionState.FAILED, 202)
    assert deletion.message == "the answer is about another endpoint"


def test_a_refusal_keeps_the_services_words() -> None:
    """Status, code, message and request id are those of the answer."""
    headers = {"x-amzn-ErrorType": "NotFoundException"}
    with HttpStub(Answer(404, NOT_FOUND.body, headers)) as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(Refused, match="HTTP 404: Endpoint not found"):
            get_endpoint(client, "app", "ada")
        deletion = delete_endpoint(client, "app", "ada")
        of_user = delete_user_endpoints(client, "app", "u", [ADA, {"Id": "bob"}])
    assert (deletion.state, deletion.status) == (DeletionState.FAILED, 404)
    assert (deletion.code, deletion.message) == ("NotFoundException", "Endpoint not found")
    assert (deletion.request_id, deletion.hint) == (
        "r-9",
        "check the application and the endpoint id, and on AWS the region",
    )
    assert [(each.endpoint_id, each.status) for each in of_user] == [("ada", 404), ("bob", 404)]
    assert of_user[0].endpoint == ADA


def test_a_deletion_whose_answer_was_lost_says_so() -> None:
    """When the retry finds nothing, the hint says that the first attempt may be the reason."""
    with HttpStub(Answer(reset=True), NOT_FOUND, NOT_FOUND) as server:
        client = connect(endpoint_url=server.url)
        retried = delete_endpoint(client, "app", "ada")
        at_once = delete_endpoint(client, "app", "ada")
    assert len(server.asked) == 3
    assert (retried.state, retried.status) == (DeletionState.FAILED, 404)
    assert "may have deleted it" in retried.hint
    assert "may have deleted it" not in at_once.hint


def test_an_endpoint_that_the_answer_leaves_out_has_failed() -> None:
    """Of the endpoints that a user was known to have, each ends as deleted or failed."""
    with HttpStub(of(ADA, status=202)) as server:
        client = connect(endpoint_url=server.url)
        done = delete_user_endpoints(client, "app", "u", [ADA, {"Id": "bob"}])
    assert [(each.endpoint_id, each.state) for each in done] == [
        ("ada", DeletionState.DELETED),
        ("bob", DeletionState.FAILED),
    ]
    assert done[1].message == "the answer does not name it"


def test_a_plan_deletes_nothing_and_reads_only_what_it_has_to() -> None:
    """Ids need no request unless they are to be read; what cannot be read has failed."""
    with HttpStub(one(ADA), NOT_FOUND, of(ADA)) as server:
        client = connect(endpoint_url=server.url)
        unread = planned(client, "app", ["ada", "bob"], read=False)
        assert server.asked == []
        read = planned(client, "app", ["ada", "bob"], read=True)
        of_user = planned(client, "app", [], "u", read=False)
    assert {asked.method for asked in server.asked} == {"GET"}
    states = [DeletionState.SKIPPED, DeletionState.FAILED]
    assert [each.state for each in unread] == [DeletionState.SKIPPED] * 2
    assert [each.state for each in read] == states
    assert [each.endpoint for each in (*read, *of_user)] == [ADA, {}, ADA]


@pytest.mark.parametrize("user_id", ["", " ", ".", "..", "\udcff\udcfe"])
def test_dangerous_user_ids_are_refused(user_id: str) -> None:
    """One that would reach another resource, or is not text, is a usage error; nothing is sent."""
    with HttpStub() as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(UsageError):
            get_user_endpoints(client, "app", user_id)
        with pytest.raises(UsageError):
            delete_user_endpoints(client, "app", user_id, [])
    assert server.asked == []


def test_no_connection_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """What ends a run is raised, whatever was asked."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with HttpStub(Answer(reset=True)) as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(CannotRun):
            get_endpoint(client, "app", "ada")
        with pytest.raises(CannotRun):
            delete_endpoint(client, "app", "ada")
