"""Upserting through boto3: what is sent, and what counts as accepted."""

import json

import pytest
from commands import MakeDocument
from http_stub import Answer, HttpStub

from pinpoint_endpoints import State, UsageError, connect, upsert

pytestmark = pytest.mark.usefixtures("aws_variables")

ODD_IDS = {
    "a/b": "a%2Fb",
    "+12065550100": "%2B12065550100",
    "ada@example.com": "ada%40example.com",
    "50%": "50%25",
    "a#b": "a%23b",
    "a?b&c=d": "a%3Fb%26c%3Dd",
    "sp ace": "sp%20ace",
    "é日本": "%C3%A9%E6%97%A5%E6%9C%AC",
    "...": "...",
}


def test_the_request_is_the_document(document: MakeDocument) -> None:
    """One PUT arrives, signed, with the document as its body and nothing else."""
    with HttpStub() as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    (asked,) = server.asked
    assert (asked.method, asked.path) == ("PUT", "/v1/apps/app/endpoints/ada")
    assert json.loads(asked.body) == {"ChannelType": "EMAIL", "Address": "ada@example.com"}
    assert "mobiletargeting/aws4_request" in asked.headers["Authorization"]
    assert (outcome.state, outcome.status, outcome.message) == (State.ACCEPTED, 202, "Accepted")
    assert (outcome.request_id, outcome.channel) == ("request-1", "EMAIL")


@pytest.mark.parametrize("endpoint_id", ODD_IDS)
def test_ids_arrive_as_they_are(document: MakeDocument, endpoint_id: str) -> None:
    """An id is one encoded segment of the path, whatever characters it has."""
    with HttpStub() as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document(), endpoint_id)
    assert server.asked[0].path == f"/v1/apps/app/endpoints/{ODD_IDS[endpoint_id]}"
    assert outcome.endpoint_id == endpoint_id


@pytest.mark.parametrize("endpoint_id", ["", " ", ".", "..", "a$b", "a{b", "a}b", "a\nb"])
def test_dangerous_ids_are_refused_before_anything_is_sent(
    document: MakeDocument, endpoint_id: str
) -> None:
    """An id that would reach another resource, or is forbidden, is a usage error."""
    with HttpStub() as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(UsageError):
            upsert(client, "app", document(), endpoint_id)
        with pytest.raises(UsageError):
            upsert(client, endpoint_id, document(), "ada")
    assert server.asked == []


def test_an_invalid_document_is_never_sent(document: MakeDocument) -> None:
    """A document with an error ends as invalid, with its problems, and no request is made."""
    with HttpStub() as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document('{"OptOut": "no"}'))
    assert server.asked == []
    assert outcome.state is State.INVALID
    assert [problem.code for problem in outcome.problems] == ["PE103"]


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (Answer(200, b'{"Message": "Accepted"}'), "HTTP 200 instead of 202: Accepted"),
        (Answer(202, b"{}"), "HTTP 202 without a message"),
        (Answer(202, b""), "HTTP 202 without a message"),
        (Answer(202, b'{"Message": null}'), "HTTP 202 without a message"),
        (Answer(202, b'{"Message": {"a": 1}}'), "HTTP 202 without a message"),
        (Answer(200, b'{"hello": "world"}'), "HTTP 200 without a message"),
    ],
)
def test_only_202_with_a_message_is_accepted(
    document: MakeDocument, answer: Answer, message: str
) -> None:
    """An answer that is not Pinpoint's is a failure, though botocore raises nothing."""
    with HttpStub(answer) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    assert outcome.state is State.FAILED
    assert outcome.message == message
    assert outcome.hint == "this server does not seem to implement Pinpoint"


def error(status: int, kind: str, message: str) -> Answer:
    """Return an error as the service writes it; without a kind, its header is missing."""
    body = json.dumps({"Message": message, "RequestID": "r-9"}).encode()
    headers = {"x-amzn-RequestId": "r-9"}
    return Answer(status, body, headers | ({"x-amzn-ErrorType": kind} if kind else {}))


@pytest.mark.parametrize(
    ("answer", "code", "hint"),
    [
        (error(400, "BadRequestException", "Missing Address"), "BadRequestException", "OptOut"),
        (error(400, "", "Missing ChannelType"), "400", "needs a ChannelType"),
        (
            error(400, "BadRequestException", "Exceeded maximum endpoint per user count:15"),
            "BadRequestException",
            "15 endpoints",
        ),
        (error(403, "ForbiddenException", "no"), "ForbiddenException", "mobiletargeting"),
        (error(403, "ExpiredTokenException", "expired"), "ExpiredTokenException", "sign in again"),
        (
            error(403, "UnrecognizedClientException", "bad"),
            "UnrecognizedClientException",
            "access key",
        ),
        (error(404, "NotFoundException", "none"), "NotFoundException", "the application"),
        (
            error(405, "MethodNotAllowedException", "no"),
            "MethodNotAllowedException",
            "implement Pinpoint",
        ),
        (error(413, "PayloadTooLargeException", "big"), "PayloadTooLargeException", "15 KB"),
    ],
)
def test_a_refusal_says_what_to_do(
    document: MakeDocument, answer: Answer, code: str, hint: str
) -> None:
    """Each refusal keeps the service's code, message and request id, and adds advice."""
    with HttpStub(answer) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    assert (outcome.state, outcome.status, outcome.code) == (State.FAILED, answer.status, code)
    assert outcome.message == json.loads(answer.body)["Message"]
    assert outcome.request_id == "r-9"
    assert hint in outcome.hint
    assert "2026-10-30" not in outcome.hint
    assert len(server.asked) == 1


def test_throttling_is_retried(document: MakeDocument) -> None:
    """After a 429 the next answer counts: botocore's standard retries."""
    with HttpStub(error(429, "TooManyRequestsException", "slow down"), Answer()) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    assert outcome.state is State.ACCEPTED
    assert len(server.asked) == 2


@pytest.mark.parametrize("status", [429, 500, 503])
def test_retries_come_to_an_end(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    """A server that keeps refusing is a failure after the configured attempts."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "2")
    with HttpStub(error(status, "", "no")) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    assert (outcome.state, outcome.status) == (State.FAILED, status)
    assert "after retries" in outcome.hint
    assert len(server.asked) == 2


def test_a_web_page_is_not_repeated(document: MakeDocument) -> None:
    """A page of HTML in place of an error is named as one."""
    page = Answer(404, b"<!DOCTYPE html><html><body>nothing</body></html>")
    with HttpStub(page) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    assert outcome.message == "the answer is a web page, not Pinpoint's"


def test_a_servers_message_is_shown_without_addresses(document: MakeDocument) -> None:
    """What a server echoes of the request does not bring addresses to light."""
    refused = error(400, "", "no ada@example.com and no +12065550100 here")
    with HttpStub(refused) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document())
    assert outcome.message == "no a***@example.com and no +1***0100 here"


def test_a_servers_message_is_shown_without_what_was_sent(document: MakeDocument) -> None:
    """A token, a user id or an attribute that the server repeats is masked."""
    text = """{"ChannelType": "GCM", "Address": "device-token-1",
        "User": {"UserId": "lovelace", "UserAttributes": {"Tier": ["platinum"]}}}"""
    with HttpStub(error(400, "", "device-token-1 of lovelace (platinum) is bad")) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document(text))
    assert outcome.message == "de*** of lo*** (pl***) is bad"
    assert "lovelace" not in repr(document(text))


def test_what_was_sent_is_masked_however_the_server_spells_it(document: MakeDocument) -> None:
    """A longer value is masked whole, and so is one in other case or percent-encoded."""
    text = """{"ChannelType": "GCM", "Address": "device-token-1", "User": {"UserId": "Ada",
        "UserAttributes": {"Name": ["Ada Lovelace-Byron"], "City": ["Saint-Germain"]}}}"""
    message = "Ada Lovelace-Byron at SAINT-GERMAIN: Device%2DToken%2d1"
    with HttpStub(error(400, "", message)) as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document(text))
    assert outcome.message == "Ad*** at Sa***: de***"


def test_a_document_of_another_shape_sends_its_request_only(document: MakeDocument) -> None:
    """What GetEndpoint returned goes back without its four read-only members."""
    text = (
        '{"EndpointResponse": {"Id": "x", "ApplicationId": "a", "CohortId": "1", "OptOut": "ALL"}}'
    )
    with HttpStub() as server:
        outcome = upsert(connect(endpoint_url=server.url), "app", document(text))
    assert json.loads(server.asked[0].body) == {"OptOut": "ALL"}
    assert outcome.endpoint_id == "x"
