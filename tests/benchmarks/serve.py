"""How many updates a second `pe serve` acknowledges, beside moto's server with our plug-in.

    python tests/benchmarks/serve.py                3 rounds
    python tests/benchmarks/serve.py --rounds 1

The load comes from this process, so that two cores carry both. What `pe serve` acknowledges is on
the disk; moto keeps it in memory. Exit codes: 0 both targets are met, 1 one is missed.
"""

import argparse
import asyncio
import os
import signal
import socket
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import boto3
from http_load import load

SINGLE_TARGET = 3_000
BATCH_TARGET = 20_000
MOTO = """
import sys
from moto.server import main
from pinpoint_endpoints.local.moto_plugin import install
install()
main(["-p", sys.argv[1]])
"""
MOTO_PORT = 5099


class Way(NamedTuple):
    """One way of updating.

    Attributes:
        mode: `single` or `batch`.
        connections: how many calls are under way.
        endpoints: how many are sent to `pe serve`.
        fewer: how many are sent to moto's server.
        target: endpoints a second.
    """

    mode: str
    connections: int
    endpoints: int
    fewer: int
    target: int


WAYS = (
    Way("single", 32, 20_000, 400, SINGLE_TARGET),
    Way("batch", 8, 100_000, 2_000, BATCH_TARGET),
)


@contextmanager
def pe_serve(store: Path) -> Iterator[str]:
    """Run the installed `pe serve`, and give its URL."""
    command = [str(Path(sysconfig.get_path("scripts"), "pe")), "serve", "--port", "0", "-q"]
    with subprocess.Popen(
        [*command, "--store", str(store)], stdout=subprocess.PIPE, encoding="utf-8"
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().partition("=")[2].strip()
        finally:
            server.send_signal(signal.SIGTERM)


@contextmanager
def moto_server() -> Iterator[str]:
    """Run moto's server with the endpoint operations, and give its URL."""
    with subprocess.Popen(
        [sys.executable, "-c", MOTO, str(MOTO_PORT)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as server:
        try:
            while not _listens(MOTO_PORT):
                time.sleep(0.05)
            yield f"http://127.0.0.1:{MOTO_PORT}"
        finally:
            server.kill()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def application(url: str) -> str:
    """Make an application to send updates to."""
    client = boto3.client("pinpoint", endpoint_url=url, region_name="us-east-1")
    made = client.create_app(CreateApplicationRequest={"Name": "load"})
    return str(made["ApplicationResponse"]["Id"])


def main() -> int:
    """Measure, print a table, and return the exit code."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    os.environ.update(AWS_ACCESS_KEY_ID="load", AWS_SECRET_ACCESS_KEY="load")
    met = True
    sys.stdout.write("| updates | pe serve, /s | target | moto's server, /s | ratio |\n")
    sys.stdout.write("| --- | --- | --- | --- | --- |\n")
    for way in WAYS:
        ours, theirs = [], []
        for _ in range(rounds):
            with tempfile.TemporaryDirectory() as folder, pe_serve(Path(folder, "store")) as url:
                ours.append(_rate(way, url, way.endpoints))
            with moto_server() as url:
                theirs.append(_rate(way, url, way.fewer))
        ratio = statistics.median(our / their for our, their in zip(ours, theirs, strict=True))
        rate = statistics.median(ours)
        met = met and rate >= way.target
        others = statistics.median(theirs)
        sys.stdout.write(
            f"| {way.mode} | {rate:,.0f} | {way.target:,} | {others:,.0f} | {ratio:.0f} |\n"
        )
        sys.stdout.flush()
    return 0 if met else 1


def _rate(way: Way, url: str, endpoints: int) -> float:
    return asyncio.run(load(url, application(url), way.mode, endpoints, way.connections))


if __name__ == "__main__":
    sys.exit(main())
