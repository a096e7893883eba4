"""Implement the upload jobs of Customer Profiles over the local store.

What AWS's documentation leaves open is described in `customer-profiles.md`.
"""

import csv
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from hmac import compare_digest, digest
from io import StringIO
from secrets import token_bytes
from typing import Any, NamedTuple
from urllib.parse import parse_qsl
from uuid import UUID

import orjson

from pinpoint_endpoints.local.object_types import check_fields
from pinpoint_endpoints.local.profile_rows import ProfileRows, existing_domain, page_of
from pinpoint_endpoints.local.service_error import ServiceError, bad_request, forbidden, not_found
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.service.upload_jobs import encryption_headers

Request = dict[str, Any]
Body = dict[str, Any]

_VALID = timedelta(hours=1)
_KEY_BYTES = 32
_OBJECT_TYPE = ":upload-job"
_PREDEFINED = {
    "_profile.AccountNumber": "_account",
    "_profile.EmailAddress": "_email",
    "_profile.PhoneNumber": "_phone",
}
"""The keys by which profiles are found, by the field that they are about."""

_SHOWN = ("JobId", "DisplayName", "Status", "StatusReason", "CreatedAt", "CompletedAt")
_DETAILS = ("Fields", "UniqueKey", "ResultsSummary", "DataExpiry")
_DEFAULT_DAYS = 14


class StoredObject(NamedTuple):
    """A profile object that was stored.

    Attributes:
        unique_key: tells it from others of its type.
        is_new: whether its profile was created for it.
    """

    unique_key: str
    is_new: bool


PutObject = Callable[[ProfileRows, Request, Body, str], StoredObject]
"""Stores the text of an object of an object type in a domain."""


class LocalUploadJobs:
    """Operations of upload jobs; each is one transaction, and raises `ServiceError`.

    Args:
        store: where the jobs are.
        now: the clock; aware times.
        new_id: the source of ids for jobs.
        put_object: stores a row.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        put_object: PutObject,
    ) -> None:
        self._store = store
        self._now = now
        self._new_id = new_id
        self._put_object = put_object

    def create(self, request: Request) -> Body:
        """Create a job; its file is still to be uploaded."""
        check_fields(request["Fields"])
        if request["UniqueKey"] not in request["Fields"]:
            raise bad_request("UniqueKey must be the name of one of the Fields.")
        job_id = self._new_id().hex
        job = {
            "JobId": job_id,
            "DisplayName": request["DisplayName"],
            "Status": "CREATED",
            "CreatedAt": self._now().timestamp(),
            "Fields": request["Fields"],
            "UniqueKey": request["UniqueKey"],
            "DataExpiry": request.get("DataExpiry", _DEFAULT_DAYS),
            "ClientToken": b64encode(token_bytes(_KEY_BYTES)).decode(),
        }
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            existing_domain(profiles, request)
            profiles.put_upload_job(request["DomainName"], job_id, job)
        return {"JobId": job_id}

    def path(self, request: Request) -> Body:
        """Return the URL on this server to upload the file to, and the key to encrypt it with."""
        with self._store.reading() as rows:
            job = _waiting_job(ProfileRows(rows), request)
        expires = int((self._now() + _VALID).timestamp())
        path = f"/domains/{request['DomainName']}/upload-jobs/{job['JobId']}/file"
        url = f"{path}?expires={expires}&signature={_signature(job, str(expires))}"
        return {"Url": url, "ClientToken": job["ClientToken"], "ValidUntil": expires}

    def put_file(
        self, domain: str, job_id: str, query: str, headers: Mapping[str, str], content: bytes
    ) -> None:
        """Take the file of a job from a client that has the URL and sends the key.

        Args:
            domain: the name of the domain.
            job_id: the id of the job.
            query: the query of the URL.
            headers: the headers of the request.
            content: the file.
        """
        request = {"DomainName": domain, "JobId": job_id}
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            job = _waiting_job(profiles, request)
            given = dict(parse_qsl(query))
            expires, signature = given.get("expires", ""), given.get("signature", "")
            if not compare_digest(signature.encode(), _signature(job, expires).encode()):
                raise forbidden("The signature in the URL is not one that GetUploadJobPath gave.")
            if self._now().timestamp() > int(expires):
                raise forbidden("The URL has expired.")
            for name, value in encryption_headers(job["ClientToken"]).items():
                if headers.get(name.lower()) != value:
                    raise bad_request(f"The header {name} is missing, or is not as it must be.")
            profiles.put_file(domain, job_id, content)

    def start(self, request: Request) -> Body:
        """Ingest the file, and be done."""
        domain = request["DomainName"]
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            job = _waiting_job(profiles, request)
            content = profiles.file(domain, job["JobId"])
            if content is None:
                raise bad_request("No file was uploaded for this job.")
            job |= self._ingested(profiles, domain, job, content)
            job["CompletedAt"] = self._now().timestamp()
            profiles.put_upload_job(domain, job["JobId"], job)
            profiles.put_file(domain, job["JobId"], None)
        return {}

    def get(self, request: Request) -> Body:
        """Return a job."""
        with self._store.reading() as rows:
            job = _existing_job(ProfileRows(rows), request)
        return {name: job[name] for name in (*_SHOWN, *_DETAILS) if name in job}

    def list(self, request: Request) -> Body:
        """Return the jobs of a domain, the latest first."""
        with self._store.reading() as rows:
            profiles = ProfileRows(rows)
            existing_domain(profiles, request)
            page, token = page_of(profiles.upload_jobs(request["DomainName"]), request)
        names = (*_SHOWN, "DataExpiry")
        return {"Items": [{n: job[n] for n in names if n in job} for job in page], **token}

    def stop(self, request: Request) -> Body:
        """Stop a job that has not been started: one that has is done at once."""
        with self._store.writing() as rows:
            profiles = ProfileRows(rows)
            job = _waiting_job(profiles, request)
            job |= {"Status": "STOPPED", "CompletedAt": self._now().timestamp()}
            profiles.put_upload_job(request["DomainName"], job["JobId"], job)
            profiles.put_file(request["DomainName"], job["JobId"], None)
        return {}

    def _ingested(self, profiles: ProfileRows, domain: str, job: Body, content: bytes) -> Body:
        """Store the rows of a file, and return what became of them."""
        request = {"DomainName": domain, "ObjectTypeName": _OBJECT_TYPE}
        object_type = _object_type(job)
        created = updated = failed = 0
        try:
            for row in [*_rows(content)]:
                try:
                    text = orjson.dumps(row).decode()
                    is_new = self._put_object(profiles, request, object_type, text).is_new
                except ServiceError:
                    failed += 1
                else:
                    created += is_new
                    updated += not is_new
        except (ValueError, csv.Error):
            return {"Status": "FAILED", "StatusReason": "VALIDATION_FAILURE"}
        counts = {"CreatedRecords": created, "UpdatedRecords": updated, "FailedRecords": failed}
        if not failed:
            return {"Status": "SUCCEEDED", "ResultsSummary": counts}
        if created or updated:
            return {"Status": "PARTIALLY_SUCCEEDED", "ResultsSummary": counts}
        reason = {"StatusReason": "VALIDATION_FAILURE", "ResultsSummary": counts}
        return {"Status": "FAILED", **reason}


def _object_type(job: Body) -> Body:
    """Return the object type by which rows are read: its keys are those that are predefined."""
    keys: dict[str, Any] = {}
    for name, field in job["Fields"].items():
        predefined = _PREDEFINED.get(field.get("Target", ""))
        if name == job["UniqueKey"]:
            identifiers = {"StandardIdentifiers": ["PROFILE", "UNIQUE"]}
            keys[predefined or name] = [{**identifiers, "FieldNames": [name]}]
        elif predefined:
            keys[predefined] = [{"FieldNames": [name]}]
    return {"Fields": job["Fields"], "Keys": keys, "AllowProfileCreation": True}


def _rows(content: bytes) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV file.

    Raises:
        ValueError: not UTF-8, a byte order mark, no header, or one with equal names or with dots.
        csv.Error: not CSV, or a row with another number of cells than the header.
    """
    reader = csv.reader(StringIO(content.decode(), newline=""), strict=True)
    header = next(reader, [])
    is_plain = all(name and name[0] != "\ufeff" and "." not in name for name in header)
    if not header or not is_plain or len({*header}) != len(header):
        raise ValueError("the header")
    for row in reader:
        if len(row) != len(header):
            raise csv.Error("a row has another number of cells than the header")
        yield dict(zip(header, row, strict=True))


def _waiting_job(profiles: ProfileRows, request: Request) -> Body:
    """Return a job that has not been started."""
    job = _existing_job(profiles, request)
    if job["Status"] != "CREATED":
        raise bad_request(f"The job is {job['Status']}: it was started or stopped before.")
    return job


def _existing_job(profiles: ProfileRows, request: Request) -> Body:
    existing_domain(profiles, request)
    job = profiles.upload_job(request["DomainName"], request["JobId"])
    if job is None:
        raise not_found("Upload job not found")
    return job


def _signature(job: Body, expires: str) -> str:
    """Return what shows that a URL is ours: until when it is valid cannot be changed."""
    return digest(job["ClientToken"].encode(), f"{job['JobId']} {expires}".encode(), "sha256").hex()
