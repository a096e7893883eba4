"""The context manager `local_pinpoint`: it leaves everything as it was."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch
from urllib.parse import urlsplit

import boto3
import botocore.session
import pytest
from http_stub import HttpStub

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.service.client import open_client
from pinpoint_endpoints.testing import PinpointLocal, local_pinpoint
from pinpoint_endpoints.testing.ended import refused_after_the_end

if TYPE_CHECKING:
    from collections.abc import Callable

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}

UNITTEST = """
import sys
sys.modules.update(dict.fromkeys(MISSING))
import unittest
import boto3
from pinpoint_endpoints.testing import local_pinpoint

class Registering(unittest.TestCase):
    def setUp(self):
        self.pinpoint = self.enterContext(local_pinpoint())

    def test_ann(self):
        boto3.client("pinpoint").update_endpoint(
            ApplicationId=self.pinpoint.application_id,
            EndpointId="ann",
            EndpointRequest={"ChannelType": "EMAIL", "Address": "ann@example.com"},
        )
        self.assertEqual(self.pinpoint.endpoint("ann")["Address"], "ann@example.com")

    def test_fresh(self):
        self.assertEqual(self.pinpoint.endpoints(), [])

unittest.main()
"""


def run_unittest(*missing: str) -> "subprocess.CompletedProcess[str]":
    """Run tests of unittest as if some modules were not installed."""
    program = UNITTEST.replace("MISSING", repr(missing))
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def put(pinpoint: PinpointLocal, endpoint_id: str) -> None:
    """Store an endpoint as code under test does."""
    boto3.client("pinpoint").update_endpoint(
        ApplicationId=pinpoint.application_id, EndpointId=endpoint_id, EndpointRequest=EMAIL
    )


def test_unittest_needs_no_pytest() -> None:
    """Nor moto."""
    ended = run_unittest("pytest", "_pytest", "moto")
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("module", ["uvicorn", "starlette"])
def test_the_extra_is_named_if_it_is_missing(module: str) -> None:
    """The message says what is missing and what to install."""
    ended = run_unittest(module)
    assert ended.returncode == 1
    assert f"CannotRun: the local Pinpoint of a test needs {module}, which is not" in ended.stderr
    assert "install the extra in a checkout: pip install '.[serve]'" in ended.stderr


def test_everything_is_as_before() -> None:
    """Variables, boto3's default session and the temporary folder, also after an exception."""
    boto3.setup_default_session()
    variables, session = dict(os.environ), boto3.DEFAULT_SESSION
    kept: list[Path] = []

    def fail() -> None:
        with local_pinpoint() as pinpoint:
            put(pinpoint, "ann")
            kept.append(pinpoint.store.parent)
            raise ConnectionError(pinpoint.url)

    with pytest.raises(ConnectionError, match="http://"):
        fail()
    assert dict(os.environ) == variables
    assert boto3.DEFAULT_SESSION is session
    assert [folder.exists() for folder in kept] == [False]


def test_other_variables_stay() -> None:
    """Only what the context manager has set is restored."""
    with patch.dict(os.environ):
        with local_pinpoint():
            os.environ["PE_OTHER"] = "set inside"
        assert os.environ["PE_OTHER"] == "set inside"


def test_the_inner_one_answers() -> None:
    """One inside another: each has its own store, and afterwards the outer one answers again."""
    with local_pinpoint() as outer:
        put(outer, "ann")
        with local_pinpoint() as inner:
            put(inner, "bob")
            assert (len(outer.endpoints()), len(inner.endpoints())) == (1, 1)
            assert os.environ["PE_LOCAL_STORE"] == str(inner.store)
        put(outer, "eve")
        assert os.environ["PE_LOCAL_STORE"] == str(outer.store)
        assert [one["Id"] for one in outer.endpoints()] == ["ann", "eve"]


def test_use_after_the_end_is_an_error(tmp_path: Path) -> None:
    """Whatever is called: no server starts, and no variable or folder is made."""

    def returned() -> PinpointLocal:
        with local_pinpoint(tmp_path / "folder") as pinpoint:
            pinpoint.client.get_apps()
            return pinpoint

    ended = returned()
    shutil.rmtree(ended.store.parent)
    variables, threads = dict(os.environ), threading.enumerate()
    uses: list[Callable[[], object]] = [
        lambda: ended.url,
        ended.serve,
        ended.endpoints,
        partial(ended.endpoint, "ann"),
        ended.client.get_apps,
    ]
    for use in uses:
        with pytest.raises(CannotRun, match=r"this local Pinpoint has ended\n.*must `yield` it"):
            use()
    assert (dict(os.environ), threading.enumerate()) == (variables, threads)
    assert not ended.store.parent.exists()


def test_a_client_of_an_ended_one_is_refused_at_once(tmp_path: Path) -> None:
    """It would wait for a closed port, and say nothing of what to do."""
    kept: list[Any] = []
    with local_pinpoint():
        kept += [boto3.client("pinpoint"), botocore.session.get_session().create_client("pinpoint")]
        for client in kept:
            client.get_apps()
    with local_pinpoint(tmp_path) as second:
        for client in kept:
            with pytest.raises(CannotRun, match=r"has ended\n.*`pinpoint_local\.client`"):
                client.get_apps()
        boto3.client("pinpoint").get_apps()
        assert second.endpoints() == []


def test_a_port_that_is_taken_again_is_answered() -> None:
    """Any server may get the port that a local Pinpoint had: only a port without one is refused."""
    with refused_after_the_end("http://127.0.0.1:9"):
        pass
    with HttpStub() as stub:
        with refused_after_the_end(stub.url):
            pass
        client = open_client(endpoint_url=stub.url)
        client.update_endpoint(ApplicationId="demo", EndpointId="ann", EndpointRequest=EMAIL)
    assert len(stub.asked) == 1


def test_the_end_waits_for_no_request() -> None:
    """A request that is still waiting for a latency gets an error or nothing."""
    with local_pinpoint() as pinpoint:
        server = urlsplit(pinpoint.serve(latency=3600))
        address = server.hostname or "", server.port or 0
        waiting = socket.create_connection(address, timeout=20)
        waiting.sendall(b"GET /v1/apps HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    with waiting, suppress(ConnectionResetError):  # the server ended before it accepted
        assert waiting.recv(100)[9:12] in (b"", b"500")


def test_a_given_folder_keeps_the_store(tmp_path: Path) -> None:
    """The next one with this folder finds what the first has stored."""
    with local_pinpoint(tmp_path) as first:
        put(first, "ann")
    assert first.store.parent == tmp_path
    assert first.store.exists()
    with local_pinpoint(tmp_path) as second:
        put(second, "bob")
        assert (second.store, second.application_id) == (first.store, first.application_id)
        assert [one["Id"] for one in second.endpoints()] == ["ann", "bob"]


def test_a_given_environment_restores_the_variables() -> None:
    """Such as pytest's: one undo restores what the test and the local Pinpoint have set."""
    before = dict(os.environ)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("AWS_PROFILE", "own")
        with local_pinpoint(environment=environment) as pinpoint:
            environment.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        assert os.environ["PE_LOCAL_STORE"] == str(pinpoint.store)
    assert dict(os.environ) == before
