"""PE217 and PE218: read-only members, and endpoints among others without an id."""

from pathlib import Path

import pytest
from checking import codes_in, only

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.documents.model import Action

ADA = {"ChannelType": "EMAIL", "Address": "ada@example.com"}


def test_read_only_members_are_named_at_the_first() -> None:
    """One problem names those that are there, in the order of the file, and removes them."""
    request = {"CreationDate": "2026-01-01T00:00:00Z", **ADA, "Id": "ada", "CohortId": "7"}
    problem = only("PE217", request)
    assert "CreationDate, CohortId;" in problem.message
    assert "ApplicationId" not in problem.message
    assert problem.pointer == "/CreationDate"
    assert problem.fix
    assert problem.fix.action is Action.REMOVE
    assert problem.fix.paths == (("CreationDate",), ("CohortId",))


def test_each_endpoint_of_a_response_has_its_own_problem() -> None:
    """The paths of the problem and of its fix lead from the top of the file."""
    item = {"Id": "ada", "CohortId": "7", **ADA}
    problem = only("PE217", {"EndpointsResponse": {"Item": [{"Id": "bo", **ADA}, item]}})
    assert problem.pointer == "/EndpointsResponse/Item/1/CohortId"
    assert problem.fix
    assert problem.fix.paths == (("EndpointsResponse", "Item", 1, "CohortId"),)


@pytest.mark.parametrize(
    "request_",
    [
        {"Id": "ada", **ADA},
        {"EndpointResponse": {"Id": "ada", **ADA}},
        {"ApplicationId": "a", "EndpointId": "ada", "EndpointRequest": ADA},
        {**ADA, "Attributes": {"CohortId": ["7"]}},
    ],
)
def test_an_id_and_an_application_where_they_belong_are_right(request_: object) -> None:
    """`Id` says which endpoint is meant; a CLI input names its application."""
    assert codes_in(request_) == []


def test_an_endpoint_among_others_needs_an_id(tmp_path: Path) -> None:
    """In a file with a document a line, each line without an id is told of at its place."""
    path = tmp_path / "all.ndjson"
    lines = ['{"Id": "a", "OptOut": "ALL"}', '{"OptOut": "ALL"}', '{"CohortId": "7", "Id": "b"}']
    path.write_text("\n".join(lines), encoding="utf-8")
    problems = [problem for document in load(path) for problem in validate(document)]
    assert [(problem.code, problem.line) for problem in problems] == [("PE218", 2), ("PE217", 3)]


def test_an_endpoint_alone_has_its_files_name(tmp_path: Path) -> None:
    """A file with one endpoint gives the id by its name."""
    (tmp_path / "ada.yaml").write_text("OptOut: ALL\n", encoding="utf-8")
    (document,) = load(tmp_path)
    assert validate(document) == []
