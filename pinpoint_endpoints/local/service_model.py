"""A method and a path → the operation of Pinpoint that they mean, by botocore's service model."""

import re
from functools import cache
from typing import NamedTuple

ID = re.compile(r"\\\{[^/]+?\\\}")


class ModelledPath(NamedTuple):
    """A path of the service.

    Args:
        pattern: matches it with whatever ids.
        operations: names by method.
    """

    pattern: re.Pattern[str]
    operations: dict[str, str]


def operations_at(path: str) -> dict[str, str]:
    """Return the names of Pinpoint's operations at a path, by method; none if it has no such path.

    Args:
        path: as it is encoded, without a query.
    """
    return next((one.operations for one in _paths() if one.pattern.fullmatch(path)), {})


@cache
def _paths() -> list[ModelledPath]:
    """Return all paths, those with the fewest ids first: a word is not an id."""
    from pinpoint_endpoints.service.model_loader import pinpoint_loader

    model = pinpoint_loader().load_service_model("pinpoint", "service-2")
    by_uri: dict[str, dict[str, str]] = {}
    for name, operation in model["operations"].items():
        http = operation["http"]
        by_uri.setdefault(http["requestUri"], {})[http["method"]] = name
    return [
        ModelledPath(re.compile(ID.sub("[^/]*", re.escape(uri))), by_uri[uri])
        for uri in sorted(by_uri, key=lambda uri: uri.count("{"))
    ]
