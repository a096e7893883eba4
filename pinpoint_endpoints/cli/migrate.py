"""`pe migrate`: put the users of endpoint files into Amazon Connect Customer Profiles."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.migrate_parts import Via, ViaOptions, migrate_parts
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
from pinpoint_endpoints.masking import counted

if TYPE_CHECKING:
    from pinpoint_endpoints.convert.account import Account
    from pinpoint_endpoints.convert.customer_profiles import Profiles
    from pinpoint_endpoints.delivery.journal import Journal
    from pinpoint_endpoints.delivery.migration import Migration
    from pinpoint_endpoints.delivery.plan import SendOptions
    from pinpoint_endpoints.documents.model import Document
    from pinpoint_endpoints.reports.profiles import ProfileTally


def migrate(
    inputs: Inputs,
    *,
    domain: Annotated[
        str, typer.Option("--domain", metavar="NAME", help="The domain of Customer Profiles.")
    ],
    object_type: Annotated[
        str | None,
        typer.Option(
            "--object-type",
            metavar="NAME",
            help="The object type of the profiles.",
            show_default="PinpointUser",
        ),
    ] = None,
    create_object_type: Annotated[
        bool,
        typer.Option(
            "--create-object-type",
            help="Create the object type first, or add fields that it lacks.",
        ),
    ] = False,
    keys: KeysOption = None,
    via: ViaOptions,
    target: ProfilesTarget,
    journal: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Record the outcome of each profile, or of each upload job, and skip what the "
            "file has as accepted: the same command resumes a run that was stopped.",
        ),
    ] = None,
    failures: Annotated[
        str | None,
        typer.Option(
            metavar="FILE",
            help="Write refused profile objects to a JSON Lines file, to see what was refused. "
            "To send them again, run the same command with --journal.",
        ),
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

    For loads that take hours by calls, --via lets the service load files of at most 125 MB: upload
    jobs, or the S3 integration of the domain. The AWS options are then those of Amazon S3 too.

    With --local, the domain is made in the local Customer Profiles, and messages name what the
    profiles have.

    Examples:
        pe migrate --local --domain demo --create-object-type endpoints/
        pe migrate --domain my-domain --journal sent.ndjson export.gz
        pe migrate --domain shop --via upload-job --expires-days 1098 s3://exports/
        pe migrate --domain shop --via s3 --s3-url s3://bucket/profiles/ export.gz
    """
    from pinpoint_endpoints.convert.account import Account
    from pinpoint_endpoints.convert.customer_profiles import Profiles
    from pinpoint_endpoints.convert.fields import OBJECT_TYPE_NAME
    from pinpoint_endpoints.delivery.migration import Migration
    from pinpoint_endpoints.delivery.plan import SendOptions

    given = {
        "--failures": failures is not None,
        "--journal": journal is not None,
        "--object-type": object_type is not None,
        "--create-object-type": create_object_type,
    }
    via.check(given, inputs.paths, local=target.local)
    object_type = object_type or OBJECT_TYPE_NAME
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
                via.loads_into(domain, object_type),
                target,
                journal,
                failures,
                read_only=dry_run,
                line_of=lambda item: item.body,
                keeps_latest=via.via is not Via.CALLS,
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
        migration = MigrateRun(
            inputs,
            documents,
            Migration(domain, object_type, creates_type=create_object_type),
            target,
            profiles,
            account,
            options,
            files,
            dry_run,
            output,
            display,
        )
        if via.via is not Via.CALLS:
            return migrate_parts(migration, via)
        return _show_plan(migration) if dry_run else _send(migration)


class MigrateRun(NamedTuple):
    """A migration, and how it is reported.

    Attributes:
        inputs: the files.
        documents: returns what is in them.
        where: where the profiles go.
        target: the service.
        profiles: takes the documents.
        account: counts what happens to each member.
        options: how documents are checked.
        files: the journal and the failures file.
        dry_run: whether nothing is sent.
        output: the format of the report.
        display: how much is shown.
    """

    inputs: Inputs
    documents: "Callable[..., Iterator[Document]]"
    where: "Migration"
    target: ProfilesTarget
    profiles: "Profiles"
    account: "Account"
    options: "SendOptions"
    files: OutputFiles
    dry_run: bool
    output: Output
    display: DisplayOptions

    @property
    def journal(self) -> "Journal | None":
        """The journal, if there is one."""
        return self.files.journal

    def client(self) -> Any:
        """Return the client; in the local Customer Profiles, make the domain first."""
        from pinpoint_endpoints.quotas import MAX_PROFILE_OBJECT_DAYS
        from pinpoint_endpoints.service.profiles import ensure_domain

        client = self.target.client()
        if self.target.local:
            ensure_domain(client, self.where.domain, MAX_PROFILE_OBJECT_DAYS)
        return client

    def described(self, client: Any, user_id: str) -> str:
        """Return what the profile of a user has now."""
        import json

        found = client.search_profiles(
            DomainName=self.where.domain, KeyName="_account", Values=[user_id]
        )["Items"]
        profile = found[0] if found else {}
        if self.display.show_values:
            return json.dumps(profile, ensure_ascii=False)
        attributes = len(profile.get("Attributes", {}))
        names = [name for name in profile if name not in ("ProfileId", "Attributes")]
        return ", ".join([*names, f"{attributes} attributes"])

    def remarks(self) -> Iterator[str]:
        """Yield how many addresses were withheld, and how to see the changes to members."""
        from pinpoint_endpoints.convert.account import Action

        withheld = sum(
            entry.number
            for entry in self.account.entries()
            if entry.rule.action is Action.WITHHELD and entry.member == "Address"
        )
        if withheld:
            endpoints = counted(withheld, "endpoint")
            yield f"{endpoints} gave no address: the person opted out, or the endpoint is INACTIVE"
        yield "`pe convert --to customer-profiles` accounts for each member"


def _send(migration: MigrateRun) -> ExitCode:
    """Send the profiles, and report what became of each."""
    from pinpoint_endpoints.delivery.migration import migrate_all
    from pinpoint_endpoints.reports.profiles import ProfileTally, ProfileView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    display, output, target = migration.display, migration.output, migration.target
    tally = ProfileTally()
    tally.left_out = migration.inputs.left_out
    found = migration.profiles.grouping
    counts = LiveCounts(tally, "profiles", total=lambda: found.users_found)
    style = progress_style(quiet=display.quiet, streams=output is Output.TEXT, lines=True)
    report = ReportOptions(quiet=display.quiet, verbose=display.verbose)

    def describe(client: Any, item: Any) -> str:
        return migration.described(client, item.request["userId"])

    with (
        Progress("sending", migration.inputs.size, counts.__str__, style, counts.done) as progress,
        counts,
    ):
        outcomes = migrate_all(
            migration.client,
            migration.where,
            migration.documents(meter=progress.meter),
            migration.profiles,
            migration.options,
            concurrency=target.concurrent_calls(batch=False),
            journal=migration.journal,
            failures=migration.files.failures,
            monitor=counts,
            note=(lambda _: None) if display.quiet else note,
            describe=describe if target.local else None,
        )
        code = run(
            ThrowableIterator(outcomes),
            open_reporter(ProfileView(report), output, sys.stdout),
            tally,
            so_far="profiles sent so far stay sent",
            remarks=partial(_remarks, migration, tally),
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


def _remarks(
    migration: MigrateRun, tally: "ProfileTally", error: PinpointEndpointsError | None
) -> Iterator[str]:
    yield from new_hints(tally, error)
    if error is not None and tally.total > 1:
        yield str(tally)
    if not migration.display.quiet and error is None:
        yield from migration.remarks()


def _show_plan(migration: MigrateRun) -> ExitCode:
    """Print what a migration would do."""
    from pinpoint_endpoints.delivery.migration import plan_migration
    from pinpoint_endpoints.reports.plan import planned_steps
    from pinpoint_endpoints.reports.profiles import ProfilePlanTally, ProfilePlanView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    accepted = None if migration.journal is None else migration.journal.accepted
    steps = plan_migration(migration.documents(), migration.profiles, migration.options, accepted)
    output, display = migration.output, migration.display
    tally = ProfilePlanTally()
    tally.left_out = migration.inputs.left_out

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
