"""Several tasks at once: their order, how far ahead they are taken, and how a run ends early."""

from collections.abc import Callable, Generator, Iterable, Iterator
from threading import Barrier, Event
from threading import enumerate as enumerate_threads

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.delivery.executor import OrderedExecutor
from pinpoint_endpoints.errors import CannotRun


def results(
    run: Callable[[int], int],
    tasks: Iterable[int],
    threads: int,
    is_given_up: Callable[[], bool] = lambda: False,
) -> Generator[int, None, None]:
    """Yield the results of tasks, without those that were given up."""
    executor = OrderedExecutor[int, int](threads, is_given_up)
    try:
        for task in tasks:
            executor.submit(task, run)
            yield from (future.result() for _, future in executor.finished())
        yield from (future.result() for _, future in executor.remaining() if future.done())
    finally:
        executor.close(wait=False)


@given(st.lists(st.integers(), max_size=40), st.integers(1, 8))
def test_every_question_has_its_answer_in_its_place(questions: list[int], threads: int) -> None:
    """Whatever their number, and however many are asked at once."""
    doubled = results(lambda number: 2 * number, questions, threads)
    assert list(doubled) == [2 * number for number in questions]


def test_a_slow_answer_holds_up_none_but_those_behind_it() -> None:
    """The first question is answered last, and comes first."""
    last_is_asked = Event()

    def ask(question: int) -> int:
        if question == 0:
            assert last_is_asked.wait(60)
        if question == 3:
            last_is_asked.set()
        return question

    assert list(results(ask, range(4), 2)) == [0, 1, 2, 3]


def test_as_many_are_asked_at_once_as_there_are_threads() -> None:
    """Three wait for each other, and go on together."""
    together = Barrier(3, timeout=60)
    assert len(list(results(lambda _: together.wait(), range(9), 3))) == 9


def test_questions_are_not_read_far_ahead() -> None:
    """While the first is not answered, four for each thread are read: any number fits in memory."""
    questions = iter(range(1_000))
    all_that_are_read = Event()

    def ask(question: int) -> int:
        if question == 0:
            assert all_that_are_read.wait(60)
        if question == 7:
            all_that_are_read.set()
        return question

    assert next(results(ask, questions, 2)) == 0
    assert next(questions) == 8


def test_an_error_comes_in_its_place_and_ends_the_run() -> None:
    """After the answers before it."""

    def ask(question: int) -> int:
        if question == 2:
            raise CannotRun("no connection")
        return question

    answers = results(ask, range(100), 3)
    assert [next(answers), next(answers)] == [0, 1]
    with pytest.raises(CannotRun, match="no connection"):
        next(answers)
    assert list(answers) == []


def test_a_run_that_is_given_up_gives_the_results_that_are_there() -> None:
    """A task that never ends does not hold back the results of the others."""
    last_is_asked, never_set = Event(), Event()
    pressed: list[None] = []

    def ask(question: int) -> int:
        if question == 1:
            assert last_is_asked.wait(60)
            pressed.append(None)
            never_set.wait()
        if question == 3:
            last_is_asked.set()
        return question

    answers = list(results(ask, range(4), 2, lambda: bool(pressed)))
    assert answers in ([0, 2], [0, 2, 3])
    never_set.set()


def test_an_answer_is_not_kept_back() -> None:
    """It comes as soon as it exists, although more could be read ahead."""
    read: list[int] = []
    second_is_asked = Event()

    def questions() -> Iterator[int]:
        for question in range(100):
            if question == 2:
                assert second_is_asked.wait(60)  # and the first answered, by the only thread
            read.append(question)
            yield question

    def ask(question: int) -> int:
        if question == 1:
            second_is_asked.set()
        return question

    assert next(results(ask, questions(), 1)) == 0
    assert len(read) <= 3


def test_closing_the_executor_runs_nothing_more() -> None:
    """Closing the answers leaves the questions that wait unasked, and ends the threads."""
    asked: list[int] = []
    three_wait, closed = Event(), Event()

    def questions() -> Iterator[int]:
        for question in range(100):
            if question == 3:
                three_wait.set()
            yield question

    def ask(question: int) -> int:
        asked.append(question)
        assert (closed if question else three_wait).wait(60)
        return question

    before = set(enumerate_threads())
    answers = results(ask, questions(), 1)
    assert next(answers) == 0
    answers.close()
    closed.set()
    for thread in set(enumerate_threads()) - before:
        thread.join(60)
        assert not thread.is_alive()
    assert asked in ([0], [0, 1])
