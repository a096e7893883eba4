"""What of a file's line may be shown: everything in its place, nothing personal."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from checking import calls_in
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.documents import json_reader, yaml_reader
from pinpoint_endpoints.documents.masked_source import shown_line
from pinpoint_endpoints.documents.positions import PositionMap

SECRETS = st.text("ζξψφ@+é7 ", min_size=3, max_size=12).filter(str.strip)
NAMES = st.text("abcXY _#:", min_size=1, max_size=6)
WORDS = st.text("abc ,:#'\"\\-", max_size=8)
LISTS = st.dictionaries(NAMES, st.lists(WORDS, max_size=2), max_size=2)
WRAPPERS = st.sampled_from(["", "Item", "EndpointResponse", "EndpointRequest"])


def shown(found: PositionMap) -> list[str]:
    """Return every line as it is shown."""
    count = found.lines.position(len(found.text)).line
    return [shown_line(found, line) for line in range(1, count + 1)]


def places_in_json(text: str) -> PositionMap:
    """Return the places in a JSON text."""
    return next(json_reader.positions(text.encode()))


def places_in_yaml(text: str) -> PositionMap:
    """Return the places in the first document of a YAML text."""
    return next(yaml_reader.positions(text.encode()))


def as_json(value: object) -> PositionMap:
    """Return the places in a value written as JSON."""
    return places_in_json(json.dumps(value, indent=1))


@st.composite
def endpoints(draw: st.DrawFn) -> tuple[dict[str, Any], list[str]]:
    """Make an endpoint with secrets where they belong and where they do not, and list them."""
    secrets = draw(st.lists(SECRETS, min_size=6, max_size=6))
    address, user_id, first, second, misplaced, misspelled = secrets
    members: dict[str, Any] = {
        "Address": draw(st.sampled_from([address, [address], {"a": address}])),
        "User": {"UserId": user_id, "UserAttributes": {"Names": [first, second], "One": first}},
        draw(st.sampled_from(["Adress", "UserId", "City", "x"])): misplaced,
        "Location": {"Town": misspelled, "City": "Oslo"},
        "Attributes": draw(LISTS),
        "ChannelType": draw(st.sampled_from(["SMS", "sms", misplaced])),
    }
    wanted = draw(st.lists(st.sampled_from(sorted(members)), unique=True))
    endpoint = {name: members[name] for name in wanted}
    wrapper = draw(WRAPPERS)
    if wrapper == "Item":
        return {"Item": [endpoint]}, secrets
    return ({wrapper: endpoint} if wrapper else endpoint), secrets


@given(endpoints(), st.sampled_from([None, 0, 2]), st.booleans())
def test_no_line_of_json_shows_what_is_personal(
    made: tuple[dict[str, Any], list[str]], indent: int | None, ascii_only: bool
) -> None:
    """However it is laid out, no personal value is in a shown line, and lengths are kept."""
    value, secrets = made
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    lines = shown(places_in_json(text))
    assert [len(line) for line in lines] == [len(line) for line in text.split("\n")]
    written = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for secret in secrets}
    assert not [secret for secret in written if secret in "\n".join(lines)]


@given(
    endpoints(), st.sampled_from([True, False, None]), st.sampled_from([None, "'", '"', "|", ">"])
)
def test_no_line_of_yaml_shows_what_is_personal(
    made: tuple[dict[str, Any], list[str]], flow: bool | None, style: str | None
) -> None:
    """In block and flow style, quoted, folded or plain: no line shows a personal value."""
    value, secrets = made
    text = yaml.safe_dump(
        value, default_flow_style=flow, default_style=style, allow_unicode=True, width=20
    )
    found = places_in_yaml(text)
    lines = shown(found)
    assert [len(line) for line in lines] == [len(line) for line in text.split("\n")]
    assert not [secret for secret in secrets if secret in "\n".join(lines)]


@given(endpoints(), st.data())
def test_a_text_that_is_cut_short_shows_nothing_personal(
    made: tuple[dict[str, Any], list[str]], data: st.DataObject
) -> None:
    """Where no place is known, no letter and no digit of a value is shown."""
    value, secrets = made
    text = json.dumps(value, ensure_ascii=False)
    cut = text[: data.draw(st.integers(0, len(text)))]
    line = shown_line(PositionMap(cut), 1)
    assert len(line) == len(cut)
    letters = [secret for secret in secrets if not set(secret) <= set("@+ ")]
    assert not [secret for secret in letters if secret in line]


def test_values_that_are_not_personal_are_shown_as_they_stand() -> None:
    """Channel, consent, place, device, attributes, metrics and ids are shown to the last mark."""
    text = (
        '{"Id": "ada-1", "ApplicationId": "a1", "ChannelType": "SMS", "OptOut":\t"NONE",'
        ' "EffectiveDate": "2026-01-01T00:00:00Z", "Location": {"City": "Oslo", "Latitude": 59.9},'
        ' "Demographic": {"Make": "apple"}, "Attributes": {"likes": ["tea"]}, "Metrics": {"n": 1}}'
    )
    assert shown_line(places_in_json(text), 1) == text


def test_of_a_long_personal_value_the_first_two_characters_are_shown() -> None:
    """A caret under a character of the value still points to it."""
    found = as_json({"Address": "ada@example.com", "User": {"UserId": "ada"}})
    assert shown(found)[1:4] == [
        ' "Address": "ad*************",',
        ' "User": {',
        '  "UserId": "***"',
    ]


def test_show_values_masks_nothing() -> None:
    """Whoever asks for the values gets the line of the file."""
    found = places_in_json('{\n"Address": "ada@example.com"}')
    assert shown_line(found, 2, show_values=True) == '"Address": "ada@example.com"}'


def test_a_name_that_looks_like_an_address_is_masked() -> None:
    """A file that maps addresses to endpoints does not show them as names."""
    assert shown(as_json({"ada@example.com": {}}))[1] == ' "ad*************": {}'


@pytest.mark.parametrize(
    "text",
    ["ada@example.com", "mail ada%40example.com", "1 (206) 555-0100", "ada\uff20example.com"],
)
def test_a_value_that_looks_like_an_address_is_masked_everywhere(text: str) -> None:
    """Members that are not personal may hold an address all the same."""
    endpoint = {"Attributes": {"a": [text]}, "Location": {"City": text}, "Id": text}
    assert text not in "".join(shown(as_json(endpoint)))
    in_yaml = json.dumps(endpoint, ensure_ascii=False)
    assert text not in "".join(shown(places_in_yaml(in_yaml)))


def test_a_phone_number_in_the_place_of_a_number_is_masked() -> None:
    """Coordinates and metrics are shown, a text of digits only is not."""
    metrics = {"a": "+12065550100", "b": "12065550100", "c": 47.6061389, "d": "47.6061389"}
    assert shown(as_json({"Metrics": metrics}))[2:6] == [
        '  "a": "+1**********",',
        '  "b": "12*********",',
        '  "c": 47.6061389,',
        '  "d": "47.6061389"',
    ]


def test_what_a_second_member_of_the_same_name_replaces_is_masked() -> None:
    """Of two addresses under one name, neither is shown."""
    text = '{"Address": "first@example.com", "Address": "again@example.com"}'
    found = places_in_json(text)
    assert shown_line(found, 1) == (
        '{"Address": "*****@*******.***", "Address": "ag***************"}'
    )


def test_comments_are_masked() -> None:
    """A comment of a YAML file may say anything: it may name a person."""
    text = "# ask ada@example.com, or +1 206 555 0100\nChannelType: SMS # all upper case\n"
    assert shown(places_in_yaml(text)) == [
        f"#{'*' * 40}",
        "ChannelType: SMS #***************",
        "",
    ]


def test_an_anchored_value_is_masked_if_an_alias_uses_it_as_personal_data() -> None:
    """An attribute that is also the address is personal, and so is a list in a user attribute."""
    text = (
        "Attributes: {a: [&mail ada@example.com], b: &list [tea, milk], c: [shown]}\n"
        "Address: *mail\n"
        "User: {UserAttributes: {d: *list}}\n"
    )
    assert shown(places_in_yaml(text)) == [
        "Attributes: {a: [&m*******************], b: &**** [***, ****], c: [shown]}",
        "Address: *****",
        "User: {UserAttributes: {d: *****}}",
        "",
    ]


def test_a_text_over_several_lines_is_masked_on_each() -> None:
    """Line breaks and indentation stay, so that the lines keep their length."""
    text = "Address: |\n  first line\n  second\nOptOut: ALL\n"
    assert shown(places_in_yaml(text)) == [
        "Address: |",
        "  **********",
        "  ******",
        "OptOut: ALL",
        "",
    ]


def test_each_document_of_a_text_is_shown_by_its_own_places() -> None:
    """The lines of one document are masked by the schema, and of the others by their words."""
    text = (
        "# one\nAddress: first@x.org\n---\n# two\nAddress: again@x.org # or not\n---\nCity: Oslo\n"
    )
    _, second, _ = yaml_reader.positions(text.encode())
    assert shown(second) == [
        "#****",
        "Address: *****@*.***",
        "---",
        "#****",
        "Address: ag********* #*******",
        "---",
        "City: ****",
        "",
    ]


@pytest.mark.parametrize("value", ["+12065550100", "Ada Lovelace", "deadbeef01"])
def test_what_is_no_slip_of_a_closed_set_is_masked(value: str) -> None:
    """An address in the place of the channel type stays an address."""
    assert value not in shown(as_json({"ChannelType": value}))[1]


def test_of_an_unreadable_text_the_words_of_the_schema_are_shown() -> None:
    """The place in a broken file can be found, and no address is shown."""
    found = PositionMap("{\n  'Address': 'ada@example.com', 'OptOut': 'NONE', true,\n")
    assert shown(found) == [
        "{",
        "  'Address': '***@*******.***', 'OptOut': 'NONE', true,",
        "",
    ]


@pytest.mark.parametrize("name", ["a.json", "a.yaml", "a.ndjson"])
def test_four_times_the_problems_take_about_four_times_the_work(tmp_path: Path, name: str) -> None:
    """The lines of one file are masked together, not the file again for each."""

    def work(size: int) -> int:
        path = tmp_path / name
        items = [{"Id": str(number), "OptOut": "none"} for number in range(size)]
        is_batch = name != "a.ndjson"
        texts = [json.dumps({"Item": items})] if is_batch else map(json.dumps, items)
        path.write_text("\n".join(texts), encoding="utf-8")

        def show() -> None:
            for document in load(path):
                for problem in validate(document):
                    assert shown_line(document.locator.map, problem.line)

        return calls_in(show)

    work(2)
    assert work(80) < 8 * work(20)


@pytest.mark.soak
@pytest.mark.parametrize(
    "text",
    [
        "Id: a\n# {}\nOptOut: none\n".format("ada@example.com +12065550100 " * 100_000),
        "Id: a # {}\nOptOut: none\n".format("# word's " * 300_000),
        "Id: {}\nOptOut: none\n".format("word " * 600_000),
        'Id: "{}"\nOptOut: none\n'.format("'' " * 900_000),
        "Id: {}x\nOptOut: none\n".format(" " * 3_000_000),
    ],
    ids=["comment", "behind", "plain", "quoted", "spaces"],
)
def test_a_very_long_line_is_masked(text: str) -> None:
    """It takes a second; what grows with the square of the length would take hours."""
    found = places_in_yaml(text)
    assert [len(line) for line in shown(found)] == [len(line) for line in text.split("\n")]


def test_the_texts_of_a_template_are_shown() -> None:
    """They are the author's; beside members of an endpoint nothing is taken for one."""
    template = {"TemplateName": "ada", "SMSTemplateRequest": {"Body": "Hi {{Address}}, +15550100"}}
    assert any("Hi {{Address}}, +15550100" in line for line in shown(as_json(template)))
    endpoint = {"Attributes": {"Body": "Hi ada@example.com"}}
    assert not any("ada" in line for line in shown(as_json(endpoint)))
