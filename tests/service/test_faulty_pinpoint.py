"""The Pinpoint with faults that the tests of delivery lean on: what it counts is what happened."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.request import urlopen

import faulty_pinpoint
import pytest
from faulty_pinpoint import Call, FaultyPinpoint, every, refuse_every

from pinpoint_endpoints import Refused, connect, get

IDS = [f"E-{number}" for number in range(400)]


def put(url: str, ids: list[str], **members: object) -> int:
    """Send a batch over a connection of its own; return the status, 0 for no whole answer."""
    connection = HTTPConnection(url.removeprefix("http://"), timeout=10)
    items = [{"Id": name, **members} for name in ids]
    try:
        connection.request("PUT", "/v1/apps/app/endpoints", json.dumps({"Item": items}))
        answer = connection.getresponse()
        answer.read()
    except (OSError, HTTPException):
        return 0
    finally:
        connection.close()
    return answer.status


def run_with_faults(threads: int) -> tuple[FaultyPinpoint, list[int]]:
    """Send batches of two, twice each, through all faults; return the server and the statuses."""
    shares: dict[str, Any] = dict.fromkeys(
        ("throttle", "reset", "stall", "late", "half_body", "html", "error"), 0.1
    )
    batches = [IDS[begin : begin + 2] for begin in range(0, len(IDS), 2)] * 2
    with (
        FaultyPinpoint(**shares, stall_seconds=0.001, seed=4) as server,
        ThreadPoolExecutor(threads) as pool,
    ):
        statuses = list(pool.map(lambda batch: put(server.url, batch), batches))
    return server, statuses


def test_what_is_counted_is_what_was_stored_and_answered() -> None:
    """Every call is listed with its fault, and each endpoint with a version for each update."""
    server, statuses = run_with_faults(threads=4)
    faults = {call.fault or str(call.status) for call in server.calls}
    assert faults == {
        *("202", "429", "500", "reset before storing", "reset after storing"),
        *("stall", "late", "half body", "bad gateway", "unavailable"),
    }
    storing = [name.lower() for call in server.calls if call.stored for name in call.ids]
    assert {name: len(versions) for name, versions in server.stored.items()} == {
        name: storing.count(name) for name in storing
    }
    in_time = [call.status for call in server.calls if call.fault != "late"]
    late = [202 for call in server.calls if call.fault == "late"]
    assert sorted(statuses) == sorted(in_time + late)


def test_faults_do_not_hang_on_the_order_of_arrival() -> None:
    """One thread and four meet the same faults."""
    one, four = run_with_faults(threads=1)[0], run_with_faults(threads=4)[0]
    assert sorted(one.calls) == sorted(four.calls)


def test_an_item_that_is_refused_takes_its_batch_with_it() -> None:
    """Of a refused batch nothing is stored, nor of one that is too large or names one id twice."""
    with FaultyPinpoint(refuses=refuse_every(37)) as server:
        statuses = [
            put(server.url, IDS[36:39]),
            put(server.url, IDS[1:37]),
            put(server.url, IDS[38:139][:101]),
            put(server.url, ["a", "A"]),
            put(server.url, ["b"], Address="x" * 7_000_000),
        ]
    assert statuses == [400, 202, 400, 400, 413]
    assert [*server.stored] == [name.lower() for name in IDS[1:37]]


@pytest.mark.usefixtures("aws_variables")
def test_what_is_stored_can_be_read_but_not_what_it_forgot() -> None:
    """GetEndpoint answers with the versions merged; a forgotten item was answered, and is not."""
    with FaultyPinpoint(forgets=every(2)) as server:
        put(server.url, ["E-1", "E-2"], Address="a", Location={"Latitude": 1.25})
        put(server.url, ["e-1"], OptOut="ALL")
        client = connect(endpoint_url=server.url)
        stored = get(client, "app", "E-1")
        with pytest.raises(Refused, match="HTTP 404"):
            get(client, "app", "E-2")
    assert (stored["Address"], stored["OptOut"], stored["Location"]) == (
        "a",
        "ALL",
        {"Latitude": 1.3},
    )
    assert server.calls[0] == Call("UpdateEndpointsBatch", ("E-1", "E-2"), 202, stored=True)


def test_it_is_a_program_too() -> None:
    """Started by itself it prints its URL, and tells its counts to another process."""
    command = [sys.executable, faulty_pinpoint.__file__, "--refuse-every", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, encoding="utf-8") as program:
        assert program.stdout is not None
        url = program.stdout.readline().strip()
        assert [put(url, ["E-1"]), put(url, ["E-2"])] == [202, 400]
        with urlopen(f"{url}/counts", timeout=10) as answer:
            counts = json.load(answer)
        program.terminate()
    assert counts == {
        "calls": 2,
        "answers": {"202": 1, "400": 1},
        "faults": {},
        "endpoints": 1,
        "stored": {"e-1": 1},
    }
