"""Merge the attributes of users over their endpoints, as the service keeps them."""

from array import array
from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping, Sized
from itertools import chain
from typing import Any, NamedTuple

from pinpoint_endpoints.segments.evaluate import Endpoint, effective_date

_Values = tuple[str, ...]
_Own = tuple[tuple[str, _Values], ...]
"""The attributes of one endpoint's user, with their names."""

_MAX_SHARED = 50_000
_NEVER = float("-inf")
_MAX_KEPT = 250_000


class UserComparison:
    """Finds the users whose attributes differ between their endpoints, in 16 bytes an endpoint.

    Args:
        names: which attributes matter.
    """

    def __init__(self, names: Collection[str]) -> None:
        self._names = tuple(names)
        self._users = array("q")
        self._attributes = array("q")

    def add(self, endpoint: Endpoint) -> None:
        """Take note of an endpoint's user."""
        user_id, attributes = _user_of(endpoint)
        if user_id:
            values = tuple(str(attributes.get(name)) for name in self._names)
            self._users.append(hash(user_id))
            self._attributes.append(hash(values))

    def differing(self) -> frozenset[int]:
        """Return the hashes of the ids of users whose attributes differ."""
        return frozenset(chain.from_iterable(map(self._differing, parts_of(self._users))))

    def _differing(self, part: Container[int]) -> Iterator[int]:
        first: dict[int, int] = {}
        for user, attributes in zip(self._users, self._attributes, strict=True):
            if user in part and first.setdefault(user, attributes) != attributes:
                yield user


class _Part(NamedTuple):
    """One part of all hashes.

    Attributes:
        number: the rest that its hashes leave.
        divisor: how many parts there are.
    """

    number: int
    divisor: int

    def __contains__(self, value: object) -> bool:
        return isinstance(value, int) and value % self.divisor == self.number


def count_different(hashes: "array[int]") -> int:
    """Return how many different hashes there are, in little memory."""
    divisor = 1 + len(hashes) // _MAX_KEPT
    return sum(len({one for one in hashes if one % divisor == rest}) for rest in range(divisor))


def parts_of(hashes: Sized) -> Iterator[_Part]:
    """Yield parts of hashes that are small enough to be kept in a set or a dictionary."""
    divisor = 1 + len(hashes) // _MAX_KEPT
    return (_Part(number, divisor) for number in range(divisor))


class UserAttributes:
    """The attributes of each user, merged over the endpoints that were added.

    Of each attribute the newest value counts, by the EffectiveDate of its endpoint; of equally old
    ones the last. Memory grows by some 300 bytes a user.

    Args:
        names: which attributes matter; None for all.
        users: hashes of the ids of the users that matter; None for all.
    """

    def __init__(
        self, names: Collection[str] | None = None, users: Container[int] | None = None
    ) -> None:
        self._names = None if names is None else tuple(names)
        self._of_interest = users
        self._users: dict[str, tuple[float, _Own] | dict[str, tuple[float, _Values]]] = {}
        self._shared: dict[_Own, _Own] = {}
        self._conflicts: set[tuple[str, str]] = set()

    def add(self, endpoint: Endpoint) -> None:
        """Take note of an endpoint's user."""
        user_id, own = self._own(endpoint)
        if not own:
            return
        date = effective_date(endpoint)
        date = _NEVER if date is None else date
        known = self._users.get(user_id)
        if known is None:
            self._users[user_id] = (date, self._share(own))
            return
        if isinstance(known, tuple):
            known_date, values = known
            if values == own:
                if date > known_date:
                    self._users[user_id] = (date, values)
                return
            known = {name: (known_date, found) for name, found in values}
            self._users[user_id] = known
        self._merge(user_id, known, date, own)

    def _merge(
        self, user_id: str, known: dict[str, tuple[float, _Values]], date: float, own: _Own
    ) -> None:
        for name, values in own:
            known_date, found = known.get(name, (_NEVER, values))
            if found != values:
                self._conflicts.add((user_id, name))
            if date >= known_date:
                known[name] = (date, values)

    def merged(self, endpoint: Endpoint) -> Endpoint:
        """Return an endpoint with the attributes of its user; itself if it has all of them."""
        user_id, own = self._own(endpoint)
        known = self._users.get(user_id)
        if known is None:
            return endpoint
        if isinstance(known, tuple):
            if known[1] == own:
                return endpoint
            values = dict(known[1])
        else:
            values = {name: found for name, (_, found) in known.items()}
        _, others = _user_of(endpoint)
        merged = {**others, **{name: [*found] for name, found in values.items()}}
        return {**endpoint, "User": {**endpoint["User"], "UserAttributes": merged}}

    @property
    def conflicts(self) -> Counter[str]:
        """For how many users an attribute has several values, by its name."""
        return Counter(name for _, name in self._conflicts)

    def _own(self, endpoint: Endpoint) -> tuple[str, _Own]:
        user_id, attributes = _user_of(endpoint)
        if self._of_interest is not None and hash(user_id) not in self._of_interest:
            return "", ()
        own = [
            (name, tuple(value for value in attributes[name] if isinstance(value, str)))
            for name in (attributes if self._names is None else self._names)
            if isinstance(attributes.get(name), list)
        ]
        return user_id, tuple(own) if user_id else ()

    def _share(self, own: _Own) -> _Own:
        """Return equal attributes as one object: most users have the values of many others."""
        if len(self._shared) < _MAX_SHARED:
            return self._shared.setdefault(own, own)
        return self._shared.get(own, own)


def user_id_of(endpoint: Mapping[str, Any]) -> str:
    """Return the id of an endpoint's user, or an empty string."""
    return _user_of(endpoint)[0]


def _user_of(endpoint: Mapping[str, Any]) -> tuple[str, Mapping[str, Any]]:
    """Return the id and the attributes of an endpoint's user; empty if there are none."""
    user = endpoint.get("User")
    if not isinstance(user, dict):
        return "", {}
    user_id, attributes = user.get("UserId"), user.get("UserAttributes")
    return (
        user_id if isinstance(user_id, str) else "",
        attributes if isinstance(attributes, dict) else {},
    )
