"""Rules about attributes, metrics and their names."""

import re
from collections.abc import Mapping, Sequence

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.positions import shown_name
from pinpoint_endpoints.documents.rule import Scope, rule

_UNSHOWN = re.compile(r"[#:?\\/]")


@rule(
    codes.ATTRIBUTE_NAME,
    Scope.MEMBER,
    "Attributes",
    "User.UserAttributes",
    severity=Severity.WARNING,
)
def attribute_name(attributes: Mapping[str, object]) -> Sequence[Finding]:
    r"""An attribute's name has a character that the console cannot show.

    The characters are `#`, `:`, `?`, `\` and `/`. Such an attribute is stored, but cannot be chosen
    for a segment in the console. In values these characters do no harm.

    Source: botocore's service model, `EndpointRequest.Attributes`.

    Wrong:
        {"Attributes": {"plan/tier": ["gold"]}}

    Right:
        {"Attributes": {"plan_tier": ["gold"]}}
    """
    if not _UNSHOWN.search("".join(attributes)):
        return ()
    return [_unshown(name) for name in attributes if _UNSHOWN.search(name)]


def _unshown(name: str) -> Finding:
    characters = " ".join(sorted(set(_UNSHOWN.findall(name))))
    message = f"the name has {characters}, which the console cannot show"
    return Finding((name,), message, 'use another character, such as "_"', at_key=True)


@rule(
    codes.NAMES_THAT_DIFFER_IN_CASE,
    Scope.MEMBER,
    "Attributes",
    "Metrics",
    "User.UserAttributes",
    severity=Severity.WARNING,
)
def names_that_differ_in_case(named: Mapping[str, object]) -> Sequence[Finding]:
    """Two names differ only in upper and lower case.

    Names are case-sensitive: these are two attributes, and a segment or a message that uses one of
    them does not see the other. Both count towards the quota of 250.

    Source: botocore's service model, `EndpointRequest.Attributes`; AWS, Amazon Pinpoint User Guide,
    "Importing segments".

    Wrong:
        {"Attributes": {"Interests": ["music"], "interests": ["travel"]}}

    Right:
        {"Attributes": {"Interests": ["music", "travel"]}}
    """
    if len(named) == 1 or len(set(map(str.lower, named))) == len(named):
        return ()
    first: dict[str, str] = {}
    return [
        _spelled_twice(name, first[name.lower()])
        for name in named
        if first.setdefault(name.lower(), name) != name
    ]


def _spelled_twice(name: str, first: str) -> Finding:
    message = f'the name differs from "{shown_name(first)}" only in upper and lower case'
    return Finding((name,), message, "use one spelling", at_key=True)


@rule(
    codes.SHARED_NAME,
    Scope.REQUEST,
    "Attributes",
    "User.UserAttributes",
    severity=Severity.WARNING,
)
def name_for_two_things(request: Mapping[str, object]) -> Sequence[Finding]:
    """The same name is used under `Attributes` and under `User.UserAttributes`.

    They are two attributes: one belongs to this endpoint, the other to the user, and the service
    copies it to all endpoints of the user. Segments and messages have to refer to the right one.
    Each counts towards the quota of 250.

    Source: AWS, Amazon Pinpoint Developer Guide, "Associating users with endpoints" and "Quotas".

    Wrong:
        Attributes: {Tier: [gold]}
        User: {UserId: ada, UserAttributes: {Tier: [silver]}}

    Right:
        User: {UserId: ada, UserAttributes: {Tier: [gold]}}
    """
    own, user = request.get("Attributes"), request.get("User")
    if not isinstance(own, dict) or not isinstance(user, dict):
        return ()
    shared = user.get("UserAttributes")
    if not isinstance(shared, dict) or own.keys().isdisjoint(shared):
        return ()
    message = 'the same name is used under "Attributes", for another attribute'
    hint = "keep one of them: the user's is copied to all endpoints of the user"
    return [
        Finding(("User", "UserAttributes", name), message, hint, at_key=True)
        for name in shared
        if name in own
    ]


@rule(
    codes.EMPTY_LIST, Scope.MEMBER, "Attributes", "User.UserAttributes", severity=Severity.WARNING
)
def empty_list(attributes: Mapping[str, object]) -> Sequence[Finding]:
    """An attribute has an empty list.

    An empty list removes the values but keeps the name, which still counts towards the quota of
    250. An attribute that is left out keeps its values. To remove it entirely, delete the endpoint
    and create it again.

    Source: aws-sdk-js#3180, an answer of the service's team.

    Wrong:
        {"Attributes": {"Interests": []}}

    Right:
        {"Attributes": {"Interests": ["music"]}}
    """
    if [] not in attributes.values():
        return ()
    message = "an empty list removes the values but keeps the name"
    hint = "leave the attribute out to keep its values, or ignore this to remove them"
    return [Finding((name,), message, hint) for name, values in attributes.items() if values == []]
