"""A local Pinpoint in; environment variables that lead clients to it, and to no account, out."""

import os
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

from pinpoint_endpoints.local.client_variables import CLIENT_VARIABLES

NOWHERE = "http://pinpoint-local.no-url-was-asked-for.invalid"
"""Where clients are led that are answered in their own process. No such name ever resolves
(RFC 6761, 6.4): another process that is led there fails with this name, and sends nothing, as long
as no proxy is asked for it: `lead_to_no_account`."""

HERE = "127.0.0.1"
ENDPOINT_URL = "AWS_ENDPOINT_URL_PINPOINT"

_OF_NO_MEANING = {
    **CLIENT_VARIABLES,
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_OF_THE_USER = (
    "AWS_DEFAULT_PROFILE",
    "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS",
    "AWS_MAX_ATTEMPTS",
    "AWS_PROFILE",
    "AWS_RETRY_MODE",
    "AWS_SECURITY_TOKEN",
    "AWS_SESSION_TOKEN",
)


class Environment(Protocol):
    """Sets environment variables, and gives their old values back later: pytest's MonkeyPatch."""

    def setenv(self, name: str, value: str) -> None:
        """Set a variable."""

    def delenv(self, name: str, raising: bool) -> None:
        """Remove a variable, which may be missing unless `raising`."""


@dataclass(slots=True)
class _Change:
    by: "KeptEnvironment"
    before: str | None
    value: str | None


_changes: dict[str, list[_Change]] = {}
"""Of each variable, those that are not taken back yet, the last one at the end."""

_changed_lately: set[str] = set()
"""The variables that were changed since `put_back`."""


class KeptEnvironment(AbstractContextManager["KeptEnvironment"]):
    """An `Environment` of its own: gives the old values back on leaving.

    Of several, each may be left before those that were entered after it.
    """

    def setenv(self, name: str, value: str) -> None:
        """Set a variable."""
        self._change(name, value)

    def delenv(self, name: str, raising: bool = True) -> None:
        """Remove a variable.

        Raises:
            KeyError: it is missing, and `raising`.
        """
        if raising and name not in os.environ:
            raise KeyError(name)
        self._change(name, None)

    def _change(self, name: str, value: str | None) -> None:
        changes = _changes.setdefault(name, [])
        if changes and changes[-1].by is self:
            changes[-1].value = value
        else:
            changes.append(_Change(self, os.environ.get(name), value))
        _changed_lately.add(name)
        _put(name, value)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for name, changes in _changes.items():
            for place in reversed(range(len(changes))):
                if changes[place].by is self:
                    _take_back(name, changes, place)


def put_back(before: Mapping[str, str]) -> None:
    """Give variables that were changed since the last call the values that they had before.

    For who ends after pytest's `monkeypatch`, which gives back what it has seen: where a test set a
    variable with it in the time of a local Pinpoint that ended earlier, the value was that one's.
    What a local Pinpoint that has not ended gave a variable stays.

    Args:
        before: all variables of that time.
    """
    for name in _changed_lately:
        changes = _changes[name]
        if not changes or os.environ.get(name) != changes[-1].value:
            _put(name, before.get(name))
    _changed_lately.clear()


def lead_to_no_account(environment: Environment) -> None:
    """Give clients a region and credentials of no meaning, and none of the user's settings.

    Settings of other services stay, so that a test can have those somewhere else.
    """
    for name in _OF_THE_USER:
        environment.delenv(name, raising=False)
    for name, value in _OF_NO_MEANING.items():
        environment.setenv(name, value)
    environment.setenv(ENDPOINT_URL, NOWHERE)
    _ask_no_proxy(environment, urlsplit(NOWHERE).hostname or "")


def lead_to(environment: Environment, url: str) -> None:
    """Lead clients to a server on this machine, past a proxy if there is one."""
    environment.setenv(ENDPOINT_URL, url)
    _ask_no_proxy(environment, HERE)


def _ask_no_proxy(environment: Environment, host: str) -> None:
    direct = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    if direct != "*" and host not in direct.split(","):
        direct = f"{direct},{host}" if direct else host
    for name in ("NO_PROXY", "no_proxy"):  # programs differ in which of the two they read
        environment.setenv(name, direct)


def _take_back(name: str, changes: list[_Change], place: int) -> None:
    change = changes.pop(place)
    if place == len(changes):
        _put(name, change.before)
    elif changes[place].before == change.value:
        changes[place].before = change.before


def _put(name: str, value: str | None) -> None:
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value
