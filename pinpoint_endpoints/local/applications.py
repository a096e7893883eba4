"""Find the application that an operation is about, or create it."""

from collections.abc import Callable
from datetime import datetime

from pinpoint_endpoints.local.generated_values import application_arn, timestamp
from pinpoint_endpoints.local.requests import Body, check_application_id
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import not_found

NO_APPLICATION = "Application not found"


def existing_application(rows: Rows, application_id: str) -> Application:
    """Return an application; an impossible id is refused with 400, an unknown one with 404."""
    application = rows.application(application_id)
    if application is None:
        check_application_id(application_id)
        raise not_found(NO_APPLICATION)
    return application


class Applications:
    """Creates applications.

    Args:
        now: the clock; aware times.
        create_missing: create an application on the first write to it, with its id as its name.
    """

    def __init__(self, now: Callable[[], datetime], *, create_missing: bool) -> None:
        self._now = now
        self._create_missing = create_missing

    def to_write(self, rows: Rows, application_id: str) -> Application:
        """Return an application, which may have to be created."""
        application = rows.application(application_id)
        if application is not None:
            return application
        if not self._create_missing:
            raise not_found(NO_APPLICATION)
        return self.add(rows, application_id, application_id)

    def add(self, rows: Rows, application_id: str, name: str) -> Application:
        """Store a new application with a given id."""
        check_application_id(application_id)
        return rows.add_application(self.response(application_id, name, {}))

    def response(self, application_id: str, name: str, tags: dict[str, str]) -> Body:
        """Return an ApplicationResponse."""
        return {
            "Arn": application_arn(application_id),
            "CreationDate": timestamp(self._now()),
            "Id": application_id,
            "Name": name,
            "tags": tags,
        }
