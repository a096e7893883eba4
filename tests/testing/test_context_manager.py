"""`local_pinpoint`: the fixture without pytest; it leaves everything as it was."""

import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.httpsession import URLLib3Session
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.testing import Environment, PinpointLocal, local_pinpoint
from pinpoint_endpoints.testing.environment import KeptEnvironment

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
NAMES = ("PE_APP", "AWS_PROFILE", "NO_PROXY", "PE_ONE", "PE_TWO")
VALUES = st.none() | st.sampled_from(["", "a", "b"])

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

    def test_url(self):
        self.pinpoint.url

unittest.main(argv=["tests", *sys.argv[1:]])
"""


def run_unittest(*tests: str, missing: tuple[str, ...]) -> "subprocess.CompletedProcess[str]":
    """Run tests of unittest where some modules are not installed."""
    program = UNITTEST.replace("MISSING", repr(missing))
    return subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *tests],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.fixture
def _once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no client try again."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


def put(pinpoint: PinpointLocal, endpoint_id: str) -> None:
    """Store an endpoint as code under test does."""
    boto3.client("pinpoint").update_endpoint(
        ApplicationId=pinpoint.application_id, EndpointId=endpoint_id, EndpointRequest=EMAIL
    )


def test_unittest_needs_neither_pytest_nor_the_extra() -> None:
    """Whatever is only for some tests may be missing."""
    missing = ("pytest", "_pytest", "moto", "uvicorn", "starlette", "jinja2", "httptools")
    ended = run_unittest("Registering.test_ann", "Registering.test_fresh", missing=missing)
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("module", ["uvicorn", "starlette", "httptools"])
def test_a_url_needs_the_extra(module: str) -> None:
    """What is missing is named, and what to install stands below it in the traceback."""
    ended = run_unittest("Registering.test_url", missing=(module,))
    assert ended.returncode == 1
    assert f"CannotRun: the URL of a local Pinpoint needs {module}, which is not" in ended.stderr
    assert "install the extra: pip install 'pinpoint_endpoints[serve]'" in ended.stderr


def test_everything_is_as_before() -> None:
    """Variables, boto3's default session, and the temporary folder; after an exception too."""
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


@pytest.mark.usefixtures("_once")
def test_clients_outside_are_not_answered() -> None:
    """What sends for every session is as it was; a client from inside is not answered."""
    before = URLLib3Session.send
    with local_pinpoint():
        client = boto3.client("pinpoint")
    assert URLLib3Session.send is before
    with pytest.raises(EndpointConnectionError, match="no-url-was-asked-for"):
        client.get_apps()


def test_the_inner_one_answers() -> None:
    """One inside another: each has its own, and the outer one is there again."""
    with local_pinpoint() as outer:
        put(outer, "ann")
        with local_pinpoint() as inner:
            put(inner, "bob")
            assert (len(outer.endpoints()), len(inner.endpoints())) == (1, 1)
            boto3.client("pinpoint").create_app(CreateApplicationRequest={"Name": "once"})
            assert len(inner.client.get_apps()["ApplicationsResponse"]["Item"]) == 2
            assert os.environ["PE_LOCAL_STORE"] == str(inner.store)
        put(outer, "eve")
        assert os.environ["PE_LOCAL_STORE"] == str(outer.store)
        assert [one["Id"] for one in outer.endpoints()] == ["ann", "eve"]


def test_the_order_of_leaving_does_not_matter() -> None:
    """Fixtures may end before others that were begun after them."""
    before = URLLib3Session.send
    with ExitStack() as outer, ExitStack() as inner:
        first, second = (stack.enter_context(local_pinpoint()) for stack in (outer, inner))
        client = boto3.client("pinpoint")
        outer.close()
        client.create_app(CreateApplicationRequest={"Name": "late"})
        assert len(second.client.get_apps()["ApplicationsResponse"]["Item"]) == 2
        assert not first.store.exists()
    assert URLLib3Session.send is before


def test_one_that_has_ended_says_so(tmp_path: Path) -> None:
    """Whatever it is asked; no server begins, no variable is set, no folder is made."""

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


def test_a_client_of_one_that_has_ended_is_not_made() -> None:
    """Where it was not asked for before."""
    with local_pinpoint() as pinpoint:
        pass
    with pytest.raises(CannotRun, match="has ended"):
        _ = pinpoint.client


def test_who_still_waits_at_the_end_gets_no_answer() -> None:
    """Nobody waits for a latency that nobody needs any more."""
    with local_pinpoint() as pinpoint:
        server = urlsplit(pinpoint.serve(latency=3600))
        address = server.hostname or "", server.port or 0
        waiting = socket.create_connection(address, timeout=20)
        waiting.sendall(b"GET /v1/apps HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    with waiting:
        assert waiting.recv(1) == b""
    assert "pinpoint-server" not in {thread.name for thread in threading.enumerate()}


def test_the_folder_is_for_who_wants_to_keep_it(tmp_path: Path) -> None:
    """The store is in it, and stays: the next one finds what the first has stored."""
    with local_pinpoint(tmp_path) as first:
        put(first, "ann")
    assert first.store.parent == tmp_path
    assert first.store.exists()
    with local_pinpoint(tmp_path) as second:
        put(second, "bob")
        assert (second.store, second.application_id) == (first.store, first.application_id)
        assert [one["Id"] for one in second.endpoints()] == ["ann", "bob"]


def test_an_environment_gives_back_what_was_set() -> None:
    """Such as pytest's, for a fixture of a larger scope: its owner says when."""
    with pytest.MonkeyPatch.context() as environment:
        with local_pinpoint(environment=environment) as pinpoint:
            pass
        assert os.environ["PE_LOCAL_STORE"] == str(pinpoint.store)
    assert "PE_LOCAL_STORE" not in os.environ


def change(environment: Environment, name: str, value: str | None) -> None:
    """Set or remove a variable."""
    if value is None:
        environment.delenv(name, raising=False)
    else:
        environment.setenv(name, value)


@given(
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(["", "a", "b"])),
    st.lists(st.tuples(st.sampled_from(NAMES), VALUES)),
)
def test_any_changes_are_undone(
    before: Mapping[str, str], changes: list[tuple[str, str | None]]
) -> None:
    """However often variables are set and removed, they are as they were, as with pytest's own."""
    with pytest.MonkeyPatch.context() as outside:
        for name in NAMES:
            change(outside, name, before.get(name))
        variables = dict(os.environ)
        with KeptEnvironment() as kept:
            for name, value in changes:
                change(kept, name, value)
                assert os.environ.get(name) == value
        assert dict(os.environ) == variables


def test_removing_what_is_missing_is_an_error_if_wanted() -> None:
    """As with pytest's own, whose place it takes."""
    with KeptEnvironment() as kept, pytest.raises(KeyError):
        kept.delenv("PE_NOWHERE")
