"""The Spark job finds and writes what the commands do on one machine."""

import gzip
import json
import os
import random
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from commands import run
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from manual import TOPICS, fenced, prepared, run_block
from strategies import LINES_WITH_MISTAKES

from pinpoint_endpoints.spark.__main__ import main
from pinpoint_endpoints.spark.lines import lines_in
from pinpoint_endpoints.spark.validation import summary_of, validate

if TYPE_CHECKING:
    from pyarrow import RecordBatch
    from pyspark.sql import SparkSession

pytestmark = [
    pytest.mark.external,
    pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning"),
    pytest.mark.usefixtures("spark"),
]
READ_ONLY = b'{"Id": "a", "CohortId": "7", "ResponseMetadata": {}, "$metadata": {}}'
NAMES = ("a.ndjson", "b/c d.jsonl", "a/ü%20[1].ndjson", "b/e.json", "z.ndjson")


def write(folder: Path, files: Iterable[Iterable[bytes]]) -> None:
    """Write files of lines; the last one is compressed."""
    for name, lines in zip(NAMES, files, strict=False):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"\n".join(lines))
    path.with_suffix(".jsonl.gz").write_bytes(gzip.compress(path.read_bytes()))


def lines_of(output: Path, part: str) -> Counter[str]:
    """Return the lines of a part of the job's output."""
    files = (output / f"part={part}").glob("part-*")
    return Counter(line for file in files for line in file.read_text("utf-8").split("\n") if line)


def values_of(lines: Iterable[str]) -> Counter[str]:
    """Return JSON lines with sorted members."""
    return Counter(json.dumps(json.loads(line), sort_keys=True) for line in lines)


@settings(
    max_examples=2,
    deadline=None,
    derandomize=True,
    phases=[Phase.generate],  # Spark takes ten seconds for an example: shrinking, ten minutes
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    st.lists(st.lists(LINES_WITH_MISTAKES, min_size=5, max_size=60), min_size=3, max_size=3),
    st.booleans(),
)
def test_the_job_finds_what_the_command_finds(
    tmp_path_factory: pytest.TempPathFactory, files: list[list[bytes]], is_strict: bool
) -> None:
    """Whatever is in the lines, and wherever Spark splits the files."""
    folder = tmp_path_factory.mktemp("lines")
    write(folder / "in", [[READ_ONLY, *lines, READ_ONLY] for lines in files])
    options = ["--strict"] if is_strict else []
    ended = run("validate", folder / "in", "-o", "json", *options)
    report = json.loads(ended.out)

    code = main(["validate", str(folder / "in"), str(folder / "out"), *options])

    assert code == ended.code
    (summary,) = lines_of(folder / "out", "summary")
    assert json.loads(summary)["summary"] == report["summary"]
    found = values_of(lines_of(folder / "out", "problems").elements())
    assert found == values_of(map(json.dumps, report["results"]))


def audience(number: int) -> Iterator[bytes]:
    """Yield endpoints: one user has a third of them; ids, addresses and names are shared."""
    some = random.Random(17)
    for index in range(number):
        channel = some.choice(["EMAIL", "EMAIL", "SMS", "APNS", "sms"])
        shared = some.randrange(number // 4)
        address = f"A{shared}@example.com" if channel == "EMAIL" else f"+1206555{shared:04}"
        attributes = {some.choice(["Tier", "First Name", "Mail"]): some.choice([["a"], [address]])}
        endpoint = {
            "Id": some.choice([f"e{index}", f"E{shared}"]),
            "ChannelType": channel,
            "Address": address.lower() if some.random() < 0.5 else address,
            "OptOut": some.choice(["ALL", "NONE", "NONE", "NONE"]),
            "EndpointStatus": some.choice(["ACTIVE", "ACTIVE", "INACTIVE"]),
            "EffectiveDate": f"2026-0{some.randrange(1, 9)}-11T00:00:00.000Z",
            "User": {
                "UserId": some.choice(["ada", f"u{shared}", f"e{shared}"]),
                "UserAttributes": attributes,
            },
            "Attributes": {f"n{some.randrange(9)}": ["x"] * some.randrange(3)},
        }
        if some.random() < 0.3:
            del endpoint["User"]
        yield json.dumps(endpoint).encode()
    yield b'{"Id": "e1", "OptOut": "all"}'


def test_the_job_makes_the_same_profiles(tmp_path: Path) -> None:
    """So are the lists beside them, the object type and the account."""
    lines = [*audience(240)]
    write(tmp_path / "in", [lines[:100], lines[100:160], lines[160:]])
    ended = run(
        "convert", tmp_path / "in", "--to", "customer-profiles", "-d", tmp_path / "pe", "-o", "json"
    )

    code = main(
        ["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "customer-profiles"]
    )

    assert code == ended.code == 1
    expected = {file.name: file.read_text("utf-8") for file in (tmp_path / "pe").iterdir()}
    for part, name in (
        ("profiles", "profiles-00001.jsonl"),
        ("devices", "devices.jsonl"),
        ("object-type", "object-type.json"),
    ):
        assert lines_of(tmp_path / "out", part) == Counter(expected[name].splitlines()), part
    assert {*lines_of(tmp_path / "out", "suppressed")} == {*expected["suppressed.csv"].splitlines()}
    check_account(tmp_path / "out", ended.out)


def check_account(output: Path, envelope: str) -> None:
    """Compare the account in the job's output with that of the command."""
    members = [one for one in json.loads(envelope)["results"] if one["kind"] == "member"]
    found = [*map(json.loads, lines_of(output, "account"))]
    for one in (*members, *found):
        del one["places"]  # of several places, which are the first is another question
    assert values_of(map(json.dumps, found)) == values_of(map(json.dumps, members))


def test_the_job_writes_the_same_lines(tmp_path: Path) -> None:
    """Of several documents of one endpoint, the same one counts."""
    write(tmp_path / "in", [[*audience(80)], [b"", *audience(90)]])
    out = tmp_path / "pe.ndjson"
    ended = run("convert", tmp_path / "in", "--to", "ndjson", "--out", out, "-o", "json")

    main(["convert", str(tmp_path / "in"), str(tmp_path / "out"), "--to", "ndjson"])

    assert lines_of(tmp_path / "out", "endpoints") == Counter(out.read_text("utf-8").splitlines())
    assert "opted-out-in-invalid" in ended.out
    check_account(tmp_path / "out", ended.out)


def test_a_task_that_dies_is_done_again(spark: "SparkSession", tmp_path: Path) -> None:
    """Nothing is lost, and nothing is counted twice."""
    write(tmp_path / "in", [[*audience(60)], [*audience(30)]])
    has_died = tmp_path / "has-died"

    def dies_once(batches: Iterable["RecordBatch"]) -> Iterator["RecordBatch"]:
        yield from batches
        if not has_died.exists():
            has_died.touch()
            os._exit(1)

    lines = lines_in(spark, str(tmp_path / "in"))
    checked = validate(lines.mapInArrow(dies_once, lines.schema))
    report = json.loads(run("validate", tmp_path / "in", "-o", "json").out)

    assert summary_of(checked).members() == report["summary"]
    assert has_died.exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.json", b'{\n  "Address": "x"\n}', "a.json: this job reads files with one endpoint on"),
        ("a.yaml", b"Address: x\n", "a.yaml: this job reads files with one endpoint on each line"),
        ("a.ndjson.gz", gzip.compress(b"{}\n" * 9000)[:-20], "cannot be read\nhint: is it "),
        ("a.txt", b"{}\n", "there are no files to read in"),
        ("", b"", "cannot be read: no such file or directory"),
    ],
)
def test_what_cannot_be_read_is_named(
    name: str, content: bytes, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is written then."""
    if name:
        (tmp_path / "in").mkdir()
        (tmp_path / "in" / name).write_bytes(content)
    output = tmp_path / "out"
    assert main(["validate", str(tmp_path / "in"), str(output)]) == 3
    assert message in capsys.readouterr().err
    assert not output.exists()


def test_aws_glue_names_all_arguments(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It has no other ones, and adds its own."""
    glue = ["--JOB_NAME", "pe", "--JOB_RUN_ID", "jr_1"]
    named = ["--command", "convert", "--input", str(tmp_path / "in"), "--output", "out"]
    assert main([*glue, *named, "--to", "ndjson"]) == 3
    assert "in cannot be read: no such file or directory" in capsys.readouterr().err


def test_a_line_that_cannot_be_read_ends_a_conversion(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The job stops as `pe convert` does, because it is unknown who would be missing."""
    (tmp_path / "a.ndjson").write_bytes(b'{"Address"\n')
    output = tmp_path / "out"
    assert main(["convert", str(tmp_path), str(output), "--to", "customer-profiles"]) == 3
    assert "a.ndjson cannot be read" in capsys.readouterr().err
    assert not output.exists()


def test_an_output_that_exists_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It may hold the results of another day."""
    assert main(["validate", str(tmp_path), str(tmp_path)]) == 3
    assert f"{tmp_path} exists" in capsys.readouterr().err
    assert [*tmp_path.iterdir()] == []


def test_the_topic_shows_what_is_printed(tmp_path: Path) -> None:
    """So that `pe help scale` is true."""
    (block,) = fenced(TOPICS["scale"], "console spark")
    assert run_block(block, prepared(tmp_path)) == block
