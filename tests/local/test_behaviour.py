"""`local/behaviour.md` and `pe serve --explain`: the page says what the code does."""

import re
from importlib.resources import files

import pytest
from commands import run

from pinpoint_endpoints import quotas
from pinpoint_endpoints.local import attribute_names, requests
from pinpoint_endpoints.local.customer_profiles import OPERATIONS as PROFILES_OPERATIONS
from pinpoint_endpoints.local.model_check import service_model
from pinpoint_endpoints.local.routes import OPERATIONS
from pinpoint_endpoints.local.server import server
from pinpoint_endpoints.schema.bundled import definition

PAGE, PROFILES_PAGE = (
    (files("pinpoint_endpoints.local") / name).read_text("utf-8")
    for name in ("behaviour.md", "customer-profiles.md")
)
QUOTAS = {
    "Bytes of a request's body": quotas.MAX_BODY_BYTES,
    "Bytes of a PutEvents body": quotas.MAX_EVENTS_BYTES,
    "Items in UpdateEndpointsBatch": quotas.MAX_BATCH_ITEMS,
    "Bytes of an endpoint": quotas.MAX_ENDPOINT_BYTES,
    "Endpoints of a user": quotas.MAX_ENDPOINTS_PER_USER,
    "Attribute and metric names of an application": quotas.MAX_ATTRIBUTE_NAMES,
    "Characters of an attribute name": definition("AttributeName")["maxLength"],
    "Characters of an attribute value": definition("AttributeValues")["items"]["maxLength"],
    "Values of an attribute": definition("AttributeValues")["maxItems"],
    "Dimensions of a segment": quotas.MAX_SEGMENT_DIMENSIONS,
    "Values in all criteria of a segment": quotas.MAX_SEGMENT_VALUES,
    "Endpoints in PutEvents": quotas.MAX_EVENTS,
    "Events in PutEvents": quotas.MAX_EVENTS,
    "Bytes of an event": quotas.MAX_EVENT_BYTES,
    "Attribute and metric names of an event": quotas.MAX_EVENT_NAMES,
    "Characters of an event's attribute name": quotas.MAX_EVENT_NAME_LENGTH,
    "Characters of an event's attribute value": quotas.MAX_EVENT_VALUE_LENGTH,
    "Tags of an application or segment": quotas.MAX_TAGS,
    "Characters of a tag's key": quotas.MAX_TAG_KEY_LENGTH,
    "Characters of a tag's value": quotas.MAX_TAG_VALUE_LENGTH,
}
LIMITS = {
    "Characters of an endpoint id": requests.MAX_ID_LENGTH,
    "Characters of the name of an application or segment": requests.MAX_NAME_LENGTH,
    "Applications or segments on a page": requests.DEFAULT_PAGE_SIZE,
    "Applications or segments on a page, at most": requests.MAX_PAGE_SIZE,
    "Names and globs removed by RemoveAttributes, of one type": attribute_names.MAX_PATTERNS,
    "Globs among them": attribute_names.MAX_GLOBS,
    "Characters of a name or glob to remove": attribute_names.MAX_PATTERN_LENGTH,
    "Connections to `pe serve` at a time, then 503": server.MAX_CONNECTIONS,
    "Seconds that `pe serve` keeps an idle connection": server.KEEP_ALIVE_SECONDS,
}


def table(heading: str, page: str = PAGE) -> dict[str, str]:
    """Return the rows of the page's table whose first column has this heading."""
    rows = page.partition(f"| {heading} |")[2].splitlines()[2:]
    cells = [row.strip("|").split("|") for row in rows[: rows.index("")]]
    return {name.strip(): value.strip() for name, value in cells}


def test_the_operations_are_those_of_the_code() -> None:
    """Every operation is listed with its method and its path, and no other one."""
    assert table("Operation") == {
        operation.name: f"{method} {path}"
        for path, methods in OPERATIONS.items()
        for method, operation in methods.items()
    }
    modelled = {name: service_model()["operations"][name]["http"] for name in PROFILES_OPERATIONS}
    assert table("Operation", PROFILES_PAGE) == {
        name: f"{http['method']} {http['requestUri']}" for name, http in modelled.items()
    }


@pytest.mark.parametrize(("heading", "limits"), [("Quota", QUOTAS), ("Own limit", LIMITS)])
def test_the_limits_are_those_of_the_code(heading: str, limits: dict[str, int]) -> None:
    """Every number in the tables is the one that is enforced."""
    assert table(heading) == {name: f"{limit:,}" for name, limit in limits.items()}


def test_the_limits_in_sentences_are_those_of_the_code() -> None:
    """Sentences repeat the limit of endpoints per user, and the channels that make room."""
    text = " ".join(PAGE.split())
    most = quotas.MAX_ENDPOINTS_PER_USER
    assert f"the {most} endpoints of a user" in text
    assert f"count towards the {most}." in text
    assert set(re.findall(rf"The ({most + 1}th) endpoint", text)) == {"16th"}
    *others, last = sorted(quotas.EVICTING_CHANNELS)
    assert f"both are on {', '.join(others)} or {last}." in text


def test_each_behaviour_is_described_once() -> None:
    """In a section, no two entries have the same subject."""
    for section in PAGE.split("\n## "):
        subjects = re.findall(r"^- \*\*(.+?)\*\*", section, re.MULTILINE | re.DOTALL)
        assert len(set(subjects)) == len(subjects)


def test_explain_prints_the_pages_in_a_pipe() -> None:
    """`pe serve --explain` prints the Markdown itself where nothing renders it."""
    result = run("serve", "--explain")
    assert (result.code, result.out) == (0, f"{PAGE}\n{PROFILES_PAGE}")


def test_explain_renders_the_page_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the page is rendered, with no line wider than the terminal."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    printed = re.sub(r"\x1b\[[0-9;]*m", "", run("serve", "--explain").out)
    assert "## Operations" not in printed
    assert "• Clearing a metric is not possible" in printed
    assert max(map(len, printed.splitlines())) <= 80
