import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st
from journals import AGAIN, DONE, HEADER, TARGET, V1, V2, V3, claims, entry, write

from pinpoint_endpoints.delivery.journal import Entry, Journal, ResumeState
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key


def deliver(path: Path, *documents: tuple[str, str]) -> list[bool]:
    """Run with documents, all of which are accepted; return which were sent."""
    sent = []
    with Journal(path, TARGET) as journal:
        for endpoint_id, digest in documents:
            done, occurrence = journal.accepted.resume(same_endpoint_key(endpoint_id), digest)
            sent.append(not done)
            if not done:
                journal.record([entry(endpoint_id, digest, occurrence)])
    return sent


def test_the_format_of_a_journal(path: Path) -> None:
    """A header names the target, then each outcome is a line, each with its CRC-32.

    The file is its owner's only.
    """
    write(
        path,
        Entry("ada", 0, V1, "accepted", 202, "", "r-1"),
        Entry("Zoë", 2, V2, "failed", 400, "BadRequestException", "r-2"),
    )
    assert path.read_bytes() == HEADER + (
        b'{"endpoint_id":"ada","digest":"%s","state":"accepted","status":202,"code":"",'
        b'"request_id":"r-1","crc":"e986e095"}\n'
        b'{"endpoint_id":"Zo\xc3\xab","occurrence":2,"digest":"%s","state":"failed","status":400,'
        b'"code":"BadRequestException","request_id":"r-2","crc":"8d998995"}\n'
    ) % (V1.encode(), V2.encode())
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_a_second_run_goes_on(path: Path) -> None:
    """What was accepted is done in the next run, whatever the case of its id; the rest is not."""
    write(path, entry("ada", V1), entry("bob", V2))
    assert claims(path, ("ADA", V1), ("bob", V1), ("carl", V1)) == [DONE, AGAIN, AGAIN]
    write(path, entry("carl", V1))
    assert claims(path, ("ada", V1), ("bob", V2), ("carl", V1)) == [DONE, DONE, DONE]


def test_a_file_that_was_reverted_is_sent_again(path: Path) -> None:
    """The last version that was accepted counts: who goes back to an earlier one sends it."""
    assert [deliver(path, ("ada", digest)) for digest in (V1, V2, V1, V1)] == [
        [True],
        [True],
        [True],
        [False],
    ]


def test_two_documents_of_one_id(path: Path) -> None:
    """Both are skipped once both were accepted, and the later one is kept over the earlier one."""
    both = ("ada", V1), ("Ada", V2)
    assert deliver(path, *both) == [True, True]
    assert deliver(path, *both) == [False, False]
    assert deliver(path, ("ada", V3), ("ada", V2)) == [True, True]


def test_killed_between_two_documents_of_one_id(path: Path) -> None:
    """If only the first was accepted, only the second is sent; if only the second, both are."""
    write(path, entry("ada", V1, 0), entry("bob", V2, 1))
    assert claims(path, ("ada", V1), ("ada", V2), ("bob", V1), ("bob", V2)) == [
        DONE,
        AGAIN,
        AGAIN,
        AGAIN,
    ]


def test_occurrences_are_counted_for_each_id(path: Path) -> None:
    """A claim says how many documents of this run had the same id before."""
    with Journal(path, TARGET) as journal:
        ids = ["ada", "bob", "ADA", "ada", "Bob", "carl"]
        assert [journal.accepted.resume(same_endpoint_key(name), V1) for name in ids] == [
            ResumeState(AGAIN, number) for number in (0, 0, 1, 2, 1, 0)
        ]


def test_a_document_without_a_digest_is_never_done(path: Path) -> None:
    """What cannot be compared is sent."""
    assert [deliver(path, ("ada", "")) for _ in range(2)] == [[True], [True]]


@pytest.mark.parametrize("state", ["failed", "unverified"])
def test_what_failed_later_is_sent_again(path: Path, state: str) -> None:
    """An outcome that is not accepted takes an earlier acceptance back."""
    write(path, entry("ada"), entry("bob"), entry("ada", state=state))
    assert claims(path, ("ada", V1), ("bob", V1)) == [AGAIN, DONE]


DOCUMENTS = st.lists(
    st.tuples(st.sampled_from(["a", "A", "b", "ç"]), st.sampled_from([V1, V2, V3])), max_size=8
)


@given(documents=DOCUMENTS, kills=st.lists(st.tuples(st.integers(0, 8), st.booleans()), max_size=4))
def test_killed_runs_end_where_one_run_does(
    documents: list[tuple[str, str]], kills: list[tuple[int, bool]]
) -> None:
    """However often a run is killed, the last one leaves each id with the last of its documents.

    A kill comes before a call, or between the service's answer and the journal's line.
    """
    stored: dict[str, str] = {}
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        for calls, is_recorded in [*kills, (len(documents), True)]:
            run(path, documents, stored, calls, is_recorded=is_recorded)
        assert stored == {endpoint_id.lower(): digest for endpoint_id, digest in documents}
        assert deliver(path, *documents) == [False] * len(documents)


def run(
    path: Path,
    documents: list[tuple[str, str]],
    stored: dict[str, str],
    calls: int,
    *,
    is_recorded: bool,
) -> None:
    """Send documents until a number of calls is made; the last one may not be recorded."""
    with Journal(path, TARGET) as journal:
        for endpoint_id, digest in documents:
            done, occurrence = journal.accepted.resume(same_endpoint_key(endpoint_id), digest)
            if done:
                continue
            if calls == 0:
                return
            calls -= 1
            stored[endpoint_id.lower()] = digest
            if calls or is_recorded:
                journal.record([entry(endpoint_id, digest, occurrence)])


@given(
    entries=st.lists(
        st.builds(
            entry,
            st.sampled_from(["ada", "Ünsal"]),
            st.sampled_from([V1, V2]),
            st.integers(0, 2),
            st.sampled_from(["accepted", "failed"]),
        ),
        max_size=6,
    ),
    cut=st.integers(0, 2000),
    zeros=st.integers(0, 3),
)
def test_a_journal_cut_at_any_byte(entries: list[Entry], cut: int, zeros: int) -> None:
    """Whatever a crash leaves is understood: what is done was accepted in a line that is whole."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "journal"
        write(path, *entries)
        left = path.read_bytes()[:cut]
        path.write_bytes(left + b"\0" * zeros)
        whole = entries[: max(0, left.count(b"\n") - 1)]
        accepted = {(made.endpoint_id, made.occurrence): made for made in whole}
        with Journal(path, TARGET) as journal:
            for endpoint_id in ("ada", "Ünsal"):
                done = True
                for occurrence in range(3):
                    last = accepted.get((endpoint_id, occurrence))
                    done = (
                        done and last is not None and (last.digest, last.state) == (V1, "accepted")
                    )
                    assert journal.accepted.resume(same_endpoint_key(endpoint_id), V1) == (
                        done,
                        occurrence,
                    )
            journal.record([entry("bob")])
        lines = [json.loads(line) for line in path.read_bytes().splitlines()]
        assert [line["endpoint_id"] for line in lines[1:]] == [
            *(made.endpoint_id for made in whole),
            "bob",
        ]


def test_a_dry_run_changes_nothing(path: Path) -> None:
    """OpenFile to be read, a journal is not made, not locked, not repaired and not written."""
    with Journal(path, TARGET, read_only=True) as journal:
        assert journal.accepted.resume("ada", V1) == (AGAIN, 0)
    assert not path.exists()
    write(path, entry("ada"))
    before = path.read_bytes() + b'{"endpoint_id":"bob"'
    path.write_bytes(before)
    with (
        Journal(path, TARGET, read_only=True) as journal,
        Journal(path, TARGET, read_only=True) as another,
    ):
        assert journal.accepted.resume("ada", V1) == another.accepted.resume("ada", V1) == (DONE, 0)
        with pytest.raises(ValueError, match="not open for writing"):
            journal.record([entry("carl")])
    assert path.read_bytes() == before


def test_the_path_is_the_real_one(tmp_path: Path, path: Path) -> None:
    """Through a symbolic link it is the same journal."""
    write(path, entry("ada"))
    link = tmp_path / "link"
    link.symlink_to(path)
    with Journal(link, TARGET) as journal:
        assert journal.path == path.resolve()
        assert journal.accepted.resume("ada", V1).done
