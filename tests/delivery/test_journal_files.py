import os
from pathlib import Path
from tempfile import TemporaryDirectory
from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journals import HEADER, TARGET, V1, entry, refused, write

from pinpoint_endpoints import CannotRun
from pinpoint_endpoints.delivery.journal import Journal

IDS = [
    "ada",
    *(
        "ada"[:n] + chr(ord("ada"[n]) ^ 1 << bit) + "ada"[n + 1 :]
        for n in range(3)
        for bit in range(7)
    ),
]
"""An id, and all that differ from it in one bit."""


@pytest.mark.parametrize(
    "begun", [b"", b"{", b'{"pe_journal":1,"application_id":"another', HEADER[:-1], b"\0\0\0"]
)
def test_a_header_that_was_never_finished(path: Path, begun: bytes) -> None:
    """An empty file, and one whose run was killed in its first line, is a new journal."""
    path.write_bytes(begun)
    write(path)
    assert path.read_bytes() == HEADER


@pytest.mark.parametrize(
    "content",
    [
        b'{"ChannelType": "EMAIL"}',
        b'{"ChannelType": "EMAIL"}\n',
        b"{\n}\n",
        b"[1]\n",
        b"1\n",
        b"ChannelType: EMAIL\n",
        b"\x1f\x8b\x08\n",
        b'{"pe_journal": "2", "application_id": "", "region": "", "server": ""}\n',
        b'{"pe_journal": 0, "application_id": "", "region": "", "server": ""}\n',
        b"\0" * 70_000,
        b"x" * 70_000,
    ],
)
def test_a_file_that_is_no_journal(path: Path, content: bytes) -> None:
    """A file that is not a journal is left as it is."""
    path.write_bytes(content)
    assert "is not a journal" in refused(path).message


@pytest.mark.parametrize(
    "line",
    [
        b'{"endpoint_id":"ada","dig\n',
        b"\n",
        b"\0\0\0\n",
        b"[]\n",
        b'{"endpoint_id":1,"digest":"11","state":"accepted"}\n',
        b'{"endpoint_id":"a","digest":[],"state":"accepted"}\n',
        b'{"digest":"11","state":"accepted"}\n',
    ],
)
def test_a_damaged_line(path: Path, line: bytes) -> None:
    """A line that is whole and makes no sense is named, and nothing is cut off for it."""
    for damage in (line, b'%s,"crc":"%08x"}\n' % (line[:-2], crc32(line[:-2]))):
        path.unlink(missing_ok=True)
        write(path, entry("ada"))
        path.write_bytes(path.read_bytes() + damage + b'{"endpoint_id":"b')
        assert refused(path).message == f"line 3 of the journal {path} is damaged"


def test_a_line_without_its_checksum(path: Path) -> None:
    """A line that was added by hand is not believed."""
    write(path, entry("ada"))
    line = b'{"endpoint_id":"bob","digest":"%s","state":"accepted"}\n' % V1.encode()
    path.write_bytes(path.read_bytes() + line)
    assert refused(path).message == f"line 3 of the journal {path} is damaged"


@given(st.integers(0, 8 * 340), st.booleans())
def test_a_flipped_bit_makes_nothing_done(place: int, is_read_only: bool) -> None:
    """No other document is taken for accepted: the journal is refused, or its last line is cut."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        write(path, entry("ada", V1), entry("bob", V1))
        content = bytearray(path.read_bytes())
        content[place // 8 % len(content)] ^= 1 << place % 8
        path.write_bytes(content)
        try:
            with Journal(path, TARGET, read_only=is_read_only) as journal:
                done = [name for name in IDS if journal.accepted.resume(name, V1).done]
        except CannotRun:
            return
        assert set(done) <= {"ada", "bob"}


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({"application_id": "app-2"}, "application app-1 (this run: app-2)"),
        ({"region": ""}, "region eu-west-1 (this run: none)"),
        ({"store": "ab12"}, "store none (this run: ab12)"),
        (
            {"server": "http://127.0.0.1:7467"},
            f"server {TARGET.server} (this run: http://127.0.0.1:7467)",
        ),
        (
            {"application_id": "app-2", "region": "us-east-1"},
            "application app-1 (this run: app-2), region eu-west-1 (this run: us-east-1)",
        ),
    ],
)
@pytest.mark.parametrize("read_only", [True, False])
def test_the_journal_of_another_target(
    path: Path, other: dict[str, str], words: str, *, read_only: bool
) -> None:
    """What differs is named with both values, and what to do."""
    write(path, entry("ada"))
    stopped = refused(path, TARGET._replace(**other), read_only=read_only)
    assert stopped.message == f"the journal {path} belongs to another target: {words}"
    assert "another journal" in stopped.hint


def test_a_journal_of_a_newer_version(path: Path) -> None:
    """A version that is not known yet is named, whatever else its header says."""
    path.write_bytes(b'{"pe_journal":3}\n')
    stopped = refused(path)
    assert "has version 3" in stopped.message
    assert "upgrade" in stopped.hint


def test_a_journal_of_an_earlier_version(path: Path) -> None:
    """It may belong to another server of the same host, so it is not resumed, nor changed."""
    path.write_bytes(
        b'{"pe_journal":1,"application_id":"app-1","region":"eu-west-1",'
        b'"server":"https://pinpoint.eu-west-1.amazonaws.com"}\n'
    )
    stopped = refused(path)
    assert stopped.message.startswith(f"the journal {path} is from an earlier version of pe")
    assert "name another journal" in stopped.hint


def test_a_directory_is_no_journal(tmp_path: Path) -> None:
    """A directory cannot be used, to write as to read."""
    assert "is a directory" in refused(tmp_path).message
    assert "is not a regular file" in refused(tmp_path, read_only=True).message


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """The error has the system's reason."""
    assert "no such file or directory" in refused(tmp_path / "nowhere" / "journal").message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
@pytest.mark.parametrize("read_only", [True, False])
def test_a_named_pipe_is_no_journal(path: Path, *, read_only: bool) -> None:
    """The run does not wait for a process at the other end."""
    os.mkfifo(path)
    assert "is not a regular file" in refused(path, read_only=read_only).message


@pytest.mark.skipif(os.name != "posix", reason="permissions are POSIX's")
def test_no_permission(path: Path, request: pytest.FixtureRequest) -> None:
    """A file of another user is refused with the system's reason."""
    write(path, entry("ada"))
    path.chmod(0o400)
    request.getfixturevalue("_nobody")
    with pytest.raises(CannotRun, match="permission denied"):
        Journal(path, TARGET)
