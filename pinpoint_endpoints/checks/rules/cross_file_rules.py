"""Rules about all documents of a run: each describes one kind of collision between documents.

Documents are taken to be for one application, unless they name different ones.
"""

from pinpoint_endpoints.checks.finding import Finding
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.rule import Scope, rule
from pinpoint_endpoints.quotas import MAX_ATTRIBUTE_NAMES, MAX_ENDPOINTS_PER_USER

_TEENS = (11, 12, 13)
_REMOVE_UNUSED = "remove endpoints that are no longer used"


@rule(codes.SAME_ENDPOINT, Scope.ACROSS)
def same_endpoint(path: ValuePath, first: str) -> Finding:
    """Two documents update the same endpoint.

    Endpoint ids are case-insensitive: `Ada` and `ada` are the same endpoint. The second update is
    merged into the first, so that the stored endpoint matches neither document.

    Source: botocore's service model, `UpdateEndpointRequest.EndpointId`.

    Wrong:
        {"Id": "ada-phone", "ChannelType": "SMS", "Address": "+12065550100"}
        {"Id": "Ada-Phone", "ChannelType": "SMS", "Address": "+12065550101"}

    Right:
        {"Id": "ada-phone", "ChannelType": "SMS", "Address": "+12065550100"}
        {"Id": "ada-work", "ChannelType": "SMS", "Address": "+12065550101"}
    """
    message = f"the same endpoint is at {first}; ids are case-insensitive"
    return Finding(path, message, "remove one of the two, or change its id")


@rule(codes.SAME_ADDRESS, Scope.ACROSS, "Address")
def same_address(path: ValuePath, first: str) -> Finding:
    """Two endpoints have the same address and channel type.

    When an endpoint is updated, the service sets every other endpoint with its address to INACTIVE,
    so that only the one sent last gets messages.

    Source: botocore's service model, `EndpointRequest.EndpointStatus`.

    Wrong:
        {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
        {"Id": "lovelace", "ChannelType": "EMAIL", "Address": "ada@example.com"}

    Right:
        {"Id": "ada", "ChannelType": "EMAIL", "Address": "ada@example.com"}
        {"Id": "lovelace", "ChannelType": "EMAIL", "Address": "lovelace@example.com"}
    """
    message = f"the endpoint at {first} has the same address and channel type"
    hint = "keep one of the two: the service sets the other to INACTIVE"
    return Finding(path, message, hint)


@rule(codes.TOO_MANY_ENDPOINTS, Scope.ACROSS, "User.UserId")
def too_many_endpoints(path: ValuePath, number: int, channel: str, *, evicts: bool) -> Finding:
    """A user has more than 15 endpoints.

    The service refuses the 16th with `Exceeded maximum endpoint per user count` for SMS, PUSH,
    VOICE, EMAIL, CUSTOM, IN_APP and APNS_SANDBOX. For ADM, GCM, APNS, APNS_VOIP, APNS_VOIP_SANDBOX
    and BAIDU it accepts the endpoint if the user already has one of these: the one with the oldest
    EffectiveDate becomes INACTIVE and loses its user. Then this is a warning.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas", endpoints with the same user ID, and
    "Automatically inactivating endpoints"; for APNS_SANDBOX what users have seen.

    Wrong:
        {"Id": "ada-1", "ChannelType": "EMAIL", "User": {"UserId": "ada"}}
        …
        {"Id": "ada-16", "ChannelType": "EMAIL", "User": {"UserId": "ada"}}

    Right:
        {"Id": "ada-1", "ChannelType": "EMAIL", "User": {"UserId": "ada"}}
        …
        {"Id": "ada-15", "ChannelType": "EMAIL", "User": {"UserId": "ada"}}
    """
    ordinal = f"this is the {_ordinal(number)} endpoint of its user"
    if evicts:
        message = f"{ordinal}: the service sets the oldest push endpoint to INACTIVE"
        return Finding(path, message, _REMOVE_UNUSED, severity=Severity.WARNING)
    kind = f"for {channel} " if channel else ""
    message = f"{ordinal}, and {kind}the limit is {MAX_ENDPOINTS_PER_USER}"
    return Finding(path, message, _REMOVE_UNUSED)


@rule(
    codes.TOO_MANY_NAMES_IN_RUN,
    Scope.ACROSS,
    "Attributes",
    "Metrics",
    "User.UserAttributes",
    severity=Severity.WARNING,
)
def too_many_names_in_all(path: ValuePath) -> Finding:
    """The documents have more than 250 names of attributes and metrics in total.

    An application has at most 250 names in Attributes, Metrics and UserAttributes together. Names
    beyond that are not stored. The same page states 250 for each endpoint, and some accounts had
    higher limits, so this is a warning.

    Source: AWS, Amazon Pinpoint Developer Guide, "Quotas", endpoint quotas.

    Wrong:
        {"Id": "ada", "Metrics": {"visits_to_page_1": 1}}
        …
        {"Id": "zoe", "Metrics": {"visits_to_page_251": 1}}

    Right:
        {"Id": "ada", "Metrics": {"visits": 1}}
        …
        {"Id": "zoe", "Metrics": {"visits": 1}}
    """
    message = f"with this name, all documents have more than {MAX_ATTRIBUTE_NAMES} names in total"
    hint = "put what varies into values, not into names"
    return Finding(path, message, hint, at_key=True)


@rule(codes.USER_ATTRIBUTES_DIFFER, Scope.ACROSS, "User.UserAttributes", severity=Severity.WARNING)
def user_attributes_differ(path: ValuePath, first: str) -> Finding:
    """The attributes of one user differ between documents.

    User attributes belong to the user: the service copies them to all endpoints with this UserId,
    so that all of them get the values sent last.

    Source: AWS, Amazon Pinpoint Developer Guide, "Associating users with endpoints".

    Wrong:
        {"Id": "a", "User": {"UserId": "ada", "UserAttributes": {"Tier": ["gold"]}}}
        {"Id": "b", "User": {"UserId": "ada", "UserAttributes": {"Tier": ["silver"]}}}

    Right:
        {"Id": "a", "User": {"UserId": "ada", "UserAttributes": {"Tier": ["gold"]}}}
        {"Id": "b", "User": {"UserId": "ada", "UserAttributes": {"Tier": ["gold"]}}}
    """
    message = f"this user has another value at {first}, and the service keeps the one sent last"
    return Finding(path, message, "use the same value in both, or write it in one only")


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in _TEENS else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
