"""Stops a run when it is pointless to go on; shared by all threads of the run."""

from threading import Event, Lock
from time import monotonic

from pinpoint_endpoints.delivery.executor import POLL_SECONDS
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.errors import CannotRun, Interrupted, PinpointEndpointsError, Refused
from pinpoint_endpoints.service.updates import Answer

ITEM_ERRORS = frozenset({0, 400, 409, 413})
"""Statuses of refusals that an item is to blame for; 0 is boto3's own refusal."""

MAX_UNANSWERED_IN_A_ROW = 3
MAX_REFUSED_IN_A_ROW = 25
"""How many calls in a row may fail, for reasons that no item is to blame for.

Calls that were under way at the same time and are not answered count as one: a server that stalls
for a moment is not gone, however many threads wait for it.
"""

_GIVING_UP = 2
"""How many requests to stop mean that the answers are not waited for."""


class CircuitBreaker:
    """Halts a run when the service does not answer, or refuses whatever is sent.

    Args:
        monitor: says whether the user asked to stop.
    """

    def __init__(self, monitor: Monitor | None = None) -> None:
        self._error: PinpointEndpointsError | None = None
        self._monitor = monitor or Monitor()
        self._halted = Event()
        self._lock = Lock()
        self._answered = False
        self._silences = 0
        self._unanswered_in_a_row = 0
        self._refused_in_a_row = 0

    @property
    def halted(self) -> bool:
        """Whether nothing more is to be sent."""
        return self._halted.is_set() or self._monitor.stop_requests > 0

    @property
    def given_up(self) -> bool:
        """Whether the calls under way are not waited for."""
        return self._monitor.stop_requests >= _GIVING_UP

    @property
    def error(self) -> PinpointEndpointsError | None:
        """What halted the run; None as long as it may go on."""
        if self._monitor.stop_requests:
            return Interrupted("interrupted", "documents that were not read are not counted")
        return self._error

    def halt(self, error: PinpointEndpointsError) -> None:
        """Send nothing more; the first error counts."""
        with self._lock:
            self._halt(error)

    def wait(self, seconds: float) -> bool:
        """Wait until the time is over or the run is halted; return whether the run goes on."""
        end = monotonic() + seconds
        while not self.halted and (left := end - monotonic()) > 0:
            self._halted.wait(min(left, POLL_SECONDS))
        return not self.halted

    def start_call(self) -> int:
        """Return a ticket for a call that starts now; `record_no_answer` needs it."""
        return self._silences

    def record_answer(self, answer: Answer) -> None:
        """Take note of an answer."""
        with self._lock:
            self._answered = True
            self._unanswered_in_a_row = 0
            if answer.accepted or answer.status in ITEM_ERRORS:
                self._refused_in_a_row = 0
                return
            self._refused_in_a_row += 1
            if self._refused_in_a_row >= MAX_REFUSED_IN_A_ROW:
                message = f"stopped: {MAX_REFUSED_IN_A_ROW} calls in a row were refused"
                last = f"the last one with HTTP {answer.status}: {answer.message}"
                self._halt(
                    Refused(
                        f"{message}, {last}", answer.hint, status=answer.status, code=answer.code
                    )
                )

    def record_no_answer(self, error: CannotRun, ticket: int) -> None:
        """Take note that there was no answer.

        Args:
            error: says why.
            ticket: from `start_call`.
        """
        with self._lock:
            if ticket == self._silences:
                self._silences += 1
                self._unanswered_in_a_row += 1
            if not self._answered or self._unanswered_in_a_row >= MAX_UNANSWERED_IN_A_ROW:
                self._halt(error)

    def _halt(self, error: PinpointEndpointsError) -> None:
        self._error = self._error or error
        self._halted.set()
