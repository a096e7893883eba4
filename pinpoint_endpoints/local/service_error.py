"""What the local Pinpoint refuses: a code of the service, its HTTP status and a sentence."""


class ServiceError(Exception):
    """The service refuses a request.

    Codes and statuses are those of botocore's service model for Pinpoint. The message never
    repeats a value of the request: addresses, user ids and attributes are personal data.

    Args:
        code: the exception's name in the service model, such as `BadRequestException`.
        status: the HTTP status that the service model gives it.
        message: one sentence for the `Message` member.
    """

    def __init__(self, code: str, status: int, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.message = message


def bad_request(message: str) -> ServiceError:
    """Return what answers a request with wrong content."""
    return ServiceError("BadRequestException", 400, message)


def not_found(message: str) -> ServiceError:
    """Return what answers a request for something that is not there."""
    return ServiceError("NotFoundException", 404, message)


def method_not_allowed(message: str) -> ServiceError:
    """Return what answers a method that the path does not have."""
    return ServiceError("MethodNotAllowedException", 405, message)


def payload_too_large(message: str) -> ServiceError:
    """Return what answers a body over the limit."""
    return ServiceError("PayloadTooLargeException", 413, message)
