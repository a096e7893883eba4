from collections.abc import Callable
from typing import Any

import boto3
import moto.pinpoint.urls
import pytest
from moto.pinpoint.models import PinpointBackend

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.moto_plugin import PATHS, install
from pinpoint_endpoints.testing import mock_aws

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}


def new_application(client: Any) -> str:
    """Make an application and return its id."""
    created = client.create_app(CreateApplicationRequest={"Name": "newsletter"})
    return str(created["ApplicationResponse"]["Id"])


def test_installing_twice_is_as_once() -> None:
    """install() adds its paths once, and leaves moto's own as they are."""
    install()
    before = dict(moto.pinpoint.urls.url_paths)
    install()
    assert moto.pinpoint.urls.url_paths == before
    assert before.keys() >= {*PATHS, "{0}/v1/apps$"}


def test_a_write_needs_an_application_of_motos(moto_client: Any) -> None:
    """Under moto no application is made on the fly: the service would answer 404."""
    with pytest.raises(moto_client.exceptions.NotFoundException, match="Application not found"):
        moto_client.update_endpoint(ApplicationId="app", EndpointId="e", EndpointRequest=EMAIL)


def test_leaving_mock_aws_forgets_the_endpoints(make_client: Callable[..., Any]) -> None:
    """A new mock_aws block has neither applications nor endpoints of the one before."""
    with mock_aws():
        client = make_client()
        app = new_application(client)
        client.update_endpoint(ApplicationId=app, EndpointId="e", EndpointRequest=EMAIL)
    with mock_aws(), pytest.raises(client.exceptions.NotFoundException):
        client.get_endpoint(ApplicationId=app, EndpointId="e")


def test_regions_and_accounts_are_apart(moto_client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An application of one region or account is not found in another."""
    app = new_application(moto_client)
    moto_client.update_endpoint(ApplicationId=app, EndpointId="e", EndpointRequest=EMAIL)
    elsewhere = boto3.Session().client("pinpoint", region_name="eu-west-1")
    with pytest.raises(elsewhere.exceptions.NotFoundException):
        elsewhere.get_endpoint(ApplicationId=app, EndpointId="e")
    monkeypatch.setenv("MOTO_ACCOUNT_ID", "111111111111")
    with pytest.raises(moto_client.exceptions.NotFoundException):
        moto_client.get_endpoint(ApplicationId=app, EndpointId="e")


def test_applications_have_endpoints_of_their_own(moto_client: Any) -> None:
    """Two applications may have the same endpoint id."""
    first, second = new_application(moto_client), new_application(moto_client)
    moto_client.update_endpoint(ApplicationId=first, EndpointId="e", EndpointRequest=EMAIL)
    with pytest.raises(moto_client.exceptions.NotFoundException, match="Endpoint not found"):
        moto_client.get_endpoint(ApplicationId=second, EndpointId="e")


def test_an_action_in_a_value_is_only_a_value(moto_client: Any) -> None:
    """`Action=` in an attribute does not call another operation, as moto's dispatch would."""
    app = new_application(moto_client)
    link = "http://x/?a=1&Action=GetApps&b=2"
    response = moto_client.update_endpoint(
        ApplicationId=app, EndpointId="e", EndpointRequest={**EMAIL, "Attributes": {"u": [link]}}
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 202
    found = moto_client.get_endpoint(ApplicationId=app, EndpointId="e")
    assert found["EndpointResponse"]["Attributes"] == {"u": [link]}


def test_motos_own_operations_still_work(moto_client: Any) -> None:
    """Applications and their settings are moto's as before."""
    app = new_application(moto_client)
    assert moto_client.get_app(ApplicationId=app)["ApplicationResponse"]["Name"] == "newsletter"
    settings = moto_client.get_application_settings(ApplicationId=app)
    assert settings["ApplicationSettingsResource"]["ApplicationId"] == app


def test_refusals_have_the_services_headers(moto_client: Any) -> None:
    """Under moto too an error has its type in a header and its request id in header and body."""
    app = new_application(moto_client)
    with pytest.raises(moto_client.exceptions.BadRequestException) as caught:
        moto_client.remove_attributes(
            ApplicationId=app,
            AttributeType="colours",
            UpdateAttributesRequest={"Blacklist": ["a"]},
        )
    response = caught.value.response
    headers = response["ResponseMetadata"]["HTTPHeaders"]
    assert headers["x-amzn-errortype"] == "BadRequestException"
    assert headers["x-amzn-requestid"] == response["RequestID"]


def test_removals_end_with_the_application(moto_client: Any) -> None:
    """An application made later captures what was removed from an earlier one."""
    for _ in range(2):
        app = new_application(moto_client)
        where = {"ApplicationId": app, "EndpointId": "e"}
        request = {**EMAIL, "Attributes": {"color": ["red"]}}
        moto_client.update_endpoint(**where, EndpointRequest=request)
        stored = moto_client.get_endpoint(**where)["EndpointResponse"]
        assert stored["Attributes"] == {"color": ["red"]}
        moto_client.remove_attributes(
            ApplicationId=app,
            AttributeType="endpoint-custom-attributes",
            UpdateAttributesRequest={"Blacklist": ["*"]},
        )
        moto_client.delete_app(ApplicationId=app)


@pytest.mark.parametrize(
    ("owner", "name", "missing"),
    [
        (moto.pinpoint.urls, "url_paths", "moto.pinpoint.urls.url_paths"),
        (PinpointBackend, "get_app", "moto.pinpoint.models.PinpointBackend.get_app"),
    ],
    ids=["paths", "backend"],
)
def test_another_moto_is_refused(
    monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, missing: str
) -> None:
    """Where moto lacks what the plug-in uses, install() names it and the versions that fit."""
    monkeypatch.delattr(owner, name)
    with pytest.raises(CannotRun, match=missing) as caught:
        install()
    assert "moto>=" in caught.value.hint


def test_a_missing_moto_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without moto, install() says what to install."""
    monkeypatch.setitem(__import__("sys").modules, "moto.pinpoint.urls", None)
    with pytest.raises(CannotRun) as caught:
        install()
    assert "moto>=" in caught.value.hint
