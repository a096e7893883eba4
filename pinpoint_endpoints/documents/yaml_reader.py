"""Parse YAML 1.2 by the schema: where it expects a string, a plain scalar is its own text.

Built on the events of PyYAML's C parser; the YAML 1.1 types of PyYAML's own loaders never apply.
"""

import re
from collections.abc import Callable, Iterator
from functools import cached_property
from typing import Any, NoReturn

import yaml

from pinpoint_endpoints.documents import text_rules
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.model import Action, Fix, TextProblem
from pinpoint_endpoints.documents.positions import LineIndex, Position, PositionMap, Span, ValuePath
from pinpoint_endpoints.documents.text_rules import MAX_DEPTH
from pinpoint_endpoints.documents.yaml_scalars import ScalarReading, plain_decimal, read_plain
from pinpoint_endpoints.schema.yaml_types import ExpectedTypes, expected_in_file

MAX_EVENTS = 500_000
"""More than the values of a full batch; reading as many takes seconds."""

MAX_ALIAS_EVENTS = 10_000
"""How much all aliases of a file may repeat: far more than the values of an endpoint."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_DOUBTFUL_BREAK = re.compile("[\x85\u2028\u2029]")
_TOO_DEEP_FOR_THE_PARSER = "nesting depth"
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def parse(raw: bytes) -> Iterator[tuple[object, list[TextProblem]]]:
    """Yield the value of each document of a YAML text with its problems.

    Raises:
        Unreadable: the rest of the text cannot be parsed.
    """
    builder = _Builder(decode(raw), locating=False)
    for value in builder.values():
        yield value, builder.problems


def positions(raw: bytes) -> Iterator[PositionMap]:
    """Yield the positions in each document that `parse` yields."""
    builder = _Builder(decode(raw), locating=True)
    try:
        for _ in builder.values():
            if builder.positions is not None:
                yield builder.positions
    except Unreadable:
        return


class _Builder:
    """Builds the value of each document from parser events, collecting problems and positions.

    Attributes:
        problems: the problems of the current document.
        positions: the positions in the current document; None if they are not wanted.
    """

    def __init__(self, text: str, *, locating: bool) -> None:
        self.text = text
        self.events = _counted(yaml.parse(text, Loader=_LOADER))
        self.problems: list[TextProblem] = []
        self.positions: PositionMap | None = None
        self._locating = locating
        self._anchors: dict[str, list[Any]] = {}
        self._repeating = False
        self._repeated = 0

    @cached_property
    def lines(self) -> LineIndex:
        return LineIndex(self.text)

    def values(self) -> Iterator[object]:
        try:
            yield from self._parsed()
        except Unreadable as error:
            error.problems[:0] = self.problems
            raise

    def _parsed(self) -> Iterator[object]:
        try:
            self._check_line_breaks()
            yield from self._documents()
        except yaml.MarkedYAMLError as error:
            if _TOO_DEEP_FOR_THE_PARSER in (error.problem or "") and error.problem_mark:
                raise self._too_deep(error.problem_mark.index) from None
            raise self._syntax_error(error) from None
        except yaml.reader.ReaderError:
            found = yaml.reader.Reader.NON_PRINTABLE.search(self.text)
            message = "this character is not allowed in YAML"
            hint = "remove it, or write it as an escape in double quotes"
            offset = found.start() if found else 0
            raise self._syntax(offset, message, hint) from None

    def _check_line_breaks(self) -> None:
        found = _DOUBTFUL_BREAK.search(self.text)
        if found:
            message = "some YAML tools read this character as a line break"
            hint = f'write it as "\\u{ord(found.group()):04x}", in double quotes'
            place = self.lines.position(found.start())
            raise Unreadable(text_rules.yaml_feature(place, message, hint))

    def _documents(self) -> Iterator[object]:
        """Yield the documents that are not empty; a file with only empty ones counts as empty."""
        next(self.events)
        empty_at: Span | None = None
        found = False
        for start in self.events:
            self._begin_document()
            first = start if isinstance(start, yaml.StreamEndEvent) else next(self.events)
            empty_at = empty_at or self._place(first)
            if first is start:
                break
            value = self._node(first, self.events, expected_in_file(), ())
            next(self.events)
            if not (isinstance(first, yaml.ScalarEvent) and first.implicit[0] and not first.value):
                found = True
                yield value
                self._begin_document()
        if empty_at and not found:
            is_blank = not self.text.strip()
            problem = text_rules.empty if is_blank else text_rules.holds_no_endpoint
            raise Unreadable(problem(empty_at))

    def _begin_document(self) -> None:
        self.problems = []
        self._anchors = {}
        self.positions = PositionMap(self.text, lines=self.lines) if self._locating else None

    def _node(
        self, event: Any, events: Iterator[Any], expected: ExpectedTypes, path: ValuePath
    ) -> object:
        if isinstance(event, yaml.AliasEvent):
            return self._repeat(event, expected, path)
        if event.tag is not None:
            self._refuse(
                event,
                "YAML tags are not supported",
                "remove the tag: the schema says what each value is",
            )
        if event.anchor is not None and not self._repeating:
            events = self._record(event, events)
        if self.positions is not None:
            self.positions.values[path] = event.start_mark.index
        if isinstance(event, yaml.ScalarEvent):
            self._note_end(event, path)
            return self._scalar(event, expected, path)
        if len(path) >= MAX_DEPTH:
            raise Unreadable(text_rules.too_deep(self._place(event)))
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, expected, path)
        return self._sequence(events, expected, path)

    def _mapping(self, events: Iterator[Any], expected: ExpectedTypes, path: ValuePath) -> object:
        members: dict[str, object] = {}
        first_places: dict[str, int] = {}
        for event in events:
            if isinstance(event, yaml.MappingEndEvent):
                self._note_end(event, path)
                break
            key = self._key(event, expected, path)
            member = (*path, key)
            if key in members:
                first = self.lines.position(first_places[key])
                self.problems.append(text_rules.duplicate_key(self._place(event), first, member))
            first_places.setdefault(key, event.start_mark.index)
            if self.positions is not None:
                self.positions.keys.setdefault(member, event.start_mark.index)
                self.positions.key_ends.setdefault(member, event.end_mark.index)
            members[key] = self._node(next(events), events, expected.under(key), member)
        return members

    def _note_end(self, event: Any, path: ValuePath) -> None:
        if self.positions is not None and not self._repeating:
            self.positions.ends[path] = event.end_mark.index

    def _sequence(self, events: Iterator[Any], expected: ExpectedTypes, path: ValuePath) -> object:
        items: list[object] = []
        inside = expected.inside()
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                self._note_end(event, path)
                break
            items.append(self._node(event, events, inside, (*path, len(items))))
        return items

    def _key(self, event: Any, expected: ExpectedTypes, path: ValuePath) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            self._refuse(event, "a member's name must be a string", "quote the name")
        key: str = event.value
        if event.anchor is not None and not self._repeating:
            self._record(event, self.events)
        if event.implicit[0] and expected.others is not None and key not in expected.members:
            reading = read_plain(key, "string")
            self._warn_about_others(event, reading, (*path, key), _quoted_key)
        return key

    def _scalar(self, event: Any, expected: ExpectedTypes, path: ValuePath) -> object:
        text: str = event.value
        if not event.implicit[0]:
            return text
        reading = read_plain(text, expected.scalar)
        if not reading.finite:
            message = "this number is not finite, and JSON has no other numbers"
            self.problems.append(text_rules.not_a_number(self._place(event), message, path))
        self._warn_about_others(event, reading, path, _spelling)
        return reading.value

    def _warn_about_others(
        self,
        event: Any,
        reading: ScalarReading,
        path: ValuePath,
        fix: Callable[[object, ValuePath], Fix | None],
    ) -> None:
        if reading.others_read:
            # the scalar that an alias repeats may be correct at its own place
            right = None if self._repeating else fix(reading.value, path)
            place = self._place(event)
            self.problems.append(text_rules.read_otherwise(place, reading.others_read, path, right))

    def _record(self, event: Any, events: Iterator[Any]) -> Iterator[Any]:
        """Record the events of an anchored node, so that an alias can repeat them."""
        anchor = str(event.anchor)
        if anchor in self._anchors:
            self._refuse(
                event,
                "duplicate anchor: YAML tools differ on what its alias means",
                "rename one of the two",
            )
        if isinstance(event, yaml.ScalarEvent):
            self._anchors[anchor] = [event]
            return events
        recording = [event]

        def recorded() -> Iterator[Any]:
            depth = 1
            while depth:
                following = next(events)
                recording.append(following)
                depth += isinstance(following, _STARTS) - isinstance(following, _ENDS)
                if not depth:
                    self._anchors[anchor] = recording
                yield following

        return recorded()

    def _repeat(self, alias: Any, expected: ExpectedTypes, path: ValuePath) -> object:
        recording = self._anchors.get(str(alias.anchor))
        if recording is None:
            self._refuse(
                alias,
                "this alias has no anchor before it, or is inside its own anchor",
                "write the value out",
            )
        self._repeated += len(recording)
        if self._repeated > MAX_ALIAS_EVENTS:
            self._refuse(
                alias,
                f"the aliases of this file repeat more than {MAX_ALIAS_EVENTS} values",
                "write the values out",
            )
        outer, self._repeating = self._repeating, True
        events = iter(recording)
        value = self._node(next(events), events, expected, path)
        self._repeating = outer
        if self.positions is not None:
            self.positions.values[path] = alias.start_mark.index
        return value

    def _place(self, event: Any) -> Span:
        return self.lines.span(event.start_mark.index, event.end_mark.index)

    def _refuse(self, event: Any, message: str, hint: str) -> NoReturn:
        raise Unreadable(text_rules.yaml_feature(self._place(event), message, hint))

    def _syntax(self, offset: int, message: str, hint: str) -> Unreadable:
        return Unreadable(text_rules.syntax(self.lines.position(offset), message, hint))

    def _too_deep(self, end: int) -> Unreadable:
        """Return the error at the place before this offset where the text becomes too deep.

        The parser reads far ahead of the events that it returns (libyaml 0.2.6: 1,000 levels).
        """
        self.problems = []  # parsing again below finds them again
        try:
            list(_Builder(self.text[:end], locating=False).values())
        except Unreadable as error:
            return error
        return Unreadable(text_rules.too_deep(self.lines.position(end)))

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> Unreadable:
        mark = error.problem_mark or error.context_mark
        if mark and error.context_mark and mark.index >= len(self.text.rstrip()):
            mark = error.context_mark
        message = ", ".join(part for part in (error.context, error.problem) if part)
        offset = mark.index if mark else 0
        return self._syntax(offset, f"invalid YAML: {message}", self._advice(error, offset))

    def _advice(self, error: yaml.MarkedYAMLError, offset: int) -> str:
        problem = error.problem or ""
        line_start = max(self.text.rfind("\n", 0, offset) + 1, 0)
        if "\t" in self.text[line_start : offset + 1] and not self.text[line_start:offset].strip():
            return "indent with spaces, not with tabs"
        if "cannot start any token" in problem or "mapping values are not allowed" in problem:
            return "put text with special characters into quotes, and check the indentation"
        if "expected" in problem:
            return "check the indentation, and that every bracket and quote is closed"
        return ""


def _quoted_key(_key: object, path: ValuePath) -> Fix:
    return Fix(Action.QUOTE_KEY, (path,))


def _spelling(value: object, path: ValuePath) -> Fix | None:
    """Return the fix after which every YAML tool reads the same value as we do."""
    if not isinstance(value, (int, float)):
        return Fix(Action.QUOTE, (path,))
    text = plain_decimal(value)
    return Fix(Action.RESPELL, (path,), text) if text else None


def _counted(events: Iterator[Any]) -> Iterator[Any]:
    for number, event in enumerate(events):
        if number > MAX_EVENTS:
            mark = event.start_mark
            place = Position(mark.line + 1, mark.column + 1)
            message = f"the file contains more than {MAX_EVENTS} values"
            raise Unreadable(
                text_rules.too_large(place, message, "put fewer endpoints into one file")
            )
        yield event
