"""Pairs of programs in, what they cost beside each other out, and a table of it.

The two run in turn (A B A B ...), so that whatever else the machine does hits both alike, and what
counts is the median of the rounds' ratios. Only ratios can be compared between runs and machines.
"""

import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import NamedTuple

_BYTES_PER_RSS_UNIT = 1 if sys.platform == "darwin" else 1024
_MAX_SHOWN_LENGTH = 2000


class WrongRun(Exception):  # noqa: N818 - says what it means where it is raised
    """A program did not do the work that it was to be measured at."""


class Cost(NamedTuple):
    """What one run of a program took; children of its own are in it."""

    wall_seconds: float
    cpu_seconds: float
    peak_mib: float


class Measure(Enum):
    """Which part of a cost is judged; the value is its place in it."""

    WALL = 0
    CPU = 1


@dataclass(frozen=True, slots=True)
class Program:
    """A command that is measured.

    Attributes:
        name: how the table calls it.
        command: the program's file and its arguments.
        proof: a text that its output holds if it did its work.
        times: how often the output holds it.
        tells_cpu: whether the last line of its output is the seconds of cpu that count, of a part
            of its work.
        leaves: a file that is removed before each run.
    """

    name: str
    command: tuple[str, ...]
    proof: str
    times: int = 1
    tells_cpu: bool = False
    leaves: Path | None = None


@dataclass(frozen=True, slots=True)
class Pair:
    """Two programs that do the same work.

    Attributes:
        title: the work.
        ours: the program that the target is about.
        theirs: what it is compared with.
        target: the greatest ratio, ours to theirs, that is good enough.
        judged: what the ratio is of.
        max_mib: how much memory ours may take at most, if that is judged too.
    """

    title: str
    ours: Program
    theirs: Program
    target: float
    judged: Measure = Measure.WALL
    max_mib: float = math.inf


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the rounds of a pair took, in the order in which they ran."""

    pair: Pair
    ours: tuple[Cost, ...]
    theirs: tuple[Cost, ...]

    def ratios(self, of: Measure) -> list[float]:
        """Return ours to theirs, round by round."""
        pairs = zip(self.ours, self.theirs, strict=True)
        return [ours[of.value] / theirs[of.value] for ours, theirs in pairs]

    def ratio(self, of: Measure) -> float:
        """Return the median of the rounds' ratios."""
        return statistics.median(self.ratios(of))

    @property
    def met(self) -> bool:
        """Whether the target is met."""
        little = all(cost.peak_mib <= self.pair.max_mib for cost in self.ours)
        return little and self.ratio(self.pair.judged) <= self.pair.target


def compare(pair: Pair, rounds: int, environment: Mapping[str, str]) -> Comparison:
    """Run both programs in turn, after one round that is checked and not counted.

    Args:
        pair: the programs.
        rounds: how often each is measured.
        environment: all variables that they see.

    Raises:
        WrongRun: a program failed, or its output in the first round lacks the proof.
    """
    for program in (pair.ours, pair.theirs):
        _prove(program, environment)
    costs = [(_run(pair.ours, environment), _run(pair.theirs, environment)) for _ in range(rounds)]
    ours, theirs = zip(*costs, strict=True)
    return Comparison(pair, ours, theirs)


def table(comparisons: Sequence[Comparison]) -> str:
    """Return the comparisons as a table in Markdown, two lines each."""
    headings = ("what", "program", "wall ms", "cpu ms", "peak MiB")
    verdicts = ("wall ratio", "cpu ratio", "target", "quartiles", "")
    lines = [_row(headings + verdicts), _row("---" for _ in headings + verdicts)]
    for one in comparisons:
        low, _, high = statistics.quantiles(one.ratios(one.pair.judged), n=4, method="inclusive")
        verdict = (
            "" if one.pair.ours.tells_cpu else f"{one.ratio(Measure.WALL):.2f}",
            f"{one.ratio(Measure.CPU):.2f}",
            _target(one.pair),
            f"{low:.2f} to {high:.2f}",
            "met" if one.met else "MISSED",
        )
        lines += [
            _row((one.pair.title, one.pair.ours.name, *_medians(one.ours), *verdict)),
            _row(("", one.pair.theirs.name, *_medians(one.theirs), *("" for _ in verdict))),
        ]
    return "".join(lines)


def _target(pair: Pair) -> str:
    memory = "" if pair.max_mib == math.inf else f", {pair.max_mib:.0f} MiB"
    return f"{pair.judged.name.lower()} {pair.target:.2f}{memory}"


def _medians(costs: Sequence[Cost]) -> tuple[str, str, str]:
    return (
        f"{statistics.median(cost.wall_seconds for cost in costs) * 1000:.0f}",
        f"{statistics.median(cost.cpu_seconds for cost in costs) * 1000:.0f}",
        f"{max(cost.peak_mib for cost in costs):.0f}",
    )


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def _prove(program: Program, environment: Mapping[str, str]) -> None:
    _clear(program)
    done = subprocess.run(
        program.command,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    if done.returncode or done.stdout.count(program.proof) != program.times:
        raise WrongRun(
            f"{program.name} ended with {done.returncode}, and its output was to hold "
            f"{program.proof!r} {program.times} times:\n"
            f"{(done.stdout + done.stderr)[-_MAX_SHOWN_LENGTH:]}"
        )


def _run(program: Program, environment: Mapping[str, str]) -> Cost:
    _clear(program)
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as complaints:
        begin = time.perf_counter()
        process = subprocess.Popen(
            program.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output if program.tells_cpu else subprocess.DEVNULL,
            stderr=complaints,
        )
        # Popen.wait keeps the resource usage to itself
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begin
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            complaints.seek(0)
            said = complaints.read().decode("utf-8", "replace")[-_MAX_SHOWN_LENGTH:]
            raise WrongRun(f"{program.name} ended with {process.returncode}:\n{said}")
        cpu = usage.ru_utime + usage.ru_stime
        if program.tells_cpu:
            output.seek(0)
            cpu = float(output.readlines()[-1])
    return Cost(wall, cpu, usage.ru_maxrss * _BYTES_PER_RSS_UNIT / 1024**2)


def _clear(program: Program) -> None:
    if program.leaves is not None:
        program.leaves.unlink(missing_ok=True)
