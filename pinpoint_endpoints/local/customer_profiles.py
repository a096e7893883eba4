"""Implement the operations of Customer Profiles that `pe migrate` uses, over the local store.

What AWS's documentation leaves open is described in `customer-profiles.md`.
"""

import re
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import cache
from hashlib import sha256
from typing import Any
from urllib.parse import unquote
from uuid import UUID

import orjson

from pinpoint_endpoints.local.model_check import read_request, service_model
from pinpoint_endpoints.local.object_types import (
    Key,
    MappedObject,
    check_object_type,
    map_object,
)
from pinpoint_endpoints.local.profile_rows import ProfileRows, existing_domain, page_of
from pinpoint_endpoints.local.service_error import (
    ServiceError,
    bad_request,
    not_found,
)
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.upload_jobs import LocalUploadJobs, StoredObject
from pinpoint_endpoints.quotas import MAX_PROFILE_OBJECT_BYTES

Request = dict[str, Any]
Body = dict[str, Any]

_SEARCH_SIZE = 20
"""The default number of profiles on a page. Source: botocore's SearchProfiles."""


class LocalCustomerProfiles:
    """Operations of Customer Profiles; each is one transaction.

    Each raises `ServiceError` for a request that the service refuses, and `CannotRun` if the store
    cannot be used.

    Args:
        store: where domains and profiles are.
        now: the clock; aware times.
        new_id: the source of ids for profiles.
    """

    def __init__(
        self, store: Store, now: Callable[[], datetime], new_id: Callable[[], UUID]
    ) -> None:
        self._store = store
        self._now = now
        self._new_id = new_id

    @property
    def upload_jobs(self) -> LocalUploadJobs:
        """The operations of upload jobs; made anew, since a cycle would keep the store open."""
        return LocalUploadJobs(self._store, self._now, self._new_id, self._put)

    def create_domain(self, request: Request) -> Body:
        """Create a domain."""
        members = ("DomainName", "DefaultExpirationDays", "DefaultEncryptionKey", "Tags")
        time = self._now().timestamp()
        response = {name: request[name] for name in members if name in request}
        response |= {"CreatedAt": time, "LastUpdatedAt": time}
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            if profiles.domain(request["DomainName"]) is not None:
                raise bad_request("A domain with this name exists.")
            profiles.add_domain(request["DomainName"], response)
        return response

    def get_domain(self, request: Request) -> Body:
        """Return a domain with its counts."""
        with self._store.reading() as rows:
            profiles = ProfileRows(rows)
            response = existing_domain(profiles, request)
            number, objects, size = profiles.counts(request["DomainName"])
        stats = {"ProfileCount": number, "MeteringProfileCount": number, "ObjectCount": objects}
        return {**response, "Stats": {**stats, "TotalSize": size}}

    def put_profile_object_type(self, request: Request) -> Body:
        """Create or replace an object type. Objects that are stored stay as they are."""
        check_object_type(request)
        time = self._now().timestamp()
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            domain = existing_domain(profiles, request)
            name = request["ObjectTypeName"]
            before = profiles.object_type(request["DomainName"], name) or {}
            response: Body = {
                "AllowProfileCreation": False,
                "ExpirationDays": domain["DefaultExpirationDays"],
                **{name: value for name, value in request.items() if name != "DomainName"},
                "CreatedAt": before.get("CreatedAt", time),
                "LastUpdatedAt": time,
            }
            profiles.put_object_type(request["DomainName"], name, response)
        return response

    def get_profile_object_type(self, request: Request) -> Body:
        """Return an object type."""
        with self._store.reading() as rows:
            return _existing_object_type(ProfileRows(rows), request)

    def put_profile_object(self, request: Request) -> Body:
        """Add an object, or replace the one with the same unique key, and update its profile."""
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            object_type = _existing_object_type(profiles, request)
            stored = self._put(profiles, request, object_type, request["Object"])
        return {"ProfileObjectUniqueKey": stored.unique_key}

    def batch_put_profile_object(self, request: Request) -> Body:
        """Add or replace several objects; each succeeds or fails for itself."""
        ids = [item["Id"] for item in request["Items"]]
        if len({*ids}) != len(ids):
            raise bad_request("The Id of an item must not be that of another one.")
        succeeded, failed = [], []
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            object_type = _existing_object_type(profiles, request)
            for item in request["Items"]:
                try:
                    stored = self._put(profiles, request, object_type, item["Object"])
                except ServiceError as error:
                    answer = {"Id": item["Id"], "Code": error.status, "Message": error.message}
                    failed.append(answer)
                else:
                    answer = {"Id": item["Id"], "ProfileObjectUniqueKey": stored.unique_key}
                    succeeded.append(answer)
        return {"Successful": succeeded, "Failed": failed}

    def search_profiles(self, request: Request) -> Body:
        """Return the profiles with a key of these values."""
        searches = [request, *(request.get("AdditionalSearchKeys") or ())]
        with self._store.reading() as rows:
            profiles = ProfileRows(rows)
            existing_domain(profiles, request)
            found = [
                profiles.with_key(request["DomainName"], one["KeyName"], one["Values"])
                for one in searches
            ]
            is_all = request.get("LogicalOperator") == "AND"
            numbers = set.intersection(*found) if is_all else set().union(*found)
            page, token = page_of(sorted(numbers), request, _SEARCH_SIZE)
            return {"Items": [profiles.profile(number) for number in page], **token}

    def list_profile_objects(self, request: Request) -> Body:
        """Return the objects of a profile."""
        with self._store.reading() as rows:
            profiles = ProfileRows(rows)
            _existing_object_type(profiles, request)
            found = profiles.objects(
                request["DomainName"], request["ObjectTypeName"], request["ProfileId"]
            )
        page, token = page_of(found, request)
        items = [
            {
                "ObjectTypeName": request["ObjectTypeName"],
                "ProfileObjectUniqueKey": unique,
                "Object": text,
            }
            for unique, text in page
        ]
        return {"Items": items, **token}

    def _put(
        self, profiles: ProfileRows, request: Request, object_type: Body, text: str
    ) -> StoredObject:
        """Store an object. Nothing is written before everything is checked."""
        mapped = map_object(_object(text), object_type)
        unique = mapped.unique
        if unique is None:
            raise bad_request("A field of the object's unique key has no value.")
        domain, type_name = request["DomainName"], request["ObjectTypeName"]
        digest = sha256(f"{type_name}\0{unique.value}".encode()).digest()
        unique_key = b64encode(digest).decode()
        number = profiles.profile_of_object(domain, type_name, unique_key)
        if number is None:
            number = self._matched(profiles, domain, mapped)
        is_new = number is None
        if number is None:
            if not object_type.get("AllowProfileCreation"):
                raise bad_request("No profile has the object's keys, and none may be created.")
            number = profiles.add_profile(domain, self._new_id().hex)
        profile = profiles.profile(number)
        for path, value in mapped.members.items():
            holder = profile if len(path) == 1 else profile.setdefault(path[0], {})
            holder[path[-1]] = value
        profiles.put_profile(number, profile)
        profiles.put_object(domain, type_name, unique_key, number, text)
        profiles.add_keys(domain, number, [(k.name, k.value) for k in _stored(mapped.keys)])
        return StoredObject(unique_key, is_new)

    def _matched(self, profiles: ProfileRows, domain: str, mapped: MappedObject) -> int | None:
        """Return the profile that an object belongs to, or None.

        Source: Amazon Connect Administrator Guide, "How profiles are matched": exactly one profile
        with a key is it; a key of several is ignored; secondary keys come after the others.
        """
        for is_secondary in (False, True):
            for key in mapped.keys:
                if "PROFILE" in key.identifiers and is_secondary == (
                    "SECONDARY" in key.identifiers
                ):
                    found = profiles.with_key(domain, key.name, [key.value])
                    if len(found) == 1:
                        return found.pop()
        return None


def _object(text: str) -> Mapping[str, Any]:
    if len(text.encode(errors="replace")) > MAX_PROFILE_OBJECT_BYTES:
        raise bad_request(f"The object is over {MAX_PROFILE_OBJECT_BYTES} bytes.")
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise bad_request("The object is not a JSON object.")
    return value


def _stored(keys: list[Key]) -> Iterator[Key]:
    return (key for key in keys if "LOOKUP_ONLY" not in key.identifiers)


def _existing_object_type(profiles: ProfileRows, request: Request) -> Body:
    existing_domain(profiles, request)
    found = profiles.object_type(request["DomainName"], request["ObjectTypeName"])
    if found is None:
        raise not_found("Object type not found")
    return found


OPERATIONS: Mapping[str, Callable[[LocalCustomerProfiles, Request], Body]] = {
    "CreateDomain": LocalCustomerProfiles.create_domain,
    "GetDomain": LocalCustomerProfiles.get_domain,
    "PutProfileObjectType": LocalCustomerProfiles.put_profile_object_type,
    "GetProfileObjectType": LocalCustomerProfiles.get_profile_object_type,
    "PutProfileObject": LocalCustomerProfiles.put_profile_object,
    "BatchPutProfileObject": LocalCustomerProfiles.batch_put_profile_object,
    "SearchProfiles": LocalCustomerProfiles.search_profiles,
    "ListProfileObjects": LocalCustomerProfiles.list_profile_objects,
    "CreateUploadJob": lambda self, request: self.upload_jobs.create(request),
    "GetUploadJobPath": lambda self, request: self.upload_jobs.path(request),
    "StartUploadJob": lambda self, request: self.upload_jobs.start(request),
    "GetUploadJob": lambda self, request: self.upload_jobs.get(request),
    "ListUploadJobs": lambda self, request: self.upload_jobs.list(request),
    "StopUploadJob": lambda self, request: self.upload_jobs.stop(request),
}


def operation_at(method: str, path: str) -> tuple[str, dict[str, str]]:
    """Return the name of the operation at a path, and the members of the request in the path.

    The name is empty if Customer Profiles has no such operation.
    """
    for name, operation in service_model()["operations"].items():
        if operation["http"]["method"] == method:
            found = _pattern(operation["http"]["requestUri"]).fullmatch(path)
            if found:
                return name, {key: unquote(text) for key, text in found.groupdict().items()}
    return "", {}


def run_operation(
    profiles: LocalCustomerProfiles,
    name: str,
    members: Request,
    query: Mapping[str, str],
    server: str,
) -> Body:
    """Check a request, and execute its operation.

    Args:
        profiles: executes it.
        name: the name of the operation, from `operation_at`.
        members: the members of the body and the path.
        query: the parameters of the query.
        server: the URL by which the client reaches this server.

    Raises:
        ServiceError: the request is refused, or the operation is not implemented.
        CannotRun: the store cannot be used.
    """
    if name not in OPERATIONS:
        what = name or "a path like this"
        raise not_found(f"The local Customer Profiles does not implement {what}.")
    given = {**members}
    if query.get("next-token"):
        given["NextToken"] = query["next-token"]
    if "max-results" in query:
        digits = query["max-results"]
        given["MaxResults"] = int(digits) if re.fullmatch("[0-9]{1,9}", digits) else digits
    response = OPERATIONS[name](profiles, read_request(name, given))
    if name == "GetUploadJobPath":
        response["Url"] = f"{server}{response['Url']}"
    return response


@cache
def _pattern(uri: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(uri)))
