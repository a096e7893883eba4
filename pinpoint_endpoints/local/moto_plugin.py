"""Add Pinpoint's operations on endpoints and segments to moto, which lacks them.

Applications remain moto's own. What belongs to an application is kept at moto's object for it,
so that DeleteApp, leaving `mock_aws` and `/moto-api/reset` remove them, and accounts and regions
are separate.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import unquote, urlsplit

from pinpoint_endpoints.errors import CannotRun
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import answer
from pinpoint_endpoints.local.store import Store

__all__ = ["install", "mock_aws"]

# `.*`: an id may be empty, and moto's server decodes the slashes in ids before it matches.
PATHS = (
    "{0}/v1/apps/(?P<app_id>[^/]+)/attributes/(?P<attribute_type>.*)$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/endpoints$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/endpoints/(?P<endpoint_id>.*)$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/events$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/events/legacy$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/segments$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/segments/(?P<segment_id>[^/]+)$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/segments/(?P<segment_id>[^/]+)/versions$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/segments/(?P<segment_id>[^/]+)/versions/(?P<version>[^/]+)$",
    "{0}/v1/apps/(?P<app_id>[^/]+)/users/(?P<user_id>.*)$",
)
ATTRIBUTE = "_pinpoint_endpoints"

MotoResponse = tuple[int, dict[str, str], bytes]

if TYPE_CHECKING:
    from moto import mock_aws
else:

    def mock_aws(*arguments: Any, **named: Any) -> Any:
        """moto's `mock_aws`, with the endpoint operations of the local Pinpoint.

        It is a decorator and a context manager, with moto's own arguments. Create applications
        with `create_app`. From the first call on, moto's own `mock_aws` has the operations too.

        Raises:
            CannotRun: moto is not installed, or its version is not supported.
        """  # noqa: D403 - moto's name is in lower case
        install()
        return _internal("moto", "mock_aws")(*arguments, **named)


def install() -> None:
    """Add the endpoint operations of the local Pinpoint to `mock_aws` and to moto's server.

    For moto's server, call it before the first request, since the server reads its paths once.
    They stay until the process ends; a second call changes nothing.

    Raises:
        CannotRun: moto is not installed, or lacks the internals that this builds on.
    """
    try:
        import_module("moto")
    except ModuleNotFoundError as error:
        raise CannotRun(
            f"mock_aws needs {error.name}, which is not installed",
            "install moto: pip install 'moto>=5.2,<5.3'",
        ) from error
    urls = _internal("moto.pinpoint.urls", "url_paths")
    _internal("moto.pinpoint.models", "PinpointBackend.get_app")
    _internal("moto.pinpoint.responses", "PinpointResponse.setup_class")
    _internal("moto.pinpoint.responses", "PinpointResponse.pinpoint_backend")
    urls.update(dict.fromkeys(PATHS, respond))


def respond(request: Any, full_url: str, headers: Any) -> MotoResponse:
    """Answer a request that moto has routed here.

    The account and the region come from moto. Its dispatch is not used: it would take the name of
    an operation from any `Action=` in the body.
    """
    from moto.pinpoint.responses import PinpointResponse

    moto_response = PinpointResponse()
    moto_response.setup_class(request, full_url, headers, use_raw_body=True)
    url = urlsplit(full_url)
    path, target = url.path, f"{url.path}?{url.query}"
    pinpoint = _local_pinpoint(moto_response.pinpoint_backend, unquote(path.split("/")[3]))
    result = answer(pinpoint, request.method, target, moto_response.raw_body or b"")
    return result.status, dict(result.headers), result.body


def _local_pinpoint(backend: Any, application_id: str) -> LocalPinpoint:
    application = backend.apps.get(application_id)
    if application is None:
        return LocalPinpoint(Store(None), create_missing_applications=False)
    pinpoint: LocalPinpoint | None = getattr(application, ATTRIBUTE, None)
    if pinpoint is None:
        fresh = LocalPinpoint(Store(None), create_missing_applications=False)
        fresh.add_application(application_id, application.name)
        return cast("LocalPinpoint", application.__dict__.setdefault(ATTRIBUTE, fresh))
    return pinpoint


def _internal(module: str, path: str) -> Any:
    try:
        found = import_module(module)
        for name in path.split("."):
            found = getattr(found, name)
    except (ImportError, AttributeError) as error:
        raise CannotRun(
            f"the moto plug-in needs `{module}.{path}`, which this version of moto lacks",
            "install moto>=5.2,<5.3",
        ) from error
    return found
