"""Check large inputs in several processes, with the results of one.

The inputs are cut into parts: some files, or some lines of a file of lines. Workers check parts.
This process puts what they found together in the order of the inputs, and compares documents with
each other. So that two workers take half the time, it gets little from them: each problem that is
shown, and how many documents have the same problems that are not.
"""

import os
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache, partial
from io import BufferedReader, BytesIO
from itertools import islice
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING, NamedTuple, Self

from pinpoint_endpoints.checks.cross_file import CrossFileIndex, IndexPart
from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.validate import findings_in, fix_at, problems_of, verdict_on
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Format, Source, UnreadablePath
from pinpoint_endpoints.documents.endpoint_ids import IdSource
from pinpoint_endpoints.documents.load import (
    GROUP,
    of_any_kind,
    read,
    read_ahead,
    read_lines,
    with_ids,
)
from pinpoint_endpoints.documents.model import Checked, Document, Fix, Problem, Severity
from pinpoint_endpoints.documents.positions import Locator, ValuePath
from pinpoint_endpoints.documents.shapes import ENDPOINT_SHAPES
from pinpoint_endpoints.documents.streams import CHUNK, Meter, OpenFile, is_gzip
from pinpoint_endpoints.errors import CannotRun, reason_of
from pinpoint_endpoints.processes import ProcessDiedError, Processes
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.rules.registry import Found

PART_BYTES = 1_000_000
PART_FILES = 250
"""What a worker checks at once: a tenth of a second, so that Ctrl-C is not kept waiting."""

_MAX_NAMED = 5
_WHEN_DIED = "is there enough memory? --jobs 1 checks in one process"

Check = Callable[[Source | UnreadablePath, Iterable[Document]], Iterator[Checked]]
"""Checks the documents of a source in this process."""


class Settings(NamedTuple):
    """The settings of workers that check documents.

    Attributes:
        policy: which problems count.
        ids: how ids are made for endpoints that have none.
        shown: how many problems of a code are shown at most; None if all are. Others come without
            their place and text, which take longer to find and to send than the problem.
        snippets: whether source lines are shown.
        each: whether each document comes by itself, also those of which nothing is shown.
        needs_text: tells whether documents that can be fixed come with their text.
    """

    policy: Policy
    ids: IdSource | None = None
    shown: int | None = None
    snippets: bool = False
    each: bool = True
    needs_text: Callable[[], bool] = lambda: True


_Kind = tuple[str, Severity]
"""The code and the severity of a problem."""

_Unshown = tuple[str, Severity, Fix | None]
_Shown = tuple[str, Severity, Fix | None, str, str, str, int, int, int]
"""A problem: message, hint, pointer, line, column and end column only if it is shown."""


class _Part(NamedTuple):
    """The part of the input that a worker checks in one call.

    Attributes:
        sources: files that are read whole; or one file of lines.
        size: in bytes.
        start: where some lines of that file begin; None for whole files.
        first_line: the number of the first of these lines.
        is_last: whether no lines follow.
        counts: how many problems were found before.
        needs_text: whether documents that can be fixed come with their text.
    """

    sources: tuple[Source, ...]
    size: int
    start: int | None = None
    first_line: int = 1
    is_last: bool = True
    counts: Mapping[_Kind, int] = {}
    needs_text: bool = False


_Item = _Part | Source | UnreadablePath
"""What a worker checks, or this process."""


class _Documents(NamedTuple):
    """One document, or several with the same problems, none of which is shown.

    All attributes but the number are those of the first document.

    Attributes:
        source: the number of the source in the part.
        number: how many documents there are.
        shape: the shape of the document.
        in_multi_document_file: whether its file may hold several documents.
        path: the path of the document in its file.
        problems: its problems in file order.
        found: the problems that reading it found.
        locator: finds places in its text; None if that is not needed.
    """

    source: int
    number: int
    shape: str
    in_multi_document_file: bool
    path: ValuePath = ()
    problems: tuple[_Shown | _Unshown, ...] = ()
    found: tuple[Problem, ...] = ()
    locator: Locator | None = None


class _Found(NamedTuple):
    """The result of checking a part.

    Attributes:
        documents: in the order of the sources, then those of several sources.
        identities: what they are about.
        counts: how many problems there are.
        ended: whether the lines that follow are not read, because of one of these lines.
    """

    documents: list[_Documents]
    identities: IndexPart
    counts: Mapping[_Kind, int]
    ended: bool


class Workers:
    """Processes that check documents; start them before any thread.

    Args:
        jobs: how many.
        settings: how they check documents.
        once_only: inputs that can be read only once: this process reads them.
        meter: counts the bytes that are read.
        part_bytes: how much a worker checks at once.
    """

    def __init__(
        self,
        jobs: int,
        settings: Settings,
        once_only: Collection[str],
        meter: Meter,
        part_bytes: int = PART_BYTES,
    ) -> None:
        self._settings = settings
        self._once_only = once_only
        self._meter = meter
        self._part_bytes = part_bytes
        self._processes: Processes[_Found] = Processes(jobs, partial(_check, settings))
        self._counts: Counter[_Kind] = Counter()
        self._ended: Source | None = None
        self._has_documents = False

    def __enter__(self) -> Self:
        self._processes.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._processes.__exit__(*error)

    def check(
        self,
        sources: Iterable[Source | UnreadablePath],
        index: CrossFileIndex,
        check: Check,
        read_here: Callable[[Source | UnreadablePath], Iterable[Document]],
        on_source: Callable[[Source], None],
    ) -> Iterator[Checked]:
        """Yield the documents of the sources, each with its own problems, in their order.

        Args:
            sources: from `discover`.
            index: the index that each document is added to.
            check: checks documents in this process, and adds them to the index.
            read_here: reads the documents of a source that this process checks.
            on_source: called with the source of documents before they are yielded.

        Raises:
            CannotRun: a worker has died.
        """
        try:
            for item, found in self._processes.results(self._items(sources), _is_part):
                if not isinstance(item, _Part):
                    yield from check(item, read_here(item))
                elif found is not None and (item.start is None or self._ended != item.sources[0]):
                    yield from self._taken(item, found, index, check, on_source)
                    if item.start is not None:
                        yield from self._end_of_lines(item, found, check, read_here)
        except ProcessDiedError as error:
            raise _died(error.argument) from None

    def _taken(
        self,
        part: _Part,
        found: _Found,
        index: CrossFileIndex,
        check: Check,
        on_source: Callable[[Source], None],
    ) -> Iterator[Checked]:
        self._meter.count += part.size
        if not index.add_part(part.sources, found.identities):
            for source, own in zip(part.sources, _documents(part)[0], strict=True):
                yield from check(source, with_ids(own, self._settings.ids))
            return
        self._counts.update(found.counts)
        for documents in found.documents:
            source = part.sources[documents.source]
            on_source(source)
            yield _checked(source, documents, self._settings.policy)

    def _end_of_lines(
        self,
        part: _Part,
        found: _Found,
        check: Check,
        read_here: Callable[[Source | UnreadablePath], Iterable[Document]],
    ) -> Iterator[Checked]:
        (source,) = part.sources
        if found.ended:
            self._ended = source
        is_first = part.first_line == 1
        self._has_documents = bool(found.documents) or (self._has_documents and not is_first)
        if part.is_last and not self._has_documents:
            yield from check(source, read_here(source))  # which says that it is empty

    def _items(self, sources: Iterable[Source | UnreadablePath]) -> Iterator[_Item]:
        """Cut the sources into parts for workers; yield sources that this process checks."""
        files: list[Source] = []
        size = 0
        for source in sources:
            length = self._length(source)
            if files and (
                length is None or size + length > self._part_bytes or len(files) == PART_FILES
            ):
                yield self._part(tuple(files), size)
                files, size = [], 0
            if length is None or isinstance(source, UnreadablePath):
                yield source
            elif source.format is Format.NDJSON and length > self._part_bytes:
                yield from self._lines(source)
            elif length > MAX_REQUEST_BYTES:
                yield source
            else:
                files.append(source)
                size += length
        if files:
            yield self._part(tuple(files), size)

    def _part(self, sources: tuple[Source, ...], size: int) -> _Part:
        needs_text = self._settings.needs_text()
        return _Part(sources, size, counts=dict(self._counts), needs_text=needs_text)

    def _length(self, source: Source | UnreadablePath) -> int | None:
        """Return the size of a file; None for what only this process can read piece by piece."""
        if isinstance(source, UnreadablePath) or source.path in self._once_only:
            return None
        try:
            status = os.stat(source.path)  # noqa: PTH116 - faster than a Path
        except (OSError, ValueError):
            return None
        is_compressed = source.path.lower().endswith(".gz")
        return status.st_size if S_ISREG(status.st_mode) and not is_compressed else None

    def _lines(self, source: Source) -> Iterator[_Item]:
        """Cut a file where lines end; workers read it again, which is faster than a pipe."""
        first_line = 1
        start = end = 0
        try:
            with OpenFile(source.path) as reader:
                while chunk := reader(self._part_bytes):
                    if end == 0 and is_gzip(chunk):
                        yield source
                        return
                    if self._ended == source:
                        return
                    complete = end + chunk.rfind(b"\n") + 1
                    if complete > end:
                        part = self._part((source,), complete - start)
                        yield part._replace(start=start, first_line=first_line, is_last=False)
                        start = complete
                        first_line += chunk.count(b"\n")
                    elif end - start > MAX_REQUEST_BYTES:
                        break  # the line is too long: no other is read
                    end += len(chunk)
            yield self._part((source,), end - start)._replace(start=start, first_line=first_line)
        except OSError as error:
            yield UnreadablePath(source.path, reason_of(error))


def _is_part(item: _Item) -> bool:
    return isinstance(item, _Part)


def _checked(source: Source, found: _Documents, policy: Policy) -> Checked:
    """Convert what a worker found to the form in which this process reports it."""
    shape, several = found.shape, found.in_multi_document_file
    document = _stub(source.path, shape, in_multi_document_file=several)
    if found.path or found.found or found.locator:
        locator = found.locator or document.locator
        document = document._replace(path=found.path, problems=found.found, locator=locator)
    problems = tuple(_problem(source.path, *problem) for problem in found.problems)
    return Checked(document, problems, verdict_on(document, problems, policy), times=found.number)


@lru_cache(maxsize=8)
def _stub(source: str, shape: str, *, in_multi_document_file: bool) -> Document:
    """Return a document without its value, which no report shows."""
    several = in_multi_document_file
    return Document(source, shape, None, None, {}, (), Locator(), in_multi_document_file=several)


def _problem(  # noqa: PLR0913, PLR0917 - the parts of a problem
    source: str,
    code: str,
    severity: Severity,
    fix: Fix | None,
    message: str = "",
    hint: str = "",
    pointer: str = "",
    line: int = 0,
    column: int = 0,
    end_column: int = 0,
) -> Problem:
    return Problem(source, line, column, code, severity, message, hint, pointer, end_column, fix)


def _died(part: object) -> CannotRun:
    """Return the error for a worker that has died, with the inputs that it was checking."""
    if not isinstance(part, _Part):
        return CannotRun("a worker process died", _WHEN_DIED)
    paths = [source.path for source in part.sources]
    from_line = "" if part.start is None else f" from line {part.first_line:,}"
    more = f" and {len(paths) - _MAX_NAMED:,} more" if len(paths) > _MAX_NAMED else ""
    named = f"{', '.join(paths[:_MAX_NAMED])}{from_line}{more}"
    return CannotRun(f"a worker process died while checking {named}", _WHEN_DIED)


def _check(settings: Settings, part: _Part) -> _Found:
    """Check a part, in a worker."""
    index = CrossFileIndex(max_names=None)
    results = _Results(settings, part)
    found, stream = _documents(part)
    numbered = (
        (number, document)
        for number, documents in enumerate(found)
        for document in of_any_kind(with_ids(documents, settings.ids))
    )
    remaining = iter(part.sources)
    begun = -1
    while group := list(islice(numbered, GROUP)):
        all_findings = findings_in([document for _, document in group], settings.policy)
        for (number, document), findings in zip(group, all_findings, strict=True):
            results.add(number, document, findings)
        for number, document in group:
            for source in islice(remaining, number - begun):
                index.begin(source)
            begun = number
            if document.is_read:
                index.add(document)
    for source in remaining:
        index.begin(source)
    ended = stream is not None and bool(stream.read(1))
    return _Found(results.all(), index.part(), results.counts(), ended)


def _documents(part: _Part) -> tuple[Iterable[Iterator[Document]], BufferedReader | None]:
    """Return the documents of each source of a part; of lines, also the stream they come from.

    An empty line is added to lines, so that the stream is not empty if one of them, even the last
    one, ends the reading of the file.
    """
    if part.start is None:
        return (documents for _, documents in read_ahead(part.sources, read)), None
    (source,) = part.sources
    try:
        with Path(source.path).open("rb") as file:
            file.seek(part.start)
            lines = file.read(part.size)
    except OSError as error:
        return [read(UnreadablePath(source.path, reason_of(error)))], None
    text = lines + b"\n" if lines.endswith(b"\n") else lines
    stream: BufferedReader = BufferedReader(BytesIO(text), CHUNK)
    return [read_lines(source, stream, part.first_line, is_part=True)], stream


class _Results:
    """Collects what a worker found in a part; details are kept only of what will be shown."""

    def __init__(self, settings: Settings, part: _Part) -> None:
        self._settings = settings
        self._part = part
        self._counts: Counter[_Kind] = Counter(part.counts)
        self._documents: list[_Documents] = []
        self._same_in_source: _Same = {}
        self._same: _Same = {}
        self._valid: Counter[str] = Counter()
        self._source = self._with_read_only = -1
        self._lists_all = settings.each or settings.shown is None

    def add(self, source: int, document: Document, findings: "list[Found]") -> None:
        """Add a document with its findings."""
        if source != self._source:
            self._end_source()
            self._source = source
        several = document.in_multi_document_file
        # a problem of this code is reported once in a file, and not counted
        once = codes.READ_ONLY_MEMBERS if several and not self._settings.policy.strict else ""
        is_listed = self._lists_all or document.problems or document.shape not in ENDPOINT_SHAPES
        unshown = None if is_listed else self._unshown(document, findings, once)
        if unshown is None:
            problems = problems_of(document, findings, self._settings.policy)
            self._add_shown(document, problems, once)
        elif unshown:
            same = self._same_in_source if several else self._same
            file_format = self._part.sources[source].format
            key = (file_format, document.shape, several, bool(document.path), unshown)
            first, number = same.get(key, (source, 0))
            same[key] = first, number + 1
        else:
            self._valid[document.shape] += 1

    def _unshown(
        self, document: Document, findings: "list[Found]", once: str
    ) -> tuple[_Unshown, ...] | None:
        """Count the problems of a document if none of them is shown; else return None."""
        unshown: list[_Unshown] = []
        for rule, finding, path in findings:
            kind = rule.code, finding.severity or rule.severity
            if self._shows(kind, once) or (finding.fix and self._part.needs_text):
                return None
            unshown.append((*kind, _without_text(fix_at(document, finding, path))))
        for code, severity, _ in unshown:
            self._counts[code, severity] += code != once
        return tuple(unshown)

    def _add_shown(self, document: Document, problems: Sequence[Problem], once: str) -> None:
        """Add a document with at least one problem that is shown."""
        needs_text = False
        reported: list[_Shown | _Unshown] = []
        for problem in problems:
            kind = problem.code, problem.severity
            is_shown = self._shows(kind, once)
            self._counts[kind] += problem.code != once
            is_tried = problem.fix is not None and self._part.needs_text
            needs_text |= is_tried or (is_shown and self._settings.snippets)
            reported.append(
                _shown(problem) if is_shown or is_tried else (*kind, _without_text(problem.fix))
            )
        if any(problem.code == once for problem in problems):
            self._with_read_only = self._source
        found = _Documents(
            self._source, 1, document.shape, document.in_multi_document_file, document.path,
            tuple(reported), document.problems, document.locator if needs_text else None,
        )  # fmt: skip
        self._documents.append(found)

    def _shows(self, kind: _Kind, once: str) -> bool:
        if kind[0] == once:
            return self._with_read_only != self._source
        most = self._settings.shown
        return most is None or self._counts[kind] < most

    def _end_source(self) -> None:
        self._documents += _counted(self._same_in_source)
        self._same_in_source.clear()

    def all(self) -> list[_Documents]:
        """Return what was collected."""
        self._end_source()
        valid = (
            _Documents(0, number, shape, in_multi_document_file=False)
            for shape, number in self._valid.items()
        )
        return [*self._documents, *_counted(self._same), *valid]

    def counts(self) -> Mapping[_Kind, int]:
        """Return how many problems this part adds, by code and severity."""
        return self._counts - Counter(self._part.counts)


_Same = dict[tuple[Format, str, bool, bool, tuple[_Unshown, ...]], tuple[int, int]]
"""The first source and the number of the documents that look the same."""

_ANY_PATH: ValuePath = (0,)


def _counted(same: _Same) -> Iterator[_Documents]:
    for (_, shape, several, has_path, problems), (source, number) in same.items():
        path = _ANY_PATH if has_path else ()
        yield _Documents(source, number, shape, several, path, problems)


def _without_text(fix: Fix | None) -> Fix | None:
    """Return a fix without its text, so that it equals those of other documents."""
    return fix._replace(text="") if fix and fix.text else fix


def _shown(problem: Problem) -> _Shown:
    return (
        problem.code,
        problem.severity,
        problem.fix,
        problem.message,
        problem.hint,
        problem.pointer,
        problem.line,
        problem.column,
        problem.end_column,
    )
