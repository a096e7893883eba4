"""A local Pinpoint in; environment variables that lead clients to it, and to no account, out."""

import os
from contextlib import AbstractContextManager
from types import TracebackType
from typing import Protocol, Self

from pinpoint_endpoints.local.client_variables import CLIENT_VARIABLES

NOWHERE = "http://pinpoint-local.no-url-was-asked-for.invalid"
"""Where clients are led that are answered in their own process. No such name ever resolves
(RFC 6761, 6.4): another process that is led there fails with this name, and sends nothing."""

HERE = "127.0.0.1"
ENDPOINT_URL = "AWS_ENDPOINT_URL_PINPOINT"

_OF_NO_MEANING = {
    **CLIENT_VARIABLES,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_LEADING_ELSEWHERE = (
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_PROFILE",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
)


class Environment(Protocol):
    """Sets environment variables, and gives their old values back later: pytest's MonkeyPatch."""

    def setenv(self, name: str, value: str) -> None:
        """Set a variable."""

    def delenv(self, name: str, raising: bool) -> None:
        """Remove a variable, which may be missing unless `raising`."""


class KeptEnvironment(AbstractContextManager["KeptEnvironment"]):
    """An `Environment` where there is no pytest: gives the old values back on leaving."""

    def __init__(self) -> None:
        self._before: dict[str, str | None] = {}

    def setenv(self, name: str, value: str) -> None:
        """Set a variable."""
        self._before.setdefault(name, os.environ.get(name))
        os.environ[name] = value

    def delenv(self, name: str, raising: bool = True) -> None:
        """Remove a variable.

        Raises:
            KeyError: it is missing, and `raising`.
        """
        if raising or name in os.environ:
            self._before.setdefault(name, os.environ[name])
            del os.environ[name]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def lead_to_no_account(environment: Environment) -> None:
    """Give clients a region and credentials of no meaning, and none of the user's settings.

    Settings of other services stay, so that a test can have those somewhere else.
    """
    for name in _LEADING_ELSEWHERE:
        environment.delenv(name, raising=False)
    for name, value in _OF_NO_MEANING.items():
        environment.setenv(name, value)
    environment.setenv(ENDPOINT_URL, NOWHERE)


def lead_to(environment: Environment, url: str) -> None:
    """Lead clients to a server on this machine, past a proxy if there is one."""
    environment.setenv(ENDPOINT_URL, url)
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if direct != "*" and HERE not in direct.split(","):
        direct = f"{direct},{HERE}" if direct else HERE
    for name in ("NO_PROXY", "no_proxy"):  # programs differ in which of the two they read
        environment.setenv(name, direct)
