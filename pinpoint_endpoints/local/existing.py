"""A transaction and an id → the application, endpoint or user that a request means, or a refusal.

An id that nothing can have is refused with 400, one that nothing has with 404.
"""

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.local.requests import refuse_application_id
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.service_error import not_found


def existing_application(rows: Rows, application_id: str) -> Application:
    """Return an application."""
    application = rows.application(application_id)
    if application is None:
        refuse_application_id(application_id)
        raise not_found("Application not found")
    return application


def existing_endpoint(rows: Rows, application: Application, endpoint_id: str) -> Endpoint:
    """Return an endpoint, whatever the case of its id."""
    endpoint = rows.endpoint(application, endpoint_id)
    if endpoint is None:
        raise not_found("Endpoint not found")
    return endpoint


def existing_user_endpoints(rows: Rows, application: Application, user_id: str) -> list[Endpoint]:
    """Return a user's endpoints in order of creation; a user has at least one."""
    endpoints = rows.endpoints(application).of_user(user_id)
    if not endpoints:
        raise not_found("User not found")
    return endpoints
