"""Count the results of a run, and decide its exit code."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import ClassVar, Generic, Protocol, TypeVar

from pinpoint_endpoints.documents.model import Verdict
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError

R_contra = TypeVar("R_contra", contravariant=True)


class Tally(Generic[R_contra]):
    """Counts the results of a run, and decides its exit code.

    Attributes:
        total_name: what is counted, in the summary of the envelope.
        reads_files: whether the results come from files.
        total: how many results there are.
        hints: what to do about what failed, each once.
        left_out: counts, by suffix, the files of searched directories that are of no kind that is
            read; None if no directory was searched.
    """

    total_name: ClassVar[str] = "documents"
    reads_files: ClassVar[bool] = False

    def __init__(self) -> None:
        self.total = 0
        self.hints: dict[str, None] = {}
        self.left_out: Counter[str] | None = None

    def add(self, _result: R_contra, /) -> None:
        """Count one result."""
        self.total += 1

    @property
    def succeeded(self) -> int:
        """How many results went well."""
        return self.total - self.failed

    @property
    def failed(self) -> int:
        """How many results did not."""
        return 0

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        counts = {self.total_name: self.total}
        if self.reads_files:
            counts["files_left_out"] = 0 if self.left_out is None else self.left_out.total()
        return counts

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code of the run.

        Args:
            error: what stopped the run, if anything did.
        """
        return ExitCode.OK if error is None else error.exit_code

    def closing_line(self, _error: PinpointEndpointsError | None) -> str:
        """Return the counts to print when the run is over; an empty text to print none.

        Args:
            error: what stopped the run, if anything did.
        """
        return ""


class VerdictTally(Tally[R_contra]):
    """Counts documents by their verdict.

    Attributes:
        valid: how many documents are valid.
        invalid: how many are not.
        unreadable: how many stand for a file that could not be read.
    """

    def __init__(self) -> None:
        super().__init__()
        self.valid = 0
        self.invalid = 0
        self.unreadable = 0

    def count(self, verdict: Verdict, number: int = 1) -> None:
        """Count documents with a verdict; a negative number takes them back."""
        if verdict is Verdict.VALID:
            self.valid += number
        elif verdict is Verdict.INVALID:
            self.invalid += number
        else:
            self.unreadable += number

    @property
    def failed(self) -> int:
        """How many documents are invalid or unreadable."""
        return self.invalid + self.unreadable

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: an unreadable file outweighs invalid documents."""
        if error is not None:
            return error.exit_code
        if self.unreadable:
            return ExitCode.CANNOT_RUN
        return ExitCode.INVALID if self.invalid else ExitCode.OK


class AudienceTally(VerdictTally[R_contra]):
    """Counts the endpoints of an audience, and documents by their verdict.

    Attributes:
        total: endpoints, and files that could not be read.
        endpoints: those that were read.
    """

    reads_files = True

    def __init__(self) -> None:
        super().__init__()
        self.endpoints = 0

    def forget(self) -> None:
        """Forget all counts: everything is read again."""
        self.total = self.endpoints = self.valid = self.invalid = self.unreadable = 0

    def add(self, _result: R_contra, /) -> None:
        """Count nothing: results are about many endpoints, which are counted as they are read."""

    @property
    def succeeded(self) -> int:
        """How many endpoints were read."""
        return self.endpoints

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        return {
            **super().members(),
            "endpoints": self.endpoints,
            "invalid": self.invalid,
            "unreadable": self.unreadable,
        }


class _WithState(Protocol):
    @property
    def state(self) -> StrEnum: ...

    @property
    def hint(self) -> str: ...


_S_contra = TypeVar("_S_contra", bound=_WithState, contravariant=True)


class StateTally(Tally[_S_contra]):
    """Counts results by their state.

    Attributes:
        all_states: in the order of the summary.
        good_states: those of results that went well.
    """

    all_states: ClassVar[Iterable[StrEnum]]
    good_states: ClassVar[Iterable[StrEnum]]

    def __init__(self) -> None:
        super().__init__()
        self._states: Counter[StrEnum] = Counter()

    def __getitem__(self, state: StrEnum) -> int:
        """Return how many results ended in a state."""
        return self._states[state]

    def add(self, result: _S_contra, /) -> None:
        """Count a result."""
        self.total += 1
        self._states[result.state] += 1
        if result.hint:
            self.hints[result.hint] = None

    @property
    def succeeded(self) -> int:
        """How many results went well."""
        return sum(self[state] for state in self.good_states)

    @property
    def failed(self) -> int:
        """How many results did not."""
        return self.total - self.succeeded

    def members(self) -> dict[str, int]:
        """Return the counts as the summary of the envelope."""
        return {**super().members(), **{state.value: self[state] for state in self.all_states}}
