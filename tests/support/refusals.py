"""Answers of servers that refuse a request, and what `pe` reports about them."""

from typing import NamedTuple

PAGE = b"<!DOCTYPE html><html><body><h1>No</h1></body></html>"
A_PAGE = "the answer is a web page, not Pinpoint's"


class Reported(NamedTuple):
    """What is reported for a status: its code, the hint, and whether it is retried."""

    kind: str
    hint: str
    retried: bool = False


ELSEWHERE = "the server redirected: check --endpoint-url"
FAILED = "the server failed, after retries: send it again later"
STATUSES = {
    301: Reported("MovedPermanently", ELSEWHERE),
    302: Reported("Found", ELSEWHERE),
    307: Reported("TemporaryRedirect", ELSEWHERE),
    400: Reported("BadRequestException", ""),
    403: Reported(
        "ForbiddenException",
        "the credentials need mobiletargeting permissions for this application",
    ),
    404: Reported(
        "NotFoundException", "check the application and the endpoint id, and on AWS the region"
    ),
    405: Reported("MethodNotAllowedException", "this server does not seem to implement Pinpoint"),
    409: Reported("ConflictException", "another change was under way: send it again"),
    410: Reported("Gone", ""),
    413: Reported(
        "PayloadTooLargeException", "make the request smaller: 15 KB an endpoint, 7 MB a call"
    ),
    429: Reported(
        "TooManyRequestsException",
        "throttled, also after retries: wait, then send it again",
        retried=True,
    ),
    500: Reported("InternalServerErrorException", FAILED, retried=True),
    501: Reported("NotImplemented", "the server failed: send it again later"),
    502: Reported("BadGatewayException", FAILED, retried=True),
    503: Reported("ServiceUnavailableException", FAILED, retried=True),
    504: Reported("GatewayTimeoutException", FAILED, retried=True),
}
BODIES = {
    "as the service writes it": (b'{"Message": "no", "RequestID": "r-body"}', "no"),
    "as other services of Amazon write it": (b'{"message": "no"}', "no"),
    "text": (b"no \r\n upstream", "no upstream"),
    "nothing": (b"", None),
    "a web page": (PAGE, A_PAGE),
    "a short web page": (b"<html>no</html>", A_PAGE),
    "not UTF-8": ("nö".encode("latin-1"), "n\ufffd"),
    "a web page that is not UTF-8": (PAGE + "ö".encode("latin-1"), A_PAGE),
    "UTF-16": ("no".encode("utf-16-le"), "n\ufffdo\ufffd"),
    "a list": (b'["no"]', '["no"]'),
    "a number": (b"42", "42"),
    "null": (b"null", "null"),
    "members of other types": (b'{"Message": {"a": 1}, "__type": 5, "code": [], "Code": 1}', None),
    "an object cut short": (b'{"Message": "n', '{"Message": "n'),
    "nested without end": (b"[" * 100_000, "[" * 300 + "..."),
}
