import re
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError
from hypothesis import given, settings
from hypothesis import strategies as st

from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.service_error import ServiceError
from pinpoint_endpoints.local.store import Store

Put = Callable[..., Any]
Get = Callable[[str], dict[str, Any]]

UUID = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
DATE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
EMAIL = {"ChannelType": "EMAIL", "Address": "ann@example.com"}


def refusal(error: ClientError) -> tuple[str, str]:
    """Return an error's code and message."""
    return error.response["Error"]["Code"], error.response["Error"]["Message"]


def test_an_update_is_accepted_with_its_request_id(put: Put) -> None:
    """UpdateEndpoint answers 202 with `Accepted` and one request id in body and header."""
    response = put("e", **EMAIL)
    metadata, body = response["ResponseMetadata"], response["MessageBody"]
    assert metadata["HTTPStatusCode"] == 202
    assert body["Message"] == "Accepted"
    assert UUID.fullmatch(body["RequestID"])
    assert metadata["RequestId"] == body["RequestID"]


def test_a_new_endpoint_has_what_the_service_adds(put: Put, get: Get, app: str) -> None:
    """A new endpoint is ACTIVE, opted in, dated, in a cohort, and has an empty User."""
    request_id = put("e", **EMAIL)["MessageBody"]["RequestID"]
    endpoint = get("e")
    assert DATE.fullmatch(endpoint.pop("CreationDate"))
    assert DATE.fullmatch(endpoint.pop("EffectiveDate"))
    assert 0 <= int(endpoint.pop("CohortId")) <= 99
    assert endpoint == {
        **EMAIL,
        "ApplicationId": app,
        "Attributes": {},
        "EndpointStatus": "ACTIVE",
        "Id": "e",
        "Metrics": {},
        "OptOut": "NONE",
        "RequestId": request_id,
        "User": {},
    }


def test_every_member_that_is_sent_is_stored(put: Put, get: Get) -> None:
    """All members come back as they were sent, but for RequestId; coordinates are rounded."""
    request = {
        "Address": "+12065550100",
        "Attributes": {"Interests": ["Music", "Travel"], "Empty": []},
        "ChannelType": "SMS",
        "Demographic": {"AppVersion": "1.10", "Timezone": "America/Los_Angeles"},
        "EffectiveDate": "2019-08-23T10:54Z",
        "EndpointStatus": "INACTIVE",
        "Location": {"City": "Seattle", "Latitude": 47.65, "Longitude": -122.33},
        "Metrics": {"level": 9.5},
        "OptOut": "ALL",
        "User": {"UserId": "ann", "UserAttributes": {"FirstName": ["Ann"]}},
    }
    put("e", **request)
    stored = get("e")
    location = {"City": "Seattle", "Latitude": 47.7, "Longitude": -122.3}
    assert {name: stored[name] for name in request} == {**request, "Location": location}


def test_an_update_keeps_what_it_leaves_out(put: Put, get: Get) -> None:
    """Members, fields and attributes that an update does not name stay; what it names changes."""
    put(
        "e",
        **EMAIL,
        OptOut="ALL",
        Attributes={"Kept": ["1"], "Replaced": ["1", "2"], "Emptied": ["1"]},
        Metrics={"kept": 1.0, "replaced": 1.0},
        Demographic={"Make": "apple", "Model": "iPhone"},
        Location={"City": "Seattle", "Latitude": 47.6},
        User={"UserId": "ann"},
    )
    put(
        "e",
        Attributes={"Replaced": ["3"], "Emptied": []},
        Metrics={"replaced": 2.0},
        Demographic={"Model": ""},
        Location={"Latitude": 1.06},
        User={"UserAttributes": {"Age": ["39"]}},
    )
    endpoint = get("e")
    assert (endpoint["ChannelType"], endpoint["Address"]) == ("EMAIL", "ann@example.com")
    assert endpoint["OptOut"] == "ALL"
    assert endpoint["Attributes"] == {"Kept": ["1"], "Replaced": ["3"], "Emptied": []}
    assert endpoint["Metrics"] == {"kept": 1.0, "replaced": 2.0}
    assert endpoint["Demographic"] == {"Make": "apple", "Model": ""}
    assert endpoint["Location"] == {"City": "Seattle", "Latitude": 1.1}
    assert endpoint["User"] == {"UserId": "ann", "UserAttributes": {"Age": ["39"]}}


def test_creation_date_stays_and_request_id_follows(put: Put, get: Get) -> None:
    """An update leaves CreationDate alone and stores its own id, whatever is sent back to it."""
    put("e", **EMAIL)
    created = get("e")["CreationDate"]
    request_id = put("e", RequestId=get("e")["RequestId"])["MessageBody"]["RequestID"]
    assert (get("e")["CreationDate"], get("e")["RequestId"]) == (created, request_id)


def test_an_update_makes_an_endpoint_active_again(put: Put, get: Get) -> None:
    """INACTIVE lasts until the next update that does not send it."""
    put("e", **EMAIL, EndpointStatus="INACTIVE")
    assert get("e")["EndpointStatus"] == "INACTIVE"
    put("e")
    assert get("e")["EndpointStatus"] == "ACTIVE"


def test_ids_that_differ_in_case_are_one_endpoint(
    put: Put, get: Get, client: Any, app: str
) -> None:
    """An endpoint is found under its id in any case, and shown under the one first stored."""
    put("Ann-ΟΔΟΣ", **EMAIL)
    put("aNN-οδος", OptOut="ALL")
    for endpoint_id in ("ANN-ΟΔΟΣ", "ann-οδος", "ann-οδοσ", "ann-ΟΔΟσ"):
        assert (get(endpoint_id)["Id"], get(endpoint_id)["OptOut"]) == ("Ann-ΟΔΟΣ", "ALL")
    client.delete_endpoint(ApplicationId=app, EndpointId="ann-οδοσ")
    with pytest.raises(client.exceptions.NotFoundException):
        get("Ann-ΟΔΟΣ")


@pytest.mark.parametrize(
    ("request_members", "message"),
    [
        ({"Address": "ann@example.com"}, "Missing ChannelType"),
        ({"Address": "ann@example.com", "OptOut": "ALL"}, "Missing ChannelType"),
        ({"OptOut": "NONE"}, "Missing Address"),
        ({"ChannelType": "EMAIL", "OptOut": "NONE"}, "Missing Address"),
        ({"ChannelType": "EMAIL", "OptOut": "NONE", "Address": ""}, "Missing Address"),
    ],
    ids=["no channel", "opted out", "nothing", "no address", "empty address"],
)
def test_an_address_needs_a_channel_and_opting_in_an_address(
    put: Put, get: Get, request_members: dict[str, Any], message: str
) -> None:
    """Creation with half of what belongs together is refused with the service's words."""
    with pytest.raises(ClientError) as caught:
        put("e", **request_members)
    assert refusal(caught.value) == ("BadRequestException", message)
    with pytest.raises(ClientError, match="Endpoint not found"):
        get("e")


@pytest.mark.parametrize(
    "guest",
    [
        {},
        {"OptOut": "ALL"},
        {"ChannelType": "EMAIL"},
        {"ChannelType": "EMAIL", "OptOut": "ALL"},
        {"ChannelType": "GCM", "Address": ""},
        {"ChannelType": "IN_APP"},
        {"EffectiveDate": "2026-01-15T09:30:00.000Z", "Attributes": {}, "User": {"UserId": "u"}},
    ],
)
def test_a_guest_is_stored_and_opted_out(put: Put, get: Get, guest: dict[str, Any]) -> None:
    """An endpoint without an address is stored, and its OptOut is ALL unless it says otherwise."""
    put("e", **guest)
    endpoint = get("e")
    assert endpoint["OptOut"] == "ALL"
    assert {name: endpoint[name] for name in guest} == guest
    assert "ChannelType" in guest or "ChannelType" not in endpoint


LOCALE = (
    "Locale should be in the following format: The ISO 639-1 alpha-2 code, followed by an "
    "underscore, followed by an ISO 3166-1 alpha-2 value or UN M.49 numeric-3 area code."
)


@pytest.mark.parametrize(
    ("members", "begin"),
    [
        *(({"Demographic": {"Locale": text}}, LOCALE) for text in ("USA", "en", "en-US", "en_ZZ")),
        *(({"Location": {"Country": text}}, "Country should") for text in ("us", "UK", "Germany")),
        ({"EffectiveDate": "2026015T093000Z"}, "/EffectiveDate: this text is not a date"),
    ],
)
def test_texts_that_the_service_cannot_read_are_refused(
    put: Put, client: Any, app: str, members: dict[str, Any], begin: str
) -> None:
    """A locale, a country and a date of another form answer 400, alone and in a batch."""
    item = {"Id": "e", **EMAIL, **members}
    with pytest.raises(ClientError) as caught:
        put("e", **EMAIL, **members)
    assert refusal(caught.value)[0] == "BadRequestException"
    assert refusal(caught.value)[1].startswith(begin)
    with pytest.raises(client.exceptions.BadRequestException, match=re.escape(begin)):
        client.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": [item]})
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_endpoint(ApplicationId=app, EndpointId="e")


@pytest.mark.parametrize(
    "members",
    [
        *({"Demographic": {"Locale": text}} for text in ("es_419", "en_US", "iw_IL", "")),
        *({"Location": {"Country": text}} for text in ("US", "USA", "840", "419", "")),
        *({"EffectiveDate": text} for text in ("20171011T150548Z", "20171011T1505+0200")),
    ],
)
def test_texts_that_the_service_reads_are_stored(
    put: Put, get: Get, members: dict[str, Any]
) -> None:
    """What is a warning at most is stored as it was sent."""
    put("e", **EMAIL, **members)
    assert {name: get("e")[name] for name in members} == members


def test_a_guest_becomes_reachable_step_by_step(put: Put, get: Get) -> None:
    """A guest stays opted out when an address arrives, until an update opts in."""
    put("e", User={"UserId": "ann"})
    put("e", **EMAIL)
    assert get("e")["OptOut"] == "ALL"
    put("e", OptOut="NONE")
    assert (get("e")["OptOut"], get("e")["Address"]) == ("NONE", EMAIL["Address"])


def test_a_guest_cannot_get_an_address_without_a_channel(put: Put, get: Get, client: Any) -> None:
    """An address needs a channel type, stored or sent."""
    put("e", User={"UserId": "ann"})
    with pytest.raises(client.exceptions.BadRequestException, match="Missing ChannelType"):
        put("e", Address="ann@example.com")
    assert "Address" not in get("e")
    put("e", ChannelType="EMAIL")
    put("e", Address="ann@example.com")
    assert get("e")["ChannelType"] == "EMAIL"


@pytest.mark.parametrize(
    ("stored", "update"),
    [
        ({"ChannelType": "SMS", "OptOut": "ALL"}, {"OptOut": "NONE"}),
        ({**EMAIL, "OptOut": "ALL", "Address": ""}, {"OptOut": "NONE"}),
        ({"ChannelType": "SMS", "OptOut": "ALL"}, {"OptOut": "NONE", "Address": ""}),
        (EMAIL, {"Address": ""}),
    ],
)
def test_an_update_that_opts_in_needs_an_address(
    put: Put, get: Get, client: Any, stored: Any, update: Any
) -> None:
    """No update leaves an endpoint without an address that is not opted out."""
    put("e", **stored)
    before = get("e")
    with pytest.raises(client.exceptions.BadRequestException, match="Missing Address"):
        put("e", **update)
    assert get("e") == before
    put("e", Address="", OptOut="ALL")
    put("e", OptOut="NONE", Address="new")
    assert (get("e")["OptOut"], get("e")["Address"]) == ("NONE", "new")


def test_an_older_endpoint_without_an_address_can_be_updated(
    pinpoint: LocalPinpoint, store: Store
) -> None:
    """A stored endpoint needs an address only in updates that name its address or opt-out."""
    old = {"Id": "e", "ChannelType": "SMS", "OptOut": "NONE", "EndpointStatus": "ACTIVE"}
    pinpoint.add_application("app", "app")
    with store.writing() as rows:
        application = rows.application("app")
        assert application is not None
        rows.endpoints(application).put({**old, "User": {}})
    pinpoint.update_endpoint("app", "e", request={"Metrics": {"m": 1}}, request_id="r")
    assert pinpoint.get_endpoint("app", "e")["Metrics"] == {"m": 1}
    with pytest.raises(ServiceError, match="Missing Address"):
        pinpoint.update_endpoint("app", "e", request={"OptOut": "NONE"}, request_id="r")


def test_a_second_endpoint_takes_over_the_address(put: Put, get: Get) -> None:
    """Of endpoints with one channel and address, the one updated last is the ACTIVE one."""
    request_id = put("first", **EMAIL)["MessageBody"]["RequestID"]
    put("second", **EMAIL)
    assert (get("first")["EndpointStatus"], get("first")["RequestId"]) == ("INACTIVE", request_id)
    put("first", Attributes={"a": ["1"]})
    assert get("first")["EndpointStatus"] == "ACTIVE"
    assert get("second")["EndpointStatus"] == "INACTIVE"


def test_an_endpoint_made_inactive_can_lose_its_address_later(put: Put, get: Get) -> None:
    """One that began INACTIVE and became ACTIVE makes way as any other."""
    put("first", **EMAIL, EndpointStatus="INACTIVE")
    put("first")
    put("second", **EMAIL)
    assert get("first")["EndpointStatus"] == "INACTIVE"


def test_an_endpoint_is_found_at_its_latest_address_only(put: Put, get: Get) -> None:
    """After a change of address or channel, only the new place can be taken over."""
    put("first", **EMAIL)
    put("first", ChannelType="SMS", Address="+12065550100")
    put("second", **EMAIL)
    assert get("first")["EndpointStatus"] == "ACTIVE"
    put("third", ChannelType="SMS", Address="+12065550100")
    assert get("first")["EndpointStatus"] == "INACTIVE"


def test_another_channel_or_application_leaves_an_address_alone(
    put: Put, get: Get, client: Any
) -> None:
    """An address is taken over within one channel of one application only."""
    put("sms", ChannelType="SMS", Address="+12065550100")
    put("voice", ChannelType="VOICE", Address="+12065550100")
    other = client.create_app(CreateApplicationRequest={"Name": "other"})
    client.update_endpoint(
        ApplicationId=other["ApplicationResponse"]["Id"],
        EndpointId="sms",
        EndpointRequest={"ChannelType": "SMS", "Address": "+12065550100"},
    )
    assert get("sms")["EndpointStatus"] == "ACTIVE"


def test_endpoints_without_an_address_do_not_share_one(put: Put, get: Get) -> None:
    """Endpoints without an address do not share one."""
    put("first", ChannelType="EMAIL", Address="", OptOut="ALL")
    put("second", ChannelType="EMAIL", Address="", OptOut="ALL")
    put("third", ChannelType="EMAIL", OptOut="ALL")
    assert get("first")["EndpointStatus"] == "ACTIVE"


def test_delete_returns_the_endpoint_and_removes_it(
    put: Put, get: Get, client: Any, app: str
) -> None:
    """DeleteEndpoint answers 202 with what was stored; a second one answers 404."""
    put("e", **EMAIL)
    stored = get("e")
    deleted = client.delete_endpoint(ApplicationId=app, EndpointId="e")
    assert deleted["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert deleted["EndpointResponse"] == stored
    with pytest.raises(client.exceptions.NotFoundException) as caught:
        client.delete_endpoint(ApplicationId=app, EndpointId="e")
    assert UUID.fullmatch(caught.value.response["RequestID"])


def test_a_batch_stores_each_item(put: Put, get: Get, client: Any, app: str) -> None:
    """UpdateEndpointsBatch answers 202 with one message for all items."""
    items = [{"Id": f"e{number}", **EMAIL, "Address": f"{number}@x.org"} for number in range(100)]
    response = client.update_endpoints_batch(
        ApplicationId=app, EndpointBatchRequest={"Item": items}
    )
    assert response["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert response["MessageBody"]["Message"] == "Accepted"
    assert get("e99")["Address"] == "99@x.org"
    assert get("e0")["RequestId"] == response["MessageBody"]["RequestID"]


@pytest.mark.parametrize(
    "items",
    [
        [],
        [{"Id": f"e{number}", **EMAIL} for number in range(101)],
        [{"Id": "e0", **EMAIL}, EMAIL],
        [{"Id": "e0", **EMAIL}, {"Id": "..", **EMAIL}],
        [{"Id": "e0", **EMAIL}, {"Id": " ", **EMAIL}],
        [{"Id": "e0", **EMAIL}, {"Id": "a\x00", **EMAIL}],
        [{"Id": "e0", **EMAIL}, {"Id": "\x85", **EMAIL}],
        [{"Id": "e0", **EMAIL}, {"Id": "e1", **EMAIL, "ChannelType": "FAX"}],
        [{"Id": "e0", **EMAIL}, {"Id": "e1", "OptOut": "NONE"}],
    ],
    ids=[
        "empty",
        "101",
        "no id",
        "dots",
        "blank",
        "control",
        "next line",
        "wrong channel",
        "incomplete",
    ],
)
def test_a_batch_with_a_fault_stores_nothing(
    client: Any, app: str, get: Get, items: list[dict[str, Any]]
) -> None:
    """A batch is refused whole: also the items before the wrong one are not stored."""
    with pytest.raises(client.exceptions.BadRequestException):
        client.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": items})
    with pytest.raises(client.exceptions.NotFoundException):
        get("e0")


items = st.lists(
    st.fixed_dictionaries(
        {
            "Id": st.sampled_from(["a", "A", "b", "c"]),
            "ChannelType": st.sampled_from(["SMS", "EMAIL"]),
            "Address": st.sampled_from(["x", "y"]),
        },
        optional={
            "Attributes": st.dictionaries(st.sampled_from("pq"), st.just(["1"])),
            "User": st.fixed_dictionaries(
                {"UserId": st.sampled_from(["u", "v"])},
                optional={
                    "UserAttributes": st.dictionaries(
                        st.sampled_from("pq"), st.lists(st.sampled_from("12"), max_size=1)
                    )
                },
            ),
        },
    ),
    min_size=1,
    max_size=8,
)


def stored_endpoints(store: Store) -> list[Any]:
    """Return all endpoints of a store by id, without their dates."""
    with store.reading() as rows:
        application = rows.application("app")
        assert application is not None
        found = [rows.endpoint(application, endpoint_id) or {} for endpoint_id in "abc"]
    return [
        {name: value for name, value in one.items() if not name.endswith("Date")} for one in found
    ]


@settings(max_examples=50)
@given(items)
def test_a_batch_is_its_items_one_by_one(items: list[dict[str, Any]]) -> None:
    """A batch leaves what the same single updates in the same order leave."""
    with Store(None) as together, Store(None) as apart:
        batched, single = LocalPinpoint(together), LocalPinpoint(apart)
        batched.update_endpoints_batch("app", request={"Item": items}, request_id="r")
        for item in items:
            members = {name: value for name, value in item.items() if name != "Id"}
            single.update_endpoint("app", item["Id"], request=members, request_id="r")
        assert stored_endpoints(together) == stored_endpoints(apart)


@pytest.mark.parametrize("operation", ["get_endpoint", "delete_endpoint"])
@pytest.mark.parametrize("endpoint_id", ["", " ", ".", "..", "a$", "{a}", "a\nb", "a\x00b"])
def test_ids_that_cannot_be_are_refused(
    client: Any, app: str, operation: str, endpoint_id: str
) -> None:
    """An id that the service does not take answers 400, not 404 and not a crash."""
    with pytest.raises(client.exceptions.BadRequestException, match="endpoint id cannot be used"):
        getattr(client, operation)(ApplicationId=app, EndpointId=endpoint_id)


@pytest.mark.parametrize("endpoint_id", ["", " ", ".", "..", "a$", "{a}", "a\nb", "a\x00b"])
def test_no_endpoint_is_made_under_such_an_id(client: Any, put: Put, endpoint_id: str) -> None:
    """UpdateEndpoint refuses an id that the service does not take."""
    with pytest.raises(client.exceptions.BadRequestException, match="endpoint id cannot be used"):
        put(endpoint_id, **EMAIL)


def test_an_unknown_application_is_not_found(client: Any) -> None:
    """Reading in an application that does not exist answers 404 with the service's members."""
    with pytest.raises(client.exceptions.NotFoundException) as caught:
        client.get_endpoint(ApplicationId="nowhere", EndpointId="e")
    assert caught.value.response["Message"] == "Application not found"
    assert UUID.fullmatch(caught.value.response["RequestID"])
    assert (
        caught.value.response["ResponseMetadata"]["RequestId"] == caught.value.response["RequestID"]
    )
