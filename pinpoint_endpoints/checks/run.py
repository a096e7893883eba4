"""Sources in, every document with what was found in it out: one by one, then all together."""

from collections.abc import Callable, Iterable, Iterator, Sequence

from pinpoint_endpoints.checks.cross_file import CrossFileIndex
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, CodedFinding, Policy
from pinpoint_endpoints.checks.validate import problem_at, validate, verdict_on
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Source, UnreadablePath
from pinpoint_endpoints.documents.model import Checked, Document, Problem, Verdict
from pinpoint_endpoints.documents.rule import rule_of

Reader = Callable[[Source | UnreadablePath], Iterable[Document]]
"""Reads the documents of a source; the same ones if it is asked again."""


def check_all(
    sources: Iterable[Source | UnreadablePath], read: Reader, policy: Policy = DEFAULT_POLICY
) -> Iterator[Checked]:
    """Yield the documents of the sources with their problems.

    After the last one come those again that meet others: two with one endpoint id, two with one
    address, and so on. Memory is flat: 32 bytes for a document.

    Args:
        sources: from `discover`.
        read: from `documents.load`; is asked again for a source whose documents meet others.
        policy: how documents are judged.
    """
    hashes = CrossFileIndex()
    for source in sources:
        if isinstance(source, Source):
            hashes.begin(source)
        for document in read(source):
            problems: Sequence[Problem] = validate(document, policy)
            if document.is_read and (met := hashes.add(document)):
                problems = [*problems, *_problems(document, met, policy)]
            verdict = verdict_on(document, problems, policy)
            yield Checked(document, tuple(problems), verdict)
    suspects = hashes.suspects()
    for source in hashes.sources_of(suspects):
        for document in read(source):
            if any(problem.code == codes.UNREADABLE for problem in document.problems):
                yield Checked(document, document.problems, Verdict.UNREADABLE)
            if not document.is_read or not (met := suspects.look_at(document)):
                continue
            problems = _problems(document, met, policy)
            if problems:
                alone = validate(document, policy)
                before = verdict_on(document, alone, policy)
                verdict = verdict_on(document, [*alone, *problems], policy)
                yield Checked(document, tuple(problems), verdict, before)


def _problems(document: Document, met: Iterable[CodedFinding], policy: Policy) -> list[Problem]:
    return [
        problem_at(document, code, rule_of(code).severity, finding)
        for code, finding in met
        if code not in policy.ignore
    ]
