"""The local Pinpoint over HTTP, which `pe serve` runs. Needs the extra `serve`."""

from collections.abc import Iterator
from contextlib import contextmanager

from pinpoint_endpoints.errors import CannotRun


@contextmanager
def requires_serve_extra(feature: str) -> Iterator[None]:
    """Explain what to install if an import of the block fails.

    Args:
        feature: what needs the extra, as the message names it.

    Raises:
        CannotRun: a module is not installed.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "a package").partition(".")[0]
        raise CannotRun(
            f"{feature} needs {package}, which is not installed",
            "install the extra in a checkout: pip install '.[serve]', or "
            "pipx install --force '.[serve]'",
        ) from None
