"""The plug-in in projects of other people: pytest runs them in a process of its own."""

import subprocess
import sys

import pytest
from manual import README, TOPICS, fenced

pytest_plugins = ["pytester"]

EXAMPLES = [*fenced(TOPICS["testing"], "python tests"), *fenced(README, "python tests")]

REGISTERING = """
import os
import boto3
import pytest
from pinpoint_endpoints.testing import PinpointLocal

@pytest.fixture(scope="module", autouse=True)
def _variables_are_restored():
    before = dict(os.environ, PYTEST_CURRENT_TEST="")
    yield
    assert dict(os.environ, PYTEST_CURRENT_TEST="") == before

@pytest.fixture(autouse=True)
def _own(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "own")

@pytest.mark.parametrize("name", ["ann", "bob", "eve", "joe"])
def test_registering(pinpoint_local: PinpointLocal, name: str, monkeypatch) -> None:
    assert "AWS_PROFILE" not in os.environ
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    boto3.client("pinpoint").update_endpoint(
        ApplicationId=os.environ["PE_APP"],
        EndpointId=name,
        EndpointRequest={"ChannelType": "EMAIL", "Address": f"{name}@example.com"},
    )
    assert [one["Id"] for one in pinpoint_local.endpoints()] == [name]
    monkeypatch.delenv("PE_APP")
"""
IMPORTED = """
import pytest, sys
before = set(sys.modules)
import pinpoint_endpoints.testing.pytest_plugin as plugin
print(*sorted(set(sys.modules) - before))
print(*(name for name in vars(plugin) if name.startswith("pytest_")))
"""


@pytest.mark.soak
def test_many_workers_use_the_fixture_at_once(pytester: pytest.Pytester) -> None:
    """Under pytest-xdist each has its own store and port; variables are restored, no warnings."""
    pytester.makepyfile(REGISTERING)
    ended = pytester.runpytest_subprocess("-n", "2", "-W", "error", "--strict-markers")
    ended.assert_outcomes(passed=4)


@pytest.mark.soak
def test_the_documented_examples_pass(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without warnings, and although the machine's settings switch retries off."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    pytester.makepyfile(**{f"test_{number}": text for number, text in enumerate(EXAMPLES)})
    ended = pytester.runpytest_subprocess("-W", "error")
    ended.assert_outcomes(passed="".join(EXAMPLES).count("def test_"))


@pytest.mark.soak
def test_it_is_named_where_plug_ins_are_not_loaded(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its module; otherwise there is no such fixture."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("def test_it(pinpoint_local): pass")
    pytester.runpytest_subprocess().assert_outcomes(errors=1)
    ended = pytester.runpytest_subprocess("-p", "pinpoint_endpoints.testing.pytest_plugin")
    ended.assert_outcomes(passed=1)


def test_a_start_of_pytest_imports_nothing_more() -> None:
    """Projects that never ask for the fixture do not pay: no other module, and no hook."""
    command = [sys.executable, "-c", IMPORTED]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    imported, hooks = ended.stdout.splitlines()
    assert imported.split() == [
        "pinpoint_endpoints",
        "pinpoint_endpoints.testing",
        "pinpoint_endpoints.testing.pytest_plugin",
        "pinpoint_endpoints.version",
    ]
    assert hooks == ""
