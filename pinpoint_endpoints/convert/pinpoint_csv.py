"""Write endpoints as Pinpoint's import CSV, which `documents.csv_reader` reads back."""

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

from pinpoint_endpoints.convert.account import Account, Action, Rule
from pinpoint_endpoints.convert.by_id import Endpoint, members_of
from pinpoint_endpoints.convert.cells import row_of
from pinpoint_endpoints.convert.files import RULES_OF_FILES, whole_endpoints
from pinpoint_endpoints.convert.formats import ConvertOptions, Format, MappedMember
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.documents.csv_reader import header_names
from pinpoint_endpoints.documents.model import Document

_EMPTY = Rule(
    "empty-value",
    Action.LOST,
    "an empty text or list cannot be distinguished from a missing one: an empty cell has no value",
)
_NUL = Rule("nul-character", Action.LOST, "a text with a NUL character cannot be in a CSV file")
_NOTHING = Rule("nothing-in-it", Action.SKIPPED, "null and objects without members have no cell")
_FILE = "endpoints.csv"


class _Header:
    """The columns that the endpoints need: each member once, or as often as it has values."""

    def __init__(self) -> None:
        self._widths: dict[str, int] = {}

    def noting(self, documents: Iterable[Document]) -> Iterator[Document]:
        """Yield documents, and record the columns of each."""
        widths = self._widths
        for document in documents:
            for name, values in _values(members_of(document)):
                if len(values) > widths.get(name, 0):
                    widths[name] = len(values)
            yield document

    def columns(self) -> list[tuple[str, int]]:
        """Return the names of the columns with their numbers: first those of the schema."""
        order = {name: index for index, name in enumerate(["Id", *header_names()])}
        names = sorted(self._widths, key=lambda name: (order.get(name, len(order)), name))
        return [(name, self._widths[name]) for name in names]


def _write(
    documents: Iterable[Document], output: Output, account: Account, _options: ConvertOptions
) -> None:
    header = _Header()
    with output.open(_FILE) as file:
        columns: list[tuple[str, int]] = []
        for endpoint in whole_endpoints(header.noting(documents), account):
            if not columns:
                columns = header.columns()
                file.write(row_of(name for name, width in columns for _ in range(width)))
            file.write(row_of(_cells(endpoint, columns, account)), 1)


def _cells(endpoint: Endpoint, columns: list[tuple[str, int]], account: Account) -> Iterator[str]:
    members = endpoint.members
    found = dict(_values(members))
    for name, rule in _not_carried(members):
        account.add(rule, name, endpoint.place)
    for name, width in columns:
        values = found.get(name, [])
        yield from values
        yield from [""] * (width - len(values))


def _values(members: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, list[str]]]:
    """Yield the path of each member that has cells, with their texts."""
    for name, value in members.items():
        if "\0" in name:
            continue
        if isinstance(value, dict):
            yield from _values(value, f"{prefix}{name}.")
        elif isinstance(value, list):
            texts = [text for text in value if _is_carried(text)]
            if texts:
                yield prefix + name, texts
        elif isinstance(value, str):
            if _is_carried(value):
                yield prefix + name, [value]
        elif value is not None:
            yield prefix + name, [orjson.dumps(value).decode()]


def _is_carried(text: str) -> bool:
    return bool(text) and "\0" not in text


def _not_carried(members: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, Rule]]:
    """Yield the path of each member that is not in its cells, or not whole, and why."""
    for name, value in members.items():
        path = prefix + name
        if isinstance(value, dict):
            yield from _not_carried(value, f"{path}.")
        if value is None or value == {}:
            yield path, _NOTHING
        elif value in ("", []) or (isinstance(value, list) and "" in value):
            yield path, _EMPTY
        elif any("\0" in text for text in _texts(value)) or "\0" in name:
            yield path, _NUL


def _texts(value: object) -> list[str]:
    return value if isinstance(value, list) else [value] if isinstance(value, str) else []


CSV = Format(
    "csv",
    "a table with a row for each endpoint, as Pinpoint's import jobs read it",
    _write,
    (
        MappedMember("Id, Address, Location.Country, …", "a column with the path as its header"),
        MappedMember("Metrics.NAME", "Metrics.NAME"),
        MappedMember("Attributes.NAME", "Attributes.NAME", "a column for each value"),
        MappedMember(
            "User.UserAttributes.NAME", "User.UserAttributes.NAME", "a column for each value"
        ),
        MappedMember(
            "EndpointStatus, CreationDate, …", "columns", "pe reads them; import jobs did not"
        ),
    ),
    (*RULES_OF_FILES, _EMPTY, _NUL, _NOTHING),
    _FILE,
)
