"""Which hosts and origins the server answers."""

import pytest

from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.local.server.access import AccessPolicy

PAGE = "http://localhost:3000"
POLICY = AccessPolicy(["127.0.0.1", "Pinpoint.test"], [f"{PAGE}/"])


@pytest.mark.parametrize(
    "host",
    [
        "localhost", "LOCALHOST", "localhost.", "localhost:7467", "localhost:", "127.0.0.1",
        "127.0.0.1:7467", "[::1]", "[::1]:7467", "[0:0:0:0:0:0:0:1]",
        "pinpoint.test", "PINPOINT.TEST:80", "pinpoint.test.",
    ],
)  # fmt: skip
def test_its_own_names_are_answered(host: str) -> None:
    """With any port, in any case, with a dot at the end, and in IPv6."""
    assert POLICY.allows_host(host)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "evil.example:7467", "localhost.evil.example", "evil-localhost",
        "127.0.0.1.evil.example", "evil@localhost", "localhost@evil.example", "", "10.0.0.1",
        "[::2]", "[::1", "::1", "localhost,evil.example", "localhost/evil.example",
        "localhost, evil.example", "localhost:80:80", "localhost:x", "localhost..", "\xff",
        "0.0.0.0", "www.pinpoint.test", "*", "*.test", "a" * 254,
    ],
)  # fmt: skip
def test_other_names_are_refused(host: str) -> None:
    """A site whose name resolves to this machine reads nothing: DNS rebinding."""
    assert not POLICY.allows_host(host)


def test_a_server_on_all_addresses_answers_to_each_of_them() -> None:
    """But to no further name."""
    policy = AccessPolicy(["0.0.0.0"], any_address=True)
    assert policy.allows_host("192.0.2.1:7467")
    assert not policy.allows_host("evil.example")
    assert str(policy) == "localhost, every IP address"


def test_its_names_are_listed() -> None:
    """Each once, those of the loopback interface first."""
    assert str(POLICY) == "localhost, 127.0.0.1, ::1, pinpoint.test"


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "http://localhost:3001", "https://localhost:3000", "null",
        "http://[", "x", "\xff", "http://localhost.evil.example", "http://localhost/",
        "https://evil@localhost",
    ],
)  # fmt: skip
def test_other_origins_are_refused(origin: str) -> None:
    """Pages of other sites may not use the server."""
    assert not POLICY.allows_origin(origin, "localhost")


@pytest.mark.parametrize("origin", ["", PAGE, PAGE.upper(), "http://localhost:7467"])
def test_own_and_allowed_origins_are_answered(origin: str) -> None:
    """So are requests without one, and those of a page of the server itself."""
    assert POLICY.allows_origin(origin, "LOCALHOST:7467")


@pytest.mark.parametrize("name", ["box:7467", "http://box", "", "a b", "*", "*.box"])
def test_malformed_names_are_refused(name: str) -> None:
    """A name has neither a scheme nor a port."""
    with pytest.raises(UsageError, match="invalid host name"):
        AccessPolicy([name])


@pytest.mark.parametrize("origin", ["localhost:3000", "*", "http://", "ftp://localhost"])
def test_malformed_origins_are_refused(origin: str) -> None:
    """An origin has a scheme and a name."""
    with pytest.raises(UsageError, match="invalid origin"):
        AccessPolicy([], [origin])
