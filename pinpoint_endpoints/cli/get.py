"""`pe get`: endpoint ids or a user id in, the stored endpoints out."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinpoint_endpoints.cli.options import DisplayOptions
from pinpoint_endpoints.cli.outputs import SaveTo, tell_saved
from pinpoint_endpoints.cli.selection import EndpointSelection, SelectedEndpoints
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.terminal import say, tell
from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError
from pinpoint_endpoints.reports.endpoint import EndpointTally, EndpointView
from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pinpoint_endpoints.saving import EndpointDirectory
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
        self.tally = EndpointTally()
        self._error: PinpointEndpointsError | None = None

    def __iter__(self) -> "Iterator[Endpoint]":
        try:
            for endpoint in self._answered():
                self.tally.add(endpoint)
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
                self.tally.add(answer)

    def end(self) -> ExitCode:
        """Tell what is left to tell, and return what the command ends with."""
        for hint in self.tally.hints:
            say(f"       {hint}")
        if self._error is not None:
            tell(self._error)
        return self.tally.exit_code(self._error)


def _saved(found: "Iterable[Endpoint]", directory: Path, output: GetOutput) -> "EndpointDirectory":
    from pinpoint_endpoints.saving import EndpointDirectory

    folder = EndpointDirectory(directory, ".yaml" if output is GetOutput.YAML else ".json")
    for endpoint in found:
        folder.save(endpoint)
    folder.flush()
    return folder


def _print(found: _Found, output: GetOutput, *, several: bool, show_values: bool) -> None:
    view = EndpointView(ReportOptions(show_values=show_values), several=several)
    reporter = open_reporter(view, output, sys.stdout)
    for endpoint in found:
        reporter.add(endpoint)
        sys.stdout.flush()
    reporter.close(found.tally, None)
    sys.stdout.flush()
