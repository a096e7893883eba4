"""Checks documents on executors: each by itself, and all against each other."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from hashlib import blake2b
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.checks.cross_file import Collisions
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, CodedFinding, Policy
from pinpoint_endpoints.checks.identity import identity_of, names_in
from pinpoint_endpoints.checks.rules.cross_file_rules import too_many_names_in_all
from pinpoint_endpoints.checks.validate import problem_at, verdict_on
from pinpoint_endpoints.checks.validate import validate as problems_of
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Format, Source
from pinpoint_endpoints.documents.model import Checked, Document, Problem, Severity, Verdict
from pinpoint_endpoints.documents.rule import rule_of
from pinpoint_endpoints.fixes.forecast import Forecast
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, MAX_ENDPOINTS_PER_USER
from pinpoint_endpoints.reports.envelope import json_bytes
from pinpoint_endpoints.reports.problems import (
    ProblemTally,
    is_read_only,
    problem_members,
    said_once,
)
from pinpoint_endpoints.spark.rows import documents_in, kept, run_on, sql

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_DIGEST_BYTES = 16

_CHECKED = (
    "source string, line bigint, item int, verdict string, errors int, warnings int, fixable int, "
    "problems array<string>, read_only array<string>, application binary, "
    "endpoint binary, address binary, user binary, attributes binary, names array<binary>"
)
_FOUND = (
    "source string, line bigint, item int, before string, kind int, number int, problem string, "
    "is_error boolean"
)
_KINDS = ("endpoints", "addresses", "crowded", "differing", "names")
"""What documents may have in common: arguments of `Collisions`, in the order of its problems."""


class _Everything:
    """A container that has everything in it."""

    def __contains__(self, _: object) -> bool:
        return True


# Only the first document of a file with read-only members has the warnings about them.
_FIRST_ROWS = """
WITH firsts AS (
    SELECT source, min(struct(line, item)) AS first FROM {checked}
    WHERE read_only IS NOT NULL GROUP BY source
)
SELECT source, line, verdict, CAST(NULL AS string) AS before, errors,
    warnings + IF(is_first, size(read_only), 0) AS warnings,
    fixable,
    IF(is_first, concat(problems, read_only), problems) AS problems
FROM (
    SELECT checked.*, read_only IS NOT NULL AND struct(line, item) = first AS is_first
    FROM {checked} AS checked LEFT JOIN firsts ON checked.source = firsts.source
)
"""

_SECOND_ROWS = """
SELECT source, line,
    IF(before = 'valid' AND (:is_strict OR errors > 0), 'invalid', before) AS verdict,
    before, errors, number - errors AS warnings, 0 AS fixable, problems
FROM (
    SELECT source, line, before, CAST(count_if(is_error) AS int) AS errors,
        CAST(count(*) AS int) AS number,
        transform(
            array_sort(collect_list(struct(kind, number, problem))), one -> one.problem
        ) AS problems
    FROM {found} GROUP BY source, line, item, before
)
"""


def validate(lines: "DataFrame", policy: Policy = DEFAULT_POLICY) -> "DataFrame":
    """Check documents, each by itself and all against each other, as `pe validate` does.

    Args:
        lines: from `lines_in`, or any with its columns; files are ordered by the parts of their
            paths. It is read several times.
        policy: which problems count.

    Returns:
        A row for each document, and a second one for those that collide with others: `source`,
        `line`, `verdict` (`valid`, `invalid`, `unreadable`; null if the document has no endpoint),
        `before` (the verdict in the first row, in a second one), the numbers `errors`, `warnings`
        and `fixable`, and `problems`: an array of JSON objects like the results of
        `pe validate -o json`.
    """
    checked = kept(
        run_on(lines.select("source", "line", "text"), partial(_check, policy), _CHECKED)
    )
    application = "nullif(application, X'')"
    row = checked.selectExpr(f"min({application}) <=> max({application}) AS is_one").first()
    is_one = bool(row and row.is_one)
    collisions = _collisions(lines, checked, is_one=is_one)
    found = run_on(collisions, partial(_compare, policy, is_one), _FOUND)
    first = sql(_FIRST_ROWS, checked=checked)
    second = sql(_SECOND_ROWS, {"is_strict": policy.strict}, found=found)
    return first.unionByName(second)


def _check(policy: Policy, lines: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the documents in lines, each checked by itself."""
    forecast = Forecast(partial(problems_of, policy=policy))
    known: set[tuple[str, bytes]] = set()
    for name, line, text in lines:
        source = Source(name, Format.NDJSON)
        for item, document in enumerate(documents_in(name, line, text)):
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
            has_no_endpoint = document.is_empty and verdict is Verdict.VALID
            yield (
                name,
                line,
                item,
                None if has_no_endpoint else verdict.value,
                errors,
                len(problems) - errors,
                forecast.fixes - fixes,
                [*map(_json, problems)],
                [_json(said_once(problem)) for problem in once] or None,
                *_keys(document, known),
            )


def _keys(document: Document, known: set[tuple[str, bytes]]) -> tuple[Any, ...]:
    """Return the columns by which a document is compared with others, from `application` on.

    Args:
        document: from `documents_in`.
        known: names that were returned before; those of this document are added.
    """
    if not document.is_read:
        return b"", None, None, None, None, []
    identity = identity_of(document)
    attributes = identity.user and identity.user_attributes and identity.attributes_text()
    names = [
        ".".join((*map(str, path), name)).encode(errors="surrogatepass")
        for path, members in names_in(document)
        for name in members
    ]
    new = [name for name in names if (identity.application, name) not in known]
    if len(names) > MAX_ATTRIBUTE_NAMES:  # a rule reports the document
        new = []
    known.update((identity.application, name) for name in new)
    keys = (identity.endpoint, identity.address, identity.user)
    return (
        identity.application.encode(errors="surrogatepass"),
        *(key and _digest(*key) for key in keys),
        _digest(attributes) if attributes else None,
        new,
    )


def _digest(*parts: str | bytes) -> bytes:
    encoded = (
        part if isinstance(part, bytes) else part.encode(errors="surrogatepass") for part in parts
    )
    return blake2b(b"\0".join(encoded), digest_size=_DIGEST_BYTES).digest()


def _json(problem: Problem) -> str:
    return json_bytes(problem_members(problem)).decode()


_SHARED = """
WITH keyed AS (
    SELECT kind, key, IF(:is_one, X'', application) AS application, attributes,
        source, line, item, verdict
    FROM {checked} LATERAL VIEW
        stack(3, :endpoints, endpoint, :addresses, address, :crowded, user) AS kind, key
    WHERE key IS NOT NULL
),
compared AS (
    SELECT *, count(*) OVER same AS number, min(attributes) OVER same AS least,
        max(attributes) OVER same AS most
    FROM keyed WINDOW same AS (PARTITION BY kind, key, application)
),
named AS (
    SELECT application, name,
        min(struct(split(source, '/') AS path, line, item, position, source, verdict)) AS first
    FROM {checked} LATERAL VIEW posexplode(names) AS position, name
    GROUP BY application, name
),
ranked AS (
    SELECT *, row_number() OVER (PARTITION BY application ORDER BY first) AS rank FROM named
)
SELECT kind, key, application, X'' AS name, source, line, item, verdict AS before
FROM compared WHERE number > IF(kind = :crowded, :max_endpoints, 1)
UNION ALL
SELECT :differing, key, application, X'', source, line, item, verdict
FROM compared WHERE kind = :crowded AND least <> most
UNION ALL
SELECT :names, X'', application, name, first.source, first.line, first.item, first.verdict
FROM ranked WHERE rank = :max_names + 1
"""

_GROUPED = """
SELECT kind, key, application, name, shared.source, shared.line, item, before, text
FROM {shared} AS shared JOIN {lines} AS lines
    ON shared.source = lines.source AND shared.line = lines.line
DISTRIBUTE BY kind, key, application
SORT BY kind, key, application, split(source, '/'), line, item
"""


def _collisions(lines: "DataFrame", checked: "DataFrame", *, is_one: bool) -> "DataFrame":
    """Return the documents that have something in common, grouped by what they share.

    Args:
        lines: the texts of the documents.
        checked: from `_check`.
        is_one: whether all documents belong to one application.

    Returns:
        `kind`, `key` and `application` of what they share, `name` (of an attribute beyond the
        limit), the place, `before` (the verdict so far) and `text`.
    """
    values = {kind: number for number, kind in enumerate(_KINDS)}
    values |= {"is_one": is_one, "max_endpoints": MAX_ENDPOINTS_PER_USER}
    values |= {"max_names": MAX_ATTRIBUTE_NAMES}
    shared = kept(sql(_SHARED, values, checked=checked))
    return sql(_GROUPED, shared=shared, lines=lines.limit(0) if shared.isEmpty() else lines)


def _compare(
    policy: Policy, is_one: bool, rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[Any, ...]]:
    """Yield the problems of documents that have something in common, which are grouped by it."""
    for (kind, _, _), group in groupby(rows, itemgetter(0, 1, 2)):
        is_name = _KINDS[kind] == "names"
        shared = {} if is_name else {_KINDS[kind]: _Everything()}
        collisions = Collisions(**shared, one_application=is_one)
        for _, _, _, name, source, line, item, before, text in group:
            document = [*documents_in(source, line, text)][item]
            findings: list[CodedFinding] = (
                [(codes.TOO_MANY_NAMES_IN_RUN, too_many_names_in_all(_path_to(name, document)))]
                if is_name
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


_COUNTS = """
SELECT verdict, before, count(*) AS number, sum(errors) AS errors, sum(warnings) AS warnings,
    sum(fixable) AS fixable
FROM {checked} GROUP BY verdict, before
"""


def summary_of(checked: "DataFrame") -> ProblemTally:
    """Count documents and problems.

    Args:
        checked: from `validate`.
    """
    tally = ProblemTally()
    for row in sql(_COUNTS, checked=checked).collect():
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
