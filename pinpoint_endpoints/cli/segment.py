"""`pe segment`: evaluate a segment over endpoint files or the local Pinpoint."""

from collections.abc import Iterator
from datetime import UTC, datetime
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.audience import AudienceReader, StoredAudience
from pinpoint_endpoints.cli.evaluation import (
    Evaluator,
    criteria_results,
    evaluated_members,
    level_results,
)
from pinpoint_endpoints.cli.help import print_pages
from pinpoint_endpoints.cli.inputs import OptionalInputs, is_path
from pinpoint_endpoints.cli.members import (
    Matching,
    MemberOptions,
    Undecided,
    check_output,
    member_results,
    run_with_members,
)
from pinpoint_endpoints.cli.options import (
    DisplayOptions,
    NowOption,
    OptionGroup,
    Output,
    OutputOption,
    parse_instant,
)
from pinpoint_endpoints.cli.segment_files import (
    LeftOut,
    Places,
    choose,
    read_bases,
    read_imports,
)
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.segments.evaluate import (
    RecencySource,
    Settings,
)

if TYPE_CHECKING:
    from pinpoint_endpoints.reports.segments import MemberTally, Result

_ATTRIBUTE = "attribute:"


class Dates(StrEnum):
    """The formats of dates that are read in attributes."""

    STRICT = "strict"
    LENIENT = "lenient"


class SegmentOptions(OptionGroup):
    """The options for evaluating a segment.

    Attributes:
        segments: files and directories with base segments.
        imports: the list of each imported segment, as `ID=FILE`.
        segment: the name or id of the segment, if the definition's file has several.
        now: the instant that recencies count from.
        recency: what tells when an endpoint was active.
        dates: which dates are read.
        undecided: what becomes of endpoints that cannot be decided.
    """

    heading = "Evaluation"

    segments: Annotated[
        list[str] | None,
        typer.Option(
            "--segments",
            metavar="DIR",
            help="Where base segments are: files and directories with SegmentResponses. "
            "Repeatable.",
        ),
    ] = None
    imports: Annotated[
        list[str] | None,
        typer.Option(
            "--import",
            metavar="ID=FILE",
            help="The file that an imported segment was made from. Repeatable.",
        ),
    ] = None
    segment: Annotated[
        str | None,
        typer.Option(
            "--segment",
            metavar="NAME",
            help="The name or id of the segment, if the definition's file has several.",
        ),
    ] = None
    now: NowOption = None
    recency: Annotated[
        str,
        typer.Option(
            "--recency",
            metavar="SOURCE",
            help="What tells when an endpoint was active: effective-date, attribute:NAME, or "
            "ignore for a segment without its recency.",
        ),
    ] = RecencySource.EFFECTIVE_DATE
    dates: Annotated[
        Dates,
        typer.Option(
            "--dates", help="lenient also reads dates without a time, and those with an offset."
        ),
    ] = Dates.STRICT
    undecided: Annotated[
        Undecided | None,
        typer.Option(
            "--undecided",
            show_default="an error",
            help="Take or leave endpoints of which it cannot be decided whether they match.",
        ),
    ] = None

    def settings(self) -> Settings:
        """Return how criteria are read.

        Raises:
            UsageError: `--now` is not a time, or `--recency` names nothing.
        """
        source: RecencySource | str = self.recency
        if source not in [*RecencySource]:
            source = self.recency.removeprefix(_ATTRIBUTE)
            if source == self.recency or not source:
                raise UsageError(
                    f"--recency cannot be {printable(self.recency)}",
                    "use effective-date, attribute:NAME or ignore",
                )
        return Settings(parse_instant(self.now), source, lenient_dates=self.dates is Dates.LENIENT)


def segment(
    ctx: typer.Context,
    definition: Annotated[
        str | None,
        typer.Argument(
            metavar="[DEFINITION]",
            show_default=False,
            help="The file with the segment, as AWS's tools write it.",
        ),
    ] = None,
    *,
    inputs: OptionalInputs,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="Show what each criterion does to the audience; with the id of an endpoint after "
            "it, why this one is in the segment or not; alone, print how segments are evaluated.",
        ),
    ] = False,
    endpoint_id: Annotated[
        str | None,
        typer.Option("--id", metavar="ID", help="The endpoint that --explain is about."),
    ] = None,
    members: MemberOptions,
    evaluation: SegmentOptions,
    stored: StoredAudience,
    output: OutputOption = Output.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Evaluate a segment: how many endpoints are in it, which ones, and why.

    The counts go from all endpoints over those in the segment to those that a message would be
    sent to. Ids that are addresses are masked. Endpoints are read, and not validated.

    Exit codes: 0 done; 1 the definition or documents are invalid, or the number is not the expected
    one; 2 it cannot be decided which endpoints match; 3 could not run.

    Examples:
        pe segment segment.json endpoints/
        pe segment segment.json endpoints/ --explain e1
        pe segment segment.json endpoints/ --save members.ndjson
    """
    definition, inputs, endpoint_id = _arguments(
        definition, inputs, endpoint_id, members, explain=explain, local=stored.local
    )
    if definition is None:
        print_pages("pinpoint_endpoints.segments", "behaviour.md")
        return ExitCode.OK
    from pinpoint_endpoints.reports.reporter import ReportOptions
    from pinpoint_endpoints.reports.segments import (
        CriteriaView,
        ListView,
        MemberTally,
        MemberView,
        TreeView,
    )
    from pinpoint_endpoints.segments.bases import SegmentLibrary
    from pinpoint_endpoints.segments.funnel import SEGMENT_WORDS

    settings = evaluation.settings()
    left_out = LeftOut()
    found = choose(definition, evaluation.segment, left_out)
    bases = read_bases(evaluation.segments or [], left_out)
    imports = read_imports(evaluation.imports or ())
    library = partial(
        SegmentLibrary, definitions=[base.definition for base in bases], imports=imports
    )
    can_repeat = (
        not explain and members.save is None and inputs.once_only().isdisjoint(inputs.paths)
    )
    evaluator = Evaluator(
        found,
        settings,
        library,
        is_stored=not inputs.paths,
        can_repeat=can_repeat,
        explained_id=endpoint_id,
    )
    funnel = members.funnel(SEGMENT_WORDS)
    if imports and not members.complement:
        funnel.is_of_user = lambda endpoint: any(
            one.has_only_user(endpoint) for one in imports.values()
        )
    as_of = _as_of(settings.now) if evaluator.has_recency or evaluation.now else ""
    tally = MemberTally(funnel, as_of)
    reader = AudienceReader(
        ctx,
        inputs,
        stored,
        None,
        tally,
        activity="evaluating",
        first_passes=evaluator.first_passes,
        quiet=display.quiet,
        verbose=display.verbose,
    )
    options = ReportOptions(show_values=display.show_values, quiet=display.quiet)
    view: MemberView
    results: Iterator[Result]
    if explain:
        evaluated = evaluated_members(reader, evaluator, tally)
        places = Places([found, *bases])
        view = (CriteriaView if endpoint_id is None else TreeView)(options, "segment")
        results = (
            criteria_results(evaluated, evaluator, places)
            if endpoint_id is None
            else level_results(evaluated, evaluator, places, endpoint_id)
        )
    else:
        hides_counts = members.hides_counts(quiet=display.quiet)
        view = (ListView if hides_counts else MemberView)(options, "segment")
        matching = Matching(
            evaluator.decide,
            evaluator.prepare,
            evaluator.reasons,
            evaluation.undecided,
            evaluator.must_repeat,
        )
        target = check_output(members, output, inputs)
        results = member_results(reader, matching, members, tally, target)

    def remarks(error: PinpointEndpointsError | None) -> Iterator[str]:
        if output is not Output.TABLE and error is None and tally.as_of:
            yield f"as of {tally.as_of}"
        yield from evaluator.remarks()
        yield from reader.remarks()

    results = _ending_with(results, left_out, tally)
    return run_with_members(results, view, tally, members, output, remarks, quiet=display.quiet)


def _ending_with(
    results: "Iterator[Result]", left_out: LeftOut, tally: "MemberTally"
) -> "Iterator[Result]":
    """Yield results; raise the error of other segments at the end, if no result is worse."""
    yield from results
    error = left_out.error
    if error is not None and error.exit_code > tally.exit_code(None):
        raise error


def _as_of(now: datetime) -> str:
    return now.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _arguments(
    definition: str | None,
    inputs: OptionalInputs,
    endpoint_id: str | None,
    members: MemberOptions,
    *,
    explain: bool,
    local: bool,
) -> tuple[str | None, OptionalInputs, str | None]:
    """Return the segment, the endpoints and the id that a command line names.

    An argument of `--explain` that is not the name of a file is an endpoint id. Without arguments,
    the segment is None.

    Raises:
        UsageError: they do not go together.
    """
    if explain and members.are_given():
        message = "--explain excludes the options for members, such as --list and --save"
        raise UsageError(message, "leave one of them out")
    if endpoint_id is not None and not explain:
        raise UsageError("--id is only for --explain", "leave one out, or add the other")
    if explain and endpoint_id is None:
        definition, inputs, endpoint_id = _without_id(definition, inputs, local=local)
    if definition is None and not explain:
        raise UsageError("no segment is named", "name the file with its definition")
    if definition == STANDARD_INPUT and STANDARD_INPUT in inputs.paths:
        message = "the segment and the endpoints cannot both be standard input"
        raise UsageError(message, "name a file for one of them")
    return definition, inputs, endpoint_id


def _without_id(
    definition: str | None, inputs: OptionalInputs, *, local: bool
) -> tuple[str | None, OptionalInputs, str | None]:
    """Return the arguments without the one word that names no file, and that word as the id.

    Raises:
        UsageError: there are several such words.
    """
    given = inputs.paths if definition is None else [definition, *inputs.paths]
    words = [word for word in given if not is_path(word)]
    if not words or words == [definition] == given:
        return definition, inputs, None
    files = [word for word in given if word not in words]
    if len(words) > 1 or (not files[1:] and not local):
        raise UsageError(f"there is no file {printable(words[0])}", "name files or directories")
    values = {**vars(inputs), "paths": files[1:]}
    return files[0], OptionalInputs(**values), words[0]
