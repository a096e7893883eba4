"""YAML text in; its value, its faults and the place of every value out.

The language is YAML 1.2, read by the schema: where it wants a string, a plain scalar is its own
text. Built on the events of PyYAML's C parser; the 1.1 types of PyYAML's own loaders never apply.
"""

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NoReturn

import yaml

from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.expected import Expected, expected_in_a_file
from pinpoint_endpoints.documents.model import Fault, Severity
from pinpoint_endpoints.documents.positions import LineIndex, Path, Position, PositionMap
from pinpoint_endpoints.documents.text import MAX_DEPTH, Unreadable, decode
from pinpoint_endpoints.documents.yaml_scalar import read_plain

MAX_EVENTS = 500_000
"""More than a full batch has values; reading them takes seconds."""

MAX_ALIAS_EVENTS = 10_000
"""What all aliases of a file may repeat: far more than an endpoint has values."""

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_WRITE_IT = {
    "text": "write it with a decimal point and without an exponent",
    "an octal number": "write it without the leading zero",
}
_DOUBTFUL_BREAK = re.compile("[\x85\u2028\u2029]")
_STARTS = (yaml.MappingStartEvent, yaml.SequenceStartEvent)
_ENDS = (yaml.MappingEndEvent, yaml.SequenceEndEvent)


def parse(raw: bytes) -> tuple[object, list[Fault]]:
    """Return the value of a YAML text and what is wrong or doubtful in it.

    Raises:
        Unreadable: the text has no value that could be looked at further.
    """
    builder = _Builder(decode(raw))
    builder.read()
    return builder.value, builder.faults


def positions(raw: bytes) -> PositionMap:
    """Return the place of every value in a YAML text that `parse` could read."""
    text = decode(raw)
    found = PositionMap(text)
    _Builder(text, found).read()
    return found


class _Builder:
    """Makes one value from parser events, and notes faults and positions on the way."""

    def __init__(self, text: str, positions: PositionMap | None = None) -> None:
        self.text = text
        self.events = _counted(yaml.parse(text, Loader=_LOADER))
        self.positions = positions
        self.faults: list[Fault] = []
        self.value: object = None
        self._anchors: dict[str, list[Any]] = {}
        self._repeating = False
        self._repeated = 0

    @cached_property
    def lines(self) -> LineIndex:
        return LineIndex(self.text)

    def read(self) -> None:
        try:
            self._check_line_breaks()
            self._read_document()
        except yaml.MarkedYAMLError as error:
            raise self._syntax_error(error) from None
        except yaml.reader.ReaderError:
            found = yaml.reader.Reader.NON_PRINTABLE.search(self.text)
            message = "this character is not allowed in YAML"
            hint = "remove it, or write it as an escape in double quotes"
            offset = found.start() if found else 0
            raise self._unreadable(offset, codes.SYNTAX, message, hint) from None
        except Unreadable as error:
            error.faults[:0] = self.faults
            raise

    def _check_line_breaks(self) -> None:
        found = _DOUBTFUL_BREAK.search(self.text)
        if found:
            message = "some YAML readers take this character for a line break"
            hint = f'write it as "\\u{ord(found.group()):04x}", in double quotes'
            raise self._unreadable(found.start(), codes.YAML_FEATURE, message, hint)

    def _read_document(self) -> None:
        next(self.events)
        start = next(self.events)
        if isinstance(start, yaml.StreamEndEvent):
            self._refuse(start, codes.EMPTY, "the file is empty", "write one endpoint")
        first = next(self.events)
        if isinstance(first, yaml.ScalarEvent) and first.implicit[0] and not first.value:
            self._refuse(first, codes.EMPTY, "the file is empty", "write one endpoint")
        self.value = self._node(first, self.events, expected_in_a_file(), ())
        next(self.events)
        after = next(self.events)
        if not isinstance(after, yaml.StreamEndEvent):
            self._refuse(
                after,
                codes.SECOND_VALUE,
                "a second YAML document starts here",
                "put each endpoint in a file of its own, or all under `Item:`",
            )

    def _node(self, event: Any, events: Iterator[Any], expected: Expected, path: Path) -> object:
        if isinstance(event, yaml.AliasEvent):
            return self._repeat(event, expected, path)
        if event.tag is not None:
            self._refuse(
                event,
                codes.YAML_FEATURE,
                "YAML tags are not read",
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
            self._refuse(
                event,
                codes.TOO_DEEP,
                f"nested more than {MAX_DEPTH} levels deep",
                "an endpoint has five levels",
            )
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(events, expected, path)
        return self._sequence(events, expected, path)

    def _mapping(self, events: Iterator[Any], expected: Expected, path: Path) -> object:
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
                self._fault(
                    event,
                    codes.DUPLICATE_KEY,
                    f"duplicate key, first at {first.line}:{first.column}",
                    "remove one of the two: many YAML readers keep only the last",
                    path=member,
                )
            first_places.setdefault(key, event.start_mark.index)
            if self.positions is not None:
                self.positions.keys.setdefault(member, event.start_mark.index)
                self.positions.key_ends.setdefault(member, event.end_mark.index)
            members[key] = self._node(next(events), events, expected.under(key), member)
        return members

    def _note_end(self, event: Any, path: Path) -> None:
        if self.positions is not None and not self._repeating:
            self.positions.ends[path] = event.end_mark.index

    def _sequence(self, events: Iterator[Any], expected: Expected, path: Path) -> object:
        items: list[object] = []
        inside = expected.inside()
        for event in events:
            if isinstance(event, yaml.SequenceEndEvent):
                self._note_end(event, path)
                break
            items.append(self._node(event, events, inside, (*path, len(items))))
        return items

    def _key(self, event: Any, expected: Expected, path: Path) -> str:
        if not isinstance(event, yaml.ScalarEvent) or event.tag is not None:
            self._refuse(
                event, codes.YAML_FEATURE, "a member's name must be plain text", "quote the name"
            )
        key: str = event.value
        if event.anchor is not None and not self._repeating:
            self._record(event, self.events)
        if event.implicit[0] and expected.others is not None and key not in expected.members:
            self._warn_about_others(event, read_plain(key, "string").others_read, (*path, key))
        return key

    def _scalar(self, event: Any, expected: Expected, path: Path) -> object:
        text: str = event.value
        if not event.implicit[0]:
            return text
        reading = read_plain(text, expected.scalar)
        if not reading.finite:
            self._fault(
                event,
                codes.NOT_A_NUMBER,
                "this is no finite number, and JSON has no other",
                "write a finite number, or leave the member out",
                path=path,
            )
        self._warn_about_others(event, reading.others_read, path)
        return reading.value

    def _warn_about_others(self, event: Any, kind: str, path: Path) -> None:
        if kind:
            self._fault(
                event,
                codes.READ_OTHERWISE,
                f"read as it is written, but other YAML tools read {kind} here",
                _WRITE_IT.get(kind, "put it in quotes"),
                path=path,
                severity=Severity.WARNING,
            )

    def _record(self, event: Any, events: Iterator[Any]) -> Iterator[Any]:
        """Keep the events of an anchored node, so that an alias can repeat them."""
        anchor = str(event.anchor)
        if anchor in self._anchors:
            self._refuse(
                event,
                codes.YAML_FEATURE,
                "this anchor stands twice, and readers differ on what its alias then means",
                "give one of them another name",
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

    def _repeat(self, alias: Any, expected: Expected, path: Path) -> object:
        recording = self._anchors.get(str(alias.anchor))
        if recording is None:
            self._refuse(
                alias,
                codes.YAML_FEATURE,
                "this alias has no anchor before it, or stands inside its own anchor",
                "write the value out",
            )
        self._repeated += len(recording)
        if self._repeated > MAX_ALIAS_EVENTS:
            self._refuse(
                alias,
                codes.YAML_FEATURE,
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

    def _fault(  # noqa: PLR0913 - the members of a Fault
        self,
        event: Any,
        code: str,
        message: str,
        hint: str,
        *,
        path: Path,
        severity: Severity = Severity.ERROR,
    ) -> None:
        place = self.lines.position(event.start_mark.index)
        self.faults.append(Fault(place, code, message, hint, severity, path))

    def _refuse(self, event: Any, code: str, message: str, hint: str) -> NoReturn:
        raise self._unreadable(event.start_mark.index, code, message, hint)

    def _syntax_error(self, error: yaml.MarkedYAMLError) -> Unreadable:
        mark = error.problem_mark or error.context_mark
        if mark and error.context_mark and mark.index >= len(self.text.rstrip()):
            mark = error.context_mark
        message = ", ".join(part for part in (error.context, error.problem) if part)
        offset = mark.index if mark else 0
        return self._unreadable(
            offset, codes.SYNTAX, f"invalid YAML: {message}", self._advice(error, offset)
        )

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

    def _unreadable(self, offset: int, code: str, message: str, hint: str) -> Unreadable:
        return Unreadable(Fault(self.lines.position(offset), code, message, hint))


def _counted(events: Iterator[Any]) -> Iterator[Any]:
    for number, event in enumerate(events):
        if number > MAX_EVENTS:
            mark = event.start_mark
            raise Unreadable(
                Fault(
                    Position(mark.line + 1, mark.column + 1),
                    codes.TOO_LARGE,
                    f"the file holds more than {MAX_EVENTS} values",
                    "put fewer endpoints into one file",
                )
            )
        yield event
