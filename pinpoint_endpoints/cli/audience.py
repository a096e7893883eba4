"""Reads the endpoints of an audience: those in files, or those that the local Pinpoint has."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from pinpoint_endpoints.checks.validate import validate, verdict_on
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.interrupts import Interrupts
from pinpoint_endpoints.cli.lookup import stored_applications
from pinpoint_endpoints.cli.options import TARGET, CheckOptions, OptionGroup
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.target import STORE_VARIABLE, StoreOption, local_store
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.endpoint_ids import check_id
from pinpoint_endpoints.documents.model import Document, Problem, Verdict
from pinpoint_endpoints.documents.streams import Meter
from pinpoint_endpoints.errors import (
    Interrupted,
    NoApplication,
    PinpointEndpointsError,
    UsageError,
)
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.tally import AudienceTally
from pinpoint_endpoints.service.client import check_choice

if TYPE_CHECKING:
    from pinpoint_endpoints.local.store import Store

_READING = "reading"
_MAX_NAMED = 10
"""How many documents without an endpoint are listed without --verbose."""


class Member(NamedTuple):
    """One endpoint of an audience.

    Attributes:
        endpoint_id: None for an endpoint in a file that gives it none.
        endpoint: an EndpointRequest, which need not be valid, or a stored EndpointResponse.
        document: where it comes from; None for a stored one.
    """

    endpoint_id: str | None
    endpoint: Mapping[str, Any]
    document: Document | None = None


FirstPass = Callable[[Member], object]
"""Examines an endpoint; returns True once it needs no further endpoints."""


class StoredAudience(OptionGroup):
    """The options for an audience that the local Pinpoint has stored.

    Attributes:
        app: the application id.
        local: whether the audience is stored, and not in files.
        store: the local Pinpoint's file.
    """

    heading = TARGET

    app: Annotated[
        str | None,
        typer.Option(
            "--app",
            metavar="ID",
            envvar="PE_APP",
            help="The application, with --local.",
            autocompletion=stored_applications,
        ),
    ] = None
    local: Annotated[
        bool,
        typer.Option(
            "--local/--no-local",
            envvar="PE_LOCAL",
            help="Read the endpoints in the local Pinpoint instead of files.",
        ),
    ] = False
    store: StoreOption = None


class AudienceReader:
    """Iterates over the endpoints of an audience once, and counts what it reads.

    The iterator ends early, with an `error`, where reading has to stop; it raises the error if
    reading cannot begin.

    Attributes:
        tally: counts the endpoints, and the documents by their verdict.
        error: what stopped the reading, if anything did.

    Args:
        ctx: the command's context: paths on the command line override a default of --local.
        inputs: the files.
        stored: the options for stored endpoints.
        checks: how documents are checked; None to find only what keeps them from being read, which
            takes a fraction of the time.
        tally: the tally of the command.
        activity: what the command does with the endpoints, such as `counting`.
        first_passes: returns functions, each of which is called with the endpoints until it
            returns True, before the first endpoint is yielded. Each reads the audience once more.
        quiet: whether progress and remarks about single files are hidden.
        verbose: whether every problem is printed.

    Raises:
        UsageError: neither or both of files and the local Pinpoint are named, or no application.
    """

    def __init__(
        self,
        ctx: typer.Context,
        inputs: Inputs,
        stored: StoredAudience,
        checks: CheckOptions | None,
        tally: AudienceTally[Any],
        *,
        activity: str,
        first_passes: Callable[[], Iterable[FirstPass]] = tuple,
        quiet: bool,
        verbose: bool,
    ) -> None:
        self.tally = tally
        self.error: PinpointEndpointsError | None = None
        self._inputs = inputs
        self._validates = checks is not None
        self._checks = checks or CheckOptions()
        self._policy = self._checks.policy()
        self._activity = activity
        self._first_passes = first_passes
        self._quiet = quiet
        self._verbose = verbose
        self._without_endpoint = 0
        self._others = 0
        self._invalid_endpoints = 0
        self._is_opened = False
        local, store = stored.local, stored.store
        if inputs.paths and not _is_typed(ctx, "local"):
            local = False
            store = store if _is_typed(ctx, "store") else None
        if inputs.paths and local:
            raise UsageError("files and --local exclude each other", "leave one of them out")
        if not inputs.paths and not local:
            raise UsageError(
                "no endpoints are named",
                "name files or directories, or use --local and --app for the local Pinpoint",
            )
        check_choice(local=local, store=store, endpoint_url=None)
        self._application = _application(stored.app) if local else None
        self._store = store

    def __iter__(self) -> Iterator[Member]:
        if self._application is None:
            return self._in_files()
        store = local_store(self._store)
        if self._verbose:
            note(f"using the local Pinpoint in {store}")
        return self._stored(store, self._application)

    def start_over(self) -> None:
        """Forget what was read, so that everything can be read again; a pipe cannot."""
        self.tally.forget()
        self._without_endpoint = self._invalid_endpoints = self._others = 0
        self._quiet = True
        self._verbose = False

    def remarks(self) -> Iterator[str]:
        """Yield how many documents have no endpoint, and how many endpoints are invalid."""
        validation = self._inputs.validation(self._checks)
        if self._without_endpoint:
            things = counted(self._without_endpoint, "document")
            yield f"{things} without an endpoint; run `{validation}` for details"
        if self._others and not self._quiet:
            things = counted(self._others, "document")
            yield f"{things} left out: segments or message templates"
        if self._invalid_endpoints:
            things = counted(self._invalid_endpoints, "invalid endpoint")
            yield f"{things} counted too; run `{validation}` for details"
        if self._is_opened and not self.tally.total and not self._quiet:
            yield (
                f"the application {self._application} has no endpoints; `pe upsert --local` adds "
                "some"
            )

    def _progress(self, activity: str, size: Callable[[], int | None]) -> Progress:
        return Progress(
            activity,
            size,
            lambda: f"{self.tally.endpoints:,} endpoints",
            progress_style(quiet=self._quiet, streams=False, lines=True),
        )

    def _in_files(self) -> Iterator[Member]:
        inputs = self._inputs
        self.tally.left_out = inputs.left_out
        with inputs.spooled(keep=self._first_passes is not tuple) as spooled:
            for first_pass in self._first_passes():
                with self._progress(_READING, inputs.size) as progress:
                    for document in inputs.unreported_documents(spooled, meter=progress.meter):
                        if document.has_endpoint:
                            member = Member(document.endpoint_id, document.request, document)
                            if first_pass(member) is True:
                                break
            with self._progress(self._activity, inputs.size) as progress:
                note_empty = self._checks.notes_empty(quiet=self._quiet)
                documents = inputs.documents(
                    spooled, meter=progress.meter, note_empty=note_empty, quiet=self._quiet
                )
                yield from self._interruptible(self._members(documents))

    def _stored(self, store: Path, application_id: str) -> Iterator[Member]:
        """Yield the endpoints in the local Pinpoint.

        Raises:
            NoApplication: the application does not exist.
            CannotRun: the store cannot be opened, or is damaged, or the file is not a store.
        """
        from pinpoint_endpoints.local.browse import all_endpoints
        from pinpoint_endpoints.local.store import exists, open_for_reading

        if not exists(store):
            hint = f"check --store and {STORE_VARIABLE}: the first endpoint that is sent creates it"
            raise NoApplication(f"the local store {store} does not exist yet", hint)
        with open_for_reading(store) as opened:
            size = partial(_total, opened, application_id)
            for first_pass in self._first_passes():
                with self._progress(_READING, size) as progress:
                    for endpoint in all_endpoints(opened, application_id):
                        progress.meter.count += 1
                        if first_pass(Member(endpoint["Id"], endpoint)) is True:
                            break
            with self._progress(self._activity, size) as progress:
                endpoints = all_endpoints(opened, application_id)
                self._is_opened = True
                yield from self._interruptible(self._metered(endpoints, progress.meter))

    def _interruptible(self, members: Iterable[Member]) -> Iterator[Member]:
        with Interrupts() as interrupts:
            try:
                yield from interrupts.reading(members)
            except PinpointEndpointsError as error:
                self.error = error
                return
        if interrupts.stop_requests:
            hint = "the counts so far are shown" if self.tally.endpoints else ""
            self.error = Interrupted("interrupted", hint)

    def _metered(self, endpoints: Iterable[Mapping[str, Any]], meter: Meter) -> Iterator[Member]:
        tally = self.tally
        for endpoint in endpoints:
            meter.count += 1
            tally.total += 1
            tally.endpoints += 1
            yield Member(endpoint["Id"], endpoint)

    def _members(self, documents: Iterable[Document]) -> Iterator[Member]:
        """Yield the endpoints in documents, whether or not they are valid."""
        tally = self.tally
        for document in documents:
            problems: Sequence[Problem] = document.problems
            if self._validates:
                problems = validate(document, self._policy)
            elif document.other_shape:
                self._others += 1
                continue
            has_endpoint = document.has_endpoint
            verdict = Verdict.VALID
            if problems or not has_endpoint:
                verdict = verdict_on(document, problems, self._policy)
                if document.is_empty and verdict is Verdict.VALID:
                    continue
                self._note_problems(problems, verdict, has_endpoint=has_endpoint)
            tally.total += 1
            tally.count(verdict)
            if has_endpoint:
                tally.endpoints += 1
                yield Member(document.endpoint_id, document.request, document)

    def _note_problems(
        self, problems: Sequence[Problem], verdict: Verdict, *, has_endpoint: bool
    ) -> None:
        if not has_endpoint:
            self._without_endpoint += 1
        elif verdict is Verdict.INVALID:
            self._invalid_endpoints += 1
        named = not has_endpoint and self._without_endpoint <= _MAX_NAMED
        if self._verbose and verdict is not Verdict.VALID:
            for problem in problems:
                note(str(problem))
        elif named and problems:
            note(str(problems[0]))


def _is_typed(ctx: typer.Context, name: str) -> bool:
    """Return whether an option is on the command line: files override its default only."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _application(app: str | None) -> str:
    if app is None:
        raise UsageError(
            "--local needs an application", "use --app, or set PE_APP, or set app in pe.toml"
        )
    check_id(app, "application id", "--app")
    return app


def _total(store: "Store", application_id: str) -> int | None:
    """Return how many endpoints there are; None if the store is damaged, as reading it will say."""
    from pinpoint_endpoints.local.browse import count_endpoints

    try:
        return count_endpoints(store, application_id)
    except PinpointEndpointsError:
        return None
