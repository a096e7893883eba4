"""A request as it arrived in, what is wrong with its signature out: by botocore's own rules."""

import re

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
    from botocore.auth import SigV4Auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials

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
