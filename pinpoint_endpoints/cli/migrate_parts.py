"""`pe migrate --via`: let the service's own engines load the profiles, from files."""

import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import ExitStack
from enum import StrEnum
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any

import typer

from pinpoint_endpoints.cli.options import OptionGroup, Output
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.run import ThrowableIterator, new_hints, run
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.discovery import is_s3_prefix
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import masked
from pinpoint_endpoints.quotas import MAX_PROFILE_OBJECT_DAYS

if TYPE_CHECKING:
    from pinpoint_endpoints.cli.migrate import MigrateRun
    from pinpoint_endpoints.convert.grouping import User
    from pinpoint_endpoints.convert.profiles import Profile
    from pinpoint_endpoints.delivery.parts import Part, PartOutcome
    from pinpoint_endpoints.reports.parts import Result

MAX_SHOWN = 10
"""How many profiles of the local Customer Profiles are shown."""

_MAX_CONSOLE_FIELDS = 25
"""Amazon Connect Administrator Guide, "Create segments from imported files"."""


class Via(StrEnum):
    """How profiles are sent."""

    CALLS = "calls"
    UPLOAD_JOB = "upload-job"
    S3 = "s3"


class ViaOptions(OptionGroup):
    """How profiles are sent.

    Attributes:
        via: by calls, or by one of the service's own engines.
        expires_days: after how many days profiles of upload jobs are deleted.
        s3_url: where the parts are put for the S3 integration.
    """

    heading = "Large loads"

    via: Annotated[
        Via,
        typer.Option(
            "--via",
            help="calls: BatchPutProfileObject. upload-job: parts in CSV, each by an upload job. "
            "s3: parts in JSON Lines, put where the domain's S3 integration reads.",
        ),
    ] = Via.CALLS
    expires_days: Annotated[
        int | None,
        typer.Option(
            "--expires-days",
            metavar="DAYS",
            min=1,
            max=MAX_PROFILE_OBJECT_DAYS,
            help="Of upload-job, required: after so many days the service DELETES the profiles.",
        ),
    ] = None
    s3_url: Annotated[
        str | None,
        typer.Option(
            "--s3-url", metavar="URL", help="Of s3, required: an empty s3://BUCKET/PREFIX/."
        ),
    ] = None

    def loads_into(self, domain: str, object_type: str) -> str:
        """Return what a journal belongs to."""
        if self.via is Via.UPLOAD_JOB:
            return f"{domain} by upload job, for {self.expires_days} days"
        return f"{domain}/{object_type}"

    def check(self, others: dict[str, bool], paths: Sequence[str], *, local: bool) -> None:
        """Refuse options that do not go together.

        Args:
            others: whether each other option, by its name, is given.
            paths: what is read.
            local: whether the target is the local Customer Profiles.

        Raises:
            UsageError: one is missing, or is of another way to send.
        """
        for option, via, value in (
            ("--expires-days", Via.UPLOAD_JOB, self.expires_days),
            ("--s3-url", Via.S3, self.s3_url),
        ):
            if value is not None and self.via is not via:
                raise UsageError(f"{option} is only for --via {via}", "leave it out")
        if self.via is Via.UPLOAD_JOB and self.expires_days is None:
            raise UsageError(
                "--via upload-job needs --expires-days: the service deletes the profiles of upload "
                "jobs, by default after 14 days",
                f"say after how many days, at most {MAX_PROFILE_OBJECT_DAYS}",
            )
        if self.via is Via.S3:
            self._check_url(paths, local=local)
        unused = {
            Via.CALLS: (),
            Via.UPLOAD_JOB: ("--failures", "--object-type", "--create-object-type"),
            Via.S3: ("--failures", "--journal"),
        }
        for option in unused[self.via]:
            if others[option]:
                raise UsageError(f"{option} has no meaning with --via {self.via}", "leave it out")

    def _check_url(self, paths: Sequence[str], *, local: bool) -> None:
        if local:
            message = "the local Customer Profiles has no S3 integration"
            raise UsageError(message, "use --via upload-job, or leave --via out")
        url = self.s3_url or ""
        if not is_s3_prefix(url) or url.count("/") < len(["s3:", "", "bucket", "prefix", ""]) - 1:
            message = "--via s3 needs --s3-url with a folder: s3://BUCKET/PREFIX/"
            raise UsageError(message, "the S3 integration reads a folder; end it with a slash")
        for path in paths:
            if is_s3_prefix(path) and url.startswith(f"{path.rstrip('/')}/"):
                message = f"{path} is an input: a second run would read the parts in {url}"
                raise UsageError(message, "name another folder")


class _Activity:
    """What a run does now, for its progress."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.text = ""

    def say(self, text: str) -> None:
        """Take note of what is being done."""
        if not self.text and self.progress is not None:
            self.progress.begin_part("sending")
        self.text = text


def migrate_parts(migration: "MigrateRun", options: ViaOptions) -> ExitCode:
    """Send the profiles in parts, and report what became of each.

    Args:
        migration: what is sent, where, and how it is reported.
        options: by which engine.
    """
    from pinpoint_endpoints.reports.parts import PartTally, PartView
    from pinpoint_endpoints.reports.reporter import ReportOptions, open_reporter

    display, output = migration.display, migration.output
    tally = PartTally()
    tally.left_out = migration.inputs.left_out
    activity = _Activity()
    found = migration.profiles.grouping
    style = progress_style(quiet=display.quiet, streams=output is Output.TEXT, lines=True)
    started = "what was started goes on in the service"
    with Progress(
        "reading",
        migration.inputs.size,
        lambda: activity.text or f"{found.users_found:,} users",
        style,
    ) as progress:
        activity.progress = progress
        return run(
            ThrowableIterator(_results(migration, options, activity, progress)),
            open_reporter(PartView(ReportOptions(quiet=display.quiet)), output, sys.stdout),
            tally,
            so_far=f"{started}; the same command with --journal follows it"
            if options.via is Via.UPLOAD_JOB
            else "the same command goes on with what is not there yet",
            remarks=partial(_remarks, migration, options, tally),
            progress=progress,
        )


def _results(
    migration: "MigrateRun", options: ViaOptions, activity: _Activity, progress: Progress
) -> "Generator[Result, None, None]":
    """Read all documents, write the parts, send them, and yield what became of them."""
    from pinpoint_endpoints.convert.customer_profiles import write_profiles
    from pinpoint_endpoints.delivery.migration import add_documents
    from pinpoint_endpoints.delivery.parts import StagedParts, planned

    profiles = migration.profiles
    documents = migration.documents(meter=progress.meter)
    yield from add_documents(documents, profiles, migration.options)
    shown: list[tuple[User, Profile]] = []
    with ExitStack() as opened:
        staged = opened.enter_context(StagedParts())
        users = _keeping(profiles, shown) if migration.target.local else profiles
        write_profiles(users, profiles.fields, staged, csv=options.via is Via.UPLOAD_JOB)
        parts = staged.parts()
        if migration.dry_run:
            yield from (planned(part, migration.journal) for part in parts)
        elif options.via is Via.S3 and parts:
            yield from _put(migration, options, parts, activity)
        elif parts:
            yield from _load(migration, options, parts, activity, shown)


def _keeping(
    profiles: "Iterable[tuple[User, Profile]]", shown: "list[tuple[User, Profile]]"
) -> "Iterator[tuple[User, Profile]]":
    """Yield profiles, and keep the first."""
    for user, profile in profiles:
        if len(shown) < MAX_SHOWN:
            shown.append((user, profile))
        yield user, profile


def _put(
    migration: "MigrateRun", options: ViaOptions, parts: "list[Part]", activity: _Activity
) -> "Iterator[PartOutcome]":
    from pinpoint_endpoints.convert.fields import object_type
    from pinpoint_endpoints.delivery.migration import prepare_type
    from pinpoint_endpoints.delivery.parts import put_parts
    from pinpoint_endpoints.service.s3 import S3Files, S3Folder

    target = migration.target
    if migration.where.creates_type:
        prepare_type(
            migration.client(),
            migration.where,
            object_type(migration.profiles.fields),
            _noting(migration),
        )
    folder = S3Folder(S3Files(target.region, target.profile), options.s3_url or "")
    yield from put_parts(folder, parts, activity.say)


def _load(
    migration: "MigrateRun",
    options: ViaOptions,
    parts: "list[Part]",
    activity: _Activity,
    shown: "list[tuple[User, Profile]]",
) -> "Iterator[Result]":
    from pinpoint_endpoints.convert.fields import object_type
    from pinpoint_endpoints.delivery.parts import UploadJobs
    from pinpoint_endpoints.service.outcome import Outcome, State
    from pinpoint_endpoints.service.profiles import check_domain

    wanted = object_type(migration.profiles.fields)
    number = len(wanted["Fields"])
    if number > _MAX_CONSOLE_FIELDS:
        most = f"Connect's console maps {_MAX_CONSOLE_FIELDS}"
        _noting(migration)(f"{number} columns: {most}; AWS documents no limit of jobs")
    client = migration.client()
    domain = migration.where.domain
    check_domain(client, domain)
    jobs = UploadJobs(
        client,
        domain,
        wanted,
        options.expires_days or 0,
        journal=migration.journal,
        say=activity.say,
    )
    yield from jobs.load(parts)
    for user, profile in shown:
        described = migration.described(client, profile.members["userId"])
        place = user.endpoints[0].place
        key = masked(user.key)
        yield Outcome(key, "", State.ACCEPTED, 0, "", described, "", place)


def _noting(migration: "MigrateRun") -> Any:
    return (lambda _: None) if migration.display.quiet else note


def _remarks(
    migration: "MigrateRun",
    options: ViaOptions,
    tally: Any,
    error: PinpointEndpointsError | None,
) -> Iterator[str]:
    yield from new_hints(tally, error)
    if error is not None and tally.total:
        yield str(tally)
    quiet = migration.display.quiet
    if quiet or error is not None:
        return
    if migration.output is Output.TEXT:
        yield str(tally)
    if migration.dry_run:
        return
    users = migration.profiles.grouping.users_found
    if migration.target.local and users > MAX_SHOWN:
        yield f"{MAX_SHOWN} of {users:,} profiles are shown"
    if options.via is Via.S3:
        where = migration.where
        yield (
            f"next: an S3 integration of the domain {where.domain} that reads {options.s3_url} "
            f"into the object type {where.object_type}"
        )
    yield from migration.remarks()
