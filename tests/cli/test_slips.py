"""Slips on the command line: the message names what was meant."""

from pathlib import Path

import pytest
from commands import run

from pinpoint_endpoints import __version__


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("validate", "or set paths in pe.toml"),
        ("upsert a.json", "or set app in pe.toml"),
        ("get --id a", "or set PE_APP, or set app in pe.toml"),
        ("validate --format json a.json", "--output"),
        ("get --application-id x", "--app"),
        ("delete --endpoint-id x", "--id"),
        ("delete --user-id x", "--user"),
        ("delete --force", "--yes"),
        ("serve -p 8080", "--port"),
        ("upsert -f a.json", "Name files without an option."),
        ("validate --app x a.json", "needs no target"),
        ("validate --endpoint-id x a.json", "needs no target"),
        ("--output json validate a.json", "Options come after the command."),
        ("get --app x an-id", "Name an endpoint with --id"),
        ("delete --app x an-id", "Name an endpoint with --id"),
        ("schema EndpointBatchItem", "Name a shape with --shape."),
        ("serve 8080", "Name the port with --port."),
        ("new sms email", "Name one channel."),
        ("lint a.json", "Did you mean 'validate'?"),
        ("Validate a.json", "Did you mean 'validate'?"),
        ("update-endpoints-batch", "Did you mean 'upsert'?"),
        ("fix a.json", "Did you mean 'validate --fix'?"),
        ("get-user-endpoints", "Did you mean 'get --user'?"),
        ("a.json", "To check files: pe validate a.json"),
        ("b$.json", "To check files: pe validate 'b$.json'"),
        ("explain PE20", "near it are PE201 to PE209"),
        ("explain PE299", 'did you mean "PE209" or "PE219"?'),
        ("explain pe999", "codes are PE001 to PE"),
        ("explain PE1O3", 'did you mean "PE103"?'),
        ("validate --ignore PE999 a.json", "codes are PE001 to PE"),
        ("validate --ignore pe30 a.json", "near it are PE301 to PE305; `pe rules` lists them"),
    ],
)
def test_a_slip_leads_to_what_was_meant(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, line: str, hint: str
) -> None:
    """The exit code is 2, and nothing is done."""
    monkeypatch.chdir(tmp_path)
    for name in ("a.json", "b$.json"):
        Path(name).write_text("{}", encoding="utf-8")
    code, out, err = run(*line.split())
    assert (code, out if "json validate" not in line else "", hint in " ".join(err.split())) == (
        2, "", True,
    )  # fmt: skip


@pytest.mark.parametrize("spelled", ["version", "--version", "-V"])
def test_the_version_may_be_asked_for_in_any_way(spelled: str) -> None:
    """As people know it from other programs."""
    assert run(spelled) == (0, f"pe {__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["validate", ""], "'PATH...'"),
        (["validate", "--exclude", "", "."], "'--exclude'"),
        (["get", "--app", "demo", "--id", "ada", "--id="], "'--id'"),
        (["get", "--app", "demo", "--id", "ada", "--save", ""], "'--save'"),
        (["stats", "--local", "--app", "demo", "--store", ""], "'--store'"),
        (["serve", "--store", ":memory:", "--segments="], "'--segments'"),
        (["convert", "--to", "ndjson", "-d", "", "."], "'--directory' / '-d'"),
        (["explain", "PE203", ""], "'CODE|MEMBER...'"),
    ],
)
def test_an_empty_value_is_refused(arguments: list[str], named: str) -> None:
    """A value from an unset variable is neither the working directory nor a missing option."""
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert err.endswith(f"Error: Invalid value for {named}: it is empty.\n")


@pytest.mark.parametrize("line", ["validate --list-files", "serve --segments"])
def test_a_name_that_is_too_long_for_a_file_is_reported(line: str) -> None:
    """A name that the system refuses gives an error message in every command."""
    name = "x" * 300
    assert run(*line.split(), name) == (
        3, "", f"Error: {name} cannot be used: file name too long\n",
    )  # fmt: skip


def test_a_working_directory_that_is_gone_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell may still be in a directory that another process has removed."""
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert run("validate", ".") == (
        3, "", "Error: the working directory cannot be used: no such file or directory\n",
    )  # fmt: skip
