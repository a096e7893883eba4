"""How fast `pe` is beside what one would use instead: whole processes, in pairs, one table.

    python tests/benchmarks/run.py                  all of them
    python tests/benchmarks/run.py file upsert      some
    python tests/benchmarks/run.py --ajv node_modules/.bin/ajv directory

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
from corpus import documents, write_directory, write_document
from pairs import Comparison, Pair, Program, WrongRun, compare, table

ROOT = Path(__file__).parents[2]
SCHEMA = ROOT / "schemas" / "endpoint-request.schema.json"
FILES = 10_000


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
            f"{FILES} documents: {FILES} valid",
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


@dataclass(frozen=True, slots=True)
class Benchmark:
    """A benchmark by its name on the command line.

    Attributes:
        pair: prepares the programs; raises `Missing`.
        rounds: how many give a stable median on a machine that does other things too.
    """

    pair: Callable[[Place], Pair]
    rounds: int


BENCHMARKS = {
    "file": Benchmark(validate_file, 25),
    "upsert": Benchmark(upsert_to_server, 21),
    "directory": Benchmark(validate_directory, 11),
    "local": Benchmark(upsert_locally, 21),
}


def main() -> int:
    """Run the benchmarks that are asked for, print the table, and return the exit code."""
    options = _parser().parse_args()
    comparisons: list[Comparison] = []
    with tempfile.TemporaryDirectory(prefix="pe-benchmarks-") as folder, accepting_server() as url:
        place = Place(Path(folder), Path(folder, "endpoint.json"), url, options.ajv)
        write_document(place.endpoint, next(documents(1)))
        environment = _environment(place.folder)
        for name in options.benchmarks or BENCHMARKS:
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
