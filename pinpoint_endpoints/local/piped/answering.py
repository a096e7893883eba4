"""Requests from a pipe in, their answers into another one out; those that wait are one group."""

from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.piped.frames import read_request, write_answer
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.together import Complain, Request, answer_together

MOST_TOGETHER = 8
"""Requests of one transaction: more make it no faster, and the first waits for the last."""

Waiting = SimpleQueue[Request | None]
"""Requests that are not answered yet; None is after the last one."""


def answer_all(path: Path, requests: IO[bytes], answers: IO[bytes], complain: Complain) -> None:
    """Answer requests in their order until there are no more.

    Args:
        path: the store's file.
        requests: as `frames.write_request` writes them. A thread reads them to their end.
        answers: as `frames.read_answer` reads them.
        complain: takes what is a fault of this program.

    Raises:
        OSError: nobody reads the answers.
    """
    waiting: Waiting = SimpleQueue()
    Thread(target=_take, args=(requests, waiting), daemon=True).start()
    store: Store | None = None
    try:
        while group := next_group(waiting):
            try:
                store = store or Store(path)
                answered = answer_together(store, LocalPinpoint(store), group, complain)
            except CannotRun as error:
                answered = [error] * len(group)
            for one in answered:
                write_answer(answers, one)
    finally:
        if store is not None:
            store.close()


def next_group(waiting: Waiting) -> list[Request]:
    """Wait for a request, and return it with those that wait behind it; nothing at the end."""
    group: list[Request] = []
    request = waiting.get()
    while request is not None:
        group.append(request)
        if len(group) == MOST_TOGETHER:
            return group
        try:
            request = waiting.get_nowait()
        except Empty:
            return group
    if group:
        waiting.put(None)  # for the next time
    return group


def _take(requests: IO[bytes], waiting: Waiting) -> None:
    """Take requests while earlier ones are answered."""
    try:
        while (request := read_request(requests)) is not None:
            waiting.put(request)
    finally:
        waiting.put(None)
