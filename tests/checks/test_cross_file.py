"""What is found by looking at all documents together."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import Severity
from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.checks.run import check_all
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import discover
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.documents.model import Checked, Document, Problem, Verdict


def check(folder: Path, policy: Policy = Policy()) -> list[Checked]:  # noqa: B008 - frozen
    """Check a folder's files together."""
    return list(check_all(discover([str(folder)]), read, policy))


def across(folder: Path, code: str, policy: Policy = Policy()) -> list[Problem]:  # noqa: B008 - immutable
    """Return the problems of a code that are found in a folder."""
    return [
        problem
        for checked in check(folder, policy)
        for problem in checked.problems
        if problem.code == code
    ]


def places(folder: Path, problems: list[Problem]) -> list[str]:
    """Return the places of problems, relative to the folder."""
    return [
        f"{Path(problem.source).relative_to(folder)}:{problem.line}:{problem.column}"
        for problem in problems
    ]


def write(folder: Path, name: str, *documents: Any) -> None:
    """Write documents into a file, one a line."""
    lines = "".join(f"{json.dumps(document)}\n" for document in documents)
    (folder / name).write_text(lines, encoding="utf-8")


def email(endpoint_id: str, address: str = "", **more: Any) -> dict[str, Any]:
    """Return an endpoint."""
    address = address or f"{endpoint_id}@example.com"
    return {"Id": endpoint_id, "ChannelType": "EMAIL", "Address": address, **more}


def test_one_id_in_two_files_is_named_at_both_places(tmp_path: Path) -> None:
    """Ids that differ only in case are one endpoint; the problem names the other place."""
    write(tmp_path, "a.ndjson", email("x"), email("Ada"))
    (tmp_path / "aDA.yaml").write_text("OptOut: ALL\n", encoding="utf-8")
    (problem,) = across(tmp_path, codes.SAME_ENDPOINT)
    assert places(tmp_path, [problem]) == ["aDA.yaml:1:1"]
    assert f"{tmp_path}/a.ndjson:2:8" in problem.message
    assert problem.severity is Severity.ERROR


def test_a_document_that_meets_another_becomes_invalid(tmp_path: Path) -> None:
    """It comes again, with what it was before and what it is now."""
    write(tmp_path, "a.ndjson", email("ada"), email("ADA", "else@example.com"))
    *alone, again = check(tmp_path)
    assert [checked.verdict for checked in alone] == [Verdict.VALID] * 2
    assert (again.before, again.verdict) == (Verdict.VALID, Verdict.INVALID)


def test_one_address_and_channel_is_named_at_both_places(tmp_path: Path) -> None:
    """Another channel is another destination, and the same endpoint is no other."""
    same = "ada@example.com"
    write(tmp_path, "a.ndjson", email("a", same), {**email("b", same), "ChannelType": "CUSTOM"})
    write(tmp_path, "b.ndjson", {"EndpointId": "c", "EndpointRequest": {
        "Address": same, "ChannelType": "EMAIL"}}, email("a", same))  # fmt: skip
    (problem,) = across(tmp_path, codes.SAME_ADDRESS)
    assert places(tmp_path, [problem]) == ["b.ndjson:1:52"]
    assert f"{tmp_path}/a.ndjson:1:48" in problem.message
    assert same not in str(problem)


def test_other_applications_do_not_meet(tmp_path: Path) -> None:
    """Endpoints that were read from two applications are not the same."""
    for application in ("one", "two"):
        response = {"ApplicationId": application, **email("ada")}
        write(tmp_path, f"{application}.ndjson", response)
    assert across(tmp_path, codes.SAME_ENDPOINT) == []
    assert across(tmp_path, codes.SAME_ADDRESS) == []


@pytest.mark.parametrize(
    ("channel", "first_channel", "severity"),
    [
        ("EMAIL", "EMAIL", Severity.ERROR),
        ("SMS", "GCM", Severity.ERROR),
        ("APNS_SANDBOX", "APNS", Severity.ERROR),
        ("GCM", "GCM", Severity.WARNING),
        ("APNS", "BAIDU", Severity.WARNING),
        ("GCM", "EMAIL", Severity.ERROR),
    ],
)
def test_the_sixteenth_endpoint_of_a_user(
    tmp_path: Path, channel: str, first_channel: str, severity: Severity
) -> None:
    """It is refused, or it makes the oldest push endpoint inactive: by its channel."""
    user: dict[str, Any] = {"User": {"UserId": "ada"}}
    write(tmp_path, "a.ndjson", *(
        {**email(f"e{number}", **user), "ChannelType": first_channel} for number in range(15)
    ), email("E3", **user))  # fmt: skip
    assert across(tmp_path, codes.TOO_MANY_ENDPOINTS) == []
    write(tmp_path, "b.ndjson", {**email("last", **user), "ChannelType": channel})
    (problem,) = across(tmp_path, codes.TOO_MANY_ENDPOINTS)
    assert problem.pointer == "/User/UserId"
    assert problem.severity is severity
    assert "16th" in problem.message


def test_more_than_250_names_in_all(tmp_path: Path) -> None:
    """The name that is one too many is reported once, wherever names may be."""
    for number in range(100):
        write(tmp_path, f"{number:03}.ndjson", {
            "Id": str(number), "Attributes": {f"a{number}": ["x"]}, "Metrics": {f"m{number}": 1},
            "User": {"UserAttributes": {f"u{number}": ["x"]}}})  # fmt: skip
    (problem,) = across(tmp_path, codes.TOO_MANY_NAMES_IN_RUN)
    assert problem.pointer == "/Metrics/m83"
    assert problem.severity is Severity.WARNING


def test_a_users_attributes_that_differ(tmp_path: Path) -> None:
    """The second value is told, with the place of the first; equal ones and other users are not."""

    def of(user: str, **attributes: list[str]) -> dict[str, Any]:
        return {"User": {"UserId": user, "UserAttributes": attributes}}

    write(tmp_path, "a.ndjson",
        email("a", **of("ada", Tier=["gold"], City=["Oslo"])),
        email("b", **of("bob", Tier=["silver"])),
        email("c", **of("ada", City=["Oslo"], Tier=["silver"], Plan=["x"])),
        email("d", **of("ada", Tier=["gold"])))  # fmt: skip
    (problem,) = across(tmp_path, codes.USER_ATTRIBUTES_DIFFER)
    assert (problem.line, problem.pointer) == (3, "/User/UserAttributes/Tier")
    assert f"{tmp_path}/a.ndjson:1:" in problem.message
    assert "gold" not in str(problem)


def test_ignored_rules_are_silent(tmp_path: Path) -> None:
    """--ignore leaves a rule across files out, and the document valid."""
    write(tmp_path, "a.ndjson", email("ada"), email("ada"))
    assert len(check(tmp_path)) == 3
    policy = Policy(ignore=frozenset({codes.SAME_ENDPOINT}))
    assert [checked.is_second_report for checked in check(tmp_path, policy)] == [False, False]


def documents() -> st.SearchStrategy[list[dict[str, Any]]]:
    """Draw documents that often meet."""
    few = st.sampled_from(["a", "A", "b", "c", "d"])
    user = st.fixed_dictionaries(
        {"UserId": few},
        optional={"UserAttributes": st.dictionaries(few, st.lists(few, max_size=2), max_size=2)},
    )
    return st.lists(
        st.fixed_dictionaries(
            {"Id": few}, optional={"ChannelType": st.just("GCM"), "Address": few, "User": user}
        ),
        max_size=12,
    )


def expected(values: list[dict[str, Any]]) -> Iterator[tuple[int, str]]:
    """Yield line and code of what should be found, by comparing each document with all before."""
    for line, value in enumerate(values, 1):
        before = values[: line - 1]
        key = value["Id"].lower()
        if any(other["Id"].lower() == key for other in before):
            yield line, codes.SAME_ENDPOINT
        address = "ChannelType" in value and value.get("Address")
        with_address = [o for o in before if address and "ChannelType" in o
                        and o.get("Address") == address]  # fmt: skip
        if with_address and with_address[0]["Id"].lower() != key:
            yield line, codes.SAME_ADDRESS
        for name, values_of in value.get("User", {}).get("UserAttributes", {}).items():
            known = [other["User"]["UserAttributes"][name] for other in before
                     if other.get("User", {}).get("UserId") == value["User"]["UserId"]
                     and name in other["User"].get("UserAttributes", {})]  # fmt: skip
            if known and known[0] != values_of:
                yield line, codes.USER_ATTRIBUTES_DIFFER


@given(documents())
def test_hashes_find_what_comparing_all_with_all_finds(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, Any]]
) -> None:
    """For any documents, the quick way finds what the plain way finds."""
    folder = tmp_path_factory.mktemp("many")
    write(folder, "a.ndjson", *values)
    found = [
        (problem.line, problem.code)
        for checked in check(folder)
        for problem in checked.problems
        if problem.code.startswith("PE3")
    ]
    assert sorted(found) == sorted(expected(values))


def test_only_lines_that_collide_are_parsed_again(tmp_path: Path) -> None:
    """In a file of a million lines they are few."""
    write(tmp_path, "a.ndjson", email("x"), email("Ada"), [email("y"), email("ada")], email("z"))
    (source,) = discover([str(tmp_path)])
    asked: list[Any] = []

    def reading(source: Any, *, lines: Any = None) -> Iterator[Document]:
        asked.append(lines)
        return read(source, lines=lines)

    checked = [*check_all([source], reading)]
    assert asked == [None, {2, 3}]
    assert [each.problems[0].line for each in checked if each.is_second_report] == [3]
    assert [document.endpoint_id for document in read(source, lines={3})] == ["y", "ada"]


def test_documents_of_a_pipe_are_checked_as_they_come(tmp_path: Path) -> None:
    """What is read from a file is checked in groups, what comes through a pipe is not held back."""
    write(tmp_path, "a.ndjson", *map(email, "abc"))
    (source,) = discover([str(tmp_path)])
    read_so_far = 0

    def reading(source: Any, *, lines: Any = None) -> Iterator[Document]:
        nonlocal read_so_far
        read_so_far = 0
        for document in read(source, lines=lines):
            read_so_far += 1
            yield document

    for number, _ in enumerate(check_all([source], reading, as_they_come=True), 1):
        assert read_so_far == number
    next(check_all([source], reading))
    assert read_so_far == len("abc")
