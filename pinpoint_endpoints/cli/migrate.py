"""`pe migrate`: put the users of endpoint files into Amazon Connect Customer Profiles."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.options import (
    OUTPUT,
    CheckOptions,
    DisplayOptions,
    Keys,
    KeysOption,
    Output,
)
from pinpoint_endpoints.cli.outputs import OutputFiles
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.run import ThrowableIterator, new_hints, run
from pinpoint_endpoints.cli.target import ProfilesTarget
from pinpoint_endpoints.cli.terminal import leave_at_once, note
from pinpoint_endpoints.cli.upsert import FORCED_STOP, LiveCounts
from pinpoint_endpoints.documents.endpoint_ids import IdSource
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError, UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.convert.account import Account
    from pinpoint_endpoints.reports.profiles import ProfileTally


def migrate(
    inputs: Inputs,
    *,
    domain: Annotated[
        str, typer.Option("--domain", metavar="NAME", help="The domain of Customer Profiles.")
    ],
    object_type: Annotated[
        str, typer.Option("--object-type", metavar="NAME", help="The object type of the profiles.")
    ] = "PinpointUser",
    create_object_type: Annotated[
        bool,
        typer.Option(
            "--create-object-type",
            help="Create the object type first, or add fields that it lacks.",
        ),
    ] = False,
    keys: KeysOption = None,
    target: ProfilesTarget,
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Record the outcome of each profile, and skip what the file has as accepted: "
            "the same command resumes a run that was stopped.",
        ),
    ] = None,
    failures: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Write refused profile objects to a JSON Lines file."),
    ] = None,
    checks: CheckOptions,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Send nothing, and show what would be sent.")
    ] = False,
    output: Annotated[
        Output, typer.Option("--output", "-o", help="The output format.", rich_help_panel=OUTPUT)
    ] = Output.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Put the users of endpoint files into Amazon Connect Customer Profiles.

    Each user becomes a profile object, as `pe convert --to customer-profiles` writes it; `pe
    convert --explain customer-profiles` shows the mapping. Addresses of people who opted out or are
    INACTIVE are not sent. All files are read before the first profile is sent.

    With --local, the domain is made in the local Customer Profiles, and each message names what
    the profile has.

    Examples:
        pe migrate --local --domain demo --create-object-type endpoints/
        pe migrate --domain my-domain --journal sent.ndjson export.gz
    """
    from pinpoint_endpoints.convert.account import Account
    from pinpoint_endpoints.convert.customer_profiles import Profiles
    from pinpoint_endpoints.convert.user_endpoint import dumps
    from pinpoint_endpoints.delivery.migration import Migration, migrate_all, plan_migration
    from pinpoint_endpoints.delivery.plan import SendOptions
    from pinpoint_endpoints.reports.profiles import ProfileTally, ProfileView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    _check_names(domain, object_type)
    if journal is not None and inputs.ids is IdSource.NEW:
        message = "--journal cannot resume a run with --ids new: each run makes other ids"
        raise UsageError(message, "use --ids from-address, or leave --journal out")
    options = SendOptions(checks.sending_policy())
    account = Account()
    with ExitStack() as opened:
        spooled = opened.enter_context(inputs.spooled())
        files = opened.enter_context(
            OutputFiles(
                inputs,
                f"{domain}/{object_type}",
                target,
                journal,
                failures,
                read_only=dry_run,
                line_of=lambda item: dumps(item.document.request),
            )
        )
        profiles = opened.enter_context(Profiles(account, strict_keys=keys is Keys.STRICT))
        documents = partial(
            inputs.documents,
            spooled,
            leave_out=files.real_paths,
            note_empty=checks.notes_empty(quiet=display.quiet),
            quiet=display.quiet,
        )
        if dry_run:
            accepted = None if files.journal is None else files.journal.accepted
            return _show_plan(
                plan_migration(documents(), profiles, options, accepted), output, display, inputs
            )
        tally = ProfileTally()
        tally.left_out = inputs.left_out
        counts = LiveCounts(tally, "profiles", total=lambda: profiles.grouping.users_found)
        style = progress_style(quiet=display.quiet, streams=output is Output.TEXT, lines=True)
        report = ReportOptions(quiet=display.quiet, verbose=display.verbose)
        with (
            Progress("sending", inputs.size, counts.__str__, style, counts.done) as progress,
            counts,
        ):
            outcomes = migrate_all(
                partial(_client, target, domain),
                Migration(domain, object_type, creates_type=create_object_type),
                documents(meter=progress.meter),
                profiles,
                options,
                concurrency=target.concurrent_calls(batch=False),
                journal=files.journal,
                failures=files.failures,
                monitor=counts,
                note=(lambda _: None) if display.quiet else note,
                describe=partial(_described, domain, display.show_values) if target.local else None,
            )
            code = run(
                ThrowableIterator(outcomes),
                open_reporter(ProfileView(report), output, sys.stdout),
                tally,
                so_far="profiles sent so far stay sent",
                remarks=partial(_remarks, tally, account, quiet=display.quiet),
                progress=progress,
            )
            if counts.stop_requests >= FORCED_STOP:
                leave_at_once(code)
    return code


def _check_names(domain: str, object_type: str) -> None:
    """Refuse names that Customer Profiles does not accept (botocore's service model)."""
    import re

    if not re.fullmatch("[a-zA-Z0-9_-]{1,64}", domain):
        message = "not the name of a domain: letters, digits, _ and -, at most 64"
        raise UsageError(message, "correct --domain")
    if not re.fullmatch("[a-zA-Z_][a-zA-Z0-9_-]{0,254}", object_type):
        message = "not the name of an object type: letters, digits, _ and -, no digit first"
        raise UsageError(message, "correct --object-type")


def _client(target: ProfilesTarget, domain: str) -> Any:
    """Return the client; in the local Customer Profiles, make the domain first."""
    from pinpoint_endpoints.quotas import MAX_PROFILE_OBJECT_DAYS
    from pinpoint_endpoints.service.profiles import ensure_domain

    client = target.client()
    if target.local:
        ensure_domain(client, domain, MAX_PROFILE_OBJECT_DAYS)
    return client


def _described(domain: str, show_values: bool, client: Any, item: Any) -> str:
    """Return what the profile of an item has now."""
    import json

    from pinpoint_endpoints.convert.profiles import UNIQUE_KEY

    found = client.search_profiles(
        DomainName=domain, KeyName=UNIQUE_KEY, Values=[item.document.request["userId"]]
    )["Items"]
    profile = found[0] if found else {}
    if show_values:
        return json.dumps(profile, ensure_ascii=False)
    attributes = len(profile.get("Attributes", {}))
    names = [name for name in profile if name not in ("ProfileId", "Attributes")]
    return ", ".join([*names, f"{attributes} attributes"])


def _remarks(
    tally: "ProfileTally", account: "Account", error: PinpointEndpointsError | None, *, quiet: bool
) -> Iterator[str]:
    from pinpoint_endpoints.convert.account import ENDPOINT, Action

    yield from new_hints(tally, error)
    if error is not None and tally.total > 1:
        yield str(tally)
    if quiet or error is not None:
        return
    withheld = sum(
        entry.number
        for entry in account.entries()
        if entry.rule.action is Action.WITHHELD and entry.member != ENDPOINT
    )
    if withheld:
        were = "was" if withheld == 1 else "were"
        addresses = f"{withheld:,} address{'' if withheld == 1 else 'es'}"
        yield f"{addresses} {were} not sent: the person opted out, or the endpoint is INACTIVE"
    yield "`pe convert --to customer-profiles` accounts for each member"


def _show_plan(steps: Any, output: Output, display: DisplayOptions, inputs: Inputs) -> ExitCode:
    """Print what a migration would do."""
    from pinpoint_endpoints.reports.plan import planned_steps
    from pinpoint_endpoints.reports.profiles import ProfilePlanTally, ProfilePlanView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    tally = ProfilePlanTally()
    tally.left_out = inputs.left_out

    def remarks(error: PinpointEndpointsError | None) -> Iterator[str]:
        if error is None and output is Output.TEXT and not display.quiet:
            yield str(tally)

    return run(
        planned_steps(steps),
        open_reporter(ProfilePlanView(ReportOptions(quiet=display.quiet)), output, sys.stdout),
        tally,
        so_far="the plan so far is shown",
        remarks=remarks,
    )
