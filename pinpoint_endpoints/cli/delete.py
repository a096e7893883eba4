"""`pe delete`: delete stored endpoints, after confirmation."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer

from pinpoint_endpoints.cli.options import DisplayOptions, Output, OutputOption
from pinpoint_endpoints.cli.run import run
from pinpoint_endpoints.cli.selection import (
    EndpointSelection,
    SaveTo,
    SelectedEndpoints,
    note_saved,
)
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import counted, printable
from pinpoint_endpoints.reports.deletions import DeletionTally, DeletionView
from pinpoint_endpoints.reports.reporter import MAX_ROWS, ReportOptions, open_reporter
from pinpoint_endpoints.saving import EndpointDirectory
from pinpoint_endpoints.service.endpoints import (
    Deletion,
    DeletionState,
    delete_endpoint,
    delete_user_endpoints,
    planned,
)

_TERMINAL = "CONIN$" if os.name == "nt" else "/dev/tty"
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

    Examples:
        pe delete --app demo --local --id ada
        pe delete --app 0123456789abcdef --user ada --save backup --yes
    """
    wanted = selection.resolve()
    answers = (
        None if yes else _answers(are_ids_read=STANDARD_INPUT in (selection.endpoint_ids or ()))
    )
    client = target.client()
    folder = None if save is None else EndpointDirectory(save)
    try:
        deletions = planned(
            client,
            selection.app,
            wanted.endpoint_ids,
            wanted.user_id,
            read=folder is not None,
        )
        confirmed = answers is None or _confirm(selection.app, deletions, answers)
        if folder is not None and confirmed:
            _save(deletions, folder)
    except KeyboardInterrupt:
        raise Interrupted("interrupted", "nothing was deleted") from None
    tally = DeletionTally()
    view = DeletionView(
        ReportOptions(show_values=display.show_values, quiet=display.quiet, verbose=display.verbose)
    )
    reporter = open_reporter(view, output, sys.stdout)
    if not confirmed:
        if output is Output.JSON:
            run(deletions, reporter, tally)
        note("nothing was deleted")
        return ExitCode.INVALID
    code = run(_deleted(client, wanted, deletions, folder), reporter, tally)
    if folder is not None:
        note_saved(folder, quiet=display.quiet, verbose=display.verbose)
    return code


def _answers(*, are_ids_read: bool) -> TextIO:
    """Return the stream to read an answer from: standard input, or the terminal if ids are on it.

    Raises:
        UsageError: no terminal is available for the question.
    """
    if sys.stderr.isatty():
        if are_ids_read:
            with suppress(OSError):  # no terminal, as in cron and CI
                return Path(_TERMINAL).open(encoding="utf-8", errors="replace")
        elif sys.stdin is not None and sys.stdin.isatty():
            return sys.stdin
    raise UsageError(
        "cannot ask for confirmation: not a terminal", "use --yes to delete without asking"
    )


def _confirm(application_id: str, deletions: Sequence[Deletion], answers: TextIO) -> bool:
    """Ask whether to delete, unless there is nothing to delete; every answer but yes is a no."""
    waiting = [deletion for deletion in deletions if deletion.state is DeletionState.SKIPPED]
    if not waiting:
        return True
    for deletion in waiting[:MAX_ROWS]:
        note(f"  {deletion.endpoint_id}  {deletion.endpoint.get('ChannelType', '')}".rstrip())
    if len(waiting) > MAX_ROWS:
        note(f"  and {len(waiting) - MAX_ROWS:,} more")
    question = f"Delete {counted(len(waiting), 'endpoint')} of application {application_id}?"
    typer.echo(printable(f"{question} [y/N] "), err=True, nl=False)
    answer = ""
    try:
        answer = answers.readline()
    finally:
        if not answer.endswith("\n"):  # Ctrl-C and Ctrl-D leave the cursor behind the question
            typer.echo(err=True)
    return answer.strip().lower() in ("y", "yes")


def _save(deletions: Sequence[Deletion], folder: EndpointDirectory) -> None:
    for deletion in deletions:
        if deletion.state is DeletionState.SKIPPED:
            folder.save(deletion.endpoint)
    folder.flush()


def _deleted(
    client: Any,
    wanted: SelectedEndpoints,
    deletions: list[Deletion],
    folder: EndpointDirectory | None,
) -> Iterator[Deletion]:
    """Delete the endpoints, yield what became of all, and raise what stopped the deletion."""
    error = _carry_out(client, wanted, deletions, folder)
    yield from deletions
    if error is not None:
        raise error


def _carry_out(
    client: Any,
    wanted: SelectedEndpoints,
    deletions: list[Deletion],
    folder: EndpointDirectory | None,
) -> PinpointEndpointsError | None:
    before = {same_endpoint_key(deletion.endpoint_id) for deletion in deletions}
    for part in _parts(deletions, at_once=wanted.user_id is not None):
        try:
            deletions[part] = _delete(client, wanted, deletions[part])
        except PinpointEndpointsError as error:
            _fail(deletions, part, error.message)
            return error
        except KeyboardInterrupt:
            _fail(deletions, part, _MAY_BE_GONE)
            return Interrupted("interrupted", "the deletions so far are shown")
    if folder is None:
        return None
    try:
        for deletion in deletions:  # the user may have got new endpoints since they were saved
            if same_endpoint_key(deletion.endpoint_id) not in before:
                folder.save(deletion.endpoint)
    except PinpointEndpointsError as error:
        return error
    return None


def _fail(deletions: list[Deletion], part: slice, message: str) -> None:
    deletions[part] = [
        each._replace(state=DeletionState.FAILED, message=message) for each in deletions[part]
    ]


def _parts(deletions: Sequence[Deletion], *, at_once: bool) -> Iterator[slice]:
    """Yield the parts that are deleted by one call each."""
    if at_once:
        yield slice(0, len(deletions))
        return
    for index, deletion in enumerate(deletions):
        if deletion.state is DeletionState.SKIPPED:
            yield slice(index, index + 1)


def _delete(client: Any, wanted: SelectedEndpoints, part: Sequence[Deletion]) -> list[Deletion]:
    if wanted.user_id is not None:
        known = [deletion.endpoint for deletion in part]
        return delete_user_endpoints(client, wanted.application_id, wanted.user_id, known)
    return [
        delete_endpoint(client, wanted.application_id, deletion.endpoint_id) for deletion in part
    ]
