from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID

import orjson
from hypothesis import example, given, settings
from hypothesis import strategies as st
from plain_pinpoint import CUSTOM, METRIC, USER, PlainPinpoint

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import answer
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.updates import Limits

SMALL_LIMITS = Limits(endpoint_bytes=230, endpoints_per_user=2, attribute_names=4)
BEGIN = datetime(2026, 1, 1, tzinfo=UTC)

Call = tuple[Any, ...]
"""An operation of the plain Pinpoint and its arguments."""

ids = st.sampled_from(["a", "A", "b", "c/ÉΣ", "C/éσ", "c/éς"])
users = st.sampled_from(["u", "u", "v", ""])
names = st.sampled_from(["p", "q", "pq", "*"])
attributes = st.dictionaries(names, st.lists(st.sampled_from(["1", "2"]), max_size=1), max_size=2)
requests = st.fixed_dictionaries(
    {},
    optional={
        "ChannelType": st.sampled_from(["GCM", "APNS", "EMAIL"]),
        "Address": st.sampled_from(["x", "y", "", "long" * 12]),
        "Attributes": attributes,
        "Demographic": st.dictionaries(st.sampled_from(["Make", "Model"]), st.sampled_from("12")),
        "EffectiveDate": st.sampled_from(
            ["2019-01-01T00:00:00Z", "2019-01-01T01:00:00+02:00", "2019-01-01", "", "whenever"]
        ),
        "EndpointStatus": st.sampled_from(["ACTIVE", "INACTIVE"]),
        "Location": st.dictionaries(
            st.sampled_from(["Latitude", "Longitude"]), st.sampled_from([47.65, -0.04, 9])
        ),
        "Metrics": st.dictionaries(names, st.just(1.5), max_size=1),
        "OptOut": st.sampled_from(["ALL", "NONE"]),
        "RequestId": st.just("sent"),
        "User": st.fixed_dictionaries({}, optional={"UserId": users, "UserAttributes": attributes}),
    },
)
whole_requests = requests.map(
    lambda request: {"ChannelType": "GCM", "Address": "z", "User": {"UserId": "u"}, **request}
)
likely_requests = whole_requests | whole_requests | requests
updates = st.tuples(st.just("update_endpoint"), ids, likely_requests)
batches = st.tuples(
    st.just("update_endpoints_batch"),
    st.lists(st.tuples(ids, likely_requests), min_size=1, max_size=5),
)
calls = st.one_of(
    updates,
    updates,
    updates,
    batches,
    batches,
    st.tuples(st.just("put_events"), st.dictionaries(ids, likely_requests, max_size=3)),
    st.tuples(st.just("get_endpoint"), ids),
    st.tuples(st.just("delete_endpoint"), ids),
    st.tuples(st.just("get_user_endpoints"), users),
    st.tuples(st.just("delete_user_endpoints"), users),
    st.tuples(
        st.just("remove_attributes"),
        st.sampled_from([CUSTOM, METRIC, USER]),
        st.lists(st.sampled_from(["p", "q", "p*", "?q", "*", "x"]), max_size=2),
    ),
    st.tuples(st.just("delete_app")),
)


def as_http(name: str, *arguments: Any) -> tuple[str, str, Any]:
    """Return the method, the path and the body of a call."""
    app = "/v1/apps/app"
    first = arguments[0] if arguments else None
    text = quote(first, safe="") if isinstance(first, str) else ""
    last = arguments[-1] if arguments else None
    items = [{"Id": one, **request} for one, request in first] if isinstance(first, list) else []
    events = first if isinstance(first, dict) else {}
    batch_item = {one: {"Endpoint": request, "Events": {}} for one, request in events.items()}
    return {
        "update_endpoint": ("PUT", f"{app}/endpoints/{text}", last),
        "update_endpoints_batch": ("PUT", f"{app}/endpoints", {"Item": items}),
        "put_events": ("POST", f"{app}/events", {"BatchItem": batch_item}),
        "get_endpoint": ("GET", f"{app}/endpoints/{text}", None),
        "delete_endpoint": ("DELETE", f"{app}/endpoints/{text}", None),
        "get_user_endpoints": ("GET", f"{app}/users/{text}", None),
        "delete_user_endpoints": ("DELETE", f"{app}/users/{text}", None),
        "remove_attributes": ("PUT", f"{app}/attributes/{text}", {"Blacklist": last}),
        "delete_app": ("DELETE", app, None),
    }[name]


class Clock:
    """A moment and a request id for each call, the same in every run."""

    def __init__(self) -> None:
        self.calls = 0

    def now(self) -> datetime:
        """Return the moment of this call."""
        return BEGIN + timedelta(seconds=self.calls)

    def request_id(self) -> UUID:
        """Return the id of this call."""
        return UUID(int=self.calls)


def comparable(value: Any) -> Any:
    """Return a body without what only the local Pinpoint says."""
    if isinstance(value, list):
        return [comparable(one) for one in value]
    if isinstance(value, dict):
        return {key: comparable(one) for key, one in value.items() if key != "CohortId"}
    return value


def answered(pinpoint: LocalPinpoint, call: Call) -> tuple[int, Any]:
    """Return the status and the body of the local Pinpoint's answer, or its message."""
    method, path, body = as_http(*call)
    found = answer(pinpoint, method, path, b"" if body is None else orjson.dumps(body))
    said = comparable(orjson.loads(found.body))
    if found.status >= 400:
        return found.status, said["Message"]
    if call[0] == "put_events":
        said = {name: one["EndpointItemResponse"] for name, one in said["Results"].items()}
    return found.status, {"Id": said["Id"]} if call[0] == "delete_app" else said


def in_store(store: Store) -> tuple[list[Any], Any]:
    """Return the endpoints in order of creation, and what is known of names of attributes."""
    with store.reading() as rows:
        application = rows.application("app")
        stored = rows.execute(
            "SELECT response, user_id, channel_type, address, endpoint_status, endpoint_key"
            " FROM endpoints ORDER BY number"
        ).fetchall()
        names = None if application is None else rows.attribute_names(application)
    endpoints = [orjson.loads(row[0]) for row in stored]
    for endpoint, (_, *columns) in zip(endpoints, stored, strict=True):
        assert columns == [
            endpoint["User"].get("UserId") or None,
            endpoint.get("ChannelType"),
            endpoint.get("Address") or None,
            endpoint["EndpointStatus"],
            endpoint["Id"].casefold(),
        ]
    known = {} if names is None else {kind: set(some) for kind, some in names.known.items()}
    removed = {} if names is None else {kind: set(some) for kind, some in names.removed.items()}
    return comparable(endpoints), (known, removed)


def run(calls: list[Call], together: list[int]) -> tuple[list[Any], Any]:
    """Let the local Pinpoint answer calls, some of them in one transaction.

    Args:
        calls: the calls, in order.
        together: how many of them share a transaction, for one group after the other; each call
            after the last group is a transaction of its own.
    """
    clock = Clock()
    answers = []
    left = list(calls)
    with Store(None) as store:
        pinpoint = LocalPinpoint(store, now=clock.now, new_id=clock.request_id, limits=SMALL_LIMITS)
        for size in (*together, *[0] * len(calls)):
            with store.shared_transaction() if size else nullcontext():
                for call in left[: size or 1]:
                    clock.calls += 1
                    answers.append(answered(pinpoint, call))
            del left[: size or 1]
        return answers, in_store(store)


def run_plainly(calls: list[Call]) -> tuple[list[Any], Any]:
    """Let the plain Pinpoint answer calls."""
    plain = PlainPinpoint(
        SMALL_LIMITS.endpoints_per_user, SMALL_LIMITS.attribute_names, SMALL_LIMITS.endpoint_bytes
    )
    clock = Clock()
    answers = []
    for call in calls:
        clock.calls += 1
        now = f"{clock.now():%Y-%m-%dT%H:%M:%S}.000Z"
        answers.append(plain.run(now, str(clock.request_id()), *call))
    state = plain.state
    names = (state.known, state.removed) if state.exists else ({}, {})
    return answers, (state.endpoints, names)


made_again: list[Call] = [
    ("update_endpoint", "b", {"ChannelType": "GCM", "Address": "x"}),
    ("update_endpoint", "a", {"ChannelType": "GCM", "Address": "y"}),
    ("delete_endpoint", "b"),
    ("update_endpoint", "b", {"ChannelType": "GCM", "Address": "x"}),
]


@settings(max_examples=100)
@example(made_again, [4])
@given(
    st.lists(calls, min_size=2, max_size=20),
    st.lists(st.sampled_from([0, 0, 2, 3, 4, 5]), max_size=6),
)
def test_calls_answer_and_store_as_the_plain_pinpoint_does(
    calls: list[Call], together: list[int]
) -> None:
    """Each in a transaction of its own or several in one, calls do what the documents say.

    The plain Pinpoint is a slow implementation that shares no code with the package.
    """
    expected = run_plainly(calls)
    assert run(calls, []) == expected
    assert run(calls, together) == expected
