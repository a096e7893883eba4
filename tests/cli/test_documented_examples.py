"""What `pe explain` shows as wrong has the problem that it is shown for; what is right has none."""

import json
import re
import textwrap
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pinpoint_endpoints.checks.rules.registry import all_rules
from pinpoint_endpoints.cli.app import app
from pinpoint_endpoints.documents import codes

EXAMPLE = re.compile(r"^(Wrong|Right):\n((?:    .*\n?)+)", re.MULTILINE)
EXAMPLES = {
    (code, kind): textwrap.dedent(text)
    for code, rule in all_rules().items()
    for kind, text in EXAMPLE.findall(rule.documentation)
}
SHORTENED = sorted({code for (code, _), text in EXAMPLES.items() if "…" in text})


def suffix_of(text: str) -> str:
    """Return what kind of file an example is of."""
    lines = text.splitlines()
    if not text.startswith("{"):
        return ".csv" if text.startswith("Id,") else ".yaml"
    several = len(lines) > 1 and all(line[0] + line[-1] == "{}" for line in lines)
    return ".ndjson" if several else ".json"


def codes_in(text: str, folder: Path) -> set[str]:
    """Return the codes of the problems that `pe validate` finds in an example."""
    path = folder / f"example{suffix_of(text)}"
    path.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(app, ["validate", "-o", "json", str(path)])
    return {problem["code"] for problem in json.loads(result.stdout)["results"]}


@pytest.mark.parametrize("code", [code for code in all_rules() if code not in SHORTENED])
def test_an_example_is_true(code: str, tmp_path: Path) -> None:
    """The wrong example has a problem of the rule, the right one has none of any.

    What no endpoint has depends on the audience, which only `pe preview` knows.
    """
    if (code, "Wrong") in EXAMPLES and code != codes.ATTRIBUTE_OF_NO_ENDPOINT:
        assert code in codes_in(EXAMPLES[code, "Wrong"], tmp_path)
    if (code, "Right") in EXAMPLES:
        assert codes_in(EXAMPLES[code, "Right"], tmp_path) == set()


def test_few_examples_are_shortened() -> None:
    """An example that would fill a page is cut, and so the only kind that is not tried."""
    assert SHORTENED == ["PE215", "PE216", "PE303", "PE304", "PE508"]
