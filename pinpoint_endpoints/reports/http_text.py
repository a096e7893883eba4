"""An HTTP request in, the text of it out: as it goes over the wire, with personal data masked."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pinpoint_endpoints.delivery.preview import HttpRequest
from pinpoint_endpoints.masking import json_without_controls, masked, shown_member

_PERSONAL = ("Address", "User")


def request_text(request: HttpRequest, *, show_values: bool) -> str:
    """Return the request line, the headers, an empty line and the body.

    The body is JSON in one line. If it is masked, `Content-Length` is still that of the real one.

    Args:
        request: from `preview`.
        show_values: whether addresses, user ids and user attributes are shown.
    """
    body = request.body.decode() if show_values else _masked(request.body)
    lines = [f"{request.method} {request.path} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers]
    return "\n".join([*lines, "", json_without_controls(body)])


def _masked(body: bytes) -> str:
    value = json.loads(body)
    if "Item" in value:
        return _object([("Item", f"[{','.join(map(_endpoint, value['Item']))}]")])
    return _endpoint(value)


def _endpoint(request: Mapping[str, Any]) -> str:
    return _object(
        (name, _member(value, hidden=name in _PERSONAL)) for name, value in request.items()
    )


def _member(value: Any, *, hidden: bool) -> str:
    if isinstance(value, Mapping):
        return _object(
            (shown_member(name), _member(member, hidden=hidden)) for name, member in value.items()
        )
    if isinstance(value, list):
        return f"[{','.join(_member(member, hidden=hidden) for member in value)}]"
    return _json(masked(str(value)) if hidden and value is not None else value)


def _object(members: Iterable[tuple[str, str]]) -> str:
    """Return a JSON object of names and of the JSON of values: two masked names may be the same."""
    return f"{{{','.join(f'{_json(name)}:{value}' for name, value in members)}}}"


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
