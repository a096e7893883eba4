"""Variables are as before once a test has ended, whatever mixes with the fixture: real runs."""

import os
from contextlib import ExitStack
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.testing import local_pinpoint
from pinpoint_endpoints.testing.environment import KeptEnvironment

pytest_plugins = ["pytester"]

SETTING = """
import os
from unittest.mock import patch
import pytest
from pinpoint_endpoints.testing import local_pinpoint

def those_of_pinpoint():
    names = ("AWS_", "PE_", "NO_PROXY", "no_proxy")
    return {name: value for name, value in os.environ.items() if name.startswith(names)}

BEFORE = those_of_pinpoint()

@pytest.fixture(autouse=True)
def _own(monkeypatch):
    monkeypatch.setenv("AWS_PROFILE", "own")

@pytest.fixture
def archive():
    with local_pinpoint() as pinpoint:
        yield pinpoint

@pytest.fixture
def variables():
    with patch.dict(os.environ) as changing:
        yield changing
"""
AFTERWARDS = """
@pytest.fixture(scope="module", autouse=True)
def _nothing_is_left():
    yield
    assert those_of_pinpoint() == BEFORE
"""
MIXED = {
    "a fixture of one's own beside it": """
def test_it(archive, pinpoint_local):
    assert os.environ["PE_LOCAL_STORE"] == str(pinpoint_local.store)
""",
    "the other way round": """
def test_it(pinpoint_local, archive):
    assert os.environ["PE_LOCAL_STORE"] == str(archive.store)
""",
    "both are served": """
def test_it(pinpoint_local):
    with local_pinpoint() as inner:
        assert inner.url
        assert pinpoint_local.url
    assert os.environ["AWS_ENDPOINT_URL_PINPOINT"] == pinpoint_local.url
""",
    "a variable is set inside": """
def test_it(monkeypatch):
    with local_pinpoint():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        monkeypatch.setenv("AWS_PROFILE", "other")
    assert "AWS_DEFAULT_REGION" not in os.environ
""",
    "all variables are kept by a fixture": """
def test_it(variables, pinpoint_local):
    variables["AWS_DEFAULT_REGION"] = "eu-west-1"
""",
    "all of it, and the variables through the fixture": """
def test_it(variables, archive, pinpoint_local, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("PE_APP")
    assert archive.url
    with patch.dict(os.environ, clear=True):
        assert pinpoint_local.url
""",
    "a test that fails": """
@pytest.mark.xfail(strict=True)
def test_it(archive, pinpoint_local, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    raise ValueError
""",
}


@pytest.fixture
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the machine have settings of its own."""
    monkeypatch.setenv("AWS_PROFILE", "somebody")
    monkeypatch.setenv("AWS_ENDPOINT_URL_PINPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "example.com")


@pytest.mark.usefixtures("_machine")
@pytest.mark.parametrize("test", MIXED.values(), ids=MIXED)
def test_nothing_is_left(pytester: pytest.Pytester, test: str) -> None:
    """The machine's own settings are there again, and nothing else is."""
    pytester.makepyfile(SETTING + AFTERWARDS + test)
    ended = pytester.runpytest_subprocess("-W", "error")
    assert ended.ret == 0


@pytest.mark.usefixtures("_machine")
@pytest.mark.parametrize("asked", ["archive", "request.getfixturevalue('archive')"])
def test_one_of_a_larger_scope_keeps_its_variables(pytester: pytest.Pytester, asked: str) -> None:
    """Also where it begins after a fixture of the test; its last test is not the last of all."""
    of_module = SETTING.replace(
        "@pytest.fixture\ndef archive", "@pytest.fixture(scope='module')\ndef archive"
    )
    first = "archive, " if asked == "archive" else ""
    pytester.makepyfile(
        test_one=f"""{of_module}
def test_first({first}monkeypatch, request):
    with local_pinpoint():
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    archive = request.getfixturevalue("archive")
    assert os.environ["PE_LOCAL_STORE"] == str(archive.store)

def test_second(archive, pinpoint_local, monkeypatch):
    monkeypatch.setenv("PE_APP", "other")

def test_third(archive):
    assert os.environ["PE_LOCAL_STORE"] == str(archive.store)
    assert os.environ["PE_APP"] == archive.application_id
    assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
""",
        test_two=f"""{SETTING}
def test_fourth():
    assert "PE_LOCAL_STORE" not in os.environ
    assert "AWS_DEFAULT_REGION" not in os.environ
""",
    )
    pytester.runpytest_subprocess("-W", "error").assert_outcomes(passed=4)


def test_monkeypatch_can_be_what_gives_back(pytester: pytest.Pytester) -> None:
    """As the README has it for who leaves the plug-in out."""
    pytester.makepyfile(f"""{SETTING}{AFTERWARDS}
def test_it(monkeypatch):
    with local_pinpoint(environment=monkeypatch):
        monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
""")
    pytester.runpytest_subprocess("-p", "no:pinpoint_local").assert_outcomes(passed=1)


def test_a_test_that_comes_again_is_provided_for_too(pytester: pytest.Pytester) -> None:
    """As plug-ins do that run a failed test once more."""
    pytester.makeconftest("""
from _pytest.runner import runtestprotocol

def pytest_runtest_protocol(item, nextitem):
    runtestprotocol(item, nextitem=None, log=False)
""")
    pytester.makepyfile(SETTING + AFTERWARDS + MIXED["a variable is set inside"])
    assert pytester.runpytest_subprocess("-W", "error").ret == 0


@given(st.permutations(range(3)), st.permutations(range(3)), st.booleans())
def test_any_order_of_leaving_gives_back(
    setting: list[int], leaving: list[int], set_: bool
) -> None:
    """The last value counts of those that have not been left; at the end, the first of all."""
    with pytest.MonkeyPatch.context() as outside:
        outside.setenv("PE_ONE", "outside")
        if not set_:
            outside.delenv("PE_ONE")
        before = os.environ.get("PE_ONE")
        stacks = [ExitStack() for _ in range(3)]
        kept = [stack.enter_context(KeptEnvironment()) for stack in stacks]
        for one in setting:
            kept[one].setenv("PE_ONE", str(one))
        for number, one in enumerate(leaving):
            stacks[one].close()
            left = [str(other) for other in setting if other not in leaving[: number + 1]]
            assert os.environ.get("PE_ONE") == (left[-1] if left else before)


def test_what_others_set_between_is_given_back() -> None:
    """An inner one gives back what it has seen, not what the outer one had set."""
    with local_pinpoint(), pytest.MonkeyPatch.context() as between:
        between.setenv("AWS_DEFAULT_REGION", "eu-west-1")
        with local_pinpoint():
            assert os.environ["AWS_DEFAULT_REGION"] == "us-east-1"
        assert os.environ["AWS_DEFAULT_REGION"] == "eu-west-1"


def test_what_others_set_between_stays_where_the_outer_one_is_left_first() -> None:
    """It was not the outer one's to take back."""
    with (
        patch.dict(os.environ),
        ExitStack() as outer,
        ExitStack() as inner,
        pytest.MonkeyPatch.context() as between,
    ):
        outer.enter_context(KeptEnvironment()).setenv("PE_ONE", "outer")
        between.setenv("PE_ONE", "between")
        inner.enter_context(KeptEnvironment()).setenv("PE_ONE", "inner")
        outer.close()
        assert os.environ["PE_ONE"] == "inner"
        inner.close()
        assert os.environ["PE_ONE"] == "between"
