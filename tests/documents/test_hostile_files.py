"""Files that break readers: each gives a clear problem, and leaves the run standing."""

import os
from collections import Counter
from pathlib import Path

import pytest

from pinpoint_endpoints import Problem, load, validate

GOOD = '{"OptOut": "ALL"}'


def problems_of(path: Path) -> list[Problem]:
    """Return all problems of a file or directory."""
    return [problem for document in load(path) for problem in validate(document)]


def only_problem(path: Path) -> tuple[str, int, int]:
    """Return code, line and column of the one problem that there has to be."""
    (problem,) = problems_of(path)
    return problem.code, problem.line, problem.column


@pytest.mark.parametrize("levels", [65, 1_000, 10_000, 100_000])
@pytest.mark.parametrize(
    ("name", "opening"),
    [
        ("list.json", "["),
        ("object.json", '{"a":'),
        ("flow.yaml", "["),
        ("flow-mapping.yaml", "{a: "),
        ("block.yaml", "- "),
    ],
)
def test_deep_nesting_is_refused_where_it_becomes_too_deep(
    tmp_path: Path, name: str, opening: str, levels: int
) -> None:
    """A value nested more than 64 levels deep is one problem, at the 65th level."""
    path = tmp_path / name
    path.write_text(opening * levels + ("1" if ":" in opening else ""), encoding="utf-8")
    assert only_problem(path) == ("PE007", 1, 64 * len(opening) + 1)


@pytest.mark.parametrize(("name", "before"), [("a.json", '{"Address": "'), ("a.yaml", "Address: ")])
def test_a_hundred_megabytes_are_refused_unread(tmp_path: Path, name: str, before: str) -> None:
    """A file larger than any request is refused by its size."""
    path = tmp_path / name
    with path.open("wb") as file:
        file.write(before.encode())
        file.truncate(100_000_000)
    assert only_problem(path) == ("PE010", 1, 1)


@pytest.mark.parametrize("levels", [65, 100, 250, 260, 1_000])
@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_deep_nesting_is_refused_also_where_the_text_is_whole(
    tmp_path: Path, name: str, levels: int
) -> None:
    """Lists that are all closed again are refused like those that are not."""
    path = tmp_path / name
    path.write_text('{"Attributes": ' + "[" * levels + "]" * levels + "}", encoding="utf-8")
    assert only_problem(path) == ("PE007", 1, 16 + 63)


def test_directories_may_be_nested_deeply(tmp_path: Path) -> None:
    """Six hundred directories in one another are searched to the last."""
    deepest = tmp_path.joinpath(*["d"] * 600)
    deepest.mkdir(parents=True)
    (deepest / "good.json").write_text(GOOD, encoding="utf-8")
    assert len(list(load(tmp_path))) == 1


def test_a_name_with_a_nul_is_named() -> None:
    """A path that no system can open is a problem and not an exception."""
    (problem,) = problems_of(Path("a\0b.json"))
    assert problem.code == "PE001"


def test_more_mistakes_than_anybody_reads_are_cut(tmp_path: Path) -> None:
    """A document with a hundred thousand unknown members shows the first thousand."""
    path = tmp_path / "many.json"
    members = ", ".join(f'"m{number}": 1' for number in range(100_000))
    path.write_text(f"{{{members}}}", encoding="utf-8")
    problems = problems_of(path)
    assert Counter(problem.code for problem in problems) == {"PE101": 1000, "PE010": 1, "PE216": 1}


def test_a_directory_may_be_named_like_a_file(tmp_path: Path) -> None:
    """A directory called `x.json` is searched like any other."""
    (tmp_path / "x.json").mkdir()
    (tmp_path / "x.json" / "good.json").write_text(GOOD, encoding="utf-8")
    assert problems_of(tmp_path) == []
    assert [document.endpoint_id for document in load(tmp_path)] == ["good"]


def test_a_link_in_a_circle_is_named(tmp_path: Path) -> None:
    """A file that is a link to itself cannot be read, and the others are."""
    (tmp_path / "circle.json").symlink_to("circle.json")
    (tmp_path / "good.json").write_text(GOOD, encoding="utf-8")
    documents = list(load(tmp_path))
    assert [document.endpoint_id for document in documents] == [None, "good"]
    assert "symbolic links" in documents[0].problems[0].message


def test_a_directory_that_links_to_its_parent_is_searched_once(tmp_path: Path) -> None:
    """A directory linked into itself does not make the search endless, nor repeat a file."""
    (tmp_path / "good.json").write_text(GOOD, encoding="utf-8")
    (tmp_path / "up").symlink_to(tmp_path, target_is_directory=True)
    assert len(list(load(tmp_path))) == 1


def test_a_circle_that_is_no_document_is_passed_by(tmp_path: Path) -> None:
    """A link in a circle whose name is that of no document is left out like any other file."""
    (tmp_path / "circle").symlink_to("circle")
    assert list(load(tmp_path)) == []


def test_a_broken_link_is_named(tmp_path: Path) -> None:
    """A link to nothing is a problem, and not left out in silence."""
    (tmp_path / "gone.json").symlink_to("nowhere.json")
    assert only_problem(tmp_path) == ("PE001", 0, 0)


def test_a_pipe_in_a_directory_is_not_waited_for(tmp_path: Path) -> None:
    """A named pipe found in a directory is a problem; reading it would never end."""
    os.mkfifo(tmp_path / "pipe.json")
    assert only_problem(tmp_path) == ("PE001", 0, 0)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A path that leads nowhere is a problem with the system's reason."""
    (problem,) = problems_of(tmp_path / "none.json")
    assert problem.message == "cannot be read: no such file or directory"


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """Make a file without read permission."""
    path = tmp_path / "secret.json"
    path.write_text(GOOD, encoding="utf-8")
    path.chmod(0)
    return path


@pytest.mark.usefixtures("secret", "_nobody")
def test_an_unreadable_file_is_named(secret: Path) -> None:
    """A file without read permission is a problem with the system's reason."""
    (problem,) = problems_of(secret)
    assert problem.message == "cannot be read: permission denied"


def test_an_alias_bomb_ends_early(tmp_path: Path) -> None:
    """Aliases that would unfold to millions of values are refused."""
    path = tmp_path / "bomb.yaml"
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    lines += [
        f"{new}: &{new} [{', '.join([f'*{old}'] * 10)}]"
        for old, new in zip("abcdefgh", "bcdefghi", strict=True)
    ]
    path.write_text("\n".join(lines), encoding="utf-8")
    (problem,) = problems_of(path)
    assert problem.code == "PE008"


def test_a_file_name_that_is_no_text_is_read(tmp_path: Path) -> None:
    """A name that is not UTF-8 neither stops the reading nor the message."""
    path = os.path.join(os.fsencode(tmp_path), b"a\xff.json")  # noqa: PTH118 - bytes
    with open(path, "wb") as file:  # noqa: PTH123 - bytes
        file.write(b"{}}")
    (problem,) = problems_of(tmp_path)
    assert problem.code == "PE004"


@pytest.mark.parametrize("raw", [b"a\rb\n", b'"\r', b"\x00\x85\xff\r\r\n", b"Id,Address\rada,x"])
def test_any_line_break_in_the_first_line_is_read(tmp_path: Path, raw: bytes) -> None:
    """Bytes that are no text, or a table with the line breaks of another system, are reported."""
    path = tmp_path / "a.json"
    path.write_bytes(raw)
    assert problems_of(path)


@pytest.mark.parametrize("name", ["notes.txt", "no-suffix"])
@pytest.mark.parametrize("text", [GOOD, "OptOut: ALL"])
def test_a_named_file_is_read_whatever_its_suffix(tmp_path: Path, name: str, text: str) -> None:
    """A file that is named is read by what it holds; in a directory it is passed by."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert problems_of(path) == []
    assert list(load(tmp_path)) == []


@pytest.mark.parametrize("name", ["A.JSON", "b.Yaml", "c.YML"])
def test_suffixes_may_be_in_capitals(tmp_path: Path, name: str) -> None:
    """A file from a system without case is found in a directory like any other."""
    (tmp_path / name).write_text(GOOD, encoding="utf-8")
    (document,) = load(tmp_path)
    assert document.endpoint_id == name.partition(".")[0]


def test_standard_input_is_refused_in_words() -> None:
    """`-` is not taken for a file that is missing."""
    (problem,) = problems_of(Path("-"))
    assert "standard input" in problem.message


def test_hidden_files_are_left_out(tmp_path: Path) -> None:
    """What begins with a dot is not searched."""
    (tmp_path / ".hidden.json").write_text("{", encoding="utf-8")
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "a.json").write_text("{", encoding="utf-8")
    assert list(load(tmp_path)) == []
