"""The documentation of the rules is true: each wrong example breaks its rule, no right one does."""

import re
from pathlib import Path
from textwrap import dedent

import pytest

from pinpoint_endpoints.checks.rules.registry import all_rules
from pinpoint_endpoints.checks.run import check_all
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import discover
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.documents.rule import Rule, Scope

RULES = all_rules()
CODES = {value for name, value in vars(codes).items() if name.isupper()}
WITHOUT_EXAMPLES = {
    codes.UNREADABLE, codes.EMPTY, codes.ENCODING, codes.TOO_DEEP, codes.TOO_LARGE,
    codes.TOO_MANY_ENDPOINTS, codes.TOO_MANY_NAMES_IN_RUN,
    codes.ATTRIBUTE_OF_NO_ENDPOINT, codes.TEMPLATE_LIMIT,
}  # fmt: skip
"""What goes wrong with a file as a whole, or only with more than an example holds."""


def example(rule: Rule, kind: str) -> str:
    """Return an example of a rule's documentation, with what `…` means filled in."""
    found = re.search(rf"^{kind}:\n((?:    .*\n|\n)+)", f"{rule.documentation}\n", re.MULTILINE)
    text = dedent(found[1]).strip() + "\n" if found else ""
    return re.sub(r"^( *\w+?)_1(:.*)\n *…\n *\w+_(\d+):.*\n", _numbered, text, flags=re.MULTILINE)


def _numbered(found: re.Match[str]) -> str:
    return "".join(f"{found[1]}_{number}{found[2]}\n" for number in range(1, int(found[3]) + 1))


def codes_in(text: str, folder: Path) -> set[str]:
    """Return the codes that are found in a text: YAML, JSON, CSV, or a JSON document a line."""
    suffix = "csv" if text.startswith("Id,") else "json" if text.startswith("{") else "yaml"
    path = folder / f"example.{suffix}"
    path.write_text(text, encoding="utf-8")
    checked_documents = check_all(discover([str(path)]), read)
    return {problem.code for checked in checked_documents for problem in checked.problems}


def test_every_code_has_a_rule() -> None:
    """No code is without its function, and no function without its code."""
    assert set(RULES) == CODES


def test_every_page_is_complete() -> None:
    """Each page has a title of one sentence, an explanation and, but for texts, a source."""
    incomplete = []
    for rule in RULES.values():
        title, empty, *rest = rule.documentation.split("\n")
        has_source = "Source: " in rule.documentation or rule.scope is Scope.TEXT
        if not title.endswith(".") or empty or not rest or not has_source:
            incomplete.append(rule.code)
    assert incomplete == []


@pytest.mark.parametrize(
    "rule", [RULES[code] for code in sorted(CODES - WITHOUT_EXAMPLES)], ids=lambda rule: rule.code
)
def test_the_examples_are_true(rule: Rule, tmp_path: Path) -> None:
    """The wrong example gives the code; the right one does not, and has no error at all."""
    wrong, right = example(rule, "Wrong"), example(rule, "Right")
    assert rule.code in codes_in(wrong, tmp_path)
    found = codes_in(right, tmp_path)
    assert rule.code not in found
    assert not [code for code in found if RULES[code].severity == "error"]
