"""The plan of a delivery: which documents go in which call, and which in none."""

import json
from collections import Counter
from collections.abc import Iterator
from itertools import chain, pairwise
from pathlib import Path

import pytest
from deliveries import document, document_of, documents, names, request
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import State
from pinpoint_endpoints.api import load
from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.delivery.journal import AcceptedIndex
from pinpoint_endpoints.delivery.plan import DEFAULT_OPTIONS, SendOptions, Step, plan
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.quotas import MAX_BATCH_ITEMS, MAX_REQUEST_BYTES
from pinpoint_endpoints.service.outcome import Outcome
from pinpoint_endpoints.service.requests import (
    UPDATE_ENDPOINT,
    UPDATE_ENDPOINTS_BATCH,
    Call,
    batch_item,
    digest_of,
)

MAX_BYTES, MAX_ITEMS = 700, 4
INVALID = document_of("wrong", {"ChannelType": "PIGEON", "Address": "a"})

ids = st.sampled_from(["a", "A", "b", "B", "c", "d", "e"])
drawn = st.lists(st.tuples(ids, st.integers(0, 400), st.booleans(), st.booleans()), max_size=25)


def calls_of(steps: list[Step]) -> list[Call]:
    """Return the calls among the steps of a plan."""
    return [step for step in steps if isinstance(step, Call)]


def ids_in(steps: list[Step]) -> list[list[str]]:
    """Return the endpoint ids of each call."""
    return [[one.endpoint_id for one in call.items] for call in calls_of(steps)]


def outcomes_in(steps: list[Step]) -> list[tuple[str, State]]:
    """Return the endpoint ids that no call carries, and why."""
    return [(step.endpoint_id, step.state) for step in steps if isinstance(step, Outcome)]


def drawn_document(place: int, name: str, size: int, *, valid: bool) -> Document:
    """Return a document that its metric tells from all others of its run."""
    made = {**request(), "Attributes": {"pad": ["x" * 90] * (size // 90)}, "Metrics": {"n": place}}
    return document_of(name, made if valid else {**made, "OptOut": "perhaps"})


def accepted(*ids: str) -> AcceptedIndex:
    """Return an index that has some documents as accepted."""
    index = AcceptedIndex()
    for name in ids:
        index.remember(same_endpoint_key(name), 0, digest_of(request()), accepted=True)
    return index


def test_one_document_is_one_update() -> None:
    """And no batch."""
    (step,) = plan([document("ada")], DEFAULT_OPTIONS)
    assert isinstance(step, Call)
    assert step.operation == UPDATE_ENDPOINT


@pytest.mark.parametrize(
    ("number", "sizes"), [(2, [2]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])]
)
def test_many_documents_are_batches(number: int, sizes: list[int]) -> None:
    """Of a hundred at most, in their order; what is left over alone is an update again."""
    steps = list(plan(documents(names(number)), DEFAULT_OPTIONS))
    assert [len(call.items) for call in calls_of(steps)] == sizes
    assert [*chain.from_iterable(ids_in(steps))] == names(number)
    operations = {1: UPDATE_ENDPOINT}
    assert [call.operation for call in calls_of(steps)] == [
        operations.get(size, UPDATE_ENDPOINTS_BATCH) for size in sizes
    ]


def test_without_batches_each_is_an_update() -> None:
    """--no-batch: as many calls as there are documents."""
    steps = list(plan(documents(names(5)), SendOptions(batch=False)))
    assert ids_in(steps) == [[name] for name in names(5)]


def test_a_batch_has_seven_megabytes_as_it_is_sent() -> None:
    """Counted in the bytes of the whole body; one document more would not fit."""
    large = {**request(), "Attributes": {name: ["ä" * 100] * 50 for name in names(9)}}
    options = SendOptions(Policy(frozenset({codes.REQUEST_SIZE})))
    sent = (document_of(name, large) for name in names(200))
    calls = calls_of(list(plan(sent, options)))
    assert len(calls) == 3
    assert len(calls[0].items) < MAX_BATCH_ITEMS
    for call, following in pairwise(calls):
        body = len(call.batch_body())
        assert body <= MAX_REQUEST_BYTES < body + len(batch_item(following.items[0])) + len(",")


def test_a_batch_may_be_filled_to_the_last_byte() -> None:
    """Two documents that have exactly room are one call, and with one byte less two."""
    pair = [document("a"), document("b")]
    (call,) = calls_of(list(plan(pair, DEFAULT_OPTIONS)))
    body = len(call.batch_body())
    for room, batches in ((body + 1, 1), (body - 1, 2)):
        calls = calls_of(list(plan(pair, DEFAULT_OPTIONS, max_bytes=room)))
        assert len(calls) == batches


def test_what_is_too_large_for_any_batch_goes_alone() -> None:
    """It is sent, and the service's answer is reported."""
    steps = list(plan(documents("abc"), DEFAULT_OPTIONS, max_bytes=10))
    assert ids_in(steps) == [["a"], ["b"], ["c"]]


def test_one_endpoint_is_in_a_call_once() -> None:
    """Ids that differ in case are one endpoint; the later document comes in a later call."""
    steps = list(plan(documents(["a", "b", "A", "c", "a"]), DEFAULT_OPTIONS))
    assert ids_in(steps) == [["a", "b"], ["A", "c"], ["a"]]


def test_what_is_invalid_is_an_outcome() -> None:
    """It is in no call, with its problems and the reason, and the others are one batch."""
    steps = list(plan([document("a"), INVALID, document("b")], DEFAULT_OPTIONS))
    assert ids_in(steps) == [["a", "b"]]
    (outcome,) = [step for step in steps if isinstance(step, Outcome)]
    assert (outcome.endpoint_id, outcome.state) == ("wrong", State.INVALID)
    assert [problem.code for problem in outcome.problems] == [codes.NOT_IN_SET]


def test_outcomes_of_what_is_invalid_are_not_kept_for_long() -> None:
    """A million invalid documents are reported soon: about a hundred wait for a call."""
    read = 0

    def reading() -> Iterator[Document]:
        nonlocal read
        yield document("a")
        for _ in range(1_000):
            read += 1
            yield INVALID

    steps = plan(reading(), DEFAULT_OPTIONS)
    assert outcomes_in([next(steps)]) == [("wrong", State.INVALID)]
    assert read <= 125
    assert [len(call.items) for call in calls_of([*steps])] == [1]


@pytest.mark.parametrize("policy", [Policy(strict=True), Policy(create=True)])
def test_the_policy_decides(policy: Policy) -> None:
    """A warning with --strict, or a missing address with --create, keeps a document unsent."""
    both = document_of(
        "a", {"ChannelType": "EMAIL", "OptOut": "NONE", "Location": {"Country": "USA"}}
    )
    assert ids_in(list(plan([both], DEFAULT_OPTIONS))) == [["a"]]
    assert outcomes_in(list(plan([both], SendOptions(policy)))) == [("a", State.INVALID)]


def test_warnings_go_with_the_item() -> None:
    """They are in the outcome, for the report."""
    doubtful = document_of("a", {**request(), "Location": {"Country": "USA"}})
    (call,) = calls_of(list(plan([doubtful], DEFAULT_OPTIONS)))
    assert [problem.code for problem in call.items[0].problems] == [codes.COUNTRY]


def test_what_only_an_ignored_rule_of_the_schema_lets_pass_goes_alone() -> None:
    """A batch's body is not checked by boto3: what the schema refuses is for boto3 to look at."""
    wrong = document_of("wrong", {**request(), "Metrics": {"a": "1"}})
    options = SendOptions(Policy(frozenset({codes.WRONG_TYPE})))
    steps = list(plan([document("a"), document("b"), wrong, document("c")], options))
    assert ids_in(steps) == [["a", "b"], ["wrong"], ["c"]]


def test_an_ignored_rule_of_another_kind_parts_no_batch() -> None:
    """What the schema accepts is sent as ever."""
    doubtful = document_of("b", {**request(), "Location": {"Country": "USA"}})
    options = SendOptions(Policy(frozenset({codes.COUNTRY, codes.WRONG_TYPE})))
    assert ids_in(list(plan([document("a"), doubtful], options))) == [["a", "b"]]


def test_an_id_that_is_given_counts() -> None:
    """--id takes the place of the document's own, in the call and in the body."""
    (call,) = calls_of(list(plan([document("ada")], DEFAULT_OPTIONS._replace(endpoint_id="bob"))))
    assert call.items[0].endpoint_id == "bob"
    assert json.loads(call.batch_body())["Item"][0]["Id"] == "bob"


def test_a_document_without_an_id_is_invalid(tmp_path: Path) -> None:
    """In a stream, where no file's name can be its id."""
    (tmp_path / "a.ndjson").write_text(
        '{"OptOut": "ALL"}\n{"Id": "b", "OptOut": "ALL"}\n', encoding="utf-8"
    )
    steps = list(plan(load(tmp_path / "a.ndjson"), DEFAULT_OPTIONS))
    assert (ids_in(steps), outcomes_in(steps)) == ([["b"]], [("", State.INVALID)])


def test_what_the_journal_has_is_done() -> None:
    """What was accepted in an earlier run is in no call."""
    sent = [document_of(name, request()) for name in "abc"]
    steps = list(plan([*sent, INVALID], DEFAULT_OPTIONS, accepted("b")))
    assert ids_in(steps) == [["a", "c"]]
    assert outcomes_in(steps) == [("b", State.DONE), ("wrong", State.INVALID)]


def test_a_call_carries_what_the_journal_will_need() -> None:
    """Digest and occurrence of each of its items; nothing of it without a journal."""
    sent = [document_of(name, request()) for name in ("a", "b", "a")]
    (first, second) = calls_of(list(plan(sent, DEFAULT_OPTIONS, accepted())))
    digest = digest_of(request())
    assert [(one.digest, one.occurrence) for one in (*first.items, *second.items)] == [
        (digest, 0),
        (digest, 0),
        (digest, 1),
    ]
    (call, _) = calls_of(list(plan(sent, DEFAULT_OPTIONS)))
    assert call.items[0].digest == ""


def test_what_is_done_makes_no_call_small() -> None:
    """A hundred documents to send among ten thousand that were sent before go in one call."""
    index = AcceptedIndex()
    sent = [document(f"e-{number}") for number in range(1, 10_001)]
    for place, one in enumerate(sent, 1):
        if place % 100:
            index.remember(f"e-{place}", 0, digest_of(one.request), accepted=True)
    steps = list(plan(sent, DEFAULT_OPTIONS, index))
    assert [len(call.items) for call in calls_of(steps)] == [100]
    assert len(steps) == 1 + 9_900


def remembered(
    index: AcceptedIndex, sent: list[Document], drawn: list[tuple[str, int, bool, bool]]
) -> set[int]:
    """Let an index have documents as accepted, and return the places of those that are done."""
    occurrences: Counter[str] = Counter()
    sent_again: set[str] = set()
    done = set()
    for place, (name, _, valid, is_accepted) in enumerate(drawn):
        key = same_endpoint_key(name)
        if not valid:
            continue
        if is_accepted:
            digest = digest_of(sent[place].request)
            index.remember(key, occurrences[key], digest, accepted=True)
        if is_accepted and key not in sent_again:
            done.add(place)
        else:
            sent_again.add(key)
        occurrences[key] += 1
    return done


@given(drawn, st.booleans())
def test_laws(given_documents: list[tuple[str, int, bool, bool]], batch: bool) -> None:
    """Each document comes out once; those of an endpoint in order; each call is within limits."""
    sent = [
        drawn_document(place, name, size, valid=valid)
        for place, (name, size, valid, _) in enumerate(given_documents)
    ]
    done = remembered(index := AcceptedIndex(), sent, given_documents)
    steps = list(
        plan(
            sent,
            SendOptions(batch=batch),
            index,
            max_bytes=MAX_BYTES,
            max_items=MAX_ITEMS,
        )
    )
    items = chain.from_iterable(call.items for call in calls_of(steps))
    places = [item.request["Metrics"]["n"] for item in items]
    valid_places = [place for place, (_, _, valid, _) in enumerate(given_documents) if valid]
    assert places == [place for place in valid_places if place not in done]
    states = [state for _, state in outcomes_in(steps)]
    assert states.count(State.DONE) == len(done)
    assert states.count(State.INVALID) == len(sent) - len(valid_places)
    assert len(states) + len(places) == len(sent)
    for call in calls_of(steps):
        keys = {same_endpoint_key(one.endpoint_id) for one in call.items}
        assert len(keys) == len(call.items)
        assert 1 <= len(call.items) <= (MAX_ITEMS if batch else 1)
        assert len(call.items) == 1 or len(call.batch_body()) <= MAX_BYTES
