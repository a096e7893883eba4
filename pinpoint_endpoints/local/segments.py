"""Implement Pinpoint's operations on segments over a store: definitions, and their versions."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from pinpoint_endpoints.documents.positions import json_pointer
from pinpoint_endpoints.local.applications import Applications, existing_application
from pinpoint_endpoints.local.generated_values import application_arn, timestamp
from pinpoint_endpoints.local.requests import (
    MAX_NAME_LENGTH,
    Body,
    check_tags,
    page_limits,
    whole_number,
    without_nulls,
)
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import bad_request, not_found
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.unit_of_work import object_in

NO_SEGMENT = "Segment not found"

_LATEST = """
SELECT segments.number, response FROM segments JOIN segment_versions ON segment = segments.number
WHERE application = ? AND segment_id = ? ORDER BY version DESC LIMIT 1
"""
_ALL_LATEST = """
SELECT segments.number, response FROM segments JOIN segment_versions ON segment = segments.number
WHERE application = ? AND segments.number > ? AND version = latest
ORDER BY segments.number LIMIT ?
"""
_VERSIONS = """
SELECT version, response FROM segment_versions
WHERE segment = ? AND version > ? ORDER BY version LIMIT ?
"""
_ALL_VERSIONS = """
SELECT response FROM segments JOIN segment_versions ON segment = number
WHERE application = ? ORDER BY number, version
"""
_CRITERIA = ("Dimensions", "SegmentGroups")


class LocalSegments:
    """Pinpoint's operations on segments; each is one transaction.

    Args:
        store: where segments are.
        now: the clock; aware times.
        new_id: the source of ids.
        applications: finds and creates applications.
    """

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        new_id: Callable[[], UUID],
        applications: Applications,
    ) -> None:
        self._store = store
        self._now = now
        self._new_id = new_id
        self._applications = applications

    def create(self, application_id: str, *, request: object) -> Body:
        """Create a segment, and return it.

        Args:
            application_id: where it is.
            request: a WriteSegmentRequest.
        """
        members = _validated(request)
        with self._store.writing() as rows:
            application = self._applications.to_write(rows, application_id)
            segment_id, now = self._new_id().hex, timestamp(self._now())
            _check_bases(rows, application, members, segment_id)
            response = {
                "ApplicationId": application_id,
                "Arn": f"{application_arn(application_id)}/segments/{segment_id}",
                "CreationDate": now,
                **members,
                "Id": segment_id,
                "LastModifiedDate": now,
                "SegmentType": "DIMENSIONAL",
                "Version": 1,
                "tags": members.get("tags", {}),
            }
            cursor = rows.execute(
                "INSERT INTO segments (application, segment_id, latest) VALUES (?, ?, 1)",
                (application.number, segment_id),
            )
            _add_version(rows, int(cursor.lastrowid or 0), response)
        return response

    def update(self, application_id: str, segment_id: str, *, request: object) -> Body:
        """Store a new version of a segment, and return it; what is left out stays.

        Args:
            application_id: where it is.
            segment_id: which one.
            request: a WriteSegmentRequest.
        """
        members = _validated(request)
        with self._store.writing() as rows:
            application = existing_application(rows, application_id)
            number, before = _latest(rows, application, segment_id)
            _check_bases(rows, application, members, segment_id)
            if not members.keys().isdisjoint(_CRITERIA):
                before = {name: one for name, one in before.items() if name not in _CRITERIA}
            response = {
                **before,
                **members,
                "LastModifiedDate": timestamp(self._now()),
                "Version": before["Version"] + 1,
                "tags": before["tags"],
            }
            rows.execute(
                "UPDATE segments SET latest = ? WHERE number = ?", (response["Version"], number)
            )
            _add_version(rows, number, response)
        return response

    def get(self, application_id: str, segment_id: str) -> Body:
        """Return the latest version of a segment."""
        with self._store.reading() as rows:
            application = existing_application(rows, application_id)
            return _latest(rows, application, segment_id)[1]

    def get_all(
        self, application_id: str, page_size: str | None = None, token: str | None = None
    ) -> Body:
        """Return a page of the segments in order of creation, each in its latest version.

        Args:
            application_id: where they are.
            page_size: at most how many, as digits.
            token: the `NextToken` of the page before.
        """
        limit, after = page_limits(page_size, token)
        with self._store.reading() as rows:
            application = existing_application(rows, application_id)
            found = rows.execute(_ALL_LATEST, (application.number, after, limit + 1)).fetchall()
            return _page(found, limit)

    def get_version(self, application_id: str, segment_id: str, version: str) -> Body:
        """Return one version of a segment."""
        number = whole_number(version, "version", least=1, default=1)
        with self._store.reading() as rows:
            application = existing_application(rows, application_id)
            segment, _ = _latest(rows, application, segment_id)
            row = rows.execute(_VERSIONS, (segment, number - 1, 1)).fetchone()
            if row is None or row[0] != number:
                raise not_found("Segment version not found")
            return _response(row[1])

    def get_versions(
        self,
        application_id: str,
        segment_id: str,
        page_size: str | None = None,
        token: str | None = None,
    ) -> Body:
        """Return a page of the versions of a segment, the first one first.

        Args:
            application_id: where it is.
            segment_id: which one.
            page_size: at most how many, as digits.
            token: the `NextToken` of the page before.
        """
        limit, after = page_limits(page_size, token)
        with self._store.reading() as rows:
            application = existing_application(rows, application_id)
            segment, _ = _latest(rows, application, segment_id)
            found = rows.execute(_VERSIONS, (segment, after, limit + 1)).fetchall()
            return _page(found, limit)

    def delete(self, application_id: str, segment_id: str) -> Body:
        """Remove a segment with its versions, and return the latest one."""
        with self._store.writing() as rows:
            application = existing_application(rows, application_id)
            number, response = _latest(rows, application, segment_id)
            rows.execute("DELETE FROM segment_versions WHERE segment = ?", (number,))
            rows.execute("DELETE FROM segments WHERE number = ?", (number,))
        return response


def all_versions(rows: Rows, application: Application) -> list[Body]:
    """Return all versions of the segments of an application, in their order."""
    return [_response(raw) for (raw,) in rows.execute(_ALL_VERSIONS, (application.number,))]


def _validated(request: object) -> Body:
    """Return a WriteSegmentRequest; refuse one in which `pe validate` finds an error."""
    from pinpoint_endpoints.checks.segments import segment_problem

    members = without_nulls(request, _CRITERIA)
    problem = segment_problem(members)
    if problem is not None:
        raise bad_request(f"{json_pointer(problem.path) or 'The body'}: {problem.message}")
    found: Body = members
    if len(found.get("Name", "")) > MAX_NAME_LENGTH:
        raise bad_request(f"/Name: at most {MAX_NAME_LENGTH} characters.")
    check_tags(found.get("tags", {}), "A segment")
    return found


def _check_bases(
    rows: Rows, application: Application, members: Mapping[str, Any], segment_id: str
) -> None:
    """Refuse base segments that do not exist, or that build on the segment themselves."""
    waiting = [*_bases(members)]
    for base in waiting:
        if rows.execute(_LATEST, (application.number, base)).fetchone() is None:
            raise bad_request(f"SourceSegments: there is no segment {base}.")
    known: set[str] = set()
    while waiting:
        base = waiting.pop()
        if base == segment_id:
            raise bad_request("SourceSegments: the segment would build on itself.")
        if base not in known:
            known.add(base)
            row = rows.execute(_LATEST, (application.number, base)).fetchone()
            waiting += _bases(_response(row[1])) if row else ()


def _bases(members: Mapping[str, Any]) -> Iterator[str]:
    for group in members.get("SegmentGroups", {}).get("Groups", ()):
        for reference in group.get("SourceSegments", ()):
            yield reference.get("Id", "")


def _latest(rows: Rows, application: Application, segment_id: str) -> tuple[int, Body]:
    row = rows.execute(_LATEST, (application.number, segment_id)).fetchone()
    if row is None:
        raise not_found(NO_SEGMENT)
    return row[0], _response(row[1])


def _add_version(rows: Rows, number: int, response: Body) -> None:
    rows.execute(
        "INSERT INTO segment_versions (segment, version, response) VALUES (?, ?, ?)",
        (number, response["Version"], orjson.dumps(response)),
    )


def _page(found: list[Any], limit: int) -> Body:
    """Return a page of rows; one more than the limit means that there is another page."""
    page: Body = {"Item": [_response(response) for _, response in found[:limit]]}
    if len(found) > limit:
        page["NextToken"] = str(found[limit - 1][0])
    return page


def _response(raw: bytes) -> Body:
    return object_in(raw, Version=int, tags=dict)
