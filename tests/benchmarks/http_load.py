"""A URL in, updates on many connections at once, and how many a second were acknowledged, out.

    python tests/benchmarks/http_load.py http://127.0.0.1:7467 demo single 20000 32
    python tests/benchmarks/http_load.py http://127.0.0.1:7467 demo batch 200000 8

It sends the bytes of a boto3 request, prepared once and unsigned, at a tenth of boto3's cost.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from urllib.parse import SplitResult, urlsplit

from corpus import documents

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
        for number, document in enumerate(documents(min(endpoints, DISTINCT)))
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


if __name__ == "__main__":
    _, where, to, how, many, at_once = sys.argv
    print(round(asyncio.run(load(where, to, how, int(many), int(at_once)))))  # noqa: T201 - results
