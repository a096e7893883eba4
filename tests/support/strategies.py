"""Endpoints and requests as hypothesis draws them, with the ids and texts that are hardest."""

import json
from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem, same_endpoint_key
from pinpoint_endpoints.service.merge import Change

HARD_TEXTS = [
    "", " ", "NO", "no", "y", "on", "null", "~", "012", "08", "+12065550100", "1.10", "1e3",
    "1_000", "0x1F", "0o17", ".inf", "2026-10-30", "12:30:45", "=", "<<", "- a", "a: b", "a #b",
    "#", "*a", "&a", "!a", "%a", "---", "...", "'", '"', "\\", "two\nlines", "end\n", "\t",
    "\0", "\x7f", "\x85", "\u2028", "\ufeff", "Zürich", "日本", "😀", "word", "ACTIVE", "a.b",
    'x,"y"\r\nz',
]  # fmt: skip
HARD_IDS = [
    "a.json", "A.JSON.json", "a.ndjson", "a.ndjson.gz", "a/b", "a\\b", "../a", ".hidden", "-x",
    "--", "%", "%2F", "a.", "a ", " a", "CON", "con.txt", "Nul .x", "com1", "LPT¹", "console", "~",
    "-", 'a:b*?"<>|', "ß", "ss", "\u017fs", "é", "e\u0301", "İ", "\u0131", "a" * 201, "a" * 300,
    "é" * 200, "/" * 80, "\u202ea",
]  # fmt: skip

TEXTS = st.sampled_from(HARD_TEXTS) | st.text(st.characters(codec="utf-8"), max_size=8)
IDS = st.sampled_from(HARD_IDS) | st.text(
    st.characters(codec="utf-8"), min_size=1, max_size=12
).filter(lambda text: not endpoint_id_problem(text))
SETS_OF_IDS = st.lists(IDS, min_size=1, max_size=8, unique_by=same_endpoint_key)

_LISTS = st.dictionaries(TEXTS | st.just("k" * 130), st.lists(TEXTS, max_size=3), max_size=3)
_NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63)
_MEMBERS: dict[str, st.SearchStrategy[Any]] = {
    "Address": TEXTS,
    "ApplicationId": st.just("demo"),
    "Attributes": _LISTS,
    "ChannelType": st.sampled_from(["SMS", "EMAIL"]),
    "Demographic": st.fixed_dictionaries({"AppVersion": TEXTS, "Timezone": TEXTS}),
    "EffectiveDate": TEXTS,
    "Location": st.fixed_dictionaries(
        {"Country": TEXTS, "Latitude": _NUMBERS, "PostalCode": TEXTS}
    ),
    "Metrics": st.dictionaries(TEXTS, _NUMBERS, max_size=3),
    "User": st.just({}) | st.fixed_dictionaries({"UserAttributes": _LISTS, "UserId": TEXTS}),
}
ENDPOINTS = st.fixed_dictionaries({"Id": IDS}, optional=_MEMBERS)


def request_of(endpoint: dict[str, Any]) -> dict[str, Any]:
    """Return what an update can carry of an EndpointResponse."""
    return {key: value for key, value in endpoint.items() if key not in ("Id", "ApplicationId")}


OF_THE_SERVICE = {
    "ApplicationId", "CohortId", "CreationDate", "EffectiveDate", "Id", "RequestId"
}  # fmt: skip
"""Members that the service writes itself; comparisons leave them out."""

Values = dict[tuple[str, ...], Any]

names = st.sampled_from(["a", "A", "b", "c"])
texts = st.sampled_from(["", "x", "y"])
attributes = st.dictionaries(names, st.lists(texts, max_size=2), max_size=3)
users = st.fixed_dictionaries(
    {}, optional={"UserId": st.sampled_from(["", "u1", "u2"]), "UserAttributes": attributes}
)
requests = st.fixed_dictionaries(
    {},
    optional={
        "Address": texts,
        "ChannelType": st.sampled_from(["SMS", "EMAIL"]),
        "EffectiveDate": st.sampled_from(["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"]),
        "EndpointStatus": st.sampled_from(["ACTIVE", "INACTIVE"]),
        "Attributes": attributes,
        "Metrics": st.dictionaries(names, st.floats(0, 9), max_size=3),
        "Demographic": st.dictionaries(st.sampled_from(["Make", "Model"]), texts),
        "Location": st.fixed_dictionaries(
            {}, optional={"City": texts, "Latitude": st.floats(-90, 90)}
        ),
        "User": users,
    },
).map(lambda request: {**request, "OptOut": "ALL"} if request.get("Address") == "" else request)
"""One that clears the address opts out: the service takes no other."""


def values(endpoint: dict[str, Any]) -> Values:
    """Return the values of an endpoint that are not empty, by their path."""
    found: Values = {}
    for member, value in endpoint.items():
        inner = values(value) if isinstance(value, dict) else {(): value}
        found |= {(member, *path): leaf for path, leaf in inner.items() if leaf not in ("", [])}
    return {path: leaf for path, leaf in found.items() if path[0] not in OF_THE_SERVICE}


def visible_changes(before: dict[str, Any], after: dict[str, Any]) -> dict[tuple[str, ...], Any]:
    """Return the values before and after where they are not the same."""
    old, new = values(before), values(after)
    paths = sorted(old.keys() | new.keys())
    return {
        path: (old.get(path), new.get(path)) for path in paths if old.get(path) != new.get(path)
    }


def seen(found: Iterable[Change]) -> dict[tuple[str, ...], Any]:
    """Return changes as `visible_changes` returns them."""
    return {
        path: tuple(None if value in ("", []) else value for value in (before, after))
        for path, before, after in found
    }


_WHOLE: dict[str, Any] = {
    "ChannelType": "SMS",
    "Address": "+12065550100",
    "User": {"UserId": "ada", "UserAttributes": {"Tier": ["gold"]}},
}
_SEVERAL_NAMES = {f"n{number}": ["x"] for number in range(130)}
_ENDPOINTS: st.SearchStrategy[Any] = st.builds(
    lambda name, more: {"Id": name, **_WHOLE, **more},
    st.sampled_from(["a", "b", "c", "d", "e", "A"]),
    st.sampled_from([
        {}, {}, {}, {"Location": {"Latitude": 59.91}}, {"ChannelType": "sms"}, {"Adress": "x"},
        {"User": {"UserId": "ada", "UserAttributes": {"Tier": ["silver"]}}},
        {"Attributes": _SEVERAL_NAMES},
        {"Attributes": {f"m{number}": ["x"] for number in range(130)}},
    ]),
)  # fmt: skip
LINES_WITH_MISTAKES = st.builds(
    lambda endpoint: json.dumps(endpoint).encode(), _ENDPOINTS
) | st.sampled_from(
    [b"", b"  ", b"{", b"[]", b"null", b'\xef\xbb\xbf{"OptOut": "ALL"}', b"\xff\xfe{\0}\0", b"1"]
)
"""Lines of files with one document on each: most are wrong, alone or together."""
