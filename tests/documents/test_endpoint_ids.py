"""Where an endpoint's id comes from, and which ids the service can take."""

from pathlib import Path

import pytest

from pinpoint_endpoints import load
from pinpoint_endpoints.documents.endpoint_ids import endpoint_id_problem, same_endpoint_key

DATA = Path(__file__).parent.parent / "data"


@pytest.mark.parametrize(
    ("name", "ids"),
    [
        ("valid/user-only.json", ["user-only"]),
        ("valid/batch-item.json", ["ada/phone+1@home"]),
        ("valid/batch-request.json", ["a", "b"]),
        ("valid/cli-input.json", ["a"]),
        ("valid/cli-batch-input.json", ["a"]),
        ("invalid/read-only.json", ["a"]),
        ("valid/get-endpoint.json", ["a"]),
        ("valid/get-user-endpoints.json", ["a", "b"]),
    ],
)
def test_the_id_is_the_documents_own_else_the_files_name(name: str, ids: list[str]) -> None:
    """Each shape gives the id that is in it; a bare request gives its file's name."""
    assert [document.endpoint_id for document in load(DATA / name)] == ids


@pytest.mark.parametrize(
    ("name", "endpoint_id"),
    [
        ("ada@example.com.json", "ada@example.com"),
        ("v1.2.yaml", "v1.2"),
        ("+12065550100.yml", "+12065550100"),
        ("plain", "plain"),
        ("a.json.yaml", "a.json"),
        ("a.yaml.json", "a.yaml"),
        ("CAPITALS.JSON", "CAPITALS"),
    ],
)
def test_only_suffixes_of_formats_are_dropped(tmp_path: Path, name: str, endpoint_id: str) -> None:
    """Dots that belong to the name stay in the id."""
    (tmp_path / name).write_text('{"OptOut": "ALL"}', encoding="utf-8")
    (document,) = load(tmp_path / name)
    assert document.endpoint_id == endpoint_id


@pytest.mark.parametrize(
    "name", ["invalid/read-only.json", "valid/get-endpoint.json", "valid/batch-item.json"]
)
def test_what_a_request_cannot_carry_is_dropped(name: str) -> None:
    """The request has the id and the read-only members taken out."""
    (document,) = load(DATA / name)
    assert not document.request.keys() & {"Id", "ApplicationId", "CohortId", "CreationDate"}
    assert document.request.keys() & {"ChannelType"}


@pytest.mark.parametrize("endpoint_id", ["", "  ", ".", "..", "a$b", "{a", "a}", "a\nb"])
def test_ids_that_the_service_cannot_take(endpoint_id: str) -> None:
    """An id that is refused comes with its reason."""
    assert endpoint_id_problem(endpoint_id)


@pytest.mark.parametrize(
    "endpoint_id", ["a/b", "+1@x.com", "50%", "a#b", "é日本", "...", "a b", "A"]
)
def test_ids_that_the_service_takes(endpoint_id: str) -> None:
    """Slashes, plus signs, percent signs and letters of any script are allowed."""
    assert endpoint_id_problem(endpoint_id) == ""


def test_ids_that_differ_in_case_are_one_endpoint() -> None:
    """The key of an id is the same for every case, and keeps different ids apart."""
    assert len({same_endpoint_key(each) for each in ("ΟΔΟΣ", "ΟΔΟσ", "οδος", "οδοσ")}) == 1
    assert same_endpoint_key("ΟΔΟΣΑ").startswith(same_endpoint_key("ΟΔΟΣ"))
    assert same_endpoint_key("Ada") == same_endpoint_key("aDA")
    assert same_endpoint_key("straße") != same_endpoint_key("strasse")
