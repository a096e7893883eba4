"""What calls ended with in, whether the run may go on out: shared by the threads of a run."""

from threading import Event, Lock
from time import monotonic

from pinpoint_endpoints.delivery.executor import WAKING_SECONDS
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.errors import CannotRun, Interrupted, PinpointEndpointsError, Refused
from pinpoint_endpoints.service.endpoints import Answer

ABOUT_THE_ITEMS = frozenset({0, 400, 409, 413})
"""Statuses of refusals that an item is to blame for; 0 is boto3's own refusal."""

MOST_UNANSWERED = 3
MOST_REFUSED = 25
"""How many calls in a row may go wrong, for reasons that no item is to blame for.

Calls that were under way together and are not answered count as one: a server that stalls for a
moment is not gone, however many threads it kept waiting.
"""

_GIVING_UP = 2
"""How many interruptions mean that the answers are not waited for."""


class Health:
    """Halts a run when it makes no sense to go on: what is sent then would only be lost.

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
        return self._halted.is_set() or self._monitor.stop_requests() > 0

    @property
    def given_up(self) -> bool:
        """Whether nobody wants to wait for what is under way."""
        return self._monitor.stop_requests() >= _GIVING_UP

    @property
    def error(self) -> PinpointEndpointsError | None:
        """What halted the run; None as long as it may go on."""
        if self._monitor.stop_requests():
            return Interrupted("interrupted", "what was not read yet is not counted")
        return self._error

    def halt(self, error: PinpointEndpointsError) -> None:
        """Let nothing more be sent; the first error counts."""
        with self._lock:
            self._halt(error)

    def wait(self, seconds: float) -> bool:
        """Wait, but hardly longer than the run goes on; return whether it does."""
        end = monotonic() + seconds
        while not self.halted and (left := end - monotonic()) > 0:
            self._halted.wait(min(left, WAKING_SECONDS))
        return not self.halted

    def heard(self, answer: Answer) -> None:
        """Take note of an answer."""
        with self._lock:
            self._answered = True
            self._unanswered_in_a_row = 0
            if answer.accepted or answer.status in ABOUT_THE_ITEMS:
                self._refused_in_a_row = 0
                return
            self._refused_in_a_row += 1
            if self._refused_in_a_row >= MOST_REFUSED:
                message = f"stopped: {MOST_REFUSED} calls in a row were refused"
                last = f"the last one with HTTP {answer.status}: {answer.message}"
                self._halt(
                    Refused(
                        f"{message}, {last}", answer.hint, status=answer.status, code=answer.code
                    )
                )

    def begun(self) -> int:
        """Return what `unheard` needs to know of a call that begins now."""
        return self._silences

    def unheard(self, error: CannotRun, begun: int) -> None:
        """Take note that there was no answer.

        Args:
            error: says why.
            begun: from `begun`, when the call began.
        """
        with self._lock:
            if begun == self._silences:
                self._silences += 1
                self._unanswered_in_a_row += 1
            if not self._answered or self._unanswered_in_a_row >= MOST_UNANSWERED:
                self._halt(error)

    def _halt(self, error: PinpointEndpointsError) -> None:
        self._error = self._error or error
        self._halted.set()
