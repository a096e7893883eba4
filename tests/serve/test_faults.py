"""Faults on request, through the real server: what clients see of them, and what is stored."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from commands import RunPe
from deliveries import names, stored_in, without_waiting, write_lines
from pe_serve import pe_serve
from raw_client import RawClient, ask, ask_once, request
from sdks import Boto3, Sdk, every_sdk

IDS = [f"e-{number}" for number in range(60)]
EMAIL = {"ChannelType": "EMAIL", "Address": "ada@example.com"}


def put(sdk: Sdk, endpoint_id: str) -> Any:
    """Update an endpoint."""
    return sdk(
        "UpdateEndpoint", ApplicationId="demo", EndpointId=endpoint_id, EndpointRequest=EMAIL
    )


def outcome(port: int, endpoint_id: str) -> str:
    """Update an endpoint on a new connection; return the status, or `broken`."""
    with RawClient(port) as client:
        client.send(request(b"PUT", f"/v1/apps/demo/endpoints/{endpoint_id}".encode()))
        data = client.read_all()
    begin, _, body = data.partition(b"\r\n\r\n")
    return begin[9:12].decode() if body else "broken"


def outcomes(folder: Path, *options: str, threads: int = 1) -> tuple[list[str], set[str]]:
    """Update endpoints on a server with faults; return the outcomes, and what is stored."""
    folder.mkdir()
    with pe_serve(folder, *options) as server, ThreadPoolExecutor(threads) as pool:
        ended = list(pool.map(lambda name: outcome(server.port, name), IDS))
    return ended, stored_in(server.store)


@pytest.mark.external
def test_failing_calls_are_modelled_errors(tmp_path: Path) -> None:
    """`--fail-rate 1`: each client raises the exception for it, and nothing is stored."""
    with pe_serve(tmp_path, "--fail-rate", "1") as server, every_sdk(server) as clients:
        for sdk in clients:
            told = put(sdk, "e")
            assert told.error == "InternalServerErrorException"
            assert told.message == "Injected fault: nothing was stored."
            assert told.status in (500, 0)
    assert stored_in(server.store) == set()


@pytest.mark.external
def test_throttled_calls_are_modelled_errors(tmp_path: Path) -> None:
    """`--throttle`: the first is taken, the next ones get 429, of each operation by itself."""
    with pe_serve(tmp_path, "--throttle", "0.01/s") as server, every_sdk(server) as clients:
        assert not put(Boto3(server), "first").error
        for sdk in clients:
            told = put(sdk, "next")
            assert told.error == "TooManyRequestsException"
            assert told.message == "Too many requests"
            assert told.status in (429, 0)
        assert not Boto3(server)("GetEndpoint", ApplicationId="demo", EndpointId="first").error
    assert stored_in(server.store) == {"first"}


def test_resets_break_the_connection(tmp_path: Path) -> None:
    """`--reset-rate 1`: no client gets a complete answer; about half of the calls are stored."""
    ended, stored = outcomes(tmp_path / "a", "--reset-rate", "1")
    assert ended == ["broken"] * len(IDS)
    assert len(IDS) / 4 < len(stored) < len(IDS) * 3 / 4


@pytest.mark.soak
def test_the_same_seed_is_the_same_run(tmp_path: Path) -> None:
    """The same calls meet the same faults, with any number of threads; another seed, others."""
    shares = ("--fail-rate", "0.3", "--reset-rate", "0.3", "--seed")
    ended, stored = outcomes(tmp_path / "first", *shares, "5")
    assert set(ended) == {"202", "500", "broken"}
    assert outcomes(tmp_path / "second", *shares, "5", threads=8) == (ended, stored)
    assert outcomes(tmp_path / "third", *shares, "6") != (ended, stored)
    taken = {name for name, end in zip(IDS, ended, strict=True) if end == "202"}
    failed = {name for name, end in zip(IDS, ended, strict=True) if end == "500"}
    assert taken < stored
    assert not failed & stored


def test_boto3_with_retries_survives(tmp_path: Path) -> None:
    """With the retries that AWS recommends, everything arrives in the end."""
    options = ("--fail-rate", "0.2", "--reset-rate", "0.2", "--seed", "3")
    with pe_serve(tmp_path, *options) as server, without_waiting():
        sdk = Boto3(server, retries={"mode": "standard", "total_max_attempts": 15})
        told = [put(sdk, name) for name in IDS]
    assert [one for one in told if one.error] == []
    assert stored_in(server.store) == set(IDS)


@pytest.mark.soak
def test_a_call_waits_for_as_long_as_is_said(tmp_path: Path) -> None:
    """`--latency`: others do not wait for it, and neither does the end of the server."""
    with pe_serve(tmp_path, "--latency", "3600s") as server, RawClient(server.port) as client:
        client.send(request())
        assert ask_once(server.port, request(b"GET", b"/health")).status == 200
        assert client.is_open()
        server.process.terminate()
        assert server.ended() == 0
        assert b" 202 " not in client.read_all()


def test_the_quotas_of_aws(tmp_path: Path) -> None:
    """`--quotas`: two batches a second, and no more at once than a second's."""
    body = json.dumps({"Item": [{"Id": "e", **EMAIL}]}).encode()
    batch = request(b"PUT", b"/v1/apps/demo/endpoints", body=body, last=False)
    with pe_serve(tmp_path, "--quotas") as server:
        answers = ask(server.port, batch * 25 + request(b"GET"))
        statuses = [one.status for one in answers]
        assert statuses[:2] == [202, 202]
        assert 429 in statuses[2:25]
        assert statuses[25] == 200


@pytest.mark.soak
@pytest.mark.usefixtures("aws_variables")
def test_our_own_loader_survives_them_all(pe: RunPe, tmp_path: Path) -> None:
    """AWS's quotas, failures, resets and a slow network: `pe upsert` delivers everything."""
    ids = names(400)
    lines = write_lines(tmp_path / "a.ndjson", ids)
    options = ("--quotas", "--fail-rate", "0.2", "--reset-rate", "0.2", "--latency", "5ms")
    with pe_serve(tmp_path, *options, "--seed", "2") as server:
        where = ("--app", "demo", "--endpoint-url", server.url)
        ended = pe("upsert", *where, lines, "-q", AWS_MAX_ATTEMPTS="10")
    assert ended.returncode == 0, ended.stdout
    assert stored_in(server.store) == set(ids)


def test_faults_are_shown_with_the_requests_that_meet_them(tmp_path: Path) -> None:
    """As what the client saw."""
    with pe_serve(tmp_path, "--reset-rate", "1") as server:
        outcome(server.port, "e")
        server.process.terminate()
        server.ended()
        assert "reset  UpdateEndpoint        demo e\n" in server.log()


def test_a_health_check_meets_no_faults(tmp_path: Path) -> None:
    """Nor does the page for people: they are no operations."""
    with pe_serve(tmp_path, "--fail-rate", "1", "--throttle", "0.01/s") as faulty:
        for _ in range(5):
            assert ask_once(faulty.port, request(b"GET", b"/health")).status == 200
            assert ask_once(faulty.port, request(b"GET", b"/")).status == 200
