"""Check all documents of a run: each by itself, then all against each other."""

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

from pinpoint_endpoints.checks.cross_file import CrossFileIndex
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, CodedFinding, Policy
from pinpoint_endpoints.checks.validate import problem_at, validate, validate_each, verdict_on
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Source, UnreadablePath
from pinpoint_endpoints.documents.load import GROUP, in_groups, of_any_kind, read_ahead, size_of
from pinpoint_endpoints.documents.model import Checked, Document, Problem, Verdict
from pinpoint_endpoints.documents.rule import rule_of

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.parallel import Workers


class Reader(Protocol):
    """Reads the documents of a source; must return the same ones when called again."""

    def __call__(
        self, source: Source | UnreadablePath, /, *, lines: Container[int] | None = None
    ) -> Iterable[Document]:
        """Yield the documents; of an NDJSON file perhaps only those in lines of these numbers."""


_Pair = tuple[Source | UnreadablePath, Document]
OnSource = Callable[[Source | UnreadablePath | None], None]


def _ignore(_source: Source | UnreadablePath | None) -> None:
    pass


def check_all(  # noqa: PLR0913 - the last three are optional
    sources: Iterable[Source | UnreadablePath],
    read: Reader,
    policy: Policy = DEFAULT_POLICY,
    *,
    workers: "Workers | None" = None,
    as_they_come: bool = False,
    on_source: OnSource = _ignore,
) -> Iterator[Checked]:
    """Yield the documents of the sources with their problems.

    Documents that collide with others, such as two with one endpoint id, are yielded a second time
    after the last one. This takes 40 bytes of memory per document.

    Args:
        sources: from `discover`.
        read: from `documents.load`; called again for sources with colliding documents.
        policy: which problems count.
        workers: processes that check most of the documents.
        as_they_come: whether each document is yielded before the next one is read.
        on_source: called with each source before its documents are yielded, and with None before
            documents are compared with each other.
    """
    index = CrossFileIndex()
    group = 1 if as_they_come else GROUP

    def check(source: Source | UnreadablePath, documents: Iterable[Document]) -> Iterator[Checked]:
        return check_pairs((source, document) for document in of_any_kind(documents))

    def check_pairs(pairs: Iterable[_Pair]) -> Iterator[Checked]:
        last = None
        for some in in_groups(pairs, _size_of, group):
            found = validate_each([document for _, document in some], policy)
            across = [_across(index, *pair) for pair in some]
            for (source, document), own, findings in zip(some, found, across, strict=True):
                if source is not last:
                    on_source(source)
                    last = source
                problems = [*own, *_problems(document, findings, policy)] if findings else own
                verdict = verdict_on(document, problems, policy)
                yield Checked(document, tuple(problems), verdict)

    if workers is None:
        yield from check_pairs(
            (source, document)
            for source, documents in read_ahead(sources, read, group)
            for document in of_any_kind(documents)
        )
    else:
        yield from workers.check(sources, index, check, read, on_source)
    on_source(None)
    yield from _collisions(index, read, policy, on_source)


def _size_of(pair: _Pair) -> int:
    return size_of(pair[1])


def _across(
    index: CrossFileIndex, source: Source | UnreadablePath, document: Document
) -> Sequence[CodedFinding]:
    """Add a document to the index, and return what it causes with those before it."""
    if isinstance(source, Source):
        index.begin(source)
    return index.add(document) if document.is_read else ()


def _collisions(
    index: CrossFileIndex, read: Reader, policy: Policy, on_source: OnSource
) -> Iterator[Checked]:
    """Yield the documents that collide with others a second time."""
    collisions = index.collisions()
    for source, lines in index.sources_of(collisions):
        on_source(source)
        for document in of_any_kind(read(source, lines=lines)):
            if any(problem.code == codes.UNREADABLE for problem in document.problems):
                yield Checked(document, document.problems, Verdict.UNREADABLE)
            if not document.is_read or not (findings := collisions.check(document)):
                continue
            problems = _problems(document, findings, policy)
            if problems:
                alone = validate(document, policy)
                before = verdict_on(document, alone, policy)
                verdict = verdict_on(document, [*alone, *problems], policy)
                yield Checked(document, tuple(problems), verdict, before)


def _problems(
    document: Document, findings: Iterable[CodedFinding], policy: Policy
) -> list[Problem]:
    return [
        problem_at(document, code, rule_of(code).severity, finding)
        for code, finding in findings
        if code not in policy.ignore
    ]
