"""Who a request says that it is for and from → whether the server answers it.

A page of any web site can make a browser on this machine send requests to this machine: under a
name of the site's own that resolves to 127.0.0.1 (DNS rebinding: the `Host` is the site's), or
plainly across origins (the `Origin` is the site's). Neither is answered.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_address

from pinpoint_endpoints.errors import UsageError

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
NAME = r"[^\s:/?#@,\[\]]+"
ADDRESS = r"\[([0-9A-Fa-f:.]+)\]"
HOST = re.compile(f"(?:{ADDRESS}|({NAME}))(?::[0-9]*)?")
"""A name or an address, and a port. Source: RFC 9110, 7.2."""

ORIGIN = re.compile(f"https?://(?:{ADDRESS}|{NAME})(?::[0-9]+)?")
"""Source: RFC 6454, 6.2."""


class Visitors:
    """Knows which names the server has, and which pages may use it.

    Args:
        names: by which it is reached, beside those of the loopback interface.
        origins: of web pages whose requests are answered: `http://localhost:3000`.
        any_address: whether every IP address is its own: it listens on all. No name resolves to
            them in a browser, so that rebinding stays shut out.

    Raises:
        UsageError: a name has a port or is malformed, or an origin is malformed.
    """

    def __init__(
        self, names: Iterable[str], origins: Iterable[str] = (), *, any_address: bool = False
    ) -> None:
        self._names = LOOPBACK_NAMES | set(map(_checked_name, names))
        self._origins = frozenset(map(_checked_origin, origins))
        self._any_address = any_address

    def knows_host(self, host: str) -> bool:
        """Tell whether a `Host` header is one of the server's own names, on any port."""
        found = HOST.fullmatch(host)
        if found is None:
            return False
        name = _normal(found[1] or found[2])
        return name in self._names or (self._any_address and _is_address(name))

    def may_come_from(self, origin: str, host: str) -> bool:
        """Tell whether a page of this origin may use the server.

        Args:
            origin: the `Origin` header, empty for none: no page, or one that only reads.
            host: the `Host` header of the same request.
        """
        if not origin or self.is_allowed_origin(origin):
            return True
        _, _, its_own = origin.partition("://")
        return its_own.lower() == host.lower()

    def is_allowed_origin(self, origin: str) -> bool:
        """Tell whether the origin is one of those that a person allowed."""
        return origin.lower() in self._origins


def _checked_name(name: str) -> str:
    bare = name.removeprefix("[").removesuffix("]")
    if not _is_address(bare) and not re.fullmatch(NAME, bare):
        raise UsageError(f"{name} is no name of a server", "give it alone: no scheme, no port")
    return _normal(bare)


def _checked_origin(origin: str) -> str:
    normal = origin.lower().rstrip("/")
    if not ORIGIN.fullmatch(normal):
        raise UsageError(
            f"{origin} is no origin of a web page",
            "give its scheme, name and port: http://localhost:3000",
        )
    return normal


@lru_cache(maxsize=256)  # clients use few
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
