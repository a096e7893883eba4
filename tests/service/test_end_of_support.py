"""What an AWS account refuses names the end of support; moto plays the account."""

import pytest
from commands import MakeDocument
from moto import mock_aws

from pinpoint_endpoints import CannotRun, Refused, State, connect, get, upsert

pytestmark = pytest.mark.usefixtures("aws_variables")


def assert_names_the_ways_out(hint: str) -> None:
    """Look for the date, the two options and the topic."""
    for words in ("2026-10-30", "--local", "--endpoint-url", "`pe help leaving`"):
        assert words in hint


@mock_aws
def test_a_refused_update_leaves_the_end_to_the_run(document: MakeDocument) -> None:
    """A refusal among many says what to do about it; the end of support is named once."""
    outcome = upsert(connect(), "app", document())
    assert (outcome.state, outcome.status) == (State.FAILED, 404)
    assert outcome.hint == "check the application and the endpoint id, and on AWS the region"


@mock_aws
def test_a_refused_read_names_the_ways_out() -> None:
    """GetEndpoint ended with the rest."""
    with pytest.raises(Refused) as refused:
        get(connect(), "app", "ada")
    assert_names_the_ways_out(refused.value.hint)


def test_an_account_that_cannot_be_reached_names_the_ways_out(
    document: MakeDocument, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A host that is gone may be the end of support too."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    with pytest.raises(CannotRun) as stopped:
        upsert(connect(), "app", document())
    assert_names_the_ways_out(stopped.value.hint)
