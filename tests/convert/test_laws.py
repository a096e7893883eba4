"""Endpoints come back from every format of Pinpoint's as they were."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ENDPOINTS

from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.convert.account import Account, Action
from pinpoint_endpoints.convert.formats import DEFAULT_OPTIONS
from pinpoint_endpoints.convert.intake import ONLY_WARNINGS, has_only_warnings
from pinpoint_endpoints.convert.output import Directory
from pinpoint_endpoints.convert.run import FORMATS
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.load import load
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.rule import rule_of
from pinpoint_endpoints.saving import json_line

SETS = st.lists(
    ENDPOINTS, min_size=1, max_size=4, unique_by=lambda each: same_endpoint_key(each["Id"])
)


def converted(path: Path, name: str, folder: Path) -> tuple[Path, Account]:
    """Convert what is in a path into a new folder; return it, and the account."""
    account = Account()
    with Directory(folder) as output:
        FORMATS[name].write(load(path), output, account, DEFAULT_OPTIONS)
        output.commit()
    return folder, account


def endpoints_in(path: Path) -> Iterator[Any]:
    """Yield the endpoints in a file or folder, in the order of their ids."""
    documents = sorted(load(path), key=lambda document: str(document.endpoint_id))
    yield from (document.value for document in documents)


def carried(value: Any) -> Any:
    """Return a value without what has no cell in a CSV file."""
    if isinstance(value, dict):
        kept = ((name, carried(inner)) for name, inner in value.items() if "\0" not in name)
        return {name: inner for name, inner in kept if inner not in ("", [], {})}
    if isinstance(value, list):
        return [text for text in value if carried(text)]
    return "" if isinstance(value, str) and "\0" in value else value


@settings(max_examples=20, deadline=None)
@given(SETS)
@pytest.mark.parametrize("name", ["ndjson", "json", "yaml", "csv"])
def test_endpoints_come_back(name: str, endpoints: list[dict[str, Any]]) -> None:
    """And what CSV has no cell for is in the account; two runs give the same bytes."""
    with TemporaryDirectory() as folder:
        first, second = Path(folder, "1.ndjson"), Path(folder, "2.ndjson")
        first.write_bytes(b"".join(map(json_line, endpoints)))
        second.write_bytes(b"".join(map(json_line, reversed(endpoints))))
        one, account = converted(first, name, Path(folder, "one"))
        two, _ = converted(second, name, Path(folder, "two"))
        wanted = sorted(endpoints, key=lambda endpoint: endpoint["Id"])
        kept = [carried(endpoint) for endpoint in wanted] if name == "csv" else wanted
        assert list(endpoints_in(one)) == kept
        named = sum(entry.rule.action is not Action.CARRIED for entry in account.entries())
        assert bool(named) == (kept != wanted)
        files = sorted(path.relative_to(one) for path in one.rglob("*"))
        assert [(one / path).read_bytes() for path in files] == [
            (two / path).read_bytes() for path in files
        ]


@settings(max_examples=50, deadline=None)
@given(SETS)
def test_what_has_only_warnings_is_valid(endpoints: list[dict[str, Any]]) -> None:
    """Conversions ask the rules only about other documents."""
    assert {rule_of(code).severity for code in ONLY_WARNINGS} == {Severity.WARNING}
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.ndjson")
        path.write_bytes(b"".join(map(json_line, endpoints)))
        for document in load(path):
            severities = {problem.severity for problem in validate(document)}
            assert not has_only_warnings(document) or Severity.ERROR not in severities
