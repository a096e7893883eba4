"""An HTTP request in, the same signed for Pinpoint and sent as its bytes, and its answer, out."""

import json
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials


class HttpAnswer(NamedTuple):
    """What came back.

    Attributes:
        status: such as 202.
        headers: by their names in small letters.
        body: a JSON value.
    """

    status: int
    headers: Mapping[str, str]
    body: Any


def send_signed(
    url: str, method: str, path: str, body: object = None, headers: Mapping[str, str] | None = None
) -> HttpAnswer:
    """Send a request with a signature of version 4, as AWS's documentation shows it.

    Args:
        url: of the server.
        method: such as `PUT`.
        path: already encoded.
        body: a JSON value; None for no body.
        headers: more headers; a `Host` among them is signed and sent instead of the server's.
    """
    server = urlsplit(url)
    data = b"" if body is None else json.dumps(body).encode()
    named = {"Host": server.netloc, "Content-Type": "application/json", **(headers or {})}
    request = AWSRequest(method, f"http://{named['Host']}{path}", headers=named, data=data)
    signer = SigV4Auth(Credentials("local", "local"), "mobiletargeting", "us-east-1")
    signer.add_auth(request)
    connection = HTTPConnection(server.hostname or "", server.port, timeout=60)
    connection.request(method, path, data, dict(request.headers.items()))
    response = connection.getresponse()
    answered = {name.lower(): value for name, value in response.getheaders()}
    told = HttpAnswer(response.status, answered, json.loads(response.read()))
    connection.close()
    return told
