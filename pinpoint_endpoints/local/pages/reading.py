"""How the pages read: functions over the rows of one transaction in, their results out."""

from collections.abc import Callable
from typing import Protocol, TypeVar

from pinpoint_endpoints.local.rows import Rows

Result = TypeVar("Result")


class Reading(Protocol):
    """Runs a function in one reading transaction of the store, in another thread."""

    async def __call__(self, function: Callable[[Rows], Result], /) -> Result:
        """Return what the function returns."""
