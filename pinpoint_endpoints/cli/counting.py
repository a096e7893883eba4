"""Files or the local Pinpoint in, the audience that was counted out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.validate import validate, verdict_on
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.interrupts import Interrupts
from pinpoint_endpoints.cli.progress import Progress, progress_style
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.load import Meter
from pinpoint_endpoints.documents.model import Document, Problem, Verdict
from pinpoint_endpoints.errors import Interrupted, PinpointEndpointsError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.reports.charts import StatsTally
from pinpoint_endpoints.stats import Audience, endpoint_in

if TYPE_CHECKING:
    from pinpoint_endpoints.local.store import Store

MOST_NAMED = 10
"""How many documents without an endpoint are named one by one, unless a person wants them all."""

_COUNTING = "counting"

Endpoint = Mapping[str, object]


class AudienceCount(NamedTuple):
    """What a run counted.

    Attributes:
        audience: of the endpoints.
        tally: of the documents.
        remarks: what a person should know about the counts.
        error: what stopped the run, if something did.
    """

    audience: Audience
    tally: StatsTally
    remarks: tuple[str, ...]
    error: PinpointEndpointsError | None


def count_files(
    inputs: Inputs,
    policy: Policy,
    *,
    quiet: bool,
    verbose: bool,
) -> AudienceCount:
    """Count the endpoints in files, also in those that are invalid, and name what holds none.

    Args:
        inputs: the files.
        policy: how documents are judged.
        quiet: whether no progress is shown.
        verbose: whether every error is told.

    Raises:
        UsageError: standard input has a name and is not to be read.
    """
    audience = Audience(datetime.now(UTC))
    judge = _Judge(policy, verbose=verbose)
    with (
        inputs.spooled() as spooled,
        Progress(
            _COUNTING,
            inputs.size,
            lambda: f"{audience.count:,} endpoints",
            progress_style(quiet=quiet, streams=False, lines=True),
        ) as progress,
    ):
        documents = inputs.documents(spooled, meter=progress.meter)
        error = _count(judge.endpoints_in(documents), audience)
    judge.tally.endpoints = audience.count
    return AudienceCount(audience, judge.tally, tuple(judge.remarks()), error)


def count_stored(store: Path, application_id: str, *, quiet: bool) -> AudienceCount:
    """Count the endpoints that the local Pinpoint has stored.

    Args:
        store: its file.
        application_id: the application.
        quiet: whether no progress is shown.

    Raises:
        NoApplication: there is no such application.
        CannotRun: the store cannot be opened, is damaged, or is no store.
    """
    from pinpoint_endpoints.local.browse import all_endpoints
    from pinpoint_endpoints.local.store import open_for_reading

    audience = Audience(datetime.now(UTC))
    with (
        open_for_reading(store) as opened,
        Progress(
            _COUNTING,
            partial(_total, opened, application_id),
            lambda: f"{audience.count:,} endpoints",
            progress_style(quiet=quiet, streams=False, lines=True),
        ) as progress,
    ):
        endpoints = all_endpoints(opened, application_id)
        error = _count(_metered(endpoints, progress.meter), audience)
    tally = StatsTally()
    tally.total = tally.endpoints = audience.count
    remarks = () if audience.count or quiet else (_nothing_in(application_id),)
    return AudienceCount(audience, tally, remarks, error)


def _count(endpoints: Iterable[Endpoint], audience: Audience) -> PinpointEndpointsError | None:
    with Interrupts() as interrupts:
        try:
            for endpoint in interrupts.reading(endpoints):
                audience.add(endpoint)
        except PinpointEndpointsError as error:
            return error
    if not interrupts.stop_requests():
        return None
    hint = "what was counted until then is shown" if audience.count else ""
    return Interrupted("interrupted", hint)


def _total(store: "Store", application_id: str) -> int | None:
    """Return how many endpoints there are; what is wrong with a store is told by who reads it."""
    from pinpoint_endpoints.local.browse import count_endpoints

    try:
        return count_endpoints(store, application_id)
    except PinpointEndpointsError:
        return None


def _metered(endpoints: Iterator[Endpoint], meter: Meter | None) -> Iterator[Endpoint]:
    if meter is None:
        return endpoints

    def tell_each() -> Iterator[Endpoint]:
        for endpoint in endpoints:
            meter(1)
            yield endpoint

    return tell_each()


def _nothing_in(application_id: str) -> str:
    return f"the application {application_id} has no endpoints: `pe upsert --local` sends some"


class _Judge:
    """Looks at documents on their way to be counted.

    Attributes:
        tally: of the documents.

    Args:
        policy: how documents are judged.
        verbose: whether every error is told.
    """

    def __init__(self, policy: Policy, *, verbose: bool) -> None:
        self.tally = StatsTally()
        self._policy = policy
        self._verbose = verbose
        self._without_endpoint = 0
        self._invalid_endpoints = 0

    def endpoints_in(self, documents: Iterable[Document]) -> Iterator[Endpoint]:
        """Yield the endpoints in the documents, whether or not they are valid."""
        for document in documents:
            endpoint = endpoint_in(document)
            problems = validate(document, self._policy)
            verdict = Verdict.VALID
            if problems or endpoint is None:
                verdict = verdict_on(document, problems, self._policy)
                self._look_at(problems, endpoint, verdict)
            self.tally.add(verdict)
            if endpoint is not None:
                yield endpoint

    def remarks(self) -> Iterator[str]:
        """Yield what a person should know: what is not counted, and what is and is invalid."""
        if self._without_endpoint:
            things = counted(self._without_endpoint, "document")
            yield f"{things} without an endpoint that could be counted: `pe validate` shows why"
        if self._invalid_endpoints:
            things = counted(self._invalid_endpoints, "invalid endpoint")
            yield f"{things} counted too: `pe validate` shows where"

    def _look_at(
        self, problems: Sequence[Problem], endpoint: Endpoint | None, verdict: Verdict
    ) -> None:
        if endpoint is None:
            self._without_endpoint += 1
        elif verdict is Verdict.INVALID:
            self._invalid_endpoints += 1
        named = endpoint is None and self._without_endpoint <= MOST_NAMED
        if self._verbose and verdict is not Verdict.VALID:
            for problem in problems:
                note(str(problem))
        elif named and problems:
            note(str(problems[0]))
