"""Reads the files with segment definitions, and with the lists of imported segments."""

from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from pinpoint_endpoints.checks.validate import is_valid, validate
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.load import id_from_name, is_unread, of_any_kind
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.documents.segment_shapes import SEGMENT_SHAPES
from pinpoint_endpoints.errors import (
    CannotRun,
    CheckFailed,
    PinpointEndpointsError,
    UsageError,
)
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.segments.bases import ImportedList
from pinpoint_endpoints.segments.definition import (
    Definition,
    Part,
    UnknownResultError,
    definition_in,
)

_MAX_NAMED = 10


class FoundSegment(NamedTuple):
    """A segment with its place.

    Attributes:
        definition: the segment.
        document: where it is defined.
    """

    definition: Definition
    document: Document


class Places:
    """Finds where the parts of segments are defined.

    Args:
        found: the segments.
    """

    def __init__(self, found: Iterable[FoundSegment]) -> None:
        self._found = [*found]  # keeps the parts, whose ids are the keys
        self._documents = {
            id(part): document
            for definition, document in self._found
            for part in definition.parts()
        }

    def __getitem__(self, part: Part) -> str:
        """Return file, line and column of a part; an empty text for one that is in no file."""
        document = self._documents.get(id(part))
        if document is None:
            return ""
        line, column, _ = document.locator.locate(part.path)
        return f"{document.source}:{line}:{column}"


Reject = Callable[[Document, list[Problem]], None]
"""Takes an invalid segment with its errors, or a file that cannot be read."""


class LeftOut:
    """Collects errors in segments that the run can do without.

    Attributes:
        error: the worst one; the run ends with it, unless it fails for another reason.
    """

    def __init__(self) -> None:
        self.error: PinpointEndpointsError | None = None

    def __call__(self, document: Document, errors: list[Problem]) -> None:
        """Print the errors of a segment, and remember the worst failure."""
        failure: PinpointEndpointsError = CannotRun(str(errors[-1]))
        if document.shape in SEGMENT_SHAPES:
            for problem in errors:
                note(str(problem))
            failure = CheckFailed(
                f"the segment in {printable(document.source)} has {counted(len(errors), 'error')}",
                "`pe explain` explains each code, and `pe validate --fix` may repair it",
            )
        before = self.error
        if before is None or before.exit_code < failure.exit_code:
            self.error, failure = failure, before or failure
        if before is not None:
            note(failure.message)


def read_segments(paths: list[str], reject: Reject) -> Iterator[FoundSegment]:
    """Yield the segments in files and directories, and skip other documents.

    Args:
        paths: the files and directories.
        reject: called with each invalid segment, each whose values only a stack has, and each file
            that cannot be read.
    """
    inputs = Inputs(paths=paths)
    with inputs.spooled() as spooled:
        for document in of_any_kind(inputs.unreported_documents(spooled)):
            if is_unread(document):
                reject(document, [*document.problems])
            if document.shape not in SEGMENT_SHAPES:
                continue
            problems = validate(document)
            if not is_valid(problems):
                reject(document, [one for one in problems if one.severity is Severity.ERROR])
                continue
            try:
                yield FoundSegment(definition_in(document.value, document.path), document)
            except UnknownResultError as error:
                code, severity = codes.SEGMENT_TYPE, Severity.ERROR
                text, hint = error.message, error.hint
                reject(document, [Problem.at(document, code, severity, error.path, text, hint)])


def choose(path: str, name: str | None, left_out: LeftOut) -> FoundSegment:
    """Return the one segment in a file.

    Args:
        path: the file.
        name: the name or the id of the segment; None if the file has only one.
        left_out: called with what is wrong with other segments in the file.

    Raises:
        CheckFailed: the segment is invalid.
        UsageError: there are several, or none of the name.
        CannotRun: the file cannot be read, or holds something else.
    """
    found = list(read_segments([path], left_out))
    if not found and left_out.error is None:
        hint = "expected a WriteSegmentRequest or a SegmentResponse: see `pe help segments`"
        raise CannotRun(f"{printable(path)} has no segment", hint)
    named = [one for one in found if name in (None, one.definition.name, one.definition.id)]
    if left_out.error is not None and (name is None or not named):
        raise left_out.error
    if len(named) == 1:
        return named[0]
    titles = ", ".join(printable(one.definition.title) for one in found[:_MAX_NAMED])
    more = ", …" if len(found) > _MAX_NAMED else ""
    if name is not None and not named:
        raise UsageError(f"there is no segment {printable(name)}", f"there are {titles}{more}")
    raise UsageError(
        f"{printable(path)} has {counted(len(found), 'segment')}",
        f"choose one with --segment: {titles}{more}",
    )


def read_bases(paths: list[str], reject: Reject) -> list[FoundSegment]:
    """Return the segments in the files and directories that `--segments` names.

    A segment without an id gets the name of its file as its id.

    Args:
        paths: the paths of the files and directories.
        reject: as in `read_segments`.

    Raises:
        CannotRun: there are no segments, not even invalid ones.
    """
    found = []
    rejected = False

    def note_rejected(document: Document, errors: list[Problem]) -> None:
        nonlocal rejected
        rejected = True
        reject(document, errors)

    for segment in read_segments(paths, note_rejected) if paths else ():
        definition, document = segment
        if not definition.id:
            definition = definition.with_id(id_from_name(document.source) or "")
        found.append(FoundSegment(definition, document))
    if paths and not found and not rejected:
        raise CannotRun(f"no segment was found in {', '.join(paths)}", "name other files")
    return found


def read_imports(given: Iterable[str]) -> dict[str, ImportedList]:
    """Return the lists of imported segments by the segment's id.

    Args:
        given: the values of `--import`, as `ID=FILE`.

    Raises:
        UsageError: a value has another form.
        CannotRun: a file cannot be read, or has nothing of a list.
    """
    imports: dict[str, ImportedList] = {}
    for text in given:
        segment_id, equals, path = text.partition("=")
        if not (segment_id and equals and path):
            raise UsageError(f"--import cannot be {printable(text)}", "use ID=FILE")
        listed = imports.setdefault(segment_id, ImportedList())
        inputs = Inputs(paths=[path])
        with inputs.spooled() as spooled:
            for document in inputs.unreported_documents(spooled):
                if document.has_endpoint:
                    listed.add(document)
                elif not document.is_empty:
                    problems = document.problems or validate(document)
                    raise CannotRun(str(problems[-1]))
        if not len(listed):
            raise CannotRun(
                f"{printable(path)} lists no endpoint and no user",
                "a row has an Id, or a ChannelType and an Address, or a User.UserId",
            )
    return imports
