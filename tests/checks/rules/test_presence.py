"""PE204 and PE205: what an update may leave out, and a new endpoint may not."""

import pytest
from checking import codes_in, only

from pinpoint_endpoints import Severity
from pinpoint_endpoints.checks.finding import Policy

CREATE = Policy(create=True)
MAIL = "ada@example.com"


@pytest.mark.parametrize(
    ("request_", "updating", "creating"),
    [
        ({"ChannelType": "EMAIL", "Address": MAIL, "OptOut": "NONE"}, [], []),
        ({"ChannelType": "EMAIL", "Address": MAIL}, [], []),
        ({"ChannelType": "EMAIL", "OptOut": "ALL"}, [], []),
        ({"ChannelType": "EMAIL"}, ["PE204"], ["PE204"]),
        ({"ChannelType": "EMAIL", "OptOut": "NONE"}, ["PE204"], ["PE204"]),
        ({"OptOut": "NONE"}, ["PE204"], ["PE204", "PE205"]),
        ({"OptOut": "ALL"}, [], ["PE205"]),
        ({"User": {"UserId": "ada"}}, [], ["PE204", "PE205"]),
        ({}, [], ["PE204", "PE205"]),
        ({"Address": MAIL}, ["PE205"], ["PE205"]),
        ({"Address": MAIL, "OptOut": "ALL"}, ["PE205"], ["PE205"]),
        ({"ChannelType": "CUSTOM", "Address": ""}, [], ["PE204"]),
    ],
)
def test_what_may_be_left_out(request_: object, updating: list[str], creating: list[str]) -> None:
    """An update needs an address and a channel type only beside each other, a creation always."""
    assert codes_in(request_) == updating
    assert codes_in(request_, CREATE) == creating


def test_what_a_new_endpoint_lacks_is_an_error() -> None:
    """What is a warning of an update is an error of a creation, at the endpoint itself."""
    wrapped = {"ApplicationId": "a", "EndpointId": "ada", "EndpointRequest": {"OptOut": "NONE"}}
    assert only("PE204", wrapped).severity is Severity.WARNING
    for code in ("PE204", "PE205"):
        problem = only(code, wrapped, CREATE)
        assert problem.severity is Severity.ERROR
        assert problem.pointer == "/EndpointRequest"


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        "text",
        {"Item": []},
        {"Item": [5]},
        {"EndpointRequest": 5},
        {"EndpointResponse": 5},
    ],
)
def test_nothing_is_missing_where_no_endpoint_is(value: object) -> None:
    """A file that holds no endpoint is told so, and not that the endpoint lacks an address."""
    assert not {"PE204", "PE205"} & set(codes_in(value, CREATE))


def test_an_empty_request_in_each_shape_lacks_both() -> None:
    """An endpoint that stands in the file without a member is an endpoint all the same."""
    shapes: list[object] = [
        {},
        {"Id": "ada"},
        {"CohortId": "1"},
        {"EndpointRequest": {}},
        {"EndpointResponse": {}},
        {"Item": [{"Id": "ada"}]},
    ]
    for shape in shapes:
        assert {"PE204", "PE205"} <= set(codes_in(shape, CREATE))
