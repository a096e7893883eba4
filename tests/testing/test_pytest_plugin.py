"""Other people's tests: pytest is run on projects of theirs, with what they have installed."""

import subprocess
import sys
from pathlib import Path

import pytest
from type_checker import faults_in

pytest_plugins = ["pytester"]

REGISTERING = """
import os
import boto3
import pytest
from pinpoint_endpoints.testing import PinpointLocal

def register(name):
    boto3.client("pinpoint").update_endpoint(
        ApplicationId=os.environ["PE_APP"],
        EndpointId=name,
        EndpointRequest={"ChannelType": "EMAIL", "Address": f"{name}@example.com"},
    )

@pytest.mark.parametrize("name", ["ann", "bob"])
def test_registering(pinpoint_local: PinpointLocal, name: str) -> None:
    register(name)
    assert [one["Id"] for one in pinpoint_local.endpoints()] == [name]

@pytest.mark.parametrize("name", ["ann", "bob"])
def test_serving(pinpoint_local: PinpointLocal, name: str) -> None:
    assert pinpoint_local.url.startswith("http://127.0.0.1:")
    register(name)
    assert [one["Id"] for one in pinpoint_local.endpoints()] == [name]
"""
IMPORTED = """
import pytest, sys
before = set(sys.modules)
import pinpoint_endpoints.testing.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""


def test_a_project_uses_the_fixture(pytester: pytest.Pytester) -> None:
    """Nothing but the package is needed, and no warning comes of it."""
    pytester.makepyfile(REGISTERING)
    ended = pytester.runpytest_subprocess("-W", "error", "--strict-markers")
    ended.assert_outcomes(passed=4)


def test_many_workers_use_it_at_once(pytester: pytest.Pytester) -> None:
    """Under pytest-xdist each has its own store and port."""
    pytester.makepyfile(REGISTERING)
    ended = pytester.runpytest_subprocess("-n", "2", "-W", "error")
    ended.assert_outcomes(passed=4)


def test_it_can_be_left_out(pytester: pytest.Pytester) -> None:
    """-p no:pinpoint_local: then there is no such fixture."""
    pytester.makepyfile("def test_it(pinpoint_local): pass")
    ended = pytester.runpytest_subprocess("-p", "no:pinpoint_local")
    ended.assert_outcomes(errors=1)
    ended.stdout.fnmatch_lines("*fixture 'pinpoint_local' not found")


def test_it_is_listed_with_what_it_does(pytester: pytest.Pytester) -> None:
    """`pytest --fixtures` is where people look."""
    pytester.makepyfile("def test_it(): pass")
    ended = pytester.runpytest_inprocess("--fixtures")
    ended.stdout.fnmatch_lines(["pinpoint_local -- *", "    A local Pinpoint of the test's own: *"])


def test_a_start_of_pytest_imports_nothing_more() -> None:
    """Also of those who have the package installed and never ask for the fixture."""
    command = [sys.executable, "-c", IMPORTED]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=True)
    package = "pinpoint_endpoints"
    assert ended.stdout.split() == [
        package,
        f"{package}.testing",
        f"{package}.testing.pytest_plugin",
    ]


def test_a_project_that_does_not_use_it_does_not_pay(pytester: pytest.Pytester) -> None:
    """Not boto3 nor any module of the fixture's is there while its tests run."""
    pytester.makepyfile("""
        import sys

        def test_it():
            assert "pinpoint_endpoints.testing.pytest_plugin" in sys.modules
            assert "pinpoint_endpoints.testing.fresh" not in sys.modules
            assert "boto3" not in sys.modules
    """)
    pytester.runpytest_subprocess().assert_outcomes(passed=1)


def test_the_variables_are_as_before(pytester: pytest.Pytester) -> None:
    """Also where a test changes them itself, with pytest's own fixture, before and after."""
    pytester.makepyfile("""
        import os
        import pytest

        NAMES = ("AWS_DEFAULT_REGION", "AWS_PROFILE", "PE_APP", "AWS_ENDPOINT_URL_PINPOINT")
        before = {name: os.environ.get(name) for name in NAMES}

        @pytest.fixture(autouse=True)
        def _own(monkeypatch):
            monkeypatch.setenv("AWS_PROFILE", "own")

        def test_changing(pinpoint_local, monkeypatch):
            assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
            assert "AWS_PROFILE" not in os.environ
            monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
            monkeypatch.delenv("PE_APP")
            assert pinpoint_local.url

        def test_afterwards(monkeypatch):
            monkeypatch.undo()
            assert {name: os.environ.get(name) for name in NAMES} == before
    """)
    pytester.runpytest_inprocess().assert_outcomes(passed=2)


def test_what_is_missing_is_told_below_the_error(pytester: pytest.Pytester) -> None:
    """Without the extra, the fixture works until it is asked for a URL."""
    pytester.makepyfile(f"import sys\nsys.modules['uvicorn'] = None\n{REGISTERING}")
    ended = pytester.runpytest_subprocess()
    ended.assert_outcomes(passed=2, failed=2)
    ended.stdout.fnmatch_lines(
        [
            "E *CannotRun: the URL of a local Pinpoint needs uvicorn, which is not installed",
            "E *install the extra: pip install 'pinpoint_endpoints[[]serve]'*",
        ]
    )


def test_it_is_named_where_plug_ins_are_not_looked_for(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its module, as the README has it."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    pytester.makepyfile("def test_it(pinpoint_local): pass")
    ended = pytester.runpytest_subprocess("-p", "pinpoint_endpoints.testing.pytest_plugin")
    ended.assert_outcomes(passed=1)


def test_type_checkers_find_a_slip(tmp_path: Path) -> None:
    """A name that is not public is an error for mypy, for code that uses the package."""
    package = "pinpoint_endpoints.testing"
    script = f"from {package} import local_pinpoint\nfrom {package} import local_pinpiont\n"
    told = faults_in(script, tmp_path)
    assert 'has no attribute "local_pinpiont"; maybe "local_pinpoint"?' in told
    assert "1 error" in told
