"""Endpoints without an id, as in files for import jobs: one answer, and ids made for them."""

import json
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

import pytest
from commands import Ended, run

LINES = [
    {"ChannelType": "SMS", "Address": "+16045550182"},
    {"ChannelType": "EMAIL", "Address": "ada@example.com"},
]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a file of an import job."""
    path = tmp_path / "import.ndjson"
    path.write_text("".join(json.dumps(line) + "\n" for line in LINES), encoding="utf-8")
    return path


def target(path: Path) -> list[str]:
    """Return the options of a local store beside a file."""
    return ["--local", "--store", str(path.parent / "store.db"), "--app", "demo"]


def ids_of(ended: Ended) -> list[str]:
    """Return the ids in the results of an upsert."""
    return [result["endpoint_id"] for result in json.loads(ended.out)["results"]]


def problems_of(ended: Ended) -> set[tuple[str, str]]:
    """Return the codes and hints in what a validation or an upsert found."""
    results = json.loads(ended.out)["results"]
    found = [problem for result in results for problem in result.get("problems", [result])]
    return {(problem["code"], problem["hint"]) for problem in found}


def test_validate_and_upsert_give_one_answer(path: Path) -> None:
    """With one hint, that can be followed."""
    checked = run("validate", path, "-o", "json")
    sent = run("upsert", path, *target(path), "-o", "json")
    assert (checked.code, sent.code) == (1, 1)
    hint = 'add "Id", or use --ids new or --ids from-address'
    assert problems_of(checked) == problems_of(sent) == {("PE218", hint)}


def test_what_is_ignored_is_still_not_sent(path: Path) -> None:
    """Without an id there is nothing to send to."""
    sent = run("upsert", path, *target(path), "--ignore", "PE218", "-o", "json")
    assert sent.code == 1
    assert {code for code, _ in problems_of(sent)} == {"PE218"}


def test_ids_from_addresses_are_the_same_on_each_run(path: Path) -> None:
    """They are UUIDs that other programs can make too."""
    wanted = [str(uuid5(NAMESPACE_URL, f"{x['ChannelType']}:{x['Address']}")) for x in LINES]
    options = ["--ids", "from-address", "-o", "json"]
    assert run("validate", path, *options).code == 0
    assert run("stats", path, *options).code == 0
    for _ in range(2):
        assert ids_of(run("upsert", path, *target(path), *options)) == wanted
    assert run("diff", path, *target(path), *options).code == 0


def test_new_ids_are_other_ones_on_each_run(path: Path) -> None:
    """So a journal could not resume the run, and is refused."""
    options = [*target(path), "--ids", "new", "-o", "json"]
    first, second = (ids_of(run("upsert", path, *options)) for _ in range(2))
    assert len({*first, *second}) == 4
    assert run("upsert", path, *options, "--journal", path.parent / "journal").code == 2


def test_an_id_that_is_there_stays(tmp_path: Path) -> None:
    """Also that of the file's name; what has no address gets none from it."""
    alone, lines = tmp_path / "ada.json", tmp_path / "b.ndjson"
    alone.write_text(json.dumps(LINES[0]), encoding="utf-8")
    lines.write_text('{"Id": "eva", "OptOut": "ALL"}\n{"OptOut": "ALL"}\n', encoding="utf-8")
    options = ["--ids", "from-address", "-o", "json"]
    ended = run("upsert", alone, lines, *target(alone), *options)
    assert (ended.code, ids_of(ended)) == (5, ["ada", "eva", ""])


def test_a_pipe_that_is_judged_first_is_read_twice(path: Path) -> None:
    """--all-or-nothing keeps what it read of standard input, also where ids are made."""
    options = [*target(path), "--all-or-nothing", "--ids", "from-address", "-o", "json"]
    ended = run("upsert", "-", *options, given=path.read_text(encoding="utf-8"))
    assert (ended.code, len(ids_of(ended))) == (0, 2)
