"""`pe get`: endpoint ids or a user id in, the stored endpoints out."""

import sys
from collections.abc import Iterable, Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinpoint_endpoints.cli.options import DisplayOptions
from pinpoint_endpoints.cli.outputs import SaveTo, tell_saved
from pinpoint_endpoints.cli.selection import EndpointSelection, SelectedEndpoints
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.terminal import say, tell, write_bytes
from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError

if TYPE_CHECKING:
    from pinpoint_endpoints.saving.folder import Folder
    from pinpoint_endpoints.service.endpoints import Endpoint


class GetOutput(StrEnum):
    """How endpoints are printed: for a person, or as documents."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"
    YAML = "yaml"
    NDJSON = "ndjson"


def get(
    *,
    selection: EndpointSelection,
    save: SaveTo = None,
    target: Target,
    output: Annotated[
        GetOutput,
        typer.Option(
            "--output",
            "-o",
            help="The output format; with --save, that of the files: yaml, else json.",
        ),
    ] = GetOutput.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Print stored endpoints, or save them into files.

    Table and text mask personal data; json, yaml and ndjson are the documents themselves, for
    `pe upsert` to take back.
    """
    wanted = selection.resolve()
    client = target.client()
    found = _Found(client, wanted)
    if save is None:
        _print(found, output, several=wanted.several, show_values=display.show_values)
        return found.end()
    folder = _saved(found, save, output)
    code = found.end()
    tell_saved(folder, save, quiet=display.quiet, verbose=display.verbose)
    return code


class _Found:
    """The endpoints that the service has; tells of those that it has not, when it comes to them.

    Args:
        client: a boto3 Pinpoint client.
        wanted: what is asked for.
    """

    def __init__(self, client: Any, wanted: SelectedEndpoints) -> None:
        self._client = client
        self._wanted = wanted
        self._found = 0
        self._hints: dict[str, None] = {}
        self._refused = 0
        self._error: PinpointEndpointsError | None = None

    def __iter__(self) -> "Iterator[Endpoint]":
        try:
            for endpoint in self._answered():
                self._found += 1
                yield endpoint
        except PinpointEndpointsError as error:
            self._error = error
        except KeyboardInterrupt:
            self._error = Interrupted("interrupted", "what was found until then is there")

    def _answered(self) -> "Iterator[Endpoint]":
        from pinpoint_endpoints.service.endpoints import get_user_endpoints, read_endpoints, refused
        from pinpoint_endpoints.service.errors import Refusal

        application_id, endpoint_ids, user_id, several = self._wanted
        if user_id is not None:
            yield from get_user_endpoints(self._client, application_id, user_id)
            return
        for endpoint_id, answer in read_endpoints(self._client, application_id, endpoint_ids):
            if not isinstance(answer, Refusal):
                yield answer
            elif not several:
                raise refused(answer)
            else:
                say(f"Error: {endpoint_id}: {refused(answer).message}")
                self._refused += 1
                self._hints[answer.hint] = None

    def end(self) -> ExitCode:
        """Tell what is left to tell, and return what the command ends with."""
        for hint in filter(None, self._hints):
            say(f"       {hint}")
        if self._error is not None:
            tell(self._error)
        if isinstance(self._error, Interrupted) or not self._found:
            return ExitCode.REFUSED if self._error is None else self._error.exit_code
        return ExitCode.PARTIAL if self._refused or self._error else ExitCode.OK


def _saved(found: "Iterable[Endpoint]", directory: Path, output: GetOutput) -> "Folder":
    from pinpoint_endpoints.saving.folder import Folder

    folder = Folder(directory, ".yaml" if output is GetOutput.YAML else ".json")
    for endpoint in found:
        folder.save(endpoint)
    folder.flush()
    return folder


def _print(
    found: "Iterable[Endpoint]", output: GetOutput, *, several: bool, show_values: bool
) -> None:
    from pinpoint_endpoints.reports.endpoint import endpoint_lines, print_endpoint_table

    if output is GetOutput.TABLE:
        for endpoint in found:
            print_endpoint_table(endpoint, sys.stdout, named=several, show_values=show_values)
    elif output is GetOutput.TEXT:
        for endpoint in found:
            sys.stdout.write(endpoint_lines(endpoint, named=several, show_values=show_values))
            sys.stdout.flush()
    else:
        for document in _documents(found, output, several=several):
            write_bytes(document)
            sys.stdout.flush()


def _documents(found: "Iterable[Endpoint]", output: GetOutput, *, several: bool) -> Iterable[bytes]:
    from pinpoint_endpoints.saving.texts import (
        json_line,
        json_of_several,
        json_text,
        yaml_documents,
    )

    if output is GetOutput.YAML:
        return yaml_documents(found)
    if output is GetOutput.NDJSON:
        return map(json_line, found)
    if not several:
        return map(json_text, found)
    endpoints = list(found)
    return [json_of_several(endpoints)] if endpoints else []
