"""`pe upsert` that is killed, interrupted, or cannot write: nothing accepted is forgotten."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random
from typing import Any

import pytest
from commands import RunPe, envelope_in
from deliveries import lines_of, names, stored_in, write_lines
from faulty_pinpoint import FaultyPinpoint
from http_stub import Answer, StallingStub

from pinpoint_endpoints.local.server.fault_injection import Faults
from pinpoint_endpoints.local.server.server import Settings, serving

PE = Path(sys.executable).parent / "pe"
MAX_WAIT_SECONDS = 60
"""Seconds, after which a test that hangs fails."""

pytestmark = pytest.mark.usefixtures("aws_variables")


class Running:
    """`pe upsert` in a process of its own.

    Args:
        process: its standard output goes to a file, so that it never waits for a reader.
        output: this file.
    """

    def __init__(self, process: "subprocess.Popen[str]", output: Path) -> None:
        self.process = process
        self._output = output

    def waits(self, seconds: float) -> bool:
        """Wait until it ends, but not longer; return whether it still runs."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        return self.process.poll() is None

    def ended(self) -> tuple[int, Any]:
        """Wait until it ends; return its exit code and its envelope."""
        return self.process.wait(MAX_WAIT_SECONDS), envelope_in(self._output.read_text("utf-8"))


@contextmanager
def started(folder: Path, *arguments: object) -> Iterator[Running]:
    """Start `pe upsert -o json`, and see that it ends."""
    command = [str(PE), "upsert", "--app", "demo", "-o", "json", *map(str, arguments)]
    output = folder / "output"
    with (
        output.open("w", encoding="utf-8") as stdout,
        (folder / "errors").open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=stdout, stderr=stderr, encoding="utf-8"
        ) as process,
    ):
        try:
            yield Running(process, output)
        finally:
            process.kill()


def accepted_in(journal: Path) -> list[str]:
    """Return the endpoint ids that the journal has as accepted, in its order."""
    whole = [line for line in journal.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"]
    entries = [json.loads(line) for line in whole[1:]]
    return [entry["endpoint_id"] for entry in entries if entry["state"] == "accepted"]


@pytest.mark.soak
@pytest.mark.parametrize("batch", [True, False])
def test_a_run_that_is_killed_again_and_again_delivers_everything(
    tmp_path: Path, batch: bool
) -> None:
    """The same command goes on where it was; the union is complete, and the counts add up."""
    ids = names(2_000 if batch else 120)
    path, journal = write_lines(tmp_path / "a.ndjson", ids), tmp_path / "journal"
    random = Random(37)
    with FaultyPinpoint(delay=0.01) as server:
        options = [path, "--endpoint-url", server.url, "--journal", journal]
        options += [] if batch else ["--no-batch"]
        for _ in range(4):
            wanted = len(server.calls) + random.randrange(1, 8 if batch else 40)
            with started(tmp_path, *options) as run:
                while len(server.calls) < wanted and run.waits(0.001):
                    pass
        with started(tmp_path, *options) as run:
            code, envelope = run.ended()
        counts = envelope["summary"]
        assert code == 0
        assert counts["documents"] == len(ids) == counts["accepted"] + counts["done"]
        assert sorted(server.stored) == sorted(ids)
        assert sorted(accepted_in(journal)) == sorted(ids)


@pytest.mark.parametrize(
    ("ending", "exit_code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_signals_end_what_is_under_way(
    tmp_path: Path, ending: signal.Signals, exit_code: int
) -> None:
    """A whole envelope, and a journal of every answer; most of the file is not sent."""
    ids = names(20_000)
    path, journal = write_lines(tmp_path / "a.ndjson", ids), tmp_path / "journal"
    with StallingStub(Answer(), Answer()) as server:
        target = ("--endpoint-url", server.url, "--concurrency", "1", "--journal", journal)
        with started(tmp_path, path, *target) as run:
            assert server.stalled.wait(MAX_WAIT_SECONDS)
            run.process.send_signal(ending)
            server.release()
            code, envelope = run.ended()
    states = [result["state"] for result in envelope["results"]]
    sent = 100 * len(server.asked)  # batches are sent until the process notices the signal
    assert code == exit_code
    assert 300 <= sent < len(ids)
    assert states == ["accepted"] * sent + ["skipped"] * (len(states) - sent)
    assert accepted_in(journal) == ids[:sent]
    assert envelope["errors"][0]["code"] == "INTERRUPTED"


def test_ctrl_c_twice_does_not_wait(tmp_path: Path) -> None:
    """Exit 130 while the server still says nothing; what is under way may have been stored."""
    path = write_lines(tmp_path / "a.ndjson", names(300))
    with StallingStub(Answer()) as server:
        target = ("--endpoint-url", server.url, "--concurrency", "1")
        with started(tmp_path, path, *target) as run:
            assert server.stalled.wait(MAX_WAIT_SECONDS)
            run.process.send_signal(signal.SIGINT)
            assert run.waits(0.5)
            run.process.send_signal(signal.SIGINT)
            code, envelope = run.ended()
    counts = envelope["summary"]
    assert code == 130
    assert (counts["accepted"], counts["failed"], counts["skipped"]) == (100, 100, 100)
    assert "may have been stored" in envelope["results"][100]["message"]


def test_ctrl_c_while_a_pipe_is_not_closed(tmp_path: Path) -> None:
    """Lines are sent as they come; what was sent when a person ends the run stays sent."""
    with FaultyPinpoint() as server:
        with started(tmp_path, "-", "--endpoint-url", server.url) as run:
            assert run.process.stdin is not None
            lines = (f'{{"Id": "{name}", "OptOut": "ALL"}}\n' for name in names(2_000))
            run.process.stdin.write("".join(lines))
            run.process.stdin.flush()
            while len(server.stored) < 1_000 and run.waits(0.001):
                pass
            run.process.send_signal(signal.SIGINT)
            code, envelope = run.ended()
        assert code == 130
        assert len(server.stored) >= 1_000
    assert envelope["errors"][0]["code"] == "INTERRUPTED"


def test_a_closed_pipe_is_reported_in_one_line(tmp_path: Path) -> None:
    """What was sent is in the journal, and counted on standard error."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(3_000)), tmp_path / "journal"
    with FaultyPinpoint() as server:
        command = f"{PE} upsert --app demo --endpoint-url {server.url} --journal {journal} {path}"
        ended = subprocess.run(
            ["bash", "-o", "pipefail", "-c", f"{command} -o text | head -1"],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert sorted(accepted_in(journal)) == sorted(server.stored)
    assert ended.returncode == 5
    assert ended.stdout.count("\n") == 1
    assert "Error: the output cannot be written: broken pipe\n" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_full_disk_is_reported_and_every_outcome_is_kept(pe: RunPe, tmp_path: Path) -> None:
    """Neither where the output goes nor where the journal is."""
    path, journal = write_lines(tmp_path / "a.ndjson", names(300)), tmp_path / "journal"
    with FaultyPinpoint() as server:
        options = f"--app demo --endpoint-url {server.url} --journal {journal} {path}"
        limited = f"ulimit -f 8; trap '' XFSZ; {PE} upsert {options} -o json"
        ended = subprocess.run(
            ["bash", "-c", limited], capture_output=True, encoding="utf-8", check=False
        )
        envelope = envelope_in(ended.stdout)
        assert ended.returncode == 5
        assert "journal" in envelope["errors"][0]["message"]
        accepted = [one["endpoint_id"] for one in envelope["results"] if one["state"] == "accepted"]
        assert sorted(accepted) == sorted(server.stored)
        again = pe("upsert", *options.split(), "-o", "json")
        assert again.returncode == 0
        assert sorted(server.stored) == sorted(names(300))
        full = subprocess.run(
            ["bash", "-c", f"{PE} upsert {options} -o text > /dev/full"],
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
    assert full.returncode in (3, 5)
    assert "the output cannot be written" in full.stderr


@pytest.mark.soak
def test_every_37th_is_refused_and_the_rest_arrives(pe: RunPe, tmp_path: Path) -> None:
    """Each of 500 ends accepted or named, none twice, and the store has what was accepted."""
    ids = names(500)
    wrong = set(ids[36::37])
    lines = lines_of(write_lines(tmp_path / "right.ndjson", ids))
    path, failures = tmp_path / "a.ndjson", tmp_path / "failures.ndjson"
    path.write_text(
        "".join(f"{json.dumps(without_address(line, wrong))}\n" for line in lines), encoding="utf-8"
    )
    faults = Faults(fail_rate=0.02, reset_rate=0.02, throttle=100, seed=4)
    with serving(tmp_path / "store", Settings(faults=faults)) as server:
        target = ("--endpoint-url", server.url, "--failures", failures, "-o", "json")
        ended = pe("upsert", "--app", "demo", path, *target)
        envelope = envelope_in(ended.stdout)
        states = {one["endpoint_id"]: one["state"] for one in envelope["results"]}
        accepted = {name for name, state in states.items() if state == "accepted"}
        assert ended.returncode == 5
        assert len(envelope["results"]) == len(states) == len(ids)
        assert set(states.values()) == {"accepted", "failed"}
        assert accepted <= stored_in(tmp_path / "store") <= set(ids) - wrong
        assert {line["Id"] for line in lines_of(failures)} == states.keys() - accepted
        right = [line for line in lines if line["Id"] not in accepted]
        failures.write_text("".join(f"{json.dumps(line)}\n" for line in right), encoding="utf-8")
        again = pe("upsert", "--app", "demo", failures, "--endpoint-url", server.url, "-q")
        assert again.returncode == 0
        assert stored_in(tmp_path / "store") == set(ids)


def without_address(line: dict[str, Any], wrong: set[str]) -> dict[str, Any]:
    """Return an item; a wrong one opts in without an address."""
    if line["Id"] not in wrong:
        return line
    return {**{name: line[name] for name in line if name != "Address"}, "OptOut": "NONE"}


def test_an_interrupted_dry_run_shows_what_it_planned(tmp_path: Path) -> None:
    """Ctrl-C ends it while it waits for input, with 130."""
    path = write_lines(tmp_path / "a.ndjson", names(3))
    with started(tmp_path, path, "-", "--local", "--dry-run", "--no-batch") as run:
        assert run.process.stdin is not None
        run.process.stdin.write(" " * 1_000_000)  # more than a pipe holds: it is being read
        run.process.stdin.flush()
        run.process.send_signal(signal.SIGINT)
        code, envelope = run.ended()
    assert code == 130
    assert [result["endpoint_id"] for result in envelope["results"]] == ["e-1", "e-2", "e-3"]
