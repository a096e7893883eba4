"""`s3://` paths are read like files, by every command that reads."""

import gzip
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from commands import Ended, RunPe, run
from http_stub import Answer, HttpStub
from moto import mock_aws
from moto.server import ThreadedMotoServer

from pinpoint_endpoints.service.client import open_s3_client

Put = Callable[..., None]


def endpoint(number: int, **members: object) -> dict[str, object]:
    """Return an EndpointBatchItem."""
    address = f"user{number}@example.com"
    return {"Id": f"e{number}", "ChannelType": "EMAIL", "Address": address, **members}


LINES = b"".join(orjson.dumps(endpoint(n)) + b"\n" for n in range(3))
ADA = orjson.dumps({"ChannelType": "EMAIL", "Address": "ada@example.com"})


@pytest.fixture
def put(aws_variables: None) -> Iterator[Put]:
    """Return a function that puts an object into the bucket `exports`, in moto's S3."""
    with mock_aws():
        client = open_s3_client()
        client.create_bucket(Bucket="exports")

        def put_object(key: str, body: bytes = ADA, **more: Any) -> None:
            client.put_object(Bucket="exports", Key=key, Body=body, **more)

        yield put_object


def validated(*arguments: object) -> tuple[Ended, dict[str, Any]]:
    """Run `pe validate -o json`, and return its envelope too."""
    ended = run("validate", "-o", "json", *arguments)
    return ended, json.loads(ended.out)


def test_a_prefix_is_searched_like_a_directory(put: Put) -> None:
    """The same names are read, in the order of the keys; what is in no name is not below."""
    put("2026/b.json.gz", gzip.compress(orjson.dumps(endpoint(1))))
    put("2026/a/ada.json")
    put("2026/")
    put("2026/part", b"no suffix")
    put("2026/notes.txt", b"not read")
    put("2026/.hidden/x.json")
    put("2026/drafts/x.json")
    put("2026/other.csv", b"name,age\nAda,36\n")
    put("2026/all.csv", b"ChannelType,Address,Id\nEMAIL,bo@example.com,one\n")
    put("20261/x.json")
    listed = run("validate", "--list-files", "s3://exports/2026/", "--exclude", "drafts/")
    assert listed.out.split() == [
        "s3://exports/2026/a/ada.json",
        "s3://exports/2026/all.csv",
        "s3://exports/2026/b.json.gz",
    ]
    ended, told = validated("s3://exports/2026/", "--exclude", "drafts/")
    assert ended.code == 0
    assert told["summary"]["valid"] == 3
    assert "left out 2 files that pe does not read: 1 .txt, 1 without suffix" in ended.err
    both = run("validate", "--list-files", "s3://exports/2026/a/", "s3://exports/2026/")
    assert both.out.split().count("s3://exports/2026/a/ada.json") == 1
    assert len(run("validate", "--list-files", "s3://exports").out.split()) == 5


def test_an_object_is_read_whatever_its_name(put: Put) -> None:
    """The id is the last part of the key; places are URLs; nothing is fixed there."""
    put("x/ada", b'{"ChannelType": "FAX", "OptOut": "ALL"}')
    ended, told = validated("s3://exports/x/ada")
    assert ended.code == 1
    assert told["results"][0]["source"] == "s3://exports/x/ada"
    for output, place in (
        ("text", "s3://exports/x/ada:1:17: error"),
        ("github", "file=s3%3A//exports/x/ada,"),
        ("junit", 'classname="s3://exports/x" name="ada"'),
        ("sarif", '"uri":"s3://exports/x/ada"'),
    ):
        assert place in run("validate", "-o", output, "s3://exports/x/ada").out
    for option in ("--fix", "--diff"):
        refused = run("validate", option, "s3://exports/x/ada")
        assert refused.code == 2
        assert "cannot be fixed: pe writes nothing to Amazon S3" in refused.err


def test_every_command_that_reads_files_reads_there(put: Put, tmp_path: Path) -> None:
    """Sent, compared, counted, converted, migrated."""
    put("all.ndjson", LINES)
    put("ada.json")
    url = "s3://exports/"
    store = ("--local", "--store", tmp_path / "store.sqlite3")
    app = (*store, "--app", "demo")
    assert "4 documents: 4 accepted" in run("upsert", *app, url).out
    assert run("diff", *app, url).code == 0
    assert "4 endpoints" in run("stats", url).out
    assert len(run("convert", "--to", "ndjson", url).out.splitlines()) == 4
    migrated = run("migrate", *store, "--domain", "demo", "--create-object-type", url)
    assert "4 profiles: 4 accepted" in migrated.out


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("s3://exports/none.json", "cannot be read: there is no such object; to read all below"),
        ("s3://exports/none/", "cannot be read: there is no object with this prefix"),
        ("s3://nothing/here/", "cannot be read: there is no bucket nothing"),
        ("s3://nothing/here.json", "cannot be read: there is no bucket nothing"),
        ("s3://Not a bucket/", "cannot be read: not the name of a bucket and a key"),
        ("s3://", "cannot be read: not the name of a bucket and a key"),
        ("s3://exports/cut.ndjson.gz", "cannot be read: the gzip data is damaged or incomplete"),
        ("s3://exports/cold.json", "cannot be read: it is archived: restore it first"),
    ],
)
def test_what_cannot_be_read_says_why(put: Put, path: str, message: str) -> None:
    """As of a file, and with the same exit code."""
    put("cut.ndjson.gz", gzip.compress(LINES)[:-12])
    put("cold.json", StorageClass="GLACIER")
    ended = run("validate", "-o", "text", path)
    assert ended.code == 3
    assert message in ended.out


S3_ERROR = "<Error><Code>{}</Code><Message>to user@example.com</Message></Error>"


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("AccessDenied", 403, "access denied (to u***@"),
        ("AccessDenied", 403, "the credentials need s3:ListBucket"),
        ("ExpiredToken", 400, "Amazon S3 refused the credentials: to u***@"),
        ("SlowDown", 503, "HTTP 503: to u***@"),
    ],
)
def test_a_refusal_says_what_to_do(
    aws_variables: None, monkeypatch: pytest.MonkeyPatch, code: str, status: int, message: str
) -> None:
    """Without the texts of the server that may be personal."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with HttpStub(Answer(status, S3_ERROR.format(code).encode())) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL_S3", server.url)
        ended = run("validate", "-o", "text", "s3://exports/x/")
    assert ended.code == 3
    assert message in ended.out + ended.err


def test_a_body_that_is_cut_is_read_on(
    aws_variables: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the byte after the last one, of the same version; and not for ever."""
    headers = {"ETag": '"1"'}
    whole = Answer(200, LINES, headers)
    cut = Answer(200, LINES, headers, cut=30)
    rest = Answer(206, LINES[-30:], {**headers, "Content-Range": "bytes 1-2/3"})
    with HttpStub(cut, rest) as server:
        monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
        assert validated("s3://exports/x.ndjson")[0].code == 0
        assert server.asked[1].headers["Range"] == f"bytes={len(LINES) - 30}-"
        assert server.asked[1].headers["If-Match"] == '"1"'
    for answers, message in (
        ((cut, Answer(206, b"1234", {**headers, "Content-Range": "b"}, cut=4)), "again and again"),
        ((cut, whole), "cannot go on in the middle"),
        ((cut, Answer(412, S3_ERROR.format("PreconditionFailed").encode())), "it was replaced"),
    ):
        with HttpStub(*answers) as server:
            monkeypatch.setenv("AWS_ENDPOINT_URL", server.url)
            ended = run("validate", "-o", "text", "s3://exports/x.ndjson")
        assert ended.code == 3
        assert message in ended.out


def test_region_and_credentials_are_those_of_the_aws_cli(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is missing is said, without --local, which would not help."""
    ended = run("validate", "s3://exports/x.json")
    assert ended.code == 3
    assert "no region is set\n       use --region, or set AWS_REGION\n" in ended.err
    ended = run("validate", "--region", "eu-west-1", "s3://exports/x/")
    assert ended.code == 3
    assert "no credentials were found" in ended.err
    assert "--local" not in ended.err
    ended = run("stats", "--profile", "nobody", "s3://exports/x/")
    assert ended.code == 3
    assert "nobody" in ended.err


@pytest.mark.external
def test_the_installed_command_reads_from_a_server(pe: RunPe, aws_variables: None) -> None:
    """Over HTTP, with the checksums of botocore."""
    server = ThreadedMotoServer("127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        url = "http://{}:{}".format(*server.get_host_and_port())
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL_S3", url)
            client = open_s3_client()
        client.create_bucket(Bucket="exports")
        for number in range(3, 6):
            key = f"many/{number}.json"
            client.put_object(Bucket="exports", Key=key, Body=orjson.dumps(endpoint(number)))
        client.put_object(Bucket="exports", Key="one/all.ndjson.gz", Body=gzip.compress(LINES))
        paths = ("s3://exports/many/", "s3://exports/one/all.ndjson.gz")
        ended = pe("stats", *paths, AWS_ENDPOINT_URL_S3=url)
    finally:
        server.stop()
    assert ended.returncode == 0
    assert "6 endpoints" in ended.stdout
