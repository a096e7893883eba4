"""Chooses the fields of the object type that the profiles of a run have."""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pinpoint_endpoints.convert.account import Count
from pinpoint_endpoints.convert.addresses import names_opted_out
from pinpoint_endpoints.convert.grouping import User
from pinpoint_endpoints.convert.reach import (
    DATE,
    DEVICES,
    EMAIL_TARGETS,
    NOT_IN_FIELD_NAMES,
    PHONE_TARGETS,
    added_attributes,
    opt_out_key,
    reach_of,
    targets_of,
)
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint
from pinpoint_endpoints.quotas import (
    MAX_OBJECT_TYPE_FIELDS,
    MAX_PROFILE_OBJECT_DAYS,
    MAX_PROFILE_VALUE_LENGTH,
)

OBJECT_TYPE_NAME = "PinpointUser"
UNIQUE_KEY = "pinpointUserId"
ATTRIBUTE = "attr_"

_TEXT, _EMAIL, _PHONE = "STRING", "EMAIL_ADDRESS", "PHONE_NUMBER"


class Field(NamedTuple):
    """A field of the object type.

    Attributes:
        name: the name of the field, and of the member of a profile object.
        target: the member of the profile that it is written to.
        content_type: its type, as the service names it.
    """

    name: str
    target: str
    content_type: str = _TEXT


EMAIL_FIELDS = tuple(
    Field(f"email{number}", target, _EMAIL) for number, target in enumerate(EMAIL_TARGETS, 1)
)
PHONE_FIELDS = tuple(
    Field(f"phone{number}", target, _PHONE) for number, target in enumerate(PHONE_TARGETS, 1)
)
FIXED_FIELDS = (
    Field("userId", "AccountNumber"),
    *EMAIL_FIELDS,
    *PHONE_FIELDS,
    Field("city", "Address.City"),
    Field("country", "Address.Country"),
    Field("postalCode", "Address.PostalCode"),
    Field("state", "Address.State"),
    Field("province", "Address.Province"),
    Field("optOut", "Attributes.PinpointOptOut"),
    Field("inactive", "Attributes.PinpointInactive"),
)
"""The fields of every object type."""

_MAX_REMEMBERED = 10_000
"""Many endpoints have the same cities, devices and attributes."""

_MAX_FIELD_NAME_LENGTH = 64
SEGMENT_KEY = re.compile("[A-Za-z_][A-Za-z_0-9-]*")
"""Attribute keys that segments accept (AWS: Connect API reference, "ProfileAttributes")."""

USER, DEMOGRAPHIC, LOCATION = "User.UserAttributes", "Demographic", "Location"
KINDS = (USER, "Attributes", "Metrics", DEMOGRAPHIC, LOCATION)
"""Members that become attributes of a profile; where keys clash, earlier ones have priority."""

_COORDINATES = ("Latitude", "Longitude")

_Slot = tuple[str, str, int | None]
"""A value of a profile's attribute: the kind, the name, and the index if there are several."""


Learned = tuple[Sequence[tuple[str, str, int | None, int]], Sequence[str]]
"""The number of endpoints per attribute and number of values; and the attributes `pe` adds."""


class Fields:
    """Chooses the fields of all profiles of a run, once it has counted the attributes.

    A name in both UserAttributes and Attributes is the user attribute's; the endpoint attribute's
    key begins with `Endpoint_`. Names that are equal without the characters that are not allowed
    get numbers, in their order. If an object type cannot have that many fields, those that the
    fewest users have are left out.

    Args:
        opts_out: whether any endpoint with this channel type and address is opted out.
        count: returns the count of a rule and a member in the account.
        strict_keys: whether keys that segments may not accept are changed.
        max_fields: how many fields an object type can have.

    Attributes:
        harmless: recently checked texts that name no opted-out address.
    """

    def __init__(
        self,
        opts_out: Callable[[str, str], bool],
        count: Callable[[str, str], Count],
        *,
        strict_keys: bool = False,
        max_fields: int = MAX_OBJECT_TYPE_FIELDS,
    ) -> None:
        self.opts_out = opts_out
        self.harmless: set[str] = set()
        self._count = count
        self._strict_keys = strict_keys
        self._max_fields = max_fields
        self._single: dict[str, dict[str, int]] = {kind: {} for kind in KINDS}
        self._several: dict[tuple[str, str, int], int] = {}
        self._derived: set[str] = set()
        self._fields: dict[_Slot, Field] = {}
        self.known_columns: dict[str, dict[tuple[str, int], Columns]] = {kind: {} for kind in KINDS}
        self._derived_fields: dict[str, Field] = {}

    def learn(self, endpoint: UserEndpoint) -> None:
        """Count the attributes of an endpoint."""
        several = self._several
        for kind, members in attribute_members(endpoint.request):
            single = self._single[kind]
            for name, value in members.items():
                if type(value) is not list or len(value) == 1:
                    single[name] = single.get(name, 0) + 1
                else:
                    number = len(value) - value.count("") - value.count(None)
                    several[kind, name, number] = several.get((kind, name, number), 0) + 1
        if endpoint.request.get("EffectiveDate"):
            self._derived.add(DATE)
        if not targets_of(endpoint.channel):
            self._derived.add(DEVICES)

    def learn_opt_outs(self, channels: Iterable[str]) -> None:
        """Note the channel types of opted-out endpoints, when it is known which documents count."""
        self._derived.update(opt_out_key(channel) for channel in channels if channel)

    def learn_user(self, user: User) -> None:
        """Note what `pe` adds for a user with more endpoints than a profile has places."""
        reach = reach_of(user, self.opts_out, lambda _rule, _member, _place: None)
        self._derived.update(added_attributes(user, reach))

    def learned(self) -> Learned:
        """Return what was counted and noted, for `learn_from`."""
        single = [
            (kind, name, None, number)
            for kind, names in self._single.items()
            for name, number in names.items()
        ]
        several = [(*key, number) for key, number in self._several.items()]
        return [*single, *several], [*self._derived]

    def learn_from(self, learned: Learned) -> None:
        """Add what another instance has learned from other endpoints and users."""
        slots, derived = learned
        for kind, name, values, number in slots:
            if values is None:
                self._single[kind][name] = self._single[kind].get(name, 0) + number
            else:
                key = kind, name, values
                self._several[key] = self._several.get(key, 0) + number
        self._derived.update(derived)

    def choose(self) -> None:
        """Choose the names, once all endpoints, users and opted-out addresses are known."""
        slots: Counter[_Slot] = Counter()
        for kind, single in self._single.items():
            for name, users in single.items():
                if not self.have_opted_out([name]):
                    slots[kind, name, None] += users
        for (kind, name, number), users in self._several.items():
            if not self.have_opted_out([name]):
                for slot in _slots(kind, name, number):
                    slots[slot] += users
        room = self._max_fields - len(FIXED_FIELDS) - len(self._derived)
        by_use = sorted(slots, key=lambda slot: (-slots[slot], _order(slot)))
        keys = dict.fromkeys((field.target for field in FIXED_FIELDS), 1)
        names: dict[str, int] = {}
        for key in sorted(self._derived):
            self._derived_fields[key] = _field(key, keys, names)
        user_names = {name for kind, name, _ in slots if kind == USER}
        for slot in sorted(by_use[: max(room, 0)], key=_order):
            key = self._key_of(slot, clashes=slot[1] in user_names)
            self._fields[slot] = _field(key, keys, names)

    def have_opted_out(self, texts: Collection[str]) -> bool:
        """Return whether any of some texts names an opted-out address, once all are known."""
        harmless = self.harmless
        if harmless.issuperset(texts):
            return False
        for text in texts:
            if text not in harmless:
                if names_opted_out(text, self.opts_out):
                    return True
                if len(harmless) >= _MAX_REMEMBERED:
                    harmless.clear()
                harmless.add(text)
        return False

    def columns(self, kind: str, name: str, number: int) -> "Columns":
        """Return the fields of the values of an attribute."""
        fields = [(slot, self._fields.get(slot)) for slot in _slots(kind, name, number)]
        names = tuple(field.name if field else "" for _, field in fields)
        rules = ["carried" if number == 1 else "split"] if any(names) else []
        if self.have_opted_out([name]):
            rules, fields = ["opted-out-name"], []
        for slot, field in fields:
            rules += _rules_of_key(slot, field) if field else ["no-room"]
        member = f"{kind}.{name}"
        counts = [self._count(rule, member) for rule in rules]
        columns = Columns(names, counts, self._count("newest-wins", member))
        if any(names):  # names without a field have no limit
            self.known_columns[kind][name, number] = columns
        return columns

    def of_derived(self, key: str) -> Field:
        """Return the field of an attribute that `pe` adds."""
        return self._derived_fields[key]

    def own(self) -> list[Field]:
        """Return the fields of attributes that endpoints have, without those that `pe` adds."""
        return [*self._fields.values()]

    def keys_of(self, kind: str, name: str) -> list[str]:
        """Return the keys of a profile's attributes that the values of a member go to."""
        begin = "Attributes."
        return [
            field.target.removeprefix(begin)
            for slot, field in self._fields.items()
            if slot[:2] == (kind, name)
        ]

    def all(self) -> list[Field]:
        """Return the fields of the object type, in the order of a CSV file's columns."""
        return [*FIXED_FIELDS, *self._derived_fields.values(), *self._fields.values()]

    def _key_of(self, slot: _Slot, *, clashes: bool) -> str:
        key = _plain_key(slot, clashes=clashes).replace(".", "_")
        if self._strict_keys and not SEGMENT_KEY.fullmatch(key):
            key = NOT_IN_FIELD_NAMES.sub("_", key)
            if not SEGMENT_KEY.fullmatch(key):
                key = f"_{key}"
        return key or "_"


class Columns(NamedTuple):
    """The fields that the values of an attribute are written to.

    Attributes:
        names: the names of the fields; empty for values without one, for lack of room.
        counts: the counts of the rules that apply to the attribute, in the account.
        older: the count of values that a newer endpoint of the user replaces.
    """

    names: Sequence[str]
    counts: Sequence[Count]
    older: Count


def object_type(fields: Fields) -> dict[str, Any]:
    """Return the input of PutProfileObjectType without the name of the domain.

    Keys without standard identifiers are only searched: two users who share an address stay two.
    """
    return {
        "ObjectTypeName": OBJECT_TYPE_NAME,
        "Description": "Amazon Pinpoint user: all endpoints of one User.UserId",
        "AllowProfileCreation": True,
        "ExpirationDays": MAX_PROFILE_OBJECT_DAYS,
        "Fields": {
            field.name: {
                "Source": f"_source.{field.name}",
                "Target": f"_profile.{field.target}",
                "ContentType": field.content_type,
            }
            for field in fields.all()
        },
        "Keys": {
            UNIQUE_KEY: [{"StandardIdentifiers": ["PROFILE", "UNIQUE"], "FieldNames": ["userId"]}],
            "_account": [{"FieldNames": ["userId"]}],
            "_email": [{"FieldNames": ["email1"]}],
            "_phone": [{"FieldNames": ["phone1"]}],
        },
    }


def attribute_members(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Yield the members of an endpoint that become attributes, by their kind."""
    user = request.get("User")
    for kind in KINDS:
        if kind != USER:
            members = request.get(kind)
        else:
            members = user.get("UserAttributes") if isinstance(user, dict) else None
        if isinstance(members, dict):
            if kind == LOCATION:
                members = {name: members[name] for name in _COORDINATES if name in members}
            if members:
                yield kind, members


def _rules_of_key(slot: _Slot, field: Field) -> Iterator[str]:
    """Yield the rules for a key that is not the attribute's name, or that segments may refuse."""
    key = field.target.removeprefix("Attributes.")
    if key != _plain_key(slot, clashes=False):
        yield "name-in-both" if key == _plain_key(slot, clashes=True) else "renamed"
    if not SEGMENT_KEY.fullmatch(key):
        yield "not-for-segments"


def _slots(kind: str, name: str, number: int) -> Sequence[_Slot]:
    if number == 1:
        return ((kind, name, None),)
    return [(kind, name, index) for index in range(number)]


def _plain_key(slot: _Slot, *, clashes: bool) -> str:
    kind, name, index = slot
    prefix = "" if kind == USER else f"{kind}_"
    if kind == "Attributes":
        prefix = "Endpoint_" if clashes else ""
    return f"{prefix}{name}" if index is None else f"{prefix}{name}_{index}"


def _order(slot: _Slot) -> tuple[int, str, int]:
    kind, name, index = slot
    return KINDS.index(kind), name, -1 if index is None else index


def _field(key: str, keys: dict[str, int], names: dict[str, int]) -> Field:
    """Return a field for an attribute with a key and a name that no other field has."""
    target = unused(f"Attributes.{key}"[:MAX_PROFILE_VALUE_LENGTH], keys)
    name = f"{ATTRIBUTE}{NOT_IN_FIELD_NAMES.sub('_', key)}"[:_MAX_FIELD_NAME_LENGTH]
    return Field(unused(name, names, _MAX_FIELD_NAME_LENGTH), target)


def unused(text: str, used: dict[str, int], longest: int = MAX_PROFILE_VALUE_LENGTH) -> str:
    """Return a text that is not used yet, with a number at its end if necessary.

    Args:
        text: the text without a number.
        used: the texts in use, each with its highest number; the returned one is added.
        longest: how many characters it may have.
    """
    candidate, number = text, used.get(text, 1)
    while candidate in used:
        number += 1
        ending = f"_{number}"
        candidate = text[: longest - len(ending)] + ending
    used[text] = number
    used.setdefault(candidate, 1)
    return candidate
