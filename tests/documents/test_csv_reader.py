"""Pinpoint's import CSV: what is read, and where problems are."""

import gzip
from pathlib import Path
from typing import Any

import pytest
from commands import run

from pinpoint_endpoints import Document, load, validate
from pinpoint_endpoints.documents import codes

HEADER = "Id,ChannelType,Address"


def documents(path: Path, text: str | bytes) -> list[Document]:
    """Return the documents in a CSV file with this text."""
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return list(load(path))


def places(path: Path, text: str | bytes) -> list[tuple[str, int, int]]:
    """Return the code, line and column of each problem in a CSV file with this text."""
    found = [problem for document in documents(path, text) for problem in validate(document)]
    return [(problem.code, problem.line, problem.column) for problem in found]


def test_a_row_is_an_endpoint(tmp_path: Path) -> None:
    """AWS's own example: repeated headers are several values, and may have spaces before them."""
    text = (
        "\ufeffId,ChannelType,Address,User.UserId, User.UserAttributes.new, User.UserAttributes.new"
        ",Location.Latitude,Metrics.age,Attributes.a.b: c,Attributes.a.b: c\r\n"
        'e1,EMAIL,a@example.com,"u, 1",test10,test20,47.6,1.0,,"say ""no""\r\ntwice"\r\n'
        "\r\n"
        "e2,SMS,+12065550100,,,,,,,\r\n"
    )
    first, second = documents(tmp_path / "a.csv", text)
    assert first.value == {
        "Id": "e1",
        "ChannelType": "EMAIL",
        "Address": "a@example.com",
        "User": {"UserId": "u, 1", "UserAttributes": {"new": ["test10", "test20"]}},
        "Location": {"Latitude": 47.6},
        "Metrics": {"age": 1.0},
        "Attributes": {"a.b: c": ['say "no"\r\ntwice']},
    }
    assert (second.endpoint_id, second.locator.line(())) == ("e2", 5)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (f"{HEADER}\n1,email,a@example.com\n", (codes.NOT_IN_SET, 2, 3)),
        (f'{HEADER},Attributes.a\n1,SMS,+12065550100,"\n"\n2,sms,,x\n', (codes.NOT_IN_SET, 4, 3)),
        (f"{HEADER},Metrics.a\n1,SMS,+12065550100,ten\n", (codes.WRONG_TYPE, 2, 20)),
        (f"{HEADER},Metrics.a\n1,SMS,+12065550100,1e999\n", (codes.WRONG_TYPE, 2, 20)),
        (f"{HEADER}\n1,SMS\n", (codes.CSV_ROW, 2, 1)),
        (f"{HEADER}\n1,SMS,+12065550100,,x\n", (codes.CSV_ROW, 2, 20)),
        (f"{HEADER},Adress\n1,SMS,,\n", (codes.CSV_HEADER, 1, 24)),
        (f"{HEADER},address\n1,SMS,,\n", (codes.CSV_HEADER, 1, 24)),
        (f"{HEADER},,\n1,SMS,,,\n", (codes.CSV_HEADER, 1, 24)),
        (f"{HEADER},Id\n1,SMS,,1\n", (codes.CSV_HEADER, 1, 24)),
        ("Id;ChannelType\n1;SMS\n", (codes.CSV_HEADER, 1, 1)),
        (f'{HEADER}\n1,SMS,"+1206"x\n', (codes.SYNTAX, 2, 1)),
        (f'{HEADER}\n1,SMS,"+1206\n2,SMS,\n', (codes.SYNTAX, 2, 1)),
        (f"{HEADER}\r1,SMS,x\r", (codes.SYNTAX, 1, 1)),
        (f"{HEADER}\n1,SMS,\xe9\n".encode("latin-1"), (codes.ENCODING, 2, 7)),
        (f"{HEADER}\n", (codes.HOLDS_NO_ENDPOINT, 1, 1)),
        ("", (codes.EMPTY, 1, 1)),
        ("name,mail\na,b\n", (codes.NOT_AN_ENDPOINT, 1, 1)),
        (f"{HEADER}\n1,SMS,\n".encode("utf-16"), (codes.ENCODING, 1, 1)),
    ],
)
def test_problems_have_their_row_and_column(
    tmp_path: Path, text: str | bytes, wanted: tuple[str, int, int]
) -> None:
    """In characters of the row's own line, quotes included."""
    assert wanted in places(tmp_path / "a.csv", text)


@pytest.mark.parametrize("cell", ["007", "NaN", "1e999", "7 "])
def test_a_cell_that_is_no_number_is_not_said_to_have_quotes(tmp_path: Path, cell: str) -> None:
    """The hint is one that can be followed in a table."""
    (tmp_path / "a.csv").write_bytes(f"{HEADER},Metrics.a\n1,SMS,+12065550100,{cell}\n".encode())
    assert ": write a number, such as 7" in run("validate", tmp_path / "a.csv", "-o", "text").out


def test_a_row_that_cannot_be_read_hides_no_other(tmp_path: Path) -> None:
    """Rows that are too short, not UTF-8 or badly quoted are named, and the next ones are read."""
    text = f'{HEADER}\n1,SMS\n2,SMS,\xff\n3,SMS,"a"b\n4,SMS,+12065550100\n'.encode("latin-1")
    found = documents(tmp_path / "a.csv", text)
    assert [document.endpoint_id for document in found] == [None, None, None, "4"]


@pytest.mark.parametrize("name", ["-", "a.gz", "a.csv.gz", "a.txt", "a.csv"])
def test_csv_is_read_whatever_the_file_is_called(tmp_path: Path, name: str) -> None:
    """By its content, from standard input and compressed too."""
    raw = f"{HEADER}\n1,SMS,+12065550100\n".encode()
    given: Any = raw if name == "-" else None
    if given is None:
        (tmp_path / name).write_bytes(gzip.compress(raw) if name.endswith("gz") else raw)
    path = name if name == "-" else tmp_path / name
    assert run("validate", path, given=given).out.startswith("1 document: 1 valid")


def test_a_directory_gives_only_csv_with_the_headers(tmp_path: Path) -> None:
    """Other tables are left out, and counted."""
    (tmp_path / "a.csv").write_text(f"{HEADER}\n1,SMS,+12065550100\n", encoding="utf-8")
    (tmp_path / "b.csv").write_text("name,mail\na,b\n", encoding="utf-8")
    ended = run("validate", tmp_path)
    assert (ended.code, "1 .csv" in ended.err) == (0, True)
