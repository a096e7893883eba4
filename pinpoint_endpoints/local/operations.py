"""Requests as Python values → the bodies that the service answers, over a store.

One method an operation, in the service's names. Shapes are those of botocore's service model
for Pinpoint (2016-12-01); what AWS's documents leave open is listed in `choices.py`.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID, uuid4

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.documents.endpoint_id import endpoint_id_fault
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import bad_request, not_found
from pinpoint_endpoints.local.stamps import application_arn, timestamp
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.updating import Update, apply_update

# AWS: quotas, "Projects per region" and "UpdateEndpointsBatch"
APPLICATIONS_A_PAGE = 100
MAX_BATCH_ITEMS = 100
LONGEST_NUMBER = 9  # digits: more than any page or token has, less than SQLite's integers

Body = dict[str, Any]


def utc_now() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


class LocalPinpoint:
    """Pinpoint's operations on applications and endpoints.

    Every operation is one transaction: it happens whole or not at all, and is stored when it
    returns. All of them raise `ServiceError` for what the service refuses, and `CannotRun` when
    the store cannot be used.

    Args:
        store: where applications and endpoints are.
        create_missing_applications: make an application on the first write to it, named as its id.
        now: the clock; aware moments.
        new_id: the source of ids for requests and applications.
    """

    def __init__(
        self,
        store: Store,
        *,
        create_missing_applications: bool = True,
        now: Callable[[], datetime] = utc_now,
        new_id: Callable[[], UUID] = uuid4,
    ) -> None:
        self._store = store
        self._create_missing_applications = create_missing_applications
        self._now = now
        self._new_id = new_id

    def new_request_id(self) -> str:
        """Return the id of one more request."""
        return str(self._new_id())

    def create_app(self, request: object) -> Body:
        """Make an application.

        Args:
            request: a CreateApplicationRequest: `Name`, and `tags` if any.
        """
        name, tags = _name_and_tags(request)
        response = self._application_response(self._new_id().hex, name, tags)
        with self._store.writing() as rows:
            rows.add_application(response)
        return response

    def get_app(self, application_id: str) -> Body:
        """Return an application."""
        with self._store.reading() as rows:
            return _existing_application(rows, application_id).response

    def get_apps(self, page_size: str | None = None, token: str | None = None) -> Body:
        """Return a page of the applications in order of creation.

        Args:
            page_size: at most how many, as digits.
            token: the `NextToken` of the page before.
        """
        limit = _whole_number(page_size, "page-size", least=1, default=APPLICATIONS_A_PAGE)
        after = _whole_number(token, "token", least=0, default=0)
        with self._store.reading() as rows:
            page = rows.applications(after, limit + 1)
        response: Body = {"Item": [application.response for application in page[:limit]]}
        if len(page) > limit:
            response["NextToken"] = str(page[limit - 1].number)
        return response

    def delete_app(self, application_id: str) -> Body:
        """Remove an application with its endpoints, and return it."""
        with self._store.writing() as rows:
            application = _existing_application(rows, application_id)
            rows.remove_application(application)
        return application.response

    def update_endpoint(
        self, application_id: str, endpoint_id: str, *, request: object, request_id: str
    ) -> Body:
        """Make or change an endpoint.

        Args:
            application_id: where it is.
            endpoint_id: which one, in any case.
            request: an EndpointRequest.
            request_id: the id of this request.
        """
        _refuse_endpoint_id(endpoint_id)
        checked = _checked(request, "EndpointRequest")
        self._apply(application_id, [(endpoint_id, checked)], request_id)
        return _accepted(request_id)

    def update_endpoints_batch(
        self, application_id: str, *, request: object, request_id: str
    ) -> Body:
        """Make or change up to 100 endpoints: all of them, or none.

        Args:
            application_id: where they are.
            request: an EndpointBatchRequest; each item has an `Id`.
            request_id: the id of this request.
        """
        items = _checked(request, "EndpointBatchRequest")["Item"]
        if len(items) > MAX_BATCH_ITEMS:
            raise bad_request(f"A batch has at most {MAX_BATCH_ITEMS} items.")
        self._apply(application_id, [_id_and_request(item) for item in items], request_id)
        return _accepted(request_id)

    def get_endpoint(self, application_id: str, endpoint_id: str) -> Body:
        """Return an endpoint."""
        _refuse_endpoint_id(endpoint_id)
        with self._store.reading() as rows:
            application = _existing_application(rows, application_id)
            return _existing_endpoint(rows, application, endpoint_id)

    def delete_endpoint(self, application_id: str, endpoint_id: str) -> Body:
        """Remove an endpoint, and return it."""
        _refuse_endpoint_id(endpoint_id)
        with self._store.writing() as rows:
            application = _existing_application(rows, application_id)
            endpoint = _existing_endpoint(rows, application, endpoint_id)
            rows.remove_endpoint(application, endpoint_id)
        return endpoint

    def get_user_endpoints(self, application_id: str, user_id: str) -> Body:
        """Return the endpoints of a user in order of creation."""
        with self._store.reading() as rows:
            application = _existing_application(rows, application_id)
            return {"Item": _existing_user_endpoints(rows, application, user_id)}

    def delete_user_endpoints(self, application_id: str, user_id: str) -> Body:
        """Remove the endpoints of a user, and return them."""
        with self._store.writing() as rows:
            application = _existing_application(rows, application_id)
            endpoints = _existing_user_endpoints(rows, application, user_id)
            for endpoint in endpoints:
                rows.remove_endpoint(application, endpoint["Id"])
        return {"Item": endpoints}

    def add_application(self, application_id: str, name: str) -> Body:
        """Make an application with an id of the caller's choice.

        No operation of the service: doors use it whose applications come from elsewhere.
        """
        with self._store.writing() as rows:
            return self._added_application(rows, application_id, name).response

    def _apply(
        self, application_id: str, requests: list[tuple[str, Body]], request_id: str
    ) -> None:
        now = timestamp(self._now())
        with self._store.writing() as rows:
            application = self._application_to_write(rows, application_id)
            for endpoint_id, request in requests:
                apply_update(rows, application, Update(endpoint_id, request, request_id, now))

    def _application_to_write(self, rows: Rows, application_id: str) -> Application:
        application = rows.application(application_id)
        if application is not None:
            return application
        if not self._create_missing_applications:
            raise not_found("Application not found")
        return self._added_application(rows, application_id, application_id)

    def _added_application(self, rows: Rows, application_id: str, name: str) -> Application:
        fault = endpoint_id_fault(application_id)
        if fault:
            raise bad_request(f"The application id cannot be used: {fault}.")
        return rows.add_application(self._application_response(application_id, name, {}))

    def _application_response(self, application_id: str, name: str, tags: dict[str, str]) -> Body:
        return {
            "Arn": application_arn(application_id),
            "CreationDate": timestamp(self._now()),
            "Id": application_id,
            "Name": name,
            "tags": tags,
        }


def _accepted(request_id: str) -> Body:
    return {"Message": "Accepted", "RequestID": request_id}


def _existing_application(rows: Rows, application_id: str) -> Application:
    application = rows.application(application_id)
    if application is None:
        raise not_found("Application not found")
    return application


def _existing_endpoint(rows: Rows, application: Application, endpoint_id: str) -> Endpoint:
    endpoint = rows.endpoint(application, endpoint_id)
    if endpoint is None:
        raise not_found("Endpoint not found")
    return endpoint


def _existing_user_endpoints(rows: Rows, application: Application, user_id: str) -> list[Endpoint]:
    endpoints = rows.user_endpoints(application, user_id)
    if not endpoints:
        raise not_found("User not found")
    return endpoints


def _refuse_endpoint_id(endpoint_id: str) -> None:
    fault = endpoint_id_fault(endpoint_id)
    if fault:
        raise bad_request(f"The endpoint id cannot be used: {fault}.")


def _checked(request: object, shape: str) -> Body:
    from pinpoint_endpoints.checks.schema import first_fault

    fault = first_fault(request, shape)
    if fault is not None:
        raise bad_request(fault)
    return cast("Body", request)


def _id_and_request(item: Body) -> tuple[str, Body]:
    _refuse_endpoint_id(item["Id"])
    return item["Id"], {member: value for member, value in item.items() if member != "Id"}


def _name_and_tags(request: object) -> tuple[str, dict[str, str]]:
    if not isinstance(request, dict) or not isinstance(request.get("Name"), str):
        raise bad_request("Missing Name")
    tags = request.get("tags", {})
    if not isinstance(tags, dict) or not all(isinstance(value, str) for value in tags.values()):
        raise bad_request("The tags of an application are names with one string each.")
    return request["Name"], tags


def _whole_number(digits: str | None, name: str, *, least: int, default: int) -> int:
    if digits is None:
        return default
    if not (
        digits.isascii()
        and digits.isdigit()
        and len(digits) <= LONGEST_NUMBER
        and int(digits) >= least
    ):
        raise bad_request(f"{name} is not a whole number from {least}.")
    return int(digits)
