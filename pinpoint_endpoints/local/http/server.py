"""What the local Pinpoint shall listen to in, a running HTTP server out."""

import asyncio
import contextlib
import socket
import threading
import traceback
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

from starlette.routing import Route
from uvicorn import Config, Server

from pinpoint_endpoints.local.http.connections import Connection
from pinpoint_endpoints.local.http.door import Door
from pinpoint_endpoints.local.http.faults import Faults
from pinpoint_endpoints.local.http.listening import (
    BACKLOG,
    DEFAULT,
    Settings,
    listen,
    most_connections,
    url_of,
    visitors_of,
)
from pinpoint_endpoints.local.http.seen import Complaints, Seen, Tell
from pinpoint_endpoints.local.http.waiting import LOOK_SECONDS, Waiting
from pinpoint_endpoints.local.http.workers import Workers
from pinpoint_endpoints.local.pages import about_store, pages_app
from pinpoint_endpoints.local.store import Store

KEEP_ALIVE_SECONDS = 60
GRACE_SECONDS = 3
"""How long requests under way may take to end when the server does."""


def silent(_: str) -> None:
    """Ignore it."""


class PinpointServer:
    """The local Pinpoint over HTTP. It listens once it is made, and answers once it runs.

    Args:
        path: the store's file, None for a store in memory.
        settings: how it is served.
        tell: takes a line for each request, None for nobody.
        complain: takes what is no client's fault.

    Raises:
        UsageError: the host is beyond this machine and that is not allowed, or a name or an
            origin is malformed.
        CannotRun: the address cannot be listened on, or the store cannot be used.
    """

    def __init__(
        self,
        path: Path | None,
        settings: Settings = DEFAULT,
        tell: Tell | None = None,
        complain: Tell = silent,
    ) -> None:
        self._settings = settings
        self._complain = Complaints(complain)
        self._seen = Seen(tell)
        self._waiting = Waiting(most_connections())
        self._server = TellingServer(_config(self._waiting))
        self._serving: asyncio.Task[None] | None = None
        with contextlib.ExitStack() as opened:
            self._listener = opened.enter_context(listen(settings))
            self._visitors = visitors_of(settings)
            self._store = opened.enter_context(Store(path))
            self._readable = self._of_page = self._store
            if path is not None:
                self._readable = opened.enter_context(Store(path))
                self._of_page = opened.enter_context(Store(path))
                self._store.check_writable()
                self._store.raise_when_locked()
            self._opened = opened.pop_all()
        self.url = url_of(self._listener)
        self._about = about_store(path, self.url)

    def run(self) -> None:
        """Answer requests until it is stopped."""
        config = self._server.config
        try:
            with self._opened, asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
                runner.run(self._serve())
        finally:
            self._server.begun.set()

    def stop(self) -> None:
        """End, from any thread or signal handler; a second time, without waiting for clients."""
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True

    def end_at_once(self) -> None:
        """End, from another thread than that which runs it, and hang up on every client."""
        if self._serving is not None:
            with contextlib.suppress(RuntimeError):  # it has ended: its loop is closed
                self._serving.get_loop().call_soon_threadsafe(self._serving.cancel)

    def change_faults(self, faults: Faults) -> None:
        """Let something else go wrong from now on; from any thread, once it answers."""
        self._door.change_faults(faults)

    def wait_until_it_answers(self) -> None:
        """Wait, in another thread than that which runs it."""
        self._server.begun.wait()

    async def _serve(self) -> None:
        loop = asyncio.get_running_loop()
        self._serving = asyncio.current_task()
        loop.set_exception_handler(lambda _, context: self._complain(_words_of(context)))
        workers = Workers(self._store, self._readable, self._of_page, loop, self._complain)
        pages = pages_app(workers.read, self._about)
        self._server.config.app = self._door = Door(
            workers,
            self._visitors,
            pages,
            page_paths={route.path for route in pages.routes if isinstance(route, Route)},
            faults=self._settings.faults,
            seen=self._seen,
            complain=self._complain,
        )
        looking = loop.create_task(self._look_for_the_slow())
        try:
            await self._server.serve(sockets=[self._listener])
        except asyncio.CancelledError:  # by `end_at_once`
            self._server.hang_up()
        finally:
            looking.cancel()
            workers.close()
            self._seen.flush()

    async def _look_for_the_slow(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            self._waiting.hang_up_on_slow(loop.time())


@contextlib.contextmanager
def serving(path: Path | None, settings: Settings = DEFAULT) -> Iterator[PinpointServer]:
    """Run a server in a thread of its own for as long as the block lasts.

    It ends at once: who still waits for an answer gets none.

    Args:
        path: the store's file, None for a store in memory.
        settings: how it is served.

    Raises:
        UsageError: as `PinpointServer`.
        CannotRun: as `PinpointServer`.
    """
    server = PinpointServer(path, settings)
    thread = threading.Thread(target=server.run, name="pinpoint-server")
    thread.start()
    try:
        server.wait_until_it_answers()
        yield server
    finally:
        server.end_at_once()
        thread.join()


def _config(waiting: Waiting) -> Config:
    return Config(
        app=_no_application_yet,
        http=cast("type[Connection]", partial(Connection, waiting)),
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=GRACE_SECONDS,
    )


def _words_of(context: Mapping[str, Any]) -> str:
    """Return what went wrong in the event loop itself, such as that there are too many files."""
    error = context.get("exception")
    return "".join(traceback.format_exception(error)) if error else str(context["message"])


async def _no_application_yet(_scope: object, _receive: object, _send: object) -> None:
    """Be an application until the door, which needs the event loop, can be made."""


class TellingServer(Server):
    """uvicorn's server: it tells when it answers, and leaves signals to its caller.

    Attributes:
        begun: is set once it answers.
    """

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.begun = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to answer."""
        await super().startup(sockets)
        self.begun.set()

    def hang_up(self) -> None:
        """Listen no more, and close every connection now."""
        for server in self.servers:
            server.close()
        for connection in list(self.server_state.connections):
            cast("Connection", connection).hang_up()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave them."""
        yield
