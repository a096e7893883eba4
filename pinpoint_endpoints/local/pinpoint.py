"""Implement Pinpoint's operations on applications and endpoints over a store.

There is one method for each operation, with the service's names. Shapes are those of botocore's
service model for Pinpoint (2016-12-01). What AWS's documentation leaves open is described in
`behaviour.md`.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.local.applications import Applications, existing_application
from pinpoint_endpoints.local.attribute_names import patterns_problem
from pinpoint_endpoints.local.events import events_batches, item_response
from pinpoint_endpoints.local.generated_values import timestamp
from pinpoint_endpoints.local.requests import (
    Body,
    batch_items,
    blacklist,
    check_attribute_type,
    check_endpoint_id,
    name_and_tags,
    page_limits,
    validated_request,
)
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import ServiceError, bad_request, not_found
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.updates import SERVICE_LIMITS, Limits, Update, apply_updates
from pinpoint_endpoints.service.merge import Endpoint

if TYPE_CHECKING:
    from pinpoint_endpoints.local.customer_profiles import LocalCustomerProfiles
    from pinpoint_endpoints.local.segments import LocalSegments


def utc_now() -> datetime:
    """Return the current time."""
    return datetime.now(UTC)


class LocalPinpoint:
    """Pinpoint's operations on applications and endpoints.

    Every operation is one transaction: it happens completely or not at all, and is stored when it
    returns. Each raises `ServiceError` for a request that the service refuses, and `CannotRun` if
    the store cannot be used.

    Args:
        store: where applications and endpoints are.
        create_missing_applications: create an application on the first write to it, with its id as
            its name.
        now: the clock; aware times.
        new_id: the source of ids for requests and applications.
        limits: the quotas of endpoints.
        strict_requests: refuse HTTP requests with members that their shape does not have, instead
            of ignoring these members.
    """

    def __init__(  # noqa: PLR0913 - all but the store have defaults
        self,
        store: Store,
        *,
        create_missing_applications: bool = True,
        now: Callable[[], datetime] = utc_now,
        new_id: Callable[[], UUID] = uuid4,
        limits: Limits = SERVICE_LIMITS,
        strict_requests: bool = False,
    ) -> None:
        self._store = store
        self._applications = Applications(now, create_missing=create_missing_applications)
        self._now = now
        self._new_id = new_id
        self._limits = limits
        self.strict_requests = strict_requests

    @cached_property
    def profiles(self) -> "LocalCustomerProfiles":
        """The operations of Customer Profiles; most runs need none."""
        from pinpoint_endpoints.local.customer_profiles import LocalCustomerProfiles

        return LocalCustomerProfiles(self._store, self._now, self._new_id)

    @cached_property
    def segments(self) -> "LocalSegments":
        """The operations on segments; most runs need none."""
        from pinpoint_endpoints.local.segments import LocalSegments

        return LocalSegments(self._store, self._now, self._new_id, self._applications)

    def new_request_id(self) -> str:
        """Return an id for a new request."""
        return str(self._new_id())

    def create_app(self, request: object) -> Body:
        """Create an application.

        Args:
            request: a CreateApplicationRequest: `Name`, and `tags` if any.
        """
        name, tags = name_and_tags(request)
        response = self._applications.response(self._new_id().hex, name, tags)
        with self._store.writing() as rows:
            rows.add_application(response)
        return response

    def get_app(self, application_id: str) -> Body:
        """Return an application."""
        with self._store.reading() as rows:
            return existing_application(rows, application_id).response

    def get_apps(self, page_size: str | None = None, token: str | None = None) -> Body:
        """Return a page of the applications in order of creation.

        Args:
            page_size: at most how many, as digits.
            token: the `NextToken` of the page before.
        """
        limit, after = page_limits(page_size, token)
        with self._store.reading() as rows:
            page = rows.applications(after, limit + 1)
        response: Body = {"Item": [application.response for application in page[:limit]]}
        if len(page) > limit:
            response["NextToken"] = str(page[limit - 1].number)
        return response

    def delete_app(self, application_id: str) -> Body:
        """Remove an application with its endpoints, and return it."""
        with self._store.writing() as rows:
            application = existing_application(rows, application_id)
            rows.remove_application(application)
        return application.response

    def update_endpoint(
        self, application_id: str, endpoint_id: str, *, request: object, request_id: str
    ) -> Body:
        """Create or update an endpoint.

        Args:
            application_id: where it is.
            endpoint_id: which one, in any case.
            request: an EndpointRequest.
            request_id: the id of this request.
        """
        check_endpoint_id(endpoint_id)
        update = validated_request(request)
        self._apply(application_id, [(endpoint_id, update)], request_id)
        return _accepted(request_id)

    def update_endpoints_batch(
        self, application_id: str, *, request: object, request_id: str
    ) -> Body:
        """Create or update up to 100 endpoints: all of them, or none.

        Args:
            application_id: where they are.
            request: an EndpointBatchRequest; each item has an `Id`.
            request_id: the id of this request.
        """
        self._apply(application_id, batch_items(request), request_id)
        return _accepted(request_id)

    def get_endpoint(self, application_id: str, endpoint_id: str) -> Body:
        """Return an endpoint."""
        check_endpoint_id(endpoint_id)
        with self._store.reading() as rows:
            application = existing_application(rows, application_id)
            return _endpoint_response(_existing_endpoint(rows, application, endpoint_id))

    def delete_endpoint(self, application_id: str, endpoint_id: str) -> Body:
        """Remove an endpoint, and return it."""
        check_endpoint_id(endpoint_id)
        with self._store.writing() as rows:
            application = existing_application(rows, application_id)
            endpoint = _existing_endpoint(rows, application, endpoint_id)
            rows.endpoints(application).remove(same_endpoint_key(endpoint_id))
        return _endpoint_response(endpoint)

    def get_user_endpoints(self, application_id: str, user_id: str) -> Body:
        """Return the endpoints of a user in order of creation."""
        with self._store.reading() as rows:
            application = existing_application(rows, application_id)
            return _endpoints_response(_existing_user_endpoints(rows, application, user_id))

    def delete_user_endpoints(self, application_id: str, user_id: str) -> Body:
        """Remove the endpoints of a user, and return them."""
        with self._store.writing() as rows:
            application = existing_application(rows, application_id)
            endpoints = _existing_user_endpoints(rows, application, user_id)
            for endpoint in endpoints:
                rows.endpoints(application).remove(same_endpoint_key(endpoint["Id"]))
        return _endpoints_response(endpoints)

    def put_events(self, application_id: str, *, request: object, request_id: str) -> Body:
        """Create or update the endpoints of events, each of them on its own.

        The events are validated and acknowledged, and not stored. A missing application is created
        only if an endpoint is.

        Args:
            application_id: where the endpoints are.
            request: an EventsRequest.
            request_id: the id of this request.
        """
        batches = events_batches(request)
        now = timestamp(self._now())
        updates = [Update(name, batch.endpoint, request_id, now) for name, batch in batches.items()]
        with self._store.writing() as rows:
            refusals = self._apply_each(rows, application_id, updates)
        results = {name: item_response(refusals[name], batches[name].events) for name in batches}
        return {"Results": results}

    def remove_attributes(
        self, application_id: str, attribute_type: str, *, request: object
    ) -> Body:
        """Forget names of attributes, and ignore later values for them; stored values stay.

        Args:
            application_id: whose endpoints have them.
            attribute_type: such as `endpoint-custom-attributes`.
            request: an UpdateAttributesRequest.
        """
        check_attribute_type(attribute_type)
        patterns = blacklist(request)
        with self._store.writing() as rows:
            application = existing_application(rows, application_id)
            before = rows.attribute_names(application)
            problem = patterns_problem((*before.removed[attribute_type], *patterns))
            if problem:
                raise bad_request(problem)
            after = before.without(attribute_type, patterns)
            rows.put_attribute_names(application, after)
        return {
            "ApplicationId": application_id,
            "AttributeType": attribute_type,
            "Attributes": sorted(before.known[attribute_type] - after.known[attribute_type]),
        }

    def add_application(self, application_id: str, name: str) -> Body:
        """Create an application with a given id.

        This is not an operation of the service; moto's applications are added with it.
        """
        with self._store.writing() as rows:
            return self._applications.add(rows, application_id, name).response

    def _apply(
        self, application_id: str, requests: list[tuple[str, Body]], request_id: str
    ) -> None:
        now = timestamp(self._now())
        with self._store.writing() as rows:
            application = self._applications.to_write(rows, application_id)
            updates = [Update(name, request, request_id, now) for name, request in requests]
            apply_updates(rows, application, updates, self._limits)

    def _apply_each(self, rows: Rows, application_id: str, updates: list[Update]) -> dict[str, str]:
        """Store each update that is not refused; return by endpoint id why it is, or ""."""
        if not any(update.request for update in updates):
            existing_application(rows, application_id)
        before = rows.changes()
        application = self._applications.to_write(rows, application_id)
        refusals = {
            update.endpoint_id: self._refusal_of(rows, application, update) for update in updates
        }
        if not any(update.request and not refusals[update.endpoint_id] for update in updates):
            rows.undo_to(before)  # an application that was created for nothing
        return refusals

    def _refusal_of(self, rows: Rows, application: Application, update: Update) -> str:
        """Store an update, or nothing of it; return why it is refused, or "" if it is stored."""
        try:
            with rows.savepoint():
                check_endpoint_id(update.endpoint_id)
                validated_request(update.request, "PublicEndpoint")
                if update.request:
                    apply_updates(rows, application, [update], self._limits)
        except ServiceError as error:
            return error.message
        return ""


def _accepted(request_id: str) -> Body:
    return {"Message": "Accepted", "RequestID": request_id}


def _endpoint_response(endpoint: Endpoint) -> Body:
    """Return an endpoint as the service shows it: both maps, and metrics as doubles.

    Source: AWS, audience-data-endpoints, and botocore's service model, `MapOf__double`.
    """
    metrics = {name: float(value) for name, value in endpoint.get("Metrics", {}).items()}
    return {"Attributes": {}, **endpoint, "Metrics": metrics}


def _endpoints_response(endpoints: Iterable[Endpoint]) -> Body:
    return {"Item": [_endpoint_response(endpoint) for endpoint in endpoints]}


def _existing_endpoint(rows: Rows, application: Application, endpoint_id: str) -> Endpoint:
    """Return an endpoint, whatever the case of its id."""
    endpoint = rows.endpoint(application, endpoint_id)
    if endpoint is None:
        raise not_found("Endpoint not found")
    return endpoint


def _existing_user_endpoints(rows: Rows, application: Application, user_id: str) -> list[Endpoint]:
    """Return a user's endpoints in order of creation; a user has at least one."""
    endpoints = rows.endpoints(application).of_user(user_id)
    if not endpoints:
        raise not_found("User not found")
    return endpoints
