"""The counts: they add up, also when documents are told of again."""

from hypothesis import given
from hypothesis import strategies as st
from reporting import checked, finding, warning

from pinpoint_endpoints.documents.model import Verdict
from pinpoint_endpoints.reports.problems import ProblemTally

VERDICTS = st.sampled_from(Verdict)


def test_a_document_that_others_make_invalid_changes_sides() -> None:
    """It is counted once, and its problems all."""
    tally = ProblemTally()
    tally.add(checked())
    tally.add(checked(warning()))
    tally.add(checked(finding(), before=Verdict.VALID))
    assert tally.members() == {
        "documents": 2,
        "valid": 1,
        "invalid": 1,
        "unreadable": 0,
        "errors": 1,
        "warnings": 1,
    }


def test_one_that_was_invalid_stays_so() -> None:
    """A second reason does not count it a second time."""
    tally = ProblemTally()
    tally.add(checked(finding()))
    tally.add(checked(finding(), before=Verdict.INVALID))
    assert (tally.total, tally.invalid, tally.errors) == (1, 1, 2)


@given(st.lists(st.tuples(VERDICTS, st.none() | VERDICTS)))
def test_the_counts_add_up(story: list[tuple[Verdict, Verdict | None]]) -> None:
    """Whatever is told again, each document is one of valid, invalid and unreadable."""
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
