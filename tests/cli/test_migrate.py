"""`pe migrate` puts the users of endpoint files into Customer Profiles."""

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import orjson
import pytest
from commands import Ended, run
from http_stub import Answer, HttpStub

from pinpoint_endpoints import connect

TYPE = {"ObjectTypeName": "PinpointUser", "Description": "d"}
HERE = Answer(200, orjson.dumps(TYPE))


def endpoint(number: int, **members: object) -> dict[str, Any]:
    """Return an EndpointBatchItem of a user of its own."""
    return {
        "Id": f"e{number:02}",
        "ChannelType": "EMAIL",
        "Address": f"user{number:02}@example.com",
        "User": {"UserId": f"customer-{number:02}", "UserAttributes": {"plan": ["gold"]}},
        **members,
    }


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return the path of a store that does not exist yet."""
    return tmp_path / "store.sqlite3"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """Return a file of twelve users, of whom one opted out."""
    return written(tmp_path / "all.ndjson", [endpoint(n) for n in range(11)] + [OPTED_OUT])


OPTED_OUT = endpoint(11, OptOut="ALL")


def written(path: Path, endpoints: Iterable[object]) -> Path:
    """Write endpoints, one a line."""
    path.write_bytes(b"".join(orjson.dumps(one) + b"\n" for one in endpoints))
    return path


def local(store: Path, *arguments: object) -> Ended:
    """Migrate to the local Customer Profiles."""
    return run("migrate", "--local", "--store", store, "--domain", "demo", *arguments)


def profile(store: Path, number: int) -> dict[str, Any]:
    """Return the profile of a user in the local Customer Profiles."""
    client = connect(service="customer-profiles", local=True, store=store)
    (found,) = client.search_profiles(
        DomainName="demo", KeyName="pinpointUserId", Values=[f"customer-{number:02}"]
    )["Items"]
    return dict(found)


def remote(server: HttpStub, *arguments: object) -> Ended:
    """Migrate to a server that says what it is told to."""
    url = ("--endpoint-url", server.url, "--concurrency", 1)
    return run("migrate", *url, "--domain", "demo", "-o", "json", *arguments)


def test_profiles_are_made_and_shown(store: Path, source: Path) -> None:
    """--local makes the domain, and says what each profile has, masked."""
    ended = local(store, "--create-object-type", "-o", "text", source)
    assert ended.code == 0
    assert ended.out.count("accepted[200]") == 12
    assert "AccountNumber, EmailAddress, 3 attributes" in ended.out
    assert "created the object type PinpointUser with" in ended.err
    assert "1 endpoint gave no address" in ended.err
    assert not re.search(r"customer-\d|user\d\d@", ended.out + ended.err)
    assert profile(store, 3)["EmailAddress"] == "user03@example.com"
    assert profile(store, 3)["Attributes"]["plan"] == "gold"
    assert "EmailAddress" not in profile(store, 11)
    assert profile(store, 11)["Attributes"]["PinpointOptOut"] == "ALL"
    shown = local(store, "--show-values", "-o", "json", source)
    assert "user03@example.com" in shown.out


def test_a_domain_needs_an_object_type(store: Path, source: Path) -> None:
    """Nothing is sent without one: all profiles are skipped, and the error says how to make it."""
    ended = local(store, source)
    assert ended.code == 4
    assert "add --create-object-type" in ended.err
    assert "12 profiles: 0 accepted, 12 skipped" in ended.err


def test_the_difference_of_the_object_type_is_shown(store: Path, tmp_path: Path) -> None:
    """Fields that an earlier migration made stay, and missing ones are added only if asked."""
    first = written(tmp_path / "1.ndjson", [endpoint(1, Attributes={"old": ["1"]})])
    second = written(tmp_path / "2.ndjson", [endpoint(2, Attributes={"new": ["1"]})])
    assert local(store, "--create-object-type", first).code == 0
    ended = local(store, second)
    assert "does not have: attr_new" in ended.err
    assert "stays as it is" in ended.err
    assert "new" not in profile(store, 2)["Attributes"]
    ended = local(store, "--create-object-type", second)
    assert "only the existing object type has, and keeps: attr_old" in ended.err
    assert "changed the object type" in ended.err
    assert profile(store, 2)["Attributes"]["new"] == "1"


def test_a_run_that_was_stopped_is_resumed(store: Path, source: Path, tmp_path: Path) -> None:
    """The journal skips what was accepted, and holds no user id."""
    journal = tmp_path / "journal"
    arguments = ("--create-object-type", "--journal", journal)
    assert local(store, *arguments, source).code == 0
    lines = journal.read_bytes().splitlines(keepends=True)
    assert b"customer" not in b"".join(lines)
    journal.write_bytes(b"".join(lines[:5]) + lines[5][:20])  # killed while it wrote
    ended = local(store, *arguments, source)
    assert "12 profiles: 8 accepted, 4 accepted before" in ended.out


def test_a_dry_run_sends_nothing(store: Path, source: Path) -> None:
    """It shows the calls, and makes no store."""
    ended = local(store, "--dry-run", source)
    assert ended.code == 0
    calls = "1 call of BatchPutProfileObject"
    assert f"12 profiles would be sent in 2 calls of {calls[10:]}" in ended.out
    assert not store.exists()


def test_invalid_documents_are_in_no_profile(store: Path, tmp_path: Path) -> None:
    """The others are sent, and the exit code says that some were not."""
    source = written(tmp_path / "a.ndjson", [endpoint(1), endpoint(2, OptOut="PERHAPS")])
    ended = local(store, "--create-object-type", source)
    assert ended.code == 5
    assert "1 profile: 1 accepted; 1 document invalid, and in no profile" in ended.out


def test_the_journal_and_the_failures_name_what_was_refused(
    store: Path, source: Path, tmp_path: Path
) -> None:
    """An answer for each item: what failed is named, masked, and in the failures file."""
    failed = {"Id": "3", "Code": 400, "Message": "bad e-mail user03@example.com of customer-03"}
    stored = [{"Id": str(n), "ProfileObjectUniqueKey": "k"} for n in range(10) if n != 3]
    batch = Answer(200, orjson.dumps({"Successful": stored, "Failed": [failed]}))
    rest = orjson.dumps({"Successful": stored[:2], "Failed": []})
    failures = tmp_path / "failures"
    with HttpStub(HERE, batch, Answer(200, rest)) as server:
        ended = remote(server, source, "--failures", failures)
        assert [asked.path.rpartition("/")[2] for asked in server.asked] == [
            "PinpointUser",
            "batch-put-profile-object",
            "batch-put-profile-object",
        ]
    assert ended.code == 5
    envelope = json.loads(ended.out)
    assert envelope["summary"]["accepted"] == 11
    (refused,) = (one for one in envelope["results"] if one["state"] == "failed")
    assert refused["status"] == 400
    assert "user03" not in ended.out
    assert "customer-03" not in ended.out
    assert orjson.loads(failures.read_bytes())["userId"] == "customer-03"
    sent = orjson.loads(server.asked[1].body)
    assert (len(sent["Items"]), sent["ObjectTypeName"]) == (10, "PinpointUser")


def test_a_profile_that_another_call_changes_is_sent_again(tmp_path: Path) -> None:
    """A concurrent update is no fault of the object."""
    busy = Answer(
        400,
        b'{"Message": "concurrent update in-progress for a@example.com"}',
        {"x-amzn-ErrorType": "BadRequestException"},
    )
    done = Answer(200, b'{"ProfileObjectUniqueKey": "k"}')
    with HttpStub(HERE, busy, done) as server:
        ended = remote(server, written(tmp_path / "a.ndjson", [endpoint(1)]))
        assert len(server.asked) == 3
    assert ended.code == 0


def test_one_by_one_where_batches_are_not_allowed(tmp_path: Path) -> None:
    """Credentials of before May 2026 allow PutProfileObject alone."""
    denied = Answer(
        403, b'{"Message": "not authorized"}', {"x-amzn-ErrorType": "AccessDeniedException"}
    )
    done = Answer(200, b'{"ProfileObjectUniqueKey": "k"}')
    source = written(tmp_path / "a.ndjson", [endpoint(1), endpoint(2)])
    with HttpStub(HERE, denied, done) as server:
        ended = remote(server, source)
        assert [asked.path.rpartition("/")[2] for asked in server.asked[1:]] == [
            "batch-put-profile-object",
            "objects",
            "objects",
        ]
    assert ended.code == 0


@pytest.mark.parametrize("name", ["a b", "x" * 65])
def test_names_that_the_service_refuses(name: str, source: Path) -> None:
    """They are refused before anything is read."""
    assert run("migrate", "--local", "--domain", name, source).code == 2


def test_a_refusal_in_an_invalid_document_counts(source: Path, store: Path) -> None:
    """The address that it opts out is sent for nobody."""
    invalid = endpoint(20, Address="user00@example.com", OptOut="ALL", Attributes={"a": "b"})
    written(source, [endpoint(0), invalid])
    assert local(store, "--create-object-type", source).code == 5
    assert "EmailAddress" not in profile(store, 0)


def test_nothing_is_sent_if_a_text_cannot_be_read(source: Path, store: Path) -> None:
    """The rest of a cut export might opt out people that the first part has."""
    written(source, [endpoint(0), endpoint(1)])
    source.write_bytes(source.read_bytes()[:-9])
    ended = local(store, "--create-object-type", source)
    assert (ended.code, "nothing was sent" in ended.err) == (3, True)
    assert not store.exists()
