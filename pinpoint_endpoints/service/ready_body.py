"""A body as bytes in, boto3's batch call with these bytes in it out: signed and sent as ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import Lock
from typing import Any

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.service.request import UPDATE_ENDPOINTS_BATCH

EVENT = f"before-call.pinpoint.{UPDATE_ENDPOINTS_BATCH}"
HANDLER_ID = "pinpoint_endpoints.ready_body"

_bodies: ContextVar[list[bytes] | None] = ContextVar("ready_bodies", default=None)
_attaching = Lock()


@contextmanager
def ready_body(client: Any, body: bytes) -> Iterator[None]:
    """Put a body in the place of what `update_endpoints_batch` is called with in this thread.

    botocore's event comes before the body is measured and signed, and before the first attempt: so
    Content-Length, checksum, signature and every retry are of the body that is put in. The call
    needs an `EndpointBatchRequest` that boto3 takes: `{"Item": []}`.

    Args:
        client: a boto3 (botocore) client of the service `pinpoint`.
        body: an EndpointBatchRequest as JSON.

    Raises:
        CannotRun: boto3 sent another body: then an empty batch would count as this one.
    """
    with _attaching:  # botocore's registry is not made for several threads
        client.meta.events.register(EVENT, _put_in, unique_id=HANDLER_ID)
    bodies = [body]
    token = _bodies.set(bodies)
    try:
        yield
    finally:
        _bodies.reset(token)
    if bodies:
        raise CannotRun(
            "this version of boto3 sends no ready-made batch, so nothing of it was sent",
            "send one by one: --no-batch",
        )


def _put_in(params: dict[str, Any], **_: Any) -> None:
    bodies = _bodies.get()
    if bodies:
        params["body"] = bodies.pop()
