"""Which files are read: names, suffixes, patterns, and what git itself would say."""

import os
from collections import Counter
from pathlib import Path

import pytest
from file_trees import EVERYTHING, excluding, found, ignore, make

from pinpoint_endpoints.documents.discovery import (
    Format,
    Selection,
    Source,
    UnreadablePath,
    discover,
)


def test_the_order_is_that_of_the_paths_then_of_the_names(tmp_path: Path) -> None:
    """Each file is read once: where it is named, else in the place of its directory."""
    make(tmp_path, "b/z.json", "b/a.json", "a.json", "c.json", "B.json", "b/m/x.json")
    named = [str(tmp_path / "c.json"), str(tmp_path)]
    assert [os.path.relpath(source.path, tmp_path) for source in discover(named)] == [
        "c.json", "B.json", "a.json", "b/a.json", "b/m/x.json", "b/z.json",
    ]  # fmt: skip


def test_what_is_read_or_written_is_not_counted_as_left_out(tmp_path: Path) -> None:
    """Neither a file without a suffix that is named too, nor the journal of the run."""
    make(tmp_path, "a.json", "named", "journal", "notes.txt")
    unread: Counter[str] = Counter()
    written = frozenset({os.path.realpath(tmp_path / "journal")})
    paths = [str(tmp_path / "named"), str(tmp_path)]
    found = discover(paths, Selection(leave_out=written, unread=unread))
    assert [source.path for source in found] == [paths[0], str(tmp_path / "a.json")]
    assert unread == {".txt": 1}


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("a.json", Format.JSON),
        ("a.JSON", Format.JSON),
        ("a.yaml", Format.YAML),
        ("a.yml", Format.YAML),
        ("a.ndjson", Format.NDJSON),
        ("a.jsonl", Format.NDJSON),
        ("a.ndjson.gz", Format.NDJSON),
        ("a.JSONL.GZ", Format.NDJSON),
        ("a.json.gz", Format.JSON),
        ("a.YML.gz", Format.YAML),
        ("a.gz", Format.BY_CONTENT),
        ("7390e0de8e0b462380603c5a4df90bc4.csv.gz", Format.BY_CONTENT),
        ("a.tar.gz", None),
        ("json", None),
        ("a.json5", None),
        ("a.txt", None),
    ],
)
def test_the_suffix_says_how_a_file_is_read(
    tmp_path: Path, name: str, wanted: Format | None
) -> None:
    """A directory gives what has a known suffix; a named file without one is read by content."""
    make(tmp_path, name)
    path = str(tmp_path / name)
    assert list(discover([path])) == [Source(path, wanted or Format.BY_CONTENT)]
    assert list(discover([str(tmp_path)])) == ([Source(path, wanted)] if wanted else [])


def test_what_is_left_out_for_its_suffix_is_counted(tmp_path: Path) -> None:
    """Not what is hidden, excluded or ignored, and not directories."""
    make(tmp_path, "a.json", "b.gz", "c.CSV", "d/e.csv", "d/f", "g.tar.gz", ".h.csv", "i.csv/j.md")
    make(tmp_path, "no/k.csv")
    left_out: Counter[str] = Counter()
    list(discover([str(tmp_path)], excluding("no/")._replace(unread=left_out)))
    assert left_out == {".csv": 2, "": 1, ".tar.gz": 1, ".md": 1}


def test_standard_input_is_read_once() -> None:
    """The first `-` is standard input, which is empty for a second one."""
    first, second = discover(["-", "-"])
    assert first == Source("-", Format.BY_CONTENT)
    assert isinstance(second, UnreadablePath)
    assert "given twice" in second.reason


def test_an_excluded_name_is_left_out_at_any_depth(tmp_path: Path) -> None:
    """A pattern without a slash is about names, of files and of directories."""
    make(tmp_path, "draft.json", "a/draft.json", "a/b.json", "b/drafts/x.json", "drafts/y.json")
    assert found(tmp_path, excluding("draft.json", "drafts")) == ["a/b.json"]
    assert found(tmp_path, excluding("draft*")) == ["a/b.json"]


def test_an_excluded_directory_is_not_searched(tmp_path: Path) -> None:
    """What is in it cannot even be an error, and a pattern cannot take it back."""
    make(tmp_path, "a.json", "drafts/b.json")
    (tmp_path / "drafts" / "gone.json").symlink_to("nowhere.json")
    assert found(tmp_path, excluding("drafts/", "!b.json")) == ["a.json"]


def test_an_excluded_path_is_relative_to_its_base(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A slash anchors a pattern at its base, wherever the search begins."""
    make(tmp_path, "a/x.json", "a/b/x.json", "b/x.json")
    assert found(tmp_path, excluding("b/x.json", base=tmp_path)) == ["a/b/x.json", "a/x.json"]
    assert found(tmp_path / "a", excluding("a/b/*.json", base=tmp_path)) == ["x.json"]
    monkeypatch.chdir(tmp_path / "a")
    assert found(Path(), excluding("/b")) == ["x.json"]
    assert found(tmp_path, excluding("/b")) == ["a/x.json", "b/x.json"]


def test_a_later_pattern_takes_back(tmp_path: Path) -> None:
    """`!` reads again what a pattern before it left out."""
    make(tmp_path, "a.json", "b.json")
    assert found(tmp_path, excluding("*.json", "!a.json")) == ["a.json"]
    assert found(tmp_path, excluding("!a.json", "*.json")) == []


def test_an_excluded_name_may_be_no_text(tmp_path: Path) -> None:
    """A file name that is not UTF-8 is matched like any other."""
    path = os.path.join(os.fsencode(tmp_path), b"a\xff.json")  # noqa: PTH118 - bytes
    with open(path, "wb"):  # noqa: PTH123 - bytes
        assert found(tmp_path, excluding("a*.json")) == []
        assert len(found(tmp_path, excluding("b*.json"))) == 1


def test_what_is_named_is_read(repository: Path) -> None:
    """Neither a pattern nor a .gitignore leaves out a file or a directory that is named."""
    make(repository, "build/a.json", "b.json")
    ignore(repository, "build/", "*.json", "!a.json")
    selection = excluding("build", "b.json", base=repository)
    assert found(repository, selection) == []
    assert found(repository / "build", selection) == ["a.json"]
    named = str(repository / "b.json")
    assert list(discover([named], selection)) == [Source(named, Format.JSON)]


def test_gitignore_means_nothing_outside_of_a_repository(tmp_path: Path) -> None:
    """Only git knows what a .gitignore is about."""
    make(tmp_path, "a.json")
    ignore(tmp_path, "*.json")
    assert found(tmp_path) == ["a.json"]


def test_gitignore_can_be_left_aside(repository: Path) -> None:
    """What git ignores is read if it is wanted, and patterns of one's own still count."""
    make(repository, "a.json", "b.json")
    ignore(repository, "*.json")
    assert found(repository) == []
    assert found(repository, EVERYTHING) == ["a.json", "b.json"]
    assert found(repository, excluding("a.json")._replace(respect_gitignore=False)) == ["b.json"]


def test_a_pattern_of_ones_own_goes_before_gitignore(repository: Path) -> None:
    """A negated pattern reads what a .gitignore leaves out, as with `git ls-files --exclude`."""
    make(repository, "a.json", "b.json")
    ignore(repository, "*.json")
    assert found(repository, excluding("!a.json")) == ["a.json"]
