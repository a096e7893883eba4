"""Measure whole processes that run in turn, and put what they cost into one table.

Programs that are compared run one after the other, again and again (A B C A B C ...), so that
whatever else the machine does hits all of them. A ratio is the median of the rounds' ratios.
"""

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

_BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_MAX_SHOWN_LENGTH = 2000


class WrongRunError(Exception):
    """A program failed, or did not do the work that it was to be measured at."""


class Cost(NamedTuple):
    """What one run of a program took.

    Attributes:
        wall_seconds: from its start to its end.
        cpu_seconds: of all its processes.
        peak_mb: the memory of its largest process, as `/usr/bin/time` tells it.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_mb: float


@dataclass(frozen=True, slots=True)
class Program:
    """A command that is measured.

    Attributes:
        name: its name in the table.
        command: the program's file and its arguments.
        proof: a text that its output has if it did its work.
        times: how often the output has it.
        exit_code: what it ends with.
        prepare: is called before each run.
    """

    name: str
    command: tuple[str, ...]
    proof: str
    times: int = 1
    exit_code: int = 0
    prepare: Callable[[], object] | None = None


@dataclass(frozen=True, slots=True)
class Peer:
    """A program that `pe` is compared with.

    Attributes:
        program: does the same work, or a part of it.
        at_most: the target: how many times as long as the peer `pe` may take; none for peers and
            floors that are only shown.
        growth: how many times as large the work of `pe` is, if the peer is `pe` itself with less.
    """

    program: Program
    at_most: float | None = None
    growth: int | None = None


@dataclass(frozen=True, slots=True)
class Work:
    """Something that `pe` is measured at.

    Attributes:
        title: what is done.
        ours: the program that does it with `pe`.
        peers: what it is compared with.
        max_mb: how much memory `pe` may take, if that is a target.
    """

    title: str
    ours: Program
    peers: Sequence[Peer]
    max_mb: float | None = None


class Row(NamedTuple):
    """The cells of a line of the table; what the line above says too is left empty."""

    work: str
    pe: str
    compared_with: str
    ratio: str
    at_most: str
    verdict: str

    def __str__(self) -> str:
        return f"| {' | '.join(self)} |"


HEADINGS = Row("work", "`pe`", "compared with", "ratio", "at most", "target")


def compare(
    work: Work, environment: Mapping[str, str], *, seconds: float, rounds: range
) -> list[Row]:
    """Run the programs of a work in turn, after one round that is checked and not counted.

    Args:
        work: the programs.
        environment: all variables that they see.
        seconds: another round begins while less than this has passed.
        rounds: from how many to how many rounds.

    Raises:
        WrongRunError: a program failed, or its output in the first round lacks the proof.
    """
    programs = [work.ours, *(peer.program for peer in work.peers)]
    for program in programs:
        _prove(program, environment)
    costs: list[list[Cost]] = [[] for _ in programs]
    begin = time.monotonic()
    while len(costs[0]) < rounds.stop and (
        len(costs[0]) < rounds.start or time.monotonic() - begin < seconds
    ):
        for program, taken in zip(programs, costs, strict=True):
            taken.append(_run(program, environment))
    ours, *theirs = costs
    rows = [_row(peer, ours, their) for peer, their in zip(work.peers, theirs, strict=True)]
    if work.max_mb is not None:
        peak = max(cost.peak_mb for cost in ours)
        verdict = _verdict(met=peak <= work.max_mb)
        rows.append(Row("", f"{peak:.0f} MB", "peak memory", "", f"{work.max_mb:g} MB", verdict))
    return [rows[0]._replace(work=work.title, pe=_medians(ours)), *rows[1:]]


def _row(peer: Peer, ours: Sequence[Cost], theirs: Sequence[Cost]) -> Row:
    ratio = statistics.median(
        our.wall_seconds / their.wall_seconds for our, their in zip(ours, theirs, strict=True)
    )
    compared_with = f"{peer.program.name}: {_medians(theirs)}"
    shown = f"{ratio:.2f}"
    if peer.growth is not None:
        shown += f" (exponent {math.log(ratio, peer.growth):.2f})"
    if peer.at_most is None:
        return Row("", "", compared_with, shown, "", "")
    verdict = _verdict(met=ratio <= peer.at_most)
    return Row("", "", compared_with, shown, f"{peer.at_most:g}", verdict)


def _verdict(*, met: bool) -> str:
    return "met" if met else "**not met**"


def _medians(costs: Sequence[Cost]) -> str:
    wall = statistics.median(cost.wall_seconds for cost in costs)
    cpu = statistics.median(cost.cpu_seconds for cost in costs)
    return f"{_seconds(wall)}, cpu {_seconds(cpu)}, {max(cost.peak_mb for cost in costs):.0f} MB"


def _seconds(seconds: float) -> str:
    """Return seconds with at least two digits that count."""
    return f"{seconds:.{3 if seconds < 0.1 else 2}f} s"


def _prove(program: Program, environment: Mapping[str, str]) -> None:
    if program.prepare is not None:
        program.prepare()
    done = subprocess.run(
        program.command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    output = done.stdout + done.stderr
    if done.returncode != program.exit_code or output.count(program.proof) != program.times:
        raise WrongRunError(
            f"{program.name} ended with {done.returncode}, not {program.exit_code}, or its output "
            f"has {program.proof!r} {output.count(program.proof)} times, not {program.times}:\n"
            f"{output[-_MAX_SHOWN_LENGTH:]}"
        )


def _run(program: Program, environment: Mapping[str, str]) -> Cost:
    if program.prepare is not None:
        program.prepare()
    with tempfile.TemporaryFile() as complaints:
        begin = time.perf_counter()
        process = subprocess.Popen(
            program.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=complaints,
        )
        # Popen.wait keeps the resource usage to itself
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != program.exit_code:
            complaints.seek(0)
            end = complaints.read().decode("utf-8", "replace")[-_MAX_SHOWN_LENGTH:]
            raise WrongRunError(f"{program.name} ended with {process.returncode}:\n{end}")
    peak_mb = usage.ru_maxrss * _BYTES_PER_RSS_UNIT / 1e6
    return Cost(wall, usage.ru_utime + usage.ru_stime, peak_mb)
