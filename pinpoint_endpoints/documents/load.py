"""Paths in, documents out: the one reader, used by every command and by the library."""

import os
import re
from collections.abc import Iterable, Iterator
from errno import EINVAL
from functools import partial
from typing import Any

from pinpoint_endpoints.documents import codes, json_text
from pinpoint_endpoints.documents.discovery import (
    Format,
    Source,
    Unsearchable,
    discover,
    reason_of,
)
from pinpoint_endpoints.documents.model import Document, Fault, Problem
from pinpoint_endpoints.documents.pointer import json_pointer
from pinpoint_endpoints.documents.positions import Locator, Position, PositionMap
from pinpoint_endpoints.documents.shapes import endpoints_in
from pinpoint_endpoints.documents.text import Unreadable

MAX_BYTES = 7_000_000
"""What one API call can carry (AWS: Amazon Pinpoint quotas, API payload 7 MB)."""

_CHUNK = 65_536
_WHOLE_FILE = Position(0, 0)
_SUFFIX = re.compile(r"\.(?:json|yaml|yml|(?:ndjson|jsonl)(?:\.gz)?)$", re.IGNORECASE)
_BEGINS_JSON = b'{["'


def load(paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]) -> Iterator[Document]:
    """Yield the documents in files and directories, one after the other.

    A file that cannot be read is a document too, with an empty shape and the problem that says why:
    one broken file never hides the others.

    Args:
        paths: one path, or several. A directory is searched for `.json`, `.yaml` and `.yml`.
    """
    if isinstance(paths, (str, os.PathLike)):
        paths = [paths]
    for source in discover(os.fspath(path) for path in paths):
        if isinstance(source, Unsearchable):
            yield _unreadable(source.path, _not_read(source.reason))
        else:
            yield from _read(source)


def _read(source: Source) -> Iterator[Document]:
    try:
        raw = _read_bytes(source.path)
        language = _language(source.format, raw)
        value, faults = language.parse(raw)
    except OSError as error:
        yield _unreadable(source.path, _not_read(reason_of(error)))
        return
    except Unreadable as error:
        yield _unreadable(source.path, *error.faults)
        return
    locator = Locator(partial(_positions, language, raw))
    problems = tuple(_problem(source.path, fault) for fault in faults) if faults else ()
    for endpoint in endpoints_in(value):
        in_list = any(isinstance(step, int) for step in endpoint.path)
        yield Document(
            source.path,
            endpoint.shape,
            endpoint.value,
            endpoint.endpoint_id or (None if in_list else _id_from_name(source.path)),
            endpoint.request,
            endpoint.path,
            locator,
            endpoint.request_path,
            problems,
        )
        problems = ()


def _read_bytes(path: str) -> bytes:
    if "\0" in path:
        raise OSError(EINVAL, "the name holds a NUL character")
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        raw = os.read(descriptor, _CHUNK)
        if not raw:
            return raw
        chunks = [raw]
        size = len(raw)
        while chunk := os.read(descriptor, _CHUNK):
            chunks.append(chunk)
            size += len(chunk)
            if size > MAX_BYTES:
                raise Unreadable(_too_large())
    finally:
        os.close(descriptor)
    return b"".join(chunks)


def _language(file_format: Format, raw: bytes) -> Any:
    if file_format is Format.BY_CONTENT:
        begin = raw.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
        file_format = Format.JSON if begin and begin in _BEGINS_JSON else Format.YAML
    if file_format is Format.JSON:
        return json_text
    from pinpoint_endpoints.documents import yaml_text

    return yaml_text


def _positions(language: Any, raw: bytes) -> PositionMap:
    found: PositionMap = language.positions(raw)
    return found


def _id_from_name(path: str) -> str | None:
    """Return the file's name without the suffixes that say how it is read.

    Other dots belong to the name: `ada@example.com.json` holds the endpoint `ada@example.com`.
    """
    name = os.path.basename(path)
    return _SUFFIX.sub("", name) or None


def _problem(path: str, fault: Fault) -> Problem:
    line, column = fault.position
    return Problem(
        path,
        line,
        column,
        fault.code,
        fault.severity,
        fault.message,
        fault.hint,
        json_pointer(fault.path),
    )


def _unreadable(path: str, *faults: Fault) -> Document:
    problems = tuple(_problem(path, fault) for fault in faults)
    return Document(path, "", None, None, {}, (), Locator(PositionMap), (), problems)


def _not_read(reason: str) -> Fault:
    return Fault(
        _WHOLE_FILE,
        codes.UNREADABLE,
        f"cannot be read: {reason}",
        "check the path and its permissions",
    )


def _too_large() -> Fault:
    return Fault(
        Position(1, 1),
        codes.TOO_LARGE,
        "the file is larger than 7 MB, which is all that one request can carry",
        "put fewer endpoints into one file",
    )
