"""Writes what Amazon Connect Customer Profiles imports: profile objects and their object type."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from io import StringIO
from typing import Self

import orjson

from pinpoint_endpoints.convert.account import MAX_PLACES, Account
from pinpoint_endpoints.convert.formats import ConvertOptions, Format
from pinpoint_endpoints.convert.grouping import Grouping, User, dumps, fingerprint
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.convert.profiles import (
    MAPPING,
    MIN_SLOTS,
    RULES,
    Fields,
    Profile,
    object_type,
    profile_of,
)
from pinpoint_endpoints.convert.sorted_lines import SortedLines
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.quotas import MAX_IMPORT_FILE_BYTES

_COLUMNS = ("channel", "address", "reason", "userId")


class Profiles:
    """The profiles of a run, in the order of their keys. Close it when they are written.

    Args:
        account: of what becomes of each member.
        strict_keys: whether attribute keys that segments may refuse are changed.

    Attributes:
        fields: of the object type; complete once the documents were read.
        grouping: the users.
    """

    def __init__(self, account: Account, *, strict_keys: bool = False) -> None:
        self._account = account
        self._counts: dict[tuple[str, str], int] = {}
        self.grouping = Grouping(self._change)
        self.fields = Fields(self.grouping.opts_out, strict_keys=strict_keys)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.grouping.__exit__()

    def read(self, documents: Iterable[Document]) -> None:
        """Read all documents, each with an endpoint.

        Raises:
            CannotRun: a temporary file cannot be written.
        """
        for document in documents:
            self.fields.learn(self.grouping.add(document))
        for user in self.grouping.users(MIN_SLOTS + 1):
            self.fields.learn_user(user)
        self.fields.choose()

    def __iter__(self) -> Iterator[tuple[User, Profile]]:
        """Yield the users with their profiles, and account for them."""
        for user in self.grouping.users():
            yield user, profile_of(user, self.fields, self._change)
        for (rule, member), number in self._counts.items():
            if number > MAX_PLACES:
                self._account.add(RULES[rule], member, "", number - MAX_PLACES)

    def _change(self, rule: str, member: str, place: str) -> None:
        """Account for a change; of frequent ones, all but the first are counted here."""
        key = rule, member
        number = self._counts[key] = self._counts.get(key, 0) + 1
        if number <= MAX_PLACES:
            self._account.add(RULES[rule], member, place)


def write(
    documents: Iterable[Document], output: Output, account: Account, options: ConvertOptions
) -> None:
    """Write the profiles, the object type, the devices, and the addresses to be left alone."""
    with (
        Profiles(account, strict_keys=options.strict_keys) as profiles,
        SortedLines() as devices,
        Suppressed(profiles.grouping) as suppressed,
    ):
        profiles.read(documents)
        columns = [field.name for field in profiles.fields.all()]

        def lines() -> Iterator[bytes]:
            for user, profile in profiles:
                for device in profile.devices:
                    devices.add(dumps(device) + b"\n")
                suppressed.add(user, profile)
                members = profile.members
                if options.csv:
                    yield csv_line([members.get(column, "") for column in columns])
                else:
                    yield dumps(members) + b"\n"

        if options.csv:
            write_parts(output, "profiles-{}.csv", lines(), header=csv_line(columns))
        else:
            write_parts(output, "profiles-{}.jsonl", lines())
        with output.open("object-type.json") as file:
            mapping = orjson.dumps(object_type(profiles.fields), option=orjson.OPT_INDENT_2)
            file.write(mapping + b"\n", records=1)
        _write_lines(output, "devices.jsonl", devices)
        _write_lines(output, "suppressed.csv", suppressed.rows(), header=csv_line(_COLUMNS))


class Suppressed:
    """Addresses where nobody is to be reached, in the order of channels and addresses."""

    def __init__(self, grouping: Grouping) -> None:
        self._grouping = grouping
        self._rows = SortedLines()
        self._moved: set[int] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._rows.__exit__()

    def add(self, user: User, profile: Profile) -> None:
        """Add the addresses of a user."""
        for endpoint, reason in profile.suppressed:
            if reason != "opted-out-elsewhere":  # it is there as opted-out
                row = endpoint.channel, endpoint.address, reason, user.key if user.is_user else ""
                self._rows.add(dumps(row) + b"\n")
        suppressed = {id(endpoint) for endpoint, _ in profile.suppressed}
        for endpoint in user.endpoints:
            if id(endpoint) not in suppressed and self._grouping.is_inactive(
                endpoint.channel, endpoint.address
            ):
                self._moved.add(fingerprint(endpoint.channel, endpoint.address))

    def rows(self) -> Iterator[bytes]:
        """Yield the rows of a CSV file, without INACTIVE addresses that are active elsewhere."""
        for line in self._rows:
            row = orjson.loads(line)
            channel, address, reason, _ = row
            if reason != "inactive" or fingerprint(channel, address) not in self._moved:
                yield csv_line(row)


def write_parts(
    output: Output,
    name: str,
    lines: Iterable[bytes],
    *,
    header: bytes = b"",
    max_bytes: int = MAX_IMPORT_FILE_BYTES,
) -> None:
    """Write lines to numbered files of a size that imports accept; one, if there are no lines.

    Args:
        output: where to.
        name: of the files, with {} for their number.
        lines: in the order in which they are written.
        header: the first line of each file.
        max_bytes: of a file.
    """
    lines = iter(lines)
    line = next(lines, None)
    number = 0
    while line is not None or number == 0:
        number += 1
        with output.open(name.format(f"{number:05}")) as file:
            file.write(header)
            while line is not None and (not file.records or file.size + len(line) <= max_bytes):
                file.write(line, records=1)
                line = next(lines, None)


def _write_lines(output: Output, name: str, lines: Iterable[bytes], header: bytes = b"") -> None:
    with output.open(name) as file:
        file.write(header)
        for line in lines:
            file.write(line, records=1)


def csv_line(row: Sequence[str]) -> bytes:
    """Return a row of a CSV file (RFC 4180)."""
    text = StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(row)
    return text.getvalue().encode(errors="replace")


CUSTOMER_PROFILES = Format(
    "customer-profiles",
    "profile objects for Amazon Connect Customer Profiles, and their object type",
    write,
    MAPPING,
    tuple(RULES.values()),
    options=frozenset({"strict_keys", "csv"}),
)
