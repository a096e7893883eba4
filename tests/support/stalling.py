"""A server that stops answering: for what happens when a person loses patience."""

import threading

from http_stub import Answer, Asked, HttpStub


class Stalling(HttpStub):
    """Answers some requests, and keeps all others waiting until it is told, or the test is over.

    Attributes:
        stalled: is set when one waits.

    Args:
        answers: in order; one request each is answered.
    """

    def __init__(self, *answers: Answer) -> None:
        super().__init__(*answers)
        self._answered = len(answers)
        self.stalled = threading.Event()
        self._released = threading.Event()

    def _next(self, asked: Asked) -> Answer:
        if len(self.asked) == self._answered:
            self.stalled.set()
            self._released.wait()
        return super()._next(asked)

    def release(self) -> None:
        """Answer those who wait, and everybody from now on."""
        self._released.set()

    def __exit__(self, *_: object) -> None:
        self.release()
        super().__exit__()
