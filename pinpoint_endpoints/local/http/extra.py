"""Imports that need the extra `serve` in; what to install, if it is not there, out."""

from collections.abc import Iterator
from contextlib import contextmanager

from pinpoint_endpoints.errors import CannotRun


@contextmanager
def extra_for(what: str) -> Iterator[None]:
    """Say what to install if an import of the block fails.

    Args:
        what: needs it.

    Raises:
        CannotRun: a module is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "a package").partition(".")[0]
        raise CannotRun(
            f"{what} needs {package}, which is not installed",
            "install the extra in a checkout: pip install '.[serve]', or "
            "pipx install --force '.[serve]'",
        ) from None
