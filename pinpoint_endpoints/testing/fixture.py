"""A local Pinpoint for one test: a fresh store behind an HTTP server on a free port."""

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from pinpoint_endpoints.errors import CannotRun, Refused
from pinpoint_endpoints.local.browse import all_endpoints, endpoint_counts
from pinpoint_endpoints.local.client_variables import CLIENT_VARIABLES
from pinpoint_endpoints.local.in_process import attach
from pinpoint_endpoints.local.pinpoint import LocalPinpoint
from pinpoint_endpoints.local.routes import Answer, answer
from pinpoint_endpoints.local.server import requires_serve_extra
from pinpoint_endpoints.local.service_error import ServiceError
from pinpoint_endpoints.local.store import Store
from pinpoint_endpoints.masking import shown_member
from pinpoint_endpoints.service.client import local_session, open_local_client
from pinpoint_endpoints.testing.ended import refused_after_the_end

if TYPE_CHECKING:
    import pytest
    from botocore.session import Session

    from pinpoint_endpoints.local.server.server import PinpointServer
    from pinpoint_endpoints.service.merge import Endpoint

APPLICATION = "pinpoint-local"
"""Always the same: which calls fail depends on the seed and the request."""

_MAX_NAMES = 10
_REMOVED_VARIABLES = (
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_RETRY_MODE",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
)


class PinpointLocal:
    """The local Pinpoint of a test: the fixture `pinpoint_local`, or made by `local_pinpoint`.

    Attributes:
        application_id: an application, empty in a new store; also in the variable `PE_APP`.
            `serve(application_id=…)` makes it the one that the code under test names.
        store: the file of the store; also in `PE_LOCAL_STORE`, where `pe … --local` finds it.
    """

    def __init__(self, path: Path, opened: ExitStack, application_id: str = APPLICATION) -> None:
        with requires_serve_extra("the local Pinpoint of a test"):
            from pinpoint_endpoints.local.server.server import serving

        self.application_id = application_id
        self.store = path
        self._store = opened.enter_context(Store(path))
        self._pinpoint = LocalPinpoint(self._store)
        self._add_application()
        self._server: PinpointServer | None = opened.enter_context(serving(path))
        opened.enter_context(refused_after_the_end(self.url))
        opened.callback(self._end)

    @cached_property
    def client(self) -> Any:
        """A boto3 Pinpoint client for the test itself, answered in this process without faults.

        It can also replace a client that the code under test made before the test began.

        Raises:
            CannotRun: this local Pinpoint has ended; calls of the client raise it too.
        """
        self._running()
        client = open_local_client(session=_session())
        attach(client, self._answer)
        return client

    @property
    def url(self) -> str:
        """The URL of the server, which is also in `AWS_ENDPOINT_URL_PINPOINT`.

        Raises:
            CannotRun: this local Pinpoint has ended.
        """
        return self._running().url

    @property
    def applications(self) -> dict[str, int]:
        """How many endpoints each application has, by its id, in order of creation.

        It shows where endpoints went that are not in `application_id`: the code under test names
        another application.

        Raises:
            CannotRun: this local Pinpoint has ended.
        """
        self._running()
        return endpoint_counts(self._store)

    def serve(  # noqa: PLR0913 - one argument for each kind of fault
        self,
        *,
        application_id: str | None = None,
        throttle: float | None = None,
        fail_rate: float = 0,
        reset_rate: float = 0,
        latency: float = 0,
        seed: int = 0,
        quotas: bool = False,
    ) -> str:
        """Inject faults into calls from now on, in place of earlier ones, and return the URL.

        `application_id` is the application that the code under test names. It is created if it
        does not exist, and is from now on the one of `endpoint`, `endpoints` and `PE_APP`. The
        other arguments are those of `pinpoint_endpoints.local.server.fault_injection.Faults`.

        Raises:
            UsageError: a value is out of range.
            CannotRun: this local Pinpoint has ended.
        """
        from pinpoint_endpoints.local.server.fault_injection import Faults

        faults = Faults(throttle, fail_rate, reset_rate, latency, seed, quotas)
        self._running().change_faults(faults)
        if application_id is not None:
            self.application_id = application_id
            self._add_application()
            os.environ["PE_APP"] = application_id  # restored with the other variables
        return self.url

    def endpoint(self, endpoint_id: str) -> "Endpoint":
        """Return the EndpointResponse of an endpoint of this test's application.

        Raises:
            Refused: there is no such endpoint.
            CannotRun: this local Pinpoint has ended.
        """
        self._running()
        try:
            return self._pinpoint.get_endpoint(self.application_id, endpoint_id)
        except ServiceError:
            raise Refused(
                f"there is no endpoint {shown_member(endpoint_id)} in the application",
                f"it has {self._names() or 'no endpoint'}{self._elsewhere()}",
            ) from None

    def endpoints(self) -> list["Endpoint"]:
        """Return the EndpointResponses of this test's application in order of creation.

        Raises:
            CannotRun: this local Pinpoint has ended.
        """
        self._running()
        return list(all_endpoints(self._store, self.application_id))

    def _add_application(self) -> None:
        with self._store.shared_transaction():
            with self._store.reading() as rows:
                is_there = rows.application(self.application_id) is not None
            if not is_there:
                self._pinpoint.add_application(self.application_id, self.application_id)

    def _names(self) -> str:
        names = [shown_member(endpoint["Id"]) for endpoint in self.endpoints()]
        more = [f"{len(names) - _MAX_NAMES:,} more"] if len(names) > _MAX_NAMES else []
        return ", ".join(names[:_MAX_NAMES] + more)

    def _elsewhere(self) -> str:
        """Say which other applications have endpoints, if this test's has none."""
        others = [name for name, count in self.applications.items() if count]
        if not others or self.application_id in others:
            return ""
        names = ", ".join(others[:_MAX_NAMES])
        return f"; endpoints are in {names}: call serve(application_id=…), or read PE_APP"

    def _answer(self, method: str, target: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self._running()
        return answer(self._pinpoint, method, target, body, headers)

    def _end(self) -> None:
        self._server = None

    def _running(self) -> "PinpointServer":
        if self._server is None:
            raise CannotRun(
                "this local Pinpoint has ended",
                "use it inside the `with` of `local_pinpoint`; a fixture or helper must `yield` it "
                "there, not return it",
            )
        return self._server


@contextmanager
def local_pinpoint(
    folder: Path | None = None,
    environment: "pytest.MonkeyPatch | None" = None,
    *,
    application_id: str = APPLICATION,
) -> Iterator[PinpointLocal]:
    """Serve a local Pinpoint for as long as the block lasts: `pinpoint_local` without pytest.

    Environment variables lead the Pinpoint clients of this process and of its children to it. They
    also set dummy credentials and a region, switch off the user's AWS configuration, and set
    `PE_APP` and `PE_LOCAL_STORE`. boto3 gets a new default session.

    Args:
        folder: where the store's file is kept, with what an earlier one stored there; by default
            a temporary folder.
        environment: pytest's `monkeypatch`, if that is to set and restore the variables; by
            default they are restored at the end of the block.
        application_id: the application that the code under test names.

    Raises:
        CannotRun: the extra `serve` is not installed, or the store cannot be used.
    """
    with ExitStack() as opened:
        if folder is None:
            folder = Path(opened.enter_context(TemporaryDirectory(prefix="pinpoint_local")))
        pinpoint = PinpointLocal(folder / "pinpoint.sqlite3", opened, application_id)
        variables = _variables_for(pinpoint)
        if environment is None:
            opened.callback(_set_variables, {name: os.environ.get(name) for name in variables})
        _set_variables(variables, environment)
        opened.enter_context(_new_default_session())
        yield pinpoint


def _variables_for(pinpoint: PinpointLocal) -> Mapping[str, str | None]:
    """Return the variables that lead clients to a local Pinpoint; None for those to remove."""
    no_proxy = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if no_proxy != "*":
        no_proxy = f"{no_proxy},127.0.0.1".lstrip(",")
    return {
        **dict.fromkeys(_REMOVED_VARIABLES),
        **CLIENT_VARIABLES,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_ENDPOINT_URL_PINPOINT": pinpoint.url,
        "AWS_ENDPOINT_URL_CUSTOMER_PROFILES": pinpoint.url,
        "NO_PROXY": no_proxy,  # programs differ in which of the two they read
        "no_proxy": no_proxy,
        "PE_APP": pinpoint.application_id,
        "PE_LOCAL_STORE": str(pinpoint.store),
    }


def _set_variables(
    variables: Mapping[str, str | None], environment: "pytest.MonkeyPatch | None" = None
) -> None:
    """Set or remove variables, in a way that `environment` can undo if it is given."""
    for name, value in variables.items():
        if environment is not None:
            environment.setenv(name, value or "")  # remembers what to restore
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


@contextmanager
def _new_default_session() -> Iterator[None]:
    """Let boto3 make a new default session: the present one may have read the user's settings."""
    import boto3

    before = boto3.DEFAULT_SESSION
    boto3.DEFAULT_SESSION = None
    try:
        yield
    finally:
        boto3.DEFAULT_SESSION = before


@cache
def _session() -> "Session":
    """Return one session for all tests: making one takes ten times as long as making a client."""
    return local_session()
