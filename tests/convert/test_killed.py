"""A conversion that is killed, and the same command again."""

import subprocess
import sys
from pathlib import Path

import pytest
from commands import run

from pinpoint_endpoints.saving import json_line

ENDPOINTS = 1_000


def files_in(path: Path) -> dict[str, bytes]:
    """Return the files of a directory that are not hidden, by name."""
    found = path.iterdir() if path.exists() else ()
    return {entry.name: entry.read_bytes() for entry in found if entry.name[0] != "."}


@pytest.mark.soak
@pytest.mark.parametrize("moved", [0, 1, ENDPOINTS // 2])
def test_the_same_command_again_completes_it(tmp_path: Path, moved: int) -> None:
    """Also if it was killed while it moved its files: none of them is taken for another's."""
    source, once, twice = tmp_path / "in.ndjson", tmp_path / "once", tmp_path / "twice"
    source.write_bytes(b"".join(json_line({"Id": f"e{n}"}) for n in range(ENDPOINTS)))
    assert run("convert", source, "--to", "json", "-d", once).code == 0
    arguments = ["convert", str(source), "--to", "json", "-d", str(twice), "-q"]
    process = subprocess.Popen([sys.executable, "-m", "pinpoint_endpoints", *arguments])
    while process.poll() is None:
        is_begun = (twice / ".pe-convert.tmp").exists()
        if is_begun and len(list(twice.iterdir())) > moved:
            process.kill()
    if len(files_in(twice)) < ENDPOINTS:  # else it was faster
        assert run(*arguments).code == 0
        assert not (twice / ".pe-convert.tmp").exists()
    assert files_in(twice) == files_in(once)
