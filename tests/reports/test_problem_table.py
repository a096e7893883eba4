"""The table of problems: some of each code, and how many more there are."""

import pytest
from reporting import checked, finding, reported, secret_fix, warning

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.reports.problems import ReportFormat


def table(*documents: object, **options: object) -> str:
    """Return what the table format prints."""
    return reported(ReportFormat.TABLE, documents, **options)  # type: ignore[arg-type]  # options by name


def test_fifty_of_each_code_are_shown() -> None:
    """And how many more there are, by code, and how to see them."""
    documents = [checked(finding(line=line), warning(line=line)) for line in range(1, 53)]
    output = table(*documents, checked(finding(line=99, code="PE101")))
    assert [output.count(f"│ {code} │") for code in ("PE103", "PE210", "PE101")] == [50, 50, 1]
    assert (
        "\nPE103: 2 more\nPE210: 2 more\nSee all with -o text, or with --max-problems 52\n"
        in output
    )
    assert output.endswith("53 documents: 0 valid, 53 invalid (53 errors, 52 warnings)\n")


def test_the_number_may_be_chosen() -> None:
    """--max-problems 1 shows one of each code, the first."""
    output = table(checked(finding(line=7), finding(line=8)), max_problems=1)
    assert "some/file.json:7:1" in output
    assert "some/file.json:8:1" not in output
    assert "PE103: 1 more\n" in output


def test_as_many_as_are_shown_need_no_word() -> None:
    """Nothing is said of none."""
    assert "more" not in table(*[checked(finding())] * 50)


def test_quiet_leaves_the_counts_out() -> None:
    """Not the problems, and not how many more there are."""
    output = table(*[checked(finding())] * 51, quiet=True)
    assert "PE103: 1 more" in output
    assert "document" not in output


def test_a_run_that_failed_is_not_counted() -> None:
    """Counts of half a run would look like those of a whole one."""
    assert table(error=CannotRun("no file")) == ""


@pytest.mark.parametrize("width", [40, 60, 80, 120])
@pytest.mark.parametrize("terminal", [True, False])
def test_a_place_is_never_cut(
    width: int, monkeypatch: pytest.MonkeyPatch, *, terminal: bool
) -> None:
    """A path that is wider than the terminal is printed whole, without borders in it."""
    monkeypatch.setenv("COLUMNS", str(width))
    monkeypatch.setenv("TERM", "dumb")
    source = "a/directory/of/some/length/and/日本語フォルダ/a-file-with-a-long-name.json"
    problem = finding(source=source, line=3, column=3)
    document = checked(problem, text='{\n\n  "sms"\n}')
    assert f"{source}:3:3" in table(document, terminal=terminal, snippets=terminal)


@pytest.mark.parametrize("report_format", ReportFormat)
def test_no_format_shows_what_a_fix_would_write(report_format: ReportFormat) -> None:
    """The text of a fix may be an address."""
    problem = finding(fix=secret_fix("+12065550177"))
    document = checked(problem, text='{"Address": "+1 206 555 0100"}')
    output = reported(report_format, [document], terminal=True, snippets=True, styled=True)
    assert "2065550177" not in output
    assert "206 555" not in output


def test_a_narrow_terminal_gets_a_line_for_each_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    """Place, verdict and message in one line, the source line and the hint below it, no box."""
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("TERM", "dumb")
    problem = finding(line=2, column=3, end_column=9, pointer="/OptOut", hint="did you mean NONE?")
    output = table(checked(problem, text='{\n  "none"\n}'), terminal=True, snippets=True)
    assert output.splitlines()[:-1] == [
        "some/file.json:2:3 error[PE103] /OptOut: not a value",
        '  2 |   "****"',
        "    |   ^~~~~~",
        "  hint: did you mean NONE?",
    ]


def test_errors_come_first_and_each_file_together() -> None:
    """Errors of all files, then warnings; a second report of a file is with its first."""
    documents = [
        checked(warning(source="a"), finding(source="a", line=3)),
        checked(warning(source="b")),
        checked(finding(source="a", line=2)),
    ]
    rows = [line for line in table(*documents).splitlines() if " PE" in line]
    assert [line.split()[1] for line in rows] == ["a:2:1", "a:3:1", "a:1:1", "b:1:1"]
