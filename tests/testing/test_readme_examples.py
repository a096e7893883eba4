"""The README's tests are run as they stand, as those of a project that has nothing else."""

import re

import pytest
from readme import README

pytest_plugins = ["pytester"]

EXAMPLES = re.findall(r"```python tests\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES, ids=["fixture", "moto"])
def test_an_example_passes(pytester: pytest.Pytester, example: str) -> None:
    """Each of its tests, and no warning comes of it."""
    pytester.makepyfile(example)
    ended = pytester.runpytest_subprocess("-W", "error")
    ended.assert_outcomes(passed=example.count("def test_"))


def test_the_example_of_faults_meets_some(pytester: pytest.Pytester) -> None:
    """Without another attempt, its test fails."""
    once = "(pinpoint_local: PinpointLocal) -> None:\n    os.environ['AWS_MAX_ATTEMPTS'] = '1'\n"
    pytester.makepyfile(EXAMPLES[0].replace("(pinpoint_local: PinpointLocal) -> None:\n", once))
    ended = pytester.runpytest_subprocess("-k", "failed_call")
    ended.assert_outcomes(failed=1, deselected=1)


def test_the_examples_pass_where_the_machine_lets_no_client_try_again(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its settings are not met."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    pytester.makepyfile(EXAMPLES[0])
    pytester.runpytest_subprocess().assert_outcomes(passed=2)
