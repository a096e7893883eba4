"""Each file in tests/data/fixes is put right into the file beside it, and its diff applies."""

import subprocess
from pathlib import Path

import pytest

from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.documents.discovery import discover
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.fixes.diff import differences
from pinpoint_endpoints.fixes.files import FixedFile, fix_file

DATA = Path(__file__).parent.parent / "data"
NAMES = sorted(path.name.removesuffix(".fixed") for path in (DATA / "fixes").glob("*.fixed"))
FIXES = {
    "aliases.yaml": 1,
    "crlf.json": 2,
    "items.yaml": 3,
    "lines.ndjson": 4,
    "lone-cr-and-mark.json": 1,
    "lookalikes.yaml": 10,
    "mixed.json": 15,
    "mixed.yaml": 20,
    "nothing-left.json": 1,
    "read-only.json": 4,
    "read-only.yaml": 4,
    "response.json": 1,
    "several.yaml": 3,
}


@pytest.fixture(params=NAMES)
def damaged(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Copy a file that is to be put right."""
    path = tmp_path / str(request.param)
    path.write_bytes((DATA / "fixes" / path.name).read_bytes())
    return path


def meant(path: Path) -> bytes:
    """Return what a file is to become."""
    return (DATA / "fixes" / f"{path.name}.fixed").read_bytes()


def diff_of(path: str | Path, *, show_values: bool) -> str:
    """Return the diff of a file."""
    (source,) = discover([str(path)])
    found = differences(source, validate, show_values=show_values)
    return "".join(difference.text for difference in found)


def test_a_file_is_put_right_and_then_is_left(damaged: Path) -> None:
    """The file becomes what is meant, and a second run finds nothing to do."""
    (source,) = discover([str(damaged)])
    assert fix_file(source, validate) == FixedFile(str(damaged), FIXES[damaged.name])
    assert damaged.read_bytes() == meant(damaged)
    written = damaged.stat().st_mtime_ns
    assert fix_file(source, validate) == FixedFile(str(damaged), 0)
    assert damaged.stat().st_mtime_ns == written
    assert [path.name for path in damaged.parent.iterdir()] == [damaged.name]


def test_a_diff_says_as_many_fixes_and_writes_nothing(damaged: Path) -> None:
    """What a diff shows is what a fix does, and the file stays as it is."""
    before = damaged.read_bytes()
    (source,) = discover([str(damaged)])
    shown = list(differences(source, validate))
    assert sum(difference.fixes for difference in shown) == FIXES[damaged.name]
    assert damaged.read_bytes() == before


@pytest.mark.parametrize("command", [["patch", "-p1"], ["git", "apply"]], ids=" ".join)
def test_a_diff_with_values_can_be_applied(
    command: list[str], damaged: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real patch and the real git make of the file what a fix makes of it."""
    monkeypatch.chdir(damaged.parent)
    diff = diff_of(damaged.name, show_values=True).encode()
    done = subprocess.run(command, input=diff, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert damaged.read_bytes() == meant(damaged)


SECRETS = ("ada@example.com", "5550100", "555-0100", "98765", "Wang", "Main St", "green", "O'Hara")


def test_a_diff_shows_nothing_personal_unasked(damaged: Path) -> None:
    """On neither side of a diff, and in no line around it, an address or a name is to be read."""
    diff = diff_of(damaged, show_values=False)
    assert diff.startswith("--- a/")
    assert "+++ b/" in diff
    assert not [secret for secret in SECRETS if secret in diff]


@pytest.mark.parametrize("path", sorted((DATA / "valid").iterdir()), ids=lambda path: path.name)
def test_what_has_nothing_to_put_right_is_not_written(path: Path, tmp_path: Path) -> None:
    """A file without such a problem is not touched, and has no diff."""
    (original,) = discover([str(path)])
    if any(problem.fix for document in read(original) for problem in validate(document)):
        pytest.skip("it has a warning that can be put right")
    copy = tmp_path / path.name
    copy.write_bytes(path.read_bytes())
    identity = copy.stat().st_ino
    (source,) = discover([str(copy)])
    assert fix_file(source, validate) == FixedFile(str(copy))
    assert (copy.read_bytes(), copy.stat().st_ino) == (path.read_bytes(), identity)
    assert not diff_of(copy, show_values=True)
