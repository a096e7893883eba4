"""Requests as hypothesis draws them, so that two of them often meet; and what an endpoint shows."""

from collections.abc import Iterable
from typing import Any

from hypothesis import strategies as st

from pinpoint_endpoints.service.differences import Change

OF_THE_SERVICE = {
    "ApplicationId", "CohortId", "CreationDate", "EffectiveDate", "Id", "RequestId"
}  # fmt: skip
"""What is no part of a comparison: the service itself writes it."""

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
    """Return what can be seen in an endpoint: values that are not empty, by where they stand."""
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
