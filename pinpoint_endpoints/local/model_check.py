"""Check requests of Customer Profiles against botocore's service model, as the service does.

botocore checks types, required members and minimal lengths before it sends a request, but neither
maximal lengths nor patterns nor enumerations.
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


def check_request(operation: str, request: object) -> None:
    """Refuse a request that the model does not allow; unknown members are ignored.

    Args:
        operation: its name.
        request: the members of the body, the path and the query.

    Raises:
        ServiceError: 400, with a message that repeats no value.
    """
    shape = service_model()["operations"][operation]["input"]["shape"]
    problem = _problem(shape, request, "")
    if problem:
        raise bad_request(problem)


def _problem(name: str, value: Any, path: str) -> str:
    """Return what is wrong with a value of a shape, or an empty text."""
    shape = service_model()["shapes"][name]
    kind, named = shape["type"], path or "the request"
    if not _is_a(value, kind):
        return f"{named} must be a {kind}"
    if kind == "string":
        return _text_problem(shape, value, named)
    if kind not in ("list", "map", "structure"):
        return _size_problem(shape, value, named, "")
    too_many = "" if kind == "structure" else _size_problem(shape, len(value), named, " items")
    return too_many or _problem_below(shape, value, path)


def _is_a(value: object, kind: str) -> bool:
    types = _TYPES.get(kind, ())
    return isinstance(value, types) and (bool in types or not isinstance(value, bool))


def _text_problem(shape: Mapping[str, Any], text: str, named: str) -> str:
    if "enum" in shape and text not in shape["enum"]:
        return f"{named} must be one of {', '.join(shape['enum'])}"
    if not re.fullmatch(shape.get("pattern", "(?s:.*)"), text):
        return f"{named} must match {shape['pattern']}"
    return _size_problem(shape, len(text), named, " characters")


def _problem_below(shape: Mapping[str, Any], value: Any, path: str) -> str:
    if shape["type"] == "list":
        parts = [(shape["member"]["shape"], one, f"{path}[{i}]") for i, one in enumerate(value)]
    elif shape["type"] == "map":
        parts = [(shape["key"]["shape"], key, f"a key of {path}") for key in value]
        parts += [(shape["value"]["shape"], one, f"a value of {path}") for one in value.values()]
    elif shape["type"] == "structure":
        for name in shape.get("required", ()):
            if value.get(name) is None:
                return f"{path}{'.' if path else ''}{name} is required"
        parts = [
            (member["shape"], value[name], f"{path}{'.' if path else ''}{name}")
            for name, member in shape["members"].items()
            if value.get(name) is not None
        ]
    else:
        parts = []
    return next(filter(None, (_problem(*part) for part in parts)), "")


def _size_problem(shape: Mapping[str, Any], size: float, named: str, unit: str) -> str:
    least, most = shape.get("min"), shape.get("max")
    if least is not None and size < least:
        return f"{named} must have at least {least}{unit}" if unit else f"{named} is below {least}"
    if most is not None and size > most:
        return f"{named} must have at most {most}{unit}" if unit else f"{named} is above {most}"
    return ""
