"""What a command did in, the JSON envelope out: one shape for every command and every end."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import orjson

from pinpoint_endpoints.errors import PinpointEndpointsError

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

VERSION = 1


def envelope(  # noqa: PLR0913 - the members of the envelope
    command: str,
    summary: Mapping[str, int],
    results: "Sequence[DataclassInstance]",
    *,
    succeeded: int,
    failed: int,
    error: PinpointEndpointsError | None = None,
) -> bytes:
    """Return the envelope as JSON, in UTF-8.

    Args:
        command: such as `validate`.
        summary: what was counted.
        results: frozen values, one for each finding or each document.
        succeeded: how much went well.
        failed: how much did not.
        error: what stopped the run, if something did.
    """
    status = "success" if not failed and error is None else "partial" if succeeded else "error"
    return orjson.dumps(
        {
            "pe": VERSION,
            "command": command,
            "status": status,
            "summary": summary,
            "results": [_plain(asdict(result)) for result in results],
            "errors": [_plain(_error(error))] if error else [],
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    )


def _plain(value: Any) -> Any:
    """Return a JSON-like value with the bytes of names that are no text written as escapes."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value


def _error(error: PinpointEndpointsError) -> dict[str, str]:
    return {"code": error.exit_code.name, "message": error.message, "hint": error.hint}
