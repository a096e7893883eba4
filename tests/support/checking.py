"""Check and fix documents as if they were in files."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType
from typing import Any

from pinpoint_endpoints import Document, Problem, load, validate
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Policy
from pinpoint_endpoints.documents.discovery import Source, format_of
from pinpoint_endpoints.documents.positions import MapLocator, PositionMap, PositionMaps
from pinpoint_endpoints.fixes.rounds import fixed_text


def documents_in(value: object) -> list[Document]:
    """Return the documents of a JSON file that holds one value."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ada.json"
        path.write_text(json.dumps(value), encoding="utf-8")
        return list(load(path))


def problems_in(value: object, policy: Policy = DEFAULT_POLICY) -> list[Problem]:
    """Return the problems of a JSON file that holds one value."""
    return [problem for one in documents_in(value) for problem in validate(one, policy)]


def only(code: str, request: object, policy: Policy = DEFAULT_POLICY) -> Problem:
    """Return the one problem with a code that there has to be."""
    (problem,) = [problem for problem in problems_in(request, policy) if problem.code == code]
    return problem


def codes_in(request: object, policy: Policy = DEFAULT_POLICY) -> list[str]:
    """Return the codes of the problems, in the order of the file."""
    return [problem.code for problem in problems_in(request, policy)]


def text_of_fix(problem: Problem) -> str | None:
    """Return what the fix of a problem writes, or None if there is no fix."""
    return problem.fix.text if problem.fix else None


def document_of(request: Any) -> Document:
    """Return a document of a value that no file may hold, such as one with NaN in it."""
    locator = MapLocator(PositionMaps(lambda: [PositionMap()]))
    members = request if isinstance(request, dict) else {}
    return Document("ada.json", "EndpointRequest", request, "ada", members, (), locator)


def put_right(text: str, name: str) -> str | None:
    """Return a text put right, read by the name of its file; None if nothing is to be done."""
    fixed = fixed_text(text.encode(), Source(name, format_of(name)), validate)
    return fixed.raw.decode() if fixed else None


def steps(text: str, name: str) -> tuple[str | None, str | None]:
    """Return a text put right, and what a second time would make of it."""
    first = put_right(text, name)
    return first, put_right(first or text, name)


def calls_in(work: Callable[[], object]) -> int:
    """Return how many calls of functions some work takes."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        work()
    finally:
        sys.setprofile(before)
    return calls
