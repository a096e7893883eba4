"""Decides at which addresses a user may be reached, and which attributes `pe` adds about them."""

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

from pinpoint_endpoints.checks.rules.address import phone_number
from pinpoint_endpoints.convert.account import Change
from pinpoint_endpoints.convert.addresses import PHONE_CHANNELS
from pinpoint_endpoints.convert.grouping import User
from pinpoint_endpoints.convert.user_endpoint import UserEndpoint, text_of
from pinpoint_endpoints.quotas import MAX_PROFILE_VALUE_LENGTH

EMAIL_TARGETS = ("EmailAddress", "PersonalEmailAddress", "BusinessEmailAddress")
PHONE_TARGETS = ("PhoneNumber", "MobilePhoneNumber", "HomePhoneNumber", "BusinessPhoneNumber")

MIN_SLOTS = min(len(EMAIL_TARGETS), len(PHONE_TARGETS))
"""A user with no more endpoints than this has a place for every address."""

DATE, DEVICES = "PinpointEffectiveDate", "PinpointDevices"
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
NOT_IN_FIELD_NAMES = re.compile("[^A-Za-z0-9_-]")


class Reach(NamedTuple):
    """The addresses at which a user can and cannot be reached, in the order of the endpoints."""

    emails: list[str]
    phones: list[str]
    devices: list[UserEndpoint]
    suppressed: list[tuple[UserEndpoint, str]]


def reach_of(user: User, opts_out: Callable[[str, str], bool], change: Change) -> Reach:
    """Return where a user can be reached, and record what happens to each address.

    Args:
        user: from `Grouping`.
        opts_out: whether any endpoint with this channel type and address is opted out.
        change: called for each address.
    """
    reach = Reach([], [], [], [])
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
        elif not (targets := targets_of(channel)):
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
            has_place = len(addresses) <= len(targets)
            change("carried" if has_place else "more-addresses", "Address", place)
    return reach


def targets_of(channel: str) -> Sequence[str]:
    """Return where the addresses of a channel go in a profile; nowhere for those of devices."""
    if channel == "EMAIL":
        return EMAIL_TARGETS
    return PHONE_TARGETS if channel in PHONE_CHANNELS else ()


def reason_to_suppress(endpoint: UserEndpoint, opts_out: Callable[[str, str], bool]) -> str:
    """Return the rule that forbids messages to an endpoint's address; empty if none does."""
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
    """Return a phone number in E.164 form; an empty text if it cannot be converted."""
    if _E164.fullmatch(address):
        return address
    for finding in phone_number({"ChannelType": "SMS", "Address": address}):
        return finding.fix.text if finding.fix is not None else ""
    return address


def added_attributes(user: User, reach: Reach) -> dict[str, str]:
    """Return the attributes that `pe` adds, except the two that every profile has."""
    derived = {
        f"EmailAddress_{number}": text
        for number, text in enumerate(reach.emails[len(EMAIL_TARGETS) :], len(EMAIL_TARGETS) + 1)
    }
    for number, text in enumerate(reach.phones[len(PHONE_TARGETS) :], len(PHONE_TARGETS) + 1):
        derived[f"PhoneNumber_{number}"] = text
    for endpoint in user.endpoints:
        if endpoint.opted_out and endpoint.channel:
            derived[opt_out_key(endpoint.channel)] = "ALL"
    if reach.devices:
        derived[DEVICES] = str(len(reach.devices))
    date = text_of(user.endpoints[0].request.get("EffectiveDate"))
    if date:
        derived[DATE] = date
    return derived


def opt_out_key(channel: str) -> str:
    """Return the key of the attribute that records an opt-out on a channel."""
    return f"PinpointOptOut_{NOT_IN_FIELD_NAMES.sub('_', channel)[:20]}"
