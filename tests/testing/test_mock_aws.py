"""`mock_aws` with endpoint operations, in every way that moto's own can be used."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import moto
import pytest

import pinpoint_endpoints
from pinpoint_endpoints.testing import mock_aws

EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}
WITHOUT = """
import sys
sys.modules[MODULE] = None
from pinpoint_endpoints.testing import PinpointLocal, mock_aws
print("imported")

@mock_aws
def nothing(): pass
"""


def round_trip() -> str:
    """Store an endpoint in an application of moto's, and return the address that is read back."""
    client = boto3.client("pinpoint", region_name="us-east-1")
    created = client.create_app(CreateApplicationRequest={"Name": "newsletter"})
    where = {"ApplicationId": created["ApplicationResponse"]["Id"], "EndpointId": "ann"}
    client.update_endpoint(**where, EndpointRequest=EMAIL)
    return str(client.get_endpoint(**where)["EndpointResponse"]["Address"])


@mock_aws
def test_as_a_decorator() -> None:
    """Without parentheses."""
    assert round_trip() == "ann@example.com"


@mock_aws(config={"core": {"mock_credentials": False}})
def test_its_arguments_are_motos(aws_variables: None) -> None:
    """With parentheses, a configuration, and fixtures of pytest's."""
    credentials = boto3.Session().get_credentials()
    assert credentials is not None
    assert credentials.access_key == "AKIAEXAMPLE"
    assert round_trip() == "ann@example.com"


@mock_aws
class TestAClass:
    """The decorator on a class."""

    def test_it(self) -> None:
        """It is decorated."""
        assert round_trip() == "ann@example.com"


def test_as_a_context_manager() -> None:
    """Inside the block, and not after it."""
    with mock_aws() as mocked:
        assert isinstance(mocked, type(moto.mock_aws()))
        assert round_trip() == "ann@example.com"
    assert not moto.core.models.botocore_stubber.enabled


def test_started_and_stopped() -> None:
    """As unittest's setUp and tearDown do it."""
    mocked = mock_aws()
    mocked.start()
    try:
        assert round_trip() == "ann@example.com"
    finally:
        mocked.stop()


def test_nothing_else_imports_moto() -> None:
    """Only the plug-in imports moto, a tool for tests."""
    package = Path(pinpoint_endpoints.__file__).parent
    naming = [
        str(path.relative_to(package))
        for path in package.rglob("*.py")
        if re.search(r"^\s*(from|import) moto\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert naming == ["local/moto_plugin.py"]


@pytest.mark.parametrize(
    ("module", "message"),
    [
        ("moto", "mock_aws needs moto, which is not installed\ninstall moto: pip install 'moto>="),
        ("moto.pinpoint.responses", "the moto plug-in needs `moto.pinpoint."),
    ],
)
def test_a_missing_or_unsupported_moto_is_reported(module: str, message: str) -> None:
    """When `mock_aws` is used, not when the package is imported."""
    program = WITHOUT.replace("MODULE", repr(module))
    ended: Any = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, encoding="utf-8", check=False
    )
    assert (ended.returncode, ended.stdout) == (1, "imported\n")
    assert f"CannotRun: {message}" in ended.stderr
    assert ended.stderr.rstrip("'\n").endswith("moto>=5.2,<5.3")
