"""Plans and sends a migration: the users of endpoint files become profiles of Customer Profiles."""

from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from functools import partial
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

from pinpoint_endpoints.convert.customer_profiles import Profiles
from pinpoint_endpoints.convert.fields import object_type
from pinpoint_endpoints.convert.grouping import User
from pinpoint_endpoints.convert.intake import NotConverted, convertible
from pinpoint_endpoints.convert.profiles import Profile
from pinpoint_endpoints.convert.user_endpoint import dumps
from pinpoint_endpoints.delivery.circuit_breaker import CircuitBreaker
from pinpoint_endpoints.delivery.deliver import Send, deliver
from pinpoint_endpoints.delivery.log import DeliveryLog
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import (
    BatchBuilder,
    SendOptions,
    Step,
)
from pinpoint_endpoints.delivery.sender import THROTTLE_RETRIES, Sender, not_sent, outcome_of
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.errors import PinpointEndpointsError, Refused
from pinpoint_endpoints.masking import counted, masked
from pinpoint_endpoints.quotas import (
    MAX_OBJECT_TYPE_FIELDS,
    MAX_PROFILE_BATCH_ITEMS,
    MAX_REQUEST_BYTES,
)
from pinpoint_endpoints.service.outcome import Outcome, State, unsent
from pinpoint_endpoints.service.profiles import (
    ProfileCall,
    find_object_type,
    put_object_type,
    put_objects,
)
from pinpoint_endpoints.service.requests import Item, digest_of
from pinpoint_endpoints.service.updates import Answer

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.journal import AcceptedIndex, Journal
    from pinpoint_endpoints.delivery.log import FailureFile

Note = Callable[[str], None]

_NOTHING_SENT = "nothing was sent"
_KEY_BYTES = 16
_MAX_NAMED = 5


class Migration(NamedTuple):
    """The target of profiles, and whether its object type is created first.

    Attributes:
        domain: the domain of Customer Profiles.
        object_type: the name of the object type.
        creates_type: whether the object type is created, or extended, first.
    """

    domain: str
    object_type: str
    creates_type: bool = False


def plan_migration(
    documents: Iterable[Document],
    profiles: Profiles,
    options: SendOptions,
    accepted: "AcceptedIndex | None" = None,
) -> Iterator[Step]:
    """Read all documents, then yield calls that put profiles, and outcomes of what is not sent.

    Args:
        documents: from `load`; any number.
        profiles: takes the valid ones.
        options: how documents are checked.
        accepted: what was accepted in earlier runs, if there is a journal.
    """
    yield from add_documents(documents, profiles, options)
    batch = BatchBuilder(MAX_PROFILE_BATCH_ITEMS, MAX_REQUEST_BYTES, ProfileCall)
    for user, profile in profiles:
        item = _item(user, profile)
        if accepted is not None:
            digest = digest_of(profile.members)
            done, occurrence = accepted.resume(item.key, digest)
            if done:
                yield from batch.hold(_done(item))
                continue
            item = item._replace(digest=digest, occurrence=occurrence)
        yield from batch.add(item, len(item.body))
    yield from batch.flush()


def add_documents(
    documents: Iterable[Document], profiles: Profiles, options: SendOptions
) -> Iterator[Outcome]:
    """Read all documents, and yield the outcomes of those that are in no profile.

    Args:
        documents: from `load`; any number.
        profiles: takes the valid ones, and has chosen its fields then.
        options: how documents are checked.
    """
    for one in convertible(documents, profiles.account, options.policy, _NOTHING_SENT):
        if isinstance(one, NotConverted):
            document, problems = one
            message = "not sent: the document is invalid"
            yield unsent(State.INVALID, document, document.endpoint_id, message, tuple(problems))
        else:
            profiles.add(one)
    profiles.choose_fields()


def migrate_all(  # noqa: PLR0913 - each is an option of pe migrate
    client: Callable[[], Any],
    migration: Migration,
    documents: Iterable[Document],
    profiles: Profiles,
    options: SendOptions,
    *,
    concurrency: int = 1,
    journal: "Journal | None" = None,
    failures: "FailureFile | None" = None,
    monitor: Monitor | None = None,
    note: Note = lambda _: None,
    describe: Callable[[Any, Item], str] | None = None,
    throttle_retries: int = THROTTLE_RETRIES,
) -> Generator[Outcome, None, None]:
    """Put the profiles of all users, and yield what became of each, and of invalid documents.

    Args:
        client: returns a boto3 client of `customer-profiles`; called when there is a profile.
        migration: where the profiles go.
        documents: from `load`; any number.
        profiles: takes the valid ones.
        options: how documents are checked.
        concurrency: how many calls are under way at most.
        journal: what it has as accepted is skipped; outcomes are added as calls are answered.
        failures: gets the profile objects that the service refuses.
        monitor: follows the run, and may end it early.
        note: takes a line about the object type.
        describe: returns the message about a profile that was stored.
        throttle_retries: how often an object is sent again that the service was too busy for.

    Raises:
        CannotRun: no credentials, no connection, no readable answer, a file that cannot be written.
        Refused: the service refuses whatever is sent, or there is no domain or object type.
        Interrupted: by the user.
    """
    monitor = monitor or Monitor()
    accepted = None if journal is None else journal.accepted
    steps = plan_migration(monitor.reading(documents), profiles, options, accepted)
    if failures is not None:
        steps = failures.truncate_before(steps)
    log = DeliveryLog(journal, failures, monitor)

    def sender(breaker: CircuitBreaker) -> Send:
        try:
            connected = client()
            prepare_type(connected, migration, object_type(profiles.fields), note)
        except PinpointEndpointsError as error:
            breaker.halt(error)  # all profiles are known: each is reported
            return lambda call: [not_sent(item) for item in call.items]
        return Sender(
            connected,
            migration.domain,
            breaker,
            log=log,
            throttle_retries=throttle_retries,
            send_call=partial(put_objects, object_type=migration.object_type),
            describe=None if describe is None else partial(describe, connected),
        ).send

    return deliver(steps, sender, concurrency, monitor)


def _item(user: User, profile: Profile) -> Item:
    """Return a profile as what is sent: its key is a hash, since a journal holds it."""
    place = user.endpoints[0].place
    key = blake2b(profile.members["userId"].encode(errors="replace"), digest_size=_KEY_BYTES)
    key_text = key.hexdigest()
    return Item(masked(user.key), key_text, dumps(profile.members), place, recorded_as=key_text)


def _done(item: Item) -> Outcome:
    answer = Answer(accepted=False, message="accepted in an earlier run")
    return outcome_of(item, State.DONE, answer)


def prepare_type(client: Any, migration: Migration, wanted: dict[str, Any], note: Note) -> None:
    """Put the object type if that is asked, and say how the one in the domain differs.

    Fields that only the existing one has stay: earlier migrations may need them.

    Args:
        client: a boto3 client of `customer-profiles`.
        migration: where the profiles go.
        wanted: the input of PutProfileObjectType.
        note: takes a line.

    Raises:
        Refused: there is no domain or object type, or the service refuses it.
        CannotRun: no credentials, no connection, no readable answer.
    """
    wanted["ObjectTypeName"] = migration.object_type
    found = find_object_type(client, migration.domain, migration.object_type)
    named = f"the object type {migration.object_type}"
    if found is None:
        if not migration.creates_type:
            message = f"the domain {migration.domain} has no object type {migration.object_type}"
            raise Refused(message, "add --create-object-type, or name one with --object-type")
        put_object_type(client, migration.domain, wanted)
        note(f"created {named} with {counted(len(wanted['Fields']), 'field')}")
        return
    existing = found.get("Fields") or {}
    fields = wanted["Fields"]
    added = [name for name in fields if name not in existing]
    changed = [name for name in fields if name in existing and existing[name] != fields[name]]
    kept = [name for name in existing if name not in fields]
    for word, names in (("+", added), ("~", changed), ("=", kept)):
        if names:
            note(f"{_MEANINGS[word]} {_listed(names)}")
    if not migration.creates_type:
        if added or changed:
            note(f"{named} stays as it is: what it has no fields for will not be in the profiles")
        return
    if added or changed or _keys_differ(found, wanted):
        merged = {**fields, **{name: existing[name] for name in kept}}
        if len(merged) > MAX_OBJECT_TYPE_FIELDS:
            message = (
                f"{named} would have {len(merged)} fields, and may have {MAX_OBJECT_TYPE_FIELDS}"
            )
            raise Refused(message, "name another one with --object-type")
        put_object_type(client, migration.domain, {**wanted, "Fields": merged})
        note(f"changed {named}")


_MEANINGS: Mapping[str, str] = {
    "+": "fields that the existing object type does not have:",
    "~": "fields that differ in the existing object type:",
    "=": "fields that only the existing object type has, and keeps:",
}


def _keys_differ(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    return bool((found.get("Keys") or {}) != wanted["Keys"])


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - _MAX_NAMED:,} more" if len(names) > _MAX_NAMED else ""
    return f"{', '.join(names[:_MAX_NAMED])}{more}"
