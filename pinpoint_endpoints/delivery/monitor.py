"""Lets a caller follow a run of many documents, and end it early."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from pinpoint_endpoints.service.outcome import Outcome

Value = TypeVar("Value")


class Monitor:
    """Watches a run.

    Attributes:
        stop_requests: how often the user asked to stop; raise it from anywhere. After the first
            request, nothing more is read or sent and answers are waited for; after the second, the
            run ends without them.
        documents_read: how many documents were read so far.
        is_reading: whether the run waits for a document. A signal handler that raises
            `KeyboardInterrupt` then ends the reading, and interrupts nothing else.
    """

    stop_requests: int = 0
    documents_read: int = 0
    is_reading: bool = False

    def reading(
        self, values: Iterable[Value], documents_in: Callable[[Value], int] = lambda _: 1
    ) -> Iterator[Value]:
        """Yield documents, or results for documents, until the user asks to stop.

        Args:
            values: the documents or results.
            documents_in: returns for how many documents a value is.
        """
        iterator = iter(values)
        while not self.stop_requests:
            try:
                self.is_reading = True
                value = next(iterator)
                self.is_reading = False
            except (StopIteration, KeyboardInterrupt):
                return
            finally:
                self.is_reading = False
            self.documents_read += documents_in(value)
            yield value

    def answered(self, outcomes: "Sequence[Outcome]") -> None:
        """Take note of the outcomes of one call. Several threads call this, in any order.

        It is called when the service has answered, so before the outcomes are yielded, which
        happens in the order of the documents.
        """
