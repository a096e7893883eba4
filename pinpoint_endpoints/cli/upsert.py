"""`pe upsert`: a file in, outcomes out."""

import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Annotated, Any

import typer

from pinpoint_endpoints.cli.console import say, tell, write_bytes
from pinpoint_endpoints.cli.inputs import spooled_inputs
from pinpoint_endpoints.cli.options import (
    App,
    Create,
    EndpointUrl,
    Ignore,
    Local,
    Output,
    OutputOption,
    Profile,
    Quiet,
    Region,
    Store,
    Strict,
    Verbose,
)
from pinpoint_endpoints.cli.policy import policy_from
from pinpoint_endpoints.cli.target import open_target
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document, Problem
from pinpoint_endpoints.errors import CannotRun, ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.reports.outcomes import (
    outcome_counts,
    outcome_lines,
    outcome_members,
    print_outcome_table,
)
from pinpoint_endpoints.reports.plain import counted
from pinpoint_endpoints.reports.problem_table import print_problem_table
from pinpoint_endpoints.reports.problems import problem_lines
from pinpoint_endpoints.service.outcome import Outcome, State, unanswered


def upsert(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE", help="A file with endpoints in it, or - for standard input."
        ),
    ],
    app: App,
    endpoint_id: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ID",
            show_default="the document's own, else the file's name",
            help="The endpoint id.",
        ),
    ] = None,
    region: Region = None,
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    local: Local = False,
    store: Store = None,
    strict: Strict = False,
    ignore: Ignore = None,
    create: Create = False,
    output: OutputOption = Output.TABLE,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> ExitCode:
    """Create or update an endpoint from a file, if the file is valid.

    What the file leaves out stays as it is in the service.
    """
    from pinpoint_endpoints.api import load, upsert_all

    policy = policy_from(ignore, strict=strict, create=create)
    # what cannot be sent back is left out knowingly
    policy = replace(policy, ignore=policy.ignore | {codes.READ_ONLY_MEMBERS})

    def client() -> Any:
        return open_target(
            region=region,
            profile=profile,
            endpoint_url=endpoint_url,
            local=local,
            store=store,
            verbose=verbose,
        )

    outcomes: list[Outcome] = []
    documents: list[Document] = []
    error: PinpointEndpointsError | None = None
    try:
        with spooled_inputs([file]) as spooled:
            documents = _documents(load(file, spooled), file, endpoint_id)
        for outcome in upsert_all(client, app, documents, endpoint_id, policy):
            outcomes.append(outcome)  # noqa: PERF402 - what was sent stays known if a later one fails
    except PinpointEndpointsError as stopped:
        error = stopped
    for document in documents[len(outcomes) :]:
        message = "not sent: the run ended before"
        target = endpoint_id or document.endpoint_id
        outcomes.append(unanswered(State.SKIPPED, document, target, message))
    _print(outcomes, output, quiet=quiet, error=error)
    if error is not None:
        tell(error)
        accepted = any(outcome.state is State.ACCEPTED for outcome in outcomes)
        return ExitCode.PARTIAL if accepted else error.exit_code
    return _exit_code(outcomes)


def _documents(loaded: Iterable[Document], file: str, endpoint_id: str | None) -> list[Document]:
    documents = list(loaded)
    if not documents:
        raise CannotRun(f"nothing to send: there is no endpoint in {file}", "name a file")
    if endpoint_id is not None and len(documents) > 1:
        raise UsageError(
            f"--id names one endpoint, and {file} holds {len(documents)}",
            "leave --id out: each takes the id that stands in it",
        )
    return documents


def _exit_code(outcomes: Sequence[Outcome]) -> ExitCode:
    states = Counter(outcome.state for outcome in outcomes)
    if states[State.ACCEPTED] == len(outcomes):
        return ExitCode.OK
    if states[State.ACCEPTED]:
        return ExitCode.PARTIAL
    if states[State.FAILED]:
        return ExitCode.REFUSED
    unreadable = any(problem.code == codes.UNREADABLE for problem in _problems(outcomes))
    return ExitCode.CANNOT_RUN if unreadable else ExitCode.INVALID


def _print(
    outcomes: Sequence[Outcome],
    output: Output,
    *,
    quiet: bool,
    error: PinpointEndpointsError | None,
) -> None:
    if output is Output.JSON:
        _print_json(outcomes, error)
        return
    refused = _problems(outcome for outcome in outcomes if outcome.state is State.INVALID)
    if output is Output.TEXT:
        sys.stdout.write(problem_lines(refused))
        sys.stdout.write(outcome_lines(outcomes))
    else:
        if refused:
            print_problem_table(refused, sys.stdout)
        if any(outcome.state in (State.ACCEPTED, State.FAILED) for outcome in outcomes):
            print_outcome_table(outcomes, sys.stdout)
    sys.stdout.flush()
    _advise(outcomes, quiet=quiet)


def _print_json(outcomes: Sequence[Outcome], error: PinpointEndpointsError | None) -> None:
    from pinpoint_endpoints.reports.envelope import envelope

    counts = outcome_counts(outcomes)
    write_bytes(
        envelope(
            "upsert",
            counts,
            map(outcome_members, outcomes),
            succeeded=counts[State.ACCEPTED],
            failed=len(outcomes) - counts[State.ACCEPTED],
            error=error,
        )
    )


def _advise(outcomes: Sequence[Outcome], *, quiet: bool) -> None:
    for hint in dict.fromkeys(outcome.hint for outcome in outcomes if outcome.hint):
        say(hint)
    if quiet:
        return
    states = Counter(outcome.state for outcome in outcomes)
    if states[State.INVALID]:
        say(f"{counted(states[State.INVALID], 'document')} invalid, and not sent")
    warned = _problems(outcome for outcome in outcomes if outcome.state is not State.INVALID)
    if warned:
        say(f"{counted(len(warned), 'warning')}: `pe validate` shows where")


def _problems(outcomes: Iterable[Outcome]) -> list[Problem]:
    return [problem for outcome in outcomes for problem in outcome.problems]
