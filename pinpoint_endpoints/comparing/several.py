"""A function and what to ask it in, its answers in the same order out: several at once."""

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, wait
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from pinpoint_endpoints.delivery.health import WAKING_SECONDS
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.errors import Interrupted

Question = TypeVar("Question")
Answer = TypeVar("Answer")
Result = TypeVar("Result")

_AHEAD = 4
"""How many questions of each thread are read before the first of them is answered."""


def ask_several(
    ask: Callable[[Question], Answer],
    questions: Iterable[Question],
    threads: int,
    finish: Callable[[Answer], Result],
    monitor: Monitor,
) -> Generator[Result, None, None]:
    """Yield what is made of the answer to each question, in their order; memory is flat.

    An exception that a question meets is raised in the place of its answer. Whoever stops early
    waits for nothing: what was not asked yet never is, and threads that hang keep nobody from
    ending.

    Args:
        ask: is called in several threads.
        questions: are read as there is room for them, in the thread of the caller.
        threads: how many are asked at once.
        finish: is called with one answer after the other, in the thread of the caller.
        monitor: says whether the user asked to stop.

    Raises:
        Interrupted: by a person, after the answers that are there.
    """
    waiting: SimpleQueue[tuple[Question, Future[Answer]] | None] = SimpleQueue()
    window: deque[Future[Answer]] = deque()
    started = 0
    try:
        for question in questions:
            future: Future[Answer] = Future()
            window.append(future)
            waiting.put((question, future))
            if started < threads:
                Thread(target=_answer_all, args=(ask, waiting), daemon=True).start()
                started += 1
            while window and (window[0].done() or len(window) > threads * _AHEAD):
                if not _is_there(window[0], monitor):
                    break
                yield finish(window.popleft().result())
        while window and _is_there(window[0], monitor):
            yield finish(window.popleft().result())
        if monitor.stop_requests():
            for future in filter(_is_answered, window):
                yield finish(future.result())
            raise Interrupted("interrupted", "what was answered until then is reported")
    finally:
        for future in window:
            future.cancel()
        for _ in range(started):
            waiting.put(None)


def _is_there(future: "Future[Answer]", monitor: Monitor) -> bool:
    """Wait for an answer, unless a person wants the run to end."""
    while not future.done() and not monitor.stop_requests():
        wait([future], WAKING_SECONDS)
    return future.done()


def _is_answered(future: "Future[Answer]") -> bool:
    return future.done() and future.exception() is None


def _answer_all(
    ask: Callable[[Question], Answer],
    waiting: "SimpleQueue[tuple[Question, Future[Answer]] | None]",
) -> None:
    while (taken := waiting.get()) is not None:
        question, future = taken
        if not future.set_running_or_notify_cancel():
            continue
        try:
            future.set_result(ask(question))
        except BaseException as error:  # noqa: BLE001 - raised where the answer is wanted
            future.set_exception(error)
