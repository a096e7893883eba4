"""Checks and converts more lines than one machine can, on Apache Spark.

Spark reads the lines and brings together what belongs together; what its executors run are the
functions of this package, so no rule and no mapping is written a second time.

    python -m pinpoint_endpoints.spark validate INPUT OUTPUT
    python -m pinpoint_endpoints.spark convert INPUT OUTPUT --to customer-profiles
"""

import argparse
import os
import re
import sys
from array import array
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from io import BufferedReader, BytesIO
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

import orjson

from pinpoint_endpoints.checks.cross_file import Collisions
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, CodedFinding, Policy
from pinpoint_endpoints.checks.identity import identity_of, names_in
from pinpoint_endpoints.checks.rules.cross_file_rules import too_many_names_in_all
from pinpoint_endpoints.checks.validate import problem_at, verdict_on
from pinpoint_endpoints.checks.validate import validate as problems_of
from pinpoint_endpoints.convert.account import Account, Entry, Rule
from pinpoint_endpoints.convert.addresses import address_key, keys_to_find, keys_to_keep
from pinpoint_endpoints.convert.by_id import Endpoint, members_of, newest_endpoint
from pinpoint_endpoints.convert.cells import row_of
from pinpoint_endpoints.convert.customer_profiles import (
    CUSTOMER_PROFILES,
    SUPPRESSED_COLUMNS,
    Changes,
    SuppressedRow,
    reachable,
    row_of_refusal,
    suppressed_rows,
)
from pinpoint_endpoints.convert.files import NDJSON, account_for_whole
from pinpoint_endpoints.convert.formats import DEFAULT_OPTIONS, ConvertOptions
from pinpoint_endpoints.convert.grouping import User, endpoint_in, newest_of
from pinpoint_endpoints.convert.intake import NotConverted, convertible
from pinpoint_endpoints.convert.output import WrittenFile
from pinpoint_endpoints.convert.profiles import MIN_SLOTS, Fields, Learned, object_type, profile_of
from pinpoint_endpoints.convert.run import FORMATS
from pinpoint_endpoints.convert.user_endpoint import (
    UserEndpoint,
    dumps,
    loads,
    newest_first,
    place_of,
    user_id_of,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Format, Source, format_of
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.load import is_ndjson, of_any_kind, read_lines
from pinpoint_endpoints.documents.model import Checked, Document, Problem, Severity, Verdict
from pinpoint_endpoints.documents.rule import rule_of
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError, UsageError
from pinpoint_endpoints.fixes.forecast import Forecast
from pinpoint_endpoints.quotas import (
    MAX_ATTRIBUTE_NAMES,
    MAX_ENDPOINTS_PER_USER,
    MAX_REQUEST_BYTES,
)
from pinpoint_endpoints.reports.conversion import ConversionTally, ConversionView
from pinpoint_endpoints.reports.envelope import VERSION, json_bytes, status_of
from pinpoint_endpoints.reports.problems import (
    ProblemTally,
    is_read_only,
    problem_members,
    said_once,
)
from pinpoint_endpoints.reports.reporter import ReportOptions
from pinpoint_endpoints.reports.tally import Tally

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyspark.sql import Column, DataFrame, SparkSession

_SUFFIXES = ("json", "ndjson", "jsonl", "yaml", "yml", "csv", "gz")
_DIGEST_BYTES = 16
_ROWS_OF_A_BATCH = 2_000
_MAX_NAMED = 5
_FIRST_LINES = 20
"""How many lines are looked at to tell whether a file has one document on each."""

_CHECKED = (
    "source string, line bigint, item int, verdict string, errors int, warnings int, fixable int, "
    "problems array<string>, read_only array<string>, application binary, "
    "endpoint binary, address binary, user binary, attributes binary, names array<binary>"
)
_FOUND = (
    "source string, line bigint, item int, before string, kind int, number int, problem string, "
    "is_error boolean"
)
_ENDPOINT, _ADDRESS, _CROWDED, _DIFFERING, _NAME = range(5)
"""Kinds of problems between documents, in the order in which those of one document are reported."""

_ROWS = "kind string, key binary, value binary"
_OF_USER, _ALONE = "0", "1"
"""Kinds of endpoints: the users of a key come first."""
_INTERNAL = (
    *(_OF_USER, _ALONE, "endpoint", "refusal", "opted-out", "inactive", "learned", "entry"),
    *("documents", "moved", "suppress", "unread", "refused"),
)

_PLACE = ("source", "line", "item")
_SHARED = ("kind", "key", "application")
_RESULT = ("source", "line", "verdict", "before", "errors", "warnings", "fixable", "problems")


_COLLISIONS = {
    _ENDPOINT: ("endpoints",),
    _ADDRESS: ("addresses",),
    _CROWDED: ("crowded",),
    _DIFFERING: ("differing",),
}


class _Everything:
    """A container that has everything in it."""

    def __contains__(self, _: object) -> bool:
        return True


def lines_in(spark: "SparkSession", path: str) -> "DataFrame":
    """Read the lines of files, each with its number in its file.

    Spark splits large files, and tells the block that a line begins in. The lines of all blocks are
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
        CannotRun: there is no file with one document on each line, or there are others beside them.
    """
    from pyspark.sql import functions as F  # noqa: N812 - as everyone names it

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
    raw = read.select(
        F.col("_metadata.file_path").alias("file"),
        F.col("_metadata.file_block_start").alias("block"),
        F.monotonically_increasing_id().alias("number"),
        F.col("value").cast("binary").alias("text"),
    )
    ends = _ends_file(F.col("text"))
    blocks = raw.groupBy("file", "block").agg(
        F.min("number").alias("first"),
        F.count("*").alias("lines"),
        F.min(F.when(ends, F.col("number"))).alias("last"),
        F.max(F.col("text").cast("string").rlike("[^ \\t\\r\\n\ufeff]")).alias("has_documents"),
    )
    starts, documents = _starts(sorted(blocks.collect(), key=itemgetter("file", "block")))
    known = spark.createDataFrame(
        [(file, block, sources[_path_of(file)], *start) for file, block, *start in starts],
        "file string, block bigint, source string, offset bigint, last bigint",
    )
    no_block = F.raise_error(F.lit("blocks have changed: set spark.sql.files.minPartitionNum"))
    lines = (
        raw.join(F.broadcast(known), ["file", "block"], "left")
        .where(F.col("last").isNull() | (F.col("number") <= F.col("last")))
        .select(
            F.coalesce("source", no_block.cast("string")).alias("source"),
            (F.col("number") + F.col("offset")).alias("line"),
            "text",
        )
    )
    _refuse_others(lines, sources.values())
    empty = sorted({sources[path] for path in sources} - {sources[_path_of(f)] for f in documents})
    rows = [(source, 1, None) for source in empty]
    return lines.unionByName(spark.createDataFrame(rows, lines.schema)) if rows else lines


def _starts(blocks: Iterable[Any]) -> tuple[list[tuple[Any, ...]], set[str]]:
    """Return what is added to a line's number in each block, and up to which one lines are read.

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


def _ends_file(text: "Column") -> "Column":
    """Return whether a line is too large or in UTF-16, so that no other is read."""
    from pyspark.sql import functions as F  # noqa: N812

    begin = F.hex(F.substring(text, 1, 4))
    odd, even = begin.rlike("^..00..00$"), begin.rlike("^00..00..$")
    return (F.length(text) > MAX_REQUEST_BYTES) | begin.rlike("^(FFFE|FEFF)") | (odd != even)


def _refuse_others(lines: "DataFrame", sources: Iterable[str]) -> None:
    """Refuse files that do not have one document on each line, before anything is done.

    Raises:
        CannotRun: there are some.
    """
    from pyspark.sql import functions as F  # noqa: N812

    unsure = {source for source in sources if format_of(source) is not Format.NDJSON}
    others = {source for source in unsure if format_of(source) in (Format.CSV, Format.YAML)}
    if unsure - others:
        first = lines.where((F.col("line") <= _FIRST_LINES) & F.col("source").isin([*unsure]))
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


def validate(lines: "DataFrame", policy: Policy = DEFAULT_POLICY) -> "DataFrame":
    """Check documents, each by itself and all against each other, as `pe validate` does.

    Args:
        lines: from `lines_in`, or any with its columns; files are ordered by the parts of their
            paths. It is read several times.
        policy: which problems count.

    Returns:
        A row for each document, and a second one for those that collide with others: `source`,
        `line`, `verdict` (`valid`, `invalid`, `unreadable`; null where there is no endpoint),
        `before` (the verdict in the first row, in a second one), the numbers `errors`, `warnings`
        and `fixable`, and `problems`: an array of JSON objects like the results of
        `pe validate -o json`.
    """
    from pyspark import StorageLevel
    from pyspark.sql import functions as F  # noqa: N812

    checked = _run_on(lines.select("source", "line", "text"), partial(_check, policy), _CHECKED)
    checked = checked.persist(StorageLevel.DISK_ONLY)
    application = F.when(F.length("application") > 0, F.col("application"))
    known = checked.agg(
        F.coalesce(F.min(application) == F.max(application), F.lit(True)).alias("is_one"),
        (F.count("read_only") > 0).alias("is_read_only"),
    ).first()
    alone = _read_only_once(checked) if known and known.is_read_only else checked
    is_one = bool(known and known.is_one)
    together = _collisions(lines, checked, is_one=is_one)
    found = _run_on(together, partial(_compare, policy, is_one), _FOUND)
    errors = F.sum(F.col("is_error").cast("int")).cast("int")
    numbered = F.array_sort(F.collect_list(F.struct("kind", "number", "problem")))
    second = found.groupBy(*_PLACE, "before").agg(
        errors.alias("errors"),
        (F.count("*") - errors).cast("int").alias("warnings"),
        F.transform(numbered, lambda one: one.problem).alias("problems"),
    )
    fails = F.lit(True) if policy.strict else F.col("errors") > 0
    after = F.when((F.col("before") == Verdict.VALID.value) & fails, Verdict.INVALID.value)
    second = second.withColumn("verdict", after.otherwise(F.col("before")))
    second = second.withColumn("fixable", F.lit(0))
    first = alone.withColumn("before", F.lit(None).cast("string"))
    return first.select(*_RESULT).unionByName(second.select(*_RESULT))


def _run_on(
    rows: "DataFrame", function: Callable[[Iterator[Sequence[Any]]], Iterator[Any]], schema: str
) -> "DataFrame":
    """Return the rows that a function makes of the rows of each partition."""
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

    def packed(rows: list[Any]) -> "RecordBatch":
        arrays = [
            pa.array(values, field.type)
            for values, field in zip(zip(*rows, strict=True), arrow, strict=True)
        ]
        return pa.RecordBatch.from_arrays(arrays, schema=arrow)

    given = (
        row
        for batch in batches
        for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)
    )
    rows: list[Any] = []
    for row in function(given):
        rows.append(row)
        if len(rows) == _ROWS_OF_A_BATCH:
            yield packed(rows)
            rows = []
    if rows:
        yield packed(rows)


def _check(policy: Policy, lines: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the documents in lines, each checked by itself."""
    forecast = Forecast(partial(problems_of, policy=policy))
    known: set[tuple[str, bytes]] = set()
    for name, line, text in lines:
        source = Source(name, Format.NDJSON)
        for item, document in enumerate(_documents(name, line, text)):
            problems: Sequence[Problem] = problems_of(document, policy)
            verdict = verdict_on(document, problems, policy)
            fixes = forecast.fixes
            if problems:
                checked = Checked(document, tuple(problems), verdict)
                problems = forecast.without_blocked(checked, source).problems
            once = [] if policy.strict else [*filter(is_read_only, problems)]
            if once:
                problems = [problem for problem in problems if not is_read_only(problem)]
            errors = sum(problem.severity is Severity.ERROR for problem in problems)
            counts = document.is_empty and verdict is Verdict.VALID
            yield (
                name,
                line,
                item,
                None if counts else verdict.value,
                errors,
                len(problems) - errors,
                forecast.fixes - fixes,
                [*map(_json, problems)],
                [_json(said_once(problem)) for problem in once] or None,
                *(
                    _keys(document, known)
                    if document.is_read
                    else (b"", None, None, None, None, [])
                ),
            )


def _documents(source: str, line: int, text: bytes | None) -> Iterator[Document]:
    stream: BufferedReader = BufferedReader(BytesIO(text or b""))
    lines = read_lines(Source(source, Format.NDJSON), stream, line, is_part=text is not None)
    return of_any_kind(lines)


def _keys(document: Document, known: set[tuple[str, bytes]]) -> tuple[Any, ...]:
    """Return what a document is compared with others by, as digests but for names.

    Args:
        document: it has a value.
        known: names that need not be returned again; those of this document are added.
    """
    identity = identity_of(document)
    attributes = identity.user and identity.user_attributes and identity.attributes_text()
    names: list[bytes] = []
    groups = names_in(document)
    if (
        sum(len(members) for _, members in groups) <= MAX_ATTRIBUTE_NAMES
    ):  # else a rule reports the document
        for path, members in groups:
            for name in members:
                encoded = ".".join((*map(str, path), name)).encode(errors="surrogatepass")
                if (identity.application, encoded) not in known:
                    known.add((identity.application, encoded))
                    names.append(encoded)
    keys = (identity.endpoint, identity.address, identity.user)
    return (
        identity.application.encode(errors="surrogatepass"),
        *(key and _digest(*key) for key in keys),
        _digest(attributes) if attributes else None,
        names,
    )


def _digest(*parts: str | bytes) -> bytes:
    encoded = (
        part if isinstance(part, bytes) else part.encode(errors="surrogatepass") for part in parts
    )
    return blake2b(b"\0".join(encoded), digest_size=_DIGEST_BYTES).digest()


def _json(problem: Problem) -> str:
    return json_bytes(problem_members(problem)).decode()


def _read_only_once(checked: "DataFrame") -> "DataFrame":
    """Add the warnings on read-only members to the first document of each file that has some."""
    from pyspark.sql import functions as F  # noqa: N812

    firsts = (
        checked.where("read_only is not null")
        .groupBy("source")
        .agg(F.min(F.struct("line", "item")).alias("first"))
    )
    is_first = F.col("read_only").isNotNull() & (F.struct("line", "item") == F.col("first"))
    with_them = F.concat("problems", "read_only")
    number = F.when(is_first, F.size("read_only")).otherwise(0)
    return (
        checked.join(firsts, "source", "left")
        .withColumn("problems", F.when(is_first, with_them).otherwise(F.col("problems")))
        .withColumn("warnings", F.col("warnings") + number)
    )


def _collisions(lines: "DataFrame", checked: "DataFrame", *, is_one: bool) -> "DataFrame":
    """Return the documents that have something in common, grouped by it, in their order.

    Args:
        lines: with the texts of the documents.
        checked: from `_check`.
        is_one: whether all documents belong to one application.

    Returns:
        `kind`, `key` and `application` of what they share, `name` (of an attribute beyond the
        limit), the place, `before` (the verdict so far) and `text`.
    """
    from pyspark import StorageLevel
    from pyspark.sql import Window
    from pyspark.sql import functions as F  # noqa: N812

    place = [F.col(name) for name in _PLACE]
    before = F.col("verdict").alias("before")
    application = F.lit(b"") if is_one else F.col("application")
    keys = F.array(
        *(
            F.struct(F.lit(kind).alias("kind"), F.col(name).alias("key"))
            for kind, name in ((_ENDPOINT, "endpoint"), (_ADDRESS, "address"), (_CROWDED, "user"))
        )
    )
    same = Window.partitionBy(*_SHARED)
    number, attributes = F.count("*").over(same), F.col("attributes")
    kinds = F.array(
        F.when((F.col("kind") != _CROWDED) & (number > 1), F.col("kind")),
        F.when((F.col("kind") == _CROWDED) & (number > MAX_ENDPOINTS_PER_USER), F.col("kind")),
        F.when(
            (F.col("kind") == _CROWDED)
            & (F.min(attributes).over(same) != F.max(attributes).over(same)),
            F.lit(_DIFFERING),
        ),
    )
    shared = (
        checked.select(
            F.explode(keys).alias("one"),
            application.alias("application"),
            "attributes",
            *place,
            before,
        )
        .select("one.*", "application", "attributes", *place, "before")
        .where("key is not null")
        .withColumn("kinds", F.array_compact(kinds))
        .where(F.size("kinds") > 0)
        .withColumn("kind", F.explode("kinds"))
        .select("kind", "key", "application", F.lit(b"").alias("name"), *place, "before")
    )
    order = F.struct(F.split("source", "/"), *place[1:], "position")
    found = F.struct(order.alias("order"), *place, before)
    rank = F.row_number().over(Window.partitionBy("application").orderBy("first.order"))
    names = (
        checked.select("*", F.posexplode("names").alias("position", "name"))
        .groupBy("application", "name")
        .agg(F.min(found).alias("first"))
        .withColumn("rank", rank)
        .where(F.col("rank") == MAX_ATTRIBUTE_NAMES + 1)
        .select(
            F.lit(_NAME).alias("kind"), F.lit(b"").alias("key"), "application", "name", "first.*"
        )
        .drop("order")
    )
    involved = shared.unionByName(names).persist(StorageLevel.DISK_ONLY)
    if involved.isEmpty():
        lines = lines.limit(0)
    where = involved.select("source", "line").distinct()
    return (
        involved.join(lines.join(where, ["source", "line"], "left_semi"), ["source", "line"])
        .select(*_SHARED, "name", *place, "before", "text")
        .repartition(*_SHARED)
        .sortWithinPartitions(*_SHARED, F.split("source", "/"), "line", "item")
    )


def _compare(
    policy: Policy, is_one: bool, rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the problems of documents that have something in common, which come together."""
    for (kind, _, _), group in groupby(rows, itemgetter(0, 1, 2)):
        shared = {name: _Everything() for name in _COLLISIONS.get(kind, ())}
        collisions = Collisions(**shared, one_application=is_one)
        for _, _, _, name, source, line, item, before, text in group:
            document = [*_documents(source, line, text)][item]
            findings: list[CodedFinding] = (
                [(codes.TOO_MANY_NAMES_IN_RUN, too_many_names_in_all(_path_to(name, document)))]
                if kind == _NAME
                else collisions.check(document)
            )
            findings = [one for one in findings if one[0] not in policy.ignore]
            for number, (code, finding) in enumerate(findings):
                problem = problem_at(document, code, rule_of(code).severity, finding)
                is_error = problem.severity is Severity.ERROR
                yield source, line, item, before, kind, number, _json(problem), is_error


def _path_to(name: bytes, document: Document) -> tuple[str | int, ...]:
    """Return the path in a document to an attribute or metric."""
    text = name.decode(errors="surrogatepass")
    for path, members in names_in(document):
        for member in members:
            if ".".join((*map(str, path), member)) == text:
                return (*document.request_path, *path, member)
    return document.request_path


def summary_of(checked: "DataFrame") -> ProblemTally:
    """Count documents and problems.

    Args:
        checked: from `validate`.
    """
    from pyspark.sql import functions as F  # noqa: N812

    tally = ProblemTally()
    sums = [F.sum(name).alias(name) for name in ("errors", "warnings", "fixable")]
    for row in (
        checked.groupBy("verdict", "before").agg(F.count("*").alias("number"), *sums).collect()
    ):
        tally.errors += row.errors
        tally.warnings += row.warnings
        tally.fixable += row.fixable
        if row.before is not None:
            tally.count(Verdict(row.before), -row.number)
        elif row.verdict is not None:
            tally.total += row.number
        if row.verdict is not None:
            tally.count(Verdict(row.verdict), row.number)
    return tally


def convert(
    lines: "DataFrame", to: str, account: Account, options: ConvertOptions = DEFAULT_OPTIONS
) -> "DataFrame":
    """Convert endpoints, as `pe convert` does.

    Args:
        lines: from `lines_in`, or any with its columns.
        to: `ndjson` or `customer-profiles`.
        account: counts what becomes of endpoints and members; complete when this returns.
        options: how documents are checked, and options of the format.

    Returns:
        `part` (such as `profiles`, `suppressed`, `object-type`, `rejected`) and `value`, a line.

    Raises:
        CannotRun: a line cannot be read, so that nobody knows who would be missing.
        UsageError: the format is another one.
    """
    if to not in _CONVERSIONS:
        raise UsageError(
            f"--to {to} is not a format of this job: it has {' and '.join(_CONVERSIONS)}",
            "write ndjson with this job, and convert that with `pe convert`",
        )
    rules = {rule.name: rule for rule in FORMATS[to].rules}
    read = _kept(
        _run_on(lines.select("source", "line", "text"), partial(_read, to, options), _ROWS)
    )
    unread = read.where("kind = 'unread'").select("value").sort("value").limit(1).collect()
    if unread:
        raise CannotRun(
            bytes(unread[0].value).decode(errors="replace"),
            "nothing was written, because nobody knows who would be missing: "
            "repair it, or leave it out",
        )
    _add_to(account, read, rules)
    written = _CONVERSIONS[to](read, account, rules, options)
    rejected = read.where("kind = 'rejected'")
    return (
        written.unionByName(rejected)
        .where(~_column("kind").isin(*_INTERNAL))
        .select(_column("kind").alias("part"), _column("value").cast("string"))
    )


def _column(name: str) -> "Column":
    from pyspark.sql import functions as F  # noqa: N812

    return F.col(name)


def _kept(rows: "DataFrame") -> "DataFrame":
    """Return rows that are read several times; they are kept on the executors' disks."""
    from pyspark import StorageLevel

    return rows.persist(StorageLevel.DISK_ONLY)


def _together(rows: "DataFrame") -> "DataFrame":
    """Return rows with those of one key together, in the order of their kinds and values."""
    return rows.repartition("key").sortWithinPartitions("key", "kind", "value")


def _read(
    to: str, options: ConvertOptions, lines: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the endpoints in lines by their ids, and what else a conversion has to know."""
    account = Account()
    changes = Changes(account)
    fields = Fields(_nobody, changes.count)
    documents = (one for source, line, text in lines for one in _documents(source, line, text))
    found = convertible(documents, account, options.policy)
    try:
        for one in found:
            if isinstance(one, NotConverted):
                errors = (each for each in one.problems if each.severity is Severity.ERROR)
                yield from (("rejected", b"", json_bytes(problem_members(each))) for each in errors)
                continue
            key = dumps(same_endpoint_key(one.endpoint_id or ""))
            if to == NDJSON.name:
                value = b"%b\t%b" % (dumps(members_of(one)), dumps(place_of(one)))
            else:
                endpoint = endpoint_in(one, changes)
                fields.learn(endpoint)
                value = dumps([*endpoint])
            yield "endpoint", key, value
    except CannotRun as error:  # a line cannot be read; this is raised again for all of them
        yield "unread", b"", error.message.encode(errors="surrogatepass")
    refusals = [*account.refusals]
    for refusal in refusals:
        yield "refusal", b"", dumps([*refusal])
    keys = (key for one in refusals for key in keys_to_keep(one.channel, one.address))
    yield "opted-out", b"", _packed(map(_digest_of, keys))
    yield from (("refused", b"", dumps(key)) for key in account.refusals.endpoint_ids)
    yield "learned", b"", dumps(fields.learned())
    yield from _account_rows(account)


def _account_rows(account: Account) -> Iterator[tuple[str, bytes, bytes]]:
    for entry in account.entries():
        value = [entry.rule.name, entry.member, entry.number, entry.places]
        yield "entry", b"", dumps(value)
    yield "documents", b"", dumps([account.endpoints, account.invalid, account.unreadable])


def _add_to(account: Account, rows: "DataFrame", rules: Mapping[str, Rule]) -> None:
    """Add the accounts of all partitions."""
    entries: list[list[Any]] = []
    for row in rows.where(_column("kind").isin("entry", "documents")).collect():
        value = loads(bytes(row.value))
        if row.kind == "entry":
            entries.append(value)
        else:
            account.endpoints += value[0]
            account.invalid += value[1]
            account.unreadable += value[2]
    for rule, member, number, places in sorted(entries, key=itemgetter(3)):
        account.count(rules[rule], member).add_all(number, places)


def _to_ndjson(
    read: "DataFrame", account: Account, rules: Mapping[str, Rule], _options: ConvertOptions
) -> "DataFrame":
    endpoints = _together(read.where("kind = 'endpoint'"))
    opted_out = _Addresses()
    for row in read.where("kind = 'opted-out'").collect():
        opted_out.add(bytes(row.value))
    newest = partial(_newest_lines, opted_out, _refused(read))
    written = _kept(_run_on(endpoints, newest, _ROWS))
    _add_to(account, written, rules)
    return written


def _refused(read: "DataFrame") -> frozenset[str]:
    """Return the ids of endpoints that invalid documents opt out."""
    rows = read.where("kind = 'refused'").collect()
    return frozenset(loads(bytes(row.value)) for row in rows)


def _newest_lines(
    opted_out: "_Addresses", refused: Iterable[str], rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    account = Account()
    account.refusals.endpoint_ids.update(refused)
    for _, copies in groupby(rows, itemgetter(1)):
        found = [Endpoint(*value.split(b"\t")) for _, _, value in copies]
        endpoint = newest_endpoint(found, account)
        yield "endpoints", b"", endpoint.json
        account_for_whole(endpoint, opted_out.have if opted_out else None, account)
    yield from _account_rows(account)


def _to_customer_profiles(
    read: "DataFrame", account: Account, rules: Mapping[str, Rule], options: ConvertOptions
) -> "DataFrame":
    from pyspark.sql import functions as F  # noqa: N812

    newest = partial(_newest_endpoints, _refused(read))
    endpoints = _kept(_run_on(_together(read.where("kind = 'endpoint'")), newest, _ROWS))
    _add_to(account, endpoints, rules)
    known = read.where("kind = 'opted-out'").unionByName(
        endpoints.where("kind in ('opted-out', 'inactive')")
    )
    addresses: dict[str, _Addresses] = {"opted-out": _Addresses(), "inactive": _Addresses()}
    for row in known.collect():
        addresses[row.kind].add(bytes(row.value))
    users = _kept(_together(endpoints.where(F.col("kind").isin(_OF_USER, _ALONE))))
    opted_out = addresses["opted-out"]
    learned = _run_on(users, partial(_learn_users, opted_out), _ROWS)
    fields = Fields(opted_out.have, Changes(Account()).count, strict_keys=options.strict_keys)
    for rows in (read, endpoints, learned):
        for row in rows.where("kind = 'learned'").collect():
            fields.learn_from(loads(bytes(row.value)))
    all_learned = fields.learned()
    fields.choose()
    make = partial(_profiles, options, opted_out, addresses["inactive"], all_learned)
    written = _kept(_run_on(users.unionByName(read.where("kind = 'refusal'")), make, _ROWS))
    _add_to(account, written, rules)
    moved = written.where("kind = 'moved'").select("key").distinct()
    suppressed = written.where("kind = 'suppress'").distinct().join(moved, "key", "left_anti")
    mapping = orjson.dumps(object_type(fields), option=orjson.OPT_INDENT_2)
    one = read.sparkSession.createDataFrame([("object-type", b"", mapping)], _ROWS).coalesce(1)
    rows = _run_on(suppressed.select("kind", "key", "value"), _suppressed, _ROWS)
    return written.unionByName(rows).unionByName(one)


def _newest_endpoints(
    refused: frozenset[str], rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield one endpoint of each id by its user, and the addresses that must not be contacted."""
    account = Account()
    changes = Changes(account)
    opted_out: set[int] = set()
    inactive: set[int] = set()
    channels: set[str] = set()
    for _, copies in groupby(rows, itemgetter(1)):
        values = [value for _, _, value in copies]
        endpoint = newest_of([UserEndpoint(*loads(value)) for value in values], changes, refused)
        if endpoint.opted_out:
            opted_out.update(map(_digest_of, keys_to_keep(endpoint.channel, endpoint.address)))
            channels.add(endpoint.channel)
        elif endpoint.inactive:
            inactive.add(_digest_of(address_key(endpoint.channel, endpoint.address)))
        user_id = user_id_of(endpoint.request)
        kind = _OF_USER if user_id else _ALONE
        yield kind, dumps(user_id or endpoint.endpoint_id), dumps([*endpoint])
    yield "opted-out", b"", _packed(opted_out)
    yield "inactive", b"", _packed(inactive)
    fields = Fields(_nobody, changes.count)
    fields.learn_opt_outs(channels)
    yield "learned", b"", dumps(fields.learned())
    yield from _account_rows(account)


def _users(rows: Iterable[Sequence[Any]]) -> Iterator[User]:
    """Yield the users of endpoints, which come together."""
    previous = b""
    for (key, kind), group in groupby(rows, itemgetter(1, 0)):
        endpoints = [UserEndpoint(*loads(value)) for _, _, value in group]
        endpoints.sort(key=newest_first)
        is_user = kind == _OF_USER
        yield User(loads(key), is_user, not is_user and key == previous, tuple(endpoints))
        previous = key


def _learn_users(
    opted_out: "_Addresses", rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    fields = Fields(opted_out.have, Changes(Account()).count)
    for user in _users(rows):
        if len(user.endpoints) > MIN_SLOTS:
            fields.learn_user(user)
    yield "learned", b"", dumps(fields.learned())


def _profiles(
    options: ConvertOptions,
    opted_out: "_Addresses",
    inactive: "_Addresses",
    learned: Learned,
    rows: Iterable[Sequence[Any]],
) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the profiles of users, their devices, and the addresses to be left alone."""
    account = Account()
    changes = Changes(account)
    fields = Fields(opted_out.have, changes.count, strict_keys=options.strict_keys)
    fields.learn_from(learned)
    fields.choose()

    def endpoints() -> Iterator[Sequence[Any]]:
        for row in rows:
            if row[0] == "refusal":
                refusals.append(UserEndpoint(*loads(row[2])))
            else:
                yield row

    refusals: list[UserEndpoint] = []
    for user in _users(endpoints()):
        profile = profile_of(user, fields, changes)
        yield "profiles", b"", dumps(profile.members)
        for device in profile.devices:
            yield "devices", b"", dumps(device)
        for suppressed in suppressed_rows(user, profile):
            yield _suppress(suppressed)
        for where in reachable(user, profile):
            if inactive.have(*where):
                yield "moved", _packed([_digest_of(address_key(*where))]), b""
    for refusal in refusals:
        yield _suppress(row_of_refusal(refusal, account))
    yield from _account_rows(account)


def _suppress(row: SuppressedRow) -> tuple[str, bytes, bytes]:
    channel, address, reason, _ = row
    key = _packed([_digest_of(address_key(channel, address))]) if reason == "inactive" else b""
    return "suppress", key, dumps(row)


def _suppressed(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the rows of a CSV file with a header."""
    header = True
    for _, _, value in rows:
        if header:
            yield "suppressed", b"", row_of(SUPPRESSED_COLUMNS).rstrip()
            header = False
        yield "suppressed", b"", row_of(loads(value)).rstrip(b"\r\n")


def _nobody(_channel: str, _address: str) -> bool:
    return False


class _Addresses:
    """Addresses, of each eight bytes of a digest."""

    def __init__(self) -> None:
        self._digests = array("Q")

    def __bool__(self) -> bool:
        return bool(self._digests)

    def add(self, packed: bytes) -> None:
        """Add addresses."""
        more = array("Q")
        more.frombytes(packed)
        self._digests = array("Q", sorted({*self._digests, *more}))

    def have(self, channel: str, address: str) -> bool:
        """Return whether an address is among them, whatever its spelling."""
        digests = self._digests
        for digest in map(_digest_of, keys_to_find(channel, address)) if digests else ():
            index = bisect_left(digests, digest)
            if index < len(digests) and digests[index] == digest:
                return True
        return False


def _digest_of(key: str) -> int:
    text = key.encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest())


def _packed(digests: Iterable[int]) -> bytes:
    return array("Q", sorted(digests)).tobytes()


_CONVERSIONS = {NDJSON.name: _to_ndjson, CUSTOMER_PROFILES.name: _to_customer_profiles}


_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):(//[^/]*)?")


def _path_of(file: str) -> str:
    """Return the path of a local file, else the URL of a file, without escapes.

    Spark names local files `file:/x` in one place and `file:///x` in another.
    """
    match = _SCHEME.match(file)
    if match is None:
        return os.path.abspath(file)  # noqa: PTH100 - symbolic links stay, as in Spark's names
    if match[1] == "file":
        return unquote(file[match.end() :])
    return unquote(file)


def _name_of(file: str, path: str) -> str:
    """Return a file's name: as `pe` names it, beginning with the path that was given."""
    top = _path_of(path)
    if file == top:
        return path
    inside = file.removeprefix(top.rstrip("/") + "/")
    return file if inside == file else f"{path.rstrip('/')}/{inside}"


_INPUT = "a file or directory with one endpoint on each line"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job; return its exit code: that of the command with the same name."""
    parser = argparse.ArgumentParser(
        prog="python -m pinpoint_endpoints.spark",
        description="Check and convert endpoints on Spark.",
    )
    named = ("command", "validate or convert"), ("input", _INPUT), ("output", "a new directory")
    for name, help_ in named:
        parser.add_argument(name, nargs="?", help=help_)
        parser.add_argument(f"--{name}", dest=f"{name}_", help=argparse.SUPPRESS)  # for AWS Glue
    parser.add_argument("--to", metavar="FORMAT", help=f"of convert: {' or '.join(_CONVERSIONS)}")
    parser.add_argument("--keys", choices=("strict",), help="of convert: as for `pe convert`")
    parser.add_argument("--ignore", action="append", default=[], metavar="CODE", help="a rule")
    parser.add_argument("--strict", action="store_true", help="warnings, or losses, fail the job")
    options, others = parser.parse_known_args(arguments)
    if others and not any(other.startswith("--JOB_") for other in others):  # Glue adds some
        parser.error(f"unrecognized arguments: {' '.join(others)}")
    for name, _ in named:
        value = getattr(options, f"{name}_") or getattr(options, name)
        if value is None or (name == "command" and value not in ("validate", "convert")):
            parser.error(f"{name}: {dict(named)[name]}")
        setattr(options, name, value)
    try:
        run = _validate if options.command == "validate" else _convert
        return _explaining_errors(run, options)
    except PinpointEndpointsError as error:
        hint = f"\nhint: {error.hint}" if error.hint else ""
        sys.stderr.write(f"error: {error.message}{hint}\n")
        return error.exit_code


def _explaining_errors(
    run: Callable[["SparkSession", argparse.Namespace], int], options: argparse.Namespace
) -> int:
    """Run a job in a session; turn the errors that users cause into ones of this package.

    Raises:
        CannotRun: the input cannot be read, or the output exists.
    """
    spark = _session()
    from py4j.protocol import Py4JJavaError
    from pyspark.errors import PySparkException

    try:
        if _exists(spark, options.output):
            raise CannotRun(f"{options.output} exists", "name a new directory for the output")
        return run(spark, options)
    except (PySparkException, Py4JJavaError) as error:
        text = str(error)
        unread = re.search(r"FAILED_READ_FILE\S* .*?file (\S+?)\.?\s", text)
        if "PATH_NOT_FOUND" in text:
            message, hint = f"{options.input} cannot be read: no such file or directory", ""
        elif unread:
            message, hint = f"{unquote(unread[1])} cannot be read", "is it damaged or incomplete?"
        elif "EOFException" in text or "ZipException" in text:  # Spark 3.5 does not say where
            message, hint = f"a .gz file in {options.input} cannot be read", "is it complete?"
        elif "No FileSystem for scheme" in text or "ClassNotFoundException: Class org" in text:
            message = f"this Spark cannot read {options.input} or write {options.output}"
            hint = (
                "AWS Glue and EMR read s3://; elsewhere add the package hadoop-aws, and use s3a://"
            )
        else:
            raise
        raise CannotRun(message, hint) from None


def _exists(spark: "SparkSession", path: str) -> bool:
    from pyspark.errors import AnalysisException

    try:
        spark.read.format("binaryFile").load(path)
    except AnalysisException as error:
        if "PATH_NOT_FOUND" in str(error):
            return False
        raise
    return True


def _session() -> "SparkSession":
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise CannotRun(
            "pyspark is not installed", "install the extra: pip install '.[spark]' in a checkout"
        ) from None
    os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    spark = SparkSession.builder.appName("pinpoint_endpoints").getOrCreate()
    number = str(max(spark.sparkContext.defaultParallelism, 1))
    if spark.conf.get("spark.sql.files.minPartitionNum", None) is None:
        spark.conf.set("spark.sql.files.minPartitionNum", number)
    return spark


def _validate(spark: "SparkSession", options: argparse.Namespace) -> int:
    policy = Policy(frozenset(options.ignore), options.strict)
    checked = validate(lines_in(spark, options.input), policy)
    tally = summary_of(checked)
    problems = checked.selectExpr("'problems' as part", "explode(problems) as value")
    return _write(problems, "validate", tally, options.output)


def _convert(spark: "SparkSession", options: argparse.Namespace) -> int:
    if options.to is None:
        raise UsageError("no format is named", f"use --to with {' or '.join(_CONVERSIONS)}")
    account = Account()
    convert_options = ConvertOptions(
        Policy(frozenset(options.ignore)), strict_keys=options.keys is not None
    )
    written = convert(lines_in(spark, options.input), options.to, account, convert_options)
    tally = ConversionTally(account, strict=options.strict)
    for row in written.groupBy("part").count().collect():
        tally.add(WrittenFile(row.part, row["count"], 0))
    return _write(written, "convert", tally, options.output, account.entries())


def _write(
    rows: "DataFrame",
    command: str,
    tally: Tally[Any],
    output: str,
    entries: Iterable[Entry] = (),
) -> int:
    """Write the parts and the summary, all at once; return the exit code."""
    view = ConversionView(ReportOptions())
    summary = {
        "pe": VERSION,
        "command": command,
        "status": status_of(tally, None),
        "summary": tally.members(),
    }
    line = json_bytes(summary).decode()
    more = [("summary", line)]
    more += [
        ("account", json_bytes(members).decode())
        for entry in entries
        for members in view.members(entry)
    ]
    last = rows.sparkSession.createDataFrame(more, rows.schema).coalesce(1)
    rows.unionByName(last).write.partitionBy("part").text(output)
    sys.stdout.write(f"{line}\n")
    return tally.exit_code(None)


if __name__ == "__main__":
    from pinpoint_endpoints.spark import main as run  # what executors import by its name

    sys.exit(run())
