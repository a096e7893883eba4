"""Write endpoints as documents: one a line, or each in a file of its own."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import blake2b
from typing import Any

from pinpoint_endpoints.convert.account import ENDPOINT, Account, Action, Rule
from pinpoint_endpoints.convert.by_id import RULES_OF_READING, endpoints_by_id
from pinpoint_endpoints.convert.formats import ConvertOptions, Format, MappedMember
from pinpoint_endpoints.convert.output import Directory, Output
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.saving import json_text, names_for, same_file_key, yaml_text

WHOLE = Rule("whole", Action.CARRIED, "every member is carried as it is")
_RULES = (WHOLE, *RULES_OF_READING)
_EVERYTHING = (
    MappedMember("every member", "the same member", "read-only members of exports too"),
    MappedMember("the endpoint id", "Id", "also if it was the name of the file"),
    MappedMember("ApplicationId beside EndpointRequest", "", "it says where a request goes"),
)
_DIGEST_BYTES = 8


def _write_lines(
    documents: Iterable[Document], output: Output, account: Account, _options: ConvertOptions
) -> None:
    with output.open("endpoints.ndjson") as file:
        for endpoint in endpoints_by_id(documents, account):
            file.write(endpoint.json + b"\n", 1)
            account.add(WHOLE, ENDPOINT, "")


def _write_files(
    suffix: str,
    text_of: Callable[[Mapping[str, Any]], bytes],
    documents: Iterable[Document],
    output: Output,
    account: Account,
    _options: ConvertOptions,
) -> None:
    if not isinstance(output, Directory):
        raise UsageError("a file for each endpoint needs a directory", "name it with -d DIR")
    taken: set[bytes] = set()
    for endpoint in endpoints_by_id(documents, account):
        members = endpoint.members
        for name in names_for(members["Id"]):
            key = blake2b(same_file_key(name).encode(), digest_size=_DIGEST_BYTES).digest()
            if key not in taken:
                break
        taken.add(key)
        output.save(name + suffix, text_of(members))
        account.add(WHOLE, ENDPOINT, "")


NDJSON = Format(
    "ndjson",
    "one endpoint a line, as Pinpoint's import and export jobs have them",
    _write_lines,
    _EVERYTHING,
    _RULES,
    "endpoints.ndjson",
)
JSON = Format(
    "json",
    "a JSON file for each endpoint, named by its id",
    partial(_write_files, ".json", json_text),
    _EVERYTHING,
    _RULES,
)
YAML = Format(
    "yaml",
    "a YAML file for each endpoint, named by its id",
    partial(_write_files, ".yaml", yaml_text),
    _EVERYTHING,
    _RULES,
)
