"""`pe upsert` and `pe get` through Typer's runner, on the local Pinpoint and on a real server."""

import json
import shlex
from pathlib import Path

import pytest
from commands import run
from http_stub import Answer, HttpStub

from pinpoint_endpoints import load

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
SEATTLE = EXAMPLES / "seattle-iphone.json"
WARNINGS = f"3 warnings; run `pe validate {SEATTLE}` for details\n"


pytestmark = pytest.mark.usefixtures("pinpoint_local")


def stored(endpoint_id: str) -> dict[str, object]:
    """Return what the local Pinpoint has stored."""
    code, out, _ = run("get", "--local", "--app", "demo", "--id", endpoint_id, "-o", "json")
    assert code == 0
    endpoint: dict[str, object] = json.loads(out)
    return endpoint


def upsert_local(path: Path, *arguments: str) -> tuple[int, str, str]:
    """Upsert a file to the local Pinpoint."""
    return run("upsert", "--local", "--app", "demo", *arguments, path)


def test_the_table_shows_what_became_of_the_endpoint() -> None:
    """Endpoint id, channel, status and source are in the table, whole; with -v the request id."""
    code, out, err = upsert_local(SEATTLE, "--id", "iphone-in-seattle")
    assert (code, err) == (0, WARNINGS)
    for cell in ("iphone-in-seattle", "APNS", "accepted 202", str(SEATTLE)):
        assert f"│ {cell} " in out
    assert str(stored("iphone-in-seattle")["RequestId"]) not in out
    _, out, _ = upsert_local(SEATTLE, "--id", "iphone-in-seattle", "-v")
    assert f"│ {stored('iphone-in-seattle')['RequestId']} " in out


def test_amazons_example_is_stored_as_amazon_shows_it() -> None:
    """The Seattle iPhone reads back with its values, coordinates rounded, and ACTIVE."""
    upsert_local(SEATTLE, "--id", "seattle")
    sent, read = json.loads(SEATTLE.read_text(encoding="utf-8")), stored("SEATTLE")
    sent["Location"] |= {"Latitude": 47.6, "Longitude": -122.3}
    assert {key: read[key] for key in sent} == sent
    assert read["EndpointStatus"] == "ACTIVE"


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.*")))
def test_every_example_can_be_sent(name: str) -> None:
    """Each file of examples/ goes to the local Pinpoint unchanged, under its file's name."""
    code, out, _ = upsert_local(EXAMPLES / name, "-o", "text")
    assert (code, out.split()[1]) == (0, "accepted[202]")
    assert stored(name.rpartition(".")[0])["ApplicationId"] == "demo"


def test_json_and_yaml_of_an_endpoint_are_the_same(tmp_path: Path) -> None:
    """A YAML file and its values as JSON store the same endpoint."""
    (document,) = load(EXAMPLES / "berlin-pixel.yaml")
    (tmp_path / "a.json").write_text(json.dumps(document.request), encoding="utf-8")
    upsert_local(tmp_path / "a.json")
    upsert_local(EXAMPLES / "berlin-pixel.yaml", "--id", "b")
    own = {"Id", "CohortId", "CreationDate", "EffectiveDate", "RequestId", "EndpointStatus"}
    first, second = stored("a"), stored("b")
    assert {key: first[key] for key in first.keys() - own} == {
        key: second[key] for key in second.keys() - own
    }


@pytest.mark.parametrize("name", ["seattle-iphone.json", "ada-email.json", "opted-out.json"])
def test_what_get_prints_goes_back_unchanged(tmp_path: Path, name: str) -> None:
    """`pe get -o json` is a document that `pe upsert` takes back: only RequestId is a new one."""
    upsert_local(EXAMPLES / name, "--id", "Ada/Phone+1")
    before = stored("Ada/Phone+1")
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps(before), encoding="utf-8")
    assert upsert_local(copy)[0] == 0
    after = stored("Ada/Phone+1")
    assert after["RequestId"] != before["RequestId"]
    assert {**after, "RequestId": before["RequestId"]} == before


def test_get_masks_personal_data_unless_asked() -> None:
    """Table and text mask addresses, user ids and user attributes; --show-values shows them."""
    upsert_local(EXAMPLES / "ada-email.json", "--id", "ada")
    secrets = ["ada@example.com", "engines"]
    for output in ("table", "text"):
        command = ["get", "--local", "--app", "demo", "--id", "ada", "-o", output]
        _, masked, _ = run(*command)
        _, shown, _ = run(*command, "--show-values")
        assert not [secret for secret in secrets if secret in masked]
        assert [secret for secret in secrets if secret in shown] == secrets
        assert "London" in masked


def test_an_endpoint_that_is_not_there() -> None:
    """A read that the service refuses is exit 4, with its words and nothing on standard output."""
    code, out, err = run("get", "--local", "--app", "demo", "--id", "nobody")
    assert (code, out) == (4, "")
    assert err.startswith("Error: HTTP 404: ")


def test_an_invalid_file_is_not_sent_and_needs_no_target(tmp_path: Path) -> None:
    """A wrong document ends with 1 before credentials or a region are missed."""
    path = tmp_path / "wrong.json"
    path.write_text('{"OptOut": "no"}', encoding="utf-8")
    code, out, err = run("upsert", "--app", "demo", path)
    assert code == 1
    assert "wrong.json:1:12" in out
    assert err == "1 document invalid, and not sent\n"


def test_some_sent_and_some_not_is_5(tmp_path: Path) -> None:
    """In a file of several endpoints the valid ones are sent, and the exit code tells of both."""
    path = tmp_path / "batch.json"
    items = '[{"Id": "a", "ChannelType": "EMAIL", "Address": "a@b.c"}, {"Id": "b", "OptOut": 1}]'
    path.write_text(f'{{"Item": {items}}}', encoding="utf-8")
    code, out, _ = upsert_local(path, "-o", "json")
    envelope = json.loads(out)
    assert code == 5
    assert envelope["status"] == "partial"
    counts = {name: count for name, count in envelope["summary"].items() if count}
    assert counts == {"documents": 2, "accepted": 1, "invalid": 1}
    assert [result["state"] for result in envelope["results"]] == ["accepted", "invalid"]
    assert envelope["results"][1]["problems"][0]["code"] == "PE102"


def test_one_id_is_not_given_to_several_endpoints(tmp_path: Path) -> None:
    """--id with a file of several endpoints is a usage error, and nothing is sent."""
    path = tmp_path / "batch.json"
    path.write_text('{"Item": [{"Id": "a"}, {"Id": "b"}]}', encoding="utf-8")
    code, _, err = upsert_local(path, "--id", "c")
    assert code == 2
    assert "there are several" in err
    assert run("get", "--local", "--app", "demo", "--id", "c")[0] == 4


def test_a_connection_that_is_lost_keeps_the_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After three calls in a row without an answer the rest is not sent; all are named."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    path = tmp_path / "batch.json"
    items = ", ".join(f'{{"Id": "{name}", "OptOut": "ALL"}}' for name in "abcdef")
    path.write_text(f'{{"Item": [{items}]}}', encoding="utf-8")
    one_by_one = ("--no-batch", "--concurrency", "1")
    with HttpStub(Answer(), Answer(reset=True)) as server:
        target = ("--app", "demo", "--endpoint-url", server.url)
        code, out, _ = run("upsert", *target, *one_by_one, "-o", "json", path)
    envelope = json.loads(out)
    assert code == 5
    states = ["accepted", "failed", "failed", "failed", "skipped", "skipped"]
    assert [result["state"] for result in envelope["results"]] == states
    assert [result["endpoint_id"] for result in envelope["results"]] == list("abcdef")
    assert envelope["errors"][0]["code"] == "CANNOT_RUN"
    assert len(server.asked) == 4


def test_the_channel_of_an_invalid_document_is_not_repeated(tmp_path: Path) -> None:
    """An address in the place of the channel is never shown."""
    path = tmp_path / "exchanged.json"
    path.write_text('{"ChannelType": "+12065550100"}', encoding="utf-8")
    for output in ("table", "text", "json"):
        code, out, err = upsert_local(path, "-o", output)
        assert code == 1
        assert "12065550100" not in out + err


@pytest.mark.parametrize("endpoint_id", ["", ".", "..", "a$", "{a}"])
def test_an_id_that_cannot_be_is_2(endpoint_id: str) -> None:
    """An id that the service cannot take is a usage error of both commands."""
    assert upsert_local(SEATTLE, "--id", endpoint_id)[0] == 2
    assert run("get", "--local", "--app", "demo", "--id", endpoint_id)[0] == 2
    assert run("upsert", "--local", "--app", endpoint_id, "--id", "a", SEATTLE)[0] == 2


def test_a_files_name_that_is_no_id(tmp_path: Path) -> None:
    """A name that cannot be an endpoint id makes the document invalid, and says how to name it."""
    path = tmp_path / "a$b.json"
    path.write_text('{"OptOut": "ALL"}', encoding="utf-8")
    code, out, _ = upsert_local(path, "-o", "text")
    assert code == 1
    assert "error[PE107]" in out
    assert "--id" in out


def test_a_missing_file_is_3(tmp_path: Path) -> None:
    """A file that is not there could not be sent."""
    assert upsert_local(tmp_path / "none.json")[0] == 3


def test_the_application_is_an_option_or_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    """--app is needed, unless PE_APP gives it."""
    monkeypatch.delenv("PE_APP")
    assert run("upsert", "--local", "--id", "a", SEATTLE)[0] == 2
    monkeypatch.setenv("PE_APP", "demo")
    assert run("upsert", "--local", "--id", "a", SEATTLE)[0] == 0


def test_a_refusal_is_4_and_says_what_to_do() -> None:
    """What the service refuses is in the table; the advice goes to standard error."""
    answer = Answer(400, b'{"Message": "Missing Address"}')
    with HttpStub(answer) as server:
        code, out, err = run(
            "upsert", "--app", "demo", "--endpoint-url", server.url, "--id", "a", SEATTLE
        )
    assert code == 4
    assert "failed 400" in out
    assert "Missing Address" in out
    assert err == f"an endpoint needs an Address, unless OptOut is ALL\n{WARNINGS}"


def test_json_of_a_run_that_could_not_send(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a region the envelope still comes, with the error in it, and exit 3."""
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL_PINPOINT"):
        monkeypatch.delenv(name)
    code, out, err = run("upsert", "--app", "demo", "--id", "x", "-o", "json", SEATTLE)
    envelope = json.loads(out)
    assert code == 3
    assert envelope["errors"][0]["message"] == "no region is set"
    assert [result["state"] for result in envelope["results"]] == ["skipped"]
    assert envelope["results"][0]["endpoint_id"] == "x"
    assert err.startswith("Error: no region is set")


def test_verbose_says_where_it_is_sent() -> None:
    """-v names the target on standard error."""
    _, _, err = upsert_local(SEATTLE, "-v")
    assert err == f"using the local Pinpoint\n{WARNINGS}"


def test_verbose_shows_no_password_of_the_url() -> None:
    """-v names scheme, host and port of a server, and nothing else of its URL."""
    with HttpStub() as server:
        url = server.url.replace("http://", "http://ada:secret@")
        _, _, err = run("upsert", "--app", "a", "--endpoint-url", url, "-v", SEATTLE)
    assert err == f"using {server.url}\n{WARNINGS}"


def test_a_store_without_local_is_refused(tmp_path: Path) -> None:
    """Who names a store and forgets --local does not reach AWS."""
    code, _, err = run("upsert", "--app", "a", "--store", tmp_path / "store", SEATTLE)
    assert code == 2
    assert "--local" in err


def test_advice_on_a_refusal_is_not_quieted() -> None:
    """-q leaves the summary out, and never what to do about a refusal."""
    with HttpStub(Answer(403, b'{"Message": "no"}')) as server:
        options = ["--app", "a", "--endpoint-url", server.url, "-q", "-o", "text"]
        code, _, err = run("upsert", *options, SEATTLE)
    assert code == 4
    assert "mobiletargeting" in err


def test_warnings_of_a_sent_document_are_counted(tmp_path: Path) -> None:
    """A document with a warning is sent, and the warning is not hidden."""
    path = tmp_path / "a b.yaml"
    path.write_text("ChannelType: SMS\nAddress: +12065550100\n", encoding="utf-8")
    code, _, err = upsert_local(path, "--id", "a", "--ignore", "PE210", "--exclude", "x*")
    assert code == 0
    command = f"pe validate --exclude 'x*' --ignore PE210 '{path}'"
    assert err == f"1 warning; run `{command}` for details\n"
    assert "PE011" in run(*shlex.split(command)[1:]).out
    assert stored("a")["Address"] == "+12065550100"
