"""Which files are read: names, suffixes, patterns, and what git itself would say."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as with_settings
from hypothesis import strategies as st

from pinpoint_endpoints.documents.discovery import (
    DEFAULT,
    Format,
    Selection,
    Source,
    Unsearchable,
    discover,
)
from pinpoint_endpoints.documents.ignoring.folder import Pattern

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="compares with git")
EVERYTHING = Selection(respect_gitignore=False)


def make(root: Path, *paths: str) -> None:
    """Make empty files, with the directories that they are in."""
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()


def ignore(directory: Path, *lines: str) -> None:
    """Write a .gitignore."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / ".gitignore").write_text("\n".join(lines), encoding="utf-8", newline="")


def found(root: Path, selection: Selection = DEFAULT) -> list[str]:
    """Return what is read of a directory, as paths inside it."""
    return [os.path.relpath(source.path, root) for source in discover([str(root)], selection)]


def excluding(*globs: str, base: Path | str = os.curdir) -> Selection:
    """Return a selection with patterns relative to a directory."""
    return Selection(tuple(Pattern(glob, str(base)) for glob in globs))


def git(directory: Path, *arguments: str) -> str:
    """Run git, without the settings of the person or the machine."""
    ended = subprocess.run(
        ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments],
        cwd=directory,
        capture_output=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull},
    )
    return os.fsdecode(ended.stdout)


def left_by_git(root: Path) -> list[str]:
    """Return what git does not ignore, of the files that would be read."""
    listed = git(root, "ls-files", "-z", "--others", "--exclude-standard").split("\0")
    return [path for path in listed if path.endswith(".json")]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Make an empty git repository."""
    git(tmp_path, "init", "--quiet")
    return tmp_path


def test_the_order_is_that_of_the_paths_then_of_the_names(tmp_path: Path) -> None:
    """Directories are searched where their names stand among the files."""
    make(tmp_path, "b/z.json", "b/a.json", "a.json", "c.json", "B.json", "b/m/x.json")
    named = [str(tmp_path / "c.json"), str(tmp_path)]
    assert [os.path.relpath(source.path, tmp_path) for source in discover(named)] == [
        "c.json", "B.json", "a.json", "b/a.json", "b/m/x.json", "b/z.json", "c.json",
    ]  # fmt: skip


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
        ("a.json.gz", None),
        ("a.gz", None),
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


def test_standard_input_is_read_once() -> None:
    """The first `-` is standard input, which is empty for a second one."""
    first, second = discover(["-", "-"])
    assert first == Source("-", Format.BY_CONTENT)
    assert isinstance(second, Unsearchable)
    assert "only once" in second.reason


def test_an_excluded_name_is_left_out_at_any_depth(tmp_path: Path) -> None:
    """A pattern without a slash is about names, of files and of directories."""
    make(tmp_path, "draft.json", "a/draft.json", "a/b.json", "b/drafts/x.json", "drafts/y.json")
    assert found(tmp_path, excluding("draft.json", "drafts")) == ["a/b.json"]
    assert found(tmp_path, excluding("draft*")) == ["a/b.json"]


def test_an_excluded_directory_is_not_searched(tmp_path: Path) -> None:
    """What stands in it cannot even be an error, and a pattern cannot take it back."""
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
    """Below a `.git` only what stands there counts, as when git is asked there."""
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
@with_settings(max_examples=200)
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


def test_nothing_about_patterns_is_imported_for_a_named_file(tmp_path: Path) -> None:
    """A run without patterns does not pay for them."""
    make(tmp_path, "x.json")
    program = (
        "import sys; from pinpoint_endpoints.documents.discovery import discover;"
        f"list(discover([{str(tmp_path)!r}, {str(tmp_path / 'x.json')!r}]));"
        "print('pinpoint_endpoints.documents.ignoring.patterns' in sys.modules)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=True
    )
    assert ended.stdout == "False\n"
