"""botocore's own service data, loaded for one service only: saves a fifth of a cold call."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.loaders import Loader

_SERVICE = "pinpoint"
_API_VERSION = "2016-12-01"


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
            return [_SERVICE] if type_name == "service-2" else []

        def list_api_versions(self, service_name: str, type_name: str) -> list[str]:
            if service_name == _SERVICE:
                return [_API_VERSION]
            versions: list[str] = super().list_api_versions(service_name, type_name)
            return versions

        def determine_latest_version(self, service_name: str, type_name: str) -> str:
            return self.list_api_versions(service_name, type_name)[-1]

    return PinpointLoader(file_loader=OrjsonFileLoader())
