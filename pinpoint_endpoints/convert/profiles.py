"""Maps the endpoints of a user to one object for Amazon Connect Customer Profiles.

An object is flat, so that JSON Lines and CSV, whose headers may have no dots, share an object type.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from types import NoneType
from typing import Any, NamedTuple

from pinpoint_endpoints.checks.rules.address import phone_number
from pinpoint_endpoints.checks.rules.iso_codes import ALPHA_2, COUNTRIES
from pinpoint_endpoints.convert.account import (
    OPTED_OUT_IN_INVALID,
    OPTED_OUT_NAME,
    OPTED_OUT_VALUE,
    Action,
    Change,
    Count,
    Rule,
)
from pinpoint_endpoints.convert.addresses import PHONE_CHANNELS, names_opted_out
from pinpoint_endpoints.convert.by_id import RULES_OF_READING
from pinpoint_endpoints.convert.formats import MappedMember
from pinpoint_endpoints.convert.grouping import User
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, dumps, text_of
from pinpoint_endpoints.quotas import (
    MAX_OBJECT_TYPE_FIELDS,
    MAX_PROFILE_OBJECT_BYTES,
    MAX_PROFILE_OBJECT_DAYS,
    MAX_PROFILE_VALUE_LENGTH,
)

OBJECT_TYPE_NAME = "PinpointUser"
UNIQUE_KEY = "pinpointUserId"

_EMAIL_TARGETS = ("EmailAddress", "PersonalEmailAddress", "BusinessEmailAddress")
_PHONE_TARGETS = ("PhoneNumber", "MobilePhoneNumber", "HomePhoneNumber", "BusinessPhoneNumber")
_TEXT, _EMAIL, _PHONE = "STRING", "EMAIL_ADDRESS", "PHONE_NUMBER"


class Field(NamedTuple):
    """A field of the object type.

    Attributes:
        name: of the field, and of the member of a profile object.
        target: where it goes in the profile.
        content_type: as the service names it.
    """

    name: str
    target: str
    content_type: str = _TEXT


_EMAILS = tuple(
    Field(f"email{number}", target, _EMAIL) for number, target in enumerate(_EMAIL_TARGETS, 1)
)
_PHONES = tuple(
    Field(f"phone{number}", target, _PHONE) for number, target in enumerate(_PHONE_TARGETS, 1)
)
MIN_SLOTS = min(len(_EMAILS), len(_PHONES))
"""A user with no more endpoints than this has a place for every address."""

FIXED_FIELDS = (
    Field("userId", "AccountNumber"),
    *_EMAILS,
    *_PHONES,
    Field("city", "Address.City"),
    Field("country", "Address.Country"),
    Field("postalCode", "Address.PostalCode"),
    Field("state", "Address.State"),
    Field("province", "Address.Province"),
    Field("optOut", "Attributes.PinpointOptOut"),
    Field("inactive", "Attributes.PinpointInactive"),
)
"""The fields of every object type."""

_DIGEST_BYTES = 16
_MAX_REMEMBERED = 10_000
"""Many endpoints have the same cities, devices and attributes."""

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_MAX_FIELD_NAME_LENGTH = 64
_NOT_IN_FIELD_NAMES = re.compile("[^A-Za-z0-9_-]")
SEGMENT_KEY = re.compile("[A-Za-z_][A-Za-z_0-9-]*")
"""Attribute keys that segments accept (AWS: Connect API reference, "ProfileAttributes")."""

_USER, _DEMOGRAPHIC, _LOCATION = "User.UserAttributes", "Demographic", "Location"
_KINDS = (_USER, "Attributes", "Metrics", _DEMOGRAPHIC, _LOCATION)
"""Members that become attributes of a profile, in the order in which they choose their keys."""

_OF_ONE_DEVICE = frozenset({_DEMOGRAPHIC, _LOCATION})
_ADDRESS_MEMBERS = ("City", "Country", "PostalCode", "Region")
_COORDINATES = ("Latitude", "Longitude")
_OF_THE_SERVICE = ("RequestId",)
_KNOWN = frozenset(
    {"ChannelType", "Address", "OptOut", "EndpointStatus", "EffectiveDate", "User", *_KINDS}
)

_STATES = ("OptOut", "EndpointStatus")
_OBJECTS = ("User", "Attributes", "Metrics", "Demographic", "Location")
_OBJECT_OR_NONE = (dict, NoneType)

_Slot = tuple[str, str, int | None]
"""A value of a profile's attribute: the kind, the name, and the index if there are several."""


Learned = tuple[Sequence[tuple[str, str, int | None, int]], Sequence[str]]
"""How many endpoints have which attributes, with how many values; and what `pe` adds."""

_DATE, _DEVICES = "PinpointEffectiveDate", "PinpointDevices"


class Fields:
    """The fields of all profiles of a run: first it learns what there is, then it chooses names.

    A name in both UserAttributes and Attributes is the user attribute's; the endpoint attribute's
    key begins with `Endpoint_`. Names that are equal once they are cleaned get numbers, in their
    order. Where there are more than an object type can have, those that the fewest users have are
    left out.

    Args:
        opts_out: whether any endpoint with this channel type and address is opted out.
        count: returns the count of a rule and a member in the account.
        strict_keys: whether keys that segments may not accept are changed.
        max_fields: of an object type.

    Attributes:
        harmless: texts of late that name no opted-out address.
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
        self._single: dict[str, dict[str, int]] = {kind: {} for kind in _KINDS}
        self._several: dict[tuple[str, str, int], int] = {}
        self._derived: set[str] = set()
        self._fields: dict[_Slot, Field] = {}
        self.known_columns: dict[str, dict[tuple[str, int], Columns]] = {
            kind: {} for kind in _KINDS
        }
        self._derived_fields: dict[str, Field] = {}

    def learn(self, endpoint: UserEndpoint) -> None:
        """Take note of what an endpoint has."""
        several = self._several
        for kind, members in _attribute_members(endpoint.request):
            single = self._single[kind]
            for name, value in members.items():
                if type(value) is not list or len(value) == 1:
                    single[name] = single.get(name, 0) + 1
                else:
                    number = len(value) - value.count("") - value.count(None)
                    several[kind, name, number] = several.get((kind, name, number), 0) + 1
        if endpoint.request.get("EffectiveDate"):
            self._derived.add(_DATE)
        if not _slots_for(endpoint.channel):
            self._derived.add(_DEVICES)

    def learn_opt_outs(self, channels: Iterable[str]) -> None:
        """Take note of channel types that endpoints have opted out of, once one of each counts."""
        self._derived.update(_opt_out_key(channel) for channel in channels if channel)

    def learn_user(self, user: User) -> None:
        """Take note of the addresses of a user with more endpoints than a profile has places."""
        reach = _reach(user, self.opts_out, lambda _rule, _member, _place: None)
        self._derived.update(_derived(user, reach))

    def learned(self) -> Learned:
        """Return what was learned, for other fields to learn it."""
        single = [
            (kind, name, None, number)
            for kind, names in self._single.items()
            for name, number in names.items()
        ]
        several = [(*key, number) for key, number in self._several.items()]
        return [*single, *several], [*self._derived]

    def learn_from(self, learned: Learned) -> None:
        """Learn what other fields have learned from other endpoints and users."""
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
        user_names = {name for kind, name, _ in slots if kind == _USER}
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
            key = _NOT_IN_FIELD_NAMES.sub("_", key)
            if not SEGMENT_KEY.fullmatch(key):
                key = f"_{key}"
        return key or "_"


class Columns(NamedTuple):
    """Where the values of an attribute go.

    Attributes:
        names: of the fields of its values; empty where there was no room for a field.
        counts: of the rules by which it goes there, in the account.
        older: the count of values that a newer endpoint of the user replaces.
    """

    names: Sequence[str]
    counts: Sequence[Count]
    older: Count


def object_type(fields: Fields) -> dict[str, Any]:
    """Return the input of PutProfileObjectType, but for the name of the domain.

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


class Profile(NamedTuple):
    """What a user becomes.

    Attributes:
        members: the profile object: its members by the names of their fields.
        devices: the reachable endpoints that a profile has no place for, such as push tokens.
        suppressed: endpoints whose address is not in the profile, because nobody is to be reached
            there, each with the reason.
    """

    members: dict[str, str]
    devices: list[dict[str, Any]]
    suppressed: list[tuple[UserEndpoint, str]]


def profile_of(user: User, fields: Fields, change: Change) -> Profile:
    """Map a user, and take note of what becomes of each member of the endpoints.

    Args:
        user: from `Grouping`.
        fields: which has learned from this user, and chosen the names.
        change: told of each member.
    """
    key = f"endpoint:{user.key}" if user.clashes else user.key
    if len(key) > MAX_PROFILE_VALUE_LENGTH:
        change("long-key", "User.UserId" if user.is_user else "Id", user.endpoints[0].place)
        digest = blake2b(key.encode(errors="replace"), digest_size=_DIGEST_BYTES).hexdigest()
        key = f"{key[: MAX_PROFILE_VALUE_LENGTH - len(digest) - 1]}~{digest}"
    members = {"userId": key}
    if names_opted_out(user.key, fields.opts_out):
        member = "User.UserId" if user.is_user else "Id"
        change("opted-out-key", member, user.endpoints[0].place)
    _note_users(user, change)
    reach = _reach(user, fields.opts_out, change)
    for slots, addresses in ((_EMAILS, reach.emails), (_PHONES, reach.phones)):
        members.update((slot.name, text) for slot, text in zip(slots, addresses, strict=False))
    members.update(_address(user, fields, change))
    for name, text in _derived(user, reach).items():
        members[fields.of_derived(name).name] = text[:MAX_PROFILE_VALUE_LENGTH]
    members["optOut"] = how_many(endpoint.opted_out for endpoint in user.endpoints)
    members["inactive"] = how_many(endpoint.inactive for endpoint in user.endpoints)
    _add_attributes(members, user, fields, change)
    _drop_what_is_too_large(members, user, change)
    for endpoint in reach.devices if user.is_user else ():
        note_id(endpoint, fields, change)
    devices = [_device(user, endpoint, fields) for endpoint in reach.devices]
    return Profile(members, devices, reach.suppressed)


def note_id(endpoint: UserEndpoint, fields: Fields, change: Change) -> None:
    """Take note of the id of a user's endpoint if it is an address that is opted out."""
    if names_opted_out(endpoint.endpoint_id, fields.opts_out):
        change("opted-out-key", "Id", endpoint.place)


class _Reach(NamedTuple):
    """Where a user can be reached, and where not; addresses are in the order of the endpoints."""

    emails: list[str]
    phones: list[str]
    devices: list[UserEndpoint]
    suppressed: list[tuple[UserEndpoint, str]]


def _reach(user: User, opts_out: Callable[[str, str], bool], change: Change) -> _Reach:
    reach = _Reach([], [], [], [])
    known: set[str] = set()
    for endpoint in user.endpoints:
        channel, place = endpoint.channel, endpoint.place
        address = endpoint.address.strip()
        if not address:
            change("no-address", "Address", place)
            continue
        reason = reason_to_suppress(endpoint, opts_out)
        if reason:
            change(reason, "Address", place)
            reach.suppressed.append((endpoint, reason))
        elif not (fields := _slots_for(channel)):
            change("own-file", f"Address of {channel or 'no channel type'}", place)
            reach.devices.append(endpoint)
        elif len(address) > MAX_PROFILE_VALUE_LENGTH:
            change("too-long", "Address", place)
        else:
            text = address if channel == "EMAIL" else _e164(address, place, change)
            spelling = text.lower()
            if spelling in known:
                change("same-address", "Address", place)
                continue
            known.add(spelling)
            addresses = reach.emails if channel == "EMAIL" else reach.phones
            addresses.append(text)
            has_place = len(addresses) <= len(fields)
            change("carried" if has_place else "more-addresses", "Address", place)
    return reach


def _slots_for(channel: str) -> Sequence[Field]:
    """Return the fields for the addresses of a channel; none for those that are devices."""
    if channel == "EMAIL":
        return _EMAILS
    return _PHONES if channel in PHONE_CHANNELS else ()


def reason_to_suppress(endpoint: UserEndpoint, opts_out: Callable[[str, str], bool]) -> str:
    """Return by which rule nobody is to be reached at an endpoint's address; else nothing."""
    if endpoint.opted_out:
        return "opted-out"
    if endpoint.inactive:
        return "inactive"
    return "opted-out-elsewhere" if opts_out(endpoint.channel, endpoint.address) else ""


def _e164(address: str, place: str, change: Change) -> str:
    number = e164(address)
    if number != address:
        change("to-e164" if number else "not-e164", "Address", place)
    return number or address


def e164(address: str) -> str:
    """Return a phone number in E.164 form; nothing if it is none."""
    if _E164.fullmatch(address):
        return address
    for finding in phone_number({"ChannelType": "SMS", "Address": address}):
        return finding.fix.text if finding.fix is not None else ""
    return address


def _derived(user: User, reach: _Reach) -> dict[str, str]:
    """Return the attributes that `pe` adds, but for the two of every profile."""
    derived = {
        f"EmailAddress_{number}": text
        for number, text in enumerate(reach.emails[len(_EMAILS) :], len(_EMAILS) + 1)
    }
    for number, text in enumerate(reach.phones[len(_PHONES) :], len(_PHONES) + 1):
        derived[f"PhoneNumber_{number}"] = text
    for endpoint in user.endpoints:
        if endpoint.opted_out and endpoint.channel:
            derived[_opt_out_key(endpoint.channel)] = "ALL"
    if reach.devices:
        derived[_DEVICES] = str(len(reach.devices))
    date = text_of(user.endpoints[0].request.get("EffectiveDate"))
    if date:
        derived[_DATE] = date
    return derived


def _opt_out_key(channel: str) -> str:
    return f"PinpointOptOut_{_NOT_IN_FIELD_NAMES.sub('_', channel)[:20]}"


def how_many(flags: Iterable[bool]) -> str:
    """Return whether something is so of `ALL` endpoints, of `SOME` or of `NONE`."""
    known = set(flags)
    if len(known) > 1:
        return "SOME"
    return "ALL" if known == {True} else "NONE"


def _add_attributes(members: dict[str, str], user: User, fields: Fields, change: Change) -> None:
    """Add the values that become attributes: of each name, those of the newest endpoint.

    Demographic and coordinates are of one device, so they are not mixed from several endpoints.
    Most values are one text: those are looked at here, because a call takes longer.
    """
    newest: dict[str, dict[str, list[str]]] = {}
    has_others = len(user.endpoints) > 1
    none: list[str] = []
    harmless = fields.harmless
    for endpoint in user.endpoints:
        place = endpoint.place
        for kind, attributes in _attribute_members(endpoint.request):
            known = fields.known_columns[kind]
            is_older = kind in newest and kind in _OF_ONE_DEVICE
            newer = newest.setdefault(kind, {})
            for name, value in attributes.items():
                texts = value if type(value) is list else [text_of(value)]
                text = texts[0] if len(texts) == 1 else None
                if type(text) is not str or not 0 < len(text) <= MAX_PROFILE_VALUE_LENGTH:
                    texts = _texts(value, f"{kind}.{name}", place, change)
                    if not texts:
                        continue
                number = len(texts)
                columns = known.get((name, number)) or fields.columns(kind, name, number)
                if has_others and newer.setdefault(name, none if is_older else texts) != texts:
                    columns.older.add(place)
                    continue
                names, counts = columns.names, columns.counts
                may_be_address = text not in harmless and kind != _LOCATION  # these are coordinates
                if may_be_address and fields.have_opted_out(texts):
                    change("opted-out-value", f"{kind}.{name}", place)
                    names, counts = _to_carry(columns, texts, fields)
                for count in counts:
                    count.add(place)
                if number == 1:
                    members[names[0]] = texts[0]
                else:
                    members.update(zip(names, texts, strict=True))
    members.pop("", None)  # values without a field, or withheld


def _to_carry(
    columns: Columns, texts: Sequence[str], fields: Fields
) -> tuple[Sequence[str], Sequence[Count]]:
    """Return fields and counts, without those of values that name an address that is opted out."""
    withheld = [fields.have_opted_out([text]) for text in texts]
    names = ["" if one else name for one, name in zip(withheld, columns.names, strict=True)]
    return names, () if all(withheld) else columns.counts


def _attribute_members(request: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    user = request.get("User")
    for kind in _KINDS:
        if kind != _USER:
            members = request.get(kind)
        else:
            members = user.get("UserAttributes") if isinstance(user, dict) else None
        if isinstance(members, dict):
            if kind == _LOCATION:
                members = {name: members[name] for name in _COORDINATES if name in members}
            if members:
                yield kind, members


def _texts(value: object, member: str, place: str, change: Change) -> list[str]:
    """Return the values that a profile can have, cut to the length that it can have."""
    values: list[Any] = value if isinstance(value, list) else [value]
    if not values:
        change("empty", member, place)
    for text in values:
        if not isinstance(text, str) or not 0 < len(text) <= MAX_PROFILE_VALUE_LENGTH:
            break
    else:
        return values
    texts = []
    for text in map(text_of, values):
        if text:
            texts.append(text[:MAX_PROFILE_VALUE_LENGTH])
            if len(text) > MAX_PROFILE_VALUE_LENGTH:
                change("truncated", member, place)
        else:
            change("empty", member, place)
    return texts


def _address(user: User, fields: Fields, change: Change) -> dict[str, str]:
    """Return the members of `Address`, all of the newest endpoint that has any."""
    found: dict[str, str] = {}
    for endpoint in user.endpoints:
        location = endpoint.request.get("Location")
        if not isinstance(location, dict):
            continue
        texts = {name: text_of(location.get(name)) for name in _ADDRESS_MEMBERS}
        members = {name: text[:MAX_PROFILE_VALUE_LENGTH] for name, text in texts.items() if text}
        if fields.have_opted_out(members.values()):
            for name in [one for one, text in members.items() if fields.have_opted_out([text])]:
                change("opted-out-value", f"Location.{name}", endpoint.place)
                del members[name]
        if not members:
            continue
        this = _profile_address(tuple(members.items()))
        is_newest = not found
        found = found or this
        for name, text in members.items():
            rule = "carried" if found == this else "newest-wins"
            change(rule, f"Location.{name}", endpoint.place)
            if is_newest and text != texts[name]:
                change("truncated", f"Location.{name}", endpoint.place)
        if is_newest and members.get("Country", "") != this.get("country", ""):
            change("country-code", "Location.Country", endpoint.place)
    return found


@lru_cache
def _profile_address(items: tuple[tuple[str, str], ...]) -> dict[str, str]:
    members = dict(items)
    country = members.get("Country", "")
    code = country.strip().upper()
    country = ALPHA_2.get(code, code if code in COUNTRIES else country)
    region = "state" if country == "US" else "province"
    found = {
        "city": members.get("City", ""),
        "country": country,
        "postalCode": members.get("PostalCode", ""),
        region: members.get("Region", ""),
    }
    return {name: text for name, text in found.items() if text}


def _device(user: User, endpoint: UserEndpoint, fields: Fields) -> dict[str, Any]:
    """Return the object of an endpoint that a profile has no place for."""
    demographic = endpoint.request.get(_DEMOGRAPHIC)
    if not isinstance(demographic, dict):
        demographic = {}
    elif fields.have_opted_out([*map(text_of, demographic.values())]):
        demographic = {
            name: value
            for name, value in demographic.items()
            if not fields.have_opted_out([text_of(value)])
        }
    members = {
        "userId": user.key if user.is_user else "",
        "endpointId": endpoint.endpoint_id,
        "channelType": endpoint.channel,
        "address": endpoint.address,
        "effectiveDate": text_of(endpoint.request.get("EffectiveDate")),
        "demographic": demographic,
    }
    return {name: value for name, value in members.items() if value}


def _note_users(user: User, change: Change) -> None:
    """Take note of the members that every endpoint has, whatever is in them."""
    for endpoint in user.endpoints:
        place = endpoint.place
        if user.is_user:
            change("carried", "User.UserId", place)
        else:
            change("no-user" if not user.clashes else "key-clash", "Id", place)
        request = endpoint.request
        for name in request.keys() - _KNOWN:
            is_of_the_service = name in _OF_THE_SERVICE
            change("of-the-service" if is_of_the_service else "unknown-member", name, place)
        for name in _OBJECTS:
            if not isinstance(request.get(name), _OBJECT_OR_NONE):
                change("not-an-object", name, place)
        for name in _STATES:
            if name in request:
                change("carried", name, place)
        if endpoint.opted_out and not request.get("ChannelType"):
            change("no-channel", "OptOut", place)
        if request.get("EffectiveDate"):
            newest = endpoint is user.endpoints[0]
            change("carried" if newest else "older-date", "EffectiveDate", place)


def _rules_of_key(slot: _Slot, field: Field) -> Iterator[str]:
    """Yield the rules by which an attribute's key is not its name, or may not do for segments."""
    key = field.target.removeprefix("Attributes.")
    if key != _plain_key(slot, clashes=False):
        yield "name-in-both" if key == _plain_key(slot, clashes=True) else "renamed"
    if not SEGMENT_KEY.fullmatch(key):
        yield "not-for-segments"


def _drop_what_is_too_large(members: dict[str, str], user: User, change: Change) -> None:
    """Leave out the longest attributes of an object that is larger than the service accepts."""
    surely_fits = sum(map(len, members)) + sum(map(len, members.values())) < _SURELY_FITS
    if surely_fits or len(dumps(members)) <= MAX_PROFILE_OBJECT_BYTES:
        return
    attributes = [name for name in members if name.startswith(_ATTRIBUTE)]
    attributes.sort(key=lambda name: (-len(dumps(members[name])), name))
    for name in attributes:
        if len(dumps(members)) <= MAX_PROFILE_OBJECT_BYTES:
            return
        del members[name]
        change("too-large", name.removeprefix(_ATTRIBUTE), user.endpoints[0].place)


_SURELY_FITS = MAX_PROFILE_OBJECT_BYTES // 10
_ATTRIBUTE = "attr_"


def _slots(kind: str, name: str, number: int) -> Sequence[_Slot]:
    if number == 1:
        return ((kind, name, None),)
    return [(kind, name, index) for index in range(number)]


def _plain_key(slot: _Slot, *, clashes: bool) -> str:
    kind, name, index = slot
    prefix = "" if kind == _USER else f"{kind}_"
    if kind == "Attributes":
        prefix = "Endpoint_" if clashes else ""
    return f"{prefix}{name}" if index is None else f"{prefix}{name}_{index}"


def _order(slot: _Slot) -> tuple[int, str, int]:
    kind, name, index = slot
    return _KINDS.index(kind), name, -1 if index is None else index


def _field(key: str, keys: dict[str, int], names: dict[str, int]) -> Field:
    """Return a field for an attribute with a key and a name that no other field has."""
    target = unused(f"Attributes.{key}"[:MAX_PROFILE_VALUE_LENGTH], keys)
    name = f"{_ATTRIBUTE}{_NOT_IN_FIELD_NAMES.sub('_', key)}"[:_MAX_FIELD_NAME_LENGTH]
    return Field(unused(name, names, _MAX_FIELD_NAME_LENGTH), target)


def unused(text: str, used: dict[str, int], longest: int = MAX_PROFILE_VALUE_LENGTH) -> str:
    """Return a text that is not used, with a number at its end if need be, and note its use.

    Args:
        text: as it is wanted.
        used: texts, each with the last number that it was given.
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


_OPT_OUTS = (OPTED_OUT_VALUE, OPTED_OUT_NAME, OPTED_OUT_IN_INVALID)
RULES: Mapping[str, Rule] = {
    name: Rule(name, action, text)
    for name, action, text in (
        ("carried", Action.CARRIED, "it is in the output as it was"),
        ("same-address", Action.CARRIED, "the user's other endpoint with it has it already"),
        ("more-addresses", Action.CARRIED, "as attribute EmailAddress_4, PhoneNumber_5 and so on"),
        ("own-file", Action.CARRIED, "not of EMAIL, SMS or VOICE: it is in devices.jsonl"),
        ("not-e164", Action.CARRIED, "not a phone number in E.164 form: it may be unreachable"),
        ("opted-out-key", Action.CARRIED, "an address that is opted out: it stays the id"),
        ("not-for-segments", Action.CARRIED, "segments may refuse the key: --keys strict mends it"),
        ("no-user", Action.CHANGED, "no user id: it stands alone, named by its endpoint id"),
        ("key-clash", Action.CHANGED, "no user id, and a user has its id: endpoint: is put first"),
        ("long-key", Action.CHANGED, "a key of more than 255 characters ends with its hash"),
        ("to-e164", Action.CHANGED, "spaces and punctuation are removed"),
        ("country-code", Action.CHANGED, "a country is its two-letter code"),
        ("name-in-both", Action.CHANGED, "also a user attribute: the key begins with Endpoint_"),
        ("renamed", Action.CHANGED, "the key has other characters, or a number"),
        (
            "no-channel",
            Action.CHANGED,
            "no ChannelType: the channel is what the address tells, if it tells any",
        ),
        ("split", Action.SPLIT, "several values become NAME_0, NAME_1 and so on"),
        ("opted-out", Action.WITHHELD, "OptOut is not NONE: it is in suppressed.csv"),
        (
            "inactive",
            Action.WITHHELD,
            "EndpointStatus is not ACTIVE: in suppressed.csv, if no endpoint is ACTIVE there",
        ),
        (
            "opted-out-elsewhere",
            Action.WITHHELD,
            "another endpoint has opted this address out: it is in suppressed.csv",
        ),
        ("older-date", Action.SKIPPED, "the date of the user's newest endpoint counts"),
        ("of-the-service", Action.SKIPPED, "of use to Pinpoint alone"),
        ("no-address", Action.SKIPPED, "there is none"),
        ("empty", Action.SKIPPED, "an empty value is no value"),
        (
            "truncated",
            Action.TRUNCATED,
            f"a value has {MAX_PROFILE_VALUE_LENGTH} characters at most",
        ),
        ("newest-wins", Action.LOST, "a newer endpoint of the user has another value"),
        ("no-room", Action.LOST, f"an object type has {MAX_OBJECT_TYPE_FIELDS} fields at most"),
        ("too-large", Action.LOST, f"an object has {MAX_PROFILE_OBJECT_BYTES:,} bytes at most"),
        ("too-long", Action.LOST, f"addresses have {MAX_PROFILE_VALUE_LENGTH} characters at most"),
        ("not-an-object", Action.LOST, "it is not an object"),
        ("unknown-member", Action.LOST, "endpoints have no such member"),
        ("no-id", Action.LOST, "it has neither a user id nor an endpoint id"),
    )
} | {rule.name: rule for rule in (*_OPT_OUTS, *RULES_OF_READING)}
"""What becomes of members, by name."""

MAPPING: Sequence[MappedMember] = (
    MappedMember("User.UserId", "AccountNumber", "the key of the profile"),
    MappedMember("Id", "AccountNumber", "only of an endpoint without a user id"),
    MappedMember(
        "Address of EMAIL",
        ", ".join((*_EMAIL_TARGETS, "attribute EmailAddress_4 …")),
        "newest EffectiveDate first, then by endpoint id",
    ),
    MappedMember(
        "Address of SMS and VOICE",
        ", ".join((*_PHONE_TARGETS, "attribute PhoneNumber_5 …")),
        "newest EffectiveDate first, then by endpoint id",
    ),
    MappedMember("Address of others", "devices.jsonl", "attribute PinpointDevices counts them"),
    MappedMember(
        "OptOut",
        "attributes PinpointOptOut (NONE, SOME, ALL), PinpointOptOut_CHANNEL",
        "an address that is opted out anywhere is in suppressed.csv alone",
    ),
    MappedMember(
        "EndpointStatus",
        "attribute PinpointInactive (NONE, SOME, ALL)",
        "an address that is nowhere ACTIVE is in suppressed.csv alone",
    ),
    MappedMember(
        "User.UserAttributes.NAME",
        "attribute NAME, or NAME_0, NAME_1 … of several values",
        "the newest endpoint's",
    ),
    MappedMember(
        "Attributes.NAME",
        "attribute NAME, or NAME_0, NAME_1 … of several values",
        "the newest endpoint's; Endpoint_NAME if NAME is a user attribute anywhere",
    ),
    MappedMember("Metrics.NAME", "attribute Metrics_NAME", "the newest endpoint's, as text"),
    MappedMember("Demographic.NAME", "attribute Demographic_NAME", "all of the newest endpoint"),
    MappedMember("Location.City", "Address.City", "all of the newest endpoint with a location"),
    MappedMember("Location.PostalCode", "Address.PostalCode"),
    MappedMember("Location.Country", "Address.Country", "the two-letter code"),
    MappedMember("Location.Region", "Address.State", "Address.Province outside the US"),
    MappedMember("Location.Latitude", "attribute Location_Latitude", "as text"),
    MappedMember("Location.Longitude", "attribute Location_Longitude", "as text"),
    MappedMember("EffectiveDate", "attribute PinpointEffectiveDate", "the newest endpoint's"),
    MappedMember("ApplicationId, CohortId", "", "of use to Pinpoint alone"),
    MappedMember("CreationDate, RequestId", "", "of use to Pinpoint alone"),
)
