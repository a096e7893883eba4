"""A forecast says what fixing a file would do, and marks no problem that would stay."""

from dataclasses import replace
from pathlib import Path

import pytest

from pinpoint_endpoints.checks.run import check_all
from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.documents.discovery import Source, discover
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.documents.model import Problem
from pinpoint_endpoints.fixes.files import fix_file
from pinpoint_endpoints.fixes.forecast import Forecast

DATA = Path(__file__).parent.parent / "data"
FILES = [
    path
    for kind in ("fixes", "invalid")
    for path in sorted((DATA / kind).iterdir())
    if path.suffix not in (".expected", ".fixed")
]


def problems_of(path: Path, forecast: Forecast) -> list[Problem]:
    """Return the problems of a file, only those that would be fixed with a fix."""
    (source,) = discover([str(path)])
    assert isinstance(source, Source)
    found = check_all([source], read)
    return [
        problem
        for checked in found
        for problem in forecast.without_blocked(checked, source).problems
    ]


@pytest.mark.parametrize("original", FILES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_as_many_as_are_fixed(original: Path, tmp_path: Path) -> None:
    """The number is that of --fix, and what is marked as fixable is gone afterwards."""
    path = tmp_path / original.name
    path.write_bytes(original.read_bytes())
    forecast = Forecast(validate)
    before = problems_of(path, forecast)
    (source,) = discover([str(path)])
    assert fix_file(source, validate).fixes == forecast.fixes
    after = {replace(problem, column=0, end_column=0) for problem in problems_of(path, forecast)}
    marked = {replace(problem, column=0, end_column=0) for problem in before if problem.fix}
    assert not marked & after


@pytest.mark.parametrize(
    ("text", "fixes", "blocked"),
    [
        ('{"ChannelType": "sms", "OptOut": "NONE", "OptOut": "none"}', 0, 2),
        ('{"ChannelType": "sms", "Address": 5}', 2, 0),
        ('{"ChannelType": "sms"}\n{"ChannelType": "sms", "Address": "+1 206 555 0100"}\n', 3, 0),
        ('{"ChannelType": "sms"}\n{"ChannelType": \n{"ChannelType": "sms"}\n', 2, 0),
    ],
)
def test_another_problem_may_block_a_fix(
    text: str, fixes: int, blocked: int, tmp_path: Path
) -> None:
    """Nothing is fixed in an object with a key twice; other lines of a file block nothing."""
    path = tmp_path / "a.json"
    path.write_text(text, encoding="utf-8")
    forecast = Forecast(validate)
    marked = [problem for problem in problems_of(path, forecast) if problem.fix]
    assert (forecast.fixes, forecast.blocked) == (fixes, blocked)
    assert bool(marked) == bool(fixes)


def test_equal_lines_of_two_files_count_twice(tmp_path: Path) -> None:
    """Also if they have the same number."""
    forecast = Forecast(validate)
    for name in ("a.ndjson", "b.ndjson"):
        path = tmp_path / name
        path.write_text('{"ChannelType": "sms", "Address": "+1 206 555 0100"}\n', "utf-8")
        problems_of(path, forecast)
    assert forecast.fixes == 4


def test_texts_like_an_earlier_one_are_not_tried(tmp_path: Path) -> None:
    """After some texts, problems of the same rules at the same places are fixed alike."""
    path = tmp_path / "a.ndjson"
    line = '{"Id": "%d", "ChannelType": "sms", "Address": "+1 206 555 01%02d"}'
    path.write_text("\n".join(line % (number, number) for number in range(20)), encoding="utf-8")
    tried = []

    def check(document: object) -> list[Problem]:
        tried.append(document)
        return validate(document)  # type: ignore[arg-type]  # a document

    every = Forecast(validate)
    some = Forecast(check, max_bytes=2 * len(line))
    assert problems_of(path, every) == problems_of(path, some)
    assert every.fixes == some.fixes == 40
    assert len(tried) < 20


@pytest.mark.parametrize("twice", ["", ', "OptOut": "NONE", "OptOut": "none"'])
def test_a_large_text_is_not_tried(twice: str, tmp_path: Path) -> None:
    """All that has a fix is taken to be fixed, unless a key is there twice."""
    path = tmp_path / "a.json"
    path.write_text(f'{{"ChannelType": "sms", "Address": 5{twice}}}', encoding="utf-8")
    tried, expected = Forecast(validate), Forecast(validate, max_bytes=0)
    assert problems_of(path, tried) == problems_of(path, expected)
    assert (tried.fixes, tried.blocked) == (expected.fixes, expected.blocked)


def test_an_input_that_is_no_file_is_not_fixed(tmp_path: Path) -> None:
    """Standard input and pipes cannot be written back."""
    path = tmp_path / "a.json"
    path.write_text('{"ChannelType": "sms"}', encoding="utf-8")
    (source,) = discover([str(path)])
    forecast = Forecast(validate)
    (checked,) = check_all([source], read)
    assert checked.problems[-1].fix
    assert not forecast.without_blocked(checked, None).problems[-1].fix
    assert forecast.fixes == forecast.blocked == 0
