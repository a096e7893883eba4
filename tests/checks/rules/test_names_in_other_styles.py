"""PE101: members in the style of other languages lead to their names at the right level."""

import json
from typing import Any

import pytest
from checking import problems_in, put_right

AMPLIFY = {
    "address": "token",
    "attributes": {"hobbies": ["piano"]},
    "channelType": "GCM",
    "optOut": "NONE",
    "userId": "user-1",
    "userAttributes": {"interests": ["football"]},
}


def hints(value: object) -> dict[str, str]:
    """Return the hints for unknown members, by their pointers."""
    return {one.pointer: one.hint for one in problems_in(value) if one.code == "PE101"}


def test_each_name_leads_to_its_member() -> None:
    """Names of this level are named, and those of another with where they belong."""
    assert hints(AMPLIFY) == {
        "/address": 'did you mean "Address"?',
        "/attributes": 'did you mean "Attributes"?',
        "/channelType": 'did you mean "ChannelType"?',
        "/optOut": 'did you mean "OptOut"?',
        "/userId": 'it belongs under "User" as "UserId"',
        "/userAttributes": 'it belongs under "User" as "UserAttributes"',
    }


@pytest.mark.parametrize(
    ("value", "pointer", "hint"),
    [
        ({"UserId": "a"}, "/UserId", 'it belongs under "User"'),
        ({"User": {"channel_type": "SMS"}}, "/User/channel_type", 'as "ChannelType"'),
        ({"user": {"user-id": "a"}}, "/user/user-id", 'did you mean "UserId"?'),
        ({"opt_out": "ALL", "OptOut": "ALL"}, "/opt_out", '"OptOut" is there already'),
        ({"endpointId": "a"}, "/endpointId", 'did you mean "Id"?'),
        ({"endpoint_id": "a", "endpoint_request": {}}, "/endpoint_id", '"EndpointId"'),
        ({"ID": "a"}, "/ID", 'did you mean "Id"?'),
        ({"item": [{"id": "a"}]}, "/item/0/id", 'did you mean "Id"?'),
        ({"Adress": "a"}, "/Adress", 'did you mean "Address"?'),
    ],
)
def test_a_name_in_another_style(value: Any, pointer: str, hint: str) -> None:
    """Case, underscores and hyphens are no obstacle, at any level and inside of wrappers."""
    assert hint in hints(value)[pointer]


@pytest.mark.parametrize(
    ("name", "text", "fixed"),
    [
        (
            "x.yaml",
            "endpoint_id: a\nendpoint_request:\n  channel_type: APNS\n  user: {user_id: b}\n",
            "EndpointId: a\nEndpointRequest:\n  ChannelType: APNS\n  User: {UserId: b}\n",
        ),
        ("x.json", '{"id": "a", "optOut": "ALL"}', '{"Id": "a", "OptOut": "ALL"}'),
        ("x.json", '{"item": [{"id": "a"}]}', '{"Item": [{"Id": "a"}]}'),
        ("x.json", json.dumps(AMPLIFY), None),
        ("x.json", '{"optOut": "ALL", "user_id": "a"}', None),
        ("x.json", '{"optOut": "ALL", "channel_type": "SMS", "ChannelType": "SMS"}', None),
        ("x.json", '{"optOut": "ALL", "Adress": "a"}', '{"OptOut": "ALL", "Adress": "a"}'),
    ],
)
def test_all_names_are_fixed_or_none(name: str, text: str, fixed: str | None) -> None:
    """A file in another style is renamed as a whole; a misspelling does not keep it from that."""
    assert put_right(text, name) == fixed
