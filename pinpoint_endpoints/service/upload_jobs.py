"""Makes the calls of Customer Profiles that ingest files: upload jobs, and the upload itself."""

import re
from base64 import b64decode, b64encode
from collections.abc import Mapping
from hashlib import md5
from http import HTTPStatus
from typing import IO, Any, NamedTuple

from pinpoint_endpoints.errors import Refused
from pinpoint_endpoints.service.client import CUSTOMER_PROFILES
from pinpoint_endpoints.service.errors import NoResponse, readable, translate_botocore_errors
from pinpoint_endpoints.service.profiles import call_profiles

ATTEMPTS = 3
"""How often a file is uploaded that does not arrive."""

CREATED, IN_PROGRESS = "CREATED", "IN_PROGRESS"
LOADED = frozenset({"SUCCEEDED", "PARTIALLY_SUCCEEDED"})

_ENCRYPTION = "x-amz-server-side-encryption-customer-"
ENCRYPTION_HEADERS = tuple(f"{_ENCRYPTION}{name}" for name in ("algorithm", "key", "key-MD5"))
"""With them Amazon S3 encrypts an object with a key of the client (SSE-C)."""

_CODE = re.compile(rb"<Code>([A-Za-z]{1,50})</Code>")


class UploadJob(NamedTuple):
    """An upload job.

    Attributes:
        job_id: the service's id of it.
        status: as the service names it.
        reason: why it failed, as the service names it, or empty.
        created: how many profiles it created.
        updated: how many it updated.
        refused: how many rows the service refused.
    """

    job_id: str
    status: str
    reason: str = ""
    created: int = 0
    updated: int = 0
    refused: int = 0


def create_upload_job(
    client: Any, domain: str, name: str, object_type: Mapping[str, Any], days: int
) -> str:
    """Create an upload job, and return its id.

    Args:
        client: a boto3 client of `customer-profiles`.
        domain: where the profiles will be.
        name: what the job is called.
        object_type: the input of PutProfileObjectType, whose fields are the columns of the file.
        days: after how many days the service deletes the profiles.

    Raises:
        Refused: the service refuses it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    (unique,) = (
        entry["FieldNames"][0]
        for entries in object_type["Keys"].values()
        for entry in entries
        if "UNIQUE" in entry.get("StandardIdentifiers", ())
    )
    told = call_profiles(
        client,
        "create_upload_job",
        DomainName=domain,
        DisplayName=name,
        Fields=object_type["Fields"],
        UniqueKey=unique,
        DataExpiry=days,
    )
    return str((told or {})["JobId"])


def find_upload_job(client: Any, domain: str, job_id: str) -> UploadJob | None:
    """Return an upload job, or None if the service does not know it.

    Raises:
        Refused: the service refuses to return it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    told = call_profiles(client, "get_upload_job", DomainName=domain, JobId=job_id)
    if told is None:
        return None
    counts = told.get("ResultsSummary") or {}
    return UploadJob(
        job_id,
        str(told.get("Status")),
        str(told.get("StatusReason") or ""),
        *(int(counts.get(f"{name}Records") or 0) for name in ("Created", "Updated", "Failed")),
    )


def start_upload_job(client: Any, domain: str, job_id: str) -> None:
    """Start to ingest the file of an upload job.

    Raises:
        Refused: the service refuses it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    call_profiles(client, "start_upload_job", DomainName=domain, JobId=job_id)


def upload_file(client: Any, domain: str, job_id: str, file: IO[bytes]) -> None:
    """Upload the file of an upload job; the service takes the last one.

    Raises:
        Refused: Amazon S3 refuses it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    for attempt in range(1, ATTEMPTS + 1):
        told = call_profiles(client, "get_upload_job_path", DomainName=domain, JobId=job_id)
        if told is None:
            raise Refused(f"the upload job {job_id} does not exist any more", "start again")
        headers = encryption_headers(told["ClientToken"]) if "ClientToken" in told else {}
        file.seek(0)
        try:
            status, code = _put(client, told["Url"], headers, file)
        except NoResponse:
            if attempt == ATTEMPTS:
                raise
            continue
        if status == HTTPStatus.OK:
            return
        if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            break
    message = f"the upload for job {job_id} was refused: HTTP {status} {code}".rstrip()
    hint = "check the clock of this machine, and what a proxy does to headers"
    raise Refused(message, hint, status=status, code=code)


def encryption_headers(key: str) -> dict[str, str]:
    """Return the headers of an upload.

    Args:
        key: the `ClientToken` of the upload job, which is the key in base64.
    """
    try:
        raw = b64decode(key, validate=True)
    except ValueError:
        raw = key.encode()
    digest = b64encode(md5(raw, usedforsecurity=False).digest()).decode()
    return dict(zip(ENCRYPTION_HEADERS, ("AES256", key, digest), strict=True))


def _put(client: Any, url: str, headers: Mapping[str, str], file: IO[bytes]) -> tuple[int, str]:
    """Put a file to a URL that is signed already; return the status and the code of an error.

    The client's own connection is used: proxies, certificates and time limits are those of its
    calls, and its handlers may answer.
    """
    from botocore.awsrequest import AWSRequest
    from botocore.hooks import first_non_none_response

    request = AWSRequest("PUT", url, dict(headers), file).prepare()
    event = f"before-send.{CUSTOMER_PROFILES}.Upload"
    with translate_botocore_errors():
        answer = first_non_none_response(client.meta.events.emit(event, request=request))
        if answer is None:
            answer = client._endpoint.http_session.send(request)  # noqa: SLF001 - no public way
        found = _CODE.search(answer.content)
    return answer.status_code, readable(found[1].decode()) if found else ""
