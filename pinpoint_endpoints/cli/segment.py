"""`pe segment`: evaluate a segment over endpoint files or the local Pinpoint."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property, partial
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.audience import AudienceReader, FirstPass, Member, StoredAudience
from pinpoint_endpoints.cli.help import print_pages
from pinpoint_endpoints.cli.inputs import OptionalInputs, is_path
from pinpoint_endpoints.cli.members import (
    Matching,
    MemberOptions,
    Undecided,
    check_output,
    member_results,
    place_in,
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
    FoundSegment,
    LeftOut,
    Places,
    choose,
    read_bases,
    read_imports,
)
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import CannotRun, ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import counted, printable, shown_member
from pinpoint_endpoints.segments.definition import (
    EFFECTIVE_DATE,
    USER_ATTRIBUTES,
    Criterion,
    Definition,
)
from pinpoint_endpoints.segments.evaluate import (
    Answer,
    Endpoint,
    Node,
    RecencySource,
    Settings,
    activity_of,
    effective_date,
    values_of,
)
from pinpoint_endpoints.segments.users import user_id_of

if TYPE_CHECKING:
    from pinpoint_endpoints.reports.segments import MemberTally, Result
    from pinpoint_endpoints.segments.bases import SegmentLibrary
    from pinpoint_endpoints.segments.explain import Level
    from pinpoint_endpoints.segments.users import UserAttributes

_ATTRIBUTE = "attribute:"


class Dates(StrEnum):
    """Which dates of attributes are read."""

    STRICT = "strict"
    LENIENT = "lenient"


class SegmentOptions(OptionGroup):
    """How a segment is evaluated.

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


class _Evaluator:
    """Evaluates a segment, once a first pass over the audience has found out what it needs.

    Attributes:
        found: the segment with its place.

    Args:
        found: the segment.
        settings: how criteria are read.
        library: makes the library of base segments for settings.
        is_stored: whether the audience has the attributes of users merged already.
        can_repeat: whether the audience can be read again. Then user attributes are merged only if
            they turn out to differ between endpoints of a user, which is rare.
        explained_id: the id of the endpoint that is explained; None if none is.
    """

    def __init__(
        self,
        found: FoundSegment,
        settings: Settings,
        library: "Callable[[Settings], SegmentLibrary]",
        *,
        is_stored: bool,
        can_repeat: bool,
        explained_id: str | None = None,
    ) -> None:
        from pinpoint_endpoints.segments.users import UserComparison

        self.found = found
        self._library = library
        self._settings = settings
        node = library(settings).compile(found.definition)
        parts = [leaf.part for leaf in node.criteria()]
        members = {part.member for part in parts if isinstance(part, Criterion)}
        self.has_recency = EFFECTIVE_DATE in members
        self._needs_id = any(isinstance(part, Definition) for part in parts)
        names = {str(member[-1]) for member in members if member[:-1] == USER_ATTRIBUTES}
        if self.has_recency and settings.recency not in [*RecencySource]:
            names.add(str(settings.recency))
        self._names = names
        self._can_repeat = can_repeat
        self._may_differ = bool(names) and not is_stored
        self._comparison = UserComparison(names)
        self._users: UserAttributes | None = None
        self._needs_dates = self.has_recency and settings.recency != RecencySource.IGNORE
        self._activity = activity_of(settings)
        self._has_dates = True
        self._explained = None if explained_id is None else same_endpoint_key(explained_id)
        self._user_id = ""
        self._sources: dict[str, tuple[float, Document]] = {}

    def first_passes(self) -> Iterator[FirstPass]:
        """Yield what takes note of each endpoint before the first one is evaluated."""
        if self._needs_dates:
            self._has_dates = False
            yield self._look_for_date
        if self._may_differ and not self._can_repeat:
            yield self._compare_user
            self._compare()
        if self._users is not None:
            yield partial(self._merge_user, self._users)

    def _look_for_date(self, member: Member) -> bool:
        self._has_dates = self._activity(member.endpoint) is not None
        return self._has_dates

    def _compare_user(self, member: Member) -> None:
        self._comparison.add(member.endpoint)
        wanted = self._explained
        if wanted is not None and same_endpoint_key(member.endpoint_id or "") == wanted:
            self._user_id = user_id_of(member.endpoint)

    def _merge_user(self, users: "UserAttributes", member: Member) -> None:
        endpoint = member.endpoint
        users.add(endpoint)
        if not self._user_id or user_id_of(endpoint) != self._user_id or member.document is None:
            return
        date = effective_date(endpoint)
        date = float("-inf") if date is None else date
        for name in self._names:
            known = self._sources.get(name)
            if values_of(endpoint, (*USER_ATTRIBUTES, name)) and (not known or date >= known[0]):
                self._sources[name] = date, member.document

    def source_of(self, attribute: str) -> Document | None:
        """Return the document with the value of the explained user's attribute that counts."""
        return self._sources[attribute][1] if attribute in self._sources else None

    def _compare(self) -> None:
        from pinpoint_endpoints.segments.users import UserAttributes

        differing = self._comparison.differing()
        if differing:
            self._users = UserAttributes(self._names, differing)

    @cached_property
    def settings(self) -> Settings:
        """How criteria are read; to be asked for after the first pass."""
        return self._settings._replace(has_dates=self._has_dates)

    @cached_property
    def node(self) -> Node:
        """The compiled segment; to be asked for after the first pass."""
        return self._library(self.settings).compile(self.found.definition)

    def decide(self, endpoint: Endpoint) -> Answer:
        """Return whether an endpoint is in the segment."""
        return self.node.decide(endpoint)

    def prepare(self, member: Member) -> Endpoint:
        """Return an endpoint with the attributes of its user, and its id if that matters."""
        endpoint = member.endpoint
        if self._users is not None:
            endpoint = self._users.merged(endpoint)
        elif self._may_differ and self._can_repeat:
            self._comparison.add(endpoint)
        return {**endpoint, "Id": member.endpoint_id} if self._needs_id else endpoint

    def must_repeat(self) -> bool:
        """Return whether user attributes differ, and have to be merged in more passes."""
        if not self._may_differ or self._users is not None:
            return False
        self._compare()
        return self._users is not None

    def reasons(self) -> Iterator[str]:
        """Yield why endpoints cannot be decided."""
        from pinpoint_endpoints.segments.explain import why_undecided

        return (why_undecided(leaf.part) for leaf in self.node.undecidable())

    def remarks(self) -> Iterator[str]:
        """Yield which attributes of users differ between their endpoints."""
        conflicts = {} if self._users is None else self._users.conflicts
        for name, number in sorted(conflicts.items()):
            yield (
                f"{counted(number, 'user')} with several values of {shown_member(name)} in "
                "different documents: the newest counts"
            )


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
    evaluator = _Evaluator(
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
        evaluated = _evaluated(reader, evaluator, tally)
        places = Places([found, *bases])
        view = (CriteriaView if endpoint_id is None else TreeView)(options, "segment")
        results = (
            _criteria(evaluated, evaluator, places)
            if endpoint_id is None
            else _levels(evaluated, evaluator, places, endpoint_id)
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
    """Yield results; end with what was wrong with other segments, if that is the worst."""
    yield from results
    error = left_out.error
    if error is not None and error.exit_code > tally.exit_code(None):
        raise error


def _evaluated(
    reader: AudienceReader, evaluator: _Evaluator, tally: "MemberTally"
) -> Iterator[tuple[Member, Endpoint]]:
    """Yield endpoints, each also as it is evaluated, and count them."""
    for member in reader:
        endpoint = evaluator.prepare(member)
        tally.funnel.add(endpoint, evaluator.decide(endpoint))
        yield member, endpoint
    if reader.error is not None:
        raise reader.error


def _criteria(
    evaluated: Iterable[tuple[Member, Endpoint]], evaluator: _Evaluator, places: Places
) -> "Iterator[Result]":
    """Yield what each criterion does to the audience."""
    from pinpoint_endpoints.reports.segments import CountedCriterion
    from pinpoint_endpoints.segments.explain import CriterionCounts

    counts: list[CriterionCounts] = []
    for _, endpoint in evaluated:
        counts = counts or [
            CriterionCounts(leaf, evaluator.settings, _countries())
            for leaf in evaluator.node.criteria()
        ]
        for each in counts:
            each.add(endpoint)
    for each in counts:
        yield CountedCriterion(each, places[each.node.part])


def _levels(
    evaluated: Iterable[tuple[Member, Endpoint]],
    evaluator: _Evaluator,
    places: Places,
    endpoint_id: str,
) -> "Iterator[Result]":
    """Yield the levels of the tree for one endpoint, when all are read.

    Raises:
        CannotRun: there is no such endpoint.
    """
    from pinpoint_endpoints.reports.segments import Explained
    from pinpoint_endpoints.segments.explain import levels

    found: list[Result] = []
    for member, endpoint in evaluated:
        own_id = member.endpoint_id
        if own_id is not None and same_endpoint_key(own_id) == same_endpoint_key(endpoint_id):
            for level in levels(evaluator.node, endpoint, evaluator.settings, _countries()):
                place = _place_of_value(member, level, evaluator)
                found.append(Explained(own_id, level, place, places[level.node.part]))
    if not found:
        raise CannotRun(f"there is no endpoint {printable(endpoint_id)}", "check its id")
    yield from found


def _countries() -> Mapping[str, str]:
    from pinpoint_endpoints.checks.rules.iso_codes import ALPHA_2, NUMERIC

    return ALPHA_2 | NUMERIC


def _place_of_value(member: Member, level: "Level", evaluator: _Evaluator) -> str:
    """Return where the value is that a criterion looked at, in whichever document it is."""
    if level.member is None or member.document is None or not level.values:
        return ""
    is_merged = level.member[:-1] == USER_ATTRIBUTES
    if not is_merged or values_of(member.endpoint, level.member) == [*level.values]:
        return place_in(member.document, level.member)
    source = evaluator.source_of(str(level.member[-1]))
    return "" if source is None else place_in(source, level.member)


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

    A word after `--explain` that does not name a file is an id. There is no segment if `--explain`
    is alone.

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
    """Take the one word that names no file from the arguments, as an endpoint id.

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
