"""The names of saved files: every file system takes them, and people can read them."""

import re

import pytest
from hypothesis import given
from strategies import IDS, SETS_OF_IDS

from pinpoint_endpoints.saving import MAX_NAME_BYTES, names_for, same_file_key

DEVICE = re.compile(r"(?i)(?:con|prn|aux|nul|(?:com|lpt)[0-9¹²³])\s*(?:\.|$)")
NOWHERE = re.compile(r'[\x00-\x1f\x7f-\x9f"*/:<>?\\|]')


@pytest.mark.parametrize(
    ("endpoint_id", "name"),
    [
        ("ada-phone", "ada-phone"),
        ("ada@example.com", "ada@example.com"),
        ("+12065550100", "+12065550100"),
        ("Zürich 日本", "Zürich 日本"),
        ("eqmj8wpxszeqy/b3vch04sn41yw", "eqmj8wpxszeqy%2Fb3vch04sn41yw"),
        (".git", "%2Egit"),
        ("-rf", "%2Drf"),
        ("a.", "a%2E"),
        ("a..", "a.%2E"),
        (" a ", "%20a%20"),
        ("100%", "100%25"),
        ("CON", "%43ON"),
        ("aux.txt", "%61ux.txt"),
        ("contact", "contact"),
        ("com10", "com10"),
        ("a\u202eb", "a%E2%80%AEb"),
    ],
)
def test_only_what_must_is_encoded(endpoint_id: str, name: str) -> None:
    """Readable ids stay as they are; what a file system treats specially is percent-encoded."""
    assert next(names_for(endpoint_id)) == name


@given(IDS)
def test_every_name_is_safe_everywhere(endpoint_id: str) -> None:
    """No separator, no hidden file, no option, no device, not too long: with any id."""
    for name in names_for(endpoint_id):
        assert not NOWHERE.search(name)
        assert not DEVICE.match(name)
        assert name[0] not in ".- "
        assert name[-1] not in ". "
        assert 0 < len(name.encode()) <= MAX_NAME_BYTES


@given(SETS_OF_IDS)
def test_two_ids_never_share_a_name(ids: list[str]) -> None:
    """The first names of different ids differ, and so do the others."""
    names = [name for endpoint_id in ids for name in names_for(endpoint_id)]
    assert len(set(names)) == len(names)


def test_a_cut_name_has_no_half_escape() -> None:
    """A name that is too long is cut between characters and between escapes."""
    for begin in ("", "a", "aa"):
        (name, _) = names_for(begin + "/" * 80)
        assert re.fullmatch(r"a{0,2}(?:%2F)+-[0-9a-f]{12}", name)
    (name, _) = names_for("a" + "é" * 200)
    assert re.fullmatch(r"aé+-[0-9a-f]{12}", name)


@pytest.mark.parametrize("pair", [("A.json", "a.JSON"), ("é", "e\u0301"), ("ß", "SS")])
def test_what_a_file_system_may_take_for_one_name(pair: tuple[str, str]) -> None:
    """Case does not count on Windows and macOS, nor how an accent is composed on macOS."""
    assert same_file_key(pair[0]) == same_file_key(pair[1])
    assert same_file_key(pair[0]) != same_file_key(f"{pair[1]}-")
