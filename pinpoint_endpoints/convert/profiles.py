"""Maps the endpoints of a user to one object for Amazon Connect Customer Profiles.

An object is flat, so that JSON Lines and CSV, whose headers may have no dots, share an object type.
"""

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from hashlib import blake2b
from types import NoneType
from typing import Any, NamedTuple

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
from pinpoint_endpoints.convert.addresses import names_opted_out
from pinpoint_endpoints.convert.by_id import RULES_OF_READING
from pinpoint_endpoints.convert.fields import (
    ATTRIBUTE,
    DEMOGRAPHIC,
    EMAIL_FIELDS,
    KINDS,
    LOCATION,
    PHONE_FIELDS,
    Columns,
    Fields,
    attribute_members,
)
from pinpoint_endpoints.convert.formats import MappedMember
from pinpoint_endpoints.convert.grouping import User
from pinpoint_endpoints.convert.reach import (
    EMAIL_TARGETS,
    PHONE_TARGETS,
    added_attributes,
    reach_of,
)
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, dumps, text_of
from pinpoint_endpoints.quotas import (
    MAX_OBJECT_TYPE_FIELDS,
    MAX_PROFILE_OBJECT_BYTES,
    MAX_PROFILE_VALUE_LENGTH,
)

_DIGEST_BYTES = 16
_OF_ONE_DEVICE = frozenset({DEMOGRAPHIC, LOCATION})
_ADDRESS_MEMBERS = ("City", "Country", "PostalCode", "Region")
_OF_THE_SERVICE = ("RequestId",)
_KNOWN = frozenset(
    {"ChannelType", "Address", "OptOut", "EndpointStatus", "EffectiveDate", "User", *KINDS}
)

_STATES = ("OptOut", "EndpointStatus")
_OBJECTS = ("User", "Attributes", "Metrics", "Demographic", "Location")
_OBJECT_OR_NONE = (dict, NoneType)


class Profile(NamedTuple):
    """The profile of a user, with the endpoints that it has no place for.

    Attributes:
        members: the profile object: its members by the names of their fields.
        devices: the reachable endpoints that a profile has no place for, such as push tokens.
        suppressed: endpoints whose address is not in the profile, because it gets no messages, each
            with the reason.
    """

    members: dict[str, str]
    devices: list[dict[str, Any]]
    suppressed: list[tuple[UserEndpoint, str]]


def profile_of(user: User, fields: Fields, change: Change) -> Profile:
    """Map a user to a profile, and record what happens to each member of the endpoints.

    Args:
        user: from `Grouping`.
        fields: the fields, which have learned from this user and chosen the names.
        change: called for each member.
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
    reach = reach_of(user, fields.opts_out, change)
    for slots, addresses in ((EMAIL_FIELDS, reach.emails), (PHONE_FIELDS, reach.phones)):
        members.update((slot.name, text) for slot, text in zip(slots, addresses, strict=False))
    members.update(_address(user, fields, change))
    for name, text in added_attributes(user, reach).items():
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


def how_many(flags: Iterable[bool]) -> str:
    """Return whether something is so of `ALL` endpoints, of `SOME` or of `NONE`."""
    known = set(flags)
    if len(known) > 1:
        return "SOME"
    return "ALL" if known == {True} else "NONE"


def _add_attributes(members: dict[str, str], user: User, fields: Fields, change: Change) -> None:
    """Add the values that become attributes, for each name those of the newest endpoint.

    Demographic and coordinates belong to one device, so they are not mixed from several endpoints.
    Most values are one text, which is checked inline, because a call takes longer.
    """
    newest: dict[str, dict[str, list[str]]] = {}
    has_others = len(user.endpoints) > 1
    none: list[str] = []
    harmless = fields.harmless
    for endpoint in user.endpoints:
        place = endpoint.place
        for kind, attributes in attribute_members(endpoint.request):
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
                may_be_address = text not in harmless and kind != LOCATION  # these are coordinates
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
    demographic = endpoint.request.get(DEMOGRAPHIC)
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
    """Record the members that every endpoint has."""
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


def _drop_what_is_too_large(members: dict[str, str], user: User, change: Change) -> None:
    """Leave out the longest attributes of an object that is larger than the service accepts."""
    surely_fits = sum(map(len, members)) + sum(map(len, members.values())) < _SURELY_FITS
    if surely_fits or len(dumps(members)) <= MAX_PROFILE_OBJECT_BYTES:
        return
    attributes = [name for name in members if name.startswith(ATTRIBUTE)]
    attributes.sort(key=lambda name: (-len(dumps(members[name])), name))
    for name in attributes:
        if len(dumps(members)) <= MAX_PROFILE_OBJECT_BYTES:
            return
        del members[name]
        change("too-large", name.removeprefix(ATTRIBUTE), user.endpoints[0].place)


_SURELY_FITS = MAX_PROFILE_OBJECT_BYTES // 10
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
        ("empty", Action.SKIPPED, "an empty value counts as missing"),
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
        ", ".join((*EMAIL_TARGETS, "attribute EmailAddress_4 …")),
        "newest EffectiveDate first, then by endpoint id",
    ),
    MappedMember(
        "Address of SMS and VOICE",
        ", ".join((*PHONE_TARGETS, "attribute PhoneNumber_5 …")),
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
