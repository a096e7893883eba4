"""Report what became of the profiles of a migration, or what would be sent."""

from collections.abc import Iterable, Sequence

from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.outcomes import OutcomeTally, OutcomeView
from pinpoint_endpoints.reports.plan import PlanTally, PlanView
from pinpoint_endpoints.reports.plan import Step as PlannedStep
from pinpoint_endpoints.reports.reporter import Cell, Column
from pinpoint_endpoints.service.outcome import Outcome, State


class ProfileTally(OutcomeTally):
    """Counts profiles by what became of them, and the documents that are in none."""

    noun = "profile"

    def __str__(self) -> str:
        """Return the counts as a line for people."""
        invalid = self[State.INVALID]
        more = f"; {counted(invalid, 'document')} invalid, and in no profile" if invalid else ""
        return f"{self.counts_line(apart=State.INVALID)}{more}"


class ProfileView(OutcomeView):
    """How the outcome of a profile is shown: its user id is masked."""

    command = "migrate"
    columns = (
        Column("User id"),
        Column("Status"),
        Column("Message", min_width=20, optional=True),
        Column("Request id", optional=True),
        Column("First endpoint"),
    )

    def rows(self, outcome: Outcome) -> Sequence[Sequence[Cell]]:
        """Return the row of a profile."""
        return [(row[0], *row[2:]) for row in super().rows(outcome)]


class ProfilePlanTally(PlanTally):
    """Counts the profiles that would be sent."""

    noun = "profile"


class ProfilePlanView(PlanView):
    """How a profile that would be sent is shown."""

    command = "migrate"
    columns = (Column("User id"), Column("Operation"), Column("First endpoint"))

    def rows(self, step: PlannedStep) -> Iterable[Sequence[Cell]]:
        """Return the rows of a call, or of a document that is not sent."""
        return [(row[0], *row[2:]) for row in super().rows(step)]
