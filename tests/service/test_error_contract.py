"""Every kind of bad answer, by real servers through the real client: status, code, message, hint.

The statuses are those of section "Errors" in Amazon's service model, and what is in front of
the service may answer: API Gateway, CloudFront, a proxy.
"""

import gzip
import json
from http.client import responses as phrases
from itertools import chain
from types import SimpleNamespace
from zlib import compress

import pytest
from commands import MakeDocument
from faulty_pinpoint import FaultyPinpoint
from http_stub import ACCEPTED, Answer, HttpStub, RawServer
from refusals import BODIES, ELSEWHERE, PAGE, STATUSES

from pinpoint_endpoints import CannotRun, Outcome, Refused, State, connect, get, upsert
from pinpoint_endpoints.service.errors import NoResponse, Refusal, is_throttled
from pinpoint_endpoints.service.requests import Call, Item, json_of
from pinpoint_endpoints.service.responses import MAX_ANSWER_BYTES
from pinpoint_endpoints.service.updates import send

pytestmark = pytest.mark.usefixtures("aws_variables", "_unhurried")

ATTEMPTS = 2


@pytest.fixture
def _unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let botocore make two attempts, without its waits between them."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", str(ATTEMPTS))
    monkeypatch.setattr("botocore.endpoint.time", SimpleNamespace(sleep=lambda _: None))


def as_refusal(outcome: Outcome) -> Refusal:
    """Return the reported parts of a refusal, to be compared at once."""
    return Refusal(outcome.status, outcome.code, outcome.message, outcome.request_id, outcome.hint)


def sent(document: MakeDocument, url: str) -> Outcome:
    """Send one document to a server, with a client of its own."""
    return upsert(connect(endpoint_url=url, read_timeout=0.3), "app", document())


@pytest.mark.parametrize("named", ["with", "without"])
@pytest.mark.parametrize("status", STATUSES)
def test_every_refusal_is_reported(document: MakeDocument, status: int, named: str) -> None:
    """Whatever the body is: status, code, message, request id and hint, and no more."""
    told = STATUSES[status]
    headers = {"x-amzn-RequestId": "r-header"}
    if named == "with":
        headers["x-amzn-ErrorType"] = f"{told.kind}:http://internal.amazon.com/coral/"
    answers = [
        Answer(status, content, headers)
        for content, _ in BODIES.values()
        for _ in range(ATTEMPTS if told.retried else 1)
    ]
    with HttpStub(*answers) as server:
        client = connect(endpoint_url=server.url)
        outcomes = {body: upsert(client, "app", document()) for body in BODIES}
    assert {body: as_refusal(outcome) for body, outcome in outcomes.items()} == {
        body: Refusal(
            status,
            told.kind if named == "with" else str(status),
            message or phrases[status],
            "r-body" if b"RequestID" in content else "r-header",
            told.hint,
        )
        for body, (content, message) in BODIES.items()
    }
    assert len(server.asked) == len(answers)


@pytest.mark.parametrize("status", STATUSES)
def test_a_batch_is_refused_as_one_update_is(document: MakeDocument, status: int) -> None:
    """A refused batch is reported like a refused single update."""
    told = STATUSES[status]
    items = tuple(
        Item(name, name, json_of(document().request), "a.json") for name in ("ada", "bob")
    )
    answer = Answer(status, b'{"Message": "no"}', {"x-amzn-ErrorType": told.kind})
    with HttpStub(answer) as server:
        client = connect(endpoint_url=server.url)
        refused = send(client, "app", Call(items))
    assert refused[:6] == (False, status, told.kind, "no", "", told.hint)
    assert len(server.asked) == (ATTEMPTS if told.retried else 1)


@pytest.mark.parametrize("status", [one for one, told in STATUSES.items() if told.retried])
def test_what_is_over_at_the_second_attempt_is_accepted(
    document: MakeDocument, status: int
) -> None:
    """A passing failure is retried whatever its body is."""
    answers = [(Answer(status, content), Answer()) for content, _ in BODIES.values()]
    with HttpStub(*chain.from_iterable(answers)) as server:
        client = connect(endpoint_url=server.url)
        states = {body: upsert(client, "app", document()).state for body in BODIES}
    assert states == dict.fromkeys(BODIES, State.ACCEPTED)
    assert len(server.asked) == 2 * len(BODIES)


def test_multiple_choices_is_not_accepted(document: MakeDocument) -> None:
    """A 300, which botocore takes for a success, is reported with its status."""
    with HttpStub(Answer(300, PAGE)) as server:
        outcome = sent(document, server.url)
    assert (outcome.state, outcome.status, outcome.code) == (State.FAILED, 300, "300")
    assert (outcome.message, outcome.hint) == ("Multiple Choices", ELSEWHERE)


def test_a_refusal_cut_short_keeps_its_status(document: MakeDocument) -> None:
    """Half a body takes nothing from the status, and is not repeated."""
    refused = Answer(400, b'{"Message": "ada@example.com"}', cut=12)
    with HttpStub(refused) as server:
        outcome = sent(document, server.url)
    assert (outcome.status, outcome.code, outcome.message) == (400, "400", "Bad Request")
    assert len(server.asked) == 1


NO_YES = (
    b"",
    b"{}",
    b"[]",
    b'["Accepted"]',
    b"42",
    b"null",
    b'"Accepted"',
    b"Accepted",
    b'{"Message": ["Accepted"]}',
    b'{"hello": "world"}',
    b"\xff\xfe{}",
    PAGE,
    b"[" * 100_000,
)


@pytest.mark.parametrize("status", [200, 201, 202])
def test_a_success_with_another_body_is_not_accepted(document: MakeDocument, status: int) -> None:
    """Only 202 with a message means accepted; the status is always reported."""
    with HttpStub(*(Answer(status, body) for body in NO_YES)) as server:
        client = connect(endpoint_url=server.url)
        outcomes = {body: upsert(client, "app", document()) for body in NO_YES}
    assert {body: as_refusal(outcome) for body, outcome in outcomes.items()} == dict.fromkeys(
        NO_YES,
        Refusal(
            status,
            "",
            f"HTTP {status} without a message",
            "",
            "this server does not seem to implement Pinpoint",
        ),
    )
    assert {outcome.state for outcome in outcomes.values()} == {State.FAILED}
    assert len(server.asked) == len(NO_YES)


HEAD = b"HTTP/1.1 202 Accepted\r\nContent-Type: application/json\r\n"
WHOLE = HEAD + b"Content-Length: %d\r\n\r\n%s" % (len(ACCEPTED), ACCEPTED)
BROKEN = {
    "nothing": b"",
    "half a status line": b"HTTP/1.1 20",
    "no HTTP": b"SSH-2.0-OpenSSH_9.6\r\n",
    "no body": HEAD + b"Content-Length: 10\r\n\r\n",
    "half a body": WHOLE[:-10],
    "all but the last byte": WHOLE[:-1],
    "half a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\n30\r\n" + ACCEPTED[:20],
    "no last chunk": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n" % (len(ACCEPTED), ACCEPTED),
    "no size of a chunk": HEAD + b"Transfer-Encoding: chunked\r\n\r\nmany\r\n" + ACCEPTED,
}


@pytest.mark.parametrize("broken", BROKEN)
@pytest.mark.parametrize("then", ["close", "reset"])
def test_an_incomplete_answer_is_none(document: MakeDocument, broken: str, then: str) -> None:
    """A connection that ends before the answer does is tried again, and then reported."""
    with RawServer(BROKEN[broken], then) as server, pytest.raises(NoResponse) as stopped:
        sent(document, server.url)
    assert stopped.value.message == f"{server.url} closed the connection before it answered in full"
    assert stopped.value.hint == "check the endpoint URL, the network and the proxy"
    assert server.asked == ATTEMPTS


@pytest.mark.parametrize("interim", [b"102 Processing", b"103 Early Hints", b"100 Continue"])
def test_an_interim_answer_is_not_the_answer(document: MakeDocument, interim: bytes) -> None:
    """Answers below 200 are skipped (RFC 9110, section 15.2): the one after them counts."""
    hints = b"HTTP/1.1 %s\r\nLink: </style.css>; rel=preload\r\n\r\n" % interim
    with RawServer(hints * 2 + WHOLE) as server:
        outcome = sent(document, server.url)
    assert (outcome.state, outcome.status, server.asked) == (State.ACCEPTED, 202, 1)


def test_an_interim_answer_alone_is_no_answer(document: MakeDocument) -> None:
    """A server that closes the connection after it has not answered."""
    with (
        RawServer(b"HTTP/1.1 103 Early Hints\r\n\r\n") as server,
        pytest.raises(NoResponse) as stopped,
    ):
        sent(document, server.url)
    assert "closed the connection" in stopped.value.message
    assert server.asked == ATTEMPTS


def test_answers_stay_with_their_requests(document: MakeDocument) -> None:
    """Of two requests on one connection, each gets its own answer behind the interim ones."""
    hints = b"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n"
    refused = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 16\r\n\r\n" + b'{"Message":"no"}'
    with RawServer(hints + WHOLE, further=[hints + refused]) as server:
        client = connect(endpoint_url=server.url)
        outcomes = [upsert(client, "app", document(), name) for name in ("ada", "bob")]
    assert [outcome.status for outcome in outcomes] == [202, 400]
    assert server.asked == 2


ENDLESS = {
    "body": HEAD + b"\r\n" + b" " * 2 * MAX_ANSWER_BYTES,
    "chunks": HEAD
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"8000\r\n%s\r\n" % (b" " * 0x8000) * 64,
    "interim answers": b"HTTP/1.1 103 Early Hints\r\nLink: %s\r\n\r\n" % (b"x" * 9_000) * 200,
}


@pytest.mark.parametrize("kind", ENDLESS)
def test_an_answer_without_end_is_cut(document: MakeDocument, kind: str) -> None:
    """Pinpoint's answers are smaller than 1 MB."""
    with RawServer(ENDLESS[kind], "hold") as server, pytest.raises(NoResponse) as stopped:
        sent(document, server.url)
    assert stopped.value.message == "no answer: the answer is larger than 1 MB"
    assert server.asked == ATTEMPTS


@pytest.mark.parametrize(
    "begun",
    [HEAD[:-2], HEAD + b"\r\n", HEAD + b"Content-Length: 90000\r\n\r\n"],
    ids=["header", "body", "length"],
)
def test_an_answer_that_trickles_is_given_up(document: MakeDocument, begun: bytes) -> None:
    """The read timeout is for the whole answer from its first byte, not only for each piece."""
    with RawServer(begun, "trickle") as server, pytest.raises(NoResponse) as stopped:
        upsert(connect(endpoint_url=server.url, read_timeout=0.2), "app", document())
    assert stopped.value.message == f"{server.url} did not answer in time"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip", "deflate"])
def test_a_compressed_answer_is_read(document: MakeDocument, coding: str) -> None:
    """A proxy may compress what was not asked to be."""
    body = compress(ACCEPTED) if coding == "deflate" else gzip.compress(ACCEPTED)
    whole, cut, damaged = (
        Answer(body=each, headers={"Content-Encoding": coding})
        for each in (body, body[:-9], b"\x1f\x8b" + ACCEPTED)
    )
    with HttpStub(whole, cut, whole, damaged) as server:
        outcomes = [sent(document, server.url) for _ in range(3)]
    assert [(outcome.state, outcome.message) for outcome in outcomes] == [
        (State.ACCEPTED, "Accepted"),
        (State.ACCEPTED, "Accepted"),
        (State.FAILED, "HTTP 202 without a message"),
    ]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirection_is_not_followed(document: MakeDocument, status: int) -> None:
    """What was meant for one server is sent to no other."""
    with HttpStub(Answer(status, b"", {"Location": "http://127.0.0.1:1/"})) as server:
        outcome = sent(document, server.url)
    assert (outcome.state, outcome.status, outcome.message) == (
        State.FAILED,
        status,
        phrases[status],
    )
    assert outcome.hint == "the server redirected: check --endpoint-url"
    assert len(server.asked) == 1


@pytest.mark.parametrize("begun", [b"", HEAD, WHOLE[:-10]], ids=["nothing", "headers", "half"])
def test_a_server_that_stalls_is_given_up(document: MakeDocument, begun: bytes) -> None:
    """Silence, also in the middle of an answer, is tried again, and then reported."""
    with RawServer(begun, "hold") as server, pytest.raises(NoResponse) as stopped:
        sent(document, server.url)
    assert stopped.value.message == f"{server.url} did not answer in time"
    assert server.asked == ATTEMPTS


def test_a_server_that_answers_after_the_client_gave_up(document: MakeDocument) -> None:
    """A late answer is not accepted, although the update is stored as often as it was sent."""
    with FaultyPinpoint(late=1, stall_seconds=60) as server, pytest.raises(NoResponse) as stopped:
        sent(document, server.url)
    assert stopped.value.message == f"{server.url} did not answer in time"
    assert server.stored == {"ada": [document().request] * ATTEMPTS}


def test_half_an_answer_is_asked_for_again(document: MakeDocument) -> None:
    """An update whose answer was cut short is sent again, which does no harm, and is accepted."""
    with HttpStub(Answer(cut=5), Answer()) as server:
        outcome = sent(document, server.url)
    assert (outcome.state, len(server.asked)) == (State.ACCEPTED, 2)


def test_a_client_goes_on_after_no_answer(document: MakeDocument) -> None:
    """What one request met does not cling to the client."""
    with HttpStub(*[Answer(cut=5)] * ATTEMPTS, Answer()) as server:
        client = connect(endpoint_url=server.url)
        with pytest.raises(NoResponse):
            upsert(client, "app", document())
        assert upsert(client, "app", document()).state is State.ACCEPTED


def test_a_server_without_https_is_named(document: MakeDocument) -> None:
    """An https URL of a server that speaks HTTP is named as no secure connection."""
    with HttpStub() as server, pytest.raises(NoResponse, match="does not speak HTTPS"):
        sent(document, server.url.replace("http:", "https:"))


def test_a_proxy_that_is_not_there_is_named(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not the server is missing, but the proxy; its password is not shown."""
    monkeypatch.setenv("HTTP_PROXY", "http://ada:secret@127.0.0.1:9")
    with pytest.raises(NoResponse) as stopped:
        sent(document, "http://pinpoint.example")
    assert stopped.value.message == "no connection to the proxy http://127.0.0.1:9"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff",
        PAGE,
        b'{"Id": "ada", "Metrics": {"a": "ada@example.com"}}',
        b'{"Id": "ada", "Location": {"Latitude": []}}',
        b'{"Id": "ada", "Attributes": 5}',
        b'{"Id": "ada", "Attributes": {"a": 5}}',
        b'{"Id": "ada", "User": "ada"}',
        b"[" * 100_000,
    ],
)
def test_an_answer_that_is_not_an_endpoint_is_refused(body: bytes) -> None:
    """A 200 of another shape than GetEndpoint's is refused, and nothing of it is shown."""
    with HttpStub(Answer(200, body)) as server, pytest.raises(Refused) as refused:
        get(connect(endpoint_url=server.url), "app", "ada")
    assert refused.value.message == "HTTP 200: the answer contains no endpoint"
    assert refused.value.hint == "this server does not seem to implement Pinpoint"
    assert len(server.asked) == 1


def test_half_an_endpoint_is_none() -> None:
    """An answer that is cut short is asked for again, and then reported."""
    with HttpStub(Answer(200, b'{"Id": "ada"}', cut=3)) as server, pytest.raises(NoResponse):
        get(connect(endpoint_url=server.url), "app", "ada")
    assert len(server.asked) == ATTEMPTS


@pytest.mark.parametrize(
    ("message", "hint"),
    [
        ("Missing Address", "needs an Address"),
        ("Missing address in request.", "needs an Address"),
        ("Missing ChannelType", "needs a ChannelType"),
        ("Missing ChannelType: it is required", "needs a ChannelType"),
        ("Exceeded maximum endpoint per user count 10", "15 endpoints"),
        ("Exceeded maximum endpoint per user count: 10", "15 endpoints"),
        ("Exceeded maximum endpoint per user count:15", "15 endpoints"),
        ("exceeded Maximum Endpoint per user", "15 endpoints"),
        ("Too many custom attributes", "250 names"),
        ("too many custom attributes (251).", "250 names"),
        ("The Address is Missing", ""),
    ],
)
@pytest.mark.parametrize("named", ["with", "without"])
def test_known_messages_are_explained(
    document: MakeDocument, message: str, hint: str, named: str
) -> None:
    """Known messages are recognised by their first words, in upper or lower case."""
    headers = {"x-amzn-ErrorType": "BadRequestException"} if named == "with" else {}
    body = json.dumps({"Message": message}).encode()
    with HttpStub(Answer(400, body, headers)) as server:
        outcome = sent(document, server.url)
    assert outcome.message == message
    assert hint in outcome.hint
    assert bool(hint) is bool(outcome.hint)


@pytest.mark.parametrize(
    ("body", "headers", "request_id"),
    [
        ({"RequestID": "b"}, {"x-amzn-RequestId": "h", "x-amz-apigw-id": "g"}, "b"),
        ({}, {"x-amzn-RequestId": "h", "x-amz-apigw-id": "g"}, "h"),
        ({}, {"x-amz-apigw-id": "g"}, "g"),
        ({"RequestID": 5}, {}, ""),
        ({}, {}, ""),
    ],
)
@pytest.mark.parametrize("kind", ["BadRequestException", "Unknown", ""])
def test_the_request_id_is_the_nearest_there_is(
    document: MakeDocument,
    body: dict[str, object],
    headers: dict[str, str],
    request_id: str,
    kind: str,
) -> None:
    """The service's own id is shown, else the front end's, else the gateway's."""
    typed = {"x-amzn-ErrorType": kind} if kind else {}
    refused = Answer(400, json.dumps({"Message": "no"} | body).encode(), headers | typed)
    with HttpStub(refused) as server:
        assert sent(document, server.url).request_id == request_id


def test_an_accepted_update_has_the_nearest_request_id_too(document: MakeDocument) -> None:
    """Where a body has no id, the header's counts."""
    accepted = Answer(202, b'{"Message": "Accepted"}', {"x-amz-apigw-id": "g"})
    with HttpStub(accepted) as server:
        assert sent(document, server.url).request_id == "g"


@pytest.mark.parametrize(
    ("status", "code", "throttled"),
    [
        (429, "429", True),
        (429, "TooManyRequestsException", True),
        (429, "Unknown", True),
        (400, "ThrottlingException", True),
        (400, "Throttling", True),
        (503, "SlowDown", True),
        (503, "503", False),
        (400, "BadRequestException", False),
        (500, "InternalServerErrorException", False),
    ],
)
def test_throttling_has_several_names(status: int, code: str, throttled: bool) -> None:
    """Too many calls are known by the status, or by Amazon's codes under another status."""
    assert is_throttled(Refusal(status, code, "", "")) is throttled


def test_throttling_under_another_status_is_explained(document: MakeDocument) -> None:
    """A 400 whose code says throttling is advised as a 429 is."""
    answer = Answer(400, b'{"__type": "ThrottlingException", "Message": "Rate exceeded"}')
    with HttpStub(answer) as server:
        outcome = sent(document, server.url)
    assert outcome.hint == STATUSES[429].hint
    assert len(server.asked) == ATTEMPTS


@pytest.mark.parametrize("variable", ["AWS_ACCESS_KEY_ID", "AWS_DEFAULT_REGION"])
def test_what_every_request_would_meet_is_no_missing_answer(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    """Without credentials or a region AWS is not asked, and a run of many is over."""
    monkeypatch.delenv(variable)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(CannotRun, match=r"^no (region|credentials) ") as stopped:
        upsert(connect(), "app", document())
    assert type(stopped.value) is CannotRun
