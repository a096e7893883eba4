"""Reports and saves the endpoints of an audience that match: of a segment, or an expression."""

import os
import sys
from array import array
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from enum import StrEnum
from operator import attrgetter
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, TYPE_CHECKING, Annotated, NamedTuple

import orjson
import typer

from pinpoint_endpoints.cli.audience import AudienceReader, Member
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.lookup import resolve_choice
from pinpoint_endpoints.cli.options import OptionGroup, Output
from pinpoint_endpoints.cli.run import Remarks, run
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.positions import MapLocator, PositionMaps, ValuePath
from pinpoint_endpoints.errors import (
    CannotRun,
    CheckFailed,
    ExitCode,
    PinpointEndpointsError,
    UsageError,
)
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.segments.evaluate import PUSH_CHANNELS, Answer, Endpoint, Predicate
from pinpoint_endpoints.segments.funnel import Funnel, Stage, Words
from pinpoint_endpoints.segments.users import count_different

if TYPE_CHECKING:
    from pinpoint_endpoints.convert.formats import Format
    from pinpoint_endpoints.convert.output import Output as OutputFiles
    from pinpoint_endpoints.reports.segments import Listed, MemberTally, MemberView, Result

_MAX_IN_MEMORY = 1 << 20
_IDS = "ids.txt"
_SUFFIXES = "use .ndjson, .csv (for an import job), .txt (ids alone), or name a directory"


class Undecided(StrEnum):
    """Where to put endpoints for which it cannot be decided whether they match."""

    IN = "in"
    OUT = "out"


class MemberOptions(OptionGroup):
    """The options for the endpoints that match.

    Attributes:
        listed: whether their ids are printed.
        save: where they are saved.
        complement: whether those that do not match are taken.
        channel: the channel of the message that would be sent.
        local_time: whether it would be sent by the time zone of each endpoint.
        expect: how many endpoints have to match.
        fail_if_empty: whether at least one endpoint has to match.
    """

    heading = "Members"

    listed: Annotated[
        bool, typer.Option("--list", help="Print the ids of the members instead of counts.")
    ] = False
    save: Annotated[
        str | None,
        typer.Option(
            "--save",
            metavar="FILE|DIR",
            help="Save the members: .ndjson or .csv, which every command reads, .txt for ids "
            "alone, a directory for a file each, or - for NDJSON on standard output.",
        ),
    ] = None
    complement: Annotated[
        bool, typer.Option("--not", help="Take the endpoints that do not match.")
    ] = False
    channel: Annotated[
        str | None,
        typer.Option(
            "--channel",
            metavar="TYPE",
            help="The channel type of the message, or PUSH: endpoints of others would not be sent "
            "it.",
        ),
    ] = None
    local_time: Annotated[
        bool,
        typer.Option(
            "--local-time",
            help="The message is sent at each endpoint's local time: those without a "
            "Demographic.Timezone would not be sent it.",
        ),
    ] = False
    expect: Annotated[
        int | None,
        typer.Option(
            "--expect", metavar="N", min=0, help="Fail with exit code 1 unless N endpoints match."
        ),
    ] = None
    fail_if_empty: Annotated[
        bool, typer.Option("--fail-if-empty", help="Fail with exit code 1 if none matches.")
    ] = False

    def are_given(self) -> bool:
        """Return whether any of the options is given."""
        return any(value is not None and value is not False for value in vars(self).values())

    def hides_counts(self, *, quiet: bool) -> bool:
        """Return whether the counts are left out: for the ids, or beside saved members."""
        return self.listed or (quiet and self.save == "-")

    def funnel(self, words: Words) -> Funnel:
        """Return what counts the endpoints.

        Args:
            words: what it is called to match.

        Raises:
            UsageError: the channel type is unknown.
        """
        channels = None if self.channel is None else channels_of(self.channel)
        return Funnel(channels, words, complement=self.complement, local_time=self.local_time)


def channels_of(name: str) -> frozenset[str]:
    """Return the channel types that a name means, in any case; PUSH means several.

    Raises:
        UsageError: the channel type is unknown.
    """
    from pinpoint_endpoints.schema.bundled import channel_types

    channel = resolve_choice(name, sorted({*channel_types(), "PUSH"}), "channel type")
    return PUSH_CHANNELS if channel == "PUSH" else frozenset({channel})


class Target(NamedTuple):
    """The place where members are saved.

    Attributes:
        format: the format of the file; None for ids alone.
        output: the file or the directory.
    """

    format: "Format | None"
    output: "OutputFiles"


class _NoEndpointIdError(UsageError):
    """An endpoint that is to be saved has no id."""


class Matching(NamedTuple):
    """Decides which endpoints match.

    Attributes:
        decide: returns whether an endpoint matches; None if that cannot be decided.
        prepare: returns an endpoint as `decide` needs it.
        reasons: returns why some endpoints cannot be decided.
        undecided: what to do with these; None for an error.
        must_repeat: called after all endpoints were read, unless they are saved; returns whether
            they have to be read again, because `prepare` now returns something else.
    """

    decide: Predicate
    prepare: Callable[[Member], Endpoint] = attrgetter("endpoint")
    reasons: Callable[[], Iterable[str]] = tuple
    undecided: Undecided | None = None
    must_repeat: Callable[[], bool] = bool

    def answer(self, endpoint: Endpoint, *, complement: bool) -> Answer:
        """Return whether an endpoint matches, or with `complement` whether it does not."""
        answer = self.decide(endpoint)
        if answer is None:
            return None if self.undecided is None else self.undecided is Undecided.IN
        return answer is not complement


def check_output(options: MemberOptions, output: Output, inputs: Inputs) -> Target | None:
    """Return where members are saved; None if they are not.

    Raises:
        UsageError: options exclude each other, or the file cannot be one of a format.
        CannotRun: the directory is not empty, or cannot be written.
    """
    from pinpoint_endpoints.convert import output as outputs
    from pinpoint_endpoints.convert.files import JSON, NDJSON
    from pinpoint_endpoints.convert.pinpoint_csv import CSV

    path = options.save
    if path is None:
        return None
    if path == outputs.STANDARD_OUTPUT:
        if output is Output.JSON or options.listed:
            raise UsageError("--save - takes standard output for the members", "save into a file")
        return Target(NDJSON, outputs.Output())
    formats = {".ndjson": NDJSON, ".jsonl": NDJSON, ".csv": CSV, ".txt": None}
    suffix = Path(path).suffix.lower()
    if Path(path).is_dir() or path.endswith(("/", os.sep)) or not suffix:
        return Target(JSON, outputs.Directory(Path(path)))
    if suffix not in formats:
        raise UsageError(f"--save cannot write {suffix} files", _SUFFIXES)
    inputs.check_output("--save", path)
    return Target(formats[suffix], outputs.SingleFile(path))


def member_results(
    reader: AudienceReader,
    matching: Matching,
    options: MemberOptions,
    tally: "MemberTally",
    target: Target | None,
) -> "Iterator[Result]":
    """Yield the endpoints that match if they are listed, the files written, and the counts.

    Raises:
        CheckFailed: there are more or fewer than expected, or an endpoint is in two documents.
        UsageError: it cannot be decided whether an endpoint matches.
        CannotRun: a file cannot be read or written. In each case nothing is saved.
    """
    with SpooledTemporaryFile(max_size=_MAX_IN_MEMORY) as listed:
        ids = array("q")

        def read() -> Iterator[Member]:
            members = _matching(reader, matching, options, tally.funnel, ids)
            return _noting_ids(members, listed) if options.listed else members

        failure: PinpointEndpointsError | None = None
        files: OutputFiles | None = None
        try:
            if target is None:
                deque(read(), maxlen=0)
                if reader.error is None and matching.must_repeat():
                    reader.start_over()
                    tally.funnel.forget()
                    listed.seek(0)
                    listed.truncate()
                    del ids[:]
                    deque(read(), maxlen=0)
                _check_end(reader, matching, options, tally.funnel, ids)
            else:
                files = target.output
                with files:
                    _save(read(), target)
                    _check_end(reader, matching, options, tally.funnel, ids, saves=True)
                    files.commit()
        except _NoEndpointIdError:  # the counts are not complete
            raise
        except PinpointEndpointsError as error:
            failure = error
        if failure is not None and not tally.total:
            raise failure
        if not isinstance(failure, UsageError):
            yield from _listed(listed)
        if files is not None and failure is None:
            yield from files.files
        yield from tally.funnel.steps()
        if failure is not None:
            raise failure


def _matching(
    reader: AudienceReader,
    matching: Matching,
    options: MemberOptions,
    funnel: Funnel,
    ids: "array[int]",
) -> Iterator[Member]:
    """Yield the endpoints that match; count all, and add hashes of their ids."""
    for member in reader:
        endpoint = matching.prepare(member)
        answer = matching.answer(endpoint, complement=options.complement)
        funnel.add(endpoint, answer)
        if member.document is not None and member.endpoint_id is not None:
            ids.append(hash(same_endpoint_key(member.endpoint_id)))
        if answer:
            yield member


def _check_end(
    reader: AudienceReader,
    matching: Matching,
    options: MemberOptions,
    funnel: Funnel,
    ids: "array[int]",
    *,
    saves: bool = False,
) -> None:
    if reader.error is not None:
        raise reader.error
    several = len(ids) - count_different(ids)
    if several:
        raise CheckFailed(
            f"{counted(several, 'document')} of endpoints that another document has too (PE301)",
            "an endpoint can only be in one: `pe validate` shows the places",
        )
    if saves and reader.tally.unreadable:
        raise CannotRun(
            f"{counted(reader.tally.unreadable, 'file')} cannot be read",
            "nothing was saved, because members may be missing: repair it, or leave it out",
        )
    undecided = funnel[Stage.UNDECIDED]
    if undecided:
        why = "; ".join(matching.reasons())
        raise UsageError(
            f"it cannot be decided for {counted(undecided, 'endpoint')}: {why}",
            "use --undecided in or --undecided out to take them or leave them",
        )
    members = funnel.members
    if options.expect is not None and members != options.expect:
        found = counted(members, "endpoint")
        raise CheckFailed(f"{found} found, {options.expect:,} expected")
    if options.fail_if_empty and not members:
        raise CheckFailed("no endpoint found")


def _save(members: Iterable[Member], target: Target) -> None:
    if target.format is None:
        with target.output.open(_IDS) as file:
            for member in members:
                file.write(f"{_id_of(member)}\n".encode(errors="surrogateescape"), 1)
        return
    from pinpoint_endpoints.convert.account import Account
    from pinpoint_endpoints.convert.formats import ConvertOptions

    documents = map(_document, members)
    target.format.write(documents, target.output, Account(), ConvertOptions())


def _id_of(member: Member) -> str:
    if member.endpoint_id is None:
        source = printable(member.document.source) if member.document else ""
        raise _NoEndpointIdError(f"an endpoint in {source} has no id", "make one with --ids")
    return member.endpoint_id


def _document(member: Member) -> Document:
    endpoint_id = _id_of(member)
    if member.document is not None:
        return member.document
    endpoint = member.endpoint
    nowhere = MapLocator(PositionMaps(lambda: ()))
    return Document("", "EndpointResponse", endpoint, endpoint_id, endpoint, (), nowhere)


def _noting_ids(members: Iterable[Member], file: IO[bytes]) -> Iterator[Member]:
    """Yield members, and write the id, channel type and place of each to a file."""
    for member in members:
        channel = member.endpoint.get("ChannelType")
        endpoint_id, document = member.endpoint_id or "", member.document
        place = "" if endpoint_id or document is None else place_in(document)
        row = (endpoint_id, channel if isinstance(channel, str) else "", place)
        file.write(orjson.dumps(row) + b"\n")
        yield member


def _listed(file: IO[bytes]) -> "Iterator[Listed]":
    """Yield the endpoints whose ids were written."""
    from pinpoint_endpoints.reports.segments import Listed

    file.seek(0)
    for line in file:
        yield Listed(*orjson.loads(line))


def run_with_members(
    results: "Iterator[Result]",
    view: "MemberView",
    tally: "MemberTally",
    options: MemberOptions,
    output: Output,
    remarks: Remarks,
    *,
    quiet: bool,
) -> ExitCode:
    """Report results, on standard error if saved members take standard output."""
    from pinpoint_endpoints.convert.output import STANDARD_OUTPUT
    from pinpoint_endpoints.reports.files import file_lines
    from pinpoint_endpoints.reports.reporter import open_reporter

    def with_files(error: PinpointEndpointsError | None) -> Iterator[str]:
        yield from remarks(error)
        if output is Output.TABLE and not quiet:
            yield from file_lines(tally.files)

    stream = sys.stderr if options.save == STANDARD_OUTPUT else sys.stdout
    return run(results, open_reporter(view, output, stream), tally, remarks=with_files)


def place_in(document: Document, member: ValuePath = ()) -> str:
    """Return the place of an endpoint, or of a member of it: file, line and column."""
    path = (*document.path, *document.request_path, *member)
    line, column, _ = document.locator.locate(path)
    return f"{document.source}:{line}:{column}"
