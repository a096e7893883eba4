"""Parses any YAML by the events of PyYAML's C parser, and explains its syntax errors.

The YAML 1.1 types of PyYAML's own loaders never apply.
"""

import re
from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property, partial
from itertools import count
from typing import Any, NoReturn

import yaml

from pinpoint_endpoints.documents import codes, text_rules
from pinpoint_endpoints.documents.decoding import Unreadable
from pinpoint_endpoints.documents.lookalikes import (
    advice,
    end_of_string,
    named,
    quote_in_text,
    yaml_syntax_in,
)
from pinpoint_endpoints.documents.model import Action, Fix, Parsed, TextProblem
from pinpoint_endpoints.documents.positions import (
    LineIndex,
    MapLocator,
    Position,
    PositionMap,
    PositionMaps,
    Span,
    ValuePath,
)
from pinpoint_endpoints.documents.text_rules import MAX_DEPTH
from pinpoint_endpoints.documents.yaml_scalars import ScalarReading, read_plain, respell
from pinpoint_endpoints.schema.yaml_types import ExpectedTypes, expected_in_file

MAX_EVENTS = 500_000
"""More than the values of a full batch; reading as many takes seconds."""

MAX_ALIAS_EVENTS = 10_000
"""How much all aliases of a file may repeat: far more than the values of an endpoint."""

MAX_BROKEN_DOCUMENTS = 100
"""More than anyone reads; the parser starts again after each of them."""

_DOCUMENT_START = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_FUNCTION = re.compile(r"!(?!!)\w+")
_DOUBTFUL_BREAK = re.compile("[\x85\u2028\u2029]")
_TOO_DEEP_FOR_THE_PARSER = "nesting depth"
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def parse(text: str) -> Iterator[Parsed | Unreadable]:
    """Yield the value of each document of a text with its problems, or why it has none.

    Raises:
        Unreadable: the rest of the text cannot be parsed.
    """
    maps = PositionMaps(partial(positions, text))
    documents = _Reader(text, locating=False).documents()
    for index, (builder, value) in enumerate(documents):
        if isinstance(value, Unreadable):
            yield value
        else:
            locator = MapLocator(maps, index, in_order=builder.is_in_order)
            yield Parsed(value, builder.problems, locator)


def positions(text: str) -> Iterator[PositionMap]:
    """Yield the positions in each document that `parse` yields; none in one that is broken."""
    with suppress(Unreadable):
        for builder, value in _Reader(text, locating=True).documents():
            if isinstance(value, Unreadable) or builder.positions is None:
                yield PositionMap(text, lines=builder.lines)
            else:
                yield builder.positions


class _Reader:
    """Reads the documents of a text, and continues after those that are broken.

    Args:
        text: the whole text.
        locating: whether the positions of values are wanted.
    """

    def __init__(self, text: str, *, locating: bool) -> None:
        self.text = text
        self._locating = locating
        self._events = count()
        self._broken = 0

    def documents(
        self, start: int = 0, end: int | None = None
    ) -> "Iterator[tuple[_Builder, object]]":
        """Yield the values of the documents between two offsets, each with its builder.

        Raises:
            Unreadable: the last document is broken, or too many are.
        """
        end = len(self.text) if end is None else end
        while True:
            builder = _Builder(self.text, start, end, self._events, locating=self._locating)
            try:
                for value in builder.values():
                    yield builder, value
            except Unreadable as error:
                at = builder.offset_of(error)
                begin = self._last_start(builder.document_start + 1, at)
                line = self.text.rfind("\n", 0, at) + 1
                following = self._first_start(max(builder.document_start + 1, line), end)
                if builder.is_misspelt and begin is not None:
                    yield from self.documents(builder.document_start, begin)
                if following is None or error.problems[-1].code == codes.TOO_LARGE:
                    raise
                self._broken += 1
                if self._broken > MAX_BROKEN_DOCUMENTS:
                    raise _too_many_broken(builder.lines.position(following)) from None
                yield builder, error
                start = following
            else:
                return

    def _first_start(self, begin: int, end: int) -> int | None:
        """Return where the first document starts between two offsets."""
        found = _DOCUMENT_START.search(self.text, begin, end)
        return found.start() if found else None

    def _last_start(self, begin: int, end: int) -> int | None:
        """Return where the last document starts between two offsets."""
        starts = [found.start() for found in _DOCUMENT_START.finditer(self.text, begin, end)]
        return starts[-1] if starts else None


class _Builder:
    """Builds the value of each document from parser events, collecting problems and positions.

    Attributes:
        problems: the problems of the current document.
        positions: the positions in the current document; None if they are not wanted.
        document_start: the offset of the current document.
        is_misspelt: whether a character made the rest of the text unreadable for the parser.

    Args:
        text: the whole text.
        start: the offset where the first document starts.
        end: the offset where the last document ends.
        numbers: counts the events of the whole text.
        locating: whether the positions of values are wanted.
    """

    def __init__(
        self, text: str, start: int, end: int, numbers: Iterator[int], *, locating: bool
    ) -> None:
        self.text = text
        self.document_start = start
        self.is_misspelt = False
        self._start = start
        self._end = end
        self._numbers = numbers
        part = text if start == 0 and end == len(text) else text[start:end]
        self.events = self._counted(part)
        self.problems: list[TextProblem] = []
        self.positions: PositionMap | None = None
        self._locating = locating
        self._anchors: dict[str, list[Any]] = {}
        self._repeating = False
        self._repeated = 0

    @property
    def is_in_order(self) -> bool:
        """Whether members stand in the text in their order in the current value."""
        is_twice = any(problem.code == codes.DUPLICATE_KEY for problem in self.problems)
        return not self._repeated and not is_twice

    @cached_property
    def lines(self) -> LineIndex:
        return LineIndex(self.text)

    def values(self) -> Iterator[object]:
        try:
            yield from self._parsed()
        except Unreadable as error:
            error.problems[:0] = text_rules.shown_problems(self.problems)
            raise

    def _parsed(self) -> Iterator[object]:
        try:
            self._check_line_breaks()
            yield from self._documents()
        except yaml.MarkedYAMLError as error:
            if _TOO_DEEP_FOR_THE_PARSER in (error.problem or "") and error.problem_mark:
                raise self._too_deep(self._start + error.problem_mark.index) from None
            raise self._syntax_error(error) from None
        except yaml.reader.ReaderError:
            self.is_misspelt = True
            found = yaml.reader.Reader.NON_PRINTABLE.search(self.text, self._start, self._end)
            message = "this character is not allowed in YAML"
            hint = "remove it, or write it as an escape in double quotes"
            offset = found.start() if found else self._start
            raise self._syntax(offset, message, hint) from None

    def _check_line_breaks(self) -> None:
        found = _DOUBTFUL_BREAK.search(self.text, self._start, self._end)
        if found:
            self.is_misspelt = True
            message = "some YAML tools read this character as a line break"
            hint = f'write it as "\\u{ord(found.group()):04x}", in double quotes'
            place = self.lines.position(found.start())
            raise Unreadable(text_rules.yaml_feature(place, message, hint))

    def _documents(self) -> Iterator[object]:
        """Yield the documents that are not empty; a file with only empty ones counts as empty."""
        next(self.events)
        first_event = None
        found = False
        for start in self.events:
            self._begin_document()
            self.document_start = self._from(start)
            first = start if isinstance(start, yaml.StreamEndEvent) else next(self.events)
            first_event = first_event or first
            if first is start:
                break
            value = self._node(first, self.events, expected_in_file(), ())
            next(self.events)
            if not (isinstance(first, yaml.ScalarEvent) and first.implicit[0] and not first.value):
                found = True
                yield value
                self._begin_document()
        if first_event and not found and not self._start:
            is_blank = not self.text.strip()
            problem = text_rules.empty if is_blank else text_rules.holds_no_endpoint
            raise Unreadable(problem(self._place(first_event)))

    def _begin_document(self) -> None:
        self.problems = []
        self._anchors = {}
        self.positions = PositionMap(self.text, lines=self.lines) if self._locating else None

    def _node(
        self, event: Any, events: Iterator[Any], expected: ExpectedTypes, path: ValuePath
    ) -> object:
        if event.__class__ is yaml.AliasEvent:
            return self._repeat(event, expected, path)
        if event.tag is not None and not self._is_of_cloudformation(event.tag):
            self._refuse(
                event,
                "YAML tags are not supported",
                "remove the tag: the schema says what each value is",
            )
        if event.anchor is not None and not self._repeating:
            events = self._record(event, events)
        if self.positions is not None:
            self.positions.values[path] = self._from(event)
        if event.__class__ is yaml.ScalarEvent:
            self._note_end(event, path)
            return self._scalar(event, expected, path)
        if len(path) >= MAX_DEPTH:
            raise Unreadable(text_rules.too_deep(self._place(event)))
        if event.tag is None:
            return self._parts(event, events, expected, path)
        name = f"Fn::{event.tag[1:]}"
        argument = self._parts(event, events, expected.under(name), (*path, name))
        if self.positions is not None:
            self.positions.values[*path, name] = self.positions.values[path]
        self._note_end(event, path)
        return {name: argument}

    def _parts(
        self, event: Any, events: Iterator[Any], expected: ExpectedTypes, path: ValuePath
    ) -> object:
        if event.__class__ is yaml.MappingStartEvent:
            return self._mapping(events, expected, path)
        return self._sequence(events, expected, path)

    def _is_of_cloudformation(self, tag: str) -> bool:
        """Tell whether a tag is the short form of a function, in a stack with things of Pinpoint.

        A text is read in its place: `!Sub "Hello {{Id}}"` as its argument. What it makes of several
        arguments is not known: `!If [a, b, c]` is read as its long form.
        """
        return _FUNCTION.fullmatch(tag) is not None and "AWS::Pinpoint::" in self.text

    def _mapping(self, events: Iterator[Any], expected: ExpectedTypes, path: ValuePath) -> object:
        members: dict[str, object] = {}
        first_events: dict[str, Any] = {}
        for event in events:
            if event.__class__ is yaml.MappingEndEvent:
                self._note_end(event, path)
                break
            key = self._key(event, expected, path)
            member = (*path, key)
            if key in members:
                first = self.lines.position(self._from(first_events[key]))
                text_rules.add_problem(
                    self.problems, text_rules.duplicate_key(self._place(event), first, member)
                )
            first_events.setdefault(key, event)
            if self.positions is not None:
                self.positions.keys.setdefault(member, self._from(event))
                self.positions.key_ends.setdefault(member, self._to(event))
            members[key] = self._node(next(events), events, expected.under(key), member)
        return members

    def _note_end(self, event: Any, path: ValuePath) -> None:
        if self.positions is not None and not self._repeating:
            self.positions.ends[path] = self._to(event)

    def _sequence(self, events: Iterator[Any], expected: ExpectedTypes, path: ValuePath) -> object:
        items: list[object] = []
        inside = expected.inside()
        for event in events:
            if event.__class__ is yaml.SequenceEndEvent:
                self._note_end(event, path)
                break
            items.append(self._node(event, events, inside, (*path, len(items))))
        return items

    def _key(self, event: Any, expected: ExpectedTypes, path: ValuePath) -> str:
        if event.__class__ is not yaml.ScalarEvent or event.tag is not None:
            self._refuse(event, "a member's name must be a string", "quote the name")
        key: str = event.value
        if event.anchor is not None and not self._repeating:
            self._record(event, self.events)
        if event.implicit[0] and expected.others is not None and key not in expected.members:
            reading = read_plain(key, "string")
            if reading.others_read:
                member = (*path, key)
                self._warn(event, reading, member, Fix(Action.QUOTE_KEY, (member,)))
        if event.implicit[0] and not key.isascii():
            self._warn_about_lookalikes(
                event, (*path, key), at_key=True, is_free=expected.others is not None
            )
        return key

    def _scalar(self, event: Any, expected: ExpectedTypes, path: ValuePath) -> object:
        text: str = event.value
        if not event.implicit[0]:
            return text
        if not text.isascii():
            self._warn_about_lookalikes(event, path, is_free=bool(expected.scalar))
        reading = read_plain(text, expected.scalar)
        if not reading.finite:
            message = "this number is not finite, and JSON has no other numbers"
            text_rules.add_problem(
                self.problems, text_rules.not_a_number(self._place(event), message, path)
            )
        if reading.others_read:
            self._warn(event, reading, path, respell(reading.value, path))
        return reading.value

    def _warn(self, event: Any, reading: ScalarReading, path: ValuePath, fix: Fix | None) -> None:
        # the scalar that an alias repeats may be correct at its own place
        right = None if self._repeating else fix
        place = self._place(event)
        text_rules.add_problem(
            self.problems, text_rules.read_otherwise(place, reading.others_read, path, right)
        )

    def _warn_about_lookalikes(
        self, event: Any, path: ValuePath, *, at_key: bool = False, is_free: bool
    ) -> None:
        """Warn about characters of a plain scalar that were meant to be YAML's own.

        Args:
            event: the scalar.
            path: its path.
            at_key: whether it is a member's name.
            is_free: whether any text may stand here, so that colons in it may be meant.
        """
        text: str = event.value
        quote, inside = quote_in_text(text)
        fix = None
        if quote and inside and not self._repeating:
            fix = Fix(Action.RENAME if at_key else Action.REPLACE, (path,), inside)
        syntax = None if quote or is_free else yaml_syntax_in(text)
        character = syntax[0][-1] if syntax else quote
        if character:
            text_rules.add_problem(
                self.problems,
                text_rules.lookalike(self._place(event), character, path, fix, at_key=at_key),
            )

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
            self.positions.values[path] = self._from(alias)
        return value

    def offset_of(self, error: Unreadable) -> int:
        """Return the offset of the place of an error."""
        line, column, *_ = error.problems[-1].place
        return self.lines.bounds(line)[0] + column - 1

    def _from(self, event: Any) -> int:
        return self._start + int(event.start_mark.index)

    def _to(self, event: Any) -> int:
        return self._start + int(event.end_mark.index)

    def _counted(self, part: str) -> Iterator[Any]:
        next_event = _LOADER(part).get_event
        for number in self._numbers:
            event = next_event()
            if event is None:
                return
            if number > MAX_EVENTS:
                place = self.lines.position(self._from(event))
                message = f"the file contains more than {MAX_EVENTS} values"
                hint = "put fewer endpoints into one file"
                raise Unreadable(text_rules.too_large(place, message, hint))
            yield event

    def _place(self, event: Any) -> Span:
        return self.lines.span(self._from(event), self._to(event))

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
            list(_Builder(self.text, self._start, end, count(), locating=False).values())
        except Unreadable as error:
            return error
        return Unreadable(text_rules.too_deep(self.lines.position(end)))

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> Unreadable:
        mark = error.problem_mark or error.context_mark
        size = len(self.text[self._start : self._end].rstrip())
        if mark and error.context_mark and mark.index >= size:
            mark = error.context_mark
        message = ", ".join(part for part in (error.context, error.problem) if part)
        offset = self._start + (mark.index if mark else 0)
        return self._syntax(offset, f"invalid YAML: {message}", self._advice(error, offset))

    def _advice(self, error: yaml.MarkedYAMLError, offset: int) -> str:
        problem = error.problem or ""
        line_start = max(self.text.rfind("\n", 0, offset) + 1, 0)
        if "\t" in self.text[line_start : offset + 1] and not self.text[line_start:offset].strip():
            return "indent with spaces, not with tabs"
        if hint := self._lookalike_near(offset, line_start):
            return hint
        if "cannot start any token" in problem or "mapping values are not allowed" in problem:
            return "put text with special characters into quotes, and check the indentation"
        if "expected" in problem:
            return "check the indentation, and that every bracket and quote is closed"
        return ""

    def _lookalike_near(self, offset: int, line_start: int) -> str:
        """Name a character in the line of an error, or the one above, that may have caused it."""
        start = self.text.rfind("\n", 0, max(line_start - 1, 0)) + 1
        end = self.text.find("\n", offset)
        near = self.text[start : end if end >= 0 else len(self.text)]
        found = yaml_syntax_in(near)
        if not found and near.count('"') % 2:
            found = end_of_string(near, 0, len(near))
        if not found:
            return ""
        character = found[0][-1]
        line, column = self.lines.position(start + found.end() - 1)
        return f"{named(character)} at {line}:{column} is text: {advice(character)}"


def _too_many_broken(place: Position) -> Unreadable:
    message = f"more than {MAX_BROKEN_DOCUMENTS} documents cannot be parsed: the rest is not read"
    return Unreadable(text_rules.too_large(place, message, "fix these first"))
