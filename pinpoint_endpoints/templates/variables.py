"""The variables that templates may have, and what a wrong one probably means.

Source: AWS, Amazon Pinpoint User Guide, "Adding personalized content to message templates".
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case, same_but_for_style
from pinpoint_endpoints.masking import dotted
from pinpoint_endpoints.segments.definition import USER_ATTRIBUTES

Path = tuple[str, ...]

_ANY = "*"
MEMBERS: Mapping[str, Collection[str]] = {
    "Address": (),
    "Attributes": (_ANY,),
    "ChannelType": (),
    "CreationDate": (),
    "Demographic": (
        "AppVersion",
        "Locale",
        "Make",
        "Model",
        "ModelVersion",
        "Platform",
        "PlatformVersion",
        "Timezone",
    ),
    "EffectiveDate": (),
    "EndpointStatus": (),
    "Id": (),
    "Location": ("City", "Country", "Latitude", "Longitude", "PostalCode", "Region"),
    "Metrics": (_ANY,),
    "OptOut": (),
    "RecommendationItems": (_ANY,),
    "Recommendations": (_ANY,),
    "RequestId": (),
    "User": ("UserAttributes", "UserId"),
}
"""What stands at the top of the data, and the names below it; `*` for any."""

_BY_MEMBER: Mapping[str, Path] = {
    member: (holder, member)
    for holder, members in MEMBERS.items()
    for member in members
    if member != _ANY
}
_ATTRIBUTES: Sequence[Path] = (USER_ATTRIBUTES, ("Attributes",), ("Metrics",))
OF_SES = "amazonSES"
"""Placeholders of Amazon SES, such as `amazonSESUnsubscribeUrl`, begin with this."""


class Unknown(NamedTuple):
    """A variable that no endpoint can have.

    Attributes:
        likely: the variable that is probably meant, or an empty path.
        endpoints: how many endpoints have that one, if it is known.
    """

    likely: Path = ()
    endpoints: int = 0


def attribute_in(path: Path) -> Path:
    """Return the attribute or metric that a variable reads, without an index; else nothing."""
    for holder in _ATTRIBUTES:
        if path[: len(holder)] == holder and len(path) > len(holder):
            return path[: len(holder) + 1]
    return ()


def unknown(path: Path, counts: Mapping[Path, int]) -> Unknown | None:
    """Return what a variable means that no endpoint has; None if an endpoint may have it.

    Args:
        path: the names, from the top of the data on.
        counts: how many endpoints have each attribute, if that is known.
    """
    first, *rest = path
    if first.startswith(OF_SES):
        return None
    members = MEMBERS.get(first)
    if members is None:
        return _unknown_at_top(path, counts)
    if not rest or not members or _ANY in members or rest[0] in members:
        return None
    name = same_but_for_style(rest[0], tuple(members)) or nearest(rest[0], members)
    return Unknown((first, name, *rest[1:])) if name else _by_name(path, counts) or Unknown()


def _unknown_at_top(path: Path, counts: Mapping[Path, int]) -> Unknown:
    first, *rest = path
    name = same_but_for_style(first, tuple(MEMBERS))
    if name:
        return unknown((name, *rest), counts) or Unknown((name, *rest))
    if first in _BY_MEMBER:
        return Unknown((*_BY_MEMBER[first], *rest))
    return _by_name(path, counts) or _by_root(path)


def _by_name(path: Path, counts: Mapping[Path, int]) -> Unknown | None:
    """Return the attribute of the audience that has the variable's last name."""
    name = next((one for one in reversed(path) if not one.startswith("[")), "")
    by_case = {known[-1].casefold(): known for known in counts}
    for found in (_named(name, counts), by_case.get(name.casefold())):
        if found:
            return Unknown(found, counts[found])
    return None


def _named(name: str, counts: Mapping[Path, int]) -> Path:
    found = [(*holder, name) for holder in _ATTRIBUTES if counts.get((*holder, name))]
    return max(found, key=counts.__getitem__, default=())


def _by_root(path: Path) -> Unknown:
    near = nearest(path[0], MEMBERS, 0.8)
    if near and len(path) > 1:
        return Unknown((near, *path[1:]))
    name = same_but_for_case(path[0], _BY_MEMBER)
    return Unknown((*_BY_MEMBER[name], *path[1:]) if name else ())


def others_named(attribute: Path, counts: Mapping[Path, int]) -> Iterator[tuple[Path, int]]:
    """Yield what an attribute that no endpoint has may mean, the likeliest first.

    Args:
        attribute: as `attribute_in` returns it.
        counts: how many endpoints have each attribute.
    """
    *holder, name = attribute
    same = [path for path in counts if path[-1] == name]
    beside = {path[-1]: path for path in counts if path[:-1] == tuple(holder)}
    case = same_but_for_case(name, beside)
    near = nearest(name, beside)
    likely = [*same, *([beside[case]] if case else []), *([beside[near]] if near else [])]
    anywhere = {path[-1].casefold(): path for path in counts}
    if name.casefold() in anywhere:
        likely.append(anywhere[name.casefold()])
    for path in dict.fromkeys(likely):
        yield path, counts[path]


def written(path: Path) -> str:
    """Return a variable as a template writes it, with addresses in it masked."""
    return dotted(path)
