"""What is not an endpoint: one problem says what it is."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.documents import codes

ENDPOINT = {"ChannelType": "EMAIL", "Address": "ada@example.com"}
EVENT = {"event_type": "_email.send", "client": {"client_id": "ada"}, "attributes": {}}


@pytest.mark.parametrize(
    ("value", "message", "hint"),
    [
        (
            {"Message": {}, "CampaignId": "1", "Endpoints": {"a": ENDPOINT}},
            "campaign",
            '"Endpoints"',
        ),
        ({"ApplicationId": "demo", "JourneyId": "1", "Endpoints": {}}, "journey", '"Endpoints"'),
        ({"EventsRequest": {"BatchItem": {}}}, "PutEvents", '"EventsRequest.BatchItem'),
        ({"BatchItem": {"a": {"Endpoint": ENDPOINT, "Events": {}}}}, "PutEvents", '"BatchItem.'),
        (EVENT, "event stream", "client_context.custom.endpoint"),
        ({"MessageBody": {"Message": "Accepted"}}, "answer to an update", "no endpoint"),
        ({"Message": "Accepted", "RequestID": "1"}, "answer to an update", "no endpoint"),
        ({"ResponseMetadata": {}, "MessageBody": {}}, "answer to an update", "no endpoint"),
        ({"ResponseMetadata": {"RequestId": "1"}}, "SDK", "no endpoint"),
        ({"SegmentResponse": {"Id": "1"}}, "a segment", "`pe segment`"),
        ({"a": ENDPOINT, "b/c": {**ENDPOINT, "User": {}}}, "map of endpoints", '"Id"'),
    ],
)
@pytest.mark.parametrize("listed", [False, True], ids=["alone", "in a list"])
def test_another_document_is_one_problem(
    tmp_path: Path, value: Any, message: str, hint: str, *, listed: bool
) -> None:
    """It is named for what it is, is no endpoint for `stats`, and has no other problem."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps([value] if listed else value), encoding="utf-8")
    (document,) = load(path)
    (problem,) = validate(document)
    assert problem.code == codes.NOT_AN_ENDPOINT
    assert message in problem.message
    assert hint in problem.hint
    assert not document.has_endpoint


@pytest.mark.parametrize(
    "value",
    [{"EndPointRequest": ENDPOINT}, {"Adress": "x"}, {"address": "x"}, {"Endpoints": []},
     {"user": {"userId": "1"}}],
    ids=str,
)  # fmt: skip
def test_a_misspelt_member_is_still_named(tmp_path: Path, value: Any) -> None:
    """A slip in a name is no other kind of document."""
    path = tmp_path / "a.json"
    path.write_text(json.dumps(value), encoding="utf-8")
    (document,) = load(path)
    assert {problem.code for problem in validate(document)} == {codes.UNKNOWN_MEMBER}


TABLES = {
    "CSV": "channeltype,address\nEMAIL,ada@example.com\n",
    "a colon in a cell": "e-mail,address,note\nb@example.com,x,Time: 10:00\n",
    "quoted": '"channeltype","address"\r\n"EMAIL","a@example.com"\r\n',
    "semicolons": "optout;address\na;b\n",
    "header only": "\ufeffaddress,optout\n",
    "TSV": "address\toptout\na@example.com\tALL\n",
    "XML": '<?xml version="1.0"?>\n<Endpoint><Id>a</Id></Endpoint>\n',
    "shorthand": "ChannelType=EMAIL,Address=ada@example.com,User={UserId=1}",
    "text": "ENDPOINTRESPONSE\tada@example.com\tdemo\tEMAIL\nLOCATION\tDE\n",
    "table": "-------------\n|GetEndpoint|\n+-----------+\n",
}
KINDS = {"shorthand": "shorthand", "text": "output as text", "table": "output as a table"}


@pytest.mark.parametrize("name", TABLES)
@pytest.mark.parametrize("suffix", ["", ".txt", ".yaml", ".gz"])
def test_another_format_is_told_by_its_first_line(tmp_path: Path, name: str, suffix: str) -> None:
    """Whatever the file is called, and compressed or not."""
    path = tmp_path / f"a{suffix}"
    raw = TABLES[name].encode()
    path.write_bytes(gzip.compress(raw) if suffix == ".gz" else raw)
    (document,) = load(path)
    (problem,) = validate(document)
    wanted = KINDS.get(name, name if name in ("XML", "TSV") else "CSV")
    assert (problem.code, problem.line) == (codes.NOT_AN_ENDPOINT, 1)
    assert wanted in problem.message


def test_the_suffix_tells_a_table_without_known_headers(tmp_path: Path) -> None:
    """But what is JSON in a file of that name is read."""
    table, endpoint = tmp_path / "a.csv", tmp_path / "b.csv"
    table.write_text("e-mail\na@example.com\n", encoding="utf-8")
    endpoint.write_text('{"Id": "b", "OptOut": "ALL"}', encoding="utf-8")
    documents = list(load([table, endpoint]))
    assert [problem.code for problem in validate(documents[0])] == [codes.NOT_AN_ENDPOINT]
    assert documents[1].endpoint_id == "b"
