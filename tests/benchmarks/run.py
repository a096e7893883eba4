"""How fast `pe` is beside what one would use instead: whole processes, in turn, one table.

    python tests/benchmarks/run.py                    everything: 10 to 15 minutes
    python tests/benchmarks/run.py --only json,cold   some
    python tests/benchmarks/run.py --quick            a tenth of the documents, few rounds

A whole run writes `RESULTS.md` beside this file, and the rows that README.md quotes from it. Other
runs only print the table. Peers that are missing are installed into `.benchmarks`, or named.

Exit codes: 0 every target is met; 1 one is missed; 2 a program failed, or nothing was measured.
"""

import argparse
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import steps
from accepting_stub import accepting_stub
from corpus import SEED, Corpus, Kind, summary
from measure import HEADINGS, Peer, Program, Row, Work, WrongRunError, compare
from peers import ROOT, MissingError, ajv, installed, sourcemeta, versions

HERE = Path(__file__).parent
SCHEMA = str(ROOT / "schemas" / "endpoint-request.schema.json")
RESULTS = HERE / "RESULTS.md"
README = ROOT / "README.md"
MAX_GROWTH = 11
"""How many times as long ten times as much may take."""


@dataclass(frozen=True, slots=True)
class Bench:
    """Where the programs work, and how much they are given.

    Attributes:
        directory: has all files that are written.
        corpus: makes documents there.
        url: where a server accepts everything.
        scale: by what all counts are divided.
    """

    directory: Path
    corpus: Corpus
    url: str
    scale: int = 1

    def count(self, whole: int) -> int:
        """Return how many documents this run takes where a whole run takes so many."""
        return whole // self.scale


def json_files(bench: Bench) -> Iterator[Work]:
    """10,000 JSON files: mostly reading, parsing and checking."""
    count = bench.count(10_000)
    for kind, at_most in ((Kind.CLEAN, 0.7), (Kind.WARNINGS, 0.9), (Kind.ERRORS, 1.3)):
        directory = bench.corpus.json_directory(kind, count)
        peers = [
            Peer(_ajv(directory, "json", kind, count), at_most),
            Peer(_sourcemeta(directory, kind, count)),
            *_floors("json", directory, count),
        ]
        title = f"validate {count:,} JSON files, {kind.value}"
        yield Work(title, _pe(directory, kind, count), peers)


def text(bench: Bench) -> Iterator[Work]:
    """10,000 JSON files, where the place of each problem is printed."""
    count, kind = bench.count(10_000), Kind.WARNINGS
    directory = bench.corpus.json_directory(kind, count)
    yield Work(
        f"`validate -o text` of {count:,} JSON files, {kind.value}",
        _pe(directory, kind, count, "-o", "text"),
        [Peer(_ajv(directory, "json", kind, count), 2.0)],
    )


def yaml_files(bench: Bench) -> Iterator[Work]:
    """10,000 YAML files."""
    count = bench.count(10_000)
    for kind, at_most in ((Kind.CLEAN, 0.8), (Kind.WARNINGS, 1.0)):
        directory = bench.corpus.yaml_directory(kind, count)
        peers = [
            Peer(_ajv(directory, "yaml", kind, count), at_most),
            Peer(_sourcemeta(directory, kind, count)),
            *_floors("yaml", directory, count),
        ]
        title = f"validate {count:,} YAML files, {kind.value}"
        yield Work(title, _pe(directory, kind, count), peers)


def lines(bench: Bench) -> Iterator[Work]:
    """100,000 lines of NDJSON."""
    count = bench.count(100_000)
    for kind, at_most in ((Kind.CLEAN, 0.5), (Kind.WARNINGS, 1.0)):
        file = bench.corpus.lines(kind, count)
        peers = [
            Peer(_sourcemeta(file, kind, count), at_most),
            *_floors("lines", file, count),
        ]
        title = f"validate {count:,} NDJSON lines, {kind.value}"
        yield Work(title, _pe(file, kind, count), peers, max_mb=100)


def upsert(bench: Bench) -> Iterator[Work]:
    """100,000 lines to a server that answers at once, and 20,000 to none."""
    count = bench.count(100_000)
    file = bench.corpus.lines(Kind.WARNINGS, count)
    boto3 = (sys.executable, str(HERE / "boto3_batches.py"), bench.url, str(file))
    yield Work(
        f"upsert {count:,} NDJSON lines, {Kind.WARNINGS.value}",
        Program("pe", (*_upsert(bench), str(file)), f"{count:,} accepted"),
        [Peer(Program("boto3 in a loop, unchecked", boto3, f"{count} accepted"), 0.4)],
        max_mb=100,
    )
    count = bench.count(20_000)
    programs = [
        Program(
            kind.value,
            (*_upsert(bench), "--dry-run", str(bench.corpus.lines(kind, count))),
            f"{count:,} endpoints",
        )
        for kind in (Kind.WARNINGS, Kind.CLEAN)
    ]
    title = f"`upsert --dry-run` of {count:,} NDJSON lines, {Kind.WARNINGS.value}"
    yield Work(title, programs[0], [Peer(programs[1])])


def cold(bench: Bench) -> Iterator[Work]:
    """One file, or none: mostly imports."""
    file = str(bench.corpus.one())
    check = (installed("check-jsonschema"), "--schemafile", SCHEMA, file)
    aws = installed("aws")
    update = Program(
        "aws pinpoint update-endpoint",
        (
            aws, "pinpoint", "update-endpoint", "--endpoint-url", bench.url,
            "--application-id", "benchmark", "--endpoint-id", "ada",
            "--endpoint-request", f"file://{file}",
        ),
        '"Message": "Accepted"',
    )  # fmt: skip
    yield Work(
        "validate one file",
        Program("pe", (installed("pe"), "validate", file), "1 document: 1 valid"),
        [Peer(Program("check-jsonschema", check, "ok -- validation done"), 0.33)],
    )
    one = ("--id", "ada", file)
    yield Work(
        "upsert one file to a server",
        Program("pe", (*_upsert(bench), *one), "accepted 202"),
        [Peer(update, 0.5)],
    )
    local = (installed("pe"), "upsert", "--app", "benchmark", "--local", *one)
    yield Work(
        "upsert one file with `--local`",
        Program("pe", local, "accepted 202"),
        [Peer(update, 0.5)],
    )
    yield Work(
        "`--version`",
        Program("pe", (installed("pe"), "--version"), "pe "),
        [Peer(Program("aws --version", (aws, "--version"), "aws-cli/"), 0.2)],
    )


def growth(bench: Bench) -> Iterator[Work]:
    """Ten times as much of everything, twice in a row: at most eleven times as long."""
    for count in (bench.count(10_000), bench.count(100_000)):
        for kind in (Kind.WARNINGS, Kind.ERRORS):
            title = f"documents x 10: {count:,} NDJSON lines, {kind.value}"
            yield _growth(title, partial(_growing, bench.corpus.lines, kind), count)
    for count in (bench.count(500), bench.count(5_000)):
        title = f"problems x 10: {3 * count:,} in one JSON file"
        yield _growth(title, partial(_growing, bench.corpus.list_file, Kind.ERRORS), count)
        yield _growth(f"{title}, `--fix`", partial(_fix, bench), count)
    for count in (bench.count(10_000), bench.count(100_000)):
        title = f"files x 10: {count:,} JSON files, {Kind.WARNINGS.value}"
        yield _growth(title, partial(_growing, bench.corpus.json_directory, Kind.WARNINGS), count)


GROUPS: dict[str, Callable[[Bench], Iterator[Work]]] = {
    "json": json_files,
    "text": text,
    "yaml": yaml_files,
    "lines": lines,
    "upsert": upsert,
    "cold": cold,
    "growth": growth,
}


def main() -> int:
    """Measure, print the table, write the results of a whole run, and return the exit code."""
    options = _parser().parse_args()
    rows: list[Row] = []
    missing: list[str] = []
    with tempfile.TemporaryDirectory(prefix="pe-benchmarks-") as name, accepting_stub() as url:
        directory = Path(name)
        corpus = Corpus(directory, options.seed)
        bench = Bench(directory, corpus, url, scale=10 if options.quick else 1)
        seconds, rounds = (1, range(2, 5)) if options.quick else (15, range(3, 21))
        environment = _environment(directory)
        for group in options.only:
            try:
                for work in GROUPS[group](bench):
                    sys.stderr.write(f"{work.title}\n")
                    rows += compare(work, environment, seconds=seconds, rounds=rounds)
            except MissingError as error:
                missing.append(f"{group}: {error}")
                sys.stderr.write(f"missing: {missing[-1]}\n")
            except WrongRunError as error:
                sys.stderr.write(f"{error}\n")
                return 2
        section = "\n".join(_steps(corpus, bench.count(1_000)))
    report = f"{_report(rows, missing, options.seed)}\n{section}"
    sys.stdout.write(report)
    if options.only == [*GROUPS] and not options.quick and not missing:
        RESULTS.write_text(report, encoding="utf-8")
        README.write_text(_quoted(README.read_text("utf-8"), rows), encoding="utf-8")
    if not rows:
        return 2
    return 1 if any("not" in row.verdict for row in rows) else 0


def _steps(corpus: Corpus, count: int) -> Iterator[str]:
    """Yield the lines of the section about the steps of a validation."""
    yield "## Where the time goes"
    yield ""
    yield "CPU of each step in one process, one step after the other for all documents. What is"
    yield "left of a row above is the start (`validate one file`) and what goes between processes."
    yield "The places of problems are found, and they are written, only where they are shown."
    yield ""
    files = {
        f"{name}, {kind.value}": make(kind, count)
        for name, make in (("JSON", corpus.json_directory), ("YAML", corpus.yaml_directory))
        for kind in Kind
    }
    yield from steps.table(files)
    yield ""


def _quoted(page: str, rows: list[Row]) -> str:
    """Return a page in which the rows that it quotes are as they are now: four cells of each."""
    now = {f"| {row.work} ": f"| {' | '.join(row[:4])} |" for row in rows if row.work}
    quotes = [
        next((quote for start, quote in now.items() if line.startswith(start)), line)
        for line in page.splitlines()
    ]
    return "\n".join([*quotes, ""])


def _report(rows: list[Row], missing: list[str], seed: int) -> str:
    machine = f"{_cpu()}, {os.cpu_count()} cores, {platform.system()}"
    head = [
        "# Benchmarks",
        "",
        "Written by `python tests/benchmarks/run.py`. Times are medians of whole processes,",
        "which ran in turn, with all rules and default options. A ratio is the median of the",
        "rounds'. Memory is that of the largest process; less than 40 MB cannot be told. Rows",
        "without a target are for scale: peers, and floors, which do a part of the work. The",
        "exponent of a row that grows is the logarithm of its ratio: 1 is linear.",
        "",
        f"- machine: {machine}, {platform.python_implementation()} {platform.python_version()}",
        f"- peers: {versions()}",
        f"- seed: {seed}",
        *(f"- missing: {line}" for line in missing),
        "",
    ]
    rule = f"|{' --- |' * len(HEADINGS)}"
    return "\n".join([*head, str(HEADINGS), rule, *map(str, rows), ""])


def _cpu() -> str:
    """Return the name of the processor."""
    cpus = Path("/proc/cpuinfo")
    if cpus.exists():
        for line in cpus.read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(": ")[2]
    return platform.processor() or platform.machine()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--only",
        type=_groups,
        default=[*GROUPS],
        metavar="GROUP,...",
        help=f"which: {', '.join(GROUPS)}",
    )
    parser.add_argument("--quick", action="store_true", help="a tenth of it: a first look")
    parser.add_argument("--seed", type=int, default=SEED, help="of the documents")
    return parser


def _groups(text: str) -> list[str]:
    names = text.split(",")
    for name in names:
        if name not in GROUPS:
            raise argparse.ArgumentTypeError(f"{name!r} is not one of {', '.join(GROUPS)}")
    return names


def _pe(path: Path, kind: Kind, count: int, *options: str) -> Program:
    command = (installed("pe"), "validate", *options, str(path))
    return Program("pe", command, summary(kind, count), exit_code=int(kind is Kind.ERRORS))


def _ajv(directory: Path, suffix: str, kind: Kind, count: int) -> Program:
    wrong = kind is Kind.ERRORS
    command = (
        ajv(), "validate", "--spec=draft2020", "--strict=false",
        *(("--all-errors", "--errors=text") if wrong else ()),
        "-s", SCHEMA, "-d", f"{directory}/*.{suffix}",
    )  # fmt: skip
    proof = f".{suffix} {'invalid' if wrong else 'valid'}\n"
    return Program("ajv-cli", command, proof, times=count, exit_code=int(wrong))


def _sourcemeta(path: Path, kind: Kind, count: int) -> Program:
    lines = ("--entrypoint", "/$defs/EndpointBatchItem") if path.is_file() else ()
    wrong = kind is Kind.ERRORS
    command = (
        sourcemeta(), "validate", "--fast", *(("--continue",) if wrong else ()), *lines,
        SCHEMA, str(path),
    )  # fmt: skip
    passed, failed = (0, count) if wrong else (count, 0)
    return Program(
        "sourcemeta --fast",
        command,
        f"{count} validated, {passed} passed, {failed} failed",
        exit_code=2 if wrong else 0,
    )


def _floors(kind: str, path: Path, count: int) -> Iterator[Peer]:
    """Yield what can be had at best: the files copied to nowhere, and parsed."""
    files = f"{path}/*" if path.is_dir() else str(path)
    shell = shutil.which("sh") or "sh"
    copy = (shell, "-c", f"cat {files} > /dev/null && echo copied")
    parse = (sys.executable, str(HERE / "parse_only.py"), kind, str(path))
    parser = "PyYAML's C parser" if kind == "yaml" else "orjson"
    yield Peer(Program(f"parse only ({parser})", parse, f"{count} parsed"))
    yield Peer(Program("cat", copy, "copied"))


def _upsert(bench: Bench) -> tuple[str, ...]:
    return (installed("pe"), "upsert", "--app", "benchmark", "--endpoint-url", bench.url)


def _growing(make: Callable[[Kind, int], Path], kind: Kind, count: int) -> Program:
    return _pe(make(kind, count), kind, count)


def _fix(bench: Bench, count: int) -> Program:
    file = bench.corpus.list_file(Kind.ERRORS, count)
    copy = bench.directory / f"copy-{count}.json"
    command = (installed("pe"), "validate", "--fix", str(copy))
    return Program(
        "pe", command, "in 1 file", exit_code=1, prepare=lambda: shutil.copyfile(file, copy)
    )


def _growth(title: str, program: Callable[[int], Program], count: int) -> Work:
    tenth = replace(program(count // 10), name="a tenth of it")
    return Work(title, program(count), [Peer(tenth, MAX_GROWTH, growth=10)])


def _environment(home: Path) -> dict[str, str]:
    """Return variables with which no program meets its user's files, an account or a proxy.

    None steers Python either: PYTHONDONTWRITEBYTECODE would have a checkout compiled at each run.
    """
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith(("AWS_", "PE_", "PYTHON"))
        and not name.upper().endswith("_PROXY")
    }
    return inherited | {
        "HOME": str(home),
        "XDG_DATA_HOME": str(home / "data"),
        "AWS_ACCESS_KEY_ID": "benchmark",
        "AWS_SECRET_ACCESS_KEY": "benchmark",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


if __name__ == "__main__":
    sys.exit(main())
