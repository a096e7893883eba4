"""GitHub Actions: annotations that GitHub shows, and a summary that nothing can break."""

import html
import re
from collections.abc import Sequence

from hypothesis import example, given
from hypothesis import strategies as st
from reporting import NAMES, TEXTS, Stream, checked, finding, reported, run, warning

from pinpoint_endpoints.documents.model import Checked
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.reports.github import SummaryReporter, as_markdown
from pinpoint_endpoints.reports.problems import ReportFormat

COMMAND = re.compile(r"::(?P<name>[a-z]+) (?P<properties>[^:]*)::(?P<message>.*)")


def commands(
    *documents: Checked, error: PinpointEndpointsError | None = None
) -> list[tuple[str, dict[str, str], str]]:
    """Return the commands as GitHub's runner reads them: name, properties, message."""
    read = []
    for line in reported(ReportFormat.GITHUB, documents, error).split("\n")[:-1]:
        found = COMMAND.fullmatch(line)
        assert found, line
        pairs = (item.split("=", 1) for item in found["properties"].split(","))
        properties = {name: decoded(value) for name, value in pairs}
        read.append((found["name"], properties, decoded(found["message"])))
    return read


def decoded(text: str) -> str:
    """Undo the escapes, in the order of the runner: the percent sign last."""
    for escape, character in (
        ("%0D", "\r"),
        ("%0A", "\n"),
        ("%3A", ":"),
        ("%2C", ","),
        ("%25", "%"),
    ):
        text = text.replace(escape, character)
    return text


def test_a_problem_is_an_annotation() -> None:
    """At its file, line and columns, with the code as its title."""
    problem = finding(line=3, column=5, end_column=9, pointer="/OptOut", hint="one of ALL, NONE")
    assert reported(ReportFormat.GITHUB, [checked(problem)]) == (
        "::error file=some/file.json,line=3,col=5,endColumn=9,title=PE103::"
        "not a value (at /OptOut): one of ALL, NONE\n"
    )


def test_a_whole_file_has_no_line() -> None:
    """The annotation is on the file."""
    ((name, properties, _),) = commands(checked(warning(line=0, column=0)))
    assert (name, properties) == ("warning", {"file": "some/file.json", "title": "PE210"})


def test_ten_of_each_kind_and_how_many_more() -> None:
    """GitHub drops what is more: the first ten are written, and a notice counts the others."""
    documents = [checked(finding(), warning())] * 13
    written = commands(*documents[:11], checked(), *documents[11:])
    names = [name for name, _, _ in written]
    assert [names.count(name) for name in ("error", "warning", "notice")] == [10, 10, 1]
    assert written[-1][2].startswith("3 more errors and 3 more warnings")


def test_ten_need_no_notice() -> None:
    """Nothing more is nothing to say."""
    assert len(commands(*[checked(finding())] * 10)) == 10


def test_what_stopped_the_run_is_an_annotation() -> None:
    """Also after ten errors."""
    written = commands(*[checked(finding())] * 10, error=CannotRun("no file", "name one"))
    assert written[-1] == ("error", {"title": "pe validate"}, "no file: name one")


@given(NAMES, TEXTS, TEXTS)
@example("a,b:c%3A.json", "100%0A\n::set-output name=x::y", "")
def test_any_text_is_one_command(source: str, message: str, hint: str) -> None:
    """No name and no message ends a line or begins a command, and each can be read back."""
    problem = finding(source=source, message=message, hint=hint)
    ((name, properties, text),) = commands(checked(problem))
    assert name == "error"
    assert list(properties) == ["file", "line", "col", "title"]
    assert text == printable(f"{message}: {hint}" if hint else message)


def summary(documents: Sequence[Checked], error: PinpointEndpointsError | None = None) -> str:
    """Return the summary of a run."""
    stream = Stream()
    run(SummaryReporter(stream), documents, error)
    return stream.text()


def test_the_summary_has_the_counts_and_a_row_each() -> None:
    """The page shows what the table says."""
    text = summary([checked(finding(line=3, column=5, pointer="/OptOut", hint="NONE")), checked()])
    lines = html.unescape(text).splitlines()
    assert lines[2] == "2 documents: 1 valid, 1 invalid (1 error, 0 warnings)"
    assert lines[4:7] == [
        "| Place | Code | Severity | Problem |",
        "| --- | --- | --- | --- |",
        "| some/file.json:3:5 | PE103 | error | /OptOut: not a value (hint: NONE) |",
    ]


def test_nothing_wrong_is_no_table() -> None:
    """A summary of right documents is their number."""
    assert "|" not in summary([checked()])


def test_the_summary_stays_below_what_github_takes() -> None:
    """Some rows are left out, and counted."""
    text = summary([checked(finding(message="<" * 200))] * 2000)
    rows = text.count("PE103")
    assert len(text.encode()) < 1 << 19
    assert 0 < rows < 2000
    assert f"\n{2000 - rows:,} more problems: " in text


def test_the_summary_of_a_run_that_failed() -> None:
    """It says what stopped the run."""
    assert "**Error:** no file" in summary([], CannotRun("no file"))


@given(st.text())
@example("| a | <img src=x> [link](http://x) ![i](y) `code` *b* _i_ ~~s~~ # h\n- l\n1. n & &lt;")
def test_markdown_shows_any_text_as_it_is(text: str) -> None:
    """Nothing in it means anything to Markdown, and a browser shows the text itself."""
    escaped = as_markdown(text)
    assert not re.search(r"[<>|`*_\[\]()!#\\~:.@\"']", re.sub(r"&#[0-9]+;", "", escaped))
    assert re.sub(r"&#([0-9]+);", lambda code: chr(int(code[1])), escaped) == text
