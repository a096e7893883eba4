"""Where the time goes: what each step of a validation takes for one document, in one process."""

import gc
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from pinpoint_endpoints.checks.cross_file import CrossFileIndex
from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.documents.discovery import Source, discover
from pinpoint_endpoints.documents.load import documents_in
from pinpoint_endpoints.documents.streams import read_small_file
from pinpoint_endpoints.reports.problems import problem_lines

_ROUNDS = 5


class Steps(NamedTuple):
    """Microseconds of CPU for each document.

    Attributes:
        find: finding the file.
        read: reading its bytes.
        parse: making documents of them.
        check: schema and rules.
        compare: taking note of what documents may collide with.
        report: finding the places of its problems, and writing them as text.
    """

    find: float
    read: float
    parse: float
    check: float
    compare: float
    report: float


def measure(directory: Path) -> Steps:
    """Return what the steps take for the files of a directory, one document in each."""
    sources = [each for each in discover([str(directory)]) if isinstance(each, Source)]
    raw = [read_small_file(source.path) or b"" for source in sources]
    texts = [*zip(sources, raw, strict=True)]

    def parsed() -> list[Any]:
        return [document for text in texts for document in documents_in(*text)]

    documents = parsed()

    def report() -> None:
        for document in parsed():  # a document remembers the places that were found
            problem_lines(validate(document))

    index = CrossFileIndex()
    parse = _median(parsed)
    check = _median(lambda: [validate(document) for document in documents])
    seconds = (
        _median(lambda: [*discover([str(directory)])]),
        _median(lambda: [read_small_file(source.path) for source in sources]),
        parse,
        check,
        _median(lambda: [index.add(document) for document in documents]),
        max(_median(report) - parse - check, 0),
    )
    return Steps(*(each / len(documents) * 1_000_000 for each in seconds))


def table(directories: dict[str, Path]) -> Iterator[str]:
    """Yield the lines of a table with the steps for each kind of files."""
    yield f"| microseconds a document | {' | '.join(Steps._fields)} |"
    yield f"|{' --- |' * (1 + len(Steps._fields))}"
    for title, directory in directories.items():
        yield f"| {title} | {' | '.join(f'{each:.1f}' for each in measure(directory))} |"


def _median(step: Callable[[], object]) -> float:
    """Return the median of the CPU seconds that a step takes."""
    seconds = []
    gc.disable()
    for _ in range(_ROUNDS):
        begin = time.process_time()
        step()
        seconds.append(time.process_time() - begin)
    gc.enable()
    return statistics.median(seconds)
