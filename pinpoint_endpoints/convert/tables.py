"""Write tables for the importers of other systems: a row for each user, or for each address."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from pinpoint_endpoints.convert.account import ENDPOINT, Account
from pinpoint_endpoints.convert.by_address import OLDER_ADDRESS, address_group
from pinpoint_endpoints.convert.cells import row_of
from pinpoint_endpoints.convert.customer_profiles import (
    PartLimits,
    Profiles,
    SideFiles,
    write_parts,
)
from pinpoint_endpoints.convert.fields import FIXED_FIELDS, Field, unused
from pinpoint_endpoints.convert.formats import ConvertOptions, Format, MappedMember
from pinpoint_endpoints.convert.grouping import User
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.convert.profiles import (
    RULES,
    Profile,
    how_many,
    note_id,
    profile_of,
)
from pinpoint_endpoints.convert.reach import reason_to_suppress
from pinpoint_endpoints.convert.sorted_lines import SortedLines, by_key, keyed_line
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, age, dumps, loads, text_of
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.quotas import MAX_TABLE_BYTES

_MAX_COLUMNS = 10_000
"""More than any importer takes; attributes that the fewest users have are left out."""

_TABLE_LIMITS = PartLimits(MAX_TABLE_BYTES)
_ADDRESS_COLUMNS = ("userId", "endpointId", "channel", "address", "optOut", "effectiveDate")
_LOCATION = tuple(field for field in FIXED_FIELDS if field.target.startswith("Address."))
_TAKEN = frozenset({*_ADDRESS_COLUMNS, *(field.name for field in FIXED_FIELDS)})
_ATTRIBUTES = "Attributes."


def _write_users(
    documents: Iterable[Document], output: Output, account: Account, options: ConvertOptions
) -> None:
    with (
        Profiles(account, max_fields=_MAX_COLUMNS) as profiles,
        SideFiles(profiles.grouping, account) as side_files,
    ):
        profiles.add_all(documents)
        profiles.choose_fields()
        columns = _headers(profiles.fields.all())

        def rows() -> Iterator[bytes]:
            for user, profile in profiles:
                side_files.add(user, profile)
                yield row_of(profile.members.get(name, "") for name in columns)

        header = row_of(_renamed([*columns.values()], options.rename))
        write_parts(output, "users-{}.csv", rows(), header=header, limits=_TABLE_LIMITS)
        side_files.write(output)


def _write_addresses(
    documents: Iterable[Document], output: Output, account: Account, options: ConvertOptions
) -> None:
    with (
        Profiles(account, max_fields=_MAX_COLUMNS) as profiles,
        SideFiles(profiles.grouping, account) as side_files,
        SortedLines() as lines,
    ):
        profiles.add_all(documents)
        for user in profiles.grouping.users():
            _add_addresses(user, profiles, side_files, lines)
        profiles.fields.choose()  # now that all opted-out addresses are known
        columns = _headers([*_LOCATION, *profiles.fields.own()])
        header = row_of(_renamed([*_ADDRESS_COLUMNS, *columns.values()], options.rename))
        rows = (
            row_of(_address_row(user, opt_out, columns, profiles))
            for user, opt_out in _newest_of_each(lines, account)
        )
        write_parts(output, "addresses-{}.csv", rows, header=header, limits=_TABLE_LIMITS)
        side_files.write(output, devices=False)


def _add_addresses(
    user: User, profiles: Profiles, side_files: SideFiles, lines: SortedLines
) -> None:
    """Sort a user's endpoints into those that get a row, and those to be left alone."""
    opt_out = how_many(endpoint.opted_out for endpoint in user.endpoints)
    for endpoint in user.endpoints:
        alone = user._replace(endpoints=(endpoint,))
        address = endpoint.address.strip()
        reason = reason_to_suppress(endpoint, profiles.grouping.opts_out) if address else ""
        side_files.add(alone, Profile({}, [], [(endpoint, reason)] if reason else []))
        if not address:
            profiles.change("no-address", ENDPOINT, endpoint.place)
        elif reason:
            profiles.change(reason, ENDPOINT, endpoint.place)
        else:
            key = dumps(address_group(endpoint))
            row = [user.key, user.is_user, user.clashes, [*endpoint], opt_out]
            lines.add(keyed_line(key, dumps(row)))


def _newest_of_each(lines: SortedLines, account: Account) -> Iterator[tuple[User, str]]:
    """Yield the newest endpoint with each address, as a user, with the user's opt-out."""
    for _, group in by_key(lines):
        found = []
        for line in group:
            key, is_user, clashes, members, opt_out = loads(line)
            endpoint = UserEndpoint(*members)
            found.append((User(key, is_user, clashes, (endpoint,)), opt_out))
        newest, *others = sorted(found, key=lambda pair: _newest_first(pair[0]))
        for user, _ in others:
            account.add(OLDER_ADDRESS, ENDPOINT, user.endpoints[0].place)
        yield newest


def _newest_first(user: User) -> tuple[float, str, str]:
    (endpoint,) = user.endpoints
    return -age(endpoint), user.key, endpoint.endpoint_id


def _address_row(
    user: User, opt_out: str, columns: Iterable[str], profiles: Profiles
) -> Iterator[str]:
    def change(rule: str, member: str, place: str) -> None:
        profiles.change("carried" if rule == "own-file" else rule, member, place)

    (endpoint,) = user.endpoints
    members = profile_of(user, profiles.fields, change).members
    if user.is_user and ("email1" in members or "phone1" in members):
        note_id(endpoint, profiles.fields, change)
    yield user.key if user.is_user else ""
    yield endpoint.endpoint_id
    yield endpoint.channel
    yield members.get("email1") or members.get("phone1") or endpoint.address
    yield opt_out
    yield text_of(endpoint.request.get("EffectiveDate"))
    for column in columns:
        yield members.get(column, "")


def _headers(fields: Iterable[Field]) -> dict[str, str]:
    """Return the headers of the columns by the names of their fields: an attribute's own name.

    An attribute that has the name of another column keeps its field's name, such as `attr_city`; if
    an attribute has that name too, it gets a number.
    """
    headers: dict[str, str] = {}
    used = dict.fromkeys(_TAKEN, 1)
    for field in fields:
        name = field.target.removeprefix(_ATTRIBUTES)
        if field in FIXED_FIELDS:
            headers[field.name] = field.name
        else:
            headers[field.name] = unused(field.name if name in _TAKEN else name, used)
    return headers


def _renamed(columns: Sequence[str], names: Mapping[str, str]) -> list[str]:
    """Return the columns with their new names.

    Raises:
        UsageError: there is no such column, or two columns would have one name.
    """
    for column in names.keys() - set(columns):
        near = nearest(column, columns)
        hint = f'did you mean "{near}"?' if near else f"the first ones are {', '.join(columns[:9])}"
        raise UsageError(f'there is no column "{column}" to rename', hint)
    renamed = [names.get(column, column) for column in columns]
    for name in names.values():
        if renamed.count(name) > 1:
            raise UsageError(f'two columns would be called "{name}"', "use another name")
    return renamed


_MEMBERS = (
    MappedMember(
        "User.UserAttributes.NAME",
        "NAME, or NAME_0, NAME_1 … of several values",
        "the newest endpoint's",
    ),
    MappedMember(
        "Attributes.NAME",
        "NAME, or NAME_0, NAME_1 … of several values",
        "Endpoint_NAME if NAME is a user attribute anywhere",
    ),
    MappedMember("Metrics.NAME, Demographic.NAME", "Metrics_NAME, Demographic_NAME"),
    MappedMember("Location.City, Country, PostalCode", "city, country, postalCode"),
    MappedMember("Location.Region", "state", "province outside the US"),
    MappedMember("Location.Latitude, Longitude", "Location_Latitude, Location_Longitude"),
    MappedMember(
        "ApplicationId, CohortId, CreationDate, RequestId", "", "of use to Pinpoint alone"
    ),
)
_RULES = tuple(
    rule for name, rule in RULES.items() if name not in ("too-large", "not-for-segments")
)
USERS_CSV = Format(
    "users-csv",
    "tables with a row for each user: users-00001.csv …, devices.jsonl, suppressed.csv",
    _write_users,
    (
        MappedMember("User.UserId", "userId"),
        MappedMember("Id", "userId", "only of an endpoint without a user id"),
        MappedMember(
            "Address of EMAIL",
            "email1, email2, email3, EmailAddress_4 …",
            "newest EffectiveDate first, then by endpoint id",
        ),
        MappedMember(
            "Address of SMS and VOICE",
            "phone1 … phone4, PhoneNumber_5 …",
            "newest EffectiveDate first, then by endpoint id",
        ),
        MappedMember("Address of others", "devices.jsonl", "PinpointDevices counts them"),
        MappedMember(
            "OptOut",
            "optOut: NONE, SOME or ALL; PinpointOptOut_CHANNEL",
            "an address that is opted out anywhere is in suppressed.csv alone",
        ),
        MappedMember(
            "EndpointStatus",
            "inactive: NONE, SOME or ALL",
            "an address that is nowhere ACTIVE is in suppressed.csv alone",
        ),
        MappedMember("EffectiveDate", "PinpointEffectiveDate", "the newest endpoint's"),
        *_MEMBERS,
    ),
    _RULES,
    options=frozenset({"rename"}),
)
ADDRESSES_CSV = Format(
    "addresses-csv",
    "tables with a row for each address that may be used: addresses-00001.csv …, suppressed.csv",
    _write_addresses,
    (
        MappedMember("User.UserId", "userId"),
        MappedMember("Id", "endpointId"),
        MappedMember("ChannelType", "channel"),
        MappedMember("Address", "address", "each once: the newest endpoint's"),
        MappedMember(
            "OptOut",
            "optOut: NONE, or SOME if the user opted out at another address",
            "an address that is opted out anywhere is in suppressed.csv alone",
        ),
        MappedMember(
            "EndpointStatus", "", "an address that is nowhere ACTIVE is in suppressed.csv alone"
        ),
        MappedMember("EffectiveDate", "effectiveDate"),
        *_MEMBERS,
    ),
    (*_RULES, OLDER_ADDRESS),
    options=frozenset({"rename"}),
)
