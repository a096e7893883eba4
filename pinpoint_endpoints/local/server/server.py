"""Run the local Pinpoint as an HTTP server: address, start, stop, and a thread for tests."""

import asyncio
import errno
import os
import socket
import threading
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from starlette.routing import Route
from uvicorn import Config, Server

from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.local.pages import about_store, pages_app
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.server.access import AccessPolicy
from pinpoint_endpoints.local.server.app import ServerApp
from pinpoint_endpoints.local.server.fault_injection import Faults
from pinpoint_endpoints.local.server.group_commit import RequestExecutor
from pinpoint_endpoints.local.server.header_names import exact_name
from pinpoint_endpoints.local.server.request_log import ErrorLog, RequestLog, WriteLine
from pinpoint_endpoints.local.store import Store

MAX_CONNECTIONS = 900
"""Open at a time, below the usual limit of 1,024 open files; further requests get 503."""

BACKLOG = 2048
KEEP_ALIVE_SECONDS = 60
SHUTDOWN_SECONDS = 1
"""How long requests in progress may take to finish when the server stops."""

MAX_PORT = 65_535
MAX_PORTS_TRIED = 50
"""Ports above a taken one, of which a free one is suggested."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the local Pinpoint is served.

    Args:
        host: the name or address to listen on.
        port: the port, 0 for a free one.
        allow_remote: whether other machines may connect.
        allowed_hosts: more names by which clients reach the server.
        allowed_origins: origins of web pages whose requests are answered.
        faults: what shall go wrong.
        strict_requests: refuse requests with unknown members instead of ignoring the members.
        known_applications_only: answer 404 for an application that was not created, instead of
            creating it when an endpoint is first written to it.
        segments: a directory of segment definitions, which the pages list.
    """

    host: str = "127.0.0.1"
    port: int = 0
    allow_remote: bool = False
    allowed_hosts: tuple[str, ...] = ()
    allowed_origins: tuple[str, ...] = ()
    faults: Faults = field(default_factory=Faults)
    strict_requests: bool = False
    known_applications_only: bool = False
    segments: Path | None = None


DEFAULT_SETTINGS = Settings()


class PinpointServer:
    """The local Pinpoint over HTTP. Clients may connect once it is made; `run` answers them.

    Attributes:
        url: where clients on this machine reach it.
        names: the host names that it answers to, as people read them.

    Args:
        path: the store's file, None for a store in memory.
        settings: how it is served.
        log: takes a line about each request, None for no log.
        report_error: takes a message about an error that no client caused, None to ignore it.
        shutdown_seconds: how long requests in progress may take to finish when it stops.

    Raises:
        UsageError: the host is reachable from other machines and that is not allowed, or a name
            or an origin is malformed.
        CannotRun: the server cannot listen on the address, or the store cannot be used.
    """

    def __init__(
        self,
        path: Path | None,
        settings: Settings = DEFAULT_SETTINGS,
        *,
        log: WriteLine | None = None,
        report_error: WriteLine | None = None,
        shutdown_seconds: int = SHUTDOWN_SECONDS,
    ) -> None:
        self._log = RequestLog(log)
        self._report_error = ErrorLog(report_error and self._after_requests(report_error))
        with ExitStack() as opened:
            self._listener = opened.enter_context(listen(settings))
            self.url = url_of(self._listener)
            policy = access_policy(settings)
            self.names = str(policy)
            store = page_store = opened.enter_context(Store(path))
            if path is not None:
                page_store = opened.enter_context(Store(path))
                store.check_writable()
                store.raise_when_locked()
            pinpoint = LocalPinpoint(
                store,
                create_missing_applications=not settings.known_applications_only,
                strict_requests=settings.strict_requests,
            )
            executor = RequestExecutor(store, page_store, pinpoint, self._report_error)
            opened.callback(executor.close)
            self._opened = opened.pop_all()
        pages = pages_app(executor.read, about_store(path, self.url), settings.segments)
        self._app = ServerApp(
            executor,
            policy,
            pages,
            page_paths={route.path for route in pages.routes if isinstance(route, Route)},
            faults=settings.faults,
            log=self._log,
            report_error=self._report_error,
        )
        self._server = _UvicornServer(_config(self._app, shutdown_seconds))
        self._serving: asyncio.Task[None] | None = None

    def run(self) -> None:
        """Answer requests until the server is stopped, by a method or a signal."""
        with self._opened, asyncio.Runner(loop_factory=_loop_factory()) as runner:
            runner.run(self._serve())
        self._log.flush()

    def stop(self) -> None:
        """Stop, from any thread or signal handler; a second time, without waiting for clients."""
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True

    def stop_now(self) -> None:
        """Stop without waiting for clients, from another thread than the one that runs it."""
        self._server.should_exit = self._server.force_exit = True
        if self._serving is not None:
            with suppress(RuntimeError):  # it has ended: its loop is closed
                self._serving.get_loop().call_soon_threadsafe(self._cancel)

    def change_faults(self, faults: Faults) -> None:
        """Replace the faults from now on; from any thread."""
        self._app.change_faults(faults)

    async def _serve(self) -> None:
        asyncio.get_running_loop().set_exception_handler(
            lambda _, context: self._report_loop_error(context)
        )
        self._serving = asyncio.current_task()
        if self._server.force_exit:  # by `stop_now`, before the loop ran
            return
        try:
            await self._server.serve(sockets=[self._listener])
        except asyncio.CancelledError:
            with suppress(TimeoutError):  # it closes connections first, and then waits
                async with asyncio.timeout(0):
                    await self._server.shutdown(sockets=[self._listener])

    def _after_requests(self, write: WriteLine) -> WriteLine:
        """Write the lines of requests that wait before an error, so that lines are in order."""

        def write_after(error: str) -> None:
            self._log.flush()
            write(error)

        return write_after

    def _report_loop_error(self, context: Mapping[str, Any]) -> None:
        """Report an error of the event loop, such as too many open files."""
        error = context.get("exception")
        if "protocol" in context:  # a parser failed on what a client sent
            self._log.refused(400, f"Malformed HTTP ({type(error).__name__})")
        elif error is None:
            self._report_error(str(context["message"]))
        else:
            self._report_error("".join(traceback.format_exception(error)))

    def _cancel(self) -> None:
        if self._serving is None:
            return
        if self._server.started:
            self._serving.cancel()
        else:  # uvicorn cannot be cancelled while it starts
            self._serving.get_loop().call_later(0.001, self._cancel)


class _UvicornServer(Server):
    """uvicorn's server, with the header names of AWS in what it adds to answers."""

    async def on_tick(self, counter: int) -> bool:
        """Renew the headers of all answers, such as `Date`."""
        is_over = await super().on_tick(counter)
        headers = self.server_state.default_headers
        self.server_state.default_headers = [(exact_name(name), value) for name, value in headers]
        return is_over


@contextmanager
def serving(path: Path | None, settings: Settings = DEFAULT_SETTINGS) -> Iterator[PinpointServer]:
    """Run a server in a thread of its own for as long as the block lasts.

    It does not wait for requests in progress when the block ends.

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
        yield server
    finally:
        server.stop_now()
        thread.join()


def listen(settings: Settings) -> socket.socket:
    """Return a listening socket.

    Raises:
        UsageError: the host is reachable from other machines, and that is not allowed.
        CannotRun: the host does not exist, or its port is taken.
    """
    family, address = _resolve(settings)
    if not settings.allow_remote and not ip_address(_without_scope(address[0])).is_loopback:
        raise UsageError(
            f"{settings.host} lets other machines connect, and no signature is checked",
            "leave --host out, or add --allow-remote if that is what you want",
        )
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":  # on Windows it lets two servers take the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        free = _free_port_after(family, address) if error.errno == errno.EADDRINUSE else None
        raise CannotRun(
            f"cannot listen on {settings.host} port {settings.port}: {error.strerror}",
            f"port {free} is free: --port {free}"
            if free
            else "choose another one with --port; 0 takes a free one",
        ) from None
    return listener


def _free_port_after(family: socket.AddressFamily, address: tuple[Any, ...]) -> int | None:
    """Return a free port of the same host near a taken one, or None if there is none."""
    host, taken, *rest = address
    for port in range(taken + 1, min(taken + MAX_PORTS_TRIED, MAX_PORT) + 1):
        with suppress(OSError), socket.socket(family, socket.SOCK_STREAM) as candidate:
            candidate.bind((host, port, *rest))
            return port
    return None


def url_of(listener: socket.socket) -> str:
    """Return where clients on this machine reach a server."""
    host, port, *_ = listener.getsockname()
    if ip_address(_without_scope(host)).is_unspecified:
        host = "::1" if ":" in host else "127.0.0.1"
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def access_policy(settings: Settings) -> AccessPolicy:
    """Return which hosts and origins a server answers.

    Raises:
        UsageError: a name or an origin is malformed.
    """
    try:
        any_address = ip_address(settings.host).is_unspecified
    except ValueError:
        any_address = False
    names = (settings.host, *settings.allowed_hosts)
    return AccessPolicy(names, settings.allowed_origins, any_address=any_address)


def _resolve(settings: Settings) -> tuple[socket.AddressFamily, tuple[Any, ...]]:
    try:
        family, _, _, _, address = socket.getaddrinfo(
            settings.host, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError) as error:
        raise CannotRun(
            f"unknown host {settings.host}: {getattr(error, 'strerror', None) or error}",
            "give an address of this machine, such as 127.0.0.1",
        ) from None
    return family, address


def _without_scope(address: str) -> str:
    return address.partition("%")[0]


def _config(app: ServerApp, shutdown_seconds: int) -> Config:
    return Config(
        app,
        ws="none",
        lifespan="off",
        log_config=None,
        log_level="critical",
        access_log=False,
        proxy_headers=False,
        server_header=False,
        backlog=BACKLOG,
        limit_concurrency=MAX_CONNECTIONS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=shutdown_seconds,
    )


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes an event loop: uvloop's where it is installed."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop
