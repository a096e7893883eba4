"""Lets a caller follow a run of many documents, and end it early."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pinpoint_endpoints.service.outcome import Outcome

Value = TypeVar("Value")


class Monitor:
    """Watches a run. Every method does nothing by default: override those that you need."""

    def reading(self, values: Iterable[Value]) -> Iterator[Value]:
        """Yield the documents of the run as they are read; stop early to read no more of them.

        Called once a run; the iterator is used by one thread.
        """
        return iter(values)

    def answered(self, outcomes: "Sequence[Outcome]") -> None:
        """Take note of the outcomes of one call. Several threads call this, in any order.

        It is called when the service has answered, so before the outcomes are yielded, which
        happens in the order of the documents.
        """

    def stop_requests(self) -> int:
        """Return how often the user asked to stop.

        After the first request, nothing more is sent and answers are waited for; after the second,
        the run ends without them.
        """
        return 0
