"""Plans an upsert; for large inputs, in a second process while this one sends."""

import os
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from threading import active_count
from typing import NamedTuple

from pinpoint_endpoints.cli.inputs import Inputs, is_pipe
from pinpoint_endpoints.cli.jobs import are_large, cpus
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.delivery.monitor import Monitor
from pinpoint_endpoints.delivery.plan import Step
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Format, Source
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.model import Document, Problem, Severity
from pinpoint_endpoints.documents.streams import Meter
from pinpoint_endpoints.errors import CannotRun, PinpointEndpointsError
from pinpoint_endpoints.service.outcome import Outcome, State
from pinpoint_endpoints.service.requests import Call, Item

Documents = Callable[..., Iterator[Document]]
"""Reads documents, as `Inputs.documents` does with the arguments `meter` and `say`."""

Plan = Callable[[Iterable[Document]], Iterator[Step]]
"""Validates documents, and yields the steps of a plan."""

Steps = Callable[[Meter, Monitor], Iterator[Step]]
"""Returns the steps of a plan; the meter and the monitor show its progress."""

_Packed = tuple[str, bytes, str, str, bool, int, tuple[Problem, ...], int, str]
"""The fields of an item that others cannot be derived from: pickled in a quarter of the time."""


class _Message(NamedTuple):
    """A message of the second process: a step of the plan, and the progress up to it.

    Attributes:
        step: an outcome, or the items of a call; None in the last message.
        bytes_read: how many bytes of the files were read so far.
        lines: what to print on standard error.
        left_out: in the last message, how many files were not read, by suffix.
    """

    step: Outcome | list[_Packed] | None
    bytes_read: int
    lines: tuple[str, ...] = ()
    left_out: Counter[str] | None = None


@contextmanager
def planning(
    inputs: Inputs,
    documents: Documents,
    plan: Plan,
    *,
    shows_warnings: bool,
    before_reading: Callable[[], None],
) -> Iterator[Steps]:
    """Provide the function that plans an upsert; enter the context before any thread starts.

    Args:
        inputs: the files.
        documents: reads the documents in them.
        plan: plans what is sent of the documents.
        shows_warnings: whether warnings about what is sent are shown, and not only counted.
        before_reading: called in the second process, if there is one, before it reads.
    """
    producer = None
    with ExitStack() as processes:
        if _is_worth_a_process(inputs):
            from pinpoint_endpoints.processes import Producer

            def messages() -> Iterator[_Message]:
                before_reading()
                return _messages(documents, plan, inputs.left_out, shows_warnings=shows_warnings)

            with suppress(OSError):  # it cannot be started: this process does all the work
                producer = processes.enter_context(Producer(messages))
        if producer is None:
            yield lambda meter, monitor: plan(monitor.reading(documents(meter=meter)))
        else:
            received = partial(_received, producer, inputs.left_out)
            yield lambda meter, monitor: monitor.reading(received(meter), _documents_in)


def _is_worth_a_process(inputs: Inputs) -> bool:
    """Tell whether reading and checking the files takes longer than starting a process for it.

    YAML does not count: the other process would have to find the line of every document in a file
    of several, which takes longer than the rest.
    """
    if inputs.s3 is not None or not hasattr(os, "fork") or cpus() == 1 or active_count() > 1:
        return False
    if STANDARD_INPUT in inputs.paths:
        return sys.stdin is not None and not sys.stdin.isatty()
    return any(map(is_pipe, inputs.paths)) or are_large(
        source
        for source in inputs.find()
        if isinstance(source, Source) and source.format is not Format.YAML
    )


def _messages(
    documents: Documents, plan: Plan, left_out: Counter[str] | None, *, shows_warnings: bool
) -> Iterator[_Message]:
    """Make the plan, in the second process."""
    meter = Meter()
    lines: list[str] = []
    error = None
    try:
        for step in plan(documents(meter=meter, say=lines.append)):
            packed = _packed(step, shows_warnings=shows_warnings)
            yield _Message(packed, meter.count, tuple(lines))
            lines.clear()
    except PinpointEndpointsError as stopped:
        error = stopped
    yield _Message(None, meter.count, tuple(lines), left_out)
    if error is not None:
        raise error


def _packed(step: Step, *, shows_warnings: bool) -> Outcome | list[_Packed]:
    """Return a step without references to the texts of its documents, which would be pickled."""
    if isinstance(step, Outcome):
        is_shown = shows_warnings or step.state is State.INVALID
        return step if is_shown else step._replace(problems=_counted(step.problems))
    return [
        (
            item.endpoint_id,
            item.body,
            item.source,
            item.channel,
            item.is_inactive,
            item.find_line(),
            item.problems if shows_warnings else _counted(item.problems),
            item.occurrence,
            item.digest,
        )
        for item in step.items
    ]


def _unpacked(step: Outcome | list[_Packed]) -> Step:
    return step if isinstance(step, Outcome) else Call(tuple(map(_item, step)))


def _item(packed: _Packed) -> Item:
    endpoint_id, body, source, channel, is_inactive, line, problems, occurrence, digest = packed
    return Item(
        endpoint_id,
        same_endpoint_key(endpoint_id),
        body,
        source,
        channel,
        is_inactive,
        partial(int, line),
        problems,
        occurrence,
        digest,
    )


_EMPTY = Problem("", 0, 0, "", Severity.WARNING, "")
"""A single object, so that each message pickles it once."""


def _counted(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """Return empty problems, as many as there are: they are counted, and not shown."""
    return (_EMPTY,) * len(problems)


def _received(
    messages: Iterable[_Message], left_out: Counter[str] | None, meter: Meter
) -> Iterator[Step]:
    from pinpoint_endpoints.processes import ProcessDiedError

    try:
        for message in messages:
            meter.count = message.bytes_read
            for line in message.lines:
                note(line)
            if left_out is not None and message.left_out is not None:
                left_out.update(message.left_out)
            if message.step is not None:
                yield _unpacked(message.step)
    except ProcessDiedError:
        raise CannotRun(
            "the process that reads the documents died", "is there enough memory?"
        ) from None


def _documents_in(step: Step) -> int:
    return 1 if isinstance(step, Outcome) else len(step.items)
