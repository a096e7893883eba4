"""Writes endpoints as documents: one per line, or one per file."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from pinpoint_endpoints.convert.account import ENDPOINT, Account, Action, Rule
from pinpoint_endpoints.convert.by_id import RULES_OF_READING, Endpoint, endpoints_by_id
from pinpoint_endpoints.convert.formats import ConvertOptions, Format, MappedMember
from pinpoint_endpoints.convert.hashes import Hashes
from pinpoint_endpoints.convert.output import Directory, Output
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.masking import json_without_controls
from pinpoint_endpoints.saving import json_text, names_for, same_file_key, yaml_text

WHOLE = Rule("whole", Action.CARRIED, "every member is carried as it is")
OPTED_OUT_ELSEWHERE = Rule(
    "opted-out-in-invalid",
    Action.CARRIED,
    "as it is, although an invalid document opts this address out: correct that one",
)
RULES_OF_FILES = (WHOLE, OPTED_OUT_ELSEWHERE, *RULES_OF_READING)
_EVERYTHING = (
    MappedMember("every member", "the same member", "read-only members of exports too"),
    MappedMember("the endpoint id", "Id", "also if it was the name of the file"),
    MappedMember("ApplicationId beside EndpointRequest", "", "it says where a request goes"),
)


def whole_endpoints(documents: Iterable[Document], account: Account) -> Iterator[Endpoint]:
    """Yield the endpoints in the order of their ids, which are written as they are.

    Args:
        documents: with an endpoint and an id each.
        account: records them and the documents that others replace.
    """
    refusals = account.refusals.addresses
    for endpoint in endpoints_by_id(documents, account):
        yield endpoint
        account_for_whole(endpoint, refusals.have if refusals else None, account)


def account_for_whole(
    endpoint: Endpoint, opts_out: Callable[[str, str], bool] | None, account: Account
) -> None:
    """Record an endpoint that is written unchanged."""
    account.add(WHOLE, ENDPOINT, "")
    if opts_out is not None:
        read = endpoint.read()
        if not read.opted_out and opts_out(read.channel, read.address):
            account.add(OPTED_OUT_ELSEWHERE, "Address", read.place)


def _write_lines(
    documents: Iterable[Document], output: Output, account: Account, _options: ConvertOptions
) -> None:
    with output.open("endpoints.ndjson") as file:
        for endpoint in whole_endpoints(documents, account):
            file.write(json_without_controls(endpoint.json) + b"\n", 1)


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
    taken = Hashes()
    for endpoint in whole_endpoints(documents, account):
        members = endpoint.members
        for name in names_for(members["Id"]):
            key = same_file_key(name)
            if key not in taken:
                break
        taken.add(key)
        output.save(name + suffix, text_of(members))


NDJSON = Format(
    "ndjson",
    "one endpoint a line, as Pinpoint's import and export jobs have them",
    _write_lines,
    _EVERYTHING,
    RULES_OF_FILES,
    "endpoints.ndjson",
)
JSON = Format(
    "json",
    "a JSON file for each endpoint, named by its id",
    partial(_write_files, ".json", json_text),
    _EVERYTHING,
    RULES_OF_FILES,
)
YAML = Format(
    "yaml",
    "a YAML file for each endpoint, named by its id",
    partial(_write_files, ".yaml", yaml_text),
    _EVERYTHING,
    RULES_OF_FILES,
)
