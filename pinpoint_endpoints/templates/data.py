"""Put together the values that a template is rendered with."""

from collections.abc import Iterable, Mapping
from typing import Any

from pinpoint_endpoints.segments.definition import USER_ATTRIBUTES
from pinpoint_endpoints.segments.users import user_id_of
from pinpoint_endpoints.templates.arguments import is_missing
from pinpoint_endpoints.templates.read import Template, ValueName

LISTS = (("Attributes",), USER_ATTRIBUTES)
"""Their members are lists."""

RECOMMENDATIONS = ("RecommendationItems", "Recommendations")
"""What a recommender model supplies, and no endpoint has."""


def data_of(
    endpoint: Mapping[str, Any],
    template: Template,
    *,
    values: Mapping[ValueName, Any] | None = None,
) -> dict[str, Any]:
    """Return the values that a template is rendered with for an endpoint.

    A template's default is overridden by the endpoint's value, that by the message's substitution,
    and that by a substitution for this user, endpoint or address.

    Args:
        endpoint: its members, as in an EndpointRequest, and its `Id`.
        template: the template, with its defaults and substitutions.
        values: more values of the message, which override the template's substitutions.
    """
    data = {**endpoint}
    _put(data, template.defaults.items(), replace=False)
    _put(data, template.substitutions.items(), replace=True)
    _put(data, (values or {}).items(), replace=True)
    if template.addresses:
        for key in (user_id_of(endpoint), data.get("Id"), endpoint.get("Address")):
            if isinstance(key, str):
                _put(data, template.addresses.get(key, {}).items(), replace=True)
    return data


def _put(data: dict[str, Any], values: Iterable[tuple[ValueName, Any]], *, replace: bool) -> None:
    """Set values in an object; the objects in it are copied, for they are the endpoint's."""
    for name, value in values:
        *above, last = name or ("",)
        target: Any = data
        for key in above:
            inner = target.get(key)
            target[key] = {**inner} if isinstance(inner, Mapping) else {}
            target = target[key]
        if replace or is_missing(target.get(last)):
            is_list = tuple(above) in LISTS and not isinstance(value, list)
            target[last] = [value] if is_list else value
