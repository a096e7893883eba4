"""botocore's own service data, without listing all services: saves a fifth of a cold call."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader

_SERVICE = "pinpoint"
_API_VERSION = "2016-12-01"
_OF_CREDENTIALS = ("sts", "sso", "sso-oidc", "signin")
"""What botocore's credential providers call, for roles, web identities and logins."""


def pinpoint_loader() -> "Loader":
    """Return a loader that parses with orjson and does not list botocore's 430 other services."""
    import orjson
    from botocore.loaders import JSONFileLoader, Loader

    class OrjsonFileLoader(JSONFileLoader):
        def _load_file(self, full_path: str, open_method: Any) -> Any:
            try:
                with open_method(full_path, "rb") as file:
                    return orjson.loads(file.read())
            except FileNotFoundError:
                return None

    class PinpointLoader(Loader):
        def list_available_services(self, type_name: str) -> list[str]:
            return [_SERVICE, *_OF_CREDENTIALS] if type_name == "service-2" else []

        def determine_latest_version(self, service_name: str, type_name: str) -> str:
            if service_name == _SERVICE:
                return _API_VERSION
            return max(self.list_api_versions(service_name, type_name))

    return PinpointLoader(file_loader=OrjsonFileLoader())
