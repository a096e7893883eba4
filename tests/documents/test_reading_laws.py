"""Laws of reading: two JSON readers agree, positions are true, YAML gives what JSON gives."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import orjson
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from pinpoint_endpoints.documents import codes, json_reader, yaml_events, yaml_reader
from pinpoint_endpoints.documents.decoding import Unreadable, decode
from pinpoint_endpoints.documents.discovery import Format, Source
from pinpoint_endpoints.documents.json_reader import parse_with_positions
from pinpoint_endpoints.documents.load import read_lines
from pinpoint_endpoints.documents.model import Parsed
from pinpoint_endpoints.documents.positions import Locator, PositionMap, ValuePath
from pinpoint_endpoints.documents.streams import nothing_more, stream_of

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
LAYOUTS = st.sampled_from([None, 0, 2])
ODD_LINES = st.sampled_from(
    ["", " ", "{", "{}{}", "null", "{}\r", '{"a": 1, "a": 2}', '{"a": "\\u0022"}', "\ufeff{}",
     '{"Id": "x", "Address": "x"}', '{"Id": 1, "ChannelType": "SMS", "CohortId": "1"}',
     *("[" * depth + "]" * depth for depth in (63, 64, 65)), '{"a":' * 65 + "0" + "}" * 65]
)  # fmt: skip
NO_LOCATOR = Locator()
YAML_SCALARS = st.sampled_from(
    ["", "x", "a b", "'it''s'", '"x: #"', "x # y", "x#y", "a:b", "a: b", "12:30", "NO", "null", "~",
     "02134", "1.20", "-0.5", "1e3", ".inf", "+1206", "2026-11-18", "- x", "-x", "[a]", "[]",
     "[NO, 'b' , a:b]", "[a, b,]", "|", "&a x", "*a", "!!str x", "%x", "\u00e9",
     "\u201cx\u201d", "O\u2019x", "a\uff1ab", "\u2028", "\ufeff",
     "\t", "x ", "'", '"', "#", "<<", "="]
)  # fmt: skip
YAML_NAMES = st.sampled_from(
    ["Id: ", "User: ", "User:", "Attributes:", "a: ", "b c: ", "NO: ", "1:", "x : ", "'k':",
     "\u201dx: ", ""]
)  # fmt: skip
YAML_LINES = st.builds(
    "{}{}{}{}".format,
    st.sampled_from(["", "", "", "  ", "  ", "    ", " "]),
    st.sampled_from(["", "", "", "- ", "-  ", "-", "? "]),
    YAML_NAMES,
    YAML_SCALARS,
)
BLOCK_STYLE = st.lists(YAML_LINES | st.sampled_from(["", "# x", "---", "..."]), max_size=8)


def leaves(value: Any, path: ValuePath = ()) -> Iterator[tuple[ValuePath, Any]]:
    """Yield every value within a value, with the path that leads to it."""
    yield path, value
    if isinstance(value, dict):
        for key, member in value.items():
            yield from leaves(member, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(item, (*path, index))


def text_at(text: str, positions: PositionMap, path: ValuePath) -> str:
    """Return the text from the place of a value on."""
    line, column = positions.lines.position(positions.values[path])
    return "\n".join(text.split("\n")[line - 1 :])[column - 1 :]


@given(VALUES, LAYOUTS, st.booleans())
def test_the_two_json_readers_give_the_same_value(
    value: object, indent: int | None, ascii_only: bool
) -> None:
    """What orjson reads, the careful reader reads too, without a problem."""
    raw = json.dumps(value, indent=indent, ensure_ascii=ascii_only).encode()
    ((careful, problems, _),) = parse_with_positions(raw)
    assert problems == []
    assert careful == orjson.loads(raw)
    assert [tuple(one[:2]) for one in json_reader.parse(raw)] == [(careful, ())]


@given(VALUES, st.data())
def test_the_two_json_readers_refuse_the_same_texts(value: object, data: st.DataObject) -> None:
    """A text with one character taken out or put in is JSON for both readers, or for none."""
    text = json.dumps(value, ensure_ascii=False)
    at = data.draw(st.integers(0, len(text)))
    put_in = data.draw(
        st.sampled_from(
            ["", '"', "{", "}", "[", "]", ",", ":", "0", "-", "e", ".", "\\", "\n", "x"]
        )
    )
    raw = (text[:at] + put_in + text[at + data.draw(st.integers(0, 1)) :]).encode()
    try:
        expected = orjson.loads(raw)
    except orjson.JSONDecodeError:
        expected = Unreadable
    try:
        ((careful, problems, _),) = parse_with_positions(raw)
    except Unreadable:
        assert expected is Unreadable
        return
    if not problems:
        assert careful == expected
    elif expected is not Unreadable:
        assert {problem.code for problem in problems} == {codes.DUPLICATE_KEY}


@given(VALUES, LAYOUTS)
def test_every_json_value_is_where_the_map_says(value: object, indent: int | None) -> None:
    """The text at a value's place begins with that value, and the key's place with the key."""
    text = json.dumps(value, indent=indent, ensure_ascii=False)
    (positions,) = json_reader.positions(text.encode())
    for path, member in leaves(value):
        found, _ = json.JSONDecoder().raw_decode(text_at(text, positions, path))
        assert found == member
    for path, offset in positions.keys.items():
        assert json.JSONDecoder().raw_decode(text[offset:])[0] == path[-1]


def has_places(locator: Locator, positions: PositionMap) -> bool:
    """Tell whether values, their keys and missing values are where the map of all has them."""
    return all(
        locator.locate(asked, key=key) == positions.locate(asked, key=key)
        for path in positions.values
        for asked in (path, (*path, "missing"), (*path, 99))
        for key in (False, True)
    )


@given(VALUES, LAYOUTS)
def test_single_json_values_are_where_the_map_of_all_has_them(
    value: object, indent: int | None
) -> None:
    """A value, its key and a value that is not there have the places that the whole map gives."""
    raw = json.dumps(value, indent=indent, ensure_ascii=False).encode()
    (positions,), locator = json_reader.positions(raw, 7), json_reader.JsonLocator(raw, 7)
    assert has_places(locator, positions)
    around = locator.map_around(positions.values)
    for offsets in ("values", "ends", "keys", "key_ends"):
        assert getattr(around, offsets) == getattr(positions, offsets)


@given(st.dictionaries(TEXTS, VALUES, min_size=1, max_size=4), st.data())
def test_no_duplicate_key_goes_unseen(members: dict[str, object], data: st.DataObject) -> None:
    """A member written twice, in whatever spelling and however deep, is found."""
    twice = data.draw(st.sampled_from(sorted(members)))
    spelling = (
        "".join(f"\\u{unit:04x}" for unit in _utf16(twice)) if data.draw(st.booleans()) else None
    )
    pairs = [f"{json.dumps(key)}: {json.dumps(member)}" for key, member in members.items()]
    again = f'"{spelling}"' if spelling is not None else json.dumps(twice)
    pairs.insert(data.draw(st.integers(0, len(pairs))), f"{again}: {json.dumps(data.draw(VALUES))}")
    raw = ('{"outer": [{' + ", ".join(pairs) + "}]}").encode()
    ((_, problems, _),) = json_reader.parse(raw)
    assert [problem.code for problem in problems] == [codes.DUPLICATE_KEY]


@given(st.lists(VALUES.map(json.dumps) | ODD_LINES, max_size=5))
def test_lines_that_are_read_together_give_what_each_gives_by_itself(lines: list[str]) -> None:
    """Complete lines are parsed together, an incomplete one alone, with the same documents."""
    together = _in_lines("".join(f"{line}\n" for line in lines), 1)
    singly = [one for number, line in enumerate(lines, 1) for one in _in_lines(line, number)]
    assert together == singly


def _in_lines(text: str, first_line: int) -> list[tuple[object, ...]]:
    stream = stream_of(text.encode(), nothing_more)
    documents = read_lines(Source("x.ndjson", Format.NDJSON), stream, first_line, is_part=True)
    return [(*one._replace(locator=NO_LOCATOR), one.locator.first_line) for one in documents]


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_quoted_yaml_gives_what_was_written(members: dict[str, object]) -> None:
    """What PyYAML writes with every text in quotes reads back as the value that it was."""
    quoted = json.loads(json.dumps(members), parse_int=str, parse_float=str, parse_constant=str)
    texts = _without_other_types(quoted)
    text = yaml.safe_dump(texts, default_style='"', allow_unicode=True)
    (parsed,) = yaml_reader.parse(text.encode())
    assert isinstance(parsed, Parsed)
    assert (parsed.value, parsed.problems) == (texts, [])


@given(st.from_regex(r"[-+0-9a-fxoET_.:]{1,9}", fullmatch=True))
def test_what_pyyaml_reads_otherwise_is_warned_about(text: str) -> None:
    """Where a string is expected, a plain scalar that PyYAML takes for a number has a warning."""
    loader: Any = yaml.SafeLoader("")
    tag = loader.resolve(yaml.ScalarNode, text, (True, False))
    with suppress(Unreadable):
        (parsed,) = yaml_reader.parse(f"Address: {text}".encode())
        assert isinstance(parsed, Parsed)
        assert parsed.problems or tag == "tag:yaml.org,2002:str"


def as_parsed(results: Iterator[Any]) -> list[Any]:
    """Return what a YAML parser yields, with types and the problems of what cannot be parsed."""
    found: list[Any] = []
    try:
        for result in results:
            found += [result.problems] if isinstance(result, Unreadable) else [repr(result[:2])]
    except Unreadable as error:
        found.append(error.problems)
    return found


@settings(max_examples=300)
@given(BLOCK_STYLE, st.sampled_from(["\n", "\n", "\r\n", "\r"]))
def test_reading_yaml_by_lines_gives_what_the_parser_gives(lines: list[str], end: str) -> None:
    """What is read line by line has the value, problems and positions of the parser's events."""
    raw = end.join(lines).encode()
    text = decode(raw)
    assert as_parsed(yaml_reader.parse(raw)) == as_parsed(yaml_events.parse(text))
    for found, expected in zip(
        yaml_reader.positions(raw), yaml_events.positions(text), strict=True
    ):
        assert found.values == expected.values
        assert found.ends == expected.ends
        assert found.keys == expected.keys
        assert found.key_ends == expected.key_ends
    with suppress(Unreadable):
        for parsed, expected in zip(
            yaml_reader.parse(raw), yaml_events.positions(text), strict=True
        ):
            assert isinstance(parsed, Unreadable) or has_places(parsed.locator, expected)


@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_json_read_as_yaml_has_the_same_positions(members: dict[str, object]) -> None:
    """The YAML reader finds quoted JSON texts where the JSON reader finds them."""
    texts = _without_other_types(json.loads(json.dumps(members), parse_int=str, parse_float=str))
    raw = json.dumps(texts, ensure_ascii=True, indent=1).encode()
    if b"\\u" in raw:
        return
    (in_yaml,), (in_json,) = yaml_reader.positions(raw), json_reader.positions(raw)
    assert in_yaml.values == in_json.values


def _utf16(text: str) -> list[int]:
    raw = text.encode("utf-16-be")
    return [raw[index] << 8 | raw[index + 1] for index in range(0, len(raw), 2)]


def _without_other_types(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_other_types(member) for key, member in value.items()}
    if isinstance(value, list):
        return [_without_other_types(item) for item in value]
    return str(value)
