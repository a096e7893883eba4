"""Base segments, imported lists, and user attributes over several endpoints."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from segment_audience import ALL_EMAIL_USERS, ENDPOINTS, NOW, among, grouped

from pinpoint_endpoints.documents.load import load
from pinpoint_endpoints.errors import CheckFailed, UsageError
from pinpoint_endpoints.segments.bases import ImportedList, SegmentLibrary
from pinpoint_endpoints.segments.definition import Definition, definition_in
from pinpoint_endpoints.segments.evaluate import Settings
from pinpoint_endpoints.segments.explain import levels
from pinpoint_endpoints.segments.users import UserAttributes

SETTINGS = Settings(NOW)


def segment(segment_id: str, *bases: dict[str, Any], version: int = 1) -> Definition:
    """Return a segment with base segments."""
    request = grouped({"SourceSegments": [*bases]})
    return definition_in({**request, "Id": segment_id, "Version": version})


def countries(segment_id: str, version: int, *names: str) -> Definition:
    """Return a version of a segment."""
    dimensions = {"Location": {"Country": among(*names)}}
    return definition_in({"Id": segment_id, "Version": version, "Dimensions": dimensions})


def members(library: SegmentLibrary, definition: Definition) -> str:
    """Return the ids of the endpoints in a segment."""
    decide = library.compile(definition).decide
    return " ".join(
        endpoint_id
        for endpoint_id, endpoint in ENDPOINTS.items()
        if decide({**endpoint, "Id": endpoint_id})
    )


def test_a_base_is_found_by_its_id_and_version() -> None:
    """Without a version the latest one at hand counts."""
    library = SegmentLibrary(SETTINGS, [countries("c", 1, "US"), countries("c", 2, "CA")])
    assert members(library, segment("s", {"Id": "c", "Version": 1})) == "e2 e3"
    assert members(library, segment("s", {"Id": "c"})) == "e1"
    with pytest.raises(UsageError, match="not available in version 3"):
        library.compile(segment("s", {"Id": "c", "Version": 3}))
    assert library.compile(segment("s", {"Id": "gone"})).decide({}) is None


def test_base_segments_may_not_go_in_a_circle() -> None:
    """A circle would have no answer."""
    one, two = segment("one", {"Id": "two"}), segment("two", {"Id": "one"})
    with pytest.raises(CheckFailed, match="one → two → one"):
        SegmentLibrary(SETTINGS, [one, two]).compile(one)


def test_many_base_segments_are_compiled_once() -> None:
    """Each names the one before twice, and is asked once; a chain without end is refused."""
    chain = [countries("s0", 1, "US")]
    chain += [segment(f"s{n}", *[{"Id": f"s{n - 1}"}] * 2) for n in range(1, 200)]
    library = SegmentLibrary(SETTINGS, chain)
    assert members(library, chain[60]) == "e2 e3"
    node = library.compile(chain[60])
    assert len([*node.criteria()]) == 1
    shown = [level.note for level in levels(node, ENDPOINTS["e2"], SETTINGS, {})]
    assert shown.count("shown above") == len(chain[:60])
    with pytest.raises(CheckFailed, match="more than 100"):
        SegmentLibrary(SETTINGS, chain).compile(chain[-1])


def test_one_version_with_two_meanings_is_an_error() -> None:
    """Which of them is meant is not guessed."""
    with pytest.raises(CheckFailed, match="and differ"):
        SegmentLibrary(SETTINGS, [countries("c", 1, "US"), countries("c", 1, "CA")])


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("ids.csv", "Id,ChannelType\nE1,SMS\ne3,EMAIL\n", "e1 e3"),
        ("addresses.csv", "ChannelType,Address\nEMAIL,li@example.com\n", "e5"),
        ("users.csv", "User.UserId\nu2 u4\n", "e2 e3 e7"),
        ("one.json", '{"User": {"UserId": "u3"}}', "e4 e5"),
    ],
)
def test_an_imported_segment_is_its_list(
    tmp_path: Path, name: str, text: str, expected: str
) -> None:
    """Rows are endpoints by id, else by address, and a user id alone is all of its endpoints."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    listed = ImportedList()
    for document in load(path):
        listed.add(document)
    library = SegmentLibrary(SETTINGS, (), {"list": listed})
    assert members(library, segment("s", {"Id": "list"})) == expected
    imported = definition_in({**ALL_EMAIL_USERS, "Id": "list", "SegmentType": "IMPORT"})
    assert members(library, imported) == expected


def test_user_attributes_are_those_of_all_endpoints_of_the_user() -> None:
    """Of each attribute the newest counts, of equally old ones the last; others are kept."""

    def endpoints() -> Iterator[dict[str, Any]]:
        for date, attributes in (
            ("2026-01-02T00:00:00Z", {"Team": ["new"], "Other": ["kept"]}),
            ("2026-01-01T00:00:00Z", {"Team": ["old"], "Stage": ["first"]}),
            (None, {"Stage": ["undated"]}),
            (None, {}),
        ):
            user = {"UserId": "u", "UserAttributes": attributes}
            yield {"User": user, **({"EffectiveDate": date} if date else {})}

    users = UserAttributes(["Team", "Stage"])
    for endpoint in endpoints():
        users.add(endpoint)
    merged = [users.merged(endpoint)["User"]["UserAttributes"] for endpoint in endpoints()]
    assert merged == [
        {"Team": ["new"], "Stage": ["first"], "Other": ["kept"]},
        *[{"Team": ["new"], "Stage": ["first"]}] * 3,
    ]
    assert users.conflicts == {"Team": 1, "Stage": 1}
    stranger = {"User": {"UserId": "other", "UserAttributes": {"Team": ["x"]}}}
    assert users.merged(stranger) is stranger
