"""`pe migrate --via` lets the service's own engines load the profiles."""

import json
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
import pytest
from botocore.exceptions import EndpointConnectionError
from commands import Ended, run
from http_stub import Answer, HttpStub
from moto import mock_aws

from pinpoint_endpoints import connect
from pinpoint_endpoints.delivery.parts import Part, PartState, UploadJobs
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.service.s3 import S3Files, S3Folder


def endpoint(number: int, **members: object) -> dict[str, Any]:
    """Return an EndpointBatchItem of a user of its own."""
    user = {"UserId": f"customer-{number}", "UserAttributes": {"plan": ["gold, really"]}}
    address = f"user{number}@example.com"
    return {"Id": f"e{number}", "ChannelType": "EMAIL", "Address": address, "User": user, **members}


def written(path: Path, endpoints: Iterable[object]) -> Path:
    """Write endpoints, one a line."""
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in endpoints))
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file of three users, of whom one opted out."""
    return written(tmp_path / "a.ndjson", [endpoint(0), endpoint(1), endpoint(2, OptOut="ALL")])


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the path of a store that does not exist yet."""
    return tmp_path / "store.sqlite3"


def by_job(store: Path, *arguments: object) -> Ended:
    """Migrate to the local Customer Profiles by upload job."""
    target = ("--local", "--store", store, "--domain", "demo")
    return run("migrate", *target, "--via", "upload-job", "--expires-days", 90, *arguments)


def jobs_of(store: Path) -> list[dict[str, Any]]:
    """Return the upload jobs of the local Customer Profiles."""
    client = connect(service="customer-profiles", local=True, store=store)
    return list(client.list_upload_jobs(DomainName="demo")["Items"])


def test_an_upload_job_loads_the_profiles(store: Path, source: Path) -> None:
    """The part and the profiles are shown, masked; the job has the expiry that was asked for."""
    ended = by_job(store, "-o", "text", source)
    assert ended.code == 0
    assert "profiles-00001.csv: loaded 3 created (job " in ended.out
    assert "accepted cu***: AccountNumber, EmailAddress, 3 attributes" in ended.out
    assert "accepted cu***: AccountNumber, 4 attributes" in ended.out
    assert "1 endpoint gave no address" in ended.err
    assert not any(text in ended.out + ended.err for text in ("customer-1", "user1@", "really"))
    (job,) = jobs_of(store)
    assert (job["Status"], job["DataExpiry"]) == ("SUCCEEDED", 90)
    shown = by_job(store, "-o", "json", "--show-values", source)
    told = json.loads(shown.out)
    assert told["summary"]["loaded"] == 3
    assert told["results"][0]["updated"] == 3
    assert "user1@example.com" in shown.out
    assert "gold, really" in shown.out


def test_a_dry_run_shows_the_parts(store: Path, source: Path) -> None:
    """It sends nothing, and makes no store."""
    ended = by_job(store, "--dry-run", source)
    assert ended.code == 0
    assert "3 profiles in 1 part: 3 planned" in ended.out
    assert not store.exists()


def test_a_stopped_run_follows_its_jobs(store: Path, source: Path, tmp_path: Path) -> None:
    """A part whose job is known is not loaded twice; one with other profiles is loaded."""
    journal = tmp_path / "journal"
    assert by_job(store, "--journal", journal, source).code == 0
    lines = journal.read_bytes().splitlines(keepends=True)
    assert b"customer-1" not in b"".join(lines)
    for known in (lines[:2], lines):  # killed after the job was created, and at the end
        journal.write_bytes(b"".join(known))
        ended = by_job(store, "--journal", journal, "-o", "text", source)
        assert ended.code == 0
        assert len(jobs_of(store)) == 1
    assert "done loaded in an earlier run by job" in ended.out
    written(source, [endpoint(3)])
    assert "1 created" in by_job(store, "--journal", journal, source).out
    assert len(jobs_of(store)) == 2


def test_invalid_documents_are_in_no_part(store: Path, tmp_path: Path) -> None:
    """The others are loaded; without any, nothing is."""
    source = written(tmp_path / "a.ndjson", [endpoint(1), endpoint(2, OptOut="PERHAPS")])
    ended = by_job(store, source)
    assert ended.code == 5
    assert "1 profile in 1 part: 1 loaded; 1 document invalid, and in no profile" in ended.out
    written(source, [endpoint(2, OptOut="PERHAPS")])
    assert by_job(store, source).code == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("--via upload-job", "needs --expires-days: the service deletes the profiles"),
        ("--expires-days 9", "--expires-days is only for --via upload-job"),
        ("--via upload-job --expires-days 9 --failures f", "--failures has no meaning"),
        ("--via upload-job --expires-days 9 --create-object-type", "has no meaning"),
        ("--via s3", "needs --s3-url with a folder"),
        ("--via s3 --s3-url s3://bucket/", "needs --s3-url with a folder"),
        ("--via s3 --s3-url s3://bucket/key", "needs --s3-url with a folder"),
        ("--via s3 --s3-url s3://bucket/a/ --journal j", "--journal has no meaning"),
        ("--via s3 --s3-url s3://b/in/ s3://b/", "a second run would read the parts in s3://b/in/"),
        ("--via s3 --s3-url s3://bucket/a/ --local", "has no S3 integration"),
        ("--s3-url s3://bucket/a/", "--s3-url is only for --via s3"),
    ],
)
def test_options_that_do_not_go_together(source: Path, arguments: str, message: str) -> None:
    """Nothing is read."""
    ended = run("migrate", "--domain", "demo", *arguments.split(), source)
    assert ended.code == 2
    assert message in ended.err


JOB = "0" * 32


def part(name: str = "profiles-00001.csv") -> Part:
    """Return a part with one profile."""
    return Part(name, BytesIO(b"userId\nu1\n"), 1, 10, name)


TYPE = {"Fields": {}, "Keys": {"id": [{"StandardIdentifiers": ["UNIQUE"], "FieldNames": ["a"]}]}}


def answer(**members: object) -> Answer:
    """Return the answer to a call."""
    return Answer(200, orjson.dumps(members))


def loaded(server: HttpStub, *parts: Part, waits: list[float] | None = None) -> list[Any]:
    """Load parts by upload jobs of a server that says what it is told to."""
    client = connect(service="customer-profiles", endpoint_url=server.url)
    kept: list[float] = [] if waits is None else waits
    return [*UploadJobs(client, "demo", TYPE, 30, wait=kept.append).load(parts)]


def test_a_job_is_waited_for(aws_variables: None) -> None:
    """An upload that does not arrive is sent again; a start whose answer was lost is a start."""
    waits: list[float] = []
    with HttpStub(answer(JobId=JOB)) as server:
        path = answer(Url=f"{server.url}/put?X-Amz-Signature=secret", ClientToken="a2V5")
        server.then(
            path,
            Answer(500),
            path,
            Answer(200, b""),
            Answer(400, b'{"Message": "started already"}'),
            answer(JobId=JOB, Status="IN_PROGRESS"),
            answer(JobId=JOB, Status="IN_PROGRESS"),
            answer(JobId=JOB, Status="IN_PROGRESS"),
            answer(JobId=JOB, Status="SUCCEEDED", ResultsSummary={"CreatedRecords": 1}),
        )
        (outcome,) = loaded(server, part(), waits=waits)
    assert (outcome.state, outcome.created) == (PartState.LOADED, 1)
    assert waits == [1.0, 1.5]
    first = server.asked[0]
    assert (first.method, json.loads(first.body)["DataExpiry"]) == ("POST", 30)
    put = server.asked[4]
    assert (put.method, put.body) == ("PUT", b"userId\nu1\n")
    sse = "x-amz-server-side-encryption-customer-"
    headers = {name.lower(): value for name, value in put.headers.items()}
    assert headers[f"{sse}algorithm"] == "AES256"
    assert headers[f"{sse}key"] == "a2V5"
    assert headers[f"{sse}key-md5"] == "PG4LipwVIkqCKLmpjKFTHQ=="


def test_nothing_is_sent_after_a_job_that_failed(aws_variables: None) -> None:
    """It would fail for the same reason."""
    with HttpStub(answer(JobId=JOB)) as server:
        server.then(
            answer(Url=f"{server.url}/put", ClientToken="a2V5"),
            Answer(200, b""),
            answer(),
            answer(JobId=JOB, Status="FAILED", StatusReason="VALIDATION_FAILURE"),
        )
        first, second = loaded(server, part(), part("profiles-00002.csv"))
    assert first.state is PartState.FAILED
    assert first.message == f"the upload job {JOB} is FAILED: VALIDATION_FAILURE"
    assert second.state is PartState.SKIPPED


def test_profiles_that_a_job_refused_are_counted(aws_variables: None, source: Path) -> None:
    """The exit code says that some were loaded, and the hint how to see which were not."""
    counts = {"CreatedRecords": 2, "FailedRecords": 1}
    with HttpStub(answer(DomainName="demo"), answer(JobId=JOB)) as server:
        server.then(
            answer(Url=f"{server.url}/put", ClientToken="a2V5"),
            Answer(200, b""),
            answer(),
            answer(JobId=JOB, Status="PARTIALLY_SUCCEEDED", ResultsSummary=counts),
        )
        arguments = ("--via", "upload-job", "--expires-days", 9, "-o", "text", source)
        ended = run("migrate", "--domain", "demo", "--endpoint-url", server.url, *arguments)
    assert ended.code == 5
    assert f"profiles-00001.csv: partial 2 created, 1 refused (job {JOB})" in ended.out
    assert "the service does not say which profiles it refused" in ended.err


def test_a_refused_upload_hides_its_url(aws_variables: None, source: Path, tmp_path: Path) -> None:
    """Which is signed; the code of Amazon S3 is told, and the job is kept for the next run."""
    journal = tmp_path / "journal"
    domain = answer(DomainName="demo")
    with HttpStub(domain, answer(JobId=JOB)) as server:
        server.then(
            answer(Url=f"{server.url}/put?X-Amz-Signature=secret", ClientToken="a2V5"),
            Answer(403, b"<Error><Code>AccessDenied</Code></Error>"),
        )
        arguments = ("--via", "upload-job", "--expires-days", 9, "--journal", journal, source)
        ended = run("migrate", "--domain", "demo", "--endpoint-url", server.url, *arguments)
    assert ended.code == 4
    assert f"the upload for job {JOB} was refused: HTTP 403 AccessDenied" in ended.err
    assert "secret" not in ended.out + ended.err
    assert JOB in journal.read_text(encoding="utf-8")


@pytest.fixture
def s3(aws_variables: None) -> Iterator[Any]:
    """Return a client of moto's S3, with the bucket `profiles`."""
    with mock_aws():
        client = S3Files().client
        client.create_bucket(Bucket="profiles")
        yield client


def to_s3(*arguments: object) -> Ended:
    """Migrate by the S3 integration."""
    url = ("--s3-url", "s3://profiles/in/")
    return run("migrate", "--domain", "demo", "--via", "s3", *url, "-o", "text", *arguments)


def test_parts_are_put_into_s3_once(s3: Any, source: Path) -> None:
    """A second run has nothing to do; other objects are not mixed with them."""
    stale = {"Bucket": "profiles", "Key": "in/profiles-00001.jsonl"}
    s3.create_multipart_upload(**stale)
    ended = to_s3(source)
    assert ended.code == 0
    assert "s3://profiles/in/profiles-00001.jsonl: uploaded 3 profiles" in ended.out
    assert "next: an S3 integration of the domain demo" in ended.err
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="profiles")
    lines = s3.get_object(**stale)["Body"].read().splitlines()
    assert json.loads(lines[0])["userId"] == "customer-0"
    assert len(lines) == 3
    assert "done it is there already" in to_s3(source).out
    written(source, [endpoint(7)])
    ended = to_s3(source)
    assert ended.code == 3
    assert "has other objects, such as profiles-00001.jsonl" in ended.err


def test_s3_refuses(s3: Any, source: Path) -> None:
    """The message names the folder and the reason."""
    s3.delete_bucket(Bucket="profiles")
    ended = to_s3(source)
    assert ended.code == 3
    assert "s3://profiles/in/ cannot be used: there is no bucket profiles" in ended.err


def test_nothing_is_left_of_an_upload_that_broke(s3: Any) -> None:
    """Its pieces are removed: Amazon S3 would charge for them."""
    files = S3Files()

    def fail(params: dict[str, Any], **_: object) -> None:
        if params["query_string"]["partNumber"] == 2:
            raise EndpointConnectionError(endpoint_url="https://s3.example.com")

    files.client.meta.events.register("before-call.s3.UploadPart", fail)
    with pytest.raises(CannotRun, match="no connection to"):
        S3Folder(files, "s3://profiles/in/").put("a", BytesIO(bytes(9_000_000)), "digest")
    assert "Uploads" not in s3.list_multipart_uploads(Bucket="profiles")
    assert "Contents" not in s3.list_objects_v2(Bucket="profiles")
