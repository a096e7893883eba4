"""YAML files with several documents, of which some are broken."""

from pathlib import Path

import pytest
from checking import put_right

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.yaml_events import MAX_BROKEN_DOCUMENTS

FIRST = "Id: a\nOptOut: ALL\n"
LAST = "Id: c\nOptOut: none\n"


@pytest.mark.parametrize(
    "broken",
    [
        "Id: b\nOptOut: ALL\n Address: bad\n",
        'Id: "b\nOptOut: ALL\n',
        "Id: b\nAttributes: {a: [b\n",
        "Id: b\n\tOptOut: ALL\n",
        "Id: *b\n",
        "Id: !!str b\n",
        "? [b]\n: c\n",
        "} b\n",
        "Id: b\nAddress: \x07\n",
        'Id: b\nAddress: "\x85"\n',
        "a: " + "[" * 70 + "]" * 70 + "\n",
    ],
    ids=[
        "indented",
        "quote",
        "bracket",
        "tab",
        "alias",
        "tag",
        "key",
        "brace",
        "bell",
        "break",
        "deep",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lf", "crlf"])
def test_documents_around_a_broken_one_are_read(tmp_path: Path, broken: str, end: str) -> None:
    """Each broken document is one problem in its own lines; the places behind it are right."""
    path = tmp_path / "a.yaml"
    text = f"{FIRST}---\n{broken}---\n{broken}---\n{LAST}".replace("\n", end)
    path.write_bytes(text.encode())
    documents = list(load(path))
    assert [document.endpoint_id for document in documents] == ["a", None, None, "c"]
    found = [problem for document in documents for problem in validate(document)]
    height = broken.count("\n") + 1
    first, second, *_ = (problem.line for problem in found)
    assert 3 <= first <= 3 + height < second <= 3 + 2 * height
    last = found[-1]
    assert (last.code, last.line, last.column) == ("PE103", 3 + 2 * height + 2, 9)


def test_a_fix_behind_a_broken_document_is_written_in_its_place() -> None:
    """What cannot be parsed stays as it is."""
    text = f"{FIRST}---\nId: [b\n---\n{LAST}"
    assert put_right(text, "a.yaml") == text.replace("none", "NONE")


def test_a_rule_in_a_block_scalar_starts_no_document(tmp_path: Path) -> None:
    """It is indented; only a line that begins with `---` starts one."""
    path = tmp_path / "a.yaml"
    path.write_text(f"Id: [a\nAddress: |\n  ---\n  Id: x\n---x: 1\n---\n{LAST}", encoding="utf-8")
    assert [document.endpoint_id for document in load(path)] == [None, "c"]


def test_comments_behind_a_broken_document_are_no_second_problem(tmp_path: Path) -> None:
    """The file is not empty: it has a document that cannot be parsed."""
    path = tmp_path / "a.yaml"
    path.write_text("Id: [a\n---\n# nothing\n", encoding="utf-8")
    problems = [problem for document in load(path) for problem in validate(document)]
    assert [problem.code for problem in problems] == [codes.SYNTAX]


def test_a_file_of_nothing_but_broken_documents_is_given_up(tmp_path: Path) -> None:
    """The last problem says what is not read."""
    path = tmp_path / "a.yaml"
    path.write_text("Id: [a\n---\n" * 1_000, encoding="utf-8")
    problems = [problem for document in load(path) for problem in validate(document)]
    assert [problem.code for problem in problems[-2:]] == [codes.SYNTAX, codes.TOO_LARGE]
    assert len(problems) == MAX_BROKEN_DOCUMENTS + 1
    assert "the rest is not read" in problems[-1].message


@pytest.mark.parametrize("name", ["a.json", "a.yaml"])
def test_problems_behind_a_duplicate_key_are_in_file_order(tmp_path: Path, name: str) -> None:
    """The value has the key at its first place, and the problem is at its last."""
    path = tmp_path / name
    path.write_text(
        '{"Item": [{"Id": "a"},\n{"Id": "b", "Attributes": {"b": [], \n"c": 1,\n"b": 2}}]}\n',
        encoding="utf-8",
    )
    _, second = load(path)
    assert [problem.line for problem in validate(second)] == [3, 4]
