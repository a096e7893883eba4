"""PE101 to PE103: hints that lead to a valid document, not to the next error."""

from typing import Any

import pytest
from checking import only, put_right


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        ({"OptOut": False}, 'write "ALL" (the user has opted out) or "NONE"'),
        ({"OptOut": 1}, 'write "ALL" (the user has opted out) or "NONE"'),
        ({"EndpointStatus": True}, 'write "ACTIVE" or "INACTIVE"'),
        ({"ChannelType": 7}, "one of PUSH, GCM, APNS"),
        ({"Item": {"Id": "a"}}, "write a list of endpoints"),
        ({"Item": None}, "write a list of endpoints"),
        ({"Item": "a"}, "write a list of endpoints"),
        ({"Attributes": {"Item": "a"}}, "wrap it in a list"),
        ({"Attributes": {"a": True}}, "write it in a list and in quotes"),
        ({"Attributes": {"a": {}}}, "write [], which empties the attribute"),
        ({"Attributes": ["a"]}, 'write names with lists of strings: {"name": ["value"]}'),
        ({"User": {"UserAttributes": "a"}}, "write names with lists of strings"),
        ({"Metrics": 5}, 'write names with numbers: {"name": 1}'),
        ({"Metrics": []}, "write {}"),
        ({"User": "ada"}, "write its members: UserAttributes, UserId"),
        ({"Id": None}, "write the endpoint's id"),
        ({"Id": 7}, "write it as a string, in quotes"),
    ],
)
def test_a_wrong_type_is_told_with_what_to_write(value: dict[str, Any], hint: str) -> None:
    """The hint names the form that the member has, whatever was found instead."""
    assert hint in only("PE102", value).hint


@pytest.mark.parametrize(
    ("member", "value", "hint"),
    [
        ("ChannelType", "FCM", "write GCM"),
        ("ChannelType", "Firebase", "write GCM"),
        ("ChannelType", "APN", "write APNS or APNS_SANDBOX"),
        ("ChannelType", "ios", "write APNS or APNS_SANDBOX"),
        ("ChannelType", "android", "write GCM, ADM or BAIDU"),
        ("ChannelType", "text message", "write SMS"),
        ("ChannelType", "e-mail", 'did you mean "EMAIL"?'),
        ("ChannelType", "In-App", 'did you mean "IN_APP"?'),
        ("OptOut", "true", 'write "ALL" (the user has opted out) or "NONE"'),
        ("OptOut", "no", 'write "ALL" (the user has opted out) or "NONE"'),
        ("EndpointStatus", "enabled", 'write "ACTIVE" or "INACTIVE"'),
    ],
)
def test_other_words_for_the_allowed_values(member: str, value: str, hint: str) -> None:
    """What people call a channel leads to its name; a switch leads to its two values."""
    assert only("PE103", {member: value}).hint == hint


@pytest.mark.parametrize(
    ("name", "text", "fixed"),
    [
        ("x.json", '{"Metrics": [ ], "Demographic": []}', '{"Metrics": {}, "Demographic": {}}'),
        ("x.json", '{"User": {"UserAttributes": []}}', '{"User": {"UserAttributes": {}}}'),
        ("x.yaml", "Metrics: &none []  # PHP\n", "Metrics: &none {}  # PHP\n"),
        ("x.yaml", "Location: &none []\nUser: *none\n", None),
        ("x.json", '{"Metrics": [1]}', None),
        ("x.json", '{"Attributes": {"a": {}}}', None),
        ("x.json", '{"Item": "a"}', None),
    ],
)
def test_an_empty_list_becomes_an_empty_map(name: str, text: str, fixed: str | None) -> None:
    """PHP writes an empty map as []; a list with content has no one right answer."""
    assert put_right(text, name) == fixed
