"""Reads the lines of files, each with its number, wherever Spark splits the files."""

import os
import re
from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from pinpoint_endpoints.documents.discovery import Format, format_of
from pinpoint_endpoints.documents.load import is_ndjson
from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES
from pinpoint_endpoints.spark.rows import sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

_SUFFIXES = ("json", "ndjson", "jsonl", "yaml", "yml", "csv", "gz")
_MAX_NAMED = 5
_FIRST_LINES = 20
"""How many lines are looked at to tell whether a file has one document on each."""


# A file ends with a line that is too large or in UTF-16.
_BLOCKS = """
SELECT file, block, min(number) AS first, count(*) AS lines,
    min(IF(
        length(text) > :max_bytes OR begin RLIKE '^(FFFE|FEFF)'
            OR (begin RLIKE '^..00..00$') <> (begin RLIKE '^00..00..$'),
        number, NULL
    )) AS last,
    max(CAST(text AS string) RLIKE '[^ \t\r\n\ufeff]') AS has_documents
FROM (SELECT *, hex(substring(text, 1, 4)) AS begin FROM {raw})
GROUP BY file, block
"""

_NUMBERED_LINES = """
SELECT /*+ BROADCAST(known) */
    coalesce(
        source, raise_error('blocks have changed: set spark.sql.files.minPartitionNum')
    ) AS source,
    number + offset AS line,
    text
FROM {raw} AS raw LEFT JOIN {known} AS known ON raw.file = known.file AND raw.block = known.block
WHERE last IS NULL OR number <= last
"""


def lines_in(spark: "SparkSession", path: str) -> "DataFrame":
    """Read the lines of files, each with its number in its file.

    Spark splits large files, and reports in which block a line begins. The lines of all blocks are
    counted first: a line's number is its number in its block plus the lines of the blocks before.

    Args:
        spark: the session. Blocks must be the same in both reads: where executors come and go, set
            `spark.sql.files.minPartitionNum`.
        path: a file, or a directory that is searched recursively, on any file system of Spark's.

    Returns:
        `source` (string), `line` (long, from 1) and `text` (binary, without its line feed; null
        for a file without any document). A file ends where `pe` stops reading it: after a line that
        is too large, or in UTF-16.

    Raises:
        CannotRun: there are no files, or some do not have one document on each line.
    """
    any_case = ("".join(f"[{letter}{letter.upper()}]" for letter in suffix) for suffix in _SUFFIXES)
    reader = spark.read.format("text").options(lineSep="\n", recursiveFileLookup="true")
    read = reader.load(path)
    files = read.inputFiles()
    if [_path_of(file) for file in files] != [_path_of(path)]:  # a directory
        read = reader.option("pathGlobFilter", f"*.{{{','.join(any_case)}}}").load(path)
        files = read.inputFiles()
    sources = {_path_of(file): _name_of(_path_of(file), path) for file in files}
    if not sources:
        raise CannotRun(f"there are no files to read in {path}", "name one with .ndjson files")
    raw = read.selectExpr(
        "_metadata.file_path AS file",
        "_metadata.file_block_start AS block",
        "monotonically_increasing_id() AS number",
        "CAST(value AS binary) AS text",
    )
    blocks = sql(_BLOCKS, {"max_bytes": MAX_REQUEST_BYTES}, raw=raw).collect()
    starts, documents = _starts(sorted(blocks, key=itemgetter("file", "block")))
    known = spark.createDataFrame(
        [(file, block, sources[_path_of(file)], *start) for file, block, *start in starts],
        "file string, block bigint, source string, offset bigint, last bigint",
    )
    lines = sql(_NUMBERED_LINES, raw=raw, known=known)
    _refuse_others(lines, sources.values())
    empty = sorted({sources[path] for path in sources} - {sources[_path_of(f)] for f in documents})
    rows = [(source, 1, None) for source in empty]
    return lines.unionByName(spark.createDataFrame(rows, lines.schema)) if rows else lines


def _starts(blocks: Iterable[Any]) -> tuple[list[tuple[Any, ...]], set[str]]:
    """Return the offset of the line numbers in each block, and the last line of it that is read.

    Returns:
        of each block: the file, where it starts, the number to add, and the last number or None;
        and the files that have documents.
    """
    starts: list[tuple[Any, ...]] = []
    documents: set[str] = set()
    for file, of_file in groupby(blocks, itemgetter("file")):
        lines, is_over = 1, False
        for block in of_file:
            last = block.first - 1 if is_over else block.last
            starts.append((file, block.block, lines - block.first, last))
            lines += block.lines
            is_over = is_over or block.last is not None
            if block.has_documents:
                documents.add(file)
    return starts, documents


def _refuse_others(lines: "DataFrame", sources: Iterable[str]) -> None:
    """Refuse files that do not have one document on each line, before anything is done.

    Raises:
        CannotRun: there are such files.
    """
    unsure = {source for source in sources if format_of(source) is not Format.NDJSON}
    others = {source for source in unsure if format_of(source) in (Format.CSV, Format.YAML)}
    if unsure - others:
        first = lines.where(f"line <= {_FIRST_LINES}").where(lines["source"].isin([*unsure]))
        begins: dict[str, list[tuple[int, bytes]]] = {}
        for row in first.collect():
            begins.setdefault(row.source, []).append((row.line, bytes(row.text)))
        for source, begin in begins.items():
            if not is_ndjson(b"\n".join(text for _, text in sorted(begin))):
                others.add(source)
    if others:
        named = ", ".join(sorted(others)[:_MAX_NAMED])
        more = f" and {len(others) - _MAX_NAMED:,} more" if len(others) > _MAX_NAMED else ""
        raise CannotRun(
            f"{named}{more}: this job reads files with one endpoint on each line",
            "convert others with `pe convert --to ndjson`, or move them away",
        )


_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(//[^/]*)?")


def _path_of(file: str) -> str:
    """Return the path of a local file, else the URL of a file, without escapes.

    Spark names local files `file:/x` in one place and `file:///x` in another.
    """
    match = _SCHEME.match(file)
    if match is None:
        return os.path.abspath(file)  # noqa: PTH100 - Spark does not resolve symbolic links
    if match[1] == "file":
        return unquote(file[match.end() :])
    return unquote(file)


def _name_of(file: str, path: str) -> str:
    """Return a file's name as `pe` shows it: it begins with the path that was given."""
    top = _path_of(path)
    if file == top:
        return path
    inside = file.removeprefix(top.rstrip("/") + "/")
    return file if inside == file else f"{path.rstrip('/')}/{inside}"
