"""The counts add up, also when documents are reported again, and lead to the exit code."""

from hypothesis import given
from hypothesis import strategies as st
from reporting import checked, finding, warning

from pinpoint_endpoints.documents.model import Verdict
from pinpoint_endpoints.errors import (
    CannotRun,
    ExitCode,
    Interrupted,
    PinpointEndpointsError,
    Refused,
)
from pinpoint_endpoints.reports.deletions import DeletionTally
from pinpoint_endpoints.reports.outcomes import OutcomeTally
from pinpoint_endpoints.reports.problems import ProblemTally
from pinpoint_endpoints.service.endpoints import Deletion, DeletionState
from pinpoint_endpoints.service.outcome import WELL, Outcome, State

VERDICTS = st.sampled_from(Verdict)


def test_a_document_that_others_make_invalid_changes_sides() -> None:
    """It is counted once, and its problems all."""
    tally = ProblemTally()
    tally.add(checked())
    tally.add(checked(warning()))
    tally.add(checked(finding(), before=Verdict.VALID))
    assert tally.members() == {
        "documents": 2,
        "files_left_out": 0,
        "valid": 1,
        "invalid": 1,
        "unreadable": 0,
        "errors": 1,
        "warnings": 1,
        "fixable": 0,
    }


def test_one_that_was_invalid_stays_so() -> None:
    """A second reason does not count it a second time."""
    tally = ProblemTally()
    tally.add(checked(finding()))
    tally.add(checked(finding(), before=Verdict.INVALID))
    assert (tally.total, tally.invalid, tally.errors) == (1, 1, 2)


@given(st.lists(st.tuples(VERDICTS, st.none() | VERDICTS)))
def test_the_counts_add_up(story: list[tuple[Verdict, Verdict | None]]) -> None:
    """Whatever is reported again, each document is one of valid, invalid and unreadable."""
    tally = ProblemTally()
    for verdict, later in story:
        tally.add(checked(verdict=verdict))
        if later is not None:
            tally.add(checked(verdict=later, before=verdict))
    ends = [later or verdict for verdict, later in story]
    assert tally.total == len(story)
    assert tally.valid == ends.count(Verdict.VALID)
    assert tally.invalid == ends.count(Verdict.INVALID)
    assert tally.unreadable == ends.count(Verdict.UNREADABLE)


OUTCOMES = st.lists(st.sampled_from(State))
ERRORS = st.sampled_from([None, CannotRun("no"), Refused("no"), Interrupted("no")])


@given(OUTCOMES, ERRORS)
def test_the_exit_code_of_a_delivery(
    states: list[State], error: PinpointEndpointsError | None
) -> None:
    """Nothing wrong is 0; what was accepted before an error makes it partial, but for Ctrl-C."""
    tally = OutcomeTally()
    for state in states:
        tally.add(Outcome("ada", "", state, 0, "", "", "", "ada.json"))
    code = tally.exit_code(error)
    counts = tally.members()
    assert counts.pop("documents") == sum(counts.values()) == len(states)
    assert all(counts[state.value] == states.count(state) for state in State)
    assert (code is ExitCode.OK) == (error is None and set(states) <= WELL)
    if isinstance(error, Interrupted):
        assert code is ExitCode.INTERRUPTED
    elif error is not None:
        accepted = State.ACCEPTED in states or State.UNVERIFIED in states
        assert code is (ExitCode.PARTIAL if accepted else error.exit_code)
    assert tally.succeeded + tally.failed == len(states)


@given(st.lists(st.sampled_from(DeletionState)), ERRORS)
def test_the_exit_code_of_a_deletion(
    states: list[DeletionState], error: PinpointEndpointsError | None
) -> None:
    """All deleted is 0; some deleted is partial, but for Ctrl-C; none deleted is the error."""
    tally = DeletionTally()
    for state in states:
        tally.add(Deletion("ada", state))
    code = tally.exit_code(error)
    if isinstance(error, Interrupted):
        assert code is ExitCode.INTERRUPTED
    elif DeletionState.DELETED not in states:
        assert code is (ExitCode.REFUSED if error is None else error.exit_code)
    else:
        complete = error is None and set(states) == {DeletionState.DELETED}
        assert code is (ExitCode.OK if complete else ExitCode.PARTIAL)
