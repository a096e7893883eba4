"""A second, simple and slow Pinpoint on plain dicts, from AWS's documentation and behaviour.md.

It shares no code with the package, so that the two can only agree if both are right.
"""

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

Json = dict[str, Any]

CUSTOM, METRIC, USER = (
    "endpoint-custom-attributes",
    "endpoint-metric-attributes",
    "endpoint-user-attributes",
)
TOKENS = {"ADM", "GCM", "APNS", "APNS_VOIP", "APNS_VOIP_SANDBOX", "BAIDU"}
WRITTEN_BY_SERVICE = {
    "ApplicationId", "CreationDate", "EffectiveDate", "EndpointStatus", "Id", "OptOut", "RequestId"
}  # fmt: skip

NO_DATE = (
    "this text is not a date and time of ISO 8601, as AWS writes them: "
    'write it as "2026-01-15T09:30:00Z"'
)


class Refused(Exception):  # noqa: N818 - reads well where it is raised
    """The service refuses a request, with a status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass
class State:
    """All there is in one application.

    Args:
        exists: whether the application does.
        endpoints: in order of creation.
        known: names of attributes by type.
        removed: names and globs by type that are captured no more.
    """

    exists: bool = False
    endpoints: list[Json] = field(default_factory=list)
    known: dict[str, set[str]] = field(
        default_factory=lambda: {CUSTOM: set(), METRIC: set(), USER: set()}
    )
    removed: dict[str, set[str]] = field(
        default_factory=lambda: {CUSTOM: set(), METRIC: set(), USER: set()}
    )

    def endpoint(self, endpoint_id: str) -> Json | None:
        """Return the endpoint with this id in any case."""
        for one in self.endpoints:
            if one["Id"].casefold() == endpoint_id.casefold():
                return one
        return None

    def of_user(self, user_id: str) -> list[Json]:
        """Return a user's endpoints."""
        return [one for one in self.endpoints if user_id and user_of(one) == user_id]


@dataclass
class PlainPinpoint:
    """One application with the id `app`.

    Args:
        most_endpoints: that one user may have.
        most_names: of attributes that the application may have.
        most_bytes: that requests may bring to one endpoint.
    """

    most_endpoints: int
    most_names: int
    most_bytes: int
    state: State = field(default_factory=State)
    now: str = ""
    request_id: str = ""

    def run(self, now: str, request_id: str, operation: str, *arguments: Any) -> tuple[int, Any]:
        """Do an operation whole or not at all; return the status and the body, or the message."""
        self.now, self.request_id = now, request_id
        before = copy.deepcopy(self.state)
        try:
            status, body = copy.deepcopy(getattr(self, operation)(*arguments))
        except Refused as refused:
            self.state = before
            return refused.status, refused.message
        return status, body

    def update_endpoint(self, endpoint_id: str, request: Json) -> tuple[int, Json]:
        """UpdateEndpoint."""
        refuse_date(request)
        self.state.exists = True
        self._update_all([(endpoint_id, request)])
        return 202, {"Message": "Accepted", "RequestID": self.request_id}

    def update_endpoints_batch(self, items: list[tuple[str, Json]]) -> tuple[int, Json]:
        """UpdateEndpointsBatch."""
        for number, (_, request) in enumerate(items):
            refuse_date(request, f"/Item/{number}")
        self.state.exists = True
        self._update_all(items)
        return 202, {"Message": "Accepted", "RequestID": self.request_id}

    def put_events(self, items: dict[str, Json]) -> tuple[int, Json]:
        """PutEvents, with one event that is right and one that is not for each endpoint."""
        if not any(items.values()):
            self._need_application()
        results = {}
        for endpoint_id, request in items.items():
            before = copy.deepcopy(self.state)
            verdict: Json = {"StatusCode": 202, "Message": "Accepted"}
            try:
                if request:
                    refuse_date(request)
                    self.state.exists = True
                    self._update_all([(endpoint_id, request)])
            except Refused as refused:
                self.state = before
                verdict = {"StatusCode": 400, "Message": refused.message}
            results[endpoint_id] = verdict
        return 202, results

    def get_endpoint(self, endpoint_id: str) -> tuple[int, Json]:
        """GetEndpoint."""
        self._need_application()
        return 200, with_both_maps(self._needed(endpoint_id))

    def delete_endpoint(self, endpoint_id: str) -> tuple[int, Json]:
        """DeleteEndpoint."""
        self._need_application()
        endpoint = self._needed(endpoint_id)
        self.state.endpoints.remove(endpoint)
        return 202, with_both_maps(endpoint)

    def get_user_endpoints(self, user_id: str) -> tuple[int, Json]:
        """GetUserEndpoints."""
        self._need_application()
        found = self.state.of_user(user_id)
        if not found:
            raise Refused(404, "User not found")
        return 200, {"Item": [with_both_maps(one) for one in found]}

    def delete_user_endpoints(self, user_id: str) -> tuple[int, Json]:
        """DeleteUserEndpoints."""
        _, found = self.get_user_endpoints(user_id)
        for endpoint in self.state.of_user(user_id):
            self.state.endpoints.remove(endpoint)
        return 202, found

    def remove_attributes(self, kind: str, patterns: list[str]) -> tuple[int, Json]:
        """RemoveAttributes."""
        self._need_application()
        gone = {name for name in self.state.known[kind] if is_meant(name, patterns)}
        self.state.known[kind] -= gone
        self.state.removed[kind] |= set(patterns)
        return 200, {"ApplicationId": "app", "AttributeType": kind, "Attributes": sorted(gone)}

    def delete_app(self) -> tuple[int, Json]:
        """DeleteApp."""
        self._need_application()
        self.state = State()
        return 200, {"Id": "app"}

    def _need_application(self) -> None:
        if not self.state.exists:
            raise Refused(404, "Application not found")

    def _needed(self, endpoint_id: str) -> Json:
        endpoint = self.state.endpoint(endpoint_id)
        if endpoint is None:
            raise Refused(404, "Endpoint not found")
        return endpoint

    def _update_all(self, items: Iterable[tuple[str, Json]]) -> None:
        captured = [(name, self._captured(request)) for name, request in items]
        for _, request in captured:
            for kind, named in named_in(request):
                self.state.known[kind] |= named.keys()
        if sum(map(len, self.state.known.values())) > self.most_names:
            raise Refused(400, "Too many custom attributes")
        for name, request in captured:
            self._update(name, request)

    def _captured(self, request: Json) -> Json:
        """Leave out what RemoveAttributes stopped the capture of."""
        request = copy.deepcopy(request)
        for kind, named in named_in(request):
            for name in list(named):
                if is_meant(name, self.state.removed[kind]):
                    del named[name]
        return request

    def _update(self, endpoint_id: str, request: Json) -> None:
        endpoint = self.state.endpoint(endpoint_id)
        if endpoint is None:
            endpoint = self._created(endpoint_id, request)
        elif {"Address", "ChannelType", "OptOut"} & request.keys():
            refuse_incomplete({**endpoint, **request})
        former_user = user_of(endpoint)
        user_id = request.get("User", {}).get("UserId", former_user)
        others = [one for one in self.state.of_user(user_id) if one is not endpoint]
        if len(others) >= self.most_endpoints:
            channel = {**endpoint, **request}.get("ChannelType")
            others.remove(self._evicted(others, channel))

        endpoint["EndpointStatus"] = "ACTIVE"
        endpoint["EffectiveDate"] = self.now
        if former_user and user_id != former_user:
            endpoint["User"] = {}
        self._merge(endpoint, request, attributes_of(others[0]) if others else {})
        endpoint["RequestId"] = self.request_id
        self._refuse_large(endpoint)

        for other in others:
            if attributes_of(endpoint):
                other["User"]["UserAttributes"] = dict(attributes_of(endpoint))
        for other in self.state.endpoints:
            if other is not endpoint and endpoint.get("Address") and same_place(other, endpoint):
                other["EndpointStatus"] = "INACTIVE"

    def _created(self, endpoint_id: str, request: Json) -> Json:
        refuse_incomplete(request)
        endpoint: Json = {
            "ApplicationId": "app",
            "CreationDate": self.now,
            "Id": endpoint_id,
            "OptOut": "NONE" if request.get("Address", "") else "ALL",
            "User": {},
        }
        self.state.endpoints.append(endpoint)
        return endpoint

    def _evicted(self, others: list[Json], channel: str | None) -> Json:
        """Take the user away from the oldest push token; return it."""
        tokens = [one for one in others if one.get("ChannelType") in TOKENS]
        if channel not in TOKENS or not tokens:
            message = f"Exceeded maximum endpoint per user count {self.most_endpoints}"
            raise Refused(400, message)
        oldest = min(tokens, key=lambda one: moment(one["EffectiveDate"]))
        oldest["EndpointStatus"] = "INACTIVE"
        oldest["User"] = {}
        return oldest

    def _merge(self, endpoint: Json, request: Json, shared: Json) -> None:
        for member, value in request.items():
            if member in ("Attributes", "Metrics", "Demographic", "Location"):
                endpoint[member] = {**endpoint.get(member, {}), **value}
            elif member != "User":
                endpoint[member] = value
        for name in ("Latitude", "Longitude"):
            if name in endpoint.get("Location", {}):
                endpoint["Location"][name] = to_one_decimal(endpoint["Location"][name])
        user = request.get("User", {})
        attributes = {**attributes_of(endpoint), **shared, **user.get("UserAttributes", {})}
        endpoint["User"] = {**endpoint["User"], **user}
        if attributes:
            endpoint["User"]["UserAttributes"] = attributes

    def _refuse_large(self, endpoint: Json) -> None:
        brought = {
            name: value for name, value in endpoint.items() if name not in WRITTEN_BY_SERVICE
        }
        if brought["User"] == {}:
            del brought["User"]
        size = len(json.dumps(brought, ensure_ascii=False, separators=(",", ":")).encode())
        if size > self.most_bytes:
            raise Refused(400, f"Endpoint size exceeds {self.most_bytes} bytes")


def with_both_maps(endpoint: Json) -> Json:
    """Return an endpoint as it is shown: with attributes and metrics, even if there are none."""
    return {"Attributes": {}, "Metrics": {}, **endpoint}


def refuse_incomplete(endpoint: Json) -> None:
    """Refuse an endpoint that is opted in without an address, and an address without a channel."""
    has_address = endpoint.get("Address", "") != ""
    if endpoint.get("OptOut") == "NONE" and not has_address:
        raise Refused(400, "Missing Address")
    if has_address and "ChannelType" not in endpoint:
        raise Refused(400, "Missing ChannelType")


def refuse_date(request: Json, place: str = "") -> None:
    """Refuse an EffectiveDate that cannot be read; an empty one can be written."""
    date = request.get("EffectiveDate", "")
    if date and moment(date).year == 1:
        raise Refused(400, f"{place}/EffectiveDate: {NO_DATE}")


def named_in(request: Json) -> Iterable[tuple[str, Json]]:
    """Return what a request names, by the type of the attributes."""
    return [
        (CUSTOM, request.get("Attributes", {})),
        (METRIC, request.get("Metrics", {})),
        (USER, request.get("User", {}).get("UserAttributes", {})),
    ]


def user_of(endpoint: Json) -> str:
    """Return an endpoint's user id, or an empty string."""
    return str(endpoint["User"].get("UserId", ""))


def attributes_of(endpoint: Json) -> Json:
    """Return an endpoint's user attributes."""
    return dict(endpoint["User"].get("UserAttributes", {}))


def same_place(one: Json, other: Json) -> bool:
    """Tell whether two endpoints are reached at the same place."""
    return all(one.get(member) == other.get(member) for member in ("ChannelType", "Address"))


def is_meant(name: str, patterns: Iterable[str]) -> bool:
    """Tell whether a name is listed, or fits a glob: `*` is any text, `?` a character."""
    return any(name == one or fits_glob(name, one) for one in patterns)


def fits_glob(name: str, glob: str) -> bool:
    """Try every length for each star."""
    if not glob:
        return not name
    if glob[0] == "*":
        return any(fits_glob(name[skipped:], glob[1:]) for skipped in range(len(name) + 1))
    return bool(name) and glob[0] in ("?", name[0]) and fits_glob(name[1:], glob[1:])


def moment(date: str) -> datetime:
    """Read a date; a zone that is missing is UTC, and what cannot be read is the oldest."""
    try:
        found = datetime.fromisoformat(date)
    except ValueError:
        return datetime(1, 1, 1, tzinfo=UTC)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def to_one_decimal(degrees: float) -> float:
    """Round halves away from zero, by the written digits."""
    return float(Decimal(repr(degrees)).quantize(Decimal("0.1"), ROUND_HALF_UP)) or 0.0
