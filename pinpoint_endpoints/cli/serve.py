"""`pe serve`: the local Pinpoint over HTTP until somebody ends it."""

import contextlib
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.amounts import rate_in, seconds_in, share
from pinpoint_endpoints.cli.options import Quiet, Verbose
from pinpoint_endpoints.cli.target import STORE_VARIABLE, is_in_memory, local_store
from pinpoint_endpoints.cli.telling import Telling
from pinpoint_endpoints.errors import ExitCode
from pinpoint_endpoints.local.client_variables import assignments

if TYPE_CHECKING:
    from pinpoint_endpoints.local.http.faults import Faults

PORT = 5000


def serve(
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
            help="The file of the local Pinpoint; :memory: for one that ends with the server.",
        ),
    ] = None,
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote", help="Let others than this machine connect: no signature is checked."
        ),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME", help="Another name by which clients reach the server, without a port."
        ),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(
            metavar="ORIGIN",
            help="Let web pages of this origin use the server: http://localhost:3000.",
        ),
    ] = None,
    throttle: Annotated[
        float | None,
        typer.Option(
            metavar="N/s",
            parser=rate_in,
            show_default=False,
            help="Take so many calls of each operation, 5/s or 30/m; others get 429.",
        ),
    ] = None,
    fail_rate: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            parser=share,
            show_default=False,
            help="Answer this share of calls with 500: 0.02.",
        ),
    ] = 0.0,
    reset_rate: Annotated[
        float,
        typer.Option(
            metavar="SHARE",
            parser=share,
            show_default=False,
            help="Reset the connection of this share of calls, every other time after storing.",
        ),
    ] = 0.0,
    latency: Annotated[
        float,
        typer.Option(
            metavar="TIME",
            parser=seconds_in,
            show_default=False,
            help="Wait before each answer: 50ms, 1.5s.",
        ),
    ] = 0.0,
    seed: Annotated[
        int,
        typer.Option(metavar="N", help="With the same seed, the same calls meet the same faults."),
    ] = 0,
    quotas: Annotated[
        bool, typer.Option("--quotas", help="Keep clients to AWS's quotas of calls a second.")
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

    It runs until Ctrl-C or SIGTERM. It prints the line that leads clients to it, then requests as
    they come, masked. The page at / shows applications and endpoints to a person.
    """
    if explain:
        from importlib.resources import files

        from pinpoint_endpoints.reports.markdown import print_markdown

        page = files("pinpoint_endpoints.local") / "behaviour.md"
        print_markdown(page.read_text("utf-8"), sys.stdout)
        return ExitCode.OK
    from pinpoint_endpoints.local.http.faults import Faults

    faults = Faults(throttle, fail_rate, reset_rate, latency, seed, quotas)
    path = None if is_in_memory(store) else local_store(store)
    from pinpoint_endpoints.local.http.extra import extra_for

    with extra_for("`pe serve`"):
        from pinpoint_endpoints.local.http.listening import Settings
        from pinpoint_endpoints.local.http.server import PinpointServer
    settings = Settings(
        host=host,
        port=port,
        allow_remote=allow_remote,
        allowed_hosts=tuple(allow_host or ()),
        allowed_origins=tuple(allow_origin or ()),
        faults=faults,
    )
    _raise_limit_of_open_files()
    with Telling() as telling:
        tell = telling.tell
        server = PinpointServer(path, settings, tell=None if quiet else tell, complain=tell)
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, lambda *_: server.stop())
        sys.stdout.write(f"export AWS_ENDPOINT_URL_PINPOINT={server.url}\n")
        sys.stdout.flush()
        if not quiet:
            for line in _introduction(server.url, path, faults, verbose=verbose):
                tell(line)
        server.run()
    return ExitCode.OK


def _raise_limit_of_open_files() -> None:
    """Let this process, which only serves, open as many connections as the system lets it."""
    from pinpoint_endpoints.local.http.listening import MOST_CONNECTIONS, OTHER_FILES

    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = MOST_CONNECTIONS + OTHER_FILES
    if hard != resource.RLIM_INFINITY:
        wanted = min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(ValueError, OSError):  # macOS lets less than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _introduction(url: str, path: Path | None, faults: "Faults", *, verbose: bool) -> Iterator[str]:
    yield "clients need a region and credentials too, of any content:"
    yield f"  export {assignments()}"
    yield f"the page for people is {url}/"
    yield f"the store is {'in memory' if path is None else path}"
    if faults.any:
        yield f"faults on request: {faults}"
    if verbose:
        yield "`pe serve --explain` prints what this Pinpoint has and what it chose"
    yield "requests follow; end with Ctrl-C"
