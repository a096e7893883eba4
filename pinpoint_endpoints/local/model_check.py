"""Checks requests of Customer Profiles against botocore's service model, as the service does.

botocore checks types, required members and minimum lengths before it sends a request, but not
maximum lengths, patterns or enumerations.
"""

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from pinpoint_endpoints.local.service_error import bad_request

SERVICE = "customer-profiles"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "double": (int, float),
    "float": (int, float),
    "boolean": (bool,),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}


@cache
def service_model() -> Mapping[str, Any]:
    """Return botocore's model of Customer Profiles."""
    from pinpoint_endpoints.service.client import pinpoint_loader

    model: Mapping[str, Any] = pinpoint_loader().load_service_model(SERVICE, "service-2")
    return model


def read_request(operation: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a request that are in the model and not null.

    Args:
        operation: the name of the operation.
        members: the members of the body, the path and the query.

    Raises:
        ServiceError: 400 if the model does not allow a value; the message does not repeat it.
    """
    shape = service_model()["operations"][operation]["input"]["shape"]
    request: dict[str, Any] = _read(shape, members, "")
    return request


def _read(name: str, value: Any, path: str) -> Any:
    """Return a value without unknown members and members that are null.

    Args:
        name: the name of its shape.
        value: a part of a request.
        path: the path to the value, for messages.
    """
    shape = service_model()["shapes"][name]
    kind, named = shape["type"], path or "the request"
    if not _is_a(value, kind):
        raise bad_request(f"{named} must be {'an' if kind == 'integer' else 'a'} {kind}")
    if kind == "structure":
        return _read_structure(shape, value, path)
    if kind == "list":
        _check_size(shape, len(value), named, " items")
        member = shape["member"]["shape"]
        return [_read(member, one, f"{path}[{index}]") for index, one in enumerate(value)]
    if kind == "map":
        _check_size(shape, len(value), named, " items")
        for key in value:
            _read(shape["key"]["shape"], key, f"a key of {path}")
        member = shape["value"]["shape"]
        return {key: _read(member, one, f"a value of {path}") for key, one in value.items()}
    if kind == "string":
        _check_text(shape, value, named)
    else:
        _check_size(shape, value, named, "")
    return value


def _is_a(value: object, kind: str) -> bool:
    types = _TYPES.get(kind, ())
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _read_structure(
    shape: Mapping[str, Any], value: Mapping[str, Any], path: str
) -> dict[str, Any]:
    begin = path and f"{path}."
    for name in shape.get("required", ()):
        if value.get(name) is None:
            raise bad_request(f"{begin}{name} is required")
    return {
        name: _read(member["shape"], value[name], f"{begin}{name}")
        for name, member in shape["members"].items()
        if value.get(name) is not None
    }


def _check_text(shape: Mapping[str, Any], text: str, named: str) -> None:
    if "enum" in shape and text not in shape["enum"]:
        raise bad_request(f"{named} must be one of {', '.join(shape['enum'])}")
    if not re.fullmatch(shape.get("pattern", "(?s:.*)"), text):
        raise bad_request(f"{named} must match {shape['pattern']}")
    _check_size(shape, len(text), named, " characters")


def _check_size(shape: Mapping[str, Any], size: float, named: str, unit: str) -> None:
    least, most = shape.get("min"), shape.get("max")
    if least is not None and size < least:
        few = f"must have at least {least}{unit}" if unit else f"is below {least}"
        raise bad_request(f"{named} {few}")
    if most is not None and size > most:
        many = f"must have at most {most}{unit}" if unit else f"is above {most}"
        raise bad_request(f"{named} {many}")
