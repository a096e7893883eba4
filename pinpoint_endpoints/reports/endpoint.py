"""An EndpointResponse in, table, text or JSON out."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

import orjson

from pinpoint_endpoints.documents.personal import masked
from pinpoint_endpoints.errors import Refused
from pinpoint_endpoints.reports.plain import printable

_PERSONAL = (("Address",), ("User", "UserId"), ("User", "UserAttributes"))


def endpoint_json(endpoint: Mapping[str, Any]) -> bytes:
    """Return the endpoint as a JSON document in UTF-8 that can be sent again.

    Raises:
        Refused: a server sent what a JSON document of an endpoint cannot hold.
    """
    try:
        return orjson.dumps(endpoint, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        raise Refused(
            "the endpoint holds a value that JSON cannot carry", "is this server a Pinpoint?"
        ) from None


def endpoint_lines(endpoint: Mapping[str, Any], *, show_values: bool) -> str:
    """Return a line for each member: its dotted name, a tab, its value."""
    return "".join(
        f"{printable(name)}\t{printable(value)}\n"
        for name, value in _members(endpoint, show_values=show_values)
    )


def print_endpoint_table(endpoint: Mapping[str, Any], stream: TextIO, *, show_values: bool) -> None:
    """Print the members and their values as a rich table; personal data is masked unless asked."""
    from rich.text import Text

    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    rows = [
        [Text(printable(name)), Text(printable(value))]
        for name, value in _members(endpoint, show_values=show_values)
    ]
    print_table(console_for(stream), [Column("Member"), Column("Value", narrowest=40)], rows)


def _members(endpoint: Mapping[str, Any], *, show_values: bool) -> Iterator[tuple[str, str]]:
    for path, value in _leaves(endpoint, ()):
        personal = any(path[: len(begin)] == begin for begin in _PERSONAL)
        texts = [str(item) for item in value] if isinstance(value, list) else [str(value)]
        if personal and not show_values:
            texts = [masked(text) for text in texts]
        yield ".".join(path), ", ".join(texts)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for key, member in value.items():
        yield from _leaves(member, (*path, str(key)))
