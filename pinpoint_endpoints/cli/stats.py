"""`pe stats`: count the endpoints in files or in the local Pinpoint, and chart them."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.validate import validate, verdict_on
from pinpoint_endpoints.cli.inputs import Inputs, OptionalInputs
from pinpoint_endpoints.cli.interrupts import Interrupts
from pinpoint_endpoints.cli.lookup import stored_applications
from pinpoint_endpoints.cli.options import (
    TARGET,
    CheckOptions,
    Ignore,
    Output,
    OutputOption,
    Quiet,
    Strict,
    Verbose,
)
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.target import STORE_VARIABLE, StoreOption, local_store
from pinpoint_endpoints.cli.terminal import note, print_error
from pinpoint_endpoints.documents.endpoint_ids import check_id
from pinpoint_endpoints.documents.model import Document, Problem, Verdict
from pinpoint_endpoints.documents.streams import Meter
from pinpoint_endpoints.errors import (
    ExitCode,
    Interrupted,
    NoApplication,
    PinpointEndpointsError,
    UsageError,
)
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.charts import ChartView, StatsTally
from pinpoint_endpoints.reports.reporter import open_reporter
from pinpoint_endpoints.service.client import check_choice
from pinpoint_endpoints.stats import MAX_TOP, TOP, Audience, endpoint_in

if TYPE_CHECKING:
    from pinpoint_endpoints.local.store import Store


_MAX_NAMED = 10
"""How many documents without an endpoint are listed without --verbose."""

_COUNTING = "counting"

_Endpoint = Mapping[str, object]


class _Counted(NamedTuple):
    """What was counted.

    Attributes:
        audience: the counts of the endpoints.
        tally: the counts of the documents.
        remarks: what to print on standard error about the counts.
        error: what stopped the run, if anything did.
    """

    audience: Audience
    tally: StatsTally
    remarks: tuple[str, ...]
    error: PinpointEndpointsError | None


def stats(
    ctx: typer.Context,
    inputs: OptionalInputs,
    *,
    app: Annotated[
        str | None,
        typer.Option(
            "--app",
            metavar="ID",
            envvar="PE_APP",
            help="The application, with --local.",
            autocompletion=stored_applications,
            rich_help_panel=TARGET,
        ),
    ] = None,
    local: Annotated[
        bool,
        typer.Option(
            "--local/--no-local",
            envvar="PE_LOCAL",
            help="Count the endpoints in the local Pinpoint instead of files.",
            rich_help_panel=TARGET,
        ),
    ] = False,
    store: StoreOption = None,
    top: Annotated[
        int,
        typer.Option(
            "--top",
            metavar="N",
            min=1,
            max=MAX_TOP,
            help="How many values have bars of their own; the others have one together. Channels, "
            "statuses and opt-outs that AWS documents always have theirs.",
        ),
    ] = TOP,
    strict: Strict = False,
    ignore: Ignore = None,
    output: OutputOption = Output.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Show charts of the audience in files or the local Pinpoint.

    By channel type, status, country, platform, opt-out and age, and how many have each attribute.
    Invalid endpoints count too, and an endpoint in two documents counts twice: `pe validate`
    finds both.

    Exit codes: 0 done; 1 documents are invalid; 3 could not run, or a file cannot be read; 4 the
    application does not exist.

    Examples:
        pe stats endpoints/
        pe stats --local --app demo --top 5
    """
    if inputs.paths and not _is_typed(ctx, "local"):
        local = False
        store = store if _is_typed(ctx, "store") else None
    _check_source(inputs.paths, local=local)
    check_choice(local=local, store=store, endpoint_url=None)
    if local:
        application_id, path = _application(app), local_store(store)
        if verbose:
            note(f"using the local Pinpoint in {path}")
        found = _count_stored(path, application_id, quiet=quiet)
    else:
        checks = CheckOptions(strict=strict, ignore=ignore)
        found = _count_files(inputs, checks, quiet=quiet, verbose=verbose)
    if found.error is not None and not found.tally.total:
        raise found.error
    _print(found, top, output)
    for remark in found.remarks:
        note(remark)
    if found.error is not None:
        print_error(found.error)
    return found.tally.exit_code(found.error)


def _is_typed(ctx: typer.Context, name: str) -> bool:
    """Return whether an option is on the command line: else files go before its default."""
    source = ctx.get_parameter_source(name)
    return source is not None and source.name == "COMMANDLINE"


def _check_source(paths: list[str], *, local: bool) -> None:
    if paths and local:
        raise UsageError("files and --local exclude each other", "leave one of them out")
    if not paths and not local:
        raise UsageError(
            "nothing to count",
            "name files or directories, or use --local and --app to count in the local Pinpoint",
        )


def _application(app: str | None) -> str:
    if app is None:
        raise UsageError(
            "--local needs an application", "use --app, or set PE_APP, or set app in pe.toml"
        )
    check_id(app, "application id", "--app")
    return app


def _print(found: _Counted, top: int, output: Output) -> None:
    reporter = open_reporter(ChartView(), output, sys.stdout)
    for chart in found.audience.charts(top):
        reporter.add(chart)
    reporter.close(found.tally, found.error)
    sys.stdout.flush()


def _count_files(
    inputs: Inputs,
    checks: CheckOptions,
    *,
    quiet: bool,
    verbose: bool,
) -> _Counted:
    """Count the endpoints in files, also invalid ones, and print which documents have none.

    Args:
        inputs: the files.
        checks: how documents are checked.
        quiet: whether progress and remarks about single files are hidden.
        verbose: whether every problem is printed.

    Raises:
        UsageError: standard input has a name and is not to be read.
    """
    audience = Audience(datetime.now(UTC))
    counter = _DocumentCounter(checks.policy(), verbose=verbose)
    with (
        inputs.spooled() as spooled,
        Progress(
            _COUNTING,
            inputs.size,
            lambda: f"{audience.count:,} endpoints",
            progress_style(quiet=quiet, streams=False, lines=True),
        ) as progress,
    ):
        note_empty = checks.notes_empty(quiet=quiet)
        documents = inputs.documents(
            spooled, meter=progress.meter, note_empty=note_empty, quiet=quiet
        )
        error = _count(counter.endpoints_in(documents), audience)
    counter.tally.endpoints = audience.count
    counter.tally.left_out = inputs.left_out
    return _Counted(
        audience, counter.tally, tuple(counter.remarks(inputs.validation(checks))), error
    )


def _count_stored(store: Path, application_id: str, *, quiet: bool) -> _Counted:
    """Count the endpoints that the local Pinpoint has stored.

    Args:
        store: its file.
        application_id: the application.
        quiet: whether progress is hidden.

    Raises:
        NoApplication: the application does not exist.
        CannotRun: the store cannot be opened, or is damaged, or the file is not a store.
    """
    from pinpoint_endpoints.local.browse import all_endpoints
    from pinpoint_endpoints.local.store import exists, open_for_reading

    if not exists(store):
        hint = f"check --store and {STORE_VARIABLE}: the first endpoint that is sent creates it"
        raise NoApplication(f"the local store {store} does not exist yet", hint)
    audience = Audience(datetime.now(UTC))
    with (
        open_for_reading(store) as opened,
        Progress(
            _COUNTING,
            partial(_total, opened, application_id),
            lambda: f"{audience.count:,} endpoints",
            progress_style(quiet=quiet, streams=False, lines=True),
        ) as progress,
    ):
        endpoints = all_endpoints(opened, application_id)
        error = _count(_metered(endpoints, progress.meter), audience)
    tally = StatsTally()
    tally.total = tally.endpoints = audience.count
    remarks = () if audience.count or quiet else (_nothing_in(application_id),)
    return _Counted(audience, tally, remarks, error)


def _count(endpoints: Iterable[_Endpoint], audience: Audience) -> PinpointEndpointsError | None:
    with Interrupts() as interrupts:
        try:
            for endpoint in interrupts.reading(endpoints):
                audience.add(endpoint)
        except PinpointEndpointsError as error:
            return error
    if not interrupts.stop_requests:
        return None
    hint = "the counts so far are shown" if audience.count else ""
    return Interrupted("interrupted", hint)


def _total(store: "Store", application_id: str) -> int | None:
    """Return how many endpoints there are; None if the store is damaged, as reading it will say."""
    from pinpoint_endpoints.local.browse import count_endpoints

    try:
        return count_endpoints(store, application_id)
    except PinpointEndpointsError:
        return None


def _metered(endpoints: Iterator[_Endpoint], meter: Meter) -> Iterator[_Endpoint]:
    for endpoint in endpoints:
        meter.count += 1
        yield endpoint


def _nothing_in(application_id: str) -> str:
    return f"the application {application_id} has no endpoints; `pe upsert --local` adds some"


class _DocumentCounter:
    """Checks documents and takes their endpoints.

    Attributes:
        tally: counts the documents.

    Args:
        policy: how documents are checked.
        verbose: whether every problem is printed.
    """

    def __init__(self, policy: Policy, *, verbose: bool) -> None:
        self.tally = StatsTally()
        self._policy = policy
        self._verbose = verbose
        self._without_endpoint = 0
        self._invalid_endpoints = 0

    def endpoints_in(self, documents: Iterable[Document]) -> Iterator[_Endpoint]:
        """Yield the endpoints in the documents, whether or not they are valid."""
        for document in documents:
            endpoint = endpoint_in(document)
            problems = validate(document, self._policy)
            verdict = Verdict.VALID
            if problems or endpoint is None:
                verdict = verdict_on(document, problems, self._policy)
                if document.is_empty and verdict is Verdict.VALID:
                    continue
                self._note_problems(problems, endpoint, verdict)
            self.tally.add(verdict)
            if endpoint is not None:
                yield endpoint

    def remarks(self, validation: str) -> Iterator[str]:
        """Yield how many documents are not counted, and how many invalid ones are.

        Args:
            validation: the command that says why.
        """
        if self._without_endpoint:
            things = counted(self._without_endpoint, "document")
            yield f"{things} without an endpoint; run `{validation}` for details"
        if self._invalid_endpoints:
            things = counted(self._invalid_endpoints, "invalid endpoint")
            yield f"{things} counted too; run `{validation}` for details"

    def _note_problems(
        self, problems: Sequence[Problem], endpoint: _Endpoint | None, verdict: Verdict
    ) -> None:
        if endpoint is None:
            self._without_endpoint += 1
        elif verdict is Verdict.INVALID:
            self._invalid_endpoints += 1
        named = endpoint is None and self._without_endpoint <= _MAX_NAMED
        if self._verbose and verdict is not Verdict.VALID:
            for problem in problems:
                note(str(problem))
        elif named and problems:
            note(str(problems[0]))
