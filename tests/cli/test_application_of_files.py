"""The application of a run: `--app`, else the one that all files name."""

import json
from pathlib import Path
from typing import Any

import pytest
from commands import run

ADA = {"ChannelType": "EMAIL", "Address": "ada@example.com"}
FILES: dict[str, Any] = {
    "input.json": {"ApplicationId": "shop", "EndpointId": "ada", "EndpointRequest": ADA},
    "batch.json": {
        "ApplicationId": "shop",
        "EndpointBatchRequest": {"Item": [{"Id": "bob", **ADA}, {"Id": "eve", **ADA}]},
    },
    "answer.json": {
        "EndpointResponse": {
            "Id": "dan",
            "ApplicationId": "shop",
            **ADA,
            "Address": "d@example.com",
        }
    },
    "other.json": {"ApplicationId": "news", "EndpointId": "ada", "EndpointRequest": ADA},
    "unnamed.json": {"Id": "zoe", **ADA},
    "skeleton.json": {"ApplicationId": "", "EndpointId": "kim", "EndpointRequest": ADA},
}


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PE_LOCAL", "1")
    monkeypatch.setenv("PE_LOCAL_STORE", str(tmp_path / "store.db"))
    for name, value in FILES.items():
        Path(name).write_text(json.dumps(value), encoding="utf-8")


def test_the_application_that_all_files_name_is_used() -> None:
    """Whatever shape names it, it is printed; a dry run and a comparison use it too."""
    named = ["input.json", "batch.json", "answer.json"]
    planned = run("upsert", *named, "--dry-run", "-v")
    assert (planned.code, planned.out.count("/v1/apps/shop/endpoints")) == (0, 1)
    sent = run("upsert", *named, "-o", "text")
    assert (sent.code, sent.out.count("accepted")) == (0, 4)
    assert sent.err.startswith("input.json names the application shop\n")
    assert run("get", "--app", "shop", "--id", "eve").code == 0
    compared = run("diff", "answer.json", "-q", "-o", "text")
    assert (compared.code, compared.out, compared.err) == (0, "", "")


def test_standard_input_may_name_it() -> None:
    """What is read to find the application is still sent."""
    line = json.dumps(FILES["input.json"])
    assert run("upsert", "-", given=f"{line}\n{line}\n").code == 0
    assert run("get", "--app", "shop", "--id", "ada").code == 0


def test_the_files_that_a_run_writes_name_none(tmp_path: Path) -> None:
    """The failures of an earlier run, beside the documents, are not among them."""
    (tmp_path / "d").mkdir()
    Path("input.json").rename("d/input.json")
    Path("d/failed.ndjson").write_text(f"{json.dumps(FILES['unnamed.json'])}\n", encoding="utf-8")
    assert run("upsert", "d", "--dry-run").code == 2
    assert run("upsert", "d", "--dry-run", "--failures", "d/failed.ndjson").code == 0


@pytest.mark.parametrize("command", ["upsert", "diff"])
@pytest.mark.parametrize(
    ("names", "says", "hint"),
    [
        (["input.json", "other.json"], "shop, other.json news", "to one with --app"),
        (["batch.json", "unnamed.json"], "shop, unnamed.json none", "use --app shop for all"),
        (["unnamed.json", "skeleton.json"], "no file names one", "set app in pe.toml"),
        (["missing.json"], "no file names one", "set app in pe.toml"),
    ],
)
def test_files_that_do_not_agree_are_refused_before_anything_is_sent(
    command: str, names: list[str], says: str, hint: str
) -> None:
    """One run has one application; the command line is wrong if nothing says which."""
    refused = run(command, *names)
    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err
    assert hint in refused.err
    assert run("get", "--app", "shop", "--id", "ada").code == 4


def test_another_application_than_that_of_the_options_is_said() -> None:
    """`--app` takes precedence; once for each application that it is not."""
    sent = run("upsert", ".", "--exclude", "skeleton.json", "--app", "shop")
    assert sent.code == 0
    assert sent.err.count("other.json names the application news, but this run uses shop\n") == 1
    compared = run("diff", "input.json", "batch.json", "--app", "news")
    assert compared.err.count("input.json names the application shop, but this run uses news") == 1
    assert "batch.json names" not in compared.err
    assert "names" not in run("upsert", "other.json", "--app", "shop", "-q").err
