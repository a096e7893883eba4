"""What botocore raised in, what happened and what to do about it out."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

from pinpoint_endpoints.documents.personal import masked, without_addresses
from pinpoint_endpoints.errors import CannotRun

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

END_OF_SUPPORT = (
    "Amazon ended Pinpoint's endpoint operations on 2026-10-30. Use --local for a Pinpoint on this "
    'machine or --endpoint-url for a compatible server; "Leaving Pinpoint" in the README says '
    "where endpoints go next"
)

_AWS_DOMAINS = (".amazonaws.com", ".amazonaws.com.cn", ".api.aws")
_LONGEST_MESSAGE = 300

_EXPIRED = "sign in again (`aws sso login`), or renew the session's credentials"
_CONFIGURATION = (
    "check the region, the endpoint URL, the variables that begin with AWS_, and ~/.aws/config"
)
_BAD_KEY = "check the access key, the secret key and this machine's clock"
_NOT_ALLOWED = "the credentials need mobiletargeting permissions on this application"
_BY_CODE = {
    "ExpiredToken": _EXPIRED,
    "ExpiredTokenException": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "UnrecognizedClientException": _BAD_KEY,
    "InvalidClientTokenId": _BAD_KEY,
    "InvalidSignatureException": _BAD_KEY,
    "SignatureDoesNotMatch": _BAD_KEY,
    "MissingAuthenticationToken": _BAD_KEY,
    "IncompleteSignature": _BAD_KEY,
}
_BY_MESSAGE = {
    "Missing Address": "a new endpoint needs an Address, unless OptOut is ALL",
    "Missing ChannelType": "a new endpoint needs a ChannelType",
    "Exceeded maximum endpoint per user": "a user has 15 endpoints at most: delete one of them",
}
_BY_STATUS = {
    401: _BAD_KEY,
    403: _NOT_ALLOWED,
    301: "is this endpoint URL the right one? The server sends elsewhere",
    302: "is this endpoint URL the right one? The server sends elsewhere",
    307: "is this endpoint URL the right one? The server sends elsewhere",
    404: "check the application, the endpoint id and the region",
    405: "is this server a Pinpoint?",
    413: "make the request smaller: 15 KB an endpoint, 7 MB a call",
    429: "the quota is used up, after retries: wait, then send it again",
}
_SERVER_FAILED = "the server failed, after retries: send it again later"
_RETRIED = (500, 502, 503, 504)


class Refusal(NamedTuple):
    """Why the service refused a request.

    Attributes:
        status: the HTTP status.
        code: the service's error code, or the status as text.
        message: the service's own message.
        request_id: the service's id of the request, or empty.
        hint: what to do about it.
    """

    status: int
    code: str
    message: str
    request_id: str
    hint: str


def is_aws(client: Any) -> bool:
    """Tell whether a client speaks to an AWS account, and not to another server."""
    host = urlsplit(client.meta.endpoint_url).hostname or ""
    return host.endswith(_AWS_DOMAINS)


def server_of(url: str) -> str:
    """Return scheme, host and port of a URL: what may be shown of it."""
    parts = urlsplit(url)
    address = parts.netloc.rpartition("@")[2]
    return f"{parts.scheme}://{address}" if address else "the server"


def not_pinpoint(*, at_aws: bool) -> str:
    """Return what to do about an answer that Pinpoint does not give."""
    return END_OF_SUPPORT if at_aws else "is this server a Pinpoint?"


def refusal_of(error: "ClientError", *, at_aws: bool, personal: Collection[str] = ()) -> Refusal:
    """Return what the service answered, and what to do about it.

    Args:
        error: as botocore raised it.
        at_aws: whether an AWS account refused: then the hint names the end of support, whatever
            the code was, since nobody knows which code stands for it.
        personal: what must not be shown of the request, should the server repeat it.
    """
    response: dict[str, Any] = dict(error.response)
    metadata = response.get("ResponseMetadata", {})
    status = int(metadata.get("HTTPStatusCode", 0))
    code = str(response.get("Error", {}).get("Code", ""))
    message = readable(str(response.get("Error", {}).get("Message", "")), personal)
    request_id = str(response.get("RequestID") or metadata.get("RequestId", ""))
    hint = _advice(status, code, message)
    if at_aws:
        hint = f"{hint}. {END_OF_SUPPORT}" if hint else END_OF_SUPPORT
    return Refusal(status, code, message or "no message", request_id, hint)


def readable(message: str, personal: Collection[str] = ()) -> str:
    """Return a server's message as one line, and a page of HTML as what it is.

    Args:
        message: of any length.
        personal: what must not be shown of the request, should the server repeat it.
    """
    if "<html" in message.lower() or "<!doctype" in message.lower():
        return "the answer is a web page, not Pinpoint's"
    for value in personal:
        message = message.replace(value, masked(value))
    line = without_addresses(" ".join(message.split()))
    return line if len(line) <= _LONGEST_MESSAGE else f"{line[:_LONGEST_MESSAGE]}..."


@contextmanager
def explained(*, at_aws: bool = False) -> Iterator[None]:
    """Turn what keeps a run from going on into `CannotRun`.

    What is about the one request passes through: `ClientError` and `ParamValidationError`.
    """
    from botocore import exceptions as known
    from botocore.parsers import ResponseParserError

    # botocore's parser takes the JSON's shape on trust, and fails in these ways when it is another
    unreadable = (
        ResponseParserError,
        UnicodeDecodeError,
        AttributeError,
        TypeError,
        RecursionError,
    )

    try:
        yield
    except (known.HTTPClientError, known.ConnectionError) as error:
        raise _no_connection(error, at_aws=at_aws) from None
    except known.ParamValidationError:
        raise
    except known.BotoCoreError as error:
        raise _not_configured(error) from None
    except unreadable:
        raise CannotRun("the answer cannot be read", not_pinpoint(at_aws=at_aws)) from None
    except EOFError:
        hint = "use a profile without MFA where nobody can type"
        raise CannotRun("the credentials ask for a code", hint) from None
    except (ValueError, OSError) as error:
        raise CannotRun(readable(str(error)), _CONFIGURATION) from None


def _advice(status: int, code: str, message: str) -> str:
    for begin, hint in _BY_MESSAGE.items():
        if message.startswith(begin):
            return hint
    if code in _BY_CODE:
        return _BY_CODE[code]
    if status in _RETRIED:
        return _SERVER_FAILED
    return _BY_STATUS.get(status, "")


def _no_connection(error: Exception, *, at_aws: bool) -> CannotRun:
    from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError, SSLError

    url = getattr(error, "kwargs", {}).get("endpoint_url", "")
    server = server_of(str(url))
    if isinstance(error, (ReadTimeoutError, ConnectTimeoutError)):
        message = f"{server} did not answer in time"
    elif isinstance(error, SSLError):
        message = f"{server} has no certificate that this machine trusts, or AWS_CA_BUNDLE is wrong"
    else:
        message = f"no connection to {server}"
    hint = "check the endpoint URL, the network and the proxy"
    if at_aws:
        hint = f"check the region and the network. {END_OF_SUPPORT}"
    return CannotRun(message, hint)


def _not_configured(error: Exception) -> CannotRun:
    import botocore.exceptions as known

    if isinstance(error, known.NoRegionError):
        return CannotRun(
            "no region is set",
            "give --region, or set AWS_DEFAULT_REGION; or use --local, which needs none",
        )
    if isinstance(error, (known.NoCredentialsError, known.PartialCredentialsError)):
        return CannotRun(
            "no credentials were found, or only a part of them",
            "give --profile, set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or run "
            "`aws configure`; or use --local, which needs none",
        )
    if isinstance(error, known.ProfileNotFound):
        return CannotRun(
            readable(str(error)), "`aws configure list-profiles` lists those there are"
        )
    if isinstance(error, (known.SSOError, known.TokenRetrievalError)):
        return CannotRun(readable(str(error)), _EXPIRED)
    return CannotRun(readable(str(error)), _CONFIGURATION)
