"""How many updates a second `pe serve` acknowledges, beside moto's server with our plug-in.

    python tests/benchmarks/serve.py                3 rounds
    python tests/benchmarks/serve.py --rounds 1

The load comes from this process, so that two cores carry both: the bytes of a boto3 request,
prepared once and unsigned, at a tenth of boto3's cost. What `pe serve` acknowledges is on the disk;
moto keeps it in memory. Exit codes: 0 both targets are met, 1 one is missed.
"""

import argparse
import asyncio
import json
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
from itertools import islice
from pathlib import Path
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

import boto3
from corpus import Kind, documents

ITEMS = 100
CLOSE = b"\r\nConnection: close"
DISTINCT = 20_000
HEADERS = (
    "Accept-Encoding: identity\r\nContent-Type: application/json\r\n"
    "User-Agent: Boto3/1.43.117 md/Botocore#1.43.117 ua/2.1 os/linux md/arch#x86_64 lang/python\r\n"
    "X-Amz-Date: 20261127T000000Z\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/"
    "20261127/us-east-1/mobiletargeting/aws4_request, SignedHeaders=content-type;host;x-amz-date, "
    f"Signature={'0' * 64}\r\namz-sdk-invocation-id: 00000000-0000-0000-0000-000000000000\r\n"
    "amz-sdk-request: attempt=1\r\n"
)
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
    Way("single", 32, 20_000, 400, 3_000),
    Way("batch", 8, 100_000, 2_000, 20_000),
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


class Client(asyncio.Protocol):
    """Sends the next request when the one before is answered, on a new connection if it must.

    Args:
        place: where the server listens.
        requests: what is left to send, of all clients.
    """

    def __init__(self, place: SplitResult, requests: Iterator[bytes]) -> None:
        self._place = place
        self._requests = requests
        self._loop = asyncio.get_running_loop()
        self._received = b""
        self.ended: asyncio.Future[None] = self._loop.create_future()

    async def connect(self) -> None:
        """Begin."""
        where = self._place.hostname or "", self._place.port or 80
        await self._loop.create_connection(lambda: self, *where)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._transport = transport
        request = next(self._requests, None)
        if request is not None:
            self._transport.write(request)
        else:
            self._end()

    def data_received(self, data: bytes) -> None:
        """Go on when an answer is whole."""
        if data.startswith(b"HTTP/1.1 202 ") and data.endswith(b"}") and CLOSE not in data:
            self.connection_made(self._transport)  # whole: its body is one flat object
            return
        self._received += data
        head, found, body = self._received.partition(b"\r\n\r\n")
        if not found:
            return
        head = head.lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        if len(body) < length:
            return
        if b" 202 " not in head[:16]:
            self.ended.set_exception(RuntimeError(self._received.decode()))
        self._received = b""
        if CLOSE.lower() in head:
            self._transport.close()
            self._again = self._loop.create_task(self.connect())
        else:
            self.connection_made(self._transport)

    def _end(self) -> None:
        if not self.ended.done():
            self.ended.set_result(None)
        self._transport.close()


def requests(host: str, application_id: str, mode: str, endpoints: int) -> list[bytes]:
    """Return the requests that update so many endpoints."""
    made = [
        {"Id": f"endpoint-{number}", **document}
        for number, document in enumerate(documents(Kind.CLEAN, min(endpoints, DISTINCT)))
    ]
    path = f"/v1/apps/{application_id}/endpoints"
    if mode == "single":
        return [_single(host, path, item) for item in made]
    groups = [made[begin : begin + ITEMS] for begin in range(0, len(made), ITEMS)]
    return [_put(host, path, {"Item": group}) for group in groups]


def _single(host: str, path: str, item: dict[str, object]) -> bytes:
    request = {name: value for name, value in item.items() if name != "Id"}
    return _put(host, f"{path}/{item['Id']}", request)


def _put(host: str, path: str, value: object) -> bytes:
    body = json.dumps(value, ensure_ascii=False).encode()
    length = f"Content-Length: {len(body)}\r\n\r\n"
    return f"PUT {path} HTTP/1.1\r\nHost: {host}\r\n{HEADERS}{length}".encode() + body


async def load(url: str, application_id: str, mode: str, endpoints: int, connections: int) -> float:
    """Send the updates, and return how many endpoints were acknowledged a second."""
    place = urlsplit(url)
    made = requests(place.netloc, application_id, mode, endpoints)
    each = 1 if mode == "single" else ITEMS
    count = endpoints // each
    rest = islice((made[number % len(made)] for number in range(count)), count)
    clients = [Client(place, rest) for _ in range(connections)]
    begin = time.perf_counter()
    for client in clients:
        await client.connect()
    await asyncio.gather(*(client.ended for client in clients))
    return count * each / (time.perf_counter() - begin)


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
