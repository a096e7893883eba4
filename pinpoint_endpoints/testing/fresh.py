"""A test in; a local Pinpoint that only this test has, and that its clients are led to, out."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.contract.merging import Endpoint
from pinpoint_endpoints.errors import CannotRun, Refused
from pinpoint_endpoints.local.browsing import all_endpoints
from pinpoint_endpoints.local.in_process import attach_answering
from pinpoint_endpoints.local.operations import LocalPinpoint
from pinpoint_endpoints.local.service_error import ServiceError
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.local.wire import Answer, answer
from pinpoint_endpoints.masking import shown_member
from pinpoint_endpoints.service.client import local_session, open_local_client
from pinpoint_endpoints.testing.environment import (
    Environment,
    KeptEnvironment,
    lead_to,
    lead_to_no_account,
)
from pinpoint_endpoints.testing.every_client import answered_by

if TYPE_CHECKING:
    import boto3

    from pinpoint_endpoints.local.http.faults import Faults
    from pinpoint_endpoints.local.http.server import PinpointServer

APPLICATION = "pinpoint-local"
"""Always the same, since the faults that a call meets hang on what it says."""

_MOST_NAMED = 10


class PinpointLocal:
    """A local Pinpoint of a test's own: the fixture `pinpoint_local`, or from `local_pinpoint`.

    Attributes:
        application_id: an application, empty in a fresh store; the variable `PE_APP` has it too.
        store: the store's file; with the variable `PE_LOCAL_STORE`, `pe … --local` finds it.
    """

    def __init__(self, path: Path, environment: Environment, opened: ExitStack) -> None:
        self.store = path
        self._store = opened.enter_context(Store(path))
        self._pinpoint = LocalPinpoint(self._store)
        self._add_application()
        self.application_id = APPLICATION
        self._environment = environment
        self._opened = opened
        self._faults: Faults | None = None
        self._server: PinpointServer | None = None
        self._has_ended = False
        opened.callback(self._end)
        lead_to_no_account(environment)
        environment.setenv("PE_APP", self.application_id)
        environment.setenv("PE_LOCAL_STORE", str(path))
        opened.enter_context(answered_by(self._answer_without_faults))

    @cached_property
    def client(self) -> Any:
        """A boto3 Pinpoint client for the test itself: it meets no faults, and leaves no process.

        Also to put in the place of one that code under test made before the test began.

        Raises:
            CannotRun: this local Pinpoint has ended; so does the client at each call from then on.
        """
        self._refuse_if_ended()
        client = open_local_client(session=_session())
        attach_answering(client, self._answer)
        return client

    @property
    def url(self) -> str:
        """Where the local Pinpoint is for other processes and languages: serves it if need be.

        Asked for once, `AWS_ENDPOINT_URL_PINPOINT` has it too until the test ends. Also processes
        that are forked need it, and what does not send with botocore's own: aioboto3, aiobotocore.

        Raises:
            CannotRun: the extra `serve` is not installed, or this local Pinpoint has ended.
        """
        self._refuse_if_ended()
        return self._server.url if self._server else self.serve()

    def serve(  # noqa: PLR0913 - what can go wrong
        self,
        *,
        throttle: float | None = None,
        fail_rate: float = 0,
        reset_rate: float = 0,
        latency: float = 0,
        seed: int = 0,
        quotas: bool = False,
    ) -> str:
        """Serve the local Pinpoint over HTTP, with faults on request; return its URL.

        The arguments are those of `pinpoint_endpoints.local.http.faults.Faults`, which says what
        each of them means and in which unit it is.

        The variable `AWS_ENDPOINT_URL_PINPOINT` leads the clients to it that are made from now on,
        here and in other processes. Called again, the faults change and the URL stays.

        Raises:
            UsageError: as `Faults`.
            CannotRun: the extra `serve` is not installed, or this local Pinpoint has ended.
        """
        self._refuse_if_ended()
        from pinpoint_endpoints.local.http.extra import extra_for

        with extra_for("the URL of a local Pinpoint"):
            from pinpoint_endpoints.local.http.faults import Faults
            from pinpoint_endpoints.local.http.listening import Settings
            from pinpoint_endpoints.local.http.server import serving

        faults = Faults(throttle, fail_rate, reset_rate, latency, seed, quotas)
        if self._server is None:
            self._server = self._opened.enter_context(serving(self.store, Settings(faults=faults)))
        else:
            self._server.change_faults(faults)
        self._faults = faults
        lead_to(self._environment, self._server.url)
        return self._server.url

    def endpoint(self, endpoint_id: str) -> Endpoint:
        """Return the EndpointResponse of an endpoint, in the application of this test.

        Raises:
            Refused: there is no such endpoint.
            CannotRun: this local Pinpoint has ended.
        """
        self._refuse_if_ended()
        try:
            return self._pinpoint.get_endpoint(self.application_id, endpoint_id)
        except ServiceError:
            raise Refused(
                f"there is no endpoint {shown_member(endpoint_id)} in the application",
                f"it has {self._names() or 'no endpoint'}",
            ) from None

    def endpoints(self) -> list[Endpoint]:
        """Return the EndpointResponses of the application of this test in order of creation.

        Raises:
            CannotRun: this local Pinpoint has ended.
        """
        self._refuse_if_ended()
        return list(all_endpoints(self._store, self.application_id))

    def _add_application(self) -> None:
        with self._store.together():
            with self._store.reading() as rows:
                is_there = rows.application(APPLICATION) is not None
            if not is_there:
                self._pinpoint.add_application(APPLICATION, APPLICATION)

    def _names(self) -> str:
        names = [shown_member(endpoint["Id"]) for endpoint in self.endpoints()]
        more = [f"{len(names) - _MOST_NAMED:,} more"] if len(names) > _MOST_NAMED else []
        return ", ".join(names[:_MOST_NAMED] + more)

    def _answer(self, method: str, target: str, body: bytes) -> Answer:
        self._refuse_if_ended()
        return answer(self._pinpoint, method, target, body)

    def _answer_without_faults(self, method: str, target: str, body: bytes) -> Answer:
        if self._faults is not None and self._faults.any:
            raise CannotRun(
                "this client was made before `serve`, so that it would meet none of the faults",
                "make the client after it, or use `client` of the local Pinpoint",
            )
        return self._answer(method, target, body)

    def _end(self) -> None:
        self._has_ended = True

    def _refuse_if_ended(self) -> None:
        if self._has_ended:
            raise CannotRun(
                "this local Pinpoint has ended",
                "use it inside the `with` of `local_pinpoint`; a fixture or helper must `yield` it "
                "there, not return it",
            )


@contextmanager
def local_pinpoint(
    folder: Path | None = None, environment: Environment | None = None
) -> Iterator[PinpointLocal]:
    """Yield a local Pinpoint of one's own: the fixture `pinpoint_local` without pytest.

    While the block lasts, environment variables lead to it: a region and credentials of no meaning,
    none of the user's profiles and configuration files, `PE_APP` and `PE_LOCAL_STORE`. The Pinpoint
    clients that boto3 makes are answered by it, in this process; also those of a session that was
    made before, which keeps the settings that it has read. A Pinpoint client that leads beyond this
    machine is refused. All this is for the whole process: also for tests that did not ask for it,
    where a fixture of a larger scope keeps the block open.

    Args:
        folder: where the store's file is made and stays; what an earlier one has stored there is
            found again. Else a temporary folder.
        environment: gives the variables their old values back, such as pytest's `monkeypatch`,
            which a test that sets some of them too needs here where the plug-in is left out; else
            leaving the block does.

    Raises:
        CannotRun: the store cannot be made, or what has its name in the folder is no store.
    """
    with ExitStack() as opened:
        if folder is None:
            folder = Path(opened.enter_context(TemporaryDirectory(prefix="pinpoint_local")))
        if environment is None:
            environment = opened.enter_context(KeptEnvironment())
        yield PinpointLocal(folder / "pinpoint.sqlite3", environment, opened)


@cache
def _session() -> "boto3.Session":
    """Return one session for all tests: to make one takes ten times as long as a client of it."""
    return local_session()
