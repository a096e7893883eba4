"""Check large inputs in several processes, with the results of one.

The inputs are cut into parts: some files, or some lines of a file of lines. Workers check parts.
This process puts what they found together in the order of the inputs, and compares documents with
each other. Workers are forked: so they start at once, and hash texts as this process does.
"""

import multiprocessing
import os
import signal
from collections import Counter, deque
from collections.abc import Callable, Collection, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache, lru_cache
from io import BytesIO
from itertools import repeat
from pathlib import Path
from stat import S_ISREG
from threading import Thread
from typing import NamedTuple, Self

from pinpoint_endpoints.checks.cross_file import CrossFileIndex, IndexPart
from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.validate import validate, verdict_on
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Format, Source, UnreadablePath
from pinpoint_endpoints.documents.endpoint_ids import IdSource
from pinpoint_endpoints.documents.load import of_any_kind, read, read_lines, with_ids
from pinpoint_endpoints.documents.model import Checked, Document, Problem, Severity, Verdict
from pinpoint_endpoints.documents.positions import Locator
from pinpoint_endpoints.documents.streams import Meter, OpenFile, is_gzip
from pinpoint_endpoints.errors import CannotRun, reason_of
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES

PART_BYTES = 1_000_000
PART_FILES = 100
"""What a worker checks at once: a tenth of a second, so that Ctrl-C is not kept waiting."""

_PARTS_AHEAD = 3
"""For each worker: parts that are waiting for it, or for those before them."""

_MAX_NAMED = 5
_WHEN_DIED = "is there enough memory? --jobs 1 checks in one process"
_ENDING_SIGNALS = ("SIGTERM", "SIGHUP")

Check = Callable[[Source | UnreadablePath, Iterable[Document]], Iterator[Checked]]
"""Checks the documents of a source in this process."""


class Settings(NamedTuple):
    """How workers check documents.

    Attributes:
        policy: which problems count.
        ids: how ids are made for endpoints that have none.
        shown: how many problems of a code are shown at most; None if all are. Others come without
            their place and text, which take longer to find and to send than the problem; but where
            a document can be fixed, and of read-only members, which are reported once a file.
        snippets: whether source lines are shown.
    """

    policy: Policy
    ids: IdSource | None = None
    shown: int | None = None
    snippets: bool = False


class _Part(NamedTuple):
    """What a worker checks at once.

    Attributes:
        sources: files that are read whole; or one file of lines.
        size: in bytes.
        lines: some lines of that file; None for whole files.
        first_line: the number of the first of these lines.
        is_last: whether no lines follow.
    """

    sources: tuple[Source, ...]
    size: int
    lines: bytes | None = None
    first_line: int = 1
    is_last: bool = True


class _Valid(NamedTuple):
    """Documents without any problem, one after the other.

    Attributes:
        number: how many.
        several: whether they are in a file of several documents.
    """

    number: int
    several: bool


class _Found(NamedTuple):
    """What a worker found in a part.

    Attributes:
        documents: of each source.
        identities: what they are about.
        ended: whether the lines that follow are not read, because of one of these lines.
    """

    documents: list[list[Checked | _Valid]]
    identities: IndexPart
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
        self._jobs = jobs
        self._part_bytes = part_bytes
        self._ids = settings.ids
        self._once_only = once_only
        self._meter = meter
        self._pool = ProcessPoolExecutor(
            jobs, multiprocessing.get_context("fork"), _prepare, (settings,)
        )
        self._ended: Source | None = None
        self._has_documents = False

    def __enter__(self) -> Self:
        self._pool.submit(os.getpid).result()  # starts all of them
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(cancel_futures=True)

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
            index: gets to know what each document is about.
            check: checks documents in this process, and adds them to the index.
            read_here: reads the documents of a source that this process checks.
            on_source: called with each source before its documents are yielded.

        Raises:
            CannotRun: a worker has died.
        """
        waiting: deque[tuple[_Part, Future[_Found]]] = deque()
        most = self._jobs * _PARTS_AHEAD
        try:
            for part in self._parts(sources):
                is_ours = not isinstance(part, _Part)
                while waiting and (is_ours or len(waiting) > most):
                    yield from self._taken(waiting, index, check, read_here, on_source)
                if isinstance(part, _Part):
                    waiting.append((part, self._pool.submit(_check, part)))
                else:
                    yield from check(part, read_here(part))
            while waiting:
                yield from self._taken(waiting, index, check, read_here, on_source)
        except BrokenProcessPool:
            lost = [part for part, future in waiting if not future.done() or future.exception()]
            raise _died(lost[: self._jobs]) from None

    def _taken(
        self,
        waiting: deque[tuple[_Part, Future[_Found]]],
        index: CrossFileIndex,
        check: Check,
        read_here: Callable[[Source | UnreadablePath], Iterable[Document]],
        on_source: Callable[[Source], None],
    ) -> Iterator[Checked]:
        part, future = waiting[0]
        found = future.result()
        waiting.popleft()
        if part.lines is not None and self._ended == part.sources[0]:
            return
        self._meter.count += part.size
        if index.add_part(found.identities):
            for source, documents in zip(part.sources, found.documents, strict=True):
                on_source(source)
                yield from _all_of(source, documents)
        else:
            for source in part.sources:
                yield from check(source, with_ids(_documents(part, source)[0], self._ids))
        if part.lines is not None:
            yield from self._end_of_lines(part, found, check, read_here)

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
        self._has_documents = any(found.documents) or (self._has_documents and part.first_line > 1)
        if part.is_last and not self._has_documents:
            yield from check(source, read_here(source))  # which says that it is empty

    def _parts(
        self, sources: Iterable[Source | UnreadablePath]
    ) -> Iterator[_Part | Source | UnreadablePath]:
        """Cut the sources into parts for workers; yield sources that this process checks."""
        files: list[Source] = []
        size = 0
        for source in sources:
            length = self._length(source)
            if files and (
                length is None or size + length > self._part_bytes or len(files) == PART_FILES
            ):
                yield _Part(tuple(files), size)
                files, size = [], 0
            if length is None or isinstance(source, UnreadablePath):
                yield source
            elif source.format is Format.NDJSON and length > self._part_bytes:
                yield from self._parts_of_lines(source)
            elif length > MAX_REQUEST_BYTES:
                yield source
            else:
                files.append(source)
                size += length
        if files:
            yield _Part(tuple(files), size)

    def _length(self, source: Source | UnreadablePath) -> int | None:
        """Return the size of a file; None for what only this process can read piece by piece."""
        if isinstance(source, UnreadablePath) or source.path in self._once_only:
            return None
        try:
            status = Path(source.path).stat()
        except (OSError, ValueError):
            return None
        is_compressed = source.path.lower().endswith(".gz")
        return status.st_size if S_ISREG(status.st_mode) and not is_compressed else None

    def _parts_of_lines(self, source: Source) -> Iterator[_Part | Source | UnreadablePath]:
        first_line = 1
        rest = b""
        try:
            with OpenFile(source.path) as reader:
                while chunk := reader(self._part_bytes):
                    if first_line == 1 and not rest and is_gzip(chunk):
                        yield source
                        return
                    if self._ended == source:
                        return
                    end = chunk.rfind(b"\n") + 1
                    if end:
                        lines, rest = rest + chunk[:end], chunk[end:]
                        yield _Part((source,), len(lines), lines, first_line, is_last=False)
                        first_line += lines.count(b"\n")
                    elif len(rest) <= MAX_REQUEST_BYTES:
                        rest += chunk
                    else:
                        break  # the line is too long: no other is read
            yield _Part((source,), len(rest), rest, first_line)
        except OSError as error:
            yield UnreadablePath(source.path, reason_of(error))


def _all_of(source: Source, documents: Iterable[Checked | _Valid]) -> Iterator[Checked]:
    for found in documents:
        if isinstance(found, _Valid):
            document = _stub(source.path, several=found.several)
            yield from repeat(Checked(document, (), Verdict.VALID), found.number)
        else:
            yield found


def _died(parts: list[_Part]) -> CannotRun:
    """Return the error for a worker that has died, with the inputs that it was checking."""
    names = [
        source.path if part.lines is None else f"{source.path} from line {part.first_line:,}"
        for part in parts
        for source in part.sources
    ]
    if not names:
        return CannotRun("a worker process died", _WHEN_DIED)
    more = f" and {len(names) - _MAX_NAMED:,} more" if len(names) > _MAX_NAMED else ""
    return CannotRun(
        f"a worker process died while checking {', '.join(names[:_MAX_NAMED])}{more}",
        _WHEN_DIED,
    )


_settings: Settings


def _prepare(settings: Settings) -> None:
    """Prepare a worker: Ctrl-C is not for it, and it ends when the process that forked it has."""
    global _settings  # noqa: PLW0603 - the pool passes nothing else to its workers
    _settings = settings
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for name in _ENDING_SIGNALS:  # the pool ends its workers by them
        if hasattr(signal, name):
            signal.signal(getattr(signal, name), signal.SIG_DFL)
    Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
    os._exit(1)


def _check(part: _Part) -> _Found:
    """Check a part in a worker."""
    index = CrossFileIndex(max_names=None)
    shown: Counter[str] = Counter()
    found = []
    ended = False
    for source in part.sources:
        index.begin(source)
        documents, stream = _documents(part, source)
        found.append(_checked(with_ids(documents, _settings.ids), index, shown))
        ended = stream is not None and bool(stream.read(1))
    return _Found(found, index.part(), ended)


def _documents(part: _Part, source: Source) -> tuple[Iterator[Document], BytesIO | None]:
    """Return the documents of a source of a part; of lines, also the stream that they come from.

    An empty line is added to lines: so there is something left in the stream if one of them, be it
    the last one, ends the reading of the file.
    """
    if part.lines is None:
        return read(source), None
    stream = BytesIO(part.lines + b"\n" if part.lines.endswith(b"\n") else part.lines)
    return read_lines(source, stream, part.first_line, is_part=True), stream


def _checked(
    documents: Iterable[Document], index: CrossFileIndex, shown: Counter[str]
) -> list[Checked | _Valid]:
    found: list[Checked | _Valid] = []
    for document in of_any_kind(documents):
        problems = validate(document, _settings.policy)
        if document.is_read:
            index.add(document)
        if problems or document.problems or not document.is_read:
            found.append(_as_shown(document, problems, shown))
            continue
        several, last = document.in_multi_document_file, found[-1] if found else None
        if isinstance(last, _Valid) and last.several is several:
            found[-1] = _Valid(last.number + 1, several)
        else:
            found.append(_Valid(1, several))
    return found


def _as_shown(document: Document, problems: list[Problem], shown: Counter[str]) -> Checked:
    """Return a checked document with no more than what reports show of it."""
    is_fixable = any(problem.fix for problem in problems)
    needs_text = is_fixable
    reported = []
    for problem in problems:
        shown[problem.code] += 1
        is_shown = _settings.shown is None or shown[problem.code] <= _settings.shown
        if is_shown or is_fixable or problem.code == codes.READ_ONLY_MEMBERS:
            reported.append(problem)
            needs_text = needs_text or _settings.snippets
        else:
            reported.append(_unshown(problem.code, problem.severity))
    stub = _stub(document.source, several=document.in_multi_document_file, shape=document.shape)
    if document.problems:
        stub = stub._replace(problems=document.problems)
    if needs_text:
        stub = stub._replace(locator=document.locator, path=document.path)
    return Checked(stub, tuple(reported), verdict_on(document, problems, _settings.policy))


@cache
def _unshown(code: str, severity: Severity) -> Problem:
    return Problem("", 0, 0, code, severity, "")


@lru_cache(maxsize=8)
def _stub(source: str, *, several: bool, shape: str = "EndpointRequest") -> Document:
    """Return a document without its value, which no report shows."""
    return Document(source, shape, None, None, {}, (), Locator(), in_multi_document_file=several)
