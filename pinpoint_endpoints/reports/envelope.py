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
) -> str:
    """Return the envelope as JSON text.

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
            "results": [_plain(result) for result in results],
            "errors": [_error(error)] if error else [],
        },
        option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE,
    ).decode()


def _plain(result: "DataclassInstance") -> dict[str, Any]:
    return {
        key: value.encode("utf-8", "backslashreplace").decode() if isinstance(value, str) else value
        for key, value in asdict(result).items()
    }


def _error(error: PinpointEndpointsError) -> dict[str, str]:
    return {"code": error.exit_code.name, "message": error.message, "hint": error.hint}
