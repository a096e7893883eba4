"""`pe validate`: check endpoint files and report what is wrong with them."""

import os
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Self, TextIO

import typer

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.cli.fix import (
    check_options,
    fix_files,
    nothing_to_check,
    refuse_pipes,
    show_differences,
)
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.jobs import MAX_JOBS, jobs_for, workers_for
from pinpoint_endpoints.cli.options import OUTPUT, CheckOptions, DisplayOptions
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.run import run
from pinpoint_endpoints.cli.terminal import note, print_error
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Source, UnreadablePath
from pinpoint_endpoints.documents.load import read, with_ids
from pinpoint_endpoints.documents.model import Checked, Document, Severity, Verdict
from pinpoint_endpoints.errors import (
    CannotRun,
    ExitCode,
    PinpointEndpointsError,
    UsageError,
    reason_of,
)
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.problems import (
    COUNTED_FORMATS,
    FIXABLE,
    ProblemTally,
    ProblemView,
    ReportFormat,
    is_read_only,
    said_once,
)
from pinpoint_endpoints.reports.reporter import Reporter, ReportOptions, open_reporter
from pinpoint_endpoints.reports.tally import Tally

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.parallel import Settings
    from pinpoint_endpoints.fixes.forecast import Forecast


def validate(
    inputs: Inputs,
    *,
    output: Annotated[
        ReportFormat,
        typer.Option("--output", "-o", help="The output format.", rich_help_panel=OUTPUT),
    ] = ReportFormat.TABLE,
    report: Annotated[
        list[str] | None,
        typer.Option(
            "--report",
            metavar="FORMAT=FILE",
            help="Also write a report to a file. Repeatable.",
            rich_help_panel=OUTPUT,
        ),
    ] = None,
    checks: CheckOptions,
    list_files: Annotated[
        bool, typer.Option("--list-files", help="Print the paths that would be read, and exit.")
    ] = False,
    fix: Annotated[
        bool,
        typer.Option("--fix", help="Fix what has one right answer, and write the files back."),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Show what --fix would change; write nothing.")
    ] = False,
    max_problems: Annotated[
        int,
        typer.Option(
            "--max-problems",
            metavar="N",
            min=0,
            help="How many problems of each rule the table lists.",
            rich_help_panel=OUTPUT,
        ),
    ] = 50,
    errors_only: Annotated[
        bool,
        typer.Option(
            "--errors-only",
            help="Leave warnings out; they are still counted.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    statistics: Annotated[
        bool,
        typer.Option(
            "--statistics",
            help="Show how many problems each rule found, instead of the problems.",
            rich_help_panel=OUTPUT,
        ),
    ] = False,
    jobs: Annotated[
        int | None,
        typer.Option(
            "--jobs",
            "-j",
            metavar="N",
            min=1,
            max=MAX_JOBS,
            show_default="one; for large inputs, as many as there are CPUs",
            help="How many processes check the documents, on Linux and macOS.",
        ),
    ] = None,
    display: DisplayOptions,
) -> ExitCode:
    """Check endpoint files, and show where each mistake is.

    Directories are searched for .json, .yaml, .yml, .ndjson, .jsonl and .gz files, and for .csv
    files with Pinpoint's headers.
    A file that you name is always read.

    Examples:
        pe validate endpoints/
        pe validate --fix --ignore PE210 ada.json
    """
    policy = checks.policy()
    others = {
        "--list-files": list_files,
        "--report": bool(report),
        "--output": output is not ReportFormat.TABLE,
        "--statistics": statistics,
    }
    check_options(fix=fix, diff=diff, others=others)
    if list_files:
        return _list(inputs.find())
    if fix or diff:
        refuse_pipes(inputs.paths)
    if diff:
        return show_differences(inputs.find(), policy, display)
    if statistics and output not in COUNTED_FORMATS:
        raise UsageError(
            f"--statistics cannot be written as {output}", f"use -o {', '.join(COUNTED_FORMATS)}"
        )
    is_fixed = not fix or fix_files(inputs, policy, quiet=display.quiet)
    on_terminal = sys.stdout.isatty()
    options = ReportOptions(
        max_problems=max_problems,
        show_values=display.show_values,
        quiet=display.quiet,
        snippets=on_terminal,
        styled=on_terminal or bool(os.environ.get("FORCE_COLOR")),
        errors_only=errors_only and not policy.strict,
        statistics=statistics,
        root=_repository_root(),
    )
    code = _report(inputs, policy, output, report or (), options, jobs, verbose=display.verbose)
    is_complete = code in (ExitCode.OK, ExitCode.INVALID)
    return ExitCode.CANNOT_RUN if is_complete and not is_fixed else code


def _report(
    inputs: Inputs,
    policy: Policy,
    output: ReportFormat,
    files: Sequence[str],
    options: ReportOptions,
    jobs: int | None,
    *,
    verbose: bool,
) -> ExitCode:
    """Check the files, and report their problems.

    Args:
        inputs: the files.
        policy: how documents are checked.
        output: the format on standard output.
        files: the values of `--report`.
        options: the options of the report on standard output.
        jobs: how many processes check documents, if that was given.
        verbose: whether valid documents are named.
    """
    from pinpoint_endpoints.checks.run import check_all
    from pinpoint_endpoints.checks.validate import validate as check
    from pinpoint_endpoints.fixes.forecast import Forecast

    tally = ProblemTally()
    forecast = Forecast(partial(check, policy=policy))

    def settings(reports: _Reports) -> "Settings":
        from pinpoint_endpoints.checks.parallel import Settings

        return Settings(
            policy,
            inputs.ids,
            shown=reports.max_shown,
            snippets=options.snippets,
            each=verbose or reports.show_each,
            needs_text=lambda: forecast.bytes_left > 0,
        )

    progress = Progress(
        "checking",
        inputs.size,
        lambda: f"{tally.total:,} documents",
        progress_style(
            quiet=options.quiet, streams=output in (ReportFormat.TEXT, ReportFormat.GITHUB)
        ),
    )
    with (
        inputs.spooled(keep=True) as spooled,
        _Reports(output, files, options, inputs.paths) as reports,
        ExitStack() as running,
    ):
        jobs, sources = jobs_for(jobs, inputs, inputs.find_and_count(reports.real_paths))
        workers = running.enter_context(
            workers_for(jobs, inputs, lambda: settings(reports), progress.meter)
        )
        running.enter_context(progress)  # its thread is started after the workers
        sources = inputs.noting_left_out(sources, quiet=options.quiet)
        tally.left_out = inputs.left_out
        writable: Source | None = None  # the current file, if --fix can write it

        def begin(source: Source | UnreadablePath | None) -> None:
            nonlocal writable
            if source is None:
                progress.begin_part("comparing")
            elif isinstance(source, UnreadablePath) or source.s3_object or source.path in spooled:
                writable = None
            else:
                writable = source

        def read_source(
            source: Source | UnreadablePath, *, lines: Container[int] | None = None
        ) -> Iterator[Document]:
            return with_ids(read(source, spooled, progress.meter, lines=lines), inputs.ids)

        checked = check_all(
            sources,
            read_source,
            policy,
            workers=workers,
            as_they_come=bool(spooled),
            on_source=begin,
        )
        documents = _with_forecast(checked, lambda: writable, forecast, tally)
        if not policy.strict:
            documents = _read_only_once(documents)
        return run(
            _at_least_one(_noting_the_valid(documents) if verbose else documents),
            reports,
            tally,
            so_far="the problems found so far are reported",
            remarks=partial(_remarks, output, tally, forecast, quiet=options.quiet),
            progress=progress,
        )


def _with_forecast(
    documents: Iterable[Checked],
    writable: Callable[[], Source | None],
    forecast: "Forecast",
    tally: ProblemTally,
) -> Iterator[Checked]:
    """Yield documents without fixes that cannot be applied, and count the others."""
    for checked in documents:
        if not checked.problems:
            yield checked
            continue
        shown = forecast.without_blocked(checked, writable())
        tally.fixable = forecast.fixes
        yield shown


def _list(sources: Iterable[Source | UnreadablePath]) -> ExitCode:
    """Print the paths of the files, one per line."""
    found = False
    for source in sources:
        if isinstance(source, UnreadablePath):
            raise CannotRun(f"{source.path} cannot be read: {source.reason}")
        is_file = source.path != STANDARD_INPUT and source.s3_object is None
        if is_file and not Path(source.path).exists():
            raise CannotRun(f"{source.path} cannot be read: no such file or directory")
        sys.stdout.write(f"{printable(source.path)}\n")
        found = True
    if not found:
        raise nothing_to_check()
    return ExitCode.OK


def _at_least_one(documents: Iterable[Checked]) -> Iterator[Checked]:
    """Yield documents; raise an error if there are none."""
    document = None
    for document in documents:
        yield document
    if document is None:
        raise nothing_to_check()


def _remarks(
    output: ReportFormat,
    tally: ProblemTally,
    forecast: "Forecast",
    error: PinpointEndpointsError | None,
    *,
    quiet: bool,
) -> Iterator[str]:
    """Yield how many problems can be fixed, and how many others have a fix that is blocked."""
    if error is not None or quiet or output not in (ReportFormat.TABLE, ReportFormat.TEXT):
        return
    if output is ReportFormat.TEXT:
        yield str(tally)
    if forecast.fixes:
        yield f"{FIXABLE} {counted(forecast.fixes, 'problem')} can be fixed with --fix"
    if forecast.blocked:
        number = f"{forecast.blocked:,} more" if forecast.fixes else f"{forecast.blocked:,}"
        yield f"--fix cannot fix {number} until other problems in the same document are fixed"


def _read_only_once(documents: Iterable[Checked]) -> Iterator[Checked]:
    """Yield documents; of those in one file only the first with read-only members has a warning."""
    warned = None
    for checked in documents:
        is_one_of_several = checked.problems and checked.document.in_multi_document_file
        if is_one_of_several and any(map(is_read_only, checked.problems)):
            if checked.document.source == warned:
                kept = (each for each in checked.problems if not is_read_only(each))
                yield checked._replace(problems=tuple(kept))
                continue
            warned = checked.document.source
            yield checked._replace(problems=tuple(map(said_once, checked.problems)))
        else:
            yield checked


def _noting_the_valid(documents: Iterable[Checked]) -> Iterator[Checked]:
    """Yield documents, and print which are valid: reports leave them out."""
    for checked in documents:
        if checked.verdict is Verdict.VALID and not (
            checked.is_second_report or checked.document.is_empty
        ):
            note(f"valid: {checked.document.source}")
        yield checked


def _repository_root() -> str:
    """Return the directory from which GitHub names files; empty outside a repository."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    if workspace:
        return workspace
    try:
        here = Path.cwd()
    except FileNotFoundError:  # it was removed
        return ""
    return next((str(top) for top in (here, *here.parents) if (top / ".git").exists()), "")


class _Reports:
    """The reports of a run: one on standard output, others into files; a reporter of all of them.

    Args:
        output: the format on standard output.
        files: the values of `--report`, each `FORMAT=FILE`.
        options: the options of the report on standard output.
        inputs: the paths to read.

    Attributes:
        real_paths: the real paths of the files, which are not read.
        max_shown: how many problems of a code they show at most; None if one shows all.
        show_each: whether one shows each document, also those without problems.

    Raises:
        UsageError: unknown format, one file for two reports, or a report that is an input.
        CannotRun: a report's file cannot be written.
    """

    def __init__(
        self,
        output: ReportFormat,
        files: Sequence[str],
        options: ReportOptions,
        inputs: Sequence[str],
    ) -> None:
        wanted = [_parsed(report) for report in files]
        self.real_paths = frozenset(os.path.realpath(path) for _, path in wanted)
        if len(self.real_paths) < len(wanted):
            raise UsageError("two reports write to the same file", "give each its own file")
        for _, path in wanted:
            if any(_are_same(path, read) for read in inputs):
                raise UsageError(
                    f"{path} is an input: a report would overwrite it", "give another file"
                )
        self._root = options.root
        self.max_shown = options.max_problems if output is ReportFormat.TABLE else None
        self.show_each = ReportFormat.JUNIT in (output, *(name for name, _ in wanted))
        self._errors_only = options.errors_only
        self._files = ExitStack()
        self._reporters: list[Reporter[Checked]] = [
            open_reporter(ProblemView(options), output, sys.stdout)
        ]
        streams = [self._open(path) for _, path in wanted]
        for (report_format, _), stream in zip(wanted, streams, strict=True):
            with suppress(OSError):  # a pipe cannot be emptied
                stream.truncate(0)
            self._add(report_format, stream)
        if os.environ.get("GITHUB_ACTIONS") == "true":
            self._add_annotations(output)

    def _add_annotations(self, output: ReportFormat) -> None:
        """Annotate lines on GitHub: on standard output only if a table is printed there."""
        if output is not ReportFormat.GITHUB:
            stream = sys.stdout if output is ReportFormat.TABLE else sys.stderr
            self._add(ReportFormat.GITHUB, stream)
        summary = os.environ.get("GITHUB_STEP_SUMMARY")
        if summary:
            from pinpoint_endpoints.reports.github import SummaryReporter

            try:
                self.max_shown = None
                self._reporters.append(SummaryReporter(self._open(summary), self._root))
            except CannotRun as error:  # the run is worth more than its summary
                print_error(error)

    def _add(self, report_format: ReportFormat, stream: TextIO) -> None:
        self.max_shown = None
        view = ProblemView(ReportOptions(root=self._root))
        self._reporters.append(open_reporter(view, report_format, stream))

    def _open(self, path: str) -> TextIO:
        """Open a file for appending: no file is emptied before all of them could be opened."""
        try:
            return self._files.enter_context(Path(path).open("a", encoding="utf-8", newline="\n"))
        except OSError as error:
            hint = "check that its folder exists and is writable"
            raise CannotRun(f"{path} cannot be written: {reason_of(error)}", hint) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def add(self, checked: Checked, /) -> None:
        """Add a document to every report."""
        if self._errors_only:
            errors = (each for each in checked.problems if each.severity is Severity.ERROR)
            checked = checked._replace(problems=tuple(errors))
        for reporter in self._reporters:
            reporter.add(checked)

    def close(self, tally: Tally[Any], error: PinpointEndpointsError | None, /) -> None:
        """Finish every report."""
        for reporter in self._reporters:
            reporter.close(tally, error)


def _are_same(path: str, other: str) -> bool:
    try:
        return Path(path).samefile(other)
    except (OSError, ValueError):
        return False


def _parsed(report: str) -> tuple[ReportFormat, str]:
    name, _, path = report.partition("=")
    if name not in list(ReportFormat) or not path:
        formats = ", ".join(ReportFormat)
        raise UsageError(
            f"a report is FORMAT=FILE, not {report}", f"the formats are {formats}: junit=report.xml"
        )
    if path == STANDARD_INPUT:
        raise UsageError(f"{report} needs a file", f"use -o {name} for standard output")
    return ReportFormat(name), path
