"""Hands the parts of a migration to the service's own engines: upload jobs, and Amazon S3."""

import time
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from enum import StrEnum
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, TYPE_CHECKING, Any, NamedTuple

from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.delivery.journal import Entry, Journal
from pinpoint_endpoints.errors import CannotRun, Refused, reason_of
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.service.errors import NoResponse
from pinpoint_endpoints.service.outcome import State
from pinpoint_endpoints.service.upload_jobs import (
    CREATED,
    IN_PROGRESS,
    LOADED,
    UploadJob,
    create_upload_job,
    find_upload_job,
    start_upload_job,
    upload_file,
)

if TYPE_CHECKING:
    from pinpoint_endpoints.service.s3 import S3Folder

FIRST_WAIT_SECONDS, MAX_WAIT_SECONDS = 1.0, 15.0
"""How long to wait before the status of an upload job is asked for again: ever longer."""

Say = Callable[[str], None]
"""Takes what is being done, for the progress of the run."""


class PartState(StrEnum):
    """What became of a part.

    A partly loaded one has profiles that the service refused, a done one was loaded in an earlier
    run, a skipped one was not sent because an earlier one failed, and a planned one would be sent
    by a run that is not a dry run.
    """

    LOADED = "loaded"
    UPLOADED = "uploaded"
    PARTIAL = "partial"
    FAILED = "failed"
    DONE = "done"
    SKIPPED = "skipped"
    PLANNED = "planned"


class Part(NamedTuple):
    """A file of profile objects.

    Attributes:
        name: the name of the file.
        file: holds its bytes.
        profiles: how many there are in it.
        size: in bytes.
        digest: the SHA-256 of its bytes.
    """

    name: str
    file: IO[bytes]
    profiles: int
    size: int
    digest: str


class PartOutcome(NamedTuple):
    """What became of a part.

    Attributes:
        part: the name of its file.
        state: what became of it.
        profiles: how many there are in it.
        size: in bytes.
        message: what happened.
        job_id: the id of its upload job, or empty.
        url: the URL of its object in Amazon S3, or empty.
        created: how many profiles were created.
        updated: how many profiles were updated.
        refused: how many profiles the service refused.
        hint: what to do about a failure, or empty.
    """

    part: str
    state: PartState
    profiles: int
    size: int
    message: str
    job_id: str = ""
    url: str = ""
    created: int = 0
    updated: int = 0
    refused: int = 0
    hint: str = ""


class StagedParts(Output):
    """Parts in temporary files that have no names, so that nothing of them is ever left behind.

    Attributes:
        parts: in order; complete when all are written.
    """

    _is_for_one_file = False

    def __init__(self) -> None:
        super().__init__()
        self._streams = ExitStack()
        self._opened: list[IO[bytes]] = []

    def __exit__(self, *_: object) -> None:
        self._streams.close()

    @contextmanager
    def _stream(self, _name: str) -> Iterator[IO[bytes]]:
        stream = self._streams.enter_context(TemporaryFile())  # noqa: SIM115 - read later
        self._opened.append(stream)
        yield stream
        stream.flush()

    def _path(self, name: str) -> str:
        return name

    def _cannot_be_written(self, _path: str, error: OSError) -> Exception:
        message = f"a temporary file cannot be written: {reason_of(error)}"
        return CannotRun(message, "nothing was sent: free some space, or set TMPDIR")

    def parts(self) -> list[Part]:
        """Return the parts that have profiles.

        Raises:
            OSError: a temporary file cannot be read.
        """
        return [
            Part(written.path, stream, written.records, written.size, _digest(stream))
            for written, stream in zip(self.files, self._opened, strict=True)
            if written.records
        ]


def _digest(stream: IO[bytes]) -> str:
    found = sha256()
    stream.seek(0)
    for chunk in iter(lambda: stream.read(1_000_000), b""):
        found.update(chunk)
    return found.hexdigest()


class UploadJobs:
    """Loads parts by upload jobs, one after the other.

    Args:
        client: a boto3 client of `customer-profiles`.
        domain: where the profiles will be.
        object_type: the input of PutProfileObjectType: its fields are the columns.
        days: after how many days the service deletes the profiles.
        journal: keeps the ids of jobs, so that a run that was stopped goes on.
        say: takes what is being done.
        wait: waits for so many seconds.
    """

    def __init__(  # noqa: PLR0913 - each is an option of pe migrate
        self,
        client: Any,
        domain: str,
        object_type: Mapping[str, Any],
        days: int,
        *,
        journal: Journal | None = None,
        say: Say = lambda _: None,
        wait: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._domain = domain
        self._object_type = object_type
        self._days = days
        self._journal = journal
        self._say = say
        self._wait = wait

    def load(self, parts: Iterable[Part]) -> Generator[PartOutcome, None, None]:
        """Load parts, and yield what became of each. Nothing is sent after one that failed.

        Raises:
            Refused: the service refuses a call.
            CannotRun: no credentials, no connection, a journal that cannot be written.
        """
        failed = ""
        for part in parts:
            if failed:
                message = f"not sent, because {failed} failed"
                yield outcome_of(part, PartState.SKIPPED, message)
                continue
            outcome = self._load(part)
            failed = part.name if outcome.state is PartState.FAILED else ""
            yield outcome

    def _load(self, part: Part) -> PartOutcome:
        known = done_before(part, self._journal)
        if known is not None:
            return known
        job = self._known_job(part)
        if job is None or job.status not in (CREATED, IN_PROGRESS, *LOADED):
            name = f"pe {part.name} {part.digest[:12]}"
            job_id = create_upload_job(
                self._client, self._domain, name, self._object_type, self._days
            )
            job = UploadJob(job_id, CREATED)
            self._record(part, job, State.PLANNED)
        if job.status == CREATED:
            self._say(f"{part.name}: {part.size / 1_000_000:,.1f} MB")
            upload_file(self._client, self._domain, job.job_id, part.file)
            self._start(job)
        job = self._ended(part, job)
        is_loaded = job.status in LOADED
        self._record(part, job, State.ACCEPTED if is_loaded else State.FAILED)
        return _outcome_of_job(part, job)

    def _start(self, job: UploadJob) -> None:
        """Start a job. If the answer is lost, or says that it was started, its status counts."""
        try:
            start_upload_job(self._client, self._domain, job.job_id)
        except (NoResponse, Refused):
            found = find_upload_job(self._client, self._domain, job.job_id)
            if found is None or found.status == CREATED:
                raise

    def _known_job(self, part: Part) -> UploadJob | None:
        """Return the job of a run that was stopped, if the service knows it."""
        entry = None if self._journal is None else self._journal.latest.get(part.digest)
        if entry is None:
            return None
        return find_upload_job(self._client, self._domain, entry.request_id)

    def _ended(self, part: Part, job: UploadJob) -> UploadJob:
        """Wait for the end of a job that was started."""
        wait = FIRST_WAIT_SECONDS
        while True:
            found = find_upload_job(self._client, self._domain, job.job_id)
            if found is None:
                return job._replace(status="unknown to the service")
            if found.status not in (CREATED, IN_PROGRESS):
                return found
            self._say(f"{part.name}: {found.status.lower().replace('_', ' ')}")
            self._wait(wait)
            wait = min(wait * 1.5, MAX_WAIT_SECONDS)

    def _record(self, part: Part, job: UploadJob, state: State) -> None:
        if self._journal is not None:
            entry = Entry(part.name, 0, part.digest, state, 0, job.status, job.job_id)
            self._journal.record([entry])


def done_before(part: Part, journal: Journal | None) -> PartOutcome | None:
    """Return the outcome of a part that was loaded in an earlier run, else None."""
    entry = None if journal is None else journal.latest.get(part.digest)
    if entry is None or entry.state != State.ACCEPTED:
        return None
    message = f"loaded in an earlier run by job {entry.request_id}"
    return outcome_of(part, PartState.DONE, message, job_id=entry.request_id)


def _outcome_of_job(part: Part, job: UploadJob) -> PartOutcome:
    counts = {"created": job.created, "updated": job.updated, "refused": job.refused}
    told = ", ".join(f"{number:,} {name}" for name, number in counts.items() if number)
    told = told or counted(part.profiles, "profile")
    message = f"{told} (job {job.job_id})"
    if job.status in LOADED and not job.refused and job.status != "PARTIALLY_SUCCEEDED":
        return outcome_of(part, PartState.LOADED, message, job_id=job.job_id, **counts)
    if job.status in LOADED:
        hint = "the service does not say which profiles it refused: `pe migrate` without --via does"
        return outcome_of(part, PartState.PARTIAL, message, job_id=job.job_id, hint=hint, **counts)
    reason = f": {job.reason}" if job.reason else ""
    message = f"the upload job {job.job_id} is {job.status}{reason}"
    hint = "see the job in the console of Amazon Connect; the same command makes a new one"
    return outcome_of(part, PartState.FAILED, message, job_id=job.job_id, hint=hint, **counts)


def put_parts(
    folder: "S3Folder", parts: Iterable[Part], say: Say = lambda _: None
) -> Generator[PartOutcome, None, None]:
    """Put parts into Amazon S3, and yield what became of each.

    Args:
        folder: where to; parts that it has already are not sent again.
        parts: to put there.
        say: takes what is being done.

    Raises:
        CannotRun: the folder has other objects, or cannot be written.
    """
    parts = [*parts]
    existing = folder.existing({part.name: part.digest for part in parts})
    for part in parts:
        url = folder.url_of(part.name)
        if part.name in existing:
            yield outcome_of(part, PartState.DONE, "it is there already", url=url)
            continue
        size = f"{part.size / 1_000_000:,.1f} MB"
        say(f"{part.name}: {size}")
        part.file.seek(0)
        folder.put(part.name, part.file, part.digest)
        message = f"{counted(part.profiles, 'profile')}, {size}"
        yield outcome_of(part, PartState.UPLOADED, message, url=url)


def planned(part: Part, journal: Journal | None = None) -> PartOutcome:
    """Return the outcome of a part in a dry run."""
    message = f"{counted(part.profiles, 'profile')}, {part.size:,} bytes"
    return done_before(part, journal) or outcome_of(part, PartState.PLANNED, message)


def outcome_of(part: Part, state: PartState, message: str, **more: Any) -> PartOutcome:
    """Return the outcome of a part."""
    return PartOutcome(part.name, state, part.profiles, part.size, message, **more)
