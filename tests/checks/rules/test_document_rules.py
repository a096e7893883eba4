"""PE204, PE205 and PE215 to PE218: missing and read-only members, number of names, and size."""

import json
from pathlib import Path

import pytest
from checking import codes_in, document_of, only

from pinpoint_endpoints import Severity, load, validate
from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Policy
from pinpoint_endpoints.checks.rules.registry import rule_findings
from pinpoint_endpoints.documents.model import Action

CREATE = Policy(create=True)
MAIL = "ada@example.com"


@pytest.mark.parametrize(
    ("request_", "updating", "creating"),
    [
        ({"ChannelType": "EMAIL", "Address": MAIL, "OptOut": "NONE"}, [], []),
        ({"ChannelType": "EMAIL", "Address": MAIL}, [], []),
        ({"ChannelType": "EMAIL", "OptOut": "ALL"}, [], []),
        ({"ChannelType": "EMAIL"}, ["PE204"], ["PE204"]),
        ({"ChannelType": "EMAIL", "OptOut": "NONE"}, ["PE204"], ["PE204"]),
        ({"OptOut": "NONE"}, ["PE204"], ["PE204"]),
        ({"OptOut": "ALL"}, [], []),
        ({"User": {"UserId": "ada"}}, [], ["PE204"]),
        ({"ChannelType": "IN_APP"}, [], ["PE204"]),
        ({}, [], ["PE204"]),
        ({"Address": MAIL}, ["PE205"], ["PE205"]),
        ({"Address": MAIL, "OptOut": "ALL"}, ["PE205"], ["PE205"]),
        ({"ChannelType": "CUSTOM", "Address": ""}, [], ["PE204"]),
        ({"ChannelType": "CUSTOM", "Address": "", "OptOut": "NONE"}, ["PE204"], ["PE204"]),
        ({"Address": ""}, [], ["PE204"]),
    ],
)
def test_what_may_be_left_out(request_: object, updating: list[str], creating: list[str]) -> None:
    """An update needs an address and a channel type only beside each other."""
    assert codes_in(request_) == updating
    assert codes_in(request_, CREATE) == creating


@pytest.mark.parametrize(
    ("request_", "code"), [({"OptOut": "NONE"}, "PE204"), ({"Address": "x"}, "PE205")]
)
def test_what_a_new_endpoint_lacks_is_an_error(request_: object, code: str) -> None:
    """What is a warning of an update is an error of a creation, at the endpoint itself."""
    wrapped = {"ApplicationId": "a", "EndpointId": "ada", "EndpointRequest": request_}
    assert only(code, wrapped).severity is Severity.WARNING
    problem = only(code, wrapped, CREATE)
    assert problem.severity is Severity.ERROR
    assert problem.pointer == "/EndpointRequest"


def test_what_the_service_refuses_in_every_case_is_an_error() -> None:
    """Opting in while clearing the address is an error, whatever is stored."""
    problem = only("PE204", {"Address": "", "OptOut": "NONE"})
    assert problem.severity is Severity.ERROR


def test_a_guest_is_a_warning() -> None:
    """The service stores a new endpoint without an address, but it receives nothing."""
    assert only("PE204", {"User": {"UserId": "ada"}}, CREATE).severity is Severity.WARNING


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        "text",
        {"Item": []},
        {"Item": [5]},
        {"EndpointRequest": 5},
        {"EndpointResponse": 5},
    ],
)
def test_nothing_is_missing_where_no_endpoint_is(value: object) -> None:
    """A file that holds no endpoint is told so, and not that the endpoint lacks an address."""
    assert not {"PE204", "PE205"} & set(codes_in(value, CREATE))


def test_an_empty_request_in_each_shape_lacks_an_address() -> None:
    """An endpoint in a file is an endpoint even if it has no member."""
    shapes: list[object] = [
        {},
        {"Id": "ada"},
        {"CohortId": "1"},
        {"EndpointRequest": {}},
        {"EndpointResponse": {}},
        {"Item": [{"Id": "ada"}]},
    ]
    for shape in shapes:
        assert "PE204" in codes_in(shape, CREATE)


def with_names(attributes: int, metrics: int, of_user: int) -> object:
    """Return a request with so many names in each group."""
    return {
        "Attributes": {f"a{number}": ["x"] for number in range(attributes)},
        "Metrics": {f"m{number}": 1 for number in range(metrics)},
        "User": {"UserAttributes": {f"u{number}": ["x"] for number in range(of_user)}},
    }


@pytest.mark.parametrize("names", [(250, 0, 0), (0, 250, 0), (100, 100, 50)])
def test_as_many_names_as_the_quota(names: tuple[int, int, int]) -> None:
    """250 names are accepted, wherever they are."""
    assert codes_in(with_names(*names)) == []


@pytest.mark.parametrize("names", [(251, 0, 0), (0, 251, 0), (0, 0, 251), (100, 100, 51)])
def test_one_name_more_than_the_quota(names: tuple[int, int, int]) -> None:
    """The names of all three groups count together."""
    problem = only("PE215", with_names(*names))
    assert problem.message.startswith("251 names")
    assert problem.severity is Severity.WARNING


def of_size(size: int, letter: str = "x") -> dict[str, str]:
    """Return a request that is so many bytes long as JSON without spaces."""
    empty = len('{"RequestId":""}')
    return {"RequestId": letter * ((size - empty) // len(letter.encode()))}


@pytest.mark.parametrize(
    ("size", "severity"),
    [(15_001, Severity.WARNING), (15_360, Severity.WARNING), (15_361, Severity.ERROR)],
)
def test_large_requests(size: int, severity: Severity) -> None:
    """Above 15,000 bytes is a warning, above 15 KB of 1,024 an error."""
    request = of_size(size)
    assert len(json.dumps(request, separators=(",", ":"))) == size
    problem = only("PE216", request)
    assert problem.message == f"{size} bytes as JSON, and the limit is 15 KB (15360 bytes)"
    assert problem.severity is severity


def test_a_request_that_surely_fits() -> None:
    """15,000 bytes are taken, whichever kilobyte is meant."""
    assert codes_in(of_size(15_000)) == []


def test_bytes_are_counted_and_not_characters() -> None:
    """A letter outside ASCII counts as many bytes as it has in UTF-8."""
    assert codes_in(of_size(15_360, "é")) == ["PE216"]
    assert codes_in({"RequestId": "é" * 7_400}) == []


@pytest.mark.parametrize("odd", ["\ud83d", 2**70])
def test_what_the_quick_writer_refuses_is_measured_too(odd: object) -> None:
    """Half a surrogate pair and a number of 71 bits do not hide how long the rest is."""
    document = document_of({"RequestId": "x" * 15_360, "City": odd})
    assert [rule.code for rule, *_ in rule_findings(document, DEFAULT_POLICY)] == ["PE216"]


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
    """In a file with a document a line, each line without an id is reported at its place."""
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
