"""When a run makes no sense any more, and when it does."""

from threading import Event, Thread

import pytest

from pinpoint_endpoints import CannotRun, Refused
from pinpoint_endpoints.delivery.circuit_breaker import (
    MAX_REFUSED_IN_A_ROW,
    MAX_UNANSWERED_IN_A_ROW,
    CircuitBreaker,
)
from pinpoint_endpoints.service.updates import Answer

ACCEPTED = Answer(True, 202, "", "Accepted", "r-1")
FORBIDDEN = Answer(False, 403, "ForbiddenException", "no", "r-2", "look at the credentials")
SILENCE = CannotRun("no connection")


def refused(status: int) -> Answer:
    """Return an answer with a status that refuses."""
    return Answer(False, status, "", "no", "")


def test_the_first_call_has_to_be_answered() -> None:
    """A server that was never heard of is not there."""
    breaker = CircuitBreaker()
    breaker.record_no_answer(SILENCE, breaker.start_call())
    assert breaker.halted
    assert breaker.error is SILENCE


def test_a_few_calls_may_be_lost_later() -> None:
    """As many in a row as the limit says end a run, and an answer of any kind begins anew."""
    breaker = CircuitBreaker()
    breaker.record_answer(ACCEPTED)
    for _ in range(3):
        for _ in range(MAX_UNANSWERED_IN_A_ROW - 1):
            breaker.record_no_answer(SILENCE, breaker.start_call())
        breaker.record_answer(FORBIDDEN)
    assert not breaker.halted
    for _ in range(MAX_UNANSWERED_IN_A_ROW):
        assert not breaker.halted
        breaker.record_no_answer(SILENCE, breaker.start_call())
    assert breaker.error is SILENCE


def test_calls_that_were_under_way_together_are_lost_together() -> None:
    """They count as one, whatever their number; those that began afterwards count."""
    breaker = CircuitBreaker()
    breaker.record_answer(ACCEPTED)
    for _ in range(MAX_UNANSWERED_IN_A_ROW - 1):
        together = [breaker.start_call() for _ in range(8)]
        for start_call in together:
            breaker.record_no_answer(SILENCE, start_call)
    assert not breaker.halted
    breaker.record_no_answer(SILENCE, breaker.start_call())
    assert breaker.halted


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 405, 429, 500, 503])
def test_many_refusals_in_a_row_end_a_run(status: int) -> None:
    """If no item is to blame for them; the error names the last answer."""
    breaker = CircuitBreaker()
    for _ in range(MAX_REFUSED_IN_A_ROW):
        assert not breaker.halted
        breaker.record_answer(refused(status))
    assert breaker.halted
    assert isinstance(breaker.error, Refused)
    assert f"{MAX_REFUSED_IN_A_ROW} calls in a row were refused" in breaker.error.message
    assert f"HTTP {status}: no" in breaker.error.message


@pytest.mark.parametrize("answer", [ACCEPTED, *map(refused, (0, 400, 409, 413))], ids=str)
def test_what_an_item_is_to_blame_for_begins_the_count_anew(answer: Answer) -> None:
    """A service that looks at the items works."""
    breaker = CircuitBreaker()
    for _ in range(3 * MAX_REFUSED_IN_A_ROW):
        breaker.record_answer(answer)
    for _ in range(MAX_REFUSED_IN_A_ROW - 1):
        breaker.record_answer(FORBIDDEN)
    breaker.record_answer(answer)
    breaker.record_answer(FORBIDDEN)
    assert not breaker.halted


def test_the_advice_on_the_last_refusal_is_kept() -> None:
    """It says what to do."""
    breaker = CircuitBreaker()
    for _ in range(MAX_REFUSED_IN_A_ROW):
        breaker.record_answer(FORBIDDEN)
    assert breaker.error is not None
    assert breaker.error.hint == FORBIDDEN.hint


def test_the_first_error_counts() -> None:
    """What comes after it is its consequence."""
    breaker, first = CircuitBreaker(), CannotRun("the disk is full")
    breaker.halt(first)
    breaker.halt(Refused("everything"))
    breaker.record_no_answer(SILENCE, breaker.start_call())
    assert breaker.error is first


def test_waiting_ends_with_the_run() -> None:
    """A wait for the service to store something ends at once."""
    breaker, is_over = CircuitBreaker(), Event()

    def wait() -> None:
        breaker.wait(600)
        is_over.set()

    Thread(target=wait, daemon=True).start()
    breaker.halt(SILENCE)
    assert is_over.wait(60)
