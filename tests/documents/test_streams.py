"""Files that hold many documents: a JSON document a line, packed or not, and YAML documents."""

import gzip
import io
import json
import subprocess
import sys
import tracemalloc
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pinpoint_endpoints import load, validate
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.discovery import Format, Source, format_of
from pinpoint_endpoints.documents.load import read
from pinpoint_endpoints.documents.streams import Meter, Spooled
from pinpoint_endpoints.documents.text_rules import MAX_PROBLEMS
from pinpoint_endpoints.quotas import MAX_REQUEST_BYTES

LINES = b"""{"Id": "a", "ChannelType": "EMAIL", "Address": "ada@example.com"}

{"Id": "b", "OptOut": "no"}
{"Id": "c"
{"EndpointId": "d", "EndpointRequest": {"ChannelType": "sms", "Address": "+12065550100"}}
{"Item": [{"Id": "e", "OptOut": "ALL"}, {"Id": "f", "OptOut": "ALL"}]}
"""
IDS = ["a", "b", None, "d", "e", "f"]


def ids(path: Path) -> list[str | None]:
    """Return the ids of the documents in a file."""
    return [document.endpoint_id for document in load(path)]


def places(path: Path) -> list[tuple[int, int, str]]:
    """Return line, column and code of every error in a file."""
    return [
        (problem.line, problem.column, problem.code)
        for document in load(path)
        for problem in validate(document)
        if problem.severity == "error"
    ]


ERRORS = [
    (3, 23, codes.NOT_IN_SET),
    (4, 11, codes.SYNTAX),
    (5, 56, codes.NOT_IN_SET),
]


def test_the_line_of_a_document_is_where_it_begins(tmp_path: Path) -> None:
    """In a stream it is known, in a list it is looked for; both are the line of the place."""
    stream, listed = tmp_path / "stream.ndjson", tmp_path / "list.json"
    stream.write_bytes(LINES)
    listed.write_text('{"Item": [\n{"Id": "a"},\n\n{"Id": "b"}\n]}', encoding="utf-8")
    for path, lines in (stream, [1, 3, 5, 6, 6]), (listed, [2, 4]):
        documents = [document for document in load(path) if document.is_read]
        assert [document.locator.line(document.path) for document in documents] == lines
        assert [document.locator.locate(document.path).line for document in documents] == lines


@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "A.NDJSON"])
def test_each_line_is_a_document(tmp_path: Path, name: str) -> None:
    """Every shape is read from a line, blank ones are passed by, and problems name the line."""
    path = tmp_path / name
    path.write_bytes(LINES)
    assert ids(path) == IDS
    assert places(path) == ERRORS


@pytest.mark.parametrize("name", ["a.ndjson.gz", "a.JSONL.gz", "part-0000.gz", "plain.ndjson"])
def test_compressed_files_are_recognised_by_content(tmp_path: Path, name: str) -> None:
    """What is packed with gzip is read, whatever the file's name says."""
    path = tmp_path / name
    path.write_bytes(gzip.compress(LINES[:200]) + gzip.compress(LINES[200:]))
    assert ids(path) == IDS
    assert places(path) == ERRORS


@pytest.mark.parametrize("name", ["a.json", "part-0000", "a.txt"])
def test_a_value_on_each_line_is_recognised_by_content(tmp_path: Path, name: str) -> None:
    """Files of import and export jobs are named anyhow: the first lines tell."""
    path = tmp_path / name
    path.write_bytes(LINES)
    assert ids(path) == IDS


def test_packed_json_and_yaml_are_read_whole(tmp_path: Path) -> None:
    """A packed file that holds one value is read like the same file unpacked."""
    (tmp_path / "json.gz").write_bytes(gzip.compress(b'{\n"Id": "a"\n}'))
    (tmp_path / "yaml.gz").write_bytes(gzip.compress(b"Id: b\n"))
    assert ids(tmp_path / "json.gz") == ["a"]
    assert ids(tmp_path / "yaml.gz") == ["b"]


@pytest.mark.parametrize("keep", [5, 40, -4])
def test_a_damaged_packed_file_is_unreadable(tmp_path: Path, keep: int) -> None:
    """A file that was cut short is reported, and what came before the cut counts."""
    path = tmp_path / "a.ndjson.gz"
    path.write_bytes(gzip.compress(LINES)[:keep])
    problems = [problem for document in load(path) for problem in validate(document)]
    assert problems[-1].code == codes.UNREADABLE


@pytest.mark.parametrize("text", [b"", b"\n  \n", b"\xef\xbb\xbf\n"])
def test_a_file_without_lines_holds_no_endpoint(tmp_path: Path, text: bytes) -> None:
    """An export of a segment without endpoints has none: a warning says so."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(text)
    problems = [problem for document in load(path) for problem in validate(document)]
    assert [problem.code for problem in problems] == [codes.HOLDS_NO_ENDPOINT]


@pytest.mark.parametrize("line", [b"\xbb\xbf", b"\xef", b"\xbf \xbb"])
def test_bytes_of_a_mark_are_no_blank_line(tmp_path: Path, line: bytes) -> None:
    """Only the whole byte order mark may precede a value."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"Id": "a", "OptOut": "ALL"}\n' + line + b"\n")
    assert places(path) == [(2, 1, codes.ENCODING)]


def test_a_line_that_is_too_long_ends_the_file(tmp_path: Path) -> None:
    """A line beyond what a request can carry is not kept in memory."""
    path = tmp_path / "a.ndjson"
    path.write_bytes(b'{"Id": "a"}\n{"Id": "' + b"x" * MAX_REQUEST_BYTES + b'"}\n{"Id": "c"}\n')
    assert ids(path) == ["a", None]
    assert places(path) == [(2, 1, codes.TOO_LARGE)]


@pytest.mark.soak
def test_a_large_file_of_lines_needs_no_suffix(tmp_path: Path) -> None:
    """Beyond what is read whole, lines are told by the first ones."""
    path = tmp_path / "export"
    with path.open("wb") as file:
        line = b'{"Id": "%d", "OptOut": "ALL", "Attributes": {"a": ["' + b"x" * 1_000 + b'"]}}\n'
        file.writelines(line % number for number in range(8_000))
    assert sum(1 for _ in load(path)) == 8_000


def test_a_large_file_of_one_value_is_refused(tmp_path: Path) -> None:
    """One value beyond 7 MB is no request."""
    path = tmp_path / "a.json"
    path.write_bytes(b'{"Item": [\n' + b'{"Id": "a"},\n' * 600_000 + b"]}")
    assert places(path) == [(1, 1, codes.TOO_LARGE)]


@pytest.mark.soak
def test_memory_is_flat(tmp_path: Path) -> None:
    """Reading lines keeps none of them."""
    path = tmp_path / "a.ndjson"
    values = b",".join([b'"%s"' % (b"x" * 100)] * 50)
    path.write_bytes(b'{"Id": "a", "Attributes": {"a": [%s]}}\n' % values * 1_000)
    tracemalloc.start()
    for document in load(path):
        validate(document)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert path.stat().st_size > 5_000_000
    assert peak < 2_000_000


def test_yaml_documents_stand_where_they_are(tmp_path: Path) -> None:
    """Each document of a YAML file has its own id and places; empty ones are passed by."""
    path = tmp_path / "a.yaml"
    path.write_text(
        "Id: a\nOptOut: ALL\n---\n---\nId: b\nOptOut: al\n--- {Id: c, OptOut: NON}\n...\n",
        encoding="utf-8",
    )
    assert ids(path) == ["a", "b", "c"]
    assert places(path) == [(6, 9, codes.NOT_IN_SET), (7, 21, codes.NOT_IN_SET)]


def test_yaml_documents_before_a_broken_one_count(tmp_path: Path) -> None:
    """A document that cannot be read does not hide those before it."""
    path = tmp_path / "a.yaml"
    path.write_text("Id: a\nOptOut: al\n---\nId: [\n", encoding="utf-8")
    assert ids(path) == ["a", None]
    assert [code for *_, code in places(path)] == [codes.NOT_IN_SET, codes.SYNTAX]


def test_the_files_name_is_no_id_for_several(tmp_path: Path) -> None:
    """Without an id of its own, a document among others has none."""
    (tmp_path / "a.yaml").write_text("OptOut: ALL\n---\nOptOut: ALL\n", encoding="utf-8")
    (tmp_path / "b.ndjson").write_text('{"OptOut": "ALL"}\n', encoding="utf-8")
    (tmp_path / "c.yaml").write_text("---\nOptOut: ALL\n", encoding="utf-8")
    assert ids(tmp_path) == [None, None, None, "c"]


def test_standard_input_can_be_read_again() -> None:
    """What standard input held is there for a second look, also without a name."""
    source = Source("-", Format.BY_CONTENT)
    with closing(Spooled(lambda: io.BytesIO(LINES))) as standard_input:
        for _ in range(2):
            documents = list(read(source, {"-": standard_input}))
            assert [document.endpoint_id for document in documents] == IDS
            assert {document.source for document in documents} == {"<stdin>"}


class Endless(io.BufferedIOBase):
    """A stream that repeats one text for ever."""

    def __init__(self, text: bytes) -> None:
        self.text = text
        self.given = 0

    def read1(self, _size: int = -1, /) -> bytes:
        """Return the text once more."""
        self.given += len(self.text)
        return self.text


class InTurns(io.BytesIO):
    """A stream that gives one chunk after the other."""

    def __init__(self, chunks: list[bytes]) -> None:
        self.chunks = iter(chunks)

    def read1(self, _size: int | None = -1, /) -> bytes:
        """Return the next chunk."""
        return next(self.chunks)


@pytest.mark.parametrize("keep", [False, True])
def test_a_stream_ends_once(*, keep: bool) -> None:
    """A terminal gives no bytes at the first Ctrl-D, and waits for more when it is asked again."""
    with closing(Spooled(lambda: InTurns([b'{"Id": "a"}\n', b"", LINES]), keep=keep)) as terminal:
        documents = list(read(Source("-", Format.BY_CONTENT), {"-": terminal}))
    assert [document.endpoint_id for document in documents] == ["a"]


def test_lines_of_an_endless_pipe_are_read_as_they_come() -> None:
    """The first document is there as soon as a second line shows that each is one."""
    stream = Endless(b'{"OptOut": "ALL"}\n')
    with closing(Spooled(lambda: stream, keep=False)) as pipe:
        documents = read(Source("-", Format.BY_CONTENT), {"-": pipe})
        assert [next(documents).request for _ in range(3)] == [{"OptOut": "ALL"}] * 3
    assert stream.given < 10 * len(stream.text)


@pytest.mark.parametrize(
    "text", [b"\0" * 60_000, b"[1,\n" * 9_000, b'{"a": [\n' * 9_000, b" " * 60_000]
)
@pytest.mark.parametrize("name", ["", "a.json", "a.yaml"])
def test_an_endless_pipe_of_something_else_is_refused(text: bytes, name: str) -> None:
    """After as much as one request can carry."""
    stream = Endless(text)
    with closing(Spooled(lambda: stream, name)) as pipe:
        (document,) = read(Source("-", Format.BY_CONTENT), {"-": pipe})
    assert [problem.code for problem in document.problems] == [codes.TOO_LARGE]
    assert stream.given < MAX_REQUEST_BYTES + 3 * len(text)


def test_what_is_kept_of_a_pipe_is_bounded() -> None:
    """The documents before the bound count; the error says what to do, once."""
    stream = Endless(b'{"OptOut": "ALL"}\n')
    with closing(Spooled(lambda: stream, max_bytes=1_000)) as pipe:
        first, second = (list(read(Source("-", Format.BY_CONTENT), {"-": pipe})) for _ in range(2))
    assert "write it to a file first" in first[-1].problems[0].message
    assert [document.request for document in first[:-1]] == [{"OptOut": "ALL"}] * (len(first) - 1)
    assert len(second) == len(first) - 1 == 1_000 // len(stream.text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a": {' + ", ".join(['"b": 1'] * 5_000) + "}}",
        '{"Metrics": {' + ", ".join(f'"m{number}": NaN' for number in range(5_000)) + "}}",
        "Attributes:\n" + "".join(f"  a{number}: [NO]\n" for number in range(5_000)),
    ],
    ids=["duplicate keys", "not a number", "read otherwise"],
)
def test_problems_of_a_text_are_capped(tmp_path: Path, text: str) -> None:
    """The last one says that there are more; it is as severe as they are."""
    path = tmp_path / "a"
    path.write_text(text, encoding="utf-8")
    (document,) = load(path)
    *shown, last = document.problems
    assert len(shown) == MAX_PROBLEMS
    assert last.code == codes.TOO_LARGE
    assert {problem.severity for problem in shown} == {last.severity}


def test_standard_inputs_name_gives_its_format_and_id() -> None:
    """A name makes standard input read like the file of that name."""
    stream = io.BytesIO(b"{Country: NO}")
    with closing(Spooled(lambda: stream, "folder/ada.yaml")) as standard_input:
        (document,) = read(Source("-", Format.BY_CONTENT), {"-": standard_input})
    assert (document.source, document.endpoint_id) == ("folder/ada.yaml", "ada")


def test_a_pipe_is_a_file(tmp_path: Path) -> None:
    """What a shell's process substitution gives is read to its end."""
    program = "import sys; from pinpoint_endpoints import load; print(len(list(load(sys.argv[1]))))"
    command = f"{sys.executable} -c '{program}' <(cat a.ndjson; sleep 0.01; cat a.ndjson)"
    (tmp_path / "a.ndjson").write_bytes(LINES)
    ended = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, capture_output=True, encoding="utf-8", check=True
    )
    assert ended.stdout == "12\n"


@given(
    st.lists(st.dictionaries(st.text(max_size=4), st.text(max_size=4), max_size=3), min_size=2),
    st.sampled_from(["\n", "\r\n", "\n\n"]),
)
def test_lines_give_the_values_that_were_written(
    tmp_path_factory: pytest.TempPathFactory, values: list[dict[str, str]], end: str
) -> None:
    """Whatever the line ends and the text, each line is read as the value that was written."""
    path = tmp_path_factory.mktemp("lines") / "a.ndjson"
    texts = [json.dumps({"Attributes": value}, ensure_ascii=False) for value in values]
    path.write_bytes(end.join(texts).encode())
    read_back = [document.value for document in load(path)]
    assert read_back == [{"Attributes": value} for value in values]


@pytest.mark.parametrize("suffix", ["json", "json.gz", "ndjson"])
def test_a_file_counts_as_its_documents_are_taken(suffix: str, tmp_path: Path) -> None:
    """Also one that is read whole: half of it counts when half of its documents were taken."""
    items = [{"Id": str(number), "Attributes": {"a": ["x" * 1000]}} for number in range(200)]
    lines = "\n".join(map(json.dumps, items))
    text = (lines if suffix == "ndjson" else json.dumps({"Item": items})).encode()
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(gzip.compress(text) if suffix.endswith("gz") else text)
    source = Source(str(path), format_of(path.name))
    meter = Meter()
    size = path.stat().st_size
    documents = read(source, meter=meter)
    taken = [meter.count for _ in documents]
    assert size * 0.1 < taken[100] < size * 0.9
    assert meter.count == size
