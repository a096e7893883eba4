"""Where the service is in, a boto3 Pinpoint client out. Credentials and retries are botocore's."""

import os
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pinpoint_endpoints.errors import UsageError

if TYPE_CHECKING:
    from botocore.session import Session

LOCAL_URL = "http://pinpoint.local"
"""What requests to the local Pinpoint are addressed to; nothing is ever sent there."""

CONNECT_SECONDS = 10
READ_SECONDS = 30

_STANDARD_RETRIES = {"retry_mode": ("retry_mode", "AWS_RETRY_MODE", "standard", None)}


def open_client(
    *, region: str | None = None, profile: str | None = None, endpoint_url: str | None = None
) -> Any:
    """Return a boto3 client for an AWS account or for a server that speaks the Pinpoint API.

    What is left out comes from boto3's own variables and files. Retries are botocore's, in its
    `standard` mode unless another one is configured.

    Args:
        region: as in the AWS CLI.
        profile: as in the AWS CLI.
        endpoint_url: a server to use instead of AWS, `http://…` or `https://…`.

    Raises:
        UsageError: the endpoint URL is none.
        CannotRun: no region, an unknown profile, a broken configuration file.
    """
    from botocore.config import Config

    from pinpoint_endpoints.service.errors import explained

    if endpoint_url is not None:
        _check_url(endpoint_url)
    with explained():
        import botocore.session

        session = botocore.session.Session(session_vars=_STANDARD_RETRIES, profile=profile)
        return _client(
            session,
            region_name=region,
            endpoint_url=endpoint_url,
            config=Config(connect_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS),
        )


def open_local_client() -> Any:
    """Return a boto3 client that no variable or file of the user can change.

    It has a region and credentials that mean nothing, so that it works where there are none. What
    it asks has to be answered before it is sent: `pinpoint_endpoints.local.in_process.attach`.
    """
    import botocore.session
    from botocore.config import Config

    variables = {
        name: (None, None, default, convert)
        for name, (_, _, default, convert) in botocore.session.Session.SESSION_VARIABLES.items()
    }
    variables["config_file"] = variables["credentials_file"] = (None, None, os.devnull, None)
    return _client(
        botocore.session.Session(session_vars=variables),
        region_name="us-east-1",
        endpoint_url=LOCAL_URL,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - signs what is never sent
        config=Config(retries={"total_max_attempts": 1}),
    )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(character.isspace() for character in url):
        raise UsageError(
            "this is not an endpoint URL", "write it like http://127.0.0.1:5000, with its scheme"
        )


def _client(session: "Session", **arguments: Any) -> Any:
    import boto3

    from pinpoint_endpoints.service.model_loader import pinpoint_loader

    session.register_component("data_loader", pinpoint_loader())
    return boto3.Session(botocore_session=session).client("pinpoint", **arguments)
