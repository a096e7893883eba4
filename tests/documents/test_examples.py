"""Files as data: valid ones, and invalid ones beside the problems expected of them."""

from pathlib import Path

import pytest

from pinpoint_endpoints import Severity, load, validate

DATA = Path(__file__).parent.parent / "data"
EXAMPLES = Path(__file__).parent.parent.parent / "examples"
VALID = sorted((DATA / "valid").iterdir())
INVALID = sorted(path for path in (DATA / "invalid").iterdir() if path.suffix != ".expected")


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.name)
def test_nothing_is_found_in_a_valid_file(path: Path) -> None:
    """A valid file of any shape gives documents, and not one problem."""
    documents = list(load(path))
    assert documents
    assert [validate(document) for document in documents] == [[] for _ in documents]


@pytest.mark.parametrize("path", INVALID, ids=lambda path: path.name)
def test_every_mistake_is_found_in_its_place(path: Path) -> None:
    """An invalid file gives exactly the problems written beside it: place, code, words, hint."""
    expected = Path(f"{path}.expected").read_text(encoding="utf-8").splitlines()
    found = [str(problem) for document in load(path) for problem in validate(document)]
    assert [line.removeprefix(f"{path}:") for line in found] == expected


def test_amazons_own_example_is_valid() -> None:
    """The documentation's Seattle iPhone has no error, though its token is not hexadecimal."""
    (document,) = load(EXAMPLES / "seattle-iphone.json")
    problems = validate(document)
    assert [problem.code for problem in problems] == ["PE203", "PE210", "PE210"]
    assert {problem.severity for problem in problems} == {Severity.WARNING}
    assert document.endpoint_id == "seattle-iphone"


def test_one_broken_file_never_hides_the_others() -> None:
    """Reading a directory of damaged files gives at least one document for each of them."""
    sources = {document.source for document in load(DATA / "invalid")}
    assert sources == {str(path) for path in INVALID}
