"""Report a validation as SARIF 2.1.0, for code scanning and editors."""

import os
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any, TextIO
from urllib.parse import quote, quote_from_bytes

from pinpoint_endpoints.checks.rules.registry import all_rules
from pinpoint_endpoints.documents.discovery import is_s3
from pinpoint_endpoints.documents.model import Checked, Problem
from pinpoint_endpoints.documents.rule import Rule
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.masking import hinted
from pinpoint_endpoints.reports.envelope import json_bytes
from pinpoint_endpoints.reports.problems import with_path_from
from pinpoint_endpoints.reports.spool import Spool
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.version import __version__

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_FINGERPRINT = "placeInDocument/v1"
_MAX_FINGERPRINTS = 50_000
"""How many are remembered of one file."""


class SarifReporter:
    """Writes one run, with the rules that found a problem.

    Args:
        stream: gets the log.
        root: `%SRCROOT%`, the root of the repository; empty to leave paths as they are.
    """

    def __init__(self, stream: TextIO, root: str = "") -> None:
        self._stream = stream
        self._root = root
        self._results = Spool()
        self._rules: dict[str, int] = {}
        self._fingerprints = _Fingerprints()

    def add(self, checked: Checked) -> None:
        """Render the problems of a document."""
        for problem in checked.problems:
            self._results.add(
                b"\n" + json_bytes(self._result(with_path_from(self._root, problem))), b","
            )

    def close(self, _tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Write the log."""
        self._stream.flush()
        out = self._stream.buffer
        out.write(b'{"$schema": %s, "version": "2.1.0", "runs": [{\n' % json_bytes(_SCHEMA))
        out.write(b'"tool": %s,\n' % json_bytes({"driver": self._driver()}))
        out.write(b'"columnKind": "unicodeCodePoints",\n')
        out.write(b'"invocations": [%s],\n' % json_bytes(_invocation(error)))
        out.write(b'"results": [')
        self._results.write_to(out)
        out.write(b"]}]}\n")

    def _result(self, problem: Problem) -> dict[str, Any]:
        return {
            "ruleId": problem.code,
            "ruleIndex": self._rules.setdefault(problem.code, len(self._rules)),
            "level": problem.severity,
            "message": {"text": hinted(problem.message, problem.hint)},
            "locations": [_location(problem)],
            "partialFingerprints": {_FINGERPRINT: self._fingerprints.of(problem)},
        }

    def _driver(self) -> dict[str, Any]:
        known = all_rules()
        return {
            "name": "pe",
            "version": __version__,
            "rules": [
                _rule(known[code]) if code in known else {"id": code} for code in self._rules
            ],
        }


class _Fingerprints:
    """Recognises a problem when lines have moved: by file, code, pointer and occurrence."""

    def __init__(self) -> None:
        self._source = ""
        self._seen: Counter[bytes] = Counter()

    def of(self, problem: Problem) -> str:
        if problem.source != self._source or len(self._seen) > _MAX_FINGERPRINTS:
            self._source = problem.source
            self._seen.clear()
        place = f"{problem.source}\0{problem.code}\0{problem.pointer}"
        digest = sha256(place.encode("utf-8", "surrogatepass")).digest()
        self._seen[digest] += 1
        return f"{digest.hex()[:32]}:{self._seen[digest]}"


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "id": rule.code,
        "name": rule.name,
        "shortDescription": {"text": rule.title},
        "help": {"text": rule.documentation},
        "defaultConfiguration": {"level": rule.severity},
    }


def _location(problem: Problem) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": _artifact(problem.source)}
    if problem.line:
        region = {"startLine": problem.line, "startColumn": problem.column}
        if problem.end_column:
            region["endColumn"] = problem.end_column
        physical["region"] = region
    location: dict[str, Any] = {"physicalLocation": physical}
    if problem.pointer:
        location["logicalLocations"] = [{"fullyQualifiedName": problem.pointer}]
    return location


def _artifact(source: str) -> dict[str, str]:
    if is_s3(source):
        return {"uri": quote(source, safe=":/")}
    path = Path(source)
    if path.is_absolute():
        return {"uri": path.as_uri()}
    return {"uri": quote_from_bytes(os.fsencode(path.as_posix())), "uriBaseId": "%SRCROOT%"}


def _invocation(error: PinpointEndpointsError | None) -> dict[str, Any]:
    if error is None:
        return {"executionSuccessful": True}
    notification = {
        "level": "error",
        "message": {"text": hinted(error.message, error.hint)},
        "descriptor": {"id": error.exit_code.name},
    }
    return {"executionSuccessful": False, "toolExecutionNotifications": [notification]}
