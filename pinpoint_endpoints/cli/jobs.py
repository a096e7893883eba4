"""How many processes check documents: `--jobs`, or by the size of the inputs."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import active_count
from typing import TYPE_CHECKING

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.documents.discovery import Format, UnreadablePath
from pinpoint_endpoints.documents.streams import Meter

if TYPE_CHECKING:
    from pinpoint_endpoints.checks.parallel import Settings, Workers

MAX_JOBS = 64
_MAX_BY_DEFAULT = 8
"""More are of little use: one process puts together what they find."""

_LARGE = 3_000_000
_FILE = 1_000
_TIMES_FOR_YAML = 3
"""How much there is to read until two processes are as fast as one: in bytes of JSON. A file takes
as long as so many bytes more, and YAML so many times as long. Measured on two CPUs: 3 MB of lines,
1,400 files of JSON or 550 of YAML, each with one endpoint, whether or not it has problems.
"""


@contextmanager
def workers_for(
    jobs: int | None,
    inputs: Inputs,
    settings: Callable[[], "Settings"],
    meter: Meter,
) -> Iterator["Workers | None"]:
    """Give the processes that check documents; None where this process does it alone.

    Args:
        jobs: how many, if that was given.
        inputs: the files.
        settings: returns how they check documents.
        meter: counts the bytes that are read.
    """
    if inputs.s3 is not None:
        jobs = 1
    elif jobs is None:
        jobs = min(_cpus(), _MAX_BY_DEFAULT)
        jobs = jobs if jobs > 1 and active_count() == 1 and _are_large(inputs) else 1
    if jobs == 1 or not hasattr(os, "fork"):
        yield None
        return
    from pinpoint_endpoints.checks.parallel import Workers

    with Workers(jobs, settings(), inputs.once_only(), meter) as workers:
        yield workers


def _cpus() -> int:
    """Return how many CPUs this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _are_large(inputs: Inputs) -> bool:
    """Tell whether reading the files takes longer than starting processes for them."""
    total = 0
    for source in inputs.find():
        if isinstance(source, UnreadablePath):
            continue
        try:
            size = _FILE + Path(source.path).stat().st_size
        except (OSError, ValueError):
            continue
        total += size * _TIMES_FOR_YAML if source.format is Format.YAML else size
        if total > _LARGE:
            return True
    return False
