"""How fast `pe` is beside what one would use instead: whole processes, in pairs, one table.

    python tests/benchmarks/run.py                  all of them
    python tests/benchmarks/run.py file upsert      some
    python tests/benchmarks/run.py --ajv node_modules/.bin/ajv directory
    python tests/benchmarks/run.py million          only if it is named

A million takes ten minutes and 900 MB of disk. The cpu of `batches` and `checked-batches` is that
of sending alone, as the programs tell it: a start-up is shared by however many are sent.

check-jsonschema and the AWS CLI come with the extra `dev`; `npm install ajv-cli` gives ajv.
Exit codes: 0 every target is met, and what was skipped is said; 1 a target is missed;
2 a program failed, or nothing was measured.
"""

import argparse
import os
import shutil
import sys
import sysconfig
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from accepting_server import accepting_server
from corpus import documents, write_directory, write_document, write_lines
from pairs import Comparison, Measure, Pair, Program, WrongRun, compare, table

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "endpoint-request.schema.json"
HERE = Path(__file__).parent
FILES = 10_000
LINES = 20_000
MILLION = 1_000_000
MAX_MIB = 300


class Missing(Exception):  # noqa: N818 - says what it means where it is raised
    """A program to compare with is not installed."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where the benchmarks work.

    Attributes:
        folder: holds all that they write; removed afterwards.
        endpoint: a file with one document.
        url: where the server listens.
        ajv: what `--ajv` says, or empty.
    """

    folder: Path
    endpoint: Path
    url: str
    ajv: str


def validate_file(place: Place) -> Pair:
    """One file, from cold: mostly imports."""
    file = str(place.endpoint)
    return Pair(
        "validate one file",
        Program("pe validate", (_installed("pe"), "validate", file), "1 document: 1 valid"),
        Program(
            "check-jsonschema",
            (_installed("check-jsonschema"), "--schemafile", str(SCHEMA), file),
            "ok -- validation done",
        ),
        target=0.4,
    )


def validate_directory(place: Place) -> Pair:
    """Ten thousand files: mostly reading, parsing and checking."""
    ajv = shutil.which(place.ajv or "ajv")
    if ajv is None:
        raise Missing(f"{place.ajv or 'ajv'} is not there: `npm install ajv-cli`, then --ajv PATH")
    directory = place.folder / "endpoints"
    write_directory(directory, FILES)
    options = ("--spec=draft2020", "--strict=false", "-s", str(SCHEMA), "-d", f"{directory}/*.json")
    return Pair(
        f"validate {FILES:,} files",
        Program(
            "pe validate",
            (_installed("pe"), "validate", str(directory)),
            f"{FILES:,} documents: {FILES:,} valid",
        ),
        Program("ajv-cli", (ajv, "validate", *options), ".json valid\n", times=FILES),
        target=1.2,  # ajv-cli checks the schema alone: no rules, nothing across files
    )


def upsert_to_server(place: Place) -> Pair:
    """One endpoint to a server, from cold: imports, the client, one request."""
    return Pair(
        "upsert one endpoint to a server",
        _pe_upsert(place, "--endpoint-url", place.url),
        _aws_update_endpoint(place),
        target=0.85,
    )


def upsert_locally(place: Place) -> Pair:
    """One endpoint to the local Pinpoint, which the AWS CLI has to have a server for."""
    return Pair(
        "upsert one endpoint locally",
        _pe_upsert(place, "--local"),
        _aws_update_endpoint(place),
        target=0.85,
    )


def batches(place: Place) -> Pair:
    """Documents that are parsed and checked, a hundred a call: our client beside boto3's."""
    return _ready_batches(place, "pe", target=0.25)


def checked_batches(place: Place) -> Pair:
    """Documents that are parsed: ours are checked by all rules, boto3's by its parameters."""
    return _ready_batches(place, "library", target=0.3)


def many(place: Place) -> Pair:
    """A file of many, whole processes: ours checks every document, the script sends what it has."""
    return Pair(
        f"upsert a file of {LINES:,}",
        _pe_upsert_many(place, _lines(place, LINES), LINES),
        _boto3_batches(place, _lines(place, LINES), LINES),
        target=0.5,
        judged=Measure.CPU,
    )


def million(place: Place) -> Pair:
    """A million with a journal: memory is flat."""
    lines, journal = _lines(place, MILLION), place.folder / "journal"
    return Pair(
        f"upsert a file of {MILLION:,}",
        _pe_upsert_many(place, lines, MILLION, journal=journal),
        _boto3_batches(place, lines, MILLION),
        target=0.7,
        judged=Measure.CPU,
        max_mib=MAX_MIB,
    )


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark by its name on the command line.

    Attributes:
        pair: prepares the programs; raises `Missing`.
        rounds: how many give a stable median on a machine that does other things too.
        unasked: whether it is run if none is named.
    """

    pair: Callable[[Place], Pair]
    rounds: int
    unasked: bool = True


BENCHMARKS = {
    "file": Benchmark(validate_file, 25),
    "upsert": Benchmark(upsert_to_server, 21),
    "directory": Benchmark(validate_directory, 11),
    "local": Benchmark(upsert_locally, 21),
    "batches": Benchmark(batches, 9),
    "checked-batches": Benchmark(checked_batches, 9),
    "many": Benchmark(many, 9),
    "million": Benchmark(million, 2, unasked=False),
}


def main() -> int:
    """Run the benchmarks that are asked for, print the table, and return the exit code."""
    options = _parser().parse_args()
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="pe-benchmarks-") as folder, accepting_server() as url:
        place = Place(Path(folder), Path(folder, "endpoint.json"), url, options.ajv)
        write_document(place.endpoint, next(documents(1)))
        environment = _environment(place.folder)
        for name in options.benchmarks or [name for name in BENCHMARKS if BENCHMARKS[name].unasked]:
            benchmark = BENCHMARKS[name]
            try:
                pair = benchmark.pair(place)
                sys.stderr.write(f"measuring: {pair.title}\n")
                rounds = options.rounds or benchmark.rounds
                comparisons.append(compare(pair, rounds, environment))
            except Missing as missing:
                sys.stderr.write(f"SKIPPED {name}: {missing}\n")
            except WrongRun as wrong:
                sys.stderr.write(f"{wrong}\n")
                return 2
    if not comparisons:
        return 2
    sys.stdout.write(table(comparisons))
    return 0 if all(comparison.met for comparison in comparisons) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "benchmarks",
        nargs="*",
        type=_name,
        metavar="BENCHMARK",
        help=f"which: {', '.join(BENCHMARKS)}; all if none is named",
    )
    parser.add_argument("--rounds", type=_rounds, help="measure each pair this often")
    parser.add_argument("--ajv", default="", metavar="PATH", help="the ajv of npm's ajv-cli")
    return parser


def _name(text: str) -> str:
    if text not in BENCHMARKS:
        raise argparse.ArgumentTypeError(f"{text!r} is none of {', '.join(BENCHMARKS)}")
    return text


def _rounds(text: str) -> int:
    if not text.isdecimal() or int(text) < 2:
        raise argparse.ArgumentTypeError("give a number of at least 2")
    return int(text)


def _pe_upsert(place: Place, *where: str) -> Program:
    ids = ("--app", "benchmark", "--id", "ada")
    return Program(
        f"pe upsert {where[0]}",
        (_installed("pe"), "upsert", *where, *ids, str(place.endpoint)),
        "accepted 202",
    )


def _aws_update_endpoint(place: Place) -> Program:
    return Program(
        "aws pinpoint update-endpoint",
        (
            _installed("aws"), "pinpoint", "update-endpoint", "--endpoint-url", place.url,
            "--application-id", "benchmark", "--endpoint-id", "ada",
            "--endpoint-request", f"file://{place.endpoint}",
        ),
        '"Message": "Accepted"',
    )  # fmt: skip


def _ready_batches(place: Place, way: str, target: float) -> Pair:
    file = _lines(place, LINES)

    def program(way: str, name: str) -> Program:
        command = (sys.executable, str(HERE / "ready_batches.py"), way, place.url, str(file))
        return Program(name, command, f"{LINES} accepted", tells_cpu=True)

    checked = "" if way == "pe" else ", checked"
    return Pair(
        f"send {LINES:,} endpoints{checked}",
        program(way, "our client"),
        program("boto3", "boto3"),
        target=target,
        judged=Measure.CPU,
    )


def _pe_upsert_many(place: Place, file: Path, count: int, journal: Path | None = None) -> Program:
    options = () if journal is None else ("--journal", str(journal))
    where = ("--endpoint-url", place.url, "--app", "benchmark")
    return Program(
        f"pe upsert{' --journal' if journal else ''}",
        (_installed("pe"), "upsert", *where, *options, str(file)),
        f"{count:,} accepted",
        leaves=journal,
    )


def _boto3_batches(place: Place, file: Path, count: int) -> Program:
    script = str(HERE / "boto3_batches.py")
    return Program("boto3", (sys.executable, script, place.url, str(file)), f"{count} accepted")


def _lines(place: Place, count: int) -> Path:
    """Return a file with this many documents."""
    file = place.folder / f"{count}.ndjson"
    if not file.exists():
        write_lines(file, count)
    return file


def _installed(name: str) -> str:
    """Return the program that is installed beside this Python."""
    path = shutil.which(name, path=sysconfig.get_path("scripts"))
    if path is None:
        raise Missing(f"{name} is not installed beside {sys.executable}: `pip install -e '.[dev]'`")
    return path


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
