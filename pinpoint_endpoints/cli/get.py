"""`pe get`: print stored endpoints, or save them into files."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from functools import partial
from typing import Annotated, Any

import typer

from pinpoint_endpoints.cli.options import OUTPUT, DisplayOptions
from pinpoint_endpoints.cli.run import run
from pinpoint_endpoints.cli.selection import (
    EndpointSelection,
    SaveTo,
    SelectedEndpoints,
    note_saved,
)
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError
from pinpoint_endpoints.reports.endpoint import EndpointTally, EndpointView
from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.saving import EndpointDirectory
from pinpoint_endpoints.service.endpoints import (
    Endpoint,
    get_user_endpoints,
    read_endpoints,
    refused,
)
from pinpoint_endpoints.service.errors import Refusal


class GetOutput(StrEnum):
    """The formats in which endpoints are printed: for a person, or as documents."""

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
            rich_help_panel=OUTPUT,
        ),
    ] = GetOutput.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Print stored endpoints, or save them into files.

    Table and text mask personal data, unless --show-values is given; json, yaml and ndjson never
    mask it: they are the documents themselves, for `pe upsert` to take back.

    Examples:
        pe get --app demo --local --id ada
        pe get --app 0123456789abcdef --user ada --save backup
    """
    wanted = selection.resolve()
    tally = EndpointTally()
    found = _found(target.client(), wanted, tally)
    report = partial(
        run,
        found,
        tally=tally,
        so_far=f"the endpoints found so far are {'shown' if save is None else 'saved'}",
        remarks=lambda _: (f"       {hint}" for hint in tally.hints),
    )
    if save is None:
        view = EndpointView(ReportOptions(show_values=display.show_values), several=wanted.several)
        return report(open_reporter(view, output, sys.stdout))
    folder = EndpointDirectory(save, ".yaml" if output is GetOutput.YAML else ".json")
    code = report(_SaveReporter(folder))
    note_saved(folder, quiet=display.quiet, verbose=display.verbose)
    return code


def _found(client: Any, wanted: SelectedEndpoints, tally: EndpointTally) -> Iterator[Endpoint]:
    """Yield the endpoints that the service has; print which ones of several it does not have."""
    if wanted.user_id is not None:
        yield from get_user_endpoints(client, wanted.application_id, wanted.user_id)
        return
    for endpoint_id, answer in read_endpoints(client, wanted.application_id, wanted.endpoint_ids):
        if not isinstance(answer, Refusal):
            yield answer
            sys.stdout.flush()  # before the next one is asked for
        elif not wanted.several:
            raise refused(answer)
        else:
            note(f"Error: {endpoint_id}: {refused(answer).message}")
            tally.add(answer)


class _SaveReporter:
    """Saves endpoints into files."""

    def __init__(self, folder: EndpointDirectory) -> None:
        self._folder = folder

    def add(self, endpoint: Endpoint, /) -> None:
        self._folder.save(endpoint)

    def close(self, _tally: Tally[Any], _error: PinpointEndpointsError | None, /) -> None:
        self._folder.flush()
