"""Read and write domains and profiles inside one transaction of the store."""

import re
from collections.abc import Iterable, Sequence
from typing import Any

import orjson

from pinpoint_endpoints.local.rows import Rows
from pinpoint_endpoints.local.service_error import bad_request, not_found
from pinpoint_endpoints.local.unit_of_work import RowError, object_in

Body = dict[str, Any]

_PAGE_SIZE = 100
_JOB = {"JobId": str, "Status": str, "ClientToken": str, "Fields": dict, "UniqueKey": str}
"""Members that the row of an upload job has to have."""


class ProfileRows:
    """Domains, object types, profiles and profile objects in one transaction.

    Args:
        rows: the rows of the transaction.
    """

    def __init__(self, rows: Rows) -> None:
        self._execute = rows.execute

    def domain(self, name: str) -> Body | None:
        """Return a domain, or None."""
        query = "SELECT response FROM profile_domains WHERE name = ?"
        return self._body(query, name, DefaultExpirationDays=int)

    def add_domain(self, name: str, response: Body) -> None:
        """Store a new domain."""
        self._execute(
            "INSERT INTO profile_domains (name, response) VALUES (?, ?)",
            (name, orjson.dumps(response)),
        )

    def counts(self, domain: str) -> tuple[int, int, int]:
        """Return the numbers of profiles and objects of a domain, and the bytes of the objects."""
        (profiles,) = self._execute(
            "SELECT count(*) FROM profiles WHERE domain = ?", (domain,)
        ).fetchone()
        objects, size = self._execute(
            "SELECT count(*), coalesce(sum(length(CAST(object AS BLOB))), 0) FROM profile_objects "
            "WHERE domain = ?",
            (domain,),
        ).fetchone()
        return profiles, objects, size

    def object_type(self, domain: str, name: str) -> Body | None:
        """Return an object type, or None."""
        query = "SELECT response FROM profile_object_types WHERE domain = ? AND name = ?"
        return self._body(query, domain, name, Fields=dict, Keys=dict)

    def put_object_type(self, domain: str, name: str, response: Body) -> None:
        """Store or replace an object type."""
        self._execute(
            "INSERT OR REPLACE INTO profile_object_types (domain, name, response) VALUES (?, ?, ?)",
            (domain, name, orjson.dumps(response)),
        )

    def add_profile(self, domain: str, profile_id: str) -> int:
        """Store a new profile, and return its number."""
        cursor = self._execute(
            "INSERT INTO profiles (domain, profile_id, profile) VALUES (?, ?, ?)",
            (domain, profile_id, orjson.dumps({"ProfileId": profile_id})),
        )
        return int(cursor.lastrowid or 0)

    def profile(self, number: int) -> Body:
        """Return the profile with a number."""
        found = self._body("SELECT profile FROM profiles WHERE number = ?", number)
        if found is None:
            raise RowError
        return found

    def put_profile(self, number: int, profile: Body) -> None:
        """Replace a profile."""
        self._execute(
            "UPDATE profiles SET profile = ? WHERE number = ?", (orjson.dumps(profile), number)
        )

    def profile_of_object(self, domain: str, object_type: str, unique: str) -> int | None:
        """Return the number of the profile that an object belongs to, or None."""
        row = self._execute(
            "SELECT profile FROM profile_objects "
            "WHERE domain = ? AND object_type = ? AND unique_key = ?",
            (domain, object_type, unique),
        ).fetchone()
        return None if row is None else int(row[0])

    def put_object(
        self, domain: str, object_type: str, unique: str, profile: int, text: str
    ) -> None:
        """Store or replace an object."""
        self._execute(
            "INSERT OR REPLACE INTO profile_objects "
            "(domain, object_type, unique_key, profile, object) VALUES (?, ?, ?, ?, ?)",
            (domain, object_type, unique, profile, text),
        )

    def objects(self, domain: str, object_type: str, profile_id: str) -> list[tuple[str, str]]:
        """Return the unique keys and the texts of a profile's objects."""
        return self._execute(
            "SELECT unique_key, object FROM profile_objects "
            "JOIN profiles ON number = profile_objects.profile "
            "WHERE profile_objects.domain = ? AND object_type = ? AND profile_id = ? "
            "ORDER BY unique_key",
            (domain, object_type, profile_id),
        ).fetchall()

    def add_keys(self, domain: str, profile: int, keys: Iterable[tuple[str, str]]) -> None:
        """Add the keys of an object to its profile, which is found by all it ever had."""
        for name, value in keys:
            self._execute(
                "INSERT OR IGNORE INTO profile_keys (domain, name, value, profile) "
                "VALUES (?, ?, ?, ?)",
                (domain, name, value, profile),
            )

    def with_key(self, domain: str, name: str, values: Sequence[str]) -> set[int]:
        """Return the numbers of the profiles with a key of any of these values."""
        if name == "_profileId":
            query = "SELECT number FROM profiles WHERE domain = ? AND profile_id = ?"
            return {n for value in values for (n,) in self._execute(query, (domain, value))}
        query = "SELECT profile FROM profile_keys WHERE domain = ? AND name = ? AND value = ?"
        return {n for value in values for (n,) in self._execute(query, (domain, name, value))}

    def put_upload_job(self, domain: str, job_id: str, job: Body) -> None:
        """Store a new upload job, or replace what is known of it; its file stays."""
        self._execute(
            "INSERT INTO profile_upload_jobs (domain, job_id, job) VALUES (?, ?, ?) "
            "ON CONFLICT DO UPDATE SET job = excluded.job",
            (domain, job_id, orjson.dumps(job)),
        )

    def upload_job(self, domain: str, job_id: str) -> Body | None:
        """Return an upload job, or None."""
        query = "SELECT job FROM profile_upload_jobs WHERE domain = ? AND job_id = ?"
        return self._body(query, domain, job_id, **_JOB)

    def upload_jobs(self, domain: str) -> list[Body]:
        """Return the upload jobs of a domain, the latest first."""
        query = "SELECT job FROM profile_upload_jobs WHERE domain = ? ORDER BY number DESC"
        return [object_in(job, **_JOB) for (job,) in self._execute(query, (domain,))]

    def put_file(self, domain: str, job_id: str, content: bytes | None) -> None:
        """Store or remove the file of an upload job."""
        self._execute(
            "UPDATE profile_upload_jobs SET file = ? WHERE domain = ? AND job_id = ?",
            (content, domain, job_id),
        )

    def file(self, domain: str, job_id: str) -> bytes | None:
        """Return the file of an upload job, or None."""
        row = self._execute(
            "SELECT file FROM profile_upload_jobs WHERE domain = ? AND job_id = ?",
            (domain, job_id),
        ).fetchone()
        return None if row is None else row[0]

    def _body(self, query: str, *values: object, **needed: type) -> Body | None:
        row = self._execute(query, values).fetchone()
        return None if row is None else object_in(row[0], **needed)


def existing_domain(profiles: ProfileRows, request: Body) -> Body:
    """Return the domain that a request names.

    Raises:
        ServiceError: 404 if there is none.
    """
    domain = profiles.domain(request["DomainName"])
    if domain is None:
        raise not_found("Domain not found")
    return domain


def page_of(found: list[Any], request: Body, size: int = _PAGE_SIZE) -> tuple[list[Any], Body]:
    """Return the part of a list that a request asks for, and the token for the next one.

    Args:
        found: the list.
        request: the request; `MaxResults` and `NextToken` are optional.
        size: how many items to return by default.

    Raises:
        ServiceError: 400 if the token is not one of ours.
    """
    limit = int(request.get("MaxResults", size))
    begin = request.get("NextToken", "0")
    if not re.fullmatch("[0-9]{1,9}", begin):
        raise bad_request("NextToken is not one that this service gave.")
    end = int(begin) + limit
    token = {"NextToken": str(end)} if end < len(found) else {}
    return found[int(begin) : end], token
