"""Converts endpoints on executors."""

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from hashlib import blake2b
from itertools import chain, groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import orjson

from pinpoint_endpoints.convert.account import Account, Rule
from pinpoint_endpoints.convert.addresses import address_key, keys_to_find, keys_to_keep
from pinpoint_endpoints.convert.by_id import Endpoint, members_of, newest_endpoint, newest_of
from pinpoint_endpoints.convert.cells import row_of
from pinpoint_endpoints.convert.customer_profiles import (
    CUSTOMER_PROFILES,
    SUPPRESSED_COLUMNS,
    Changes,
    SuppressedRow,
    reachable,
    row_of_refusal,
    suppressed_rows,
)
from pinpoint_endpoints.convert.fields import Fields, Learned, object_type
from pinpoint_endpoints.convert.files import NDJSON, account_for_whole
from pinpoint_endpoints.convert.formats import DEFAULT_OPTIONS, ConvertOptions
from pinpoint_endpoints.convert.grouping import User, endpoint_in
from pinpoint_endpoints.convert.intake import UNREAD_HINT, NotConverted, convertible
from pinpoint_endpoints.convert.profiles import profile_of
from pinpoint_endpoints.convert.reach import MIN_SLOTS
from pinpoint_endpoints.convert.run import FORMATS
from pinpoint_endpoints.convert.user_endpoint import (
    UserEndpoint,
    dumps,
    loads,
    newest_first,
    place_of,
    user_id_of,
)
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Severity
from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.reports.envelope import json_bytes
from pinpoint_endpoints.reports.problems import problem_members
from pinpoint_endpoints.spark.rows import documents_in, kept, run_on

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

_ROWS = "kind string, key binary, value binary"
_OF_USER, _ALONE = "0", "1"
"""Kinds of endpoints: the users of a key come first."""
_COLLECTED = ("documents", "entry", "inactive", "learned", "opted-out", "refused", "unread")
_INTERNAL = (_OF_USER, _ALONE, "endpoint", "moved", "refusal", "suppress", *_COLLECTED)
"""Kinds of rows that are not written."""

_Found = Mapping[str, Sequence[bytes]]
"""The values of rows, by their kind."""


def convert(
    lines: "DataFrame", to: str, account: Account, options: ConvertOptions = DEFAULT_OPTIONS
) -> "DataFrame":
    """Convert endpoints, as `pe convert` does.

    Args:
        lines: from `lines_in`, or any with its columns.
        to: `ndjson` or `customer-profiles`.
        account: counts the endpoints and the changes to members; complete when this returns.
        options: how documents are checked, and options of the format.

    Returns:
        `part` (such as `profiles`, `suppressed`, `object-type`, `rejected`) and `value`, a line.

    Raises:
        CannotRun: a line cannot be read, so that it is unknown who would be missing.
        UsageError: this job does not convert to the format.
    """
    if to not in CONVERSIONS:
        raise UsageError(
            f"--to {to} is not a format of this job: it has {' and '.join(CONVERSIONS)}",
            "write ndjson with this job, and convert that with `pe convert`",
        )
    read = kept(run_on(lines.select("source", "line", "text"), partial(_read, to, options), _ROWS))
    found = _collected(read)
    if found["unread"]:
        raise CannotRun(
            min(found["unread"]).decode(errors="replace"), f"nothing was written, {UNREAD_HINT}"
        )
    _add_to(account, found, FORMATS[to].rules)
    written = CONVERSIONS[to](read, found, account, options)
    parts = written.unionByName(read.where("kind = 'rejected'"))
    return parts.where(f"kind NOT IN {_INTERNAL}").selectExpr(
        "kind AS part", "CAST(value AS string) AS value"
    )


def _collected(rows: "DataFrame") -> _Found:
    """Return the values of the rows that the driver needs, by their kind."""
    found: dict[str, list[bytes]] = {kind: [] for kind in _COLLECTED}
    for row in rows.where(f"kind IN {_COLLECTED}").collect():
        found[row.kind].append(bytes(row.value))
    return found


def _by_key(rows: "DataFrame") -> "DataFrame":
    """Put the rows of each key into one partition, sorted by key, kind and value."""
    return rows.repartition("key").sortWithinPartitions("key", "kind", "value")


def _read(
    to: str, options: ConvertOptions, lines: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the endpoints in lines, keyed by id, and what the driver needs of this partition."""
    account = Account()
    changes = Changes(account)
    fields = Fields(_none_opted_out, changes.count)
    documents = (one for source, line, text in lines for one in documents_in(source, line, text))
    found = convertible(documents, account, options.policy)
    try:
        for one in found:
            if isinstance(one, NotConverted):
                errors = (each for each in one.problems if each.severity is Severity.ERROR)
                yield from (("rejected", b"", json_bytes(problem_members(each))) for each in errors)
                continue
            key = dumps(same_endpoint_key(one.endpoint_id or ""))
            if to == NDJSON.name:
                value = b"%b\t%b" % (dumps(members_of(one)), dumps(place_of(one)))
            else:
                endpoint = endpoint_in(one, changes)
                fields.learn(endpoint)
                value = dumps([*endpoint])
            yield "endpoint", key, value
    except CannotRun as error:  # a line cannot be read; this is raised again for all of them
        yield "unread", b"", error.message.encode(errors="surrogatepass")
    refusals = [*account.refusals]
    for refusal in refusals:
        yield "refusal", b"", dumps([*refusal])
    keys = (key for one in refusals for key in keys_to_keep(one.channel, one.address))
    yield "opted-out", b"", _packed(map(_digest_of, keys))
    yield from (("refused", b"", dumps(key)) for key in account.refusals.endpoint_ids)
    yield "learned", b"", dumps(fields.learned())
    yield from _account_rows(account)


def _account_rows(account: Account) -> Iterator[tuple[str, bytes, bytes]]:
    for entry in account.entries():
        value = [entry.rule.name, entry.member, entry.number, entry.places]
        yield "entry", b"", dumps(value)
    yield "documents", b"", dumps([account.endpoints, account.invalid, account.unreadable])


def _add_to(account: Account, found: _Found, rules: Iterable[Rule]) -> None:
    """Add the accounts of all partitions."""
    by_name = {rule.name: rule for rule in rules}
    for endpoints, invalid, unreadable in map(loads, found["documents"]):
        account.endpoints += endpoints
        account.invalid += invalid
        account.unreadable += unreadable
    entries = map(loads, found["entry"])
    for rule, member, number, places in sorted(entries, key=itemgetter(3)):
        account.count(by_name[rule], member).add_all(number, places)


def _to_ndjson(
    read: "DataFrame",
    found: _Found,
    account: Account,
    _options: ConvertOptions,
) -> "DataFrame":
    endpoints = _by_key(read.where("kind = 'endpoint'"))
    refused = frozenset(map(loads, found["refused"]))
    newest = partial(_newest_lines, _Addresses(found["opted-out"]), refused)
    written = kept(run_on(endpoints, newest, _ROWS))
    _add_to(account, _collected(written), NDJSON.rules)
    return written


def _newest_lines(
    opted_out: "_Addresses", refused: Iterable[str], rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    account = Account()
    account.refusals.endpoint_ids.update(refused)
    for _, copies in groupby(rows, itemgetter(1)):
        found = [Endpoint(*value.split(b"\t")) for _, _, value in copies]
        endpoint = newest_endpoint(found, account)
        yield "endpoints", b"", endpoint.json
        account_for_whole(endpoint, opted_out.have if opted_out else None, account)
    yield from _account_rows(account)


def _to_customer_profiles(
    read: "DataFrame",
    found: _Found,
    account: Account,
    options: ConvertOptions,
) -> "DataFrame":
    newest = partial(_newest_endpoints, frozenset(map(loads, found["refused"])))
    endpoints = kept(run_on(_by_key(read.where("kind = 'endpoint'")), newest, _ROWS))
    found_later = _collected(endpoints)
    _add_to(account, found_later, CUSTOMER_PROFILES.rules)
    opted_out = _Addresses([*found["opted-out"], *found_later["opted-out"]])
    users = kept(_by_key(endpoints.where(f"kind IN {(_OF_USER, _ALONE)}")))
    of_users = _collected(run_on(users, partial(_learn_users, opted_out), _ROWS))
    fields = Fields(opted_out.have, Changes(Account()).count, strict_keys=options.strict_keys)
    for learned in (found["learned"], found_later["learned"], of_users["learned"]):
        for value in learned:
            fields.learn_from(loads(value))
    all_learned = fields.learned()
    fields.choose()
    inactive = _Addresses(found_later["inactive"])
    make = partial(_profiles, options, opted_out, inactive, all_learned)
    written = kept(run_on(users.unionByName(read.where("kind = 'refusal'")), make, _ROWS))
    _add_to(account, _collected(written), CUSTOMER_PROFILES.rules)
    moved = written.where("kind = 'moved'").select("key").distinct()
    suppressed = written.where("kind = 'suppress'").distinct().join(moved, "key", "left_anti")
    mapping = orjson.dumps(object_type(fields), option=orjson.OPT_INDENT_2)
    one = read.sparkSession.createDataFrame([("object-type", b"", mapping)], _ROWS).coalesce(1)
    rows = run_on(suppressed.select("kind", "key", "value"), _suppressed, _ROWS)
    return written.unionByName(rows).unionByName(one)


def _newest_endpoints(
    refused: frozenset[str], rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield one endpoint of each id, keyed by user, and the addresses that get no messages."""
    account = Account()
    changes = Changes(account)
    opted_out: set[int] = set()
    inactive: set[int] = set()
    channels: set[str] = set()
    for _, copies in groupby(rows, itemgetter(1)):
        values = [value for _, _, value in copies]
        endpoint = newest_of([UserEndpoint(*loads(value)) for value in values], changes, refused)
        if endpoint.opted_out:
            opted_out.update(map(_digest_of, keys_to_keep(endpoint.channel, endpoint.address)))
            channels.add(endpoint.channel)
        elif endpoint.inactive:
            inactive.add(_digest_of(address_key(endpoint.channel, endpoint.address)))
        user_id = user_id_of(endpoint.request)
        kind = _OF_USER if user_id else _ALONE
        yield kind, dumps(user_id or endpoint.endpoint_id), dumps([*endpoint])
    yield "opted-out", b"", _packed(opted_out)
    yield "inactive", b"", _packed(inactive)
    fields = Fields(_none_opted_out, changes.count)
    fields.learn_opt_outs(channels)
    yield "learned", b"", dumps(fields.learned())
    yield from _account_rows(account)


def _users(rows: Iterable[Sequence[Any]]) -> Iterator[User]:
    """Yield the users of endpoints, which are sorted by user."""
    previous = b""
    for (key, kind), group in groupby(rows, itemgetter(1, 0)):
        endpoints = [UserEndpoint(*loads(value)) for _, _, value in group]
        endpoints.sort(key=newest_first)
        is_user = kind == _OF_USER
        yield User(loads(key), is_user, not is_user and key == previous, tuple(endpoints))
        previous = key


def _learn_users(
    opted_out: "_Addresses", rows: Iterable[Sequence[Any]]
) -> Iterator[tuple[str, bytes, bytes]]:
    fields = Fields(opted_out.have, Changes(Account()).count)
    for user in _users(rows):
        if len(user.endpoints) > MIN_SLOTS:
            fields.learn_user(user)
    yield "learned", b"", dumps(fields.learned())


def _profiles(
    options: ConvertOptions,
    opted_out: "_Addresses",
    inactive: "_Addresses",
    learned: Learned,
    rows: Iterable[Sequence[Any]],
) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the profiles of users, their devices, and the addresses that get no messages."""
    account = Account()
    changes = Changes(account)
    fields = Fields(opted_out.have, changes.count, strict_keys=options.strict_keys)
    fields.learn_from(learned)
    fields.choose()

    def endpoints() -> Iterator[Sequence[Any]]:
        for row in rows:
            if row[0] == "refusal":
                refusals.append(UserEndpoint(*loads(row[2])))
            else:
                yield row

    refusals: list[UserEndpoint] = []
    for user in _users(endpoints()):
        profile = profile_of(user, fields, changes)
        yield "profiles", b"", dumps(profile.members)
        for device in profile.devices:
            yield "devices", b"", dumps(device)
        for suppressed in suppressed_rows(user, profile):
            yield _suppress(suppressed)
        for where in reachable(user, profile):
            if inactive.have(*where):
                yield "moved", _packed([_digest_of(address_key(*where))]), b""
    for refusal in refusals:
        yield _suppress(row_of_refusal(refusal, account))
    yield from _account_rows(account)


def _suppress(row: SuppressedRow) -> tuple[str, bytes, bytes]:
    channel, address, reason, _ = row
    key = _packed([_digest_of(address_key(channel, address))]) if reason == "inactive" else b""
    return "suppress", key, dumps(row)


def _suppressed(rows: Iterable[Sequence[Any]]) -> Iterator[tuple[str, bytes, bytes]]:
    """Yield the rows of a CSV file with a header."""
    header = True
    for _, _, value in rows:
        if header:
            yield "suppressed", b"", row_of(SUPPRESSED_COLUMNS).rstrip()
            header = False
        yield "suppressed", b"", row_of(loads(value)).rstrip(b"\r\n")


def _none_opted_out(_channel: str, _address: str) -> bool:
    return False


class _Addresses:
    """A set of addresses, which keeps eight bytes of a digest of each.

    Args:
        packed: digests, from `_packed`.
    """

    def __init__(self, packed: Iterable[bytes]) -> None:
        self._digests = array(
            "Q", sorted({*chain.from_iterable(array("Q", some) for some in packed)})
        )

    def __bool__(self) -> bool:
        return bool(self._digests)

    def have(self, channel: str, address: str) -> bool:
        """Return whether an address is in the set, in any spelling."""
        digests = self._digests
        for digest in map(_digest_of, keys_to_find(channel, address)) if digests else ():
            index = bisect_left(digests, digest)
            if index < len(digests) and digests[index] == digest:
                return True
        return False


def _digest_of(key: str) -> int:
    text = key.encode(errors="surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest())


def _packed(digests: Iterable[int]) -> bytes:
    return array("Q", sorted(digests)).tobytes()


CONVERSIONS = {NDJSON.name: _to_ndjson, CUSTOMER_PROFILES.name: _to_customer_profiles}
