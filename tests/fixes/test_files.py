"""How files are written: at once or not at all, with nothing changed but what is wrong."""

import gzip
import os
import struct
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import discover
from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.fixes.diff import Difference, differences
from pinpoint_endpoints.fixes.files import FixedFile, ReadError, fix_file

WRONG = b'{"ChannelType": "custom"}\n'
RIGHT = b'{"ChannelType": "CUSTOM"}\n'
NO_LINE = '{"Id": "%d", "ChannelType": "CUSTOM", "Address": "%d"}\n'


def fix(path: str | Path) -> FixedFile:
    """Put a file right."""
    (source,) = discover([str(path)])
    return fix_file(source, validate)


def diff(path: str | Path) -> list[Difference]:
    """Return the diff of a file, with its values."""
    (source,) = discover([str(path)])
    return list(differences(source, validate, show_values=True))


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """Make a file with one mistake."""
    path = tmp_path / "wrong.json"
    path.write_bytes(WRONG)
    return path


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o755])
def test_permissions_are_kept(wrong: Path, mode: int) -> None:
    """A file that only its owner may read stays so."""
    wrong.chmod(mode)
    assert fix(wrong).fixes == 1
    assert wrong.stat().st_mode & 0o777 == mode


def test_a_symbolic_link_stays_one(wrong: Path, tmp_path: Path) -> None:
    """The file that a link leads to is written, and the link still leads to it."""
    (tmp_path / "elsewhere").mkdir()
    link = tmp_path / "elsewhere" / "link.json"
    link.symlink_to("../wrong.json")
    assert fix(link) == FixedFile(str(link), 1)
    assert link.is_symlink()
    assert wrong.read_bytes() == RIGHT
    assert list(link.parent.iterdir()) == [link]


@pytest.mark.parametrize("during", ["line", "document"])
def test_what_another_saves_meanwhile_is_left(tmp_path: Path, during: str) -> None:
    """A file that changes between reading and writing keeps what the other program wrote."""
    path = tmp_path / ("wrong.ndjson" if during == "line" else "wrong.json")
    path.write_bytes(WRONG)
    saved = b'{"ChannelType": "custom", "OptOut": "ALL"}\n'

    def check_while_saving(document: Document) -> list[Problem]:
        path.write_bytes(saved)
        return validate(document)

    (source,) = discover([str(path)])
    fixed = fix_file(source, check_while_saving)
    assert fixed == FixedFile(
        str(path), 0, "cannot be written: another program changed it in the meantime"
    )
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [saved]


def test_a_file_put_in_the_place_of_another_is_left(wrong: Path) -> None:
    """An editor that saves by renaming counts as a change, also with the same size and time."""
    status = wrong.stat()

    def check_while_replacing(document: Document) -> list[Problem]:
        other = wrong.with_name("other")
        other.write_bytes(WRONG)
        os.utime(other, ns=(status.st_atime_ns, status.st_mtime_ns))
        other.replace(wrong)
        return validate(document)

    (source,) = discover([str(wrong)])
    assert fix_file(source, check_while_replacing).failure.endswith(
        "another program changed it in the meantime"
    )
    assert wrong.read_bytes() == WRONG


def access_list(*entries: tuple[int, int, int]) -> bytes:
    """Return an access control list as Linux keeps it: a tag, permissions and an id each."""
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


NO_ID = 0xFFFFFFFF
ONE_MORE_READER = access_list(
    (1, 6, NO_ID), (2, 4, 12345), (4, 0, NO_ID), (16, 4, NO_ID), (32, 0, NO_ID)
)


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="the system has no extended attributes")
@pytest.mark.parametrize(
    ("name", "value"),
    [("user.origin", b"crm"), ("system.posix_acl_access", ONE_MORE_READER)],
    ids=["attribute", "access-list"],
)
def test_attributes_and_access_lists_are_kept(wrong: Path, name: str, value: bytes) -> None:
    """A replaced file has the extended attributes of the old one, and no wider permissions."""
    try:
        os.setxattr(wrong, name, value)
    except OSError:
        pytest.skip("the file system does not store this attribute")
    before = wrong.stat().st_mode
    assert fix(wrong).fixes == 1
    assert os.getxattr(wrong, name) == value
    assert wrong.stat().st_mode == before


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="the system has no extended attributes")
def test_a_default_access_list_does_not_open_a_file(wrong: Path) -> None:
    """What the directory gives to new files is not given to one that is only fixed."""
    try:
        os.setxattr(wrong.parent, "system.posix_acl_default", ONE_MORE_READER)
    except OSError:
        pytest.skip("the file system has no access control lists")
    assert fix(wrong).fixes == 1
    assert "system.posix_acl_access" not in os.listxattr(wrong)


@pytest.mark.skipif(not hasattr(os, "chown"), reason="the system has no owners")
def test_a_file_of_another_owner_is_not_taken_over(
    foreign: Path, request: pytest.FixtureRequest
) -> None:
    """Where the owner cannot be kept, the file stays, though it may be written."""
    foreign.chmod(0o666)
    foreign.parent.chmod(0o777)
    if os.geteuid() != 0:
        pytest.skip("only root can make a file of another user")
    request.getfixturevalue("_nobody")
    assert "change its owner or group" in fix(foreign).failure
    assert foreign.read_bytes() == WRONG
    assert list(foreign.parent.iterdir()) == [foreign]


@pytest.mark.parametrize(
    ("leads_to", "is_fixed"), [("outside.json", False), ("inside/real.json", True)]
)
def test_links_are_not_followed_out_of_what_was_named(
    tmp_path: Path, leads_to: str, *, is_fixed: bool
) -> None:
    """A link inside may be fixed; the file behind one that leads outside is left, and that said."""
    (tmp_path / "inside").mkdir()
    (tmp_path / leads_to).write_bytes(WRONG)
    link = tmp_path / "inside" / "link.json"
    link.symlink_to(tmp_path / leads_to)
    (source,) = discover([str(link)])
    fixed = fix_file(source, validate, {(tmp_path / "inside").resolve()})
    assert bool(fixed.fixes) is is_fixed
    assert fixed.failure.endswith("a link to a file elsewhere: name that file") is not is_fixed
    assert (tmp_path / leads_to).read_bytes() == (RIGHT if is_fixed else WRONG)
    assert link.is_symlink()


@pytest.fixture
def foreign() -> Iterator[Path]:
    """Make a file with one mistake where every user comes; pytest's own folders are private."""
    with TemporaryDirectory() as name:
        path = Path(name) / "wrong.json"
        path.write_bytes(WRONG)
        yield path
        path.parent.chmod(0o755)


@pytest.fixture
def closed(foreign: Path) -> Path:
    """Make a file in a directory in which nothing can be made."""
    foreign.chmod(0o666)
    foreign.parent.chmod(0o555)
    return foreign


@pytest.mark.usefixtures("closed", "_nobody")
def test_a_directory_that_cannot_be_written_is_reported(closed: Path) -> None:
    """The failure says why, and the file is as it was."""
    assert fix(closed) == FixedFile(str(closed), 0, "cannot be written: permission denied")
    assert closed.read_bytes() == WRONG


@pytest.fixture
def kept(foreign: Path) -> Path:
    """Make a read-only file in a directory that everybody may write."""
    foreign.chmod(0o444)
    foreign.parent.chmod(0o777)
    return foreign


@pytest.mark.usefixtures("kept", "_nobody")
def test_a_file_that_must_not_be_written_is_not_replaced(kept: Path) -> None:
    """Though another could take its place, a file without write permission stays."""
    assert fix(kept) == FixedFile(str(kept), 0, "cannot be written: permission denied")
    assert [path.read_bytes() for path in kept.parent.iterdir()] == [WRONG]


def test_what_cannot_be_read_is_left_to_the_report(tmp_path: Path) -> None:
    """A missing file, a broken one and a path that is none are no failures of a fix."""
    (tmp_path / "broken.json").write_bytes(WRONG[:-3])
    (tmp_path / "latin.json").write_bytes(WRONG + b"\xe9")
    (tmp_path / "alias.yaml").write_bytes(b"Location: {Country: NO}\nOptOut: *none\n")
    for name in ("missing.json", "broken.json", "latin.json", "alias.yaml", "a\0b.json"):
        assert fix(tmp_path / name) == FixedFile(str(tmp_path / name))
    for name in ("broken.json", "latin.json"):
        assert diff(tmp_path / name) == []
    for name in ("missing.json", "a\0b.json"):
        with pytest.raises(ReadError):
            diff(tmp_path / name)


def test_standard_input_is_not_written() -> None:
    """`-` has no file, also where a file is named like it."""
    assert fix("-").failure == "standard input cannot be written back"


def test_a_pipe_is_not_replaced(tmp_path: Path) -> None:
    """What is no regular file is read, and not written."""
    reading, writing = os.pipe()
    os.write(writing, WRONG)
    os.close(writing)
    fixed = fix(f"/dev/fd/{reading}")
    os.close(reading)
    assert fixed.failure == "cannot be written: not a regular file"


def test_what_is_ignored_is_not_put_right(wrong: Path) -> None:
    """A rule that the policy leaves out fixes nothing."""
    (source,) = discover([str(wrong)])
    check = partial(validate, policy=Policy(ignore=frozenset({codes.NOT_IN_SET})))
    assert fix_file(source, check).fixes == 0
    assert wrong.read_bytes() == WRONG


LINES = [NO_LINE % (number, number) for number in range(3000)]


def with_mistakes(*numbers: int) -> list[str]:
    """Return the lines, some of them with a mistake."""
    return [
        line.replace("CUSTOM", "custom") if number in numbers else line
        for number, line in enumerate(LINES)
    ]


@pytest.mark.parametrize("name", ["lines.ndjson", "lines.jsonl", "lines.json", "lines"])
def test_lines_are_put_right_one_by_one(tmp_path: Path, name: str) -> None:
    """In a file with a document a line, the lines with mistakes change, and no other byte."""
    path = tmp_path / name
    path.write_text("".join(with_mistakes(0, 1500, 2999)), encoding="utf-8")
    assert fix(path).fixes == 3
    assert path.read_text(encoding="utf-8") == "".join(LINES)
    assert fix(path).fixes == 0


@pytest.mark.soak
def test_a_long_run_of_wrong_lines_is_shown_in_parts(tmp_path: Path) -> None:
    """One hunk has them all, with a header that counts them; memory holds a part of it."""
    path = tmp_path / "lines.ndjson"
    wrong = [f'{{"Id": "{number}", "optOut": "{"x" * 9_000}"}}\n' for number in range(300)]
    path.write_text("".join(wrong), encoding="utf-8")
    parts = diff(path)
    assert len(parts) > 2
    assert sum(part.fixes for part in parts) == 300
    _, body = "".join(part.text for part in parts).split("@@ -1,300 +1,300 @@\n")
    right = [f"+{line.replace('optOut', 'OptOut')}" for line in wrong]
    assert body == "".join([*(f"-{line}" for line in wrong), *right])


def test_packed_lines_are_packed_again(tmp_path: Path) -> None:
    """What was packed with gzip is so afterwards, with the right lines in it."""
    path = tmp_path / "lines.ndjson.gz"
    path.write_bytes(gzip.compress("".join(with_mistakes(7, 2000)).encode()))
    assert fix(path).fixes == 2
    assert gzip.decompress(path.read_bytes()).decode() == "".join(LINES)
    assert fix(path).fixes == 0


def test_a_packed_document_is_packed_again(tmp_path: Path) -> None:
    """A file that is packed whatever its name is put right as it is packed."""
    path = tmp_path / "wrong.json"
    path.write_bytes(gzip.compress(WRONG))
    assert fix(path).fixes == 1
    assert gzip.decompress(path.read_bytes()) == RIGHT


def test_a_packed_file_that_is_cut_short_stays(tmp_path: Path) -> None:
    """Of a damaged file nothing is written, though its begin could be put right."""
    path = tmp_path / "lines.ndjson.gz"
    damaged = gzip.compress("".join(with_mistakes(0)).encode())[:-9]
    path.write_bytes(damaged)
    assert fix(path) == FixedFile(str(path))
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [damaged]


def test_a_line_without_end_and_what_follows_is_copied(tmp_path: Path) -> None:
    """A line that is larger than any request is left with all after it; what is before is fixed."""
    path = tmp_path / "lines.ndjson"
    rest = b'{"a": "' + b"x" * 7_100_000 + b'"}\n' + WRONG
    path.write_bytes(WRONG + rest)
    assert fix(path).fixes == 1
    assert path.read_bytes() == RIGHT + rest


def test_the_diff_of_lines_has_them_with_their_neighbours(tmp_path: Path) -> None:
    """Each place of a long file is one difference; the first names the file."""
    path = tmp_path / "lines.ndjson"
    path.write_text("".join(with_mistakes(1, 1500, 1504)), encoding="utf-8")
    first, second = diff(path)
    name = str(path).lstrip("/")
    assert first.text.startswith(f"--- a/{name}\n+++ b/{name}\n@@ -1,5 +1,5 @@\n {LINES[0]}-")
    assert second.text.startswith(f"@@ -1498,11 +1498,11 @@\n {LINES[1497]}")
    assert second.text.endswith(f"+{LINES[1504]} {LINES[1505]} {LINES[1506]} {LINES[1507]}")
    assert (first.fixes, second.fixes) == (1, 2)


def test_a_name_with_spaces_or_line_breaks_forges_no_line(tmp_path: Path) -> None:
    """A file's name is written so that `patch` finds it, and never as a line of its own."""
    for name in ("with space.json", "with\nbreak.json"):
        (tmp_path / name).write_bytes(WRONG)
    (broken,), (spaced,) = (
        diff(tmp_path / name) for name in ("with\nbreak.json", "with space.json")
    )
    assert spaced.text.split("\n")[0].endswith("with space.json\t")
    assert broken.text.split("\n")[0].endswith('with\\nbreak.json"')
