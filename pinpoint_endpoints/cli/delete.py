"""`pe delete`: endpoint ids or a user id in, what became of each endpoint out."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinpoint_endpoints.cli.options import DisplayOptions, Output, OutputOption
from pinpoint_endpoints.cli.outputs import SaveTo, tell_saved
from pinpoint_endpoints.cli.selection import EndpointSelection, SelectedEndpoints
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.terminal import say, tell
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.errors import (
    CannotRun,
    ExitCode,
    Interrupted,
    PinpointEndpointsError,
    UsageError,
)
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.deletions import DeletionTally, DeletionView
from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter
from pinpoint_endpoints.service.endpoints import (
    Deletion,
    DeletionState,
    delete_endpoint,
    delete_user_endpoints,
    planned,
)

if TYPE_CHECKING:
    from pinpoint_endpoints.saving import EndpointDirectory

_MAY_BE_GONE = "interrupted before the answer: it may be deleted"


def delete(
    *,
    selection: EndpointSelection,
    save: SaveTo = None,
    yes: Annotated[
        bool,
        typer.Option("--yes", "-y", help="Delete without asking; required without a terminal."),
    ] = False,
    target: Target,
    output: OutputOption = Output.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Delete endpoints from the service, after confirmation.

    With --save, each endpoint is saved before it is deleted.
    """
    wanted = selection.resolve()
    if not yes and not _somebody_can_answer():
        raise UsageError(
            "cannot ask for confirmation: not a terminal",
            "use --yes to delete without asking",
        )
    client = target.client()
    folder = None if save is None else _folder(save)
    try:
        deletions = planned(
            client,
            selection.app,
            wanted.endpoint_ids,
            wanted.user_id,
            read=folder is not None,
        )
        wished = yes or _is_wished(selection.app, deletions)
        if folder is not None and wished:
            _save(deletions, folder)
    except KeyboardInterrupt:
        raise Interrupted("interrupted", "nothing was deleted") from None
    error = _carry_out(client, wanted, deletions, folder) if wished else None
    tally = DeletionTally()
    for deletion in deletions:
        tally.add(deletion)
    if wished or output is Output.JSON:
        _print(deletions, tally, output, error, show_values=display.show_values)
    if not wished:
        say("nothing was deleted")
    elif folder is not None and save is not None:
        tell_saved(folder, save, quiet=display.quiet, verbose=display.verbose)
    if error is not None:
        tell(error)
    return tally.exit_code(error) if wished else ExitCode.OK


def _somebody_can_answer() -> bool:
    return sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()


def _folder(directory: Path) -> "EndpointDirectory":
    from pinpoint_endpoints.saving import EndpointDirectory

    return EndpointDirectory(directory)


def _is_wished(application_id: str, deletions: Sequence[Deletion]) -> bool:
    """Ask, unless there is nothing to delete; only a yes is one."""
    waiting = [deletion for deletion in deletions if deletion.state is DeletionState.SKIPPED]
    if not waiting:
        return True
    for deletion in waiting:
        say(f"  {deletion.endpoint_id}  {deletion.endpoint.get('ChannelType', '')}".rstrip())
    question = f"Delete {counted(len(waiting), 'endpoint')} of application {application_id}?"
    typer.echo(printable(f"{question} [y/N] "), err=True, nl=False)
    answer = ""
    try:
        answer = sys.stdin.readline()
    finally:
        if not answer.endswith("\n"):  # Ctrl-C and Ctrl-D leave the cursor behind the question
            typer.echo(err=True)
    return answer.strip().lower() in ("y", "yes")


def _save(deletions: Sequence[Deletion], folder: "EndpointDirectory") -> None:
    for deletion in deletions:
        if deletion.state is DeletionState.SKIPPED:
            folder.save(deletion.endpoint)
    folder.flush()


def _carry_out(
    client: Any,
    wanted: SelectedEndpoints,
    deletions: list[Deletion],
    folder: "EndpointDirectory | None",
) -> PinpointEndpointsError | None:
    """Delete what is not deleted yet; return what ended the run, if something did."""
    before = {same_endpoint_key(deletion.endpoint_id) for deletion in deletions}
    for part in _parts(deletions, at_once=wanted.user_id is not None):
        try:
            deletions[part] = _deleted(client, wanted, deletions[part])
        except PinpointEndpointsError as error:
            _fail(deletions, part, error.message)
            return error
        except KeyboardInterrupt:
            _fail(deletions, part, _MAY_BE_GONE)
            return Interrupted("interrupted", "what was deleted until then is shown")
    late = [each for each in deletions if same_endpoint_key(each.endpoint_id) not in before]
    return None if folder is None else _saved_late(late, folder)


def _fail(deletions: list[Deletion], part: slice, message: str) -> None:
    deletions[part] = [
        replace(each, state=DeletionState.FAILED, message=message) for each in deletions[part]
    ]


def _parts(deletions: Sequence[Deletion], *, at_once: bool) -> Iterator[slice]:
    """Yield what is deleted with one call each."""
    if at_once:
        yield slice(0, len(deletions))
        return
    for index, deletion in enumerate(deletions):
        if deletion.state is DeletionState.SKIPPED:
            yield slice(index, index + 1)


def _deleted(client: Any, wanted: SelectedEndpoints, part: Sequence[Deletion]) -> list[Deletion]:
    if wanted.user_id is not None:
        known = [deletion.endpoint for deletion in part]
        return delete_user_endpoints(client, wanted.application_id, wanted.user_id, known)
    return [
        delete_endpoint(client, wanted.application_id, deletion.endpoint_id) for deletion in part
    ]


def _saved_late(late: Sequence[Deletion], folder: "EndpointDirectory") -> CannotRun | None:
    """Save what the user got after the endpoints were saved, from the answer to its deletion."""
    try:
        for deletion in late:
            folder.save(deletion.endpoint)
    except CannotRun as error:
        return error
    return None


def _print(
    deletions: Sequence[Deletion],
    tally: DeletionTally,
    output: Output,
    error: PinpointEndpointsError | None,
    *,
    show_values: bool,
) -> None:
    view = DeletionView(ReportOptions(show_values=show_values))
    reporter = open_reporter(view, output, sys.stdout)
    for deletion in deletions:
        reporter.add(deletion)
    reporter.close(tally, error)
    sys.stdout.flush()
    for hint in tally.hints:
        say(hint)
