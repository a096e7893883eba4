"""What git ignores is left out: compared with git itself."""

import os
import shutil
from pathlib import Path

import pytest
from file_trees import found, git, ignore, left_by_git, make, needs_git
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st


@needs_git
@pytest.mark.parametrize(
    "lines",
    [
        ["*.json", "!x.json"],
        ["*.json", "!a/*.json"],
        ["a/", "!a/x.json"],
        ["a/*", "!a/x.json"],
        ["a", "!a/*"],
        ["a", "!a/**", "!a/**/"],
        ["a/**", "!a/b/**"],
        ["a/**", "!a/b"],
        ["/a", "!/a/b/"],
        ["/x.json"],
        ["b"],
        ["b/"],
        ["x.json/"],
        ["a/b"],
        ["a/**"],
        ["a/**/"],
        ["**/b"],
        ["**/b/*.json"],
        ["a/**/x.json"],
        ["a**/x.json"],
        ["*", "!*/", "!y*.json"],
        ["*/*.json"],
        ["?.json"],
        ["[xy].json"],
        ["[!x].json", "[^y]*"],
        ["a[!a]x.json", "a/b[^a]x.json", "/b[+-9]y.json"],
        ["[[:alpha:]].json", "[[:digit:][:space:]]*"],
        ["[b-a].json", "[[:none:]].json", "[x", "\\"],
        ["[]x].json", "[x-].json", "[\\x].json"],
        ["#x.json", "\\#y.json", "\\!z.json"],
        ["x.json   ", "y\\ ", "\ty.json", " x.json"],
        ["x.json\r", "b\r"],
        ["", "/", "//", "!", "!/"],
        ["é*.json", "?.json"],
    ],
)
def test_patterns_mean_what_they_mean_to_git(repository: Path, lines: list[str]) -> None:
    """The files that are read are those that git does not ignore."""
    names = ["x.json", "y.json", "#x.json", "#y.json", "!z.json", "é.json", "7.json", "y .json"]
    for place in (".", "a", "a/b", "b", "a/c/b", "y ", "x", "c/y.json"):
        make(repository / place, *names)
    ignore(repository, *lines)
    assert sorted(found(repository)) == sorted(left_by_git(repository))


def test_a_pattern_of_many_stars_ends(repository: Path) -> None:
    """A pattern that takes git itself more than minutes is answered."""
    make(repository, "x" * 200 + ".json")
    ignore(repository, "*x" * 30 + "y", "**/" * 30 + "y")
    assert len(found(repository)) == 1


def test_a_pattern_of_many_directories_ends(repository: Path) -> None:
    """Each `**` takes the nearest match of what follows it, and the answer is still git's."""
    make(repository / "/".join("a" * 40), "x.json", "y.json")
    patterns = ("**/a/" * 20 + "z", "/a/**/a/**" * 10 + "/z", "**/*a*/" * 20 + "z.json")
    ignore(repository, *patterns, "a/**/a/**/a/**/y.json")
    assert [Path(name).name for name in found(repository)] == ["x.json"]


@needs_git
def test_nearer_patterns_go_before_farther_ones(repository: Path) -> None:
    """A .gitignore overrides those above it, wherever the search begins."""
    make(repository, "x.json", "a/x.json", "a/y.json", "a/b/x.json", "a/b/y.json", "c/x.json")
    ignore(repository, "x.json", "/a/b/y.json")
    ignore(repository / "a", "!x.json", "/y.json")
    ignore(repository / "a" / "b", "x.json")
    ignore(repository / "c", "!*")
    for place in (repository, repository / "a", repository / "a" / "b", repository / "c"):
        assert found(place) == left_by_git(place)
    assert found(repository / "a" / "b") == []


@needs_git
def test_the_repositorys_own_patterns_count(repository: Path) -> None:
    """`.git/info/exclude` is the last to be asked."""
    make(repository, "x.json", "y.json", "a/x.json")
    (repository / ".git" / "info" / "exclude").write_text("*.json\n", encoding="utf-8")
    ignore(repository, "!y.json")
    assert found(repository) == left_by_git(repository) == ["y.json"]
    assert found(repository / "a") == []


@needs_git
def test_a_worktree_is_a_repository(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Where `.git` is a file, the patterns of the repository that it names count."""
    (repository / ".git" / "info" / "exclude").write_text("x.json\n", encoding="utf-8")
    git(repository, "commit", "--quiet", "--allow-empty", "--message", "begin")
    tree = tmp_path_factory.mktemp("trees") / "tree"
    git(repository, "worktree", "add", "--quiet", str(tree))
    make(tree, "x.json", "y.json", "z.json")
    ignore(tree, "z.json")
    assert found(tree) == left_by_git(tree) == ["y.json"]


@needs_git
def test_a_repository_in_a_directory_has_its_own_patterns(tmp_path: Path) -> None:
    """Below a `.git`, only its own files count, as for git itself."""
    for name in ("outer", "outer/inner"):
        (tmp_path / name).mkdir()
        git(tmp_path / name, "init", "--quiet")
        make(tmp_path / name, "x.json", "y.json")
    ignore(tmp_path / "outer", "x.json")
    ignore(tmp_path / "outer" / "inner", "y.json")
    assert left_by_git(tmp_path / "outer" / "inner") == ["x.json"]
    assert found(tmp_path) == ["outer/inner/x.json", "outer/y.json"]


@needs_git
def test_a_tracked_file_is_left_out_if_a_pattern_matches_it(repository: Path) -> None:
    """Only the patterns are asked, not git's index: the same answer before and after a commit."""
    make(repository, "x.json", "y.json")
    ignore(repository, "x.json")
    git(repository, "add", "--force", "x.json")
    assert found(repository) == ["y.json"]


NAMES = ["a", "b", "ab", "a b", "[a]", "-", "a\\", "é"]
PIECES = [
    *(
        "a",
        "b",
        "é",
        "-",
        "A",
        ".json",
        " ",
        "*",
        "**",
        "?",
        "/",
        "/",
        "**/",
        "/**",
        "!",
        "#",
        "\\",
    ),
    *("[ab]", "[!a]", "[^b]", "[a-b]", "[]a]", "[\\]a]", "[a-\\b]", "[[:alpha:]]", "[[:x:]]"),
    *("[", "]", "[:", ":]"),
]
folders = st.lists(st.sampled_from(NAMES), max_size=2).map("/".join)
files = st.builds("{}/{}.json".format, folders, st.sampled_from(NAMES)).map(
    lambda it: it.strip("/")
)
wild = st.lists(st.sampled_from(PIECES), min_size=1, max_size=5).map("".join)
tame = st.builds("{}{}".format, st.one_of(folders, files), st.sampled_from(["", "/", "/*", "/**"]))
patterns = st.builds("{}{}".format, st.sampled_from(["", "", "!"]), st.one_of(wild, tame, files))


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make one repository for all examples of a law: making one takes longer than an example."""
    root = tmp_path_factory.mktemp("scratch")
    git(root, "init", "--quiet")
    return root


@needs_git
@with_settings(max_examples=100)
@given(
    paths=st.sets(files, min_size=1, max_size=8),
    pattern_files=st.dictionaries(folders, st.lists(patterns, max_size=5), min_size=1, max_size=3),
)
def test_what_is_read_is_what_git_does_not_ignore(
    scratch: Path, paths: set[str], pattern_files: dict[str, list[str]]
) -> None:
    """Whatever the patterns and the files, git and the search agree."""
    root = scratch / "example"
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir()
    for folder, globs in pattern_files.items():
        ignore(root / folder, *globs)
    make(root, *paths)
    assert sorted(found(root)) == sorted(left_by_git(root))


@pytest.mark.parametrize(
    "content", [b"\xff\xfe*\x00", b"b\xe9.json\n", b"\xef\xbb\xbfx.json", b"\0"]
)
def test_a_gitignore_that_is_no_text_stops_nothing(repository: Path, content: bytes) -> None:
    """Bytes are matched as bytes; a mark at the beginning does not count."""
    (repository / ".gitignore").write_bytes(content)
    make(repository, "x.json", "y.json")
    assert found(repository) == (["y.json"] if b"x.json" in content else ["x.json", "y.json"])


@pytest.mark.parametrize("kind", ["directory", "pipe", "link", "unreadable"])
def test_a_gitignore_that_cannot_be_read_counts_as_empty(repository: Path, kind: str) -> None:
    """What is no file, and a link, which git does not follow either, leaves nothing out."""
    make(repository, "x.json")
    path = repository / ".gitignore"
    if kind == "directory":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    elif kind == "link":
        (repository / "patterns").write_text("x.json", encoding="utf-8")
        path.symlink_to("patterns")
    else:
        ignore(repository, "x.json")
        path.chmod(0)
    unprivileged = os.geteuid() != 0 or kind != "unreadable"
    assert found(repository) == (["x.json"] if unprivileged else [])
