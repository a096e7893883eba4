"""`pe new`: for every channel a file that is valid unchanged, and with every member in use."""

import json
import re
from pathlib import Path

import pytest
import yaml
from commands import Ended
from commands import run as run_pe
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.schema.bundled import bundled_schema
from pinpoint_endpoints.schema.templates import CHANNELS, starting_yaml

DEFINITIONS = bundled_schema()["$defs"]
COMMENTED_OUT = re.compile(r"# (?P<line> *\w+:.*)")
FORMATS = ["json", "yaml"]


def run(*arguments: object) -> Ended:
    """Run `pe new`."""
    return run_pe("new", *arguments)


def in_use(text: str) -> str:
    """Return a file with everything in use that is commented out."""
    lines = text.splitlines(keepends=True)
    return "".join(COMMENTED_OUT.sub(r"\g<line>", line, count=1) for line in lines)


def test_every_channel_has_a_file() -> None:
    """The channels are those of the schema, in its order."""
    assert list(CHANNELS) == DEFINITIONS["ChannelType"]["enum"]


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("channel", CHANNELS)
def test_a_file_is_valid_as_printed(tmp_path: Path, channel: str, file_format: str) -> None:
    """`pe validate` finds no error and no warning in it, whatever the case of the channel."""
    printed = run_pe("new", channel.lower(), "--format", file_format)
    (tmp_path / f"ada.{file_format}").write_text(printed.out, encoding="utf-8")
    checked = run_pe("validate", "--strict", "--create", "-o", "json", tmp_path)
    envelope = json.loads(checked.out)
    assert (printed.code, checked.code) == (0, 0)
    assert (envelope["summary"]["valid"], envelope["results"]) == (1, [])


@pytest.mark.parametrize("file_format", FORMATS)
def test_a_segment_is_valid_as_printed_and_with_everything_in_use(
    tmp_path: Path, file_format: str
) -> None:
    """`pe validate` finds no error and no warning in it, and takes it for a segment."""
    printed = run_pe("new", "segment", "--format", file_format)
    for number, text in enumerate((printed.out, in_use(printed.out))):
        path = tmp_path / f"{number}.{file_format}"
        path.write_text(text, encoding="utf-8")
        assert [document.other_shape for document in load(path)] == ["WriteSegmentRequest"]
        assert run_pe("validate", "--strict", path).code == 0


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_file_with_every_member_is_valid(channel: str, tmp_path: Path) -> None:
    """With all that is commented out in use, there is no error and no warning either."""
    path = tmp_path / "ada.yaml"
    path.write_text(in_use(starting_yaml(channel)), encoding="utf-8")
    (document,) = load(path)
    assert validate(document) == []
    wanted = DEFINITIONS["EndpointRequest"]["properties"].keys() - {"RequestId"}
    assert document.request.keys() == wanted
    for group in ("Demographic", "Location", "User"):
        members = DEFINITIONS[f"Endpoint{group}"]["properties"].keys()
        assert dict(document.request)[group].keys() == members  # type: ignore[attr-defined]  # a mapping in every template


@given(channel=st.sampled_from(sorted(CHANNELS)), data=st.data())
def test_any_members_may_be_used(
    tmp_path_factory: pytest.TempPathFactory, channel: str, data: st.DataObject
) -> None:
    """Whichever members are put to use, each with its group, the file is valid."""
    blocks = re.split(r"(?m)^(?=# \w+:)", starting_yaml(channel))
    chosen = data.draw(st.sets(st.integers(1, len(blocks) - 1)))
    text = "".join(in_use(each) if at in chosen else each for at, each in enumerate(blocks))
    path = tmp_path_factory.mktemp("new") / "ada.yaml"
    path.write_text(text, encoding="utf-8")
    (document,) = load(path)
    assert validate(document) == []
    assert len(document.request) == 2 + len(chosen)


@pytest.mark.parametrize("channel", CHANNELS)
def test_other_readers_read_the_same(channel: str) -> None:
    """A YAML 1.1 reader gets the values that `pe` gets, and reads the JSON file too."""
    as_yaml = yaml.safe_load(in_use(run(channel, "--format", "yaml")[1]))
    as_json = json.loads(run(channel)[1])
    assert yaml.safe_load(run(channel)[1]) == as_json
    assert {name: as_yaml[name] for name in as_json} == as_json
    assert as_yaml["Demographic"]["AppVersion"] == "1.0"


@pytest.mark.parametrize("channel", CHANNELS)
def test_each_member_is_explained(channel: str) -> None:
    """A few words say of each member what it is: above what is in use, else behind it."""
    lines = starting_yaml(channel).splitlines()
    for shape in ("EndpointRequest", "EndpointDemographic", "EndpointLocation", "EndpointUser"):
        for name in DEFINITIONS[shape]["properties"].keys() - {"RequestId"}:
            (at,) = [at for at, line in enumerate(lines) if re.match(rf"[# ]*{name}:", line)]
            explained = lines[at - 1] if name in ("ChannelType", "Address") else lines[at]
            assert re.search(r"# [a-z][^#]{9,}$", explained), name
    assert max(map(len, lines)) <= 104
    assert CHANNELS[channel].what in lines[0]


@pytest.mark.parametrize("channel", CHANNELS)
def test_starting_files_have_no_real_addresses(channel: str) -> None:
    """An address is at a domain of RFC 2606, a number kept for fiction, or no address at all."""
    address = json.loads(run(channel)[1])["Address"]
    assert re.fullmatch(
        r"\S+@example\.com|https://example\.com/\S*|\+1\d{3}55501\d\d|(?:[0-9a-f]{64})|example-\S+",
        address,
    )


@pytest.mark.parametrize("channel", ["PUSH", "CUSTOM", "IN_APP"])
def test_an_unknown_form_is_called_unknown(channel: str) -> None:
    """Where AWS documents no form of an address, the comment says so."""
    assert re.search(r"AWS documents no form.*\nAddress:", starting_yaml(channel))


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("emial", 'did you mean "EMAIL"?'),
        ("APSN", 'did you mean "APNS"?'),
        ("fax", "one of PUSH, "),
    ],
)
def test_an_unknown_channel_is_a_usage_error(typed: str, hint: str) -> None:
    """The nearest is named, else all."""
    code, out, err = run(typed)
    assert (code, out) == (2, "")
    assert f'there is no channel "{typed}"' in err
    assert hint in err
