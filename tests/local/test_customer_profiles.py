"""The local Customer Profiles, through boto3 in this process."""

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from pinpoint_endpoints.local.in_process import InProcessTransport, attach
from pinpoint_endpoints.service.client import CUSTOMER_PROFILES, open_local_client

TYPE: dict[str, Any] = {
    "ObjectTypeName": "user",
    "Description": "d",
    "AllowProfileCreation": True,
    "Fields": {
        "userId": {"Source": "_source.userId", "Target": "_profile.AccountNumber"},
        "email": {"Source": "_source.mail.first", "Target": "_profile.EmailAddress"},
        "city": {"Source": "_source.city", "Target": "_profile.Address.City"},
        "plan": {"Source": "_source.plan", "Target": "_profile.Attributes.plan.name"},
    },
    "Keys": {
        "id": [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["userId"]}],
        "_email": [{"FieldNames": ["email"]}],
    },
}


@pytest.fixture
def client(tmp_path: Path) -> Any:
    """Return a boto3 client of a new store."""
    client = open_local_client(service=CUSTOMER_PROFILES)
    attach(client, InProcessTransport(tmp_path / "store.sqlite3").answer)
    return client


@pytest.fixture
def domain(client: Any) -> Any:
    """Return a client of a store that has the domain `d` with the object type `user`."""
    client.create_domain(DomainName="d", DefaultExpirationDays=366)
    client.put_profile_object_type(DomainName="d", **TYPE)
    return client


def put(client: Any, object_type: str = "user", **members: object) -> str:
    """Put an object, and return its unique key."""
    answer = client.put_profile_object(
        DomainName="d", ObjectTypeName=object_type, Object=json.dumps(members)
    )
    return str(answer["ProfileObjectUniqueKey"])


def search(client: Any, key: str, *values: str, **more: Any) -> list[dict[str, Any]]:
    """Return the profiles with a key."""
    found = client.search_profiles(DomainName="d", KeyName=key, Values=[*values], **more)
    return list(found["Items"])


def test_domains(client: Any) -> None:
    """A domain is created once, and counts its profiles."""
    created = client.create_domain(DomainName="d", DefaultExpirationDays=366)
    assert created["DefaultExpirationDays"] == 366
    assert client.get_domain(DomainName="d")["Stats"]["ProfileCount"] == 0
    with pytest.raises(ClientError, match=r"BadRequestException.*exists"):
        client.create_domain(DomainName="d", DefaultExpirationDays=1)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.get_domain(DomainName="other")


def test_an_object_creates_and_updates_its_profile(domain: Any) -> None:
    """Values are only added and changed, and the object is replaced as a whole."""
    first = put(domain, userId="u1", mail={"first": "a@example.com"}, city="Bonn", plan=3)
    assert put(domain, userId="u1", mail={"first": ""}, city="Köln") == first
    (profile,) = search(domain, "id", "u1")
    assert profile["EmailAddress"] == "a@example.com"
    assert profile["Address"] == {"City": "Köln"}
    assert profile["Attributes"] == {"plan.name": "3"}
    (found,) = domain.list_profile_objects(
        DomainName="d", ObjectTypeName="user", ProfileId=profile["ProfileId"]
    )["Items"]
    assert json.loads(found["Object"]) == {"userId": "u1", "mail": {"first": ""}, "city": "Köln"}
    assert search(domain, "_profileId", profile["ProfileId"]) == [profile]
    assert domain.get_domain(DomainName="d")["Stats"]["ObjectCount"] == 1


def test_a_shared_address_merges_nobody(domain: Any) -> None:
    """A key without standard identifiers is only searched."""
    put(domain, userId="u1", mail={"first": "a@example.com"})
    put(domain, userId="u2", mail={"first": "a@example.com"})
    assert len(search(domain, "_email", "a@example.com")) == 2
    both = [{"KeyName": "id", "Values": ["u2"]}]
    assert len(search(domain, "_email", "a@example.com", AdditionalSearchKeys=both)) == 2
    assert len(search(domain, "_email", "a@example.com", AdditionalSearchKeys=both)) == 2
    (one,) = search(
        domain, "_email", "a@example.com", AdditionalSearchKeys=both, LogicalOperator="AND"
    )
    assert one["AccountNumber"] == "u2"
    page = domain.search_profiles(
        DomainName="d", KeyName="_email", Values=["a@example.com"], MaxResults=1
    )
    assert len(page["Items"]) == 1
    assert search(domain, "_email", "a@example.com", NextToken=page["NextToken"]) == [one]


def test_matching(domain: Any) -> None:
    """Exactly one profile with a key is it; a key of several is ignored."""
    keys = {
        "order": [{"StandardIdentifiers": ["UNIQUE"], "FieldNames": ["city"]}],
        "id": [{"StandardIdentifiers": ["PROFILE"], "FieldNames": ["userId"]}],
        "_email": [{"StandardIdentifiers": ["PROFILE", "SECONDARY"], "FieldNames": ["email"]}],
    }
    other = TYPE | {"ObjectTypeName": "order", "Keys": keys, "AllowProfileCreation": False}
    domain.put_profile_object_type(DomainName="d", **other)
    put(domain, userId="u1", mail={"first": "a@example.com"})
    put(domain, userId="u2", mail={"first": "b@example.com"})
    put(domain, userId="u3", mail={"first": "b@example.com"})
    put(domain, "order", userId="u1", city="1", plan="gold")
    put(domain, "order", mail={"first": "a@example.com"}, city="2", plan="silver")
    (profile,) = search(domain, "id", "u1")
    assert profile["Attributes"]["plan.name"] == "silver"
    for unknown in ({"mail": {"first": "b@example.com"}}, {"userId": "u9"}):
        with pytest.raises(ClientError, match="none may be created"):
            put(domain, "order", city="3", **unknown)


def test_a_batch_has_an_answer_for_each_item(domain: Any) -> None:
    """What is refused does not keep others from being stored, and no message has a value."""
    texts = ['{"userId": "u1"}', "[]", '{"city": "Bonn"}', '{"userId": "%s"}' % ("x" * 256)]
    items = [{"Id": f"i{number}", "Object": text} for number, text in enumerate(texts)]
    answer = domain.batch_put_profile_object(DomainName="d", ObjectTypeName="user", Items=items)
    assert [item["Id"] for item in answer["Successful"]] == ["i0"]
    assert [item["Id"] for item in answer["Failed"]] == ["i1", "i2", "i3"]
    assert {item["Code"] for item in answer["Failed"]} == {400}
    assert "xxx" not in str(answer["Failed"])
    assert len(search(domain, "id", "u1")) == 1


@pytest.mark.parametrize(
    ("operation", "members", "message"),
    [
        ("create_domain", {"DomainName": "a b", "DefaultExpirationDays": 1}, "DomainName must"),
        ("create_domain", {"DomainName": "x" * 65, "DefaultExpirationDays": 1}, "at most 64"),
        ("create_domain", {"DomainName": "x", "DefaultExpirationDays": 1099}, "above 1098"),
        (
            "batch_put_profile_object",
            {
                "DomainName": "d",
                "ObjectTypeName": "user",
                "Items": [{"Id": f"i{number}", "Object": "{}"} for number in range(11)],
            },
            "Items must have at most 10 items",
        ),
        (
            "batch_put_profile_object",
            {
                "DomainName": "d",
                "ObjectTypeName": "user",
                "Items": [{"Id": "a", "Object": "{}"}, {"Id": "a", "Object": "{}"}],
            },
            "Id of an item",
        ),
        (
            "put_profile_object",
            {"DomainName": "d", "ObjectTypeName": "user", "Object": "x" * 256_001},
            "at most 256000 characters",
        ),
        (
            "put_profile_object",
            {"DomainName": "d", "ObjectTypeName": "other", "Object": "{}"},
            "Object type not found",
        ),
        (
            "list_profile_objects",
            {"DomainName": "d", "ObjectTypeName": "user", "ProfileId": "x"},
            "ProfileId must match",
        ),
        ("list_domains", {}, "does not implement ListDomains"),
    ],
)
def test_limits_that_botocore_does_not_check(
    domain: Any, operation: str, members: dict[str, Any], message: str
) -> None:
    """Lengths, patterns and numbers of items are the service model's."""
    with pytest.raises(ClientError, match=message):
        getattr(domain, operation)(**members)


def _key(*identifiers: str, fields: tuple[str, ...] = ("userId",)) -> dict[str, Any]:
    return {"StandardIdentifiers": [*identifiers], "FieldNames": [*fields]}


@pytest.mark.parametrize(
    "change",
    [
        {"Keys": {"id": [_key("PROFILE")]}},
        {"Keys": {"id": [_key("PROFILE", "UNIQUE")], "b": [_key("UNIQUE")]}},
        {"Keys": {"id": [_key("UNIQUE")]}},
        {"Keys": {"id": [_key("UNIQUE", "PROFILE", "LOOKUP_ONLY")]}},
        {"Keys": {"id": [_key("PROFILE", "UNIQUE")] + [_key()] * 10}},
        {"Keys": {"_other": [_key("PROFILE", "UNIQUE")]}},
        {"Keys": {"id": [_key("PROFILE", "UNIQUE", fields=("none",))]}},
        {"Fields": {}},
        {"Fields": TYPE["Fields"] | {"1st": {"Source": "_source.a"}}},
        {"Fields": TYPE["Fields"] | {"Tags": {"Source": "_source.a"}}},
        {"Fields": TYPE["Fields"] | {"a": {"Source": "a"}}},
        {"Fields": TYPE["Fields"] | {"a": {"Source": "_source.a", "Target": "_profile.ProfileId"}}},
        {"Fields": {f"f{n}": {"Source": "_source.a"} for n in range(251)}},
    ],
)
def test_object_types_that_are_refused(domain: Any, change: dict[str, Any]) -> None:
    """The rules are those of Amazon Connect's administrator guide."""
    with pytest.raises(ClientError, match="BadRequestException"):
        domain.put_profile_object_type(DomainName="d", **(TYPE | change))


def test_object_types_are_kept(domain: Any) -> None:
    """An object type is returned as it was put, with its dates."""
    found = domain.get_profile_object_type(DomainName="d", ObjectTypeName="user")
    assert {name: found[name] for name in TYPE} == TYPE
    assert found["ExpirationDays"] == 366
    again = domain.put_profile_object_type(DomainName="d", **(TYPE | {"Description": "new"}))
    assert again["CreatedAt"] == found["CreatedAt"]
    assert again["Description"] == "new"


def test_a_refused_item_writes_nothing(domain: Any) -> None:
    """Nothing of an object that is refused is stored."""
    with pytest.raises(ClientError):
        put(domain, userId="u1", city="x" * 300)
    assert search(domain, "id", "u1") == []
