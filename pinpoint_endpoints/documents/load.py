"""Read files and directories into documents; every command and the library read through here."""

import os
import zlib
from codecs import BOM_UTF8
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import partial
from io import BufferedReader
from itertools import chain
from typing import BinaryIO, Protocol, TypeVar

from pinpoint_endpoints.documents import codes, json_reader, text_rules
from pinpoint_endpoints.documents.decoding import Unreadable, decode, is_utf16
from pinpoint_endpoints.documents.discovery import (
    COMPRESSED,
    DEFAULT,
    FORMATS,
    STANDARD_INPUT,
    Format,
    Selection,
    Source,
    UnreadablePath,
    discover,
    format_of,
)
from pinpoint_endpoints.documents.endpoint_ids import IdSource, make_id
from pinpoint_endpoints.documents.model import Document, Parsed, Problem, TextProblem
from pinpoint_endpoints.documents.other_documents import (
    OTHER_CSV,
    SEGMENT,
    TEMPLATE,
    OtherDocument,
    recognise_text,
    recognise_value,
    suffix_kind,
)
from pinpoint_endpoints.documents.positions import (
    MapLocator,
    Position,
    PositionMap,
    PositionMaps,
    json_pointer,
)
from pinpoint_endpoints.documents.segment_shapes import SEGMENT_SHAPES, is_segment
from pinpoint_endpoints.documents.shapes import (
    ENDPOINT_SHAPES,
    Endpoint,
    endpoints_in,
    usual_endpoint,
)
from pinpoint_endpoints.documents.streams import (
    CHUNK,
    Meter,
    OpenFile,
    Read,
    Spooled,
    is_gzip,
    nothing_more,
    read_small_file,
    stream_of,
)
from pinpoint_endpoints.documents.template_shapes import (
    TEMPLATE_SHAPES,
    TEMPLATE_TEXT,
    is_template_text,
)
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError, UsageError, reason_of
from pinpoint_endpoints.masking import printable
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES

UNNAMED = "<stdin>"
GROUP = 32
"""How many documents are worked on at once."""

NOTHING_SPOOLED: Mapping[str, Spooled] = {}

_BEGINS_JSON = b'{["'
_SPACE = b" \t\r\n"
_GROUP_BYTES = 100_000
_CERTAIN_LINES = 2
_MIN_COLUMNS = 2
_READ_WHOLE = (Format.JSON, Format.YAML)
_MAYBE_CSV = (Format.CSV, Format.BY_CONTENT)
_JSON_BEGINS = (b"{", b"[")
_BARE_SHAPES = ("EndpointRequest", "EndpointResponse")


OnEmpty = Callable[[Document | None, int], None]
"""Called with a document without an endpoint and how many there were so far; in the end with None.
"""


Value = TypeVar("Value")
SomeSource = TypeVar("SomeSource", bound=Source | UnreadablePath)


class Language(Protocol):
    """A module that parses one language, JSON or YAML."""

    def parse(self, raw: bytes, /) -> Iterable[Parsed | Unreadable]:
        """Return the value of each document, with the problems of its text; or why it has none."""

    def positions(self, raw: bytes, /) -> Iterable[PositionMap]:
        """Return the positions in each document."""


def load(
    paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]],
    spooled: Mapping[str, Spooled] = NOTHING_SPOOLED,
    *,
    selection: Selection = DEFAULT,
    meter: Meter | None = None,
) -> Iterator[Document]:
    """Yield the documents in files and directories, one after the other.

    A file that cannot be read is a document too, with an empty shape and a problem that says why,
    so that one broken file never hides the others. Files with one document per line are read line
    by line and may have any size.

    Args:
        paths: one path, or several. Directories are searched for `.json`, `.yaml`, `.yml`,
            `.ndjson`, `.jsonl`, `.csv` and `.gz` files.
        spooled: inputs that can be read only once, by path; `-` is standard input.
        selection: which files of a searched directory are read.
        meter: counts the bytes that are read.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    sources = discover((os.fspath(path) for path in paths), selection)
    for _, documents in read_ahead(sources, lambda source: read(source, spooled, meter)):
        yield from documents


def of_any_kind(documents: Iterable[Document]) -> Iterator[Document]:
    """Yield documents, those of another kind than an endpoint with the shape that they have.

    For endpoint commands, such a document is one that holds no endpoint.
    """
    for document in documents:
        if document.other_shape and not document.shape:
            *problems, _ = document.problems
            yield document._replace(shape=document.other_shape, problems=tuple(problems))
        else:
            yield document


def is_unread(document: Document) -> bool:
    """Tell whether a document is the error of a text that could not be read completely."""
    if document.is_read or document.is_empty:
        return False
    return all(problem.code != codes.NOT_AN_ENDPOINT for problem in document.problems)


def size_of(document: Document) -> int:
    """Return the size of a document's text in bytes, or more."""
    return document.locator.size


def in_groups(
    values: Iterable[Value], size_of: Callable[[Value], int], most: int = GROUP
) -> Iterator[list[Value]]:
    """Yield documents, or what goes with them, in groups: one step of the work is done for a group.

    The caches of the processor then hold what a step needs. This saves a quarter of the time that
    it takes to do all steps for one document after the other.

    Args:
        values: the documents.
        size_of: returns the size of a document's text in bytes.
        most: how many documents are in a group at most.
    """
    group: list[Value] = []
    size = 0
    try:
        for value in values:
            group.append(value)
            size += size_of(value)
            if size > _GROUP_BYTES or len(group) >= most:
                yield group
                group = []
                size = 0
    except PinpointEndpointsError:  # what was read before it counts
        yield group
        raise
    if group:
        yield group


def with_ids(documents: Iterable[Document], ids: IdSource | None) -> Iterator[Document]:
    """Yield documents, those that neither have an id nor get one from their file with a new one."""
    return iter(documents) if ids is None else (_with_id(document, ids) for document in documents)


def _with_id(document: Document, ids: IdSource) -> Document:
    if document.endpoint_id is not None or not document.has_endpoint:
        return document
    return document._replace(endpoint_id=make_id(ids, document.request))


def expect_any(
    documents: Iterator[Document],
    paths: Sequence[str],
    endpoint_id: str | None = None,
    on_empty: OnEmpty | None = None,
) -> Iterator[Document]:
    """Yield documents, and raise an error before the first if their number is wrong.

    Args:
        documents: from `load`.
        paths: where they come from, for the message.
        endpoint_id: the value of `--id`, which only one document can have.
        on_empty: called with each document without an endpoint.

    Raises:
        CannotRun: there is no document.
        UsageError: there are several, and one id.
    """
    empty: list[Document] = []
    first = _next_endpoint(documents, empty)
    if first is None and not empty:
        raise CannotRun(
            f"there is no endpoint in {', '.join(map(printable, paths))}",
            "name a file, or a directory that holds .json, .yaml, .yml, .ndjson, .jsonl, .csv or "
            ".gz files",
        )
    second = _next_endpoint(documents, empty)
    if second is not None and endpoint_id is not None:
        raise UsageError(
            "--id names one endpoint, and there are several",
            "leave --id out: each document takes its own id, else its file's name",
        )
    endpoints = (document for document in (first, second) if document is not None)
    number = 0
    for document in chain(empty, endpoints, documents):
        if document.is_empty and on_empty is not None:
            number += 1
            on_empty(document, number)
        yield document
    if number and on_empty is not None:
        on_empty(None, number)


def _next_endpoint(documents: Iterator[Document], empty: list[Document]) -> Document | None:
    """Return the next document with an endpoint; append those before it to `empty`."""
    for document in documents:
        if not document.is_empty:
            return document
        empty.append(document)
    return None


def read(
    source: Source | UnreadablePath,
    spooled: Mapping[str, Spooled] = NOTHING_SPOOLED,
    meter: Meter | None = None,
    *,
    lines: Container[int] | None = None,
) -> Iterator[Document]:
    """Return the documents of one source; a small file is read now, others during iteration.

    Args:
        source: from `discover`.
        spooled: inputs that can be read only once, by path; `-` is standard input.
        meter: counts the bytes that are read.
        lines: the numbers of the lines to read of an NDJSON file; None for all.
    """
    return _documents_of(source, _small_text(source, spooled), spooled, meter, lines)


def read_ahead(
    sources: Iterable[SomeSource],
    read: Callable[[SomeSource], Value],
    most: int = GROUP,
) -> Iterator[tuple[SomeSource, Value]]:
    """Yield sources with their documents, reading several small files before parsing the first.

    System calls take half the time in a row that they take between parsing.

    Args:
        sources: from `discover`.
        read: the function `read`, or one that calls it.
        most: how many files are read before the first one is parsed.
    """
    for group in in_groups(sources, lambda _: 0, most):
        yield from zip(group, [read(source) for source in group], strict=True)


def _small_text(source: Source | UnreadablePath, spooled: Mapping[str, Spooled]) -> bytes | None:
    """Return the bytes of a small file; None for one that is large, streamed or unreadable."""
    if (
        isinstance(source, UnreadablePath)
        or source.format not in _READ_WHOLE
        or source.s3_object is not None
        or source.path in spooled
    ):
        return None
    try:
        return read_small_file(source.path)
    except OSError:
        return None


def _documents_of(
    source: Source | UnreadablePath,
    text: bytes | None,
    spooled: Mapping[str, Spooled],
    meter: Meter | None,
    lines: Container[int] | None = None,
) -> Iterator[Document]:
    """Yield the documents of a source; `text` is the content of a small file, or None."""
    if isinstance(source, UnreadablePath):
        yield _unreadable(source.path, text_rules.unreadable(source.reason))
        return
    if text is not None:
        if meter is not None:
            meter.count += len(text)
        yield from documents_in(source, text)
        return
    try:
        if source.path in spooled:
            name = spooled[source.path].name
            named = Source(name or UNNAMED, format_of(name))
            reader = _Metered(spooled[source.path].reader(), meter)
            yield from _documents(named, reader, as_it_comes=True)
        elif source.path == STANDARD_INPUT:
            yield _unreadable(source.path, text_rules.unreadable("standard input is not read here"))
        else:
            found = source.s3_object
            with OpenFile(source.path) if found is None else found.open() as file:
                yield from _documents(source, _Metered(file, meter), lines=lines)
    except OSError as error:
        yield _unreadable(source.path, text_rules.unreadable(reason_of(error)))


class _Metered:
    """Reads a file, and counts what is read."""

    def __init__(self, reader: Read, meter: Meter | None) -> None:
        self._reader = reader
        self._meter = meter or Meter()
        self._read = 0

    def __call__(self, size: int) -> bytes:
        chunk = self._reader(size)
        self._read += len(chunk)
        self._meter.count += len(chunk)
        return chunk

    def spread(self, source: Source, raw: bytes) -> Iterator[Document]:
        """Yield the documents of a file that was read whole; of a large one count each.

        Checking takes longer than reading: else the progress would be complete from the start.
        """
        if len(raw) < CHUNK or is_ndjson(raw):
            yield from documents_in(source, raw)
            return
        self._meter.count -= self._read
        documents = list(documents_in(source, raw))
        share, rest = divmod(self._read, len(documents) or 1)
        for document in documents:
            yield document
            self._meter.count += share
        self._meter.count += rest


def _documents(
    source: Source,
    reader: _Metered,
    *,
    as_it_comes: bool = False,
    lines: Container[int] | None = None,
) -> Iterator[Document]:
    raw = reader(CHUNK)
    if source.format is Format.NDJSON or is_gzip(raw):
        yield from _documents_in_stream(source, stream_of(raw, reader), reader, lines)
        return
    if source.format is Format.BY_CONTENT:
        raw = _first_line(raw, reader)
    if _is_csv(source, raw):
        yield from _rows(source, raw, stream_of(raw, reader))
        return
    if as_it_comes and source.format is not Format.YAML:
        raw, has_lines = _two_lines(raw, reader)
        if has_lines:
            yield from read_lines(source, stream_of(raw, reader))
            return
    raw = _rest(raw, reader)
    if len(raw) <= MAX_REQUEST_BYTES:
        yield from reader.spread(source, raw)
    else:
        yield from _large(source, raw, reader)


def _is_csv(source: Source, begin: bytes) -> bool:
    if source.format not in _MAYBE_CSV or begin.lstrip(_SPACE)[:1] in _JSON_BEGINS:
        return False
    from pinpoint_endpoints.documents.csv_reader import has_header

    return source.format is Format.CSV or has_header(begin, _MIN_COLUMNS)


def _first_line(raw: bytes, reader: Read) -> bytes:
    """Read until the first line is complete, if it may be the header of a table."""
    while b"\n" not in raw and len(raw) < CHUNK and raw.lstrip(_SPACE)[:1] not in _JSON_BEGINS:
        chunk = reader(CHUNK)
        if not chunk:
            break
        raw += chunk
    return raw


def _two_lines(raw: bytes, reader: Read) -> tuple[bytes, bool]:
    """Read until it is certain whether each of the first two lines is a JSON object.

    Then the lines that follow need not be waited for.

    Returns:
        what was read, and whether they are.
    """
    start = found = 0
    while len(raw) <= MAX_REQUEST_BYTES:
        end = raw.find(b"\n", start) + 1
        if not end:
            chunk = reader(CHUNK)
            if not chunk:
                break
            raw += chunk
            continue
        line, start = raw[start:end], end
        if not _without_mark(line).strip(_SPACE):
            continue
        if not _is_object(line):
            break
        found += 1
        if found == _CERTAIN_LINES:
            return raw, True
    return raw, False


def _is_object(line: bytes) -> bool:
    try:
        (parsed,) = json_reader.parse(line)
    except Unreadable:
        return False
    return isinstance(parsed.value, dict)


def _rest(raw: bytes, reader: Read) -> bytes:
    """Return the whole input, or slightly more than may be read at once."""
    following = reader(CHUNK)
    if not following:
        return raw
    chunks = [raw, following]
    size = len(raw) + len(following)
    while size <= MAX_REQUEST_BYTES and (chunk := reader(CHUNK)):
        chunks.append(chunk)
        size += len(chunk)
    return b"".join(chunks)


def _documents_in_stream(
    source: Source, stream: BufferedReader, reader: _Metered, wanted: Container[int] | None
) -> Iterator[Document]:
    try:
        if source.format is Format.NDJSON:
            yield from read_lines(source, stream, wanted=wanted)
            return
        raw = _rest(b"", stream.read)
        if _is_csv(source, raw):
            yield from _rows(source, raw, stream_of(raw, stream.read))
        elif len(raw) <= MAX_REQUEST_BYTES:
            yield from reader.spread(source, raw)
        else:
            yield from _large(source, raw, stream.read)
    except (EOFError, zlib.error):
        problem = text_rules.unreadable(
            "the gzip data is damaged or incomplete", "get the file again, whole"
        )
        yield _unreadable(source.path, problem)


def _large(source: Source, begin: bytes, reader: Read) -> Iterator[Document]:
    if source.format is not Format.YAML and is_ndjson(begin):
        yield from read_lines(source, stream_of(begin, reader))
        return
    kind = suffix_kind(source.path) or recognise_text(begin)
    if kind:
        yield _of_another_kind(source, kind, begin)
    else:
        yield _unreadable(source.path, _too_large("file", 1))


def documents_in(source: Source, raw: bytes, *, all_problems: bool = False) -> Iterator[Document]:
    """Yield the documents in the bytes of a whole, uncompressed file.

    Args:
        source: the file.
        raw: its bytes.
        all_problems: whether documents have also those problems that can be fixed and that are not
            shown, because there are very many.
    """
    by_name = _named_otherwise(source, raw)
    if by_name is not None:
        yield by_name
        return
    language = language_of(source.format, raw)
    values: list[Parsed | Unreadable] = []
    stopped: Unreadable | None = None
    try:
        values.extend(language.parse(raw))  # what came before an error counts
    except Unreadable as error:
        if language is json_reader and is_ndjson(raw):
            yield from read_lines(source, stream_of(raw, nothing_more))
            return
        stopped = error
    if stopped or any(isinstance(one, Parsed) and isinstance(one.value, str) for one in values):
        kind = recognise_text(raw)
        if kind:
            yield _of_another_kind(source, kind, raw)
            return
    several = len(values) > 1 or (stopped is not None and bool(values))
    for parsed in values:
        if isinstance(parsed, Unreadable):
            yield _unreadable(source.path, *parsed.problems, raw=raw)
        else:
            yield from _endpoints(source, parsed, several=several, all_problems=all_problems)
    if stopped is not None:
        yield _unreadable(source.path, *stopped.problems, raw=raw)


def _named_otherwise(source: Source, raw: bytes) -> Document | None:
    """Return a file that is something else than endpoints by its name; else None."""
    if source.format is not Format.BY_CONTENT:
        return None
    if is_template_text(source.path):
        return template_text(source, raw)
    kind = suffix_kind(source.path)
    if kind and raw.lstrip(_SPACE)[:1] not in _JSON_BEGINS:
        return _of_another_kind(source, kind, raw)
    return None


def template_text(source: Source, raw: bytes) -> Document:
    """Return a file that is the text of a message template.

    The line break that editors write at the end is not part of it.
    """
    try:
        text = decode(raw).removesuffix("\n").removesuffix("\r")
    except Unreadable as error:
        return _unreadable(source.path, *error.problems, raw=raw)
    document = _of_another_kind(source, TEMPLATE, raw)
    return document._replace(value=text, other_shape=TEMPLATE_TEXT)


def _of_another_kind(source: Source, kind: OtherDocument, raw: bytes) -> Document:
    problem = text_rules.not_an_endpoint(Position(1, 1), kind.what, kind.hint)
    return _unreadable(source.path, problem, raw=raw)


def read_lines(
    source: Source,
    stream: BufferedReader,
    first_line: int = 1,
    *,
    is_part: bool = False,
    wanted: Container[int] | None = None,
) -> Iterator[Document]:
    """Yield the documents in a file with one on each line.

    Args:
        source: the file.
        stream: its lines, or some of them.
        first_line: the number of the first of these lines.
        is_part: whether there are other lines, so that these may be empty.
        wanted: the numbers of the lines to read; None for all.
    """
    empty = not is_part and wanted is None
    lines = _lines(stream, ahead=wanted is None)
    for number, (line, value) in enumerate(lines, first_line):
        if value is not None:
            empty = False
            parsed = Parsed(value, (), json_reader.JsonLocator(line, number))
            yield from _endpoints(source, parsed, several=True)
            continue
        if wanted is not None and number not in wanted:
            continue
        if len(line) > MAX_REQUEST_BYTES:
            yield _unreadable(source.path, _too_large("line", number))
            return
        if not line.startswith(b"{") and not _without_mark(line).strip(_SPACE):
            continue
        empty = False
        try:
            (parsed,) = json_reader.parse(line.rstrip(b"\r\n"), number)
        except Unreadable as error:
            yield _unreadable(source.path, *error.problems, raw=line, first_line=number)
            if is_utf16(line):
                return
            continue
        yield from _endpoints(source, parsed, several=True)
    if empty:
        yield _unreadable(source.path, text_rules.holds_no_endpoint(Position(1, 1)))


def _lines(stream: BufferedReader, *, ahead: bool) -> Iterator[tuple[bytes, object]]:
    """Yield lines, each with its value, or with None if it still has to be parsed.

    Args:
        stream: the lines.
        ahead: whether lines that are already in the stream's buffer are parsed together.
    """
    while begin := stream.peek(CHUNK):
        text = begin[: begin.rfind(b"\n") + 1] if ahead else b""
        *lines, _ = text.split(b"\n")
        if b"\r" in text:
            lines = [line.rstrip(b"\r") for line in lines]
        if lines and (values := json_reader.parse_lines(lines, text)):
            stream.read(len(text))
            yield from zip(lines, values, strict=True)
            continue
        for _ in lines or (b"",):
            yield stream.readline(MAX_REQUEST_BYTES + 1), None


def _rows(source: Source, begin: bytes, stream: BinaryIO) -> Iterator[Document]:
    from pinpoint_endpoints.documents import csv_reader

    if begin.strip() and not is_utf16(begin) and not csv_reader.has_header(begin):
        yield _of_another_kind(source, OTHER_CSV, begin)
        return
    for row in csv_reader.rows(stream):
        if isinstance(row, csv_reader.Fault):
            yield _unreadable(source.path, *row.problems, raw=row.raw, first_line=row.line)
        else:
            yield from _endpoints(source, row, several=True)


def _without_mark(raw: bytes) -> bytes:
    return raw.lstrip(_SPACE).removeprefix(BOM_UTF8)


def is_ndjson(raw: bytes) -> bool:
    """Tell whether a text has one JSON object in its first line and another one below."""
    first, _, rest = _without_mark(raw).lstrip(_SPACE).partition(b"\n")
    return rest.lstrip().startswith(b"{") and first.startswith(b"{") and _is_object(first)


def _endpoints(
    source: Source, parsed: Parsed, *, several: bool, all_problems: bool = False
) -> Iterable[Document]:
    path, (value, found, locator) = source.path, parsed
    usual = usual_endpoint(value)
    if usual is None or found:
        return _all_endpoints(path, parsed, several=several, all_problems=all_problems)
    shape, endpoint_id, request = usual
    if not endpoint_id:
        endpoint_id = None if several else id_from_name(path)
    return (Document(path, shape, value, endpoint_id, request, (), locator, (), several),)


def _all_endpoints(
    path: str, parsed: Parsed, *, several: bool, all_problems: bool
) -> Iterator[Document]:
    value, found, locator = parsed
    if not all_problems:
        found = text_rules.shown_problems(found)
    problems = tuple(_problem(path, problem) for problem in found)
    unread = Document(path, "", None, None, {}, (), locator)
    is_empty = True
    for endpoint in endpoints_in(value):
        is_empty = False
        other = _other_kind(endpoint)
        if other is not None:
            place = locator.locate(endpoint.path)
            problem = text_rules.not_an_endpoint(place, other.what, other.hint)
            problems = (*problems, _problem(path, problem))
        in_multi_document_file = several or int in map(type, endpoint.path)
        if other is SEGMENT or other is TEMPLATE:
            yield unread._replace(
                value=endpoint.value,
                request=endpoint.request,
                path=endpoint.path,
                request_path=endpoint.request_path,
                in_multi_document_file=in_multi_document_file,
                problems=problems,
                other_shape=endpoint.shape,
            )
        elif other is not None:
            yield unread._replace(problems=problems)
        else:
            is_named = in_multi_document_file or endpoint.shape not in ENDPOINT_SHAPES
            yield Document(
                path,
                endpoint.shape,
                endpoint.value,
                endpoint.endpoint_id or (None if is_named else id_from_name(path)),
                endpoint.request,
                endpoint.path,
                locator,
                endpoint.request_path,
                in_multi_document_file,
                problems,
                endpoint.metadata,
                endpoint.application_id,
            )
        problems = ()
    if is_empty:
        what = "segment" if isinstance(value, dict) and is_segment(value) else "endpoint"
        problem = text_rules.holds_no_endpoint(locator.locate(()), what)
        yield unread._replace(problems=(*problems, _problem(path, problem)))


def _other_kind(endpoint: Endpoint) -> OtherDocument | None:
    if endpoint.shape in SEGMENT_SHAPES:
        return SEGMENT
    if endpoint.shape in TEMPLATE_SHAPES:
        return TEMPLATE
    return recognise_value(endpoint.request) if endpoint.shape in _BARE_SHAPES else None


def language_of(file_format: Format, raw: bytes) -> Language:
    """Return the module that parses a file of this format with these bytes."""
    if file_format is Format.BY_CONTENT:
        begin = _without_mark(raw).lstrip(_SPACE)[:1]
        file_format = Format.JSON if begin and begin in _BEGINS_JSON else Format.YAML
    if file_format is not Format.YAML:
        return json_reader

    from pinpoint_endpoints.documents import yaml_reader

    return yaml_reader


def id_from_name(path: str) -> str | None:
    """Return the endpoint id that a file's name gives: the name without its known suffix.

    Other dots belong to the id: `ada@example.com.json` holds the endpoint `ada@example.com`.
    """
    name = "" if path == UNNAMED else os.path.basename(path)
    if name.lower().endswith(COMPRESSED):
        name = name[: -len(COMPRESSED)]
    stem, dot, suffix = name.rpartition(".")
    return (stem if dot + suffix.lower() in FORMATS else name) or None


def _problem(path: str, problem: TextProblem) -> Problem:
    line, column, *end = problem.place
    return Problem(
        path,
        line,
        column,
        problem.code,
        problem.severity,
        problem.message,
        problem.hint,
        json_pointer(problem.path),
        end[0] if end else 0,
        problem.fix,
    )


def _unreadable(path: str, *found: TextProblem, raw: bytes = b"", first_line: int = 1) -> Document:
    problems = tuple(_problem(path, problem) for problem in found)
    locator = MapLocator(PositionMaps(partial(_lines_only, raw, first_line)))
    return Document(path, "", None, None, {}, (), locator, problems=problems)


def _lines_only(raw: bytes, first_line: int) -> tuple[PositionMap]:
    """Return the lines of a text that could not be parsed, without positions of values."""
    try:
        return (PositionMap(decode(raw, first_line), first_line),)
    except Unreadable:
        return (PositionMap(),)


def _too_large(what: str, line: int) -> TextProblem:
    message = f"the {what} is larger than 7 MB, the most that one request can carry"
    hint = "put fewer endpoints into one file, or one on each line"
    return text_rules.too_large(Position(line, 1), message, hint)
