"""Explains refusals of the service and errors of botocore: what happened and what to do."""

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol
from urllib.parse import urlsplit

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.masking import mask_values, without_addresses

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

END_OF_SUPPORT = (
    "Amazon ended Pinpoint's endpoint operations on 2026-10-30. Use --local for a Pinpoint on this "
    "machine or --endpoint-url for a compatible server; `pe help leaving` says "
    "where endpoints go next"
)

_DEFAULT_PORTS = {"http": 80, "https": 443}
_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_MAX_MESSAGE_LENGTH = 300
_REQUEST_ID = re.compile(r"[A-Za-z0-9=/_-]{1,100}")
_NOT_SHOWN = "\ufffd"

_EXPIRED = "sign in again (`aws sso login`), or renew the session's credentials"
_CONFIGURATION = (
    "check the region, the endpoint URL, the variables that begin with AWS_, and ~/.aws/config"
)
_BAD_KEY = "check the access key, the secret key and this machine's clock"
_NOT_ALLOWED = "the credentials need mobiletargeting permissions for this application"
NOT_PINPOINT = "this server does not seem to implement Pinpoint"
"""The hint for an answer that Pinpoint would not give."""

_THROTTLED = "throttled, also after retries: wait, then send it again"
_BY_CODE = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "UnrecognizedClientException": _BAD_KEY,
    "InvalidAccessKeyId": _BAD_KEY,
    "InvalidToken": _BAD_KEY,
    "RequestTimeTooSkewed": _BAD_KEY,
    "InvalidClientTokenId": _BAD_KEY,
    "InvalidSignatureException": _BAD_KEY,
    "SignatureDoesNotMatch": _BAD_KEY,
    "MissingAuthenticationToken": _BAD_KEY,
    "IncompleteSignature": _BAD_KEY,
}
# Seen in the field, with changing ends: aws-sdk-ios#861, amplify-js#1378, #1662; the last one is in
# AWS's user guide, "troubleshooting", and its number in the developer guide, "quotas"
_BY_MESSAGE = {
    "application not found in the local store": "check the application id, --store and "
    "PE_LOCAL_STORE: the first endpoint that is sent creates both",
    "missing address": "an endpoint needs an Address, unless OptOut is ALL",
    "missing channeltype": "an endpoint with an Address needs a ChannelType",
    "exceeded maximum endpoint per user": "a user has 15 endpoints at most: delete one of them",
    "too many custom attributes": "an application has 250 names at most, those of attributes, "
    "metrics and user attributes together: send fewer",
}
_BY_STATUS = {
    401: _BAD_KEY,
    403: _NOT_ALLOWED,
    404: "check the application and the endpoint id, and on AWS the region",
    405: NOT_PINPOINT,
    409: "another change was under way: send it again",
    413: "make the request smaller: 15 KB an endpoint, 7 MB a call",
}
_ELSEWHERE = "the server redirected: check --endpoint-url"
_RETRIED = (500, 502, 503, 504)
_THROTTLING_CODES = frozenset(
    {
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
    }
)
_CREDENTIAL_PROCESS = "custom-process"
"""botocore's name for the provider."""
_FOR_CREDENTIALS = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials"})


class NoResponse(CannotRun):
    """No connection, or no complete answer: an update may or may not have been stored.

    Another request may be answered, so a run of many can go on. Errors that every request would
    meet (no region, no credentials, an unknown profile) are `CannotRun` itself.
    """


class ConnectionFailed(NoResponse):
    """No connection: the last attempt at least sent nothing."""


class Refusal(NamedTuple):
    """Why the service refused a request.

    Attributes:
        status: the HTTP status.
        code: the service's error code, or the status as text.
        message: the service's own message, or what the status means.
        request_id: the service's id of the request, or empty.
        hint: what to do about it, or empty.
    """

    status: int
    code: str
    message: str
    request_id: str
    hint: str = ""

    @property
    def is_about_credentials(self) -> bool:
        """Whether every other request with these credentials would be refused too."""
        return self.code in _BY_CODE


class Coded(Protocol):
    """An answer with a status and the service's code."""

    @property
    def status(self) -> int:
        """The HTTP status."""

    @property
    def code(self) -> str:
        """The service's error code, or the status as text, or empty."""


def is_aws(client: Any) -> bool:
    """Return whether a client connects to AWS, and not to another server."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith(_AWS_DOMAINS)


def server_of(url: str) -> str:
    """Return the scheme, host and port of a URL, which may be shown."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{address}" if address else "the server"


def address_of(url: str) -> str:
    """Return what distinguishes the server at a URL: scheme, host, port and path, in one form."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    host = f"[{host}]" if ":" in host else host
    is_default = parts.port in (None, _DEFAULT_PORTS.get(parts.scheme))
    port = "" if is_default else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}{parts.path.rstrip('/')}"


def with_end_of_support(hint: str, *, at_aws: bool) -> str:
    """Return the hint of what ends a run; at AWS it names the end of support too.

    Any error may mean it, since AWS does not document which one does.
    """
    if not at_aws:
        return hint
    return f"{hint}. {END_OF_SUPPORT}" if hint else END_OF_SUPPORT


def is_throttled(answer: Coded) -> bool:
    """Return whether the service refused because there were too many calls."""
    return answer.status == HTTPStatus.TOO_MANY_REQUESTS or answer.code in _THROTTLING_CODES


def refusal_of(error: "ClientError", *, personal: Collection[str] = ()) -> Refusal:
    """Return what the service answered, and what to do about it.

    Args:
        error: as botocore raised it.
        personal: texts of the request that are masked if the server repeats them.
    """
    response: dict[str, Any] = dict(error.response)
    told = response.get("Error", {})
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    code = readable(str(told.get("Code", "")), personal) or str(status)
    message = readable(str(told.get("Message", "")), personal) or _phrase(status)
    refusal = Refusal(status, code, message, request_id_of(response, personal))
    return refusal._replace(hint=_advice(refusal))


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return "no message"


def request_id_of(response: Mapping[str, Any], personal: Collection[str] = ()) -> str:
    """Return the service's id of a request, which AWS's support asks for; empty for none.

    The body's `RequestID`, else the header `x-amzn-RequestId`, else API Gateway's own
    `x-amz-apigw-id`, all that is left where the gateway answers without the service.

    Args:
        response: as botocore returns it, or as it is in a `ClientError`.
        personal: texts of the request that are masked if the server repeats them.
    """
    metadata = response.get("ResponseMetadata", {})
    body = response.get("MessageBody") or response
    by_gateway = metadata.get("HTTPHeaders", {}).get("x-amz-apigw-id", "")
    told = str(body.get("RequestID") or metadata.get("RequestId") or by_gateway)
    is_id = _REQUEST_ID.fullmatch(told) and mask_values(told, personal) == told
    return told if is_id else readable(told, personal)


def readable(message: str, personal: Collection[str] = ()) -> str:
    """Return a server's message as one line that can be shown, a page of HTML as what it is.

    Args:
        message: a message of any length.
        personal: texts of the request that are masked if the server repeats them.
    """
    if "<html" in message.lower() or "<!doctype" in message.lower():
        return "the answer is a web page, not Pinpoint's"
    message = mask_values(message, personal)
    shown = "".join(one if one.isprintable() else _NOT_SHOWN for one in " ".join(message.split()))
    line = without_addresses(shown)
    return line if len(line) <= _MAX_MESSAGE_LENGTH else f"{line[:_MAX_MESSAGE_LENGTH]}..."


@contextmanager
def translate_botocore_errors(*, at_aws: bool = False, has_local: bool = True) -> Iterator[None]:
    """Turn botocore's errors into `CannotRun`, and a missing answer into `NoResponse`.

    Errors about the one request pass through: `ClientError` and `ParamValidationError`.

    Args:
        at_aws: whether the hint mentions the end of support.
        has_local: whether hints mention `--local`.
    """
    from botocore import exceptions as known
    from botocore.parsers import ResponseParserError

    try:
        yield
    except (known.HTTPClientError, known.ConnectionError) as error:
        hint = with_end_of_support(_connection_hint(at_aws=at_aws), at_aws=at_aws)
        unreached = (
            known.EndpointConnectionError,
            known.ProxyConnectionError,
            known.ConnectTimeoutError,
            known.SSLError,
        )
        kind = ConnectionFailed if isinstance(error, unreached) else NoResponse
        raise kind(_no_answer(error), hint) from None
    except known.ParamValidationError:
        raise
    except known.BotoCoreError as error:
        raise _not_configured(error, has_local=has_local) from None
    except known.ClientError as error:
        if error.operation_name not in _FOR_CREDENTIALS:
            raise
        refused = f"no credentials: {error.operation_name} was refused"
        raise CannotRun(f"{refused}: {refusal_of(error).message}", _CONFIGURATION) from None
    except ResponseParserError:  # of credentials: see `make_answers_parsable`
        raise CannotRun("no credentials: the answer is not readable", _CONFIGURATION) from None
    except EOFError:
        hint = "use a profile without MFA in scripts"
        raise CannotRun("the credentials require an MFA code", hint) from None
    except (ValueError, OSError) as error:
        raise CannotRun(readable(str(error)), _CONFIGURATION) from None


def _advice(refusal: Refusal) -> str:
    message = refusal.message.lower()
    for begin, hint in _BY_MESSAGE.items():
        if message.startswith(begin):
            return hint
    if is_throttled(refusal):
        return _THROTTLED
    if refusal.code in _BY_CODE:
        return _BY_CODE[refusal.code]
    if refusal.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        retried = ", after retries" if refusal.status in _RETRIED else ""
        return f"the server failed{retried}: send it again later"
    if refusal.status < HTTPStatus.BAD_REQUEST:
        return _ELSEWHERE
    return _BY_STATUS.get(refusal.status, "")


def _connection_hint(*, at_aws: bool) -> str:
    if at_aws:
        return "check the region and the network"
    return "check the endpoint URL, the network and the proxy"


def _no_answer(error: Exception) -> str:
    import botocore.exceptions as known

    told: dict[str, Any] = getattr(error, "kwargs", {})
    server = server_of(str(told.get("endpoint_url", "")))
    proxy = server_of(str(told.get("proxy_url", "")))
    messages: dict[type[Exception], str] = {
        known.EndpointConnectionError: f"no connection to {server}",
        known.ProxyConnectionError: f"no connection to the proxy {proxy}",
        known.ConnectTimeoutError: f"no connection to {server} in time",
        known.ReadTimeoutError: f"{server} did not answer in time",
        known.ConnectionClosedError: f"{server} closed the connection before it answered in full",
        known.SSLError: f"no secure connection to {server}: it has no certificate that this "
        "machine trusts, or AWS_CA_BUNDLE is wrong, or it does not speak HTTPS",
    }
    return messages.get(type(error)) or f"no answer: {readable(str(told.get('error', error)))}"


def _not_configured(error: Exception, *, has_local: bool) -> CannotRun:
    import botocore.exceptions as known

    if isinstance(error, known.NoRegionError):
        or_local = ", or use --local, which needs none" if has_local else ""
        return CannotRun("no region is set", f"use --region, or set AWS_REGION{or_local}")
    if isinstance(error, (known.NoCredentialsError, known.PartialCredentialsError)):
        or_local = "; or use --local, which needs none" if has_local else ""
        return CannotRun(
            "no credentials were found, or only a part of them",
            "use --profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run "
            f"`aws configure`{or_local}",
        )
    if isinstance(error, known.ProfileNotFound):
        return CannotRun(
            readable(str(error)), "run `aws configure list-profiles` to list the existing ones"
        )
    if (
        isinstance(error, known.CredentialRetrievalError)
        and error.kwargs.get("provider") == _CREDENTIAL_PROCESS
    ):
        return CannotRun(  # the error repeats what the program printed: secrets, perhaps
            "no credentials: the credential_process of the profile failed",
            "run the command yourself to see why; what it prints is not repeated here",
        )
    if isinstance(error, (known.SSOError, known.TokenRetrievalError)):
        return CannotRun(readable(str(error)), _EXPIRED)
    return CannotRun(readable(str(error)), _CONFIGURATION)


_PINPOINT_WORDS = re.compile(
    r"\b(?:app(?:lication)?|endpoint|resource)\b.*\bnot\b.*\b(?:found|exist)\b", re.IGNORECASE
)
_APPLICATION_WORD = re.compile(r"\bapp(?:lication)?\b", re.IGNORECASE)


class NotFound(Enum):
    """The kinds of resources that the service may not find."""

    ENDPOINT = "endpoint"
    APPLICATION = "application"


def not_found_in(refusal: "Refusal") -> NotFound | None:
    """Return what Pinpoint says does not exist; None if it says something else.

    Proxies, other servers and wrong paths answer 404 too. The error's type travels in a header that
    may get lost on the way; then the words have to be Pinpoint's. Only the words tell an endpoint
    from an application: `Application not found` and `The specified App could not be found` were
    seen in the field (amplify-cli#910).
    """
    known = refusal.code == "NotFoundException" or _PINPOINT_WORDS.search(refusal.message)
    if refusal.status != HTTPStatus.NOT_FOUND or not known:
        return None
    of_application = _APPLICATION_WORD.search(refusal.message)
    return NotFound.APPLICATION if of_application else NotFound.ENDPOINT
