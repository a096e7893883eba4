"""Requests signed for Pinpoint: sent, and checked by botocore's own rules."""

import json
import re
from collections.abc import Mapping
from http.client import HTTPConnection
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from http_stub import Asked

_AUTHORIZATION = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/\d{8}/(?P<region>[^/]+)/(?P<service>[^/]+)"
    r"/aws4_request, ?SignedHeaders=(?P<headers>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


def signature_fault(asked: Asked, secret: str = "secret", service: str = "mobiletargeting") -> str:
    """Say what is wrong with the signature of a request, as AWS would; empty if it is right.

    Args:
        asked: the request as it arrived.
        secret: the secret access key that it should be signed with.
        service: the name that it should be signed for.
    """
    headers = {name.lower(): value for name, value in asked.headers.items()}
    parts = _AUTHORIZATION.fullmatch(headers.get("authorization", ""))
    if parts is None:
        return "not signed"
    if parts["service"] != service:
        return f"signed for {parts['service']}"
    signed = {name: headers[name] for name in parts["headers"].split(";")}
    unsigned = {"host", "x-amz-date", "x-amz-security-token"} & headers.keys() - signed.keys()
    if unsigned:
        return f"not signed: {', '.join(sorted(unsigned))}"
    url = f"http://{headers['host']}{asked.path}"
    request = AWSRequest(asked.method, url, headers=signed, data=asked.body)
    request.context["timestamp"] = headers["x-amz-date"]
    signer = SigV4Auth(Credentials(parts["key"], secret), service, parts["region"])
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return "" if signer.signature(text, request) == parts["signature"] else "another signature"


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
