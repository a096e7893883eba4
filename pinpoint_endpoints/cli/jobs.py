"""Decides how many processes check documents: by `--jobs`, or by the size of the inputs."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain
from threading import active_count
from typing import TYPE_CHECKING

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.documents.discovery import Format, Source, UnreadablePath
from pinpoint_endpoints.documents.streams import Meter

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.parallel import Settings, Workers

MAX_JOBS = 64
_MAX_BY_DEFAULT = 8
"""More are of little use: one process puts together what they find."""

_LARGE = 4_000_000
_FILE = 1_000
_TIMES_FOR_YAML = 3
"""How much there is to read until two processes are as fast as one: in bytes of JSON. A file takes
as long as so many bytes more, and YAML so many times as long. Measured on two CPUs: 4 MB of lines,
1,900 files of JSON or 750 of YAML, each with one endpoint, whether or not it has problems.
"""


_Sources = Iterator[Source | UnreadablePath]


def jobs_for(jobs: int | None, inputs: Inputs, sources: _Sources) -> tuple[int, _Sources]:
    """Return how many processes check documents, and the files: some of them are found for that.

    Args:
        jobs: how many, if that was given.
        inputs: the files.
        sources: what is found of them.
    """
    if inputs.s3 is not None or not hasattr(os, "fork"):
        return 1, sources
    if jobs is not None:
        return jobs, sources
    jobs = min(cpus(), _MAX_BY_DEFAULT)
    if jobs == 1 or active_count() > 1:
        return 1, sources
    found: list[Source | UnreadablePath] = []
    is_large = are_large(_kept(sources, found))
    return jobs if is_large else 1, chain(found, sources)


@contextmanager
def workers_for(
    jobs: int, inputs: Inputs, settings: Callable[[], "Settings"], meter: Meter
) -> Iterator["Workers | None"]:
    """Give the processes that check documents; None where this process does it alone.

    Args:
        jobs: how many.
        inputs: the files.
        settings: returns how they check documents.
        meter: counts the bytes that are read.
    """
    workers = None
    with ExitStack() as processes:
        if jobs > 1:
            from pinpoint_endpoints.checks.parallel import Workers

            with suppress(OSError):  # none can be started: this process does all the work
                workers = processes.enter_context(
                    Workers(jobs, settings(), inputs.once_only(), meter)
                )
        yield workers


def cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _kept(sources: _Sources, found: list[Source | UnreadablePath]) -> _Sources:
    """Yield sources, and append each to a list."""
    for source in sources:
        found.append(source)
        yield source


def are_large(sources: Iterable[Source | UnreadablePath]) -> bool:
    """Tell whether reading the files takes longer than starting processes for them."""
    total = 0
    for source in sources:
        if isinstance(source, UnreadablePath):
            continue
        try:
            size = _FILE + os.stat(source.path).st_size  # noqa: PTH116 - faster than a Path
        except (OSError, ValueError):
            continue
        total += size * _TIMES_FOR_YAML if source.format is Format.YAML else size
        if total > _LARGE:
            return True
    return False
