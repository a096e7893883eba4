"""Decide which `Host` and `Origin` headers the server answers.

A page of any web site can make the user's browser send requests to this machine: under a name of
the site that resolves to 127.0.0.1 (DNS rebinding: the `Host` is the site's), or across origins
(the `Origin` is the site's). Neither is answered.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from pinpoint_endpoints.errors import UsageError

LOOPBACK_NAMES = ("localhost", "127.0.0.1", "::1")
MAX_NAME_LENGTH = 253
"""Of a host name. Source: RFC 1035, 2.3.4."""

NAME = r"[^\s:/?#@,*\[\]]+"
ADDRESS = r"\[([0-9A-Fa-f:.]+)\]"
HOST = re.compile(f"(?:{ADDRESS}|({NAME}))(?::[0-9]*)?")
"""A name or an address, and a port. Source: RFC 9110, 7.2."""

MAX_ORIGIN_LENGTH = len("https://") + MAX_NAME_LENGTH + len(":65535")
ANY_ADDRESS = "every IP address"

ORIGIN = re.compile(f"https?://(?:{ADDRESS}|{NAME})(?::[0-9]+)?")
"""Source: RFC 6454, 6.2."""


class AccessPolicy:
    """Knows the names of the server, and the web pages that may use it.

    Args:
        names: host names and addresses of the server, besides those of the loopback interface.
        origins: origins of web pages whose requests are answered, such as `http://localhost:3000`.
        any_address: accept every IP address as `Host`, since the server listens on all of them.
            DNS rebinding needs a name, so it stays shut out.

    Raises:
        UsageError: a name has a port or is malformed, or an origin is malformed.
    """

    def __init__(
        self, names: Iterable[str], origins: Iterable[str] = (), *, any_address: bool = False
    ) -> None:
        self._names = dict.fromkeys((*LOOPBACK_NAMES, *map(_checked_name, names)))
        self._origins = frozenset(map(_checked_origin, origins))
        self._any_address = any_address

    def __str__(self) -> str:
        """Return the names of the server as people read them."""
        if not self._any_address:
            return ", ".join(self._names)
        return ", ".join([name for name in self._names if not _is_address(name)] + [ANY_ADDRESS])

    def allows_host(self, host: str) -> bool:
        """Tell whether a `Host` header names this server, with any port."""
        name = name_in(host)
        return name in self._names or (self._any_address and _is_address(name))

    def allows_origin(self, origin: str, host: str) -> bool:
        """Tell whether a request from a page of this origin is answered.

        Args:
            origin: the `Origin` header, empty if there is none.
            host: the `Host` header of the same request.
        """
        if not origin or self.is_allowed_origin(origin):
            return True
        _, _, own_host = origin.partition("://")
        return own_host.lower() == host.lower()

    def is_allowed_origin(self, origin: str) -> bool:
        """Tell whether the origin was allowed explicitly."""
        return origin.lower() in self._origins


def name_in(host: str) -> str:
    """Return the name or address in a `Host` header; an empty string if it is malformed."""
    found = HOST.fullmatch(host)
    name = _normal(found[1] or found[2]) if found else ""
    return name if len(name) <= MAX_NAME_LENGTH else ""


def is_origin(text: str) -> bool:
    """Tell whether an `Origin` header has a form that can be allowed: `null` has not."""
    return len(text) <= MAX_ORIGIN_LENGTH and bool(ORIGIN.fullmatch(text.lower()))


def _checked_name(name: str) -> str:
    if "*" in name:
        raise UsageError(
            f"invalid host name {name}: names are compared whole",
            "repeat --allow-host for each name",
        )
    bare = name.removeprefix("[").removesuffix("]")
    if not _is_address(bare) and not re.fullmatch(NAME, bare):
        raise UsageError(f"invalid host name {name}", "give the name without scheme and port")
    return _normal(bare)


def _checked_origin(origin: str) -> str:
    normal = origin.lower().rstrip("/")
    if not is_origin(normal):
        raise UsageError(
            f"invalid origin {origin}",
            "give scheme, name and port: http://localhost:3000",
        )
    return normal


@lru_cache(maxsize=256)  # clients use few names
def _normal(name: str) -> str:
    try:
        return str(ip_address(name))
    except ValueError:
        return name.lower().removesuffix(".")


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
