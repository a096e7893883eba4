"""Plans: what would be sent and in which call, and what would not and why."""

import json
import re
import tracemalloc
from collections.abc import Iterable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import TextIO

import pytest
from deliveries import EMAIL, call, document_of, item, report_plan
from hypothesis import given
from hypothesis import strategies as st
from reporting import NAMES, TEXTS, Stream, finding, warning

from pinpoint_endpoints.delivery.preview import HttpRequest, Previewer
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.masking import CONTROLS, shown_member
from pinpoint_endpoints.reports.plan import PlanTally, PlanView, planned_steps
from pinpoint_endpoints.reports.reporter import ReportOptions
from pinpoint_endpoints.service.client import open_preview_client
from pinpoint_endpoints.service.outcome import Outcome, State, unsent
from pinpoint_endpoints.service.requests import Call, Item

MAX_BYTES = 3_000_000
"""Bytes; the long plan below, kept, would be several times as much."""

ADA = {
    "Address": "+12065550100",
    "Attributes": {"Interests": ["engines"]},
    "User": {"UserId": "ada-lovelace", "UserAttributes": {"Name": ["Ada", "Lovelace"]}},
}
WHOLE = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)
SHOWN_NAMES = WHOLE.filter(lambda name: shown_member(name) == name)
ATTRIBUTES = st.dictionaries(SHOWN_NAMES, st.lists(WHOLE, max_size=2), max_size=2)


def left_out(
    state: State = State.INVALID, *, name: str = "bob", line: int = 0, problems: int = 1
) -> Outcome:
    """Return the outcome of a document that would not be sent."""
    document = document_of(name, source="more.ndjson" if line else "bob.json", line=line)
    found = [finding(source=document.source)] * problems if state is State.INVALID else []
    return unsent(state, document, name, "not sent: for a reason", found)


@cache
def previewer() -> Previewer:
    """Return what makes requests to AWS."""
    return Previewer("demo", partial(open_preview_client, region="eu-west-1"))


def shown(
    output: str,
    stream: TextIO,
    steps: Iterable[Call | Outcome],
    error: CannotRun | None = None,
    view: PlanView | None = None,
) -> PlanTally:
    """Write a plan to a stream; return the counts."""
    view = view or PlanView()
    to_curl = output == "curl"
    preview = previewer() if to_curl or (view.verbose and output == "table") else None
    numbered = planned_steps(steps, preview, plain_path=to_curl)
    return report_plan(view, output, stream, numbered, error)


def printed(
    output: str,
    steps: Iterable[Call | Outcome],
    *,
    verbose: bool = False,
    quiet: bool = False,
    show_values: bool = False,
) -> str:
    """Return what is printed of a plan."""
    stream = Stream()
    options = ReportOptions(quiet=quiet, show_values=show_values)
    shown(output, stream, steps, view=PlanView(options, verbose=verbose))
    return stream.text()


def long_plan(endpoints: int) -> Iterator[Call]:
    """Yield calls of a hundred endpoints each."""
    for first in range(0, endpoints, 100):
        yield call(*(item(f"endpoint-{number}", ADA) for number in range(first, first + 100)))


def long_steps() -> Iterator[Call | Outcome]:
    """Yield a call, then as many documents that would not be sent, again and again."""
    for planned in long_plan(5_000):
        yield planned
        yield from (left_out() for _ in planned.items)


STEPS: list[Call | Outcome] = [
    call(item("ada"), item("bo/b", {"OptOut": "ALL"}, source="more.ndjson", line=12)),
    left_out(),
    call(item("eve")),
]


def test_the_table_names_every_endpoint_its_call_and_its_source() -> None:
    """In the order of the plan, with what is wrong above and what it comes to below."""
    text = printed("table", STEPS)
    rows = [re.findall(r"[^│]+", line) for line in text.splitlines() if line.startswith("│")]
    assert [[cell.strip() for cell in row] for row in rows] == [
        ["Place", "Code", "Severity", "Problem"],
        ["bob.json:1:1", "PE103", "error", "not a value"],
        ["Endpoint id", "Channel", "Operation", "Source"],
        ["ada", "EMAIL", "UpdateEndpointsBatch, call 1", "some/file.json"],
        ["bo/b", "", "UpdateEndpointsBatch, call 1", "more.ndjson:12"],
        ["bob", "EMAIL", "invalid", "bob.json"],
        ["eve", "EMAIL", "UpdateEndpoint, call 2", "some/file.json"],
    ]
    assert text.endswith(
        "3 endpoints would be sent in 1 call of UpdateEndpointsBatch and 1 call of UpdateEndpoint; "
        "1 document is invalid, and not sent\n"
    )


def test_a_long_plan_shows_its_first_rows_and_counts_the_others() -> None:
    """Of 10,000 endpoints and 60 invalid documents, fifty rows and fifty problems are shown."""
    text = printed("table", [*long_plan(10_000), *[left_out(problems=40)] * 60])
    assert text.count("│ endpoint-") == 50
    assert text.count("PE103") == 50
    assert "10,010 more: see all with -o text\n" in text
    assert text.endswith(
        "10,000 endpoints would be sent in 100 calls of UpdateEndpointsBatch; "
        "60 documents are invalid, and not sent\n"
    )


def test_what_was_accepted_before_is_counted_and_no_row() -> None:
    """A run that goes on shows what is still to be sent."""
    text = printed("table", [left_out(State.DONE), call(item("ada"))])
    assert "bob" not in text
    assert "more" not in text
    assert text.endswith(
        "1 endpoint would be sent in 1 call of UpdateEndpoint; 1 document was accepted before\n"
    )
    assert printed("table", []) == "nothing would be sent\n"


def test_a_quiet_table_has_no_counts() -> None:
    """With --quiet, only the table is printed, or only the requests."""
    assert "would be sent" not in printed("table", STEPS, quiet=True)
    assert "would be sent" not in printed("table", STEPS, quiet=True, verbose=True)


def test_a_plan_that_ended_early_has_no_counts() -> None:
    """They would be those of a part; what was planned till then is shown."""
    stream = Stream()
    shown("table", stream, STEPS[:1], CannotRun("the file vanished"))
    assert "more.ndjson:12" in stream.text()
    assert "would be sent" not in stream.text()


def test_text_is_a_line_for_each_document() -> None:
    """With its place, its endpoint id and its call; an invalid one comes with its problems."""
    assert printed("text", STEPS).splitlines() == [
        "some/file.json: would send ada: UpdateEndpointsBatch, call 1",
        "more.ndjson:12: would send bo/b: UpdateEndpointsBatch, call 1",
        "bob.json:1:1: error[PE103] not a value",
        "bob.json: invalid bob: not sent: for a reason",
        "some/file.json: would send eve: UpdateEndpoint, call 2",
    ]


def test_json_is_the_envelope() -> None:
    """Each document is a result, a planned one with its operation and the number of its call."""
    answer = json.loads(printed("json", [*STEPS, left_out(State.DONE, line=3)]))
    assert (answer["pe"], answer["command"], answer["status"]) == (1, "upsert", "partial")
    counts = {name: number for name, number in answer["summary"].items() if number}
    assert counts == {"documents": 5, "planned": 3, "invalid": 1, "done": 1}
    assert answer["results"][1] == {
        "endpoint_id": "bo/b",
        "channel": "",
        "state": "planned",
        "status": 0,
        "code": "",
        "message": "would be sent",
        "request_id": "",
        "source": "more.ndjson",
        "hint": "",
        "problems": [],
        "line": 12,
        "operation": "UpdateEndpointsBatch",
        "call": 1,
    }
    assert answer["results"][3]["call"] == 2
    assert [result["state"] for result in answer["results"]] == [
        "planned",
        "planned",
        "invalid",
        "planned",
        "done",
    ]


def test_json_has_the_warnings_of_what_would_be_sent() -> None:
    """They do not keep it from being sent, nor the run from being a success."""
    answer = json.loads(printed("json", [call(item("ada", problems=(warning(),)))]))
    assert answer["status"] == "success"
    assert answer["results"][0]["problems"][0]["code"] == "PE210"


def test_verbose_shows_the_request_of_each_call() -> None:
    """Request line, headers, an empty line and the body, below the endpoints that it carries."""
    text = printed("table", [call(item("a/b", {"OptOut": "ALL"}, line=7))], verbose=True)
    head, _, body = text.partition("\n\n{")
    lines = head.splitlines()
    assert lines[:6] == [
        "some/file.json:7: would send a/b: UpdateEndpoint, call 1",
        "",
        "PUT /v1/apps/demo/endpoints/a%2Fb HTTP/1.1",
        "Host: pinpoint.eu-west-1.amazonaws.com",
        "Accept-Encoding: identity",
        "Content-Type: application/json",
    ]
    assert "Authorization: AWS4-HMAC-SHA256 ***" in lines
    assert "Content-Length: 17" in lines
    assert body == ('"OptOut":"ALL"}\n\n1 endpoint would be sent in 1 call of UpdateEndpoint\n')


def body_of(text: str) -> str:
    """Return the body of the one request in a text."""
    return text.split("\n\n")[2]


@pytest.mark.parametrize("others", [[], [item("bob", EMAIL)]])
def test_a_body_is_masked(others: list[Item]) -> None:
    """Addresses, user ids and user attributes are hidden; all else, and the length, is as sent."""
    planned = call(item("ada", ADA), *others)
    text = printed("table", [planned], verbose=True)
    shown = json.loads(body_of(text))
    assert shown.get("Item", [{"Id": "ada", **shown}])[0] == {
        "Id": "ada",
        "Address": "+1***0100",
        "Attributes": {"Interests": ["engines"]},
        "User": {"UserId": "ad***", "UserAttributes": {"Name": ["***", "Lo***"]}},
    }
    sent = previewer()(planned)
    assert isinstance(sent, HttpRequest)
    assert f"Content-Length: {len(sent.body)}\n" in text


def test_a_name_in_a_body_is_masked_if_it_is_an_address() -> None:
    """Wherever it is; two that are masked alike stay two, and no other name is masked."""
    names = {"ada@example.com": ["x"], "adam@example.com": ["y"], "color:red": ["z"]}
    mail = "a***@example.com"
    user = {"UserId": "ada-lovelace", "UserAttributes": names}
    request = {"Attributes": names, "Metrics": {"+12065550100": 1.5}, "User": user}
    for others in ([], [item("bob", EMAIL)]):
        body = body_of(printed("table", [call(item("ada", request), *others)], verbose=True))
        assert f'"Attributes":{{"{mail}":["x"],"{mail}":["y"],"color:red":["z"]}}' in body
        assert '"Metrics":{"+1***0100":1.5}' in body
        assert f'"UserAttributes":{{"{mail}":["***"],"{mail}":["***"],"color:red":["***"]}}' in body


def test_a_body_is_shown_as_sent_when_asked() -> None:
    """With --show-values it is the body, byte for byte."""
    planned = call(item("ada", ADA), item("bob"))
    text = printed("table", [planned], verbose=True, show_values=True)
    assert body_of(text) == planned.batch_body().decode()


@given(st.lists(st.tuples(WHOLE, ATTRIBUTES, WHOLE), min_size=2, max_size=4), st.booleans())
def test_a_body_stays_json_in_one_line(
    endpoints: list[tuple[str, dict[str, list[str]], str]], show_values: bool
) -> None:
    """Whatever its content, it can be read again, and cannot control a terminal."""
    planned = call(
        *(
            item(f"id-{number}", {"Address": one, "Attributes": two, "User": {"UserId": three}})
            for number, (one, two, three) in enumerate(endpoints)
        )
    )
    body = body_of(printed("table", [planned], verbose=True, show_values=show_values))
    assert not re.search(CONTROLS, body)
    shown, sent = json.loads(body)["Item"], json.loads(planned.batch_body())["Item"]
    for name in ("Id", "Attributes"):
        assert [each[name] for each in shown] == [each[name] for each in sent]
    assert (shown == sent) is show_values


@given(TEXTS.filter(bool), NAMES, st.sampled_from(["table", "text"]), st.booleans())
def test_no_name_steers_a_terminal(name: str, source: str, output: str, verbose: bool) -> None:
    """Endpoint ids and file names are on one line, with control characters escaped."""
    planned = call(item(name, source=source), item("bob"))
    assert not re.search(CONTROLS, printed(output, [planned], verbose=verbose).replace("\n", ""))


def test_what_boto3_refuses_is_reported_with_its_reason() -> None:
    """It is not a call: the next call has its number."""
    steps = [call(item("ada", {"Address": 5})), call(item("bob"))]
    text = printed("table", steps, verbose=True)
    assert text.startswith("some/file.json: failed ada: boto3 refuses the request")
    assert "would send bob: UpdateEndpoint, call 1\n" in text
    assert text.endswith(
        "1 endpoint would be sent in 1 call of UpdateEndpoint; "
        "1 document is refused by boto3, and not sent\n"
    )
    stream = Stream()
    tally = shown("curl", stream, steps[:1])
    assert (tally.total, tally.not_sent[State.FAILED]) == (1, 1)
    assert stream.text() == ""


def test_commands_are_all_that_curl_s_report_prints() -> None:
    """What is not sent is counted, so that the command can say so on standard error."""
    stream = Stream()
    tally = shown("curl", stream, STEPS)
    assert [line[:4] for line in stream.text().splitlines()] == ["curl", "curl"]
    assert tally.not_sent[State.INVALID] == 1
    assert (tally.planned, tally.total) == (3, 4)


@pytest.mark.soak
@pytest.mark.parametrize("output", ["table", "text", "json", "curl", "verbose"])
def test_a_long_plan_needs_little_memory(output: str, tmp_path: Path) -> None:
    """Thousands of endpoints, and as many problems, are in the report, and not in memory."""
    path = tmp_path / "plan"
    previewer()(call(item()))  # botocore's own memory is not the report's
    with path.open("w", encoding="utf-8") as stream:
        tracemalloc.start()
        try:
            if output == "verbose":
                shown("table", stream, long_steps(), view=PlanView(verbose=True))
            else:
                shown(output, stream, long_steps())
            assert tracemalloc.get_traced_memory()[1] < MAX_BYTES
        finally:
            tracemalloc.stop()
    if output != "table":
        assert "endpoint-4999" in path.read_text(encoding="utf-8")
