"""Makes the calls of Customer Profiles that put domains, object types and profile objects."""

from collections.abc import Collection, Iterator, Mapping
from http import HTTPStatus
from itertools import chain
from typing import Any

from pinpoint_endpoints.errors import Refused
from pinpoint_endpoints.service.errors import (
    Refusal,
    is_throttled,
    readable,
    refusal_of,
    request_id_of,
    translate_botocore_errors,
)
from pinpoint_endpoints.service.requests import Call, Item
from pinpoint_endpoints.service.updates import Answer

_NOT_PERSONAL = frozenset({"optOut", "inactive", "country", "state", "attr_PinpointDevices"})
_BUSY = "concurrent update"
"""What a refusal says while another call changes the same profile.

Source: aws-amplify/amplify-backend, packages/backend-notifications, src/lambda/shared/retry.ts.
"""
_ABSENT = "ResourceNotFoundException"
_NOT_ALLOWED = "the credentials need profile permissions for this domain"
_NO_ANSWER = "the answer says nothing about this object"
_OK = 200


class ProfileCall(Call):
    """A call that puts profile objects, which are the bodies of its items."""

    @property
    def operation(self) -> str:
        """`PutProfileObject` for one item, `BatchPutProfileObject` for several."""
        return "PutProfileObject" if len(self.items) == 1 else "BatchPutProfileObject"


def put_objects(client: Any, domain: str, call: Call, *, object_type: str) -> Answer:
    """Put the profile objects of a call.

    Args:
        client: a boto3 client of `customer-profiles`.
        domain: where the profiles are.
        call: at most ten objects.
        object_type: the type of the objects.

    Raises:
        NoResponse: no connection, or no readable answer: they may or may not have been stored.
        CannotRun: no credentials.
    """
    from botocore.exceptions import ClientError, ParamValidationError

    target = {"DomainName": domain, "ObjectTypeName": object_type}
    texts = [item.body.decode() for item in call.items]
    try:
        with translate_botocore_errors():
            if len(texts) == 1:
                response = client.put_profile_object(**target, Object=texts[0])
            else:
                items = [{"Id": str(number), "Object": text} for number, text in enumerate(texts)]
                response = client.batch_put_profile_object(**target, Items=items)
    except ParamValidationError:
        return Answer(accepted=False, message="boto3 refuses the request before it is sent")
    except ClientError as error:
        return _refused(error, _personal_values(call.items))
    request_id = request_id_of(response)
    accepted = Answer(True, _OK, "", "accepted", request_id)
    if len(texts) == 1:
        return accepted
    return accepted._replace(each=tuple(_each(response, call, accepted)))


def _each(response: Mapping[str, Any], call: Call, accepted: Answer) -> Iterator[Answer]:
    """Yield the answer about each item."""
    stored = {item["Id"] for item in response.get("Successful") or ()}
    failed = {item["Id"]: item for item in response.get("Failed") or ()}
    for number, item in enumerate(call.items):
        if str(number) in stored:
            yield accepted
            continue
        found = failed.get(str(number), {})
        message = readable(str(found.get("Message") or _NO_ANSWER), _personal_values([item]))
        answer = Answer(False, int(found.get("Code", 0)), "", message, accepted.request_id)
        yield answer._replace(busy=_is_busy(answer))


def _refused(error: Any, personal: Collection[str]) -> Answer:
    refusal = refusal_of(error, personal=personal)
    answer = Answer(
        False, refusal.status, refusal.code, refusal.message, refusal.request_id, _hint(refusal)
    )
    if refusal.code == _ABSENT:
        answer = answer._replace(hint="check --domain and --object-type; --create-object-type")
    return answer._replace(busy=_is_busy(answer))


def _hint(refusal: Refusal) -> str:
    is_about_rights = refusal.status == HTTPStatus.FORBIDDEN and not refusal.is_about_credentials
    return _NOT_ALLOWED if is_about_rights else refusal.hint


def _is_busy(answer: Answer) -> bool:
    has_failed = answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return is_throttled(answer) or has_failed or _BUSY in answer.message.lower()


def _personal_values(items: Collection[Item]) -> list[str]:
    return [*chain.from_iterable(_values_of(item.request) for item in items)]


def _values_of(members: Mapping[str, object]) -> Iterator[str]:
    return (str(text) for name, text in members.items() if name not in _NOT_PERSONAL)


def find_object_type(client: Any, domain: str, name: str) -> Mapping[str, Any] | None:
    """Return an object type, or None if the domain has none with this name.

    Raises:
        Refused: there is no such domain, or the service refuses to return it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    found = call_profiles(client, "get_profile_object_type", DomainName=domain, ObjectTypeName=name)
    if found is None:
        check_domain(client, domain)
    return found


def check_domain(client: Any, domain: str) -> None:
    """Refuse a domain that does not exist.

    Raises:
        Refused: there is no such domain, or the service refuses to return it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    if call_profiles(client, "get_domain", DomainName=domain) is None:
        message = f"there is no domain {domain}"
        raise Refused(message, "create it in the console of Amazon Connect", status=404)


def put_object_type(client: Any, domain: str, object_type: Mapping[str, Any]) -> None:
    """Create or replace an object type.

    Raises:
        Refused: the service refuses it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    call_profiles(client, "put_profile_object_type", DomainName=domain, **object_type)


def ensure_domain(client: Any, domain: str, expiration_days: int) -> None:
    """Create a domain unless it exists.

    Raises:
        Refused: the service refuses it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    if call_profiles(client, "get_domain", DomainName=domain) is None:
        days = {"DefaultExpirationDays": expiration_days}
        call_profiles(client, "create_domain", DomainName=domain, **days)


def call_profiles(client: Any, operation: str, **parameters: Any) -> Mapping[str, Any] | None:
    """Return what an operation answers; None if it returns something that does not exist.

    Args:
        client: a boto3 client of `customer-profiles`.
        operation: the name of the client's method.
        parameters: the parameters of the operation.

    Raises:
        Refused: the service refuses it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    from botocore.exceptions import ClientError

    try:
        with translate_botocore_errors():
            response: Mapping[str, Any] = getattr(client, operation)(**parameters)
    except ClientError as error:
        refusal = refusal_of(error)
        if refusal.code == _ABSENT and operation.startswith("get_"):
            return None
        message = f"{error.operation_name}: HTTP {refusal.status}: {refusal.message}"
        raise Refused(message, _hint(refusal), status=refusal.status, code=refusal.code) from None
    return response
