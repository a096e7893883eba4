"""Validate the events of PutEvents, which are acknowledged and not stored.

Shapes are those of botocore's service model for Pinpoint (2016-12-01).
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple, cast

import orjson

from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.local.generated_values import date_problem
from pinpoint_endpoints.local.requests import ENDPOINT_STRUCTURES, Shape, without_nulls
from pinpoint_endpoints.local.service_error import bad_request
from pinpoint_endpoints.quotas import (
    MAX_EVENT_BYTES,
    MAX_EVENT_NAME_LENGTH,
    MAX_EVENT_NAMES,
    MAX_EVENT_VALUE_LENGTH,
    MAX_EVENTS,
)

SESSION_TIMES = ("StartTimestamp", "StopTimestamp")
STRING = {"type": "string"}
EVENTS_REQUEST = Shape(
    "EventsRequest",
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["BatchItem"],
        "properties": {"BatchItem": {"type": "object"}},
    },
)
EVENTS_BATCH = Shape(
    "EventsBatch",
    {
        "type": "object",
        "additionalProperties": False,
        "required": ["Endpoint", "Events"],
        "properties": {"Endpoint": {"type": "object"}, "Events": {"type": "object"}},
    },
)
EVENT_SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "required": ["EventType", "Timestamp"],
    "properties": {
        "AppPackageName": STRING,
        "AppTitle": STRING,
        "AppVersionCode": STRING,
        "Attributes": {
            "type": "object",
            "propertyNames": {"maxLength": MAX_EVENT_NAME_LENGTH},
            "additionalProperties": {"type": "string", "maxLength": MAX_EVENT_VALUE_LENGTH},
        },
        "ClientSdkVersion": STRING,
        "EventType": STRING,
        "Metrics": {"type": "object", "additionalProperties": {"type": "number"}},
        "SdkName": STRING,
        "Session": {
            "type": "object",
            "additionalProperties": False,
            "required": ["Id", "StartTimestamp"],
            "properties": {
                "Duration": {"type": "integer"},
                "Id": STRING,
                "StartTimestamp": STRING,
                "StopTimestamp": STRING,
            },
        },
        "Timestamp": STRING,
    },
}
EVENT = Shape("Event", EVENT_SCHEMA, "The event")
ACCEPTED = {"StatusCode": 202, "Message": "Accepted"}
WRONG_DURATION = (
    "Session duration in milliseconds must be equal to the difference of start and stop timestamp"
)
"""The service's own message. Source: seen in the field (DavidWells/analytics, call-aws.js)."""


class EventsBatch(NamedTuple):
    """The part of a request that concerns one endpoint, not validated yet.

    Args:
        endpoint: a PublicEndpoint.
        events: the events by their ids.
    """

    endpoint: dict[str, Any]
    events: dict[str, object]


def events_batches(request: object) -> dict[str, EventsBatch]:
    """Return the parts of an EventsRequest by endpoint id.

    Raises:
        ServiceError: 400 when its structure is wrong, or it has too many endpoints or events.
    """
    request = without_nulls(request)
    problem = EVENTS_REQUEST.problem(request)
    if problem:
        raise bad_request(problem)
    items = cast("dict[str, Any]", request)["BatchItem"]
    batches = {name: _batch(name, item) for name, item in items.items()}
    if len(batches) > MAX_EVENTS:
        raise bad_request(f"A request has events of at most {MAX_EVENTS} endpoints.")
    if sum(len(batch.events) for batch in batches.values()) > MAX_EVENTS:
        raise bad_request(f"A request has at most {MAX_EVENTS} events.")
    return batches


def item_response(endpoint_problem: str, events: Mapping[str, object]) -> dict[str, Any]:
    """Return the ItemResponse of an endpoint and its events, each with a verdict of its own.

    Args:
        endpoint_problem: why the endpoint is refused; empty if it is not.
        events: the events by their ids.
    """
    return {
        "EndpointItemResponse": _verdict(endpoint_problem),
        "EventsItemResponse": {name: _verdict(event_problem(one)) for name, one in events.items()},
    }


def event_problem(event: Any) -> str:
    """Say why the service refuses an event, without its values; return "" if it does not."""
    event = without_nulls(event, ("Session",))
    return EVENT.problem(event) or _count_problem(event) or _time_problem(event)


def _batch(endpoint_id: str, item: object) -> EventsBatch:
    batch = without_nulls(item)
    problem = EVENTS_BATCH.problem(batch, ("BatchItem", endpoint_id))
    if problem:
        raise bad_request(problem)
    endpoint = without_nulls(batch["Endpoint"], ENDPOINT_STRUCTURES)
    return EventsBatch(endpoint, batch["Events"])


def _verdict(problem: str) -> dict[str, Any]:
    return {"StatusCode": 400, "Message": problem} if problem else ACCEPTED


def _count_problem(event: Mapping[str, Any]) -> str:
    if len(event.get("Attributes", {})) + len(event.get("Metrics", {})) > MAX_EVENT_NAMES:
        return f"The event has more than {MAX_EVENT_NAMES} attribute and metric names."
    if len(orjson.dumps(event)) > MAX_EVENT_BYTES:
        return f"The event is larger than {MAX_EVENT_BYTES} bytes."
    return ""


def _time_problem(event: Mapping[str, Any]) -> str:
    session = event.get("Session", {})
    times = {"/Timestamp": event["Timestamp"]}
    times |= {f"/Session/{name}": session[name] for name in SESSION_TIMES if name in session}
    for place, time in times.items():
        problem = date_problem(time) if time else "an empty text is not a date and time"
        if problem:
            return f"{place}: {problem}"
    started, stopped = (parse_date_time(session.get(name, "")) for name in SESSION_TIMES)
    if started and stopped and "Duration" in session:
        milliseconds = (stopped - started) / timedelta(milliseconds=1)
        return "" if milliseconds == session["Duration"] else WRONG_DURATION
    return ""
