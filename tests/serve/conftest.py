"""What the tests of `pe serve` share: one server for a module's tests, and AWS's own clients."""

from collections.abc import Iterator

import pytest
from pe_serve import PeServe, pe_serve
from sdks import AwsCli, Boto3, JavaScript, Sdk, aws_cli, javascript


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PeServe]:
    """Start the installed `pe serve` with an empty store."""
    with pe_serve(tmp_path_factory.mktemp("serve")) as started:
        yield started


@pytest.fixture(scope="module")
def by_boto3(server: PeServe) -> Boto3:
    """Return the SDK for Python."""
    return Boto3(server)


@pytest.fixture(scope="module")
def by_aws_cli(server: PeServe) -> Iterator[AwsCli]:
    """Start the AWS CLI: one process for all tests of a module."""
    with aws_cli(server) as sdk:
        yield sdk


@pytest.fixture(scope="module")
def by_javascript(server: PeServe) -> Iterator[JavaScript]:
    """Start the SDK for JavaScript: one process for all tests of a module."""
    with javascript(server) as sdk:
        yield sdk


@pytest.fixture(
    params=[
        "by_boto3",
        pytest.param("by_aws_cli", marks=pytest.mark.external),
        pytest.param("by_javascript", marks=pytest.mark.external),
    ]
)
def sdk(request: pytest.FixtureRequest) -> Sdk:
    """Return each of AWS's clients."""
    client: Sdk = request.getfixturevalue(request.param)
    return client
