"""`pe upsert --dry-run` of many endpoints: what would be sent, and that nothing is."""

from pathlib import Path

import pytest
from commands import Ended, envelope_in, run
from deliveries import INVALID, names, sent, upsert, write_lines
from faulty_pinpoint import FaultyPinpoint

pytestmark = pytest.mark.usefixtures("unhurried")


def planned(ended: Ended) -> list[tuple[str, tuple[str, ...]]]:
    """Return the calls that a dry run names, in their order."""
    calls: dict[int, tuple[str, list[str]]] = {}
    for one in envelope_in(ended.out)["results"]:
        if one["state"] == "planned":
            calls.setdefault(one["call"], (one["operation"], []))[1].append(one["endpoint_id"])
    return [(operation, tuple(ids)) for _, (operation, ids) in sorted(calls.items())]


@pytest.mark.parametrize("ids", [["a"], ["a", "b", "A", "c"], names(230), ["x"] * 3 + names(101)])
@pytest.mark.parametrize("options", [[], ["--no-batch"]], ids=str)
def test_a_dry_run_plans_what_is_sent(
    server: FaultyPinpoint, tmp_path: Path, ids: list[str], options: list[str]
) -> None:
    """The same calls, with the same endpoints, in the same order."""
    path = write_lines(tmp_path / "a.ndjson", ids)
    path.write_text(path.read_text(encoding="utf-8") + INVALID, encoding="utf-8")
    dry = upsert(server, path, *options, "--dry-run", "-o", "json")
    assert (dry.code, server.calls) == (1, [])
    upsert(server, path, *options, "--concurrency", "1")
    assert planned(dry) == sent(server)


def test_a_dry_run_goes_by_the_journal_and_writes_nothing(
    server: FaultyPinpoint, tmp_path: Path
) -> None:
    """Neither journal nor failures are made or changed; what is done is not planned."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(3)), tmp_path / "journal"
    failures = tmp_path / "failures.ndjson"
    command = (path, "--journal", journal, "--failures", failures, "-o", "json")
    assert planned(upsert(server, *command, "--dry-run")) == [
        ("UpdateEndpointsBatch", tuple(names(3)))
    ]
    assert not journal.exists()
    assert not failures.exists()
    upsert(server, *command)
    write_lines(path, [*names(3), "new"])
    before = journal.read_bytes()
    failures.write_bytes(b"kept")
    dry = upsert(server, *command, "--dry-run")
    assert dry.code == 0
    assert planned(dry) == [("UpdateEndpoint", ("new",))]
    assert envelope_in(dry.out)["summary"]["done"] == 3
    assert (journal.read_bytes(), failures.read_bytes()) == (before, b"kept")


def test_a_dry_run_needs_no_credentials(tmp_path: Path) -> None:
    """And the exit code tells whether all documents would be sent."""
    path = write_lines(tmp_path / "a.ndjson", names(3))
    command = ("upsert", "--app", "demo", "--region", "eu-west-1", "--dry-run")
    assert run(*command, path).code == 0
    (tmp_path / "wrong.ndjson").write_text(INVALID, encoding="utf-8")
    assert run(*command, tmp_path).code == 1
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    assert run(*command, tmp_path).code == 3
