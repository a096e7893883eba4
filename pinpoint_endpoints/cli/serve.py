"""`pe serve`: serve the local Pinpoint over HTTP until it is interrupted."""

import os
import select
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.help import print_pages
from pinpoint_endpoints.cli.options import (
    OptionGroup,
    Quiet,
    Verbose,
    parse_rate,
    parse_ratio,
    parse_seconds,
)
from pinpoint_endpoints.cli.target import STORE_VARIABLE, is_in_memory, local_store
from pinpoint_endpoints.errors import ExitCode, UsageError
from pinpoint_endpoints.local.client_variables import assignments
from pinpoint_endpoints.masking import printable

if TYPE_CHECKING:
    from pinpoint_endpoints.local.server.fault_injection import Faults

PORT = 7467
"""PINP on a phone's keys, which IANA has not assigned. (AirPlay takes 5000 on every Mac.)"""

PIPE_BYTES = 4096
"""A pipe that accepts one byte accepts this many (Linux, POSIX's PIPE_BUF)."""

_BEHAVIOUR_PAGES = ("behaviour.md", "customer-profiles.md")


class FaultOptions(OptionGroup):
    """The faults that are injected; their meaning is that of `Faults`."""

    heading = "Faults"

    throttle: Annotated[
        float | None,
        typer.Option(
            metavar="N/s",
            parser=parse_rate,
            show_default=False,
            help="Limit each operation to a rate, such as 5/s or 30/m; other calls get 429.",
        ),
    ] = None
    fail_rate: Annotated[
        float,
        typer.Option(
            metavar="RATIO",
            parser=parse_ratio,
            show_default=False,
            help="Answer this ratio of calls with 500: 0.02.",
        ),
    ] = 0.0
    reset_rate: Annotated[
        float,
        typer.Option(
            metavar="RATIO",
            parser=parse_ratio,
            show_default=False,
            help="Break the connection of this ratio of calls, half of them after storing.",
        ),
    ] = 0.0
    latency: Annotated[
        float,
        typer.Option(
            metavar="TIME",
            parser=parse_seconds,
            show_default=False,
            help="Wait before each answer: 50ms, 1.5s.",
        ),
    ] = 0.0
    seed: Annotated[
        int,
        typer.Option(metavar="N", help="Runs with the same seed have the same faults."),
    ] = 0
    quotas: Annotated[
        bool, typer.Option("--quotas", help="Limit each operation to AWS's quota.")
    ] = False


def serve(
    *,
    host: Annotated[
        str, typer.Option(metavar="HOST", help="The name or address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(metavar="PORT", min=0, max=65535, help="The port; 0 takes a free one.")
    ] = PORT,
    store: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            show_default=f"{STORE_VARIABLE}, else a file in the user's data directory",
            help="The file of the local Pinpoint; :memory: keeps nothing after the server exits.",
        ),
    ] = None,
    segments: Annotated[
        Path | None,
        typer.Option(
            metavar="DIR",
            help="List the segment definitions in a directory on the audience's page.",
        ),
    ] = None,
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Let other machines connect; no signature is checked.",
            rich_help_panel="Access",
        ),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Answer to another host name, such as the service's name in compose.",
            rich_help_panel="Access",
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Answer web pages of this origin: http://localhost:3000.",
            rich_help_panel="Access",
        ),
    ] = None,
    faults: FaultOptions,
    strict_requests: Annotated[
        bool,
        typer.Option(
            "--strict-requests",
            help="Refuse requests with members that Pinpoint does not have; they are ignored "
            "otherwise, with a line in the log.",
        ),
    ] = False,
    known_applications_only: Annotated[
        bool,
        typer.Option(
            "--known-applications-only",
            help="Answer 404 for an application that was not created with CreateApp; it is created "
            "by the first write to it otherwise.",
        ),
    ] = False,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Print the operations and quotas of the local Pinpoint, and what it does where "
            "AWS's documentation is silent, and exit.",
        ),
    ] = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Serve the local Pinpoint over HTTP, for every SDK.

    It runs until Ctrl-C or SIGTERM. It prints the variables that point clients to it, then logs
    requests, masked. The web page at / shows applications and endpoints.

    Examples:
        pe serve
        pe serve --store :memory: --throttle 5/s
    """
    if explain:
        print_pages("pinpoint_endpoints.local", *_BEHAVIOUR_PAGES)
        return ExitCode.OK
    from pinpoint_endpoints.local.server.fault_injection import Faults

    if segments is not None and not segments.is_dir():
        raise UsageError(
            f"--segments {printable(str(segments))}: there is no such directory",
            "name a directory of segments",
        )
    injected = Faults(**vars(faults))
    path = None if is_in_memory(store) else local_store(store)
    from pinpoint_endpoints.local.server import requires_serve_extra

    with requires_serve_extra("`pe serve`"):
        from pinpoint_endpoints.local.server.server import PinpointServer, Settings
    settings = Settings(
        host=host,
        port=port,
        allow_remote=allow_remote,
        allowed_hosts=tuple(allow_host or ()),
        allowed_origins=tuple(allow_origin or ()),
        faults=injected,
        strict_requests=strict_requests,
        known_applications_only=known_applications_only,
        segments=segments,
    )
    log = None if quiet else _write_line
    server = PinpointServer(path, settings, log=log, report_error=_write_line)
    for ending in (signal.SIGINT, signal.SIGTERM):  # uvicorn raises the signal again at its end
        signal.signal(ending, lambda *_: server.stop())
    variables = ("AWS_ENDPOINT_URL_PINPOINT", "AWS_ENDPOINT_URL_CUSTOMER_PROFILES")
    lines = [f"export {name}={server.url}\n" for name in variables]
    sys.stdout.write("".join(lines))  # in one piece: a reader may close the pipe after a line
    sys.stdout.flush()
    if not quiet:
        names = server.names if allow_remote else ""
        for line in _introduction(server.url, path, names, injected, verbose=verbose):
            _write_line(line)
    server.run()
    return ExitCode.OK


def _write_line(text: str) -> None:
    """Write one or more lines to standard error, or drop them if nothing reads it.

    A script that starts the server may leave its standard error unread, or close it: a write into
    a full pipe would stop the server.
    """
    descriptor = sys.stderr.fileno()
    for line in text.splitlines():
        data = f"{printable(line)}\n".encode(sys.stderr.encoding, "backslashreplace")
        with suppress(OSError):
            if os.name == "nt" or select.select([], [descriptor], [], 0)[1]:
                os.write(descriptor, data[:PIPE_BYTES])


def _introduction(
    url: str, path: Path | None, names: str, faults: "Faults", *, verbose: bool
) -> Iterator[str]:
    yield "old clients ignore them (AWS CLI before 2.13, JavaScript v2, Go v1):"
    yield f"  give them the URL, as in aws --endpoint-url {url}"
    yield "clients also need a region and credentials (any value):"
    yield f"  export {assignments()}"
    yield f"web page: {url}/"
    yield f"store: {'in memory' if path is None else path}"
    if names:
        yield f"answers to: {names} (--allow-host NAME adds a name)"
    if faults.any:
        yield f"injected faults: {faults}"
    if verbose:
        yield "`pe serve --explain` describes how this Pinpoint behaves"
    yield "press Ctrl-C to stop; requests:"
