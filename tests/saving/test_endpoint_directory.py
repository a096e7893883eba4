"""Endpoints saved into a directory: the same are read from it, and nothing of others is lost."""

import json
import os
import tempfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import ENDPOINTS, HARD_IDS, SETS_OF_IDS, request_of

from pinpoint_endpoints import CannotRun, load
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.saving import EndpointDirectory, names_for, same_file_key

SUFFIXES = st.sampled_from([".json", ".yaml"])


def saved(directory: Path, *ids: str, suffix: str = ".json", **members: object) -> list[str]:
    """Save endpoints with these ids, and return the names of their files."""
    folder = EndpointDirectory(directory, suffix)
    return [folder.save({"Id": endpoint_id, **members}).name for endpoint_id in ids]


def ids_in(directory: Path) -> list[str]:
    """Return the endpoint ids that are read from a directory."""
    return sorted(str(document.endpoint_id) for document in load(directory))


@settings(max_examples=60)
@given(
    st.lists(ENDPOINTS, max_size=6, unique_by=lambda one: same_endpoint_key(one["Id"])), SUFFIXES
)
def test_what_is_saved_is_read(endpoints: list[dict[str, Any]], suffix: str) -> None:
    """Any endpoints come back with the same ids and values, one a file."""
    with tempfile.TemporaryDirectory() as name:
        folder = EndpointDirectory(Path(name), suffix)
        for endpoint in endpoints:
            folder.save(endpoint)
        read = {document.endpoint_id: document.request for document in load(name)}
        assert read == {endpoint["Id"]: request_of(endpoint) for endpoint in endpoints}
        assert len(folder.saved) == len({path.name for path in folder.saved}) == len(endpoints)


@settings(max_examples=60)
@given(SETS_OF_IDS, st.randoms(use_true_random=False))
def test_saving_again_gives_the_same_names(ids: list[str], random: Any) -> None:
    """In whatever order; and no two names are one where case or accents do not count."""
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name)
        first = dict(zip(ids, saved(directory, *ids), strict=True))
        again = random.sample(ids, len(ids))
        assert dict(zip(again, saved(directory, *again), strict=True)) == first
        assert {path.name for path in directory.iterdir()} == {*first.values()}
        assert len({same_file_key(each) for each in first.values()}) == len(ids)


def test_the_hard_ids_together(tmp_path: Path) -> None:
    """All of them live in one directory, also where case and accents do not count."""
    names = saved(tmp_path, *HARD_IDS)
    assert ids_in(tmp_path) == sorted(HARD_IDS)
    assert len(set(map(same_file_key, names))) == len(HARD_IDS)


def test_the_case_of_an_id_does_not_matter(tmp_path: Path) -> None:
    """The file of an endpoint is replaced, however its id is written now."""
    assert saved(tmp_path, "Ada") == saved(tmp_path, "ADA", OptOut="ALL") == ["Ada.json"]
    (document,) = load(tmp_path)
    assert (document.endpoint_id, document.request) == ("ADA", {"OptOut": "ALL"})


@pytest.mark.parametrize(
    "content",
    [
        '{"Id": "other"}',
        '{"Item": [{"Id": "ada"}, {"Id": "other"}]}',
        '{"Id": "ada"',
        "",
        '{"Id": "ada"}\n{"Id": "ada"}\n',
    ],
)
@pytest.mark.parametrize("name", ["ada.json", "ADA.json"])
def test_a_file_of_others_is_never_touched(tmp_path: Path, name: str, content: str) -> None:
    """One that holds another endpoint, several, or nothing readable stays as it was."""
    (tmp_path / name).write_text(content, encoding="utf-8")
    (mine,) = saved(tmp_path, "ada")
    assert mine == f"{list(names_for('ada'))[1]}.json"
    assert (tmp_path / name).read_text(encoding="utf-8") == content


def test_what_came_meanwhile_is_not_touched(tmp_path: Path) -> None:
    """A file that somebody makes after the directory was looked at is not overwritten."""
    folder = EndpointDirectory(tmp_path)
    (tmp_path / "ada.json").write_text("mine", encoding="utf-8")
    folder.save({"Id": "ada"})
    assert (tmp_path / "ada.json").read_text(encoding="utf-8") == "mine"


def test_a_name_with_a_digest_is_kept(tmp_path: Path) -> None:
    """An endpoint stays where it is, though the better name has become free."""
    (tmp_path / "ada.json").write_text('{"Id": "other"}', encoding="utf-8")
    first = saved(tmp_path, "ada")
    (tmp_path / "ada.json").unlink()
    assert saved(tmp_path, "ada") == first
    assert ids_in(tmp_path) == ["ada"]


def test_a_file_with_the_id_in_its_name_is_replaced(tmp_path: Path) -> None:
    """A file that people keep by hand, without an Id in it, is the endpoint's file too."""
    (tmp_path / "ada.json").write_text('{"OptOut": "NONE"}', encoding="utf-8")
    assert saved(tmp_path, "ada", OptOut="ALL") == ["ada.json"]
    assert json.loads((tmp_path / "ada.json").read_bytes()) == {"Id": "ada", "OptOut": "ALL"}


def test_a_yml_file_is_replaced_by_yaml(tmp_path: Path) -> None:
    """The suffix of a file that is there is kept."""
    (tmp_path / "ada.yml").write_text("OptOut: NONE\n", encoding="utf-8")
    assert saved(tmp_path, "ada", suffix=".yaml") == ["ada.yml"]


def test_one_endpoint_does_not_get_two_files(tmp_path: Path) -> None:
    """Where the endpoint is kept in another language, nothing is written, and it is said."""
    (tmp_path / "ada.yaml").write_text("# mine\nOptOut: NONE\n", encoding="utf-8")
    with pytest.raises(CannotRun, match=r"ada\.yaml holds this endpoint already"):
        saved(tmp_path, "ada")
    assert [path.name for path in tmp_path.iterdir()] == ["ada.yaml"]


def test_a_directory_with_the_files_name(tmp_path: Path) -> None:
    """A directory is no file of an endpoint, and the endpoint gets another name."""
    (tmp_path / "ada.json").mkdir()
    (tmp_path / "ada.json" / "ada.json").write_text('{"OptOut": "ALL"}', encoding="utf-8")
    (mine,) = saved(tmp_path, "ada")
    assert mine != "ada.json"
    assert ids_in(tmp_path) == ["ada", "ada"]


def test_all_names_taken(tmp_path: Path) -> None:
    """When others have every name, nothing is overwritten and the run ends."""
    for name in names_for("ada"):
        (tmp_path / f"{name}.json").write_text('{"Id": "other"}', encoding="utf-8")
    with pytest.raises(CannotRun, match="holds another endpoint"):
        saved(tmp_path, "ada")


def test_files_are_for_their_owner(tmp_path: Path) -> None:
    """Only the owner can read new and replaced files: they hold addresses."""
    (tmp_path / "ada.json").write_text('{"Id": "ada"}', encoding="utf-8")
    (tmp_path / "ada.json").chmod(0o644)
    for name in saved(tmp_path, "ada", "bob"):
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_symbolic_link_is_replaced_and_not_followed(tmp_path: Path) -> None:
    """What a link in the directory leads to is not written."""
    outside = tmp_path / "outside.json"
    outside.write_text('{"Id": "ada"}', encoding="utf-8")
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "ada.json").symlink_to(outside)
    saved(tmp_path / "in", "ada", OptOut="ALL")
    assert outside.read_text(encoding="utf-8") == '{"Id": "ada"}'


@pytest.mark.usefixtures("_nobody")
def test_a_file_that_cannot_be_written_is_reported() -> None:
    """The path is a file, or a directory without write permission."""
    with tempfile.TemporaryDirectory() as name:
        _try_to_save(Path(name))


def _try_to_save(place: Path) -> None:
    (place / "file").write_text("", encoding="utf-8")
    with pytest.raises(CannotRun, match="is not a directory"):
        EndpointDirectory(place / "file")
    with pytest.raises(CannotRun, match="not a directory"):
        EndpointDirectory(place / "file" / "in")
    folder = EndpointDirectory(place / "closed")
    (place / "closed").chmod(0o500)
    with pytest.raises(CannotRun, match="permission denied"):
        folder.save({"Id": "ada"})


def test_nothing_is_left_behind_by_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the new file cannot take its place, the old one is whole and no third one is there."""
    saved(tmp_path, "ada")
    before = (tmp_path / "ada.json").read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CannotRun, match="no space left"):
        saved(tmp_path, "ada", OptOut="ALL")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"ada.json": before}


def test_what_git_ignores_is_counted(tmp_path: Path) -> None:
    """Files that a later search would leave out are known."""
    (tmp_path / ".git").mkdir()
    (tmp_path / ".gitignore").write_text("a*.json\n", encoding="utf-8")
    folder = EndpointDirectory(tmp_path / "kept")
    folder.save({"Id": "ada"})
    folder.save({"Id": "bob"})
    assert folder.left_out() == 1
