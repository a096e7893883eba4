"""The client against an AWS account that has endpoints: mock_aws with endpoint operations."""

import pytest
from commands import MakeDocument

from pinpoint_endpoints import Refused, State, connect, get, upsert
from pinpoint_endpoints.testing import mock_aws

pytestmark = pytest.mark.usefixtures("aws_variables")


@mock_aws
def test_an_account_takes_an_endpoint_and_gives_it_back(document: MakeDocument) -> None:
    """Upsert and get speak to an AWS host, in the application that the account has."""
    client = connect()
    application = client.create_app(CreateApplicationRequest={"Name": "demo"})
    application_id = application["ApplicationResponse"]["Id"]
    outcome = upsert(client, application_id, document(), "Ada/Phone+1")
    assert (outcome.state, outcome.status) == (State.ACCEPTED, 202)
    stored = get(client, application_id, "ADA/phone+1")
    assert (stored["Id"], stored["Address"]) == ("Ada/Phone+1", "ada@example.com")
    assert stored["RequestId"] == outcome.request_id


@mock_aws
def test_an_account_does_not_make_applications_unasked(document: MakeDocument) -> None:
    """An application that is not there is refused, as by AWS, and no endpoint appears."""
    client = connect()
    assert upsert(client, "nobody", document()).state is State.FAILED
    with pytest.raises(Refused):
        get(client, "nobody", "ada")
