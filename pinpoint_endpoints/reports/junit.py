"""Report a validation as JUnit XML, with a test case for each document."""

import re
from collections.abc import Sequence
from pathlib import PurePath
from typing import Any, TextIO
from xml.sax.saxutils import escape, quoteattr

from pinpoint_endpoints.documents.discovery import is_s3
from pinpoint_endpoints.documents.model import Checked, Problem, Severity, Verdict
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.problems import problem_lines
from pinpoint_endpoints.reports.spool import Spool
from pinpoint_endpoints.reports.tally import Tally

_NOT_XML = re.compile(r"[\ufffe\uffff]")
"""Characters that XML 1.0 does not allow and `printable` does not escape."""


class JunitReporter:
    """Writes a test suite of the documents.

    Problems between documents are a second suite, and an error that stopped the run a third.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._alone = _Suite("documents")
        self._together = _Suite("all documents together")
        self._source = ""
        self._position = 0

    def add(self, checked: Checked) -> None:
        """Render the test case of a document."""
        if checked.is_second_report:
            line = next((problem.line for problem in checked.problems if problem.line), 0)
            self._together.add(checked, f":{line}" if line else "")
            return
        source = checked.document.source
        self._position = self._position + 1 if source == self._source else 1
        self._source = source
        self._alone.add(
            checked, f" [{self._position}]" if checked.document.in_multi_document_file else ""
        )

    def close(self, _tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write the suites that have a test case, and always that of the documents."""
        suites = [self._alone]
        if self._together.tests:
            suites.append(self._together)
        if error is not None:
            suites.append(_Suite("run"))
            suites[-1].add_error(error)
        self._stream.flush()
        out = self._stream.buffer
        out.write(b'<?xml version="1.0" encoding="UTF-8"?>\n')
        out.write(_element("testsuites", name="pe validate", **_totals(suites)) + b"\n")
        for suite in suites:
            suite.write(self._stream)
        out.write(b"</testsuites>\n")


class _Suite:
    def __init__(self, name: str) -> None:
        self._name = name
        self._cases = Spool()
        self.failures = 0
        self.errors = 0

    @property
    def tests(self) -> int:
        return self._cases.count

    def add(self, checked: Checked, position: str) -> None:
        directory, name = _split(checked.document.source)
        verdict = _verdict(checked)
        self.failures += verdict is Verdict.INVALID
        self.errors += verdict is Verdict.UNREADABLE
        content = _findings(checked.problems, verdict)
        self._add_case(directory, f"{name}{position}", content)

    def add_error(self, error: PinpointEndpointsError) -> None:
        self.errors += 1
        self._add_case("pe", "validate", _run_error(error))

    def _add_case(self, classname: str, name: str, content: bytes) -> None:
        case = _element("testcase", classname=classname, name=name)
        end = b"\n    " * bool(content) + b"</testcase>\n"
        self._cases.add(b"    " + case + content + end)

    def write(self, stream: TextIO) -> None:
        counts = _totals([self])
        head = _element("testsuite", name=self._name, **counts)
        stream.buffer.write(b"  " + head + b"\n")
        self._cases.write_to(stream.buffer)
        stream.buffer.write(b"  </testsuite>\n")


def _totals(suites: Sequence[_Suite]) -> dict[str, str]:
    return {
        "tests": str(sum(suite.tests for suite in suites)),
        "failures": str(sum(suite.failures for suite in suites)),
        "errors": str(sum(suite.errors for suite in suites)),
    }


def _split(source: str) -> tuple[str, str]:
    """Return the directory and the name of a file."""
    if is_s3(source):
        directory, _, name = source.rpartition("/")
        return directory, name
    path = PurePath(source)
    return str(path.parent), path.name


def _verdict(checked: Checked) -> Verdict:
    """Return the verdict that these problems alone lead to, without those reported before."""
    errors = _of(checked.problems, Severity.ERROR)
    return checked.verdict if errors or checked.before is not checked.verdict else Verdict.VALID


def _findings(problems: Sequence[Problem], verdict: Verdict) -> bytes:
    """Return the problems in one failure element: few tools read a second one."""
    if verdict is Verdict.VALID:
        return _output(problems) if problems else b""
    errors, warnings = (_of(problems, severity) for severity in Severity)
    tag = "error" if verdict is Verdict.UNREADABLE else "failure"
    if errors and warnings:
        return _failure(tag, errors) + _output(warnings)
    return _failure(tag, problems)


def _of(problems: Sequence[Problem], severity: Severity) -> list[Problem]:
    return [problem for problem in problems if problem.severity is severity]


def _failure(tag: str, problems: Sequence[Problem]) -> bytes:
    first = problems[0]
    more = f" (and {counted(len(problems) - 1, 'more problem')})" if len(problems) > 1 else ""
    head = _element(tag, type=first.code, message=f"{first.code}: {first.message}{more}")
    return _inside(head, problem_lines(problems), tag)


def _run_error(error: PinpointEndpointsError) -> bytes:
    head = _element("error", type=error.exit_code.name, message=error.message)
    return _inside(head, printable(error.hint), "error")


def _output(problems: Sequence[Problem]) -> bytes:
    return _inside(_element("system-out"), problem_lines(problems), "system-out")


def _inside(head: bytes, lines: str, tag: str) -> bytes:
    text = escape("\n".join(_xml_text(line) for line in lines.splitlines()))
    return b"\n      %s%s</%s>" % (head, text.encode(), tag.encode())


def _element(tag: str, **attributes: str) -> bytes:
    texts = (f" {name}={quoteattr(_xml_text(value))}" for name, value in attributes.items())
    return f"<{tag}{''.join(texts)}>".encode()


def _xml_text(text: str) -> str:
    return _NOT_XML.sub(lambda match: f"\\u{ord(match.group()):04x}", printable(text))
