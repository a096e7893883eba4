"""Runs functions and queries on the rows of frames, and reads the documents in lines."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from io import BufferedReader, BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.documents.discovery import Format, Source
from pinpoint_endpoints.documents.load import of_any_kind, read_lines
from pinpoint_endpoints.documents.model import Document

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyspark.sql import DataFrame

_ROWS_OF_A_BATCH = 2_000


def run_on(
    rows: "DataFrame", function: Callable[[Iterator[Sequence[Any]]], Iterator[Any]], schema: str
) -> "DataFrame":
    """Apply a function to the rows of each partition, and return the rows that it yields.

    Args:
        rows: the rows to pass to the function.
        function: takes and yields the values of rows.
        schema: the schema of the rows that it yields, such as `line bigint, names array<binary>`.
    """
    return rows.mapInArrow(partial(_in_batches, function, schema), schema)


def _in_batches(
    function: Callable[[Iterator[Sequence[Any]]], Iterator[Any]],
    schema: str,
    batches: Iterable["RecordBatch"],
) -> Iterator["RecordBatch"]:
    import pyarrow as pa

    types = {
        "string": pa.string(),
        "bigint": pa.int64(),
        "int": pa.int32(),
        "boolean": pa.bool_(),
        "binary": pa.binary(),
        "array<string>": pa.list_(pa.string()),
        "array<binary>": pa.list_(pa.binary()),
    }
    columns = [column.split(" ") for column in schema.split(", ")]
    arrow = pa.schema([(name, types[kind]) for name, kind in columns])
    given = (
        row
        for batch in batches
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    made = function(given)
    while rows := [*islice(made, _ROWS_OF_A_BATCH)]:
        arrays = map(pa.array, zip(*rows, strict=True), arrow.types)
        yield pa.RecordBatch.from_arrays([*arrays], schema=arrow)


def sql(query: str, values: dict[str, int] | None = None, **frames: "DataFrame") -> "DataFrame":
    """Run a query that names frames in braces and values after a colon."""
    return next(iter(frames.values())).sparkSession.sql(query, values, **frames)


def kept(rows: "DataFrame") -> "DataFrame":
    """Keep rows that are read several times on the executors' disks."""
    from pyspark import StorageLevel

    return rows.persist(StorageLevel.DISK_ONLY)


def documents_in(source: str, line: int, text: bytes | None) -> Iterator[Document]:
    """Yield the documents in a line; the text is None for a file without documents."""
    stream: BufferedReader = BufferedReader(BytesIO(text or b""))
    lines = read_lines(Source(source, Format.NDJSON), stream, line, is_part=text is not None)
    return of_any_kind(lines)
