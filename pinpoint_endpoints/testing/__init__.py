"""For the tests of code that speaks Pinpoint: a local Pinpoint of their own, or moto's `mock_aws`.

pytest has the fixture `pinpoint_local` wherever this package is installed; elsewhere
`local_pinpoint` is the same as a context manager.

Example:
    ```python
    from pinpoint_endpoints.testing import PinpointLocal

    def test_ada_is_registered(pinpoint_local: PinpointLocal) -> None:
        register("ada", "ada@example.com")
        assert pinpoint_local.endpoint("ada")["Address"] == "ada@example.com"
    ```
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pinpoint_endpoints.local.moto_plugin import mock_aws
    from pinpoint_endpoints.testing.environment import Environment
    from pinpoint_endpoints.testing.fresh import PinpointLocal, local_pinpoint

__all__ = ["Environment", "PinpointLocal", "local_pinpoint", "mock_aws"]

_HOMES = {
    "Environment": "testing.environment",
    "PinpointLocal": "testing.fresh",
    "local_pinpoint": "testing.fresh",
    "mock_aws": "local.moto_plugin",
}


if not TYPE_CHECKING:  # type checkers would take every name for one of this module

    def __getattr__(name: str) -> Any:
        """Import a public name at its first use: every start of pytest imports this package."""
        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"pinpoint_endpoints.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
