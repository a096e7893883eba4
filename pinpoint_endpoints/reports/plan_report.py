"""What a report of a plan is: takes its steps one by one, and keeps few of them."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

from pinpoint_endpoints.delivery.preview import HttpRequest
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.plan_tally import PlanTally
from pinpoint_endpoints.service.outcome import Outcome
from pinpoint_endpoints.service.requests import Call


class Preview(Protocol):
    """Makes the request of a call; see `pinpoint_endpoints.delivery.preview.Previewer`."""

    def __call__(self, call: Call, *, plain_path: bool = False) -> HttpRequest | Outcome:
        """Return the request, or what became of the document if boto3 makes none of it."""


@dataclass(frozen=True, slots=True)
class PlanOptions:
    """What a person wants of the report.

    Attributes:
        verbose: whether a table gives way to the HTTP requests.
        show_values: whether their bodies show personal data; those of curl always do.
        quiet: whether a table goes without the line that counts.
        local: whether there is no server that a request could be sent to.
    """

    verbose: bool = False
    show_values: bool = False
    quiet: bool = False
    local: bool = False


class PlanReport(ABC):
    """Takes the steps of a plan as they are made.

    Attributes:
        tally: what they come to so far.
    """

    def __init__(self) -> None:
        self.tally = PlanTally()

    def add(self, step: Call | Outcome) -> None:
        """Take one step.

        Raises:
            CannotRun: there is no request without a region.
        """
        if isinstance(step, Outcome):
            self.tally.add_left_out(step)
            self._leave_out(step)
        else:
            self._take(step)

    @abstractmethod
    def _take(self, call: Call) -> None:
        """Count a call, and write it or keep it."""

    @abstractmethod
    def _leave_out(self, outcome: Outcome) -> None:
        """Write what would not be sent, or keep it."""

    @abstractmethod
    def close(self, error: PinpointEndpointsError | None, /) -> None:
        """Write what is still to be written: the last call, also when the plan ended early.

        Args:
            error: what stopped it, if something did.
        """
