"""The file of endpoints that have to be sent again."""

import os
import stat
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from deliveries import document, documents, ended, item, lines_of, names, request
from faulty_pinpoint import FaultyPinpoint, refuse_every

from pinpoint_endpoints import CannotRun, State, connect, load
from pinpoint_endpoints.delivery.journal import Journal, JournalTarget
from pinpoint_endpoints.delivery.log import DeliveryLog, FailureFile
from pinpoint_endpoints.service.outcome import Outcome

TARGET = JournalTarget("app", "us-east-1", "http://localhost")


def outcome(name: str, state: State) -> Outcome:
    """Return what became of an endpoint."""
    return Outcome(name, "EMAIL", state, 0, "", "no", "", "some/file.json")


def test_a_line_is_the_endpoint_as_it_would_be_sent(tmp_path: Path) -> None:
    """With its id, and with what AWS calls it in a batch: `pe upsert` takes it back unchanged."""
    path = tmp_path / "failures.ndjson"
    with FailureFile(str(path)) as failures:
        failures.write([item("Ädä/1", request(1)), item("b", {"OptOut": "ALL", "Metrics": {}})])
        failures.write([item("c", {"Metrics": {"huge": 2**70}})])
    assert lines_of(path) == [
        {"Id": "Ädä/1", **request(1)},
        {"Id": "b", "OptOut": "ALL", "Metrics": {}},
        {"Id": "c", "Metrics": {"huge": 2**70}},
    ]
    loaded = list(load(path))
    assert [one.endpoint_id for one in loaded] == ["Ädä/1", "b", "c"]
    assert loaded[0].request == request(1)


def test_only_its_owner_may_read_it(tmp_path: Path) -> None:
    """It holds addresses."""
    with FailureFile(str(tmp_path / "failures.ndjson")) as failures:
        assert stat.S_IMODE(Path(failures.path).stat().st_mode) == 0o600


def test_it_is_emptied(tmp_path: Path) -> None:
    """What failed in an earlier run stays until there is something to do, and then goes."""
    path = tmp_path / "failures.ndjson"
    path.write_text("earlier\n", encoding="utf-8")
    with FailureFile(str(path)) as failures:
        steps = failures.truncate_before(["a step"])
        assert path.read_bytes() == b"earlier\n"
        assert list(steps) == ["a step"]
        assert path.read_bytes() == b""


def test_nothing_to_do_empties_nothing(tmp_path: Path) -> None:
    """A run that ends before its first step leaves what failed in an earlier one."""
    path = tmp_path / "failures.ndjson"
    path.write_text("earlier\n", encoding="utf-8")
    with FailureFile(str(path)) as failures:
        assert list(failures.truncate_before([])) == []
    assert path.read_bytes() == b"earlier\n"


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    """The run does not wait silently for a reader."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    with pytest.raises(CannotRun, match="is a pipe"):
        FailureFile(str(path))


def test_threads_do_not_mix_their_lines(tmp_path: Path) -> None:
    """Every line is whole, and all are there."""
    path = tmp_path / "failures.ndjson"
    with FailureFile(str(path)) as failures:

        def write(thread: int) -> None:
            for number in range(50):
                failures.write([item(f"{thread}-{number}-{place}") for place in range(20)])

        threads = [Thread(target=write, args=(thread,)) for thread in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    ids = [line["Id"] for line in lines_of(path)]
    assert len(ids) == len(set(ids)) == 4 * 50 * 20


@pytest.mark.parametrize("name", ["none/failures.ndjson", "."])
def test_a_file_that_cannot_be_made(tmp_path: Path, name: str) -> None:
    """The error comes before anything is sent."""
    with pytest.raises(CannotRun, match="cannot be written: ") as stopped:
        FailureFile(str(tmp_path / name))
    assert "check its folder" in stopped.value.hint


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no full device")
def test_a_full_disk_is_reported() -> None:
    """With the reason, and what to do."""
    with (
        FailureFile("/dev/full") as failures,
        pytest.raises(CannotRun, match="/dev/full cannot be written: no space left") as stopped,
    ):
        failures.write([item()])
    assert "the free disk space" in stopped.value.hint


def test_what_has_to_be_sent_again_is_kept(tmp_path: Path) -> None:
    """What failed and what was not stored as sent; the journal has every outcome."""
    path, journal_path = tmp_path / "failures.ndjson", tmp_path / "journal"
    states = [State.ACCEPTED, State.FAILED, State.UNVERIFIED]
    items = [item(str(state)) for state in states]
    with FailureFile(str(path)) as failures, Journal(journal_path, TARGET) as journal:
        DeliveryLog(journal, failures).write(
            items, [outcome(str(state), state) for state in states]
        )
    assert [line["Id"] for line in lines_of(path)] == ["failed", "unverified"]
    _, *entries = lines_of(journal_path)
    assert [(entry["endpoint_id"], entry["state"]) for entry in entries] == [
        (str(state), str(state)) for state in states
    ]


def test_without_files_nothing_is_kept() -> None:
    """Both are options."""
    DeliveryLog(None, None).write([item()], [outcome("ada", State.FAILED)])


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="has no full device")
def test_a_record_that_cannot_be_kept_ends_the_run(aws_variables: None) -> None:
    """What was answered is reported as it was, and nothing more is sent."""
    with FaultyPinpoint(refuses=refuse_every(100)) as server, FailureFile("/dev/full") as failures:
        client = connect(endpoint_url=server.url)
        run = ended(client, documents(names(300)), failures=failures)
    assert isinstance(run.error, CannotRun)
    assert "/dev/full cannot be written" in run.error.message
    assert run.ids == names(300)
    assert run.ids_that(State.FAILED) == ["e-100"]
    assert set(run.ids_that(State.ACCEPTED)) == {*server.stored}
    assert run.ids_that(State.SKIPPED) == names(300)[100:]


def test_what_failed_can_be_sent_again(tmp_path: Path, aws_variables: None) -> None:
    """The file of the failures is all that is still to be sent, and exactly that."""
    path = tmp_path / "failures.ndjson"
    sent = list(documents(names(150)))
    with FaultyPinpoint(refuses=refuse_every(37)) as server:
        client: Any = connect(endpoint_url=server.url)
        with FailureFile(str(path)) as failures:
            run = ended(client, [*sent, document("e-37", 1_000)], failures=failures)
        bad = run.ids_that(State.FAILED)
        assert bad == ["e-37", "e-74", "e-111", "e-148", "e-37"]
        before = {name: list(versions) for name, versions in server.stored.items()}
        server.refuses = None
        again = ended(client, load(path))
    assert (again.error, again.messages) == (None, {})
    added = {name: made for name, made in server.stored.items() if made != before.get(name)}
    assert added.keys() == {*bad}
    assert added["e-37"] == [request(36), request(1_000)]
