"""Amazon Pinpoint endpoints in files: load them, validate them, deliver them.

Example:
    ```python
    from pinpoint_endpoints import connect, load, upsert

    client = connect(local=True)
    for document in load("examples/seattle-iphone.json"):
        print(upsert(client, "demo", document).message)
    ```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.version import __version__ as __version__

if TYPE_CHECKING:
    from pinpoint_endpoints.api import connect, get, load, upsert, upsert_all, validate
    from pinpoint_endpoints.checks.finding import Policy
    from pinpoint_endpoints.delivery.monitor import Monitor
    from pinpoint_endpoints.delivery.plan import SendOptions
    from pinpoint_endpoints.documents.model import Document, Problem, Severity
    from pinpoint_endpoints.errors import (
        CannotRun,
        Interrupted,
        NoApplication,
        PinpointEndpointsError,
        Refused,
        UsageError,
    )
    from pinpoint_endpoints.service.outcome import Outcome, State

__all__ = [
    "CannotRun",
    "Document",
    "Interrupted",
    "Monitor",
    "NoApplication",
    "Outcome",
    "PinpointEndpointsError",
    "Policy",
    "Problem",
    "Refused",
    "SendOptions",
    "Severity",
    "State",
    "UsageError",
    "connect",
    "get",
    "load",
    "upsert",
    "upsert_all",
    "validate",
]

_HOMES = {
    "checks.finding": ("Policy",),
    "api": ("connect", "get", "load", "upsert", "upsert_all", "validate"),
    "documents.model": ("Document", "Problem", "Severity"),
    "delivery.monitor": ("Monitor",),
    "delivery.plan": ("SendOptions",),
    "errors": (
        "CannotRun",
        "Interrupted",
        "NoApplication",
        "PinpointEndpointsError",
        "Refused",
        "UsageError",
    ),
    "service.outcome": ("Outcome", "State"),
}


if not TYPE_CHECKING:  # type checkers would take every name for one of this module

    def __getattr__(name: str) -> Any:
        """Import a public name at its first use, so that the command starts faster."""
        for home, names in _HOMES.items():
            if name in names:
                return getattr(import_module(f"{__name__}.{home}"), name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*__all__, "__version__"])
