"""Writes what Amazon Connect Customer Profiles imports: profile objects and their object type."""

import sys
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from itertools import groupby
from typing import NamedTuple, Self

import orjson

from pinpoint_endpoints.convert.account import MAX_ENTRIES, OPTED_OUT_IN_INVALID, Account, Count
from pinpoint_endpoints.convert.addresses import address_key
from pinpoint_endpoints.convert.cells import row_of
from pinpoint_endpoints.convert.fields import Fields, object_type
from pinpoint_endpoints.convert.formats import ConvertOptions, Format
from pinpoint_endpoints.convert.grouping import Grouping, User
from pinpoint_endpoints.convert.hashes import Hashes
from pinpoint_endpoints.convert.output import Output, OutputFile
from pinpoint_endpoints.convert.profiles import MAPPING, RULES, Profile, profile_of
from pinpoint_endpoints.convert.reach import MIN_SLOTS
from pinpoint_endpoints.convert.segment_definitions import RULES as RULES_OF_SEGMENTS
from pinpoint_endpoints.convert.segment_definitions import SegmentDefinitions
from pinpoint_endpoints.convert.sorted_lines import SortedLines
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, dumps, user_id_of
from pinpoint_endpoints.documents.load import in_groups, size_of
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.quotas import MAX_IMPORT_FILE_BYTES, MAX_OBJECT_TYPE_FIELDS
from pinpoint_endpoints.segments.evaluate import Settings

SUPPRESSED_COLUMNS = ("channel", "address", "reason", "userId")
SuppressedRow = tuple[str, str, str, str]


class Changes:
    """Records the changes to members, by the names of rules.

    Args:
        account: where to.
    """

    def __init__(self, account: Account) -> None:
        self._account = account
        self._counts: dict[tuple[str, str], Count] = {}

    def __call__(self, rule: str, member: str, place: str) -> None:
        """Account for a change."""
        try:
            count = self._counts[rule, member]
        except KeyError:
            count = self.count(rule, member)
        count.add(place)

    def count(self, rule: str, member: str) -> Count:
        """Return the count of a rule and a member in the account."""
        count = self._account.count(RULES[rule], member)
        if len(self._counts) < MAX_ENTRIES:  # beyond, the account has one count for all members
            self._counts[rule, member] = count
        return count


class Profiles:
    """The profiles of a run, in the order of their keys. Close it when they are written.

    Args:
        account: counts what happens to each member.
        strict_keys: whether attribute keys that segments may refuse are changed.
        max_fields: how many different fields the objects may have together.

    Attributes:
        account: counts what happens to each member.
        change: accounts for a change.
        fields: the fields of the object type; complete after `choose_fields`.
        grouping: the users.
    """

    def __init__(
        self,
        account: Account,
        *,
        strict_keys: bool = False,
        max_fields: int = MAX_OBJECT_TYPE_FIELDS,
    ) -> None:
        self.account = account
        self.change = Changes(account)
        self.grouping = Grouping(self.change, refusals=account.refusals)
        self.fields = Fields(
            self.grouping.opts_out,
            self.change.count,
            strict_keys=strict_keys,
            max_fields=max_fields,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.grouping.__exit__()

    def add(self, document: Document) -> None:
        """Add a document with an endpoint.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        self.fields.learn(self.grouping.add(document))

    def add_all(self, documents: Iterable[Document]) -> None:
        """Add documents, each with an endpoint.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        for group in in_groups(documents, size_of):
            for endpoint in [self.grouping.add(document) for document in group]:
                self.fields.learn(endpoint)

    def choose_fields(self) -> None:
        """Choose the fields of the object type, once all documents are added.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        for user in self.grouping.users(MIN_SLOTS + 1):
            self.fields.learn_user(user)
        self.fields.learn_opt_outs(self.grouping.opted_out_channels)
        self.fields.choose()

    def __iter__(self) -> Iterator[tuple[User, Profile]]:
        """Yield the users with their profiles, and account for them."""
        for users in in_groups(self.grouping.users(), lambda user: len(user.endpoints)):
            profiles = [profile_of(user, self.fields, self.change) for user in users]
            yield from zip(users, profiles, strict=True)


def write(
    documents: Iterable[Document], output: Output, account: Account, options: ConvertOptions
) -> None:
    """Write the profiles, the object type, the devices, and the addresses to be left alone."""
    with (
        Profiles(account, strict_keys=options.strict_keys) as profiles,
        SideFiles(profiles.grouping, account) as side_files,
    ):
        profiles.add_all(documents)
        profiles.choose_fields()
        segments = SegmentDefinitions(
            options.segments, Settings(datetime.now(UTC)), profiles.fields, account
        )
        carried = segments.following(side_files.following(profiles))
        write_profiles(carried, profiles.fields, output, csv=options.csv)
        with output.open("object-type.json") as file:
            mapping = orjson.dumps(object_type(profiles.fields), option=orjson.OPT_INDENT_2)
            file.write(mapping + b"\n", records=1)
        side_files.write(output)
        segments.write(output)


def write_profiles(
    profiles: Iterable[tuple[User, Profile]], fields: Fields, output: Output, *, csv: bool
) -> None:
    """Write profile objects in parts of a size that imports accept.

    Args:
        profiles: in the order in which they are written.
        fields: the fields of the object type.
        output: where to.
        csv: whether as CSV, which upload jobs read, and not as JSON Lines.
    """
    if not csv:
        lines = (dumps(profile.members) + b"\n" for _, profile in profiles)
        write_parts(output, "profiles-{}.jsonl", lines)
        return
    columns = [field.name for field in fields.all()]
    rows = (row_of([profile.members.get(c, "") for c in columns]) for _, profile in profiles)
    write_parts(output, "profiles-{}.csv", rows, header=row_of(columns))


class SideFiles:
    """Collects what is written beside profiles: devices, and addresses that get no messages.

    Args:
        grouping: the users whose profiles are added.
        account: has the addresses that invalid documents opt out, and counts them.
    """

    def __init__(self, grouping: Grouping, account: Account) -> None:
        self._grouping = grouping
        self._account = account
        self._devices = SortedLines()
        self._suppressed = SortedLines()
        self._active_elsewhere = Hashes()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._devices.__exit__()
        self._suppressed.__exit__()

    def add(self, user: User, profile: Profile) -> None:
        """Add what a user's profile has no place for."""
        for device in profile.devices:
            self._devices.add(dumps(device) + b"\n")
        for row in suppressed_rows(user, profile):
            self._suppressed.add(dumps(row) + b"\n")
        for channel, address in reachable(user, profile):
            if self._grouping.is_inactive(channel, address):
                self._active_elsewhere.add(address_key(channel, address))

    def following(self, profiles: Profiles) -> Iterator[tuple[User, Profile]]:
        """Yield profiles, and add what they have no place for."""
        for user, profile in profiles:
            self.add(user, profile)
            yield user, profile

    def write(self, output: Output, *, devices: bool = True) -> None:
        """Write the files, sorted by channel and address.

        Args:
            output: where they are written.
            devices: whether the devices are written, too.
        """
        if devices:
            _write_lines(output, "devices.jsonl", self._devices)
        header = row_of(SUPPRESSED_COLUMNS)
        _write_lines(output, "suppressed.csv", self._suppressed_rows(), header=header)

    def _suppressed_rows(self) -> Iterator[bytes]:
        """Yield the rows of a CSV file, without INACTIVE addresses that are active elsewhere."""
        for refusal in self._account.refusals:
            self._suppressed.add(dumps(row_of_refusal(refusal, self._account)) + b"\n")
        for line, _ in groupby(self._suppressed):
            row = orjson.loads(line)
            channel, address, reason, _ = row
            if reason != "inactive" or address_key(channel, address) not in self._active_elsewhere:
                yield row_of(row)


def suppressed_rows(user: User, profile: Profile) -> Iterator[SuppressedRow]:
    """Yield the rows of a user's addresses that must not be contacted."""
    for endpoint, rule in profile.suppressed:
        if rule != "opted-out-elsewhere":  # it is there as opted-out
            yield endpoint.channel, endpoint.address, rule, user.key if user.is_user else ""


def reachable(user: User, profile: Profile) -> Iterator[tuple[str, str]]:
    """Yield the channels and addresses at which a user may be reached."""
    suppressed = {id(endpoint) for endpoint, _ in profile.suppressed}
    for endpoint in user.endpoints:
        if id(endpoint) not in suppressed:
            yield endpoint.channel, endpoint.address


def row_of_refusal(refusal: UserEndpoint, account: Account) -> SuppressedRow:
    """Return the row of an address that a document opts out which is not converted."""
    account.add(OPTED_OUT_IN_INVALID, "Address", refusal.place)
    return refusal.channel, refusal.address, "opted-out", user_id_of(refusal.request)


class PartLimits(NamedTuple):
    """The limits of one file.

    Attributes:
        size: in bytes; a file with one record may be larger.
        records: how many.
    """

    size: int
    records: int = sys.maxsize

    def leave_room(self, file: OutputFile, line: bytes) -> bool:
        """Tell whether a file has room for another line."""
        if not file.records:
            return True
        return file.records < self.records and file.size + len(line) <= self.size


PROFILE_LIMITS = PartLimits(MAX_IMPORT_FILE_BYTES)


def write_parts(
    output: Output,
    name: str,
    lines: Iterable[bytes],
    *,
    header: bytes = b"",
    limits: PartLimits = PROFILE_LIMITS,
) -> None:
    """Write lines to numbered files of a size that imports accept; one, if there are no lines.

    Args:
        output: where to.
        name: the name of the files, with {} for their number.
        lines: in the order in which they are written.
        header: the first line of each file.
        limits: the limits of a file.
    """
    lines = iter(lines)
    line = next(lines, None)
    number = 0
    while line is not None or number == 0:
        number += 1
        with output.open(name.format(f"{number:05}")) as file:
            file.write(header)
            while line is not None and limits.leave_room(file, line):
                file.write(line, records=1)
                line = next(lines, None)


def _write_lines(output: Output, name: str, lines: Iterable[bytes], header: bytes = b"") -> None:
    with output.open(name) as file:
        file.write(header)
        for line in lines:
            file.write(line, records=1)


CUSTOMER_PROFILES = Format(
    "customer-profiles",
    "profile objects for Amazon Connect Customer Profiles, and their object type",
    write,
    MAPPING,
    (*RULES.values(), *RULES_OF_SEGMENTS),
    options=frozenset({"strict_keys", "csv", "segments"}),
)
