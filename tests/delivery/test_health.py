"""When a run makes no sense any more, and when it does."""

from threading import Event, Thread

import pytest

from pinpoint_endpoints import CannotRun, Refused
from pinpoint_endpoints.delivery.health import MOST_REFUSED, MOST_UNANSWERED, Health
from pinpoint_endpoints.service.endpoints import Answer

ACCEPTED = Answer(True, 202, "", "Accepted", "r-1")
FORBIDDEN = Answer(False, 403, "ForbiddenException", "no", "r-2", "look at the credentials")
SILENCE = CannotRun("no connection")


def refused(status: int) -> Answer:
    """Return an answer with a status that refuses."""
    return Answer(False, status, "", "no", "")


def test_the_first_call_has_to_be_answered() -> None:
    """A server that was never heard of is not there."""
    health = Health()
    health.unheard(SILENCE, health.begun())
    assert health.halted
    assert health.error is SILENCE


def test_a_few_calls_may_be_lost_later() -> None:
    """As many in a row as the limit says end a run, and an answer of any kind begins anew."""
    health = Health()
    health.heard(ACCEPTED)
    for _ in range(3):
        for _ in range(MOST_UNANSWERED - 1):
            health.unheard(SILENCE, health.begun())
        health.heard(FORBIDDEN)
    assert not health.halted
    for _ in range(MOST_UNANSWERED):
        assert not health.halted
        health.unheard(SILENCE, health.begun())
    assert health.error is SILENCE


def test_calls_that_were_under_way_together_are_lost_together() -> None:
    """They count as one, whatever their number; those that began afterwards count."""
    health = Health()
    health.heard(ACCEPTED)
    for _ in range(MOST_UNANSWERED - 1):
        together = [health.begun() for _ in range(8)]
        for begun in together:
            health.unheard(SILENCE, begun)
    assert not health.halted
    health.unheard(SILENCE, health.begun())
    assert health.halted


@pytest.mark.parametrize("status", [200, 301, 401, 403, 404, 405, 429, 500, 503])
def test_many_refusals_in_a_row_end_a_run(status: int) -> None:
    """If no item is to blame for them; the last answer is told."""
    health = Health()
    for _ in range(MOST_REFUSED):
        assert not health.halted
        health.heard(refused(status))
    assert health.halted
    assert isinstance(health.error, Refused)
    assert f"{MOST_REFUSED} calls in a row were refused" in health.error.message
    assert f"HTTP {status}: no" in health.error.message


@pytest.mark.parametrize("answer", [ACCEPTED, *map(refused, (0, 400, 409, 413))], ids=str)
def test_what_an_item_is_to_blame_for_begins_the_count_anew(answer: Answer) -> None:
    """A service that looks at the items works."""
    health = Health()
    for _ in range(3 * MOST_REFUSED):
        health.heard(answer)
    for _ in range(MOST_REFUSED - 1):
        health.heard(FORBIDDEN)
    health.heard(answer)
    health.heard(FORBIDDEN)
    assert not health.halted


def test_the_advice_on_the_last_refusal_is_kept() -> None:
    """It says what to do."""
    health = Health()
    for _ in range(MOST_REFUSED):
        health.heard(FORBIDDEN)
    assert health.error is not None
    assert health.error.hint == FORBIDDEN.hint


def test_the_first_error_counts() -> None:
    """What comes after it is its consequence."""
    health, first = Health(), CannotRun("the disk is full")
    health.halt(first)
    health.halt(Refused("everything"))
    health.unheard(SILENCE, health.begun())
    assert health.error is first


def test_waiting_ends_with_the_run() -> None:
    """Whoever waits for the service to store something goes on at once."""
    health, is_over = Health(), Event()

    def wait() -> None:
        health.wait(600)
        is_over.set()

    Thread(target=wait, daemon=True).start()
    health.halt(SILENCE)
    assert is_over.wait(60)
