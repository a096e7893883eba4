"""Write the lists by which Amazon SES and AWS End User Messaging know whom to leave alone."""

import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any

import orjson

from pinpoint_endpoints.convert.account import (
    ENDPOINT,
    OPTED_OUT_IN_INVALID,
    OPTED_OUT_NAME,
    OPTED_OUT_VALUE,
    Account,
    Action,
    Rule,
)
from pinpoint_endpoints.convert.addresses import (
    PHONE_CHANNELS,
    as_from_abroad,
    emails_in,
    names_opted_out,
    numbers_in,
)
from pinpoint_endpoints.convert.by_address import (
    NO_ADDRESS,
    OLDER_ADDRESS,
    OTHER_CHANNEL,
    endpoints_by_address,
)
from pinpoint_endpoints.convert.by_id import RULES_OF_READING
from pinpoint_endpoints.convert.customer_profiles import PartLimits, write_parts
from pinpoint_endpoints.convert.formats import ConvertOptions, Format, MappedMember
from pinpoint_endpoints.convert.hashes import Hashes
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.convert.reach import e164
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, dumps, text_of
from pinpoint_endpoints.documents.csv_reader import column_of
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.shapes import READ_ONLY
from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.masking import json_without_controls
from pinpoint_endpoints.quotas import (
    MAX_CONTACT_LIST_TOPICS,
    MAX_CONTACTS,
    MAX_SUPPRESSED_ADDRESSES,
)

_OPTED_OUT = Rule("opted-out", Action.CARRIED, "an endpoint with this address is opted out")
_INACTIVE = Rule("inactive", Action.CARRIED, "all endpoints with this address are INACTIVE")
_REACHABLE = Rule(
    "reachable", Action.SKIPPED, "the address is in use and not opted out: it is not for this list"
)
_CONTACT = Rule("contact", Action.CARRIED, "the address is a contact")
_UNSUBSCRIBED = {
    _OPTED_OUT: Rule(
        "unsubscribed",
        Action.WITHHELD,
        "an endpoint with this address is opted out: the contact is unsubscribed from everything",
    ),
    _INACTIVE: Rule(
        "inactive",
        Action.WITHHELD,
        "all endpoints with this address are INACTIVE: the contact is unsubscribed from everything",
    ),
}
_NOT_A_NUMBER = Rule(
    "not-e164", Action.LOST, "not a phone number in E.164 form: the list takes no other"
)
_SUPPRESSION_LIMITS = PartLimits(sys.maxsize, MAX_SUPPRESSED_ADDRESSES)
_CONTACT_LIMITS = PartLimits(sys.maxsize, MAX_CONTACTS)
_OF_THE_ADDRESS = frozenset({"Address", "ChannelType", "OptOut", "EndpointStatus", "RequestId"})
_NORTH_AMERICA = frozenset({"US", "USA", "CA", "CAN"})
_KEYS = frozenset({"Id", "User.UserId"})
"""They may be addresses, and stay what an endpoint and a user are known by."""

_LEFT_OUT = (_REACHABLE, OTHER_CHANNEL, NO_ADDRESS, OPTED_OUT_IN_INVALID, *RULES_OF_READING)
_NO_MEMBERS = MappedMember("every other member", "")


def _reason(endpoints: Sequence[UserEndpoint], account: Account) -> Rule:
    """Return why the address of these endpoints must not be contacted, or `_REACHABLE`."""
    if account.refusals.addresses.have(endpoints[0].channel, endpoints[0].address):
        return _OPTED_OUT
    return _INACTIVE if all(endpoint.inactive for endpoint in endpoints) else _REACHABLE


def _suppressed(
    documents: Iterable[Document], channels: Collection[str], account: Account
) -> Iterator[tuple[Sequence[UserEndpoint], Rule]]:
    """Yield the endpoints with each address that is to be left alone, and why."""
    for endpoints in endpoints_by_address(documents, channels, account):
        reason = _reason(endpoints, account)
        if reason is not _REACHABLE:
            yield endpoints, reason
        else:
            _note(reason, endpoints, account)


def _note(rule: Rule, endpoints: Sequence[UserEndpoint], account: Account) -> None:
    for endpoint in endpoints:
        if endpoint.endpoint_id:
            account.add(rule, ENDPOINT, endpoint.place)
        else:
            account.add(OPTED_OUT_IN_INVALID, "Address", endpoint.place)


def _write_ses_suppression(
    documents: Iterable[Document], output: Output, account: Account, _options: ConvertOptions
) -> None:
    def lines() -> Iterator[bytes]:
        for endpoints, reason in _suppressed(documents, ("EMAIL",), account):
            _note(reason, endpoints, account)
            member = "COMPLAINT" if reason is _OPTED_OUT else "BOUNCE"
            address = endpoints[0].address.strip()
            for email in emails_in(address) or [address]:
                line = dumps({"emailAddress": email, "reason": member})
                yield json_without_controls(line) + b"\n"

    write_parts(output, "ses-suppression-{}.json", lines(), limits=_SUPPRESSION_LIMITS)


def _write_sms_opt_outs(
    documents: Iterable[Document], output: Output, account: Account, _options: ConvertOptions
) -> None:
    written = Hashes()
    with output.open("sms-opt-outs.txt") as file:
        for endpoints, reason in _suppressed(documents, PHONE_CHANNELS, account):
            numbers = [number for endpoint in endpoints for number in _numbers(endpoint)]
            _note(reason if numbers else _NOT_A_NUMBER, endpoints, account)
            for number in numbers:
                if number not in written:
                    written.add(number)
                    file.write(f"{number}\n".encode(), 1)


def _numbers(endpoint: UserEndpoint) -> Iterator[str]:
    """Yield the phone numbers in an endpoint's address in E.164 form, if their country is known.

    AWS's samples of import files have numbers of North America without a plus sign.
    """
    location = endpoint.request.get("Location")
    country = text_of(location.get("Country")) if isinstance(location, dict) else ""
    for number in numbers_in(endpoint.address.strip()):
        spellings = [number, as_from_abroad(number)]
        if country.upper() in _NORTH_AMERICA:
            spellings += [f"+1 {number}", f"+{number}"]
        yield from islice(filter(None, map(e164, spellings)), 1)


def _write_ses_contacts(
    documents: Iterable[Document], output: Output, account: Account, options: ConvertOptions
) -> None:
    topics: set[str] = set()

    def lines() -> Iterator[bytes]:
        for endpoints in endpoints_by_address(documents, ("EMAIL",), account):
            reason = _reason(endpoints, account)
            newest, *others = sorted(endpoints, key=_best_first)
            rule = _CONTACT if reason is _REACHABLE else _UNSUBSCRIBED[reason]
            _note(rule, [newest], account)
            _note(rule if reason is not _REACHABLE else OLDER_ADDRESS, others, account)
            members = _reachable_members(newest, account)
            own_topics = _values_at(members, options.topics) if rule is _CONTACT else []
            topics.update(own_topics)
            yield _contact(newest.address, members, own_topics, unsubscribed=rule is not _CONTACT)

    write_parts(output, "ses-contacts-{}.json", lines(), limits=_CONTACT_LIMITS)
    if len(topics) > MAX_CONTACT_LIST_TOPICS:
        message = f"{options.topics} has {len(topics):,} different values"
        hint = f"a contact list has at most {MAX_CONTACT_LIST_TOPICS} topics: name another member"
        raise CannotRun(message, hint)
    contact_list = {
        "ContactListName": "pinpoint",
        "Topics": [
            {"TopicName": name, "DisplayName": name, "DefaultSubscriptionStatus": "OPT_OUT"}
            for name in sorted(topics)
        ],
    }
    with output.open("contact-list.json") as file:
        file.write(orjson.dumps(contact_list, option=orjson.OPT_INDENT_2) + b"\n", 1)


def _best_first(endpoint: UserEndpoint) -> tuple[bool, bool]:
    return not endpoint.endpoint_id, endpoint.inactive


def _reachable_members(endpoint: UserEndpoint, account: Account) -> dict[str, Any]:
    """Return the members of an endpoint, without values that name an opted-out address."""
    opts_out = account.refusals.addresses.have

    def kept(value: Any, path: str) -> Any:
        if isinstance(value, dict):
            inner = {name: kept(member, f"{path}.{name}") for name, member in value.items()}
            names = [name for name in inner if names_opted_out(name, opts_out)]
            for name in names:
                account.add(OPTED_OUT_NAME, f"{path}.{name}", endpoint.place)
                del inner[name]
            return {name: member for name, member in inner.items() if member is not None}
        if isinstance(value, list):
            return [one for one in (kept(each, path) for each in value) if one is not None]
        if isinstance(value, float) or path in _KEYS:
            return value
        if names_opted_out(text_of(value), opts_out):
            account.add(OPTED_OUT_VALUE, path, endpoint.place)
            return None
        return value

    return {
        name: value if name in _OF_THE_ADDRESS else kept(value, name)
        for name, value in endpoint.request.items()
    }


def _contact(
    address: str, members: Mapping[str, Any], topics: Iterable[str], *, unsubscribed: bool
) -> bytes:
    attributes = {
        name: value
        for name, value in members.items()
        if name not in _OF_THE_ADDRESS and name not in READ_ONLY and value
    }
    emails = emails_in(address)
    contact: dict[str, object] = {
        "emailAddress": emails[0] if len(emails) == 1 else address.strip(),
        "unsubscribeAll": unsubscribed,
        "attributesData": dumps(attributes).decode(),
    }
    preferences = [{"topicName": name, "subscriptionStatus": "OPT_IN"} for name in topics]
    if preferences:
        contact["topicPreferences"] = preferences
    return dumps(contact) + b"\n"


def _values_at(request: Mapping[str, object], path: str) -> list[str]:
    """Return the values of a member such as `User.UserAttributes.Newsletters`."""
    if not path:
        return []
    column = column_of(path)
    if column is None:
        hint = "name a member with values: User.UserAttributes.Newsletters"
        raise UsageError(f'"{path}" is not a member of an endpoint', hint)
    value: object = request
    for name in (*column.holder, column.name):
        value = value.get(name) if isinstance(value, Mapping) else None
    values = value if isinstance(value, list) else [value]
    return sorted({text for text in values if isinstance(text, str) and text})


SES_CONTACTS = Format(
    "ses-contacts",
    "contacts for the contact list of Amazon SES: a CreateImportJob of format JSON, and the list",
    _write_ses_contacts,
    (
        MappedMember("Address of EMAIL", "emailAddress", "each once"),
        MappedMember("OptOut", "unsubscribeAll: true", "if any endpoint with the address has it"),
        MappedMember(
            "EndpointStatus", "unsubscribeAll: true", "if no endpoint has the address ACTIVE"
        ),
        MappedMember("the member of --topics", "topicPreferences", "a topic for each value"),
        MappedMember("every other member", "attributesData", "as JSON in a text"),
        MappedMember("ApplicationId, CohortId, CreationDate", "", "of use to Pinpoint alone"),
    ),
    (
        _CONTACT,
        *_UNSUBSCRIBED.values(),
        OPTED_OUT_VALUE,
        OPTED_OUT_NAME,
        OLDER_ADDRESS,
        *_LEFT_OUT[1:],
    ),
    options=frozenset({"topics"}),
)
SES_SUPPRESSION = Format(
    "ses-suppression",
    "e-mail addresses for the suppression list of Amazon SES: a CreateImportJob of format JSON",
    _write_ses_suppression,
    (
        MappedMember("Address of EMAIL", "emailAddress", "each once"),
        MappedMember("OptOut", "reason: COMPLAINT", "the account has to suppress complaints"),
        MappedMember("EndpointStatus", "reason: BOUNCE", "if no endpoint has the address ACTIVE"),
        _NO_MEMBERS,
    ),
    (_OPTED_OUT, _INACTIVE, *_LEFT_OUT),
    "ses-suppression-00001.json",
)
SMS_OPT_OUTS = Format(
    "sms-opt-outs",
    "phone numbers for an opt-out list of AWS End User Messaging: one PutOptedOutNumber a line",
    _write_sms_opt_outs,
    (
        MappedMember("Address of SMS and VOICE", "a line", "in E.164 form, each once"),
        MappedMember("OptOut", "a number that is opted out anywhere is in the list"),
        MappedMember("EndpointStatus", "so is one that no endpoint has ACTIVE"),
        _NO_MEMBERS,
    ),
    (_OPTED_OUT, _INACTIVE, _NOT_A_NUMBER, *_LEFT_OUT),
    "sms-opt-outs.txt",
)
