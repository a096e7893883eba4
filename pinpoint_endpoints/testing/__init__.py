"""Help for testing code that calls Pinpoint: a local Pinpoint for each test, or moto's `mock_aws`.

Wherever this package is installed, pytest has the fixture `pinpoint_local`; the context manager
`local_pinpoint` does the same without pytest. Both need the extra `serve`.

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
    from pinpoint_endpoints.testing.fixture import PinpointLocal, local_pinpoint

__all__ = ["PinpointLocal", "local_pinpoint", "mock_aws"]

_MODULES = {
    "PinpointLocal": "testing.fixture",
    "local_pinpoint": "testing.fixture",
    "mock_aws": "local.moto_plugin",
}


if not TYPE_CHECKING:  # with __getattr__, type checkers would accept any name

    def __getattr__(name: str) -> Any:
        """Import a public name when it is first used: every pytest run imports this package."""
        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"pinpoint_endpoints.{_MODULES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
