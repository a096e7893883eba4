"""What the tests of `pe upsert` of many endpoints share: a command, and what a server saw of it."""

from delivering import envelope_in
from faulty_pinpoint import FaultyPinpoint
from http_stub import HttpStub
from running import Ended, run

INVALID = '{"Id": "wrong", "ChannelType": "PIGEON"}\n'
UPDATES = ("UpdateEndpoint", "UpdateEndpointsBatch")


def upsert(
    server: FaultyPinpoint | HttpStub, *arguments: object, given: str | None = None
) -> Ended:
    """Upsert to a server."""
    return run("upsert", "--app", "demo", "--endpoint-url", server.url, *arguments, given=given)


def sent(server: FaultyPinpoint) -> list[tuple[str, tuple[str, ...]]]:
    """Return the updates that came, in their order."""
    return [(call.operation, call.ids) for call in server.calls if call.operation in UPDATES]


def states_in(ended: Ended) -> dict[str, str]:
    """Return what became of each endpoint, by the envelope."""
    return {one["endpoint_id"]: one["state"] for one in envelope_in(ended.out)["results"]}
