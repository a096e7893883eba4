"""Requests that came at one moment in, the answer to each out: stored in one transaction."""

import sqlite3
import traceback
from collections.abc import Callable, Sequence
from typing import NamedTuple

import orjson

from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import Answer, answer, refusal
from pinpoint_endpoints.local.service_error import internal_error
from pinpoint_endpoints.local.store import Locked, Store
from pinpoint_endpoints.local.unit_of_work import RowError

Complain = Callable[[str], None]


class Request(NamedTuple):
    """An HTTP request for an operation.

    Args:
        method: such as `PUT`.
        target: the path with its percent-encoding, and the query if there is one.
        body: as it came; empty for none.
    """

    method: str
    target: str
    body: bytes


def answer_together(
    store: Store, pinpoint: LocalPinpoint, requests: Sequence[Request], complain: Complain
) -> list[Answer | CannotRun]:
    """Answer requests in their order; what they store is on the disk then (group commit).

    Where the store fails, each request is answered in a transaction of its own: a damaged
    endpoint is the trouble of those that ask for it.

    Args:
        store: of the local Pinpoint.
        pinpoint: over that store.
        requests: some.
        complain: takes what is a fault of this program.

    Raises:
        Locked: another process is writing; nothing is stored, and it may be tried again.
    """
    try:
        return _in_one_transaction(store, pinpoint, requests, complain)
    except Locked:
        raise
    except (PinpointEndpointsError, sqlite3.Error) as error:
        if len(requests) == 1:
            return [_reason(error)]
    return [_alone(store, pinpoint, request, complain) for request in requests]


def answer_one(pinpoint: LocalPinpoint, request: Request, complain: Complain) -> Answer:
    """Answer one request. What goes wrong with it alone becomes an answer.

    Raises:
        CannotRun: the store cannot be used.
        sqlite3.Error: SQLite failed in a way that nobody foresaw.
    """
    try:
        return answer(pinpoint, *request)
    except (PinpointEndpointsError, sqlite3.Error, orjson.JSONDecodeError, RowError):
        raise
    except Exception:  # noqa: BLE001 - a bug in one request ends no other
        complain(traceback.format_exc())
        message = "The local Pinpoint failed: this is a fault of its own."
        return refusal(internal_error(message), pinpoint.new_request_id())


def _in_one_transaction(
    store: Store, pinpoint: LocalPinpoint, requests: Sequence[Request], complain: Complain
) -> list[Answer | CannotRun]:
    with store.shared_transaction():
        return [answer_one(pinpoint, request, complain) for request in requests]


def _alone(
    store: Store, pinpoint: LocalPinpoint, request: Request, complain: Complain
) -> Answer | CannotRun:
    try:
        (answered,) = _in_one_transaction(store, pinpoint, [request], complain)
    except (PinpointEndpointsError, sqlite3.Error) as error:
        return _reason(error)
    return answered


def _reason(error: Exception) -> CannotRun:
    return error if isinstance(error, CannotRun) else CannotRun(f"the store failed: {error}")
