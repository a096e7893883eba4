"""Reads endpoints back, to find what was accepted and not stored as it was sent.

HTTP 202 is "accepted for processing": it comes before anything is stored, and what was accepted may
have no effect (aws-sdk-js-v3#2811, aws-sdk-js#4250).
"""

from collections.abc import Callable, Sequence
from typing import Any

from pinpoint_endpoints.errors import CannotRun, Refused
from pinpoint_endpoints.service.endpoints import find_endpoint
from pinpoint_endpoints.service.merge import unapplied_members
from pinpoint_endpoints.service.requests import Item

DELAYS = (0.25, 0.5, 1.0, 2.0, 4.0)
"""Seconds to wait before each further attempt to find what is not stored yet."""


class Verification:
    """Reads endpoints back until they are as they were sent, or waiting no longer helps.

    Args:
        client: a boto3 Pinpoint client.
        application_id: the application.
        wait: waits so many seconds, and returns whether to look again.
        delays: seconds to wait before each further look.
    """

    def __init__(
        self,
        client: Any,
        application_id: str,
        wait: Callable[[float], bool],
        delays: Sequence[float] = DELAYS,
    ) -> None:
        self._client = client
        self._application_id = application_id
        self._wait = wait
        self._delays = delays

    def failures_of(self, items: Sequence[Item]) -> list[str]:
        """Return for each item what is not stored as it was sent; empty if everything is."""
        reasons = [self._failure_of(item) for item in items]
        for delay in self._delays:
            if not any(reasons) or not self._wait(delay):
                break
            reasons = [
                self._failure_of(item) if reason else ""
                for item, reason in zip(items, reasons, strict=True)
            ]
        return reasons

    def _failure_of(self, item: Item) -> str:
        try:
            stored = find_endpoint(self._client, self._application_id, item.endpoint_id)
        except (CannotRun, Refused) as error:
            return f"it cannot be read back: {error.message}"
        if stored is None:
            return "the endpoint does not exist"
        names = unapplied_members(stored, item.request)
        return f"not stored as it was sent: {', '.join(names)}" if names else ""
