"""An EndpointResponse in, table or text out, with personal data masked unless it is wanted."""

from collections.abc import Iterator, Mapping
from typing import Any, TextIO

from pinpoint_endpoints.masking import dotted, is_personal, masked, printable


def endpoint_lines(endpoint: Mapping[str, Any], *, named: bool, show_values: bool) -> str:
    """Return a line for each member: its dotted name, a tab, its value.

    Args:
        endpoint: as the service returned it.
        named: whether the endpoint id and a tab stand before them.
        show_values: whether personal data is not masked.
    """
    begin = f"{printable(endpoint['Id'])}\t" if named else ""
    return "".join(
        f"{begin}{printable(name)}\t{printable(value)}\n"
        for name, value in _members(endpoint, show_values=show_values)
    )


def print_endpoint_table(
    endpoint: Mapping[str, Any], stream: TextIO, *, named: bool, show_values: bool
) -> None:
    """Print the members and their values as a rich table.

    Args:
        endpoint: as the service returned it.
        stream: where to.
        named: whether the endpoint id stands above the table.
        show_values: whether personal data is not masked.
    """
    from rich.text import Text

    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    if named:
        console_for(stream).print(Text(printable(endpoint["Id"]), style="bold"), soft_wrap=True)
    rows = [
        [Text(printable(name)), Text(printable(value))]
        for name, value in _members(endpoint, show_values=show_values)
    ]
    print_table(console_for(stream), [Column("Member"), Column("Value", narrowest=40)], rows)


def shown_members(
    endpoint: Mapping[str, Any], *, show_values: bool
) -> Iterator[tuple[tuple[str, ...], list[str]]]:
    """Yield the members that have no members themselves: the names that lead there, the values.

    Args:
        endpoint: as the service returned it.
        show_values: whether personal data is not masked.
    """
    for path, value in _leaves(endpoint, ()):
        texts = [str(item) for item in value] if isinstance(value, list) else [str(value)]
        if is_personal(path) and not show_values:
            texts = [masked(text) for text in texts]
        yield path, texts


def _members(endpoint: Mapping[str, Any], *, show_values: bool) -> Iterator[tuple[str, str]]:
    for path, texts in shown_members(endpoint, show_values=show_values):
        yield dotted(path, show_values=show_values), ", ".join(texts)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for key, member in value.items():
        yield from _leaves(member, (*path, str(key)))
