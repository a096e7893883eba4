"""What is left of a replaced file, and of a run that was killed while it replaced one."""

import os
import time
from pathlib import Path

import pytest

from pinpoint_endpoints.documents.replacing import remove_leftovers, replacing


def leave(directory: Path, name: str = ".pe-0123abcd.tmp", age: float = 7200) -> Path:
    """Make a file as a killed run leaves it."""
    path = directory / name
    path.write_bytes(b"{")
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def test_leftovers_of_killed_runs_are_removed(tmp_path: Path) -> None:
    """An old temporary file that no process holds goes."""
    leave(tmp_path)
    remove_leftovers(tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "age"),
    [
        (".pe-0123abcd.tmp", 60),
        (".pe-0123.tmp", 7200),
        (".pe-0123abcd.tmp.json", 7200),
        ("pe-0123abcd.tmp", 7200),
    ],
)
def test_files_of_others_and_young_ones_stay(tmp_path: Path, name: str, age: float) -> None:
    """Only what has the name of a temporary file is removed, and only if it is old."""
    path = leave(tmp_path, name, age)
    remove_leftovers(tmp_path)
    assert path.exists()


def test_a_link_and_a_directory_stay(tmp_path: Path) -> None:
    """Neither is a temporary file, whatever its name is."""
    (tmp_path / ".pe-abcd0123.tmp").mkdir()
    (tmp_path / ".pe-0123abcd.tmp").symlink_to(leave(tmp_path, "kept"))
    remove_leftovers(tmp_path, min_age=-10)
    assert len(list(tmp_path.iterdir())) == 3


@pytest.mark.skipif(os.name != "posix", reason="locks are those of POSIX systems")
def test_a_file_that_is_being_written_stays(tmp_path: Path) -> None:
    """What a running process has locked is not removed, however old it is."""
    path = tmp_path / "ada.json"
    with replacing(path) as file:
        file.write(b"{}")
        remove_leftovers(tmp_path, min_age=-10)
    assert path.read_bytes() == b"{}"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_left_when_writing_fails(tmp_path: Path) -> None:
    """The old file stays, and the temporary one goes."""
    path = tmp_path / "ada.json"
    path.write_bytes(b"old")
    with pytest.raises(ZeroDivisionError), replacing(path) as file:
        file.write(b"%d" % (1 // 0))
    assert [one.read_bytes() for one in tmp_path.iterdir()] == [b"old"]
