"""The local Customer Profiles, through boto3 in this process."""

import json
from base64 import b64decode, b64encode
from hashlib import md5
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.httpsession import URLLib3Session

from pinpoint_endpoints import connect
from pinpoint_endpoints.local.in_process import InProcessTransport, attach
from pinpoint_endpoints.service.client import CUSTOMER_PROFILES, open_local_client
from pinpoint_endpoints.service.upload_jobs import upload_file
from pinpoint_endpoints.testing import PinpointLocal, local_pinpoint

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
        "_account": [{"FieldNames": ["userId"]}],
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
        DomainName="d", ObjectTypeName=object_type, Object=json.dumps(members, ensure_ascii=False)
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
    stats = domain.get_domain(DomainName="d")["Stats"]
    assert (stats["ObjectCount"], stats["TotalSize"]) == (1, len(found["Object"].encode()))


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


def test_nulls_and_unknown_members_are_not_kept(tmp_path: Path) -> None:
    """They count as absent, as in other services with this protocol."""
    answer = InProcessTransport(tmp_path / "store.sqlite3").answer
    answer("POST", "/domains/d", b'{"DefaultExpirationDays": 9, "Tags": null}')
    field = {"Source": "_source.userId", "Target": None, "Other": 1}
    given = {**TYPE, "Fields": TYPE["Fields"] | {"city": field}, "AllowProfileCreation": None}
    path = "/domains/d/object-types/user"
    put = answer("PUT", path, json.dumps({**given, "Other": 1}).encode())
    assert put.status == 200, put.body
    expected = {**TYPE, "Fields": TYPE["Fields"] | {"city": {"Source": "_source.userId"}}}
    expected |= {"AllowProfileCreation": False, "ExpirationDays": 9}
    found = json.loads(answer("GET", path, b"").body)
    assert found.items() >= expected.items()
    assert found.keys() - expected.keys() == {"CreatedAt", "LastUpdatedAt"}


def test_a_search_returns_twenty_profiles(domain: Any) -> None:
    """20 is the default of the service; the rest are on the next page."""
    for begin in (0, 10, 20):
        objects = [{"userId": f"u{begin + n}", "mail": {"first": "a@b.com"}} for n in range(10)]
        items = [{"Id": one["userId"], "Object": json.dumps(one)} for one in objects]
        domain.batch_put_profile_object(DomainName="d", ObjectTypeName="user", Items=items)
    page = domain.search_profiles(DomainName="d", KeyName="_email", Values=["a@b.com"])
    assert len(page["Items"]) == 20
    assert len(search(domain, "_email", "a@b.com", NextToken=page["NextToken"])) == 10


def test_errors_have_the_names_of_customer_profiles(pinpoint_local: PinpointLocal) -> None:
    """The names differ from those of Pinpoint, which is served at the same port."""
    client = boto3.client("customer-profiles", config=Config(retries={"total_max_attempts": 1}))
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="ListDomains"):
        client.list_domains()
    pinpoint_local.serve(fail_rate=1)
    with pytest.raises(client.exceptions.InternalServerException):
        client.get_domain(DomainName="d")
    pinpoint_local.serve(throttle=0.001)
    with pytest.raises(client.exceptions.ResourceNotFoundException, match="Domain not found"):
        client.get_domain(DomainName="d")
    with pytest.raises(client.exceptions.ThrottlingException):
        client.get_domain(DomainName="d")


def test_a_refused_item_writes_nothing(domain: Any) -> None:
    """Nothing of an object that is refused is stored."""
    with pytest.raises(ClientError):
        put(domain, userId="u1", city="x" * 300)
    assert search(domain, "id", "u1") == []


COLUMNS = {
    "userId": {"Source": "_source.userId", "Target": "_profile.AccountNumber"},
    "email": {"Source": "_source.email", "Target": "_profile.EmailAddress"},
}


def uploaded(client: Any, content: bytes, **more: Any) -> str:
    """Create an upload job, upload its file, and return its id."""
    job = {"DisplayName": "part", "Fields": COLUMNS, "UniqueKey": "userId", **more}
    job_id = str(client.create_upload_job(DomainName="d", **job)["JobId"])
    upload_file(client, "d", job_id, BytesIO(content))
    return job_id


def test_an_upload_job_makes_and_updates_profiles(domain: Any) -> None:
    """Of profiles that objects made too: both are found by their account."""
    put(domain, userId="u1", city="Bonn")
    job_id = uploaded(domain, b"userId,email\nu1,a@example.com\nu2,b@example.com\n,c@example.com\n")
    domain.start_upload_job(DomainName="d", JobId=job_id)
    job = domain.get_upload_job(DomainName="d", JobId=job_id)
    assert (job["Status"], job["DataExpiry"]) == ("PARTIALLY_SUCCEEDED", 14)
    counts = {"CreatedRecords": 1, "UpdatedRecords": 1, "FailedRecords": 1}
    assert job["ResultsSummary"] == counts
    (first,) = search(domain, "_email", "a@example.com")
    assert (first["AccountNumber"], first["Address"]) == ("u1", {"City": "Bonn"})
    assert search(domain, "_account", "u2")[0]["EmailAddress"] == "b@example.com"
    (listed,) = domain.list_upload_jobs(DomainName="d")["Items"]
    assert (listed["JobId"], listed["Status"]) == (job_id, "PARTIALLY_SUCCEEDED")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xef\xbb\xbfuserId,email\nu1,a@example.com\n",
        b"userId,User.Mail\nu1,a@example.com\n",
        b"userId,userId\nu1,u2\n",
        b"userId,email\nu1,a@example.com\nu2\n",
        b'userId,email\n"u1,a@example.com\n',
        b"userId,email\n\xff,a@example.com\n",
        b"userId,email\n,a@example.com\n",
    ],
)
def test_a_file_that_the_service_cannot_read_fails_its_job(domain: Any, content: bytes) -> None:
    """No profile is made of it."""
    job_id = uploaded(domain, content)
    domain.start_upload_job(DomainName="d", JobId=job_id)
    job = domain.get_upload_job(DomainName="d", JobId=job_id)
    assert (job["Status"], job["StatusReason"]) == ("FAILED", "VALIDATION_FAILURE")
    assert domain.get_domain(DomainName="d")["Stats"]["ProfileCount"] == 0


def test_an_upload_job_goes_step_by_step(domain: Any) -> None:
    """What comes too early, too late, or about a job that does not exist, is refused."""
    job = {"DomainName": "d", "DisplayName": "part", "Fields": COLUMNS, "UniqueKey": "userId"}
    wrong: dict[str, Any]
    for wrong in ({"UniqueKey": "other"}, {"Fields": {}}, {"DataExpiry": 1099}):
        with pytest.raises(ClientError, match="BadRequest"):
            domain.create_upload_job(**{**job, **wrong})
    job_id = domain.create_upload_job(**job)["JobId"]
    with pytest.raises(ClientError, match="No file was uploaded"):
        domain.start_upload_job(DomainName="d", JobId=job_id)
    domain.stop_upload_job(DomainName="d", JobId=job_id)
    assert domain.get_upload_job(DomainName="d", JobId=job_id)["Status"] == "STOPPED"
    for call in (domain.start_upload_job, domain.stop_upload_job, domain.get_upload_job_path):
        with pytest.raises(ClientError, match="The job is STOPPED"):
            call(DomainName="d", JobId=job_id)
    with pytest.raises(domain.exceptions.ResourceNotFoundException):
        domain.get_upload_job(DomainName="d", JobId="0" * 32)


def test_a_file_is_uploaded_by_http_with_the_key(tmp_path: Path) -> None:
    """The URL is that of the server; a wrong header, signature or time is refused."""
    with local_pinpoint(tmp_path) as pinpoint:
        url = pinpoint.serve()
        client = connect(service="customer-profiles", endpoint_url=url)
        client.create_domain(DomainName="d", DefaultExpirationDays=366)
        job = {"DisplayName": "part", "Fields": COLUMNS, "UniqueKey": "userId"}
        job_id = client.create_upload_job(DomainName="d", **job)["JobId"]
        told = client.get_upload_job_path(DomainName="d", JobId=job_id)
        assert told["Url"].startswith(f"{url}/domains/d/upload-jobs/{job_id}/")
        key = b64decode(told["ClientToken"])
        sse = "x-amz-server-side-encryption-customer-"
        headers = {
            f"{sse}algorithm": "AES256",
            f"{sse}key": told["ClientToken"],
            f"{sse}key-MD5": b64encode(md5(key, usedforsecurity=False).digest()).decode(),
        }
        content = bytes(8_000_000)  # more than another request may have
        wrong = {**headers, f"{sse}key-MD5": "x"}
        assert status_of_put(told["Url"], content, {}) == 400
        assert status_of_put(told["Url"], content, wrong) == 400
        assert status_of_put(told["Url"].replace("expires=1", "expires=2"), b"", headers) == 403
        assert status_of_put(told["Url"], b"userId,email\nu1,a@example.com\n", headers) == 200
        client.start_upload_job(DomainName="d", JobId=job_id)
        found = client.get_upload_job(DomainName="d", JobId=job_id)
    assert found["ResultsSummary"]["CreatedRecords"] == 1


def status_of_put(url: str, content: bytes, headers: dict[str, str]) -> int:
    """Return the status of a PUT."""
    return int(
        URLLib3Session().send(AWSRequest("PUT", url, headers, content).prepare()).status_code
    )
