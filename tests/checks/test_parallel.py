"""Several processes find what one does, in the same order."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import LINES_WITH_MISTAKES

COMPARE = """
import sys
from functools import partial
from pathlib import Path

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.parallel import Settings, Workers
from pinpoint_endpoints.checks.run import check_all
from pinpoint_endpoints.documents.discovery import discover
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.documents.streams import Meter

def found(workers, meter):
    sources = []
    for checked in check_all(
        discover(["."]), partial(read, meter=meter), workers=workers, on_source=sources.append
    ):
        document = checked.document
        yield (
            sources[-1], document.source, document.in_multi_document_file, document.is_empty,
            checked.problems, checked.verdict, checked.before,
        )

alone, together = Meter(), Meter()
expected = list(found(None, alone))
for part_bytes in map(int, sys.argv[1:]):
    with Workers(2, Settings(Policy()), (), together, part_bytes) as workers:
        assert list(found(workers, together)) == expected, part_bytes
"""
FILES = st.one_of(
    st.tuples(st.just(".ndjson"), st.lists(LINES_WITH_MISTAKES, max_size=12).map(b"\n".join)),
    st.tuples(st.just(".ndjson"), st.lists(LINES_WITH_MISTAKES, max_size=12).map(b"\r\n".join)),
    st.tuples(st.just(".json"), LINES_WITH_MISTAKES),
    st.tuples(
        st.sampled_from([".json", ".yaml"]),
        st.lists(LINES_WITH_MISTAKES, max_size=3).map(b"\n".join),
    ),
    st.tuples(st.just(".ndjson"), st.sampled_from([b"", b"\n" * 900, b" " * 900])),
)


def compare(folder: Path, *part_bytes: int) -> None:
    """Check a folder in one process, and in two with parts of several sizes."""
    subprocess.run([sys.executable, "-c", COMPARE, *map(str, part_bytes)], cwd=folder, check=True)


@settings(max_examples=4)
@given(st.lists(FILES, min_size=1, max_size=6))
def test_two_processes_find_what_one_does(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]
) -> None:
    """Whatever the files are, and wherever they are cut into parts."""
    folder = tmp_path_factory.mktemp("files")
    for number, (suffix, content) in enumerate(files):
        (folder / f"{number}{suffix}").write_bytes(content)
    compare(folder, 10, 700, 1_000_000)


@pytest.mark.soak
@settings(max_examples=40)
@given(st.lists(FILES, min_size=1, max_size=8))
def test_two_processes_find_what_one_does_often(
    tmp_path_factory: pytest.TempPathFactory, files: list[tuple[str, bytes]]
) -> None:
    """The same law, with many more files."""
    folder = tmp_path_factory.mktemp("files")
    for number, (suffix, content) in enumerate(files):
        (folder / f"{number}{suffix}").write_bytes(content)
    compare(folder, 10, 700, 1_000_000)


def test_a_line_that_is_too_long_ends_the_reading(tmp_path: Path) -> None:
    """Nothing below it is read, wherever it is cut."""
    long = json.dumps({"Address": "x" * 8_000_000})
    (tmp_path / "a.ndjson").write_text(f"{{}}\n{{}}\n{long}\n{{}}\n{{}}", "utf-8")
    (tmp_path / "b.ndjson").write_text("{}\n{}\n", "utf-8")
    compare(tmp_path, 1_000_000, 7_500_000)


DIE = """
import os
from pathlib import Path
from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.parallel import Settings, Workers
from pinpoint_endpoints.checks.run import check_all
from pinpoint_endpoints.documents.discovery import discover
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.documents.streams import Meter
from pinpoint_endpoints.errors import CannotRun

class Deadly(frozenset):
    def __contains__(self, code):
        if os.getpid() != parent:
            os.kill(os.getpid(), 9)

parent = os.getpid()
try:
    with Workers(2, Settings(Policy(ignore=Deadly(["PE101"]))), (), Meter(), 10) as workers:
        list(check_all(discover(["."]), read, workers=workers))
except CannotRun as error:
    print(error.message)
"""


def test_a_worker_that_dies_is_an_error(tmp_path: Path) -> None:
    """The error names the files that it was checking, and nothing hangs."""
    for number in range(20):
        (tmp_path / f"{number:02}.json").write_text("{}", "utf-8")
    (tmp_path / "05.json").write_text('{"Adress": "x"}', "utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", DIE], cwd=tmp_path, check=True, capture_output=True, encoding="utf-8"
    )
    assert ended.stdout == "a worker process died while checking ./05.json\n"
