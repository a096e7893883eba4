"""Errors of the local Pinpoint: a code of the service, its HTTP status and a message."""

from collections.abc import Iterable, Mapping


class ServiceError(Exception):
    """A request that the service refuses.

    Codes and statuses are those of botocore's service model for Pinpoint. The message may name
    members and ids, but repeats no other value of the request: addresses, user ids and attributes
    are personal data.

    Args:
        code: the exception's name in the service model, such as `BadRequestException`.
        status: the HTTP status that the service model gives it.
        message: one sentence, for the member `Message`.
        headers: those that HTTP requires with this status.
    """

    def __init__(
        self, code: str, status: int, message: str, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message
        self.headers = headers or {}


def bad_request(message: str) -> ServiceError:
    """Return the error for a request with invalid content."""
    return ServiceError("BadRequestException", 400, message)


def not_found(message: str) -> ServiceError:
    """Return the error for something that does not exist."""
    return ServiceError("NotFoundException", 404, message)


def method_not_allowed(allowed: Iterable[str]) -> ServiceError:
    """Return the error for a method that the path does not have.

    Args:
        allowed: the methods that it has.
    """
    methods = ", ".join(sorted(allowed))
    message = f"The path does not have this method; it has {methods}."
    return ServiceError("MethodNotAllowedException", 405, message, {"Allow": methods})


def payload_too_large(message: str) -> ServiceError:
    """Return the error for a body over the limit."""
    return ServiceError("PayloadTooLargeException", 413, message)


def forbidden(message: str) -> ServiceError:
    """Return the error for a client that may not use the server."""
    return ServiceError("ForbiddenException", 403, message)


def too_many_requests(message: str) -> ServiceError:
    """Return the error for a request over a quota of calls per second."""
    return ServiceError("TooManyRequestsException", 429, message)


def internal_error(message: str) -> ServiceError:
    """Return the error for a request that failed through no fault of its own."""
    return ServiceError("InternalServerErrorException", 500, message)
