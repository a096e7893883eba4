"""Laws of all rules: they never fail, they show nothing personal, and their fixes are right."""

import copy
from typing import Any

from checking import document_of, problems_in
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.rules.registry import rule_findings
from pinpoint_endpoints.documents.model import Action
from pinpoint_endpoints.documents.positions import ValuePath

MEMBERS = ["ChannelType", "Address", "OptOut", "EffectiveDate", "RequestId", "EndpointStatus"]
IN_GROUPS = {
    "Demographic": ["Locale", "Timezone", "Make"],
    "Location": ["Country", "City", "Latitude", "Longitude"],
}
RIGHT = st.sampled_from(
    [
        *("SMS", "VOICE", "EMAIL", "APNS", "APNS_VOIP", "ALL", "NONE", "", "UK", "a@b.c", "…"),
        *("+12065550100", "ada@example.com", "0a1b2c3d", "US", "USA", "en_US", "iw_IL", "de_AUT"),
        *("Europe/Oslo", "America/Los_Angeles", "UTC", "2026-01-15T09:30:00Z", "2026-02-30"),
    ]
)
"""Texts that are right somewhere."""

CHANGES = st.sampled_from(
    [
        str.lower,
        str.upper,
        str.swapcase,
        str.title,
        lambda text: f" {text}\n",
        lambda text: f"<{text}>",
        lambda text: text.replace("_", "-"),
        lambda text: text.replace("_", " "),
        lambda text: text.replace("T", " "),
        lambda text: f"{text[:2]} {text[2:4]}-{text[4:]}",
        lambda text: f"{text[:3]}({text[3:]})",
        lambda text: text[1:],
    ]
)
NEARLY_RIGHT = st.builds(lambda text, change: change(text), RIGHT, CHANGES) | RIGHT
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**400, 2**64, float("nan"), float("inf"), "\ud83d", "(0", "@", "+"])
    | st.floats()
    | st.text()
    | NEARLY_RIGHT
)
NAMES = st.sampled_from(["a", "A", "a/b", "ß", "SS", "", "\ud83d"]) | st.text(max_size=3)
ANYTHING = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4)
)


def requests(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw requests whose members are there or not, each with such a value."""
    groups = {name: mapping(members, values) for name, members in IN_GROUPS.items()}
    lists = st.dictionaries(NAMES, st.lists(values, max_size=2), max_size=3)
    user = st.fixed_dictionaries({}, optional={"UserId": values, "UserAttributes": lists})
    return st.fixed_dictionaries(
        {},
        optional={
            **dict.fromkeys(MEMBERS, values),
            **groups,
            "Attributes": lists,
            "Metrics": st.dictionaries(NAMES, values, max_size=3),
            "User": user,
        },
    )


def mapping(names: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Draw an object with some of the names."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(names, values))


@given(requests(ANYTHING) | mapping([*MEMBERS, *IN_GROUPS, "Attributes", "User"], ANYTHING))
def test_no_rule_fails_on_anything(request: Any) -> None:
    """Whatever is in a document, the rules find something in it or nothing."""
    document = document_of(request)
    for policy in (Policy(), Policy(create=True)):
        for rule, finding, _ in rule_findings(document, policy):
            assert rule.code.startswith("PE2")
            assert finding.message


@given(ANYTHING)
def test_no_rule_fails_where_no_endpoint_is(value: Any) -> None:
    """A value of any kind in the place of an endpoint is looked at without harm."""
    rule_findings(document_of(value), Policy(create=True))


SECRETS = (
    st.from_regex(r"\+?[1-9][0-9]{8,14}", fullmatch=True)
    | st.from_regex(r"Zq[a-z]{4,9}@[a-z]{3,9}\.example", fullmatch=True)
    | st.from_regex(r"Zq[A-Za-z0-9 _/:+.<>()-]{6,30}", fullmatch=True)
)


@given(st.data(), SECRETS)
def test_personal_data_is_never_shown(data: st.DataObject, secret: str) -> None:
    """A secret may be any value, also of the wrong member: no problem contains it."""
    request = data.draw(requests(st.just(secret) | NEARLY_RIGHT))
    for problem in problems_in(request):
        assert secret not in str(problem)
        assert secret not in repr(problem)


@given(requests(NEARLY_RIGHT))
def test_what_a_rule_proposes_it_accepts(request: dict[str, Any]) -> None:
    """After any fix that replaces a text, the rule that proposed it finds nothing there."""
    for problem in problems_in(request):
        if problem.fix and problem.fix.action is Action.REPLACE:
            (path,) = problem.fix.paths
            after = problems_in(replaced(request, path, problem.fix.text))
            assert (problem.code, problem.pointer) not in {(one.code, one.pointer) for one in after}


def replaced(request: dict[str, Any], path: ValuePath, text: str) -> dict[str, Any]:
    """Return the request with a text at the path."""
    changed = copy.deepcopy(request)
    place: Any = changed
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = text
    return changed
