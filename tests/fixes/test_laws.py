"""Laws of fixing: only what is wrong is changed, to what was meant, and once is enough."""

import json
import re
from typing import NamedTuple

import yaml
from checking import put_right, steps
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints.checks.validate import validate
from pinpoint_endpoints.documents.discovery import Source, format_of
from pinpoint_endpoints.documents.load import documents_in


class Pair(NamedTuple):
    """A text as it is written, and as it is right."""

    wrong: str
    right: str

    def __add__(self, other: object) -> "Pair":
        """Return both texts, followed by what is right, or by a pair."""
        wrong, right = other if isinstance(other, Pair) else (str(other), str(other))
        return Pair(self.wrong + wrong, self.right + right)


NOTHING = Pair("", "")


def right(*texts: str) -> list[Pair]:
    """Return texts that are right."""
    return [Pair(text, text) for text in texts]


SPACE = st.sampled_from(["", "", " ", "\n", "\n  ", "\r\n\t", "  "])
TOP_NAMES = ("ChannelType", "OptOut", "EndpointStatus")
SETS = {
    "ChannelType": [Pair('"custom"', '"CUSTOM"'), Pair('" in_App"', '"IN_APP"'), *right('"PUSH"')],
    "OptOut": [Pair('"none"', '"NONE"'), *right('"ALL"', '"NONE"')],
    "EndpointStatus": [Pair('"Active"', '"ACTIVE"'), *right('"INACTIVE"')],
}
JSON_VALUES = [
    Pair('"Wang"', '["Wang"]'),
    Pair("39", '["39"]'),
    Pair("-1.50e2", '["-1.50e2"]'),
    Pair("true", '["true"]'),
    Pair(r'"\u00e9 [,] \"日本\""', r'["\u00e9 [,] \"日本\""]'),
    Pair("[39]", '["39"]'),
    *right('["x"]', '["a" , "b"]', '[ "1" ]'),
]
JSON_TEXTS = [Pair("1.10", '"1.10"'), Pair("8", '"8"'), *right('"8"', '"a\\/b"')]
SAFE_NAMES = st.text("abcdefgh日é", min_size=1, max_size=8)


@st.composite
def json_objects(draw: st.DrawFn, members: list[Pair]) -> Pair:
    """Lay members out as a JSON object."""
    text = NOTHING + "{" + draw(SPACE)
    for index, member in enumerate(members):
        text += NOTHING + ("," if index else "") + draw(SPACE)
        text += member + draw(SPACE)
    return text + "}"


@st.composite
def json_members(draw: st.DrawFn, name: Pair, value: Pair) -> Pair:
    """Lay a member of a JSON object out."""
    return Pair(f'"{name.wrong}"', f'"{name.right}"') + draw(SPACE) + ":" + draw(SPACE) + value


@st.composite
def json_groups(draw: st.DrawFn, values: list[Pair], names: list[str] | None = None) -> Pair:
    """Make an object whose members are named anyhow, or as given."""
    chosen = draw(
        st.lists(st.sampled_from(names), unique=True)
        if names
        else st.lists(SAFE_NAMES, unique=True, max_size=3)
    )
    members = [
        draw(json_members(Pair(name, name), draw(st.sampled_from(values)))) for name in chosen
    ]
    return draw(json_objects(members))


@st.composite
def json_texts(draw: st.DrawFn) -> Pair:
    """Make an endpoint with mistakes and without, in any layout."""
    members = [
        draw(json_members(draw(st.sampled_from(slips(name))), draw(st.sampled_from(SETS[name]))))
        for name in draw(st.lists(st.sampled_from(TOP_NAMES), unique=True))
    ]
    groups = {
        "Attributes": json_groups(JSON_VALUES),
        "Metrics": json_groups(right("1e3", "010"[1:], "-0.5")),
        "Demographic": json_groups(JSON_TEXTS, ["AppVersion", "ModelVersion", "Model"]),
    }
    members += [
        draw(json_members(draw(st.sampled_from(slips(name))), draw(groups[name])))
        for name in draw(st.lists(st.sampled_from(sorted(groups)), unique=True))
    ]
    endpoint = draw(json_objects(draw(st.permutations(members))))
    begin, end = draw(st.sampled_from(["", "\ufeff", "\n"])), draw(st.sampled_from(["", "\n"]))
    return NOTHING + begin + endpoint + end


def slips(name: str) -> list[Pair]:
    """Return a member's name as it is right, and with slips of case."""
    return [Pair(name, name), Pair(name, name), Pair(name.lower(), name), Pair(name.upper(), name)]


@given(json_texts())
def test_in_json_nothing_but_the_mistakes_is_changed(text: Pair) -> None:
    """Whatever the layout, the tokens that are wrong are replaced, and every other byte stays."""
    first, second = steps(text.wrong, "x.json")
    assert first == (text.right if text.right != text.wrong else None)
    assert second is None


BREAKS = st.sampled_from(["\n", "\r\n"])
COMMENTS = st.sampled_from(["", "", "  # sms, 39: a note", " #", "   "])
LINES_BETWEEN = st.sampled_from(["", "", "# ChannelType: sms\n", "\n", "      # 'deep'\n"])
YAML_SETS = {
    "ChannelType": [
        Pair("custom", "CUSTOM"),
        Pair("'custom'", "'CUSTOM'"),
        Pair('"Push"', '"PUSH"'),
        *right("IN_APP", "'PUSH'"),
    ],
    "OptOut": [Pair("none", "NONE"), *right("ALL", '"NONE"')],
    "EndpointStatus": [Pair("Active", "ACTIVE"), *right("INACTIVE")],
}
YAML_VALUES = [
    Pair("Wang", "[Wang]"),
    Pair("Ada M. O'Hara", "[Ada M. O'Hara]"),
    Pair("39", '["39"]'),
    Pair("yes", '["yes"]'),
    Pair("2026-01-02", '["2026-01-02"]'),
    Pair("a:b", '["a:b"]'),
    Pair("'it''s'", "['it''s']"),
    Pair('"a\\tb"', '["a\\tb"]'),
    Pair("[no, x]", '["no", x]'),
    *right("[x]", "[ 'no' , x]", '["39"]'),
]
IN_A_BLOCK_ONLY = [
    Pair("a, b", '["a, b"]'),
    Pair("say {it}", '["say {it}"]'),
    Pair('say "it"', '["say \\"it\\""]'),
    Pair("'over\n        two lines'", "['over\n        two lines']"),
]
YAML_TEXTS = [
    Pair("1.10", '"1.10"'),
    Pair("0x1F", '"0x1F"'),
    Pair("NO", '"NO"'),
    *right("8.x", "'8'", "Pixel 9"),
]
YAML_NUMBERS = [Pair("010", "10"), Pair("1e3", "1000.0"), Pair("08", "8"), *right("-0.5", "12")]
YAML_KEYS = [Pair("on", '"on"'), Pair("39", '"39"'), Pair("No", '"No"'), *right("a", "'b'", '"c"')]


@st.composite
def yaml_blocks(draw: st.DrawFn, members: list[tuple[Pair, Pair]], indent: str) -> Pair:
    """Lay members out as a YAML block mapping."""
    text = NOTHING
    for key, value in members:
        text += NOTHING + draw(LINES_BETWEEN) + indent
        inner = value.wrong.startswith("\n")
        text += key + ":" + ("" if inner else " ") + value
        text += NOTHING + ("" if inner else draw(COMMENTS) + "\n")
    return text


@st.composite
def yaml_groups(
    draw: st.DrawFn, values: list[Pair], keys: list[Pair], in_a_block: list[Pair]
) -> Pair:
    """Make a mapping within an endpoint, in block or flow style."""
    names = draw(st.lists(st.sampled_from(keys), unique=True, min_size=1, max_size=3))
    if draw(st.booleans()):
        members = [(name, draw(st.sampled_from(values + in_a_block))) for name in names]
        return NOTHING + "\n" + draw(yaml_blocks(members, draw(st.sampled_from(["  ", "    "]))))
    text = NOTHING + "{"
    for index, name in enumerate(names):
        text += NOTHING + ("," + draw(st.sampled_from([" ", "\n   ", "  "])) if index else "")
        text += name + ": " + draw(st.sampled_from(values))
    return text + draw(st.sampled_from(["", " "])) + "}"


@st.composite
def yaml_texts(draw: st.DrawFn) -> Pair:
    """Make an endpoint with mistakes and without, with comments, in block and flow style."""
    members = [
        (draw(st.sampled_from(slips(name))), draw(st.sampled_from(YAML_SETS[name])))
        for name in draw(st.lists(st.sampled_from(TOP_NAMES), unique=True))
    ]
    groups = {
        "Attributes": yaml_groups(YAML_VALUES, YAML_KEYS, IN_A_BLOCK_ONLY),
        "Metrics": yaml_groups(YAML_NUMBERS, YAML_KEYS, []),
        "Demographic": yaml_groups(YAML_TEXTS, right("AppVersion", "'Model'"), []),
    }
    members += [
        (Pair(name, name), draw(groups[name]))
        for name in draw(st.lists(st.sampled_from(sorted(groups)), unique=True))
    ]
    members = draw(st.permutations(members))
    if not members:
        return NOTHING + "{}\n"
    text = NOTHING + draw(st.sampled_from(["", "\ufeff", "---\n", "# begin\n"]))
    text += draw(yaml_blocks(members, ""))
    ending = draw(BREAKS)
    text = Pair(*(side.replace("\n", ending) for side in text))
    if draw(st.booleans()):
        text = Pair(*(side.rstrip("\r\n") for side in text))
    return text


@given(yaml_texts())
def test_in_yaml_nothing_but_the_mistakes_is_changed(text: Pair) -> None:
    """In block and flow style, the scalars that are wrong are replaced, and every byte else stays.

    Quotes keep their kind, and comments, blank lines and line breaks their place.
    """
    first, second = steps(text.wrong, "x.yaml")
    assert first == (text.right if text.right != text.wrong else None)
    assert second is None


@given(st.lists(yaml_texts(), min_size=1, max_size=3))
def test_each_of_several_yaml_documents_is_put_right(texts: list[Pair]) -> None:
    """What is wrong in one document of a file is put right there, and the others stay."""
    texts = [Pair(*(side.lstrip("\ufeff").rstrip() for side in text)) for text in texts]
    wrong = "\n---\n".join(text.wrong for text in texts)
    meant = "\n---\n".join(text.right for text in texts)
    first, second = steps(wrong, "x.yaml")
    assert first == (meant if meant != wrong else None)
    assert second is None


READ_ONLY = ("Id", "ApplicationId", "CohortId", "CreationDate")
MEMBERS = {
    "Address": '"a, }#{ b"',
    "OptOut": '"ALL"',
    "Attributes": '{"a": ["x"],  "b" : []}',
    "Id": "5",
    "ApplicationId": '{"a": [1, {}]}',
    "CohortId": '"7,}#"',
    "CreationDate": "null",
}


def is_part_of(part: str, whole: str) -> bool:
    """Tell whether a text comes out of another by taking characters away."""
    left = iter(whole)
    return all(character in left for character in part)


@given(st.permutations(sorted(MEMBERS)), st.integers(0, 7), st.data())
def test_read_only_members_are_taken_out_of_json(
    names: list[str], count: int, data: st.DataObject
) -> None:
    """Whichever members go, the others keep every byte, and nothing is added."""
    names = names[:count]
    pairs = [
        data.draw(json_members(Pair(name, name), Pair(*[MEMBERS[name]] * 2))) for name in names
    ]
    inner = data.draw(json_objects(pairs)).wrong
    text = f'{{"EndpointRequest" : {inner}}}\n'
    first, second = steps(text, "x.json")
    kept = [name for name in names if name not in READ_ONLY]
    assert (first is None) == (kept == names)
    assert second is None
    if first is not None:
        members = json.loads(text)["EndpointRequest"]
        assert json.loads(first) == {"EndpointRequest": {name: members[name] for name in kept}}
        assert is_part_of(first, text)
        assert all(
            pair.wrong in first for pair, name in zip(pairs, names, strict=True) if name in kept
        )


BLOCKS = {
    "Address": "Address: '# x' # about it\n",
    "OptOut": "OptOut: ALL\n",
    "Attributes": "Attributes:\n    # likes\n    a:\n    - x\n\n    - y # the last\n",
    "User": "User: {UserId: ada,\n    UserAttributes: {}}\n",
    "Id": "Id: '7' # goes\n",
    "ApplicationId": "ApplicationId:\n    a:\n      - 1\n      # too\n      - {b: 2} # this\n",
    "CohortId": "CohortId: |\n    several\n\n    lines\n",
    "CreationDate": "CreationDate:\n",
}


@given(
    st.permutations(sorted(BLOCKS)),
    st.integers(1, 8),
    st.lists(st.sampled_from(["", "  # a note\n", "\n"]), min_size=9, max_size=9),
    BREAKS,
    st.booleans(),
)
def test_read_only_members_are_taken_out_of_yaml(
    names: list[str], count: int, notes: list[str], ending: str, cut: bool
) -> None:
    """Whole lines go, with what is in them; the lines of the others and notes between stay."""
    names = names[:count]
    blocks = [f"  {BLOCKS[name]}" for name in names]
    kept = [block for block, name in zip(blocks, names, strict=True) if name not in READ_ONLY]
    between = dict(zip(blocks, notes, strict=False))
    text = "EndpointRequest:\n" + "".join(between[block] + block for block in blocks)
    meant = "EndpointRequest:\n" + "".join(
        between[block] + (block if block in kept else "") for block in blocks
    )
    if cut:
        text, meant = text.rstrip("\n"), meant.rstrip("\n")
    text, meant = text.replace("\n", ending), meant.replace("\n", ending)
    first, second = steps(text, "x.yaml")
    assert second is None
    if len(kept) == len(names):
        assert first is None
        return
    assert first is not None
    if kept:
        assert (first.rstrip() if cut else first) == meant
    else:
        assert yaml.safe_load(first) == {"EndpointRequest": {}}


@given(yaml_texts() | json_texts().map(lambda text: Pair(text.wrong, text.right)))
def test_afterwards_no_problem_can_be_put_right(text: Pair) -> None:
    """What is left after a fix has no right answer that the tool knows."""
    first = put_right(text.wrong, "x") or text.wrong
    documents = documents_in(Source("x", format_of("x")), first.encode())
    assert not [p for document in documents for p in validate(document) if p.fix is not None]


WORDS = st.sampled_from(["a", "39", "no", "'x'", '"y"', "*one", "*two", "[*one]", "&new z"])


@given(st.lists(WORDS, min_size=1, max_size=4))
def test_what_an_alias_repeats_stays_what_it_is(words: list[str]) -> None:
    """Putting right the place of an anchor or an alias changes no other place."""
    words = [re.sub("new", f"new{index}", word) for index, word in enumerate(words)]
    lines = "".join(f"  k{index}: {word}\n" for index, word in enumerate(words))
    text = f"Attributes:\n  one: &one no\n  two: &two [x, 'y']\n{lines}"
    first, second = steps(text, "x.yaml")
    assert second is None
    (before,) = documents_in(Source("x.yaml", format_of("x.yaml")), text.encode())
    (after,) = documents_in(Source("x.yaml", format_of("x.yaml")), (first or text).encode())
    for name, value in before.request["Attributes"].items():  # type: ignore[attr-defined] # a dict
        now = after.request["Attributes"][name]  # type: ignore[index] # a dict
        assert now in (value, [value], [str(value)])
