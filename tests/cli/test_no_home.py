"""A user without a home directory, as in many containers: the store's place has to be named."""

import json
import pwd
from pathlib import Path
from typing import NoReturn

import pytest
from commands import run

from pinpoint_endpoints import CannotRun, connect
from pinpoint_endpoints.local.pages import about_store

ADA = str(Path(__file__).parents[2] / "examples" / "ada-email.json")
TARGET = ("--local", "--app", "demo")
COMMANDS = [
    ("upsert", *TARGET, ADA),
    ("diff", *TARGET, ADA),
    ("get", *TARGET, "--id", "x"),
    ("delete", *TARGET, "--id", "x", "--yes"),
    ("stats", *TARGET),
    ("serve", "--port", "0"),
]


@pytest.fixture(params=[None, "", "~", "relative"])
def _no_home(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a user of whom the system knows only a number, with each useless value of HOME."""

    def unknown(uid: int) -> NoReturn:
        raise KeyError(f"getpwuid(): uid not found: {uid}")

    monkeypatch.setattr(pwd, "getpwuid", unknown)
    if request.param is None:
        monkeypatch.delenv("HOME")
    else:
        monkeypatch.setenv("HOME", request.param)


@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize("store", [None, "~/store.sqlite3"])
@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: arguments[0])
def test_commands_name_what_can_be_set(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], store: str | None
) -> None:
    """Exit 3, an error in two lines, and nothing is made in the working directory."""
    if store is not None:
        monkeypatch.setenv("PE_LOCAL_STORE", store)
    code, out, err = run(*arguments)
    assert (code, out) == (3, "")
    error, hint = err.splitlines()
    assert error == "Error: there is no home directory for the local Pinpoint's store"
    assert all(name in hint for name in ("--store", "PE_LOCAL_STORE", "XDG_DATA_HOME"))


@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize("command", ["upsert", "diff", "stats"])
def test_the_envelope_has_the_error(command: str) -> None:
    """With -o json, standard output is an envelope."""
    paths = [] if command == "stats" else [ADA]
    code, out, _ = run(command, *TARGET, "-o", "json", *paths)
    envelope = json.loads(out)
    assert (code, envelope["status"], envelope["errors"][0]["code"]) == (3, "error", "CANNOT_RUN")


@pytest.mark.usefixtures("_no_home")
def test_the_library_says_the_same() -> None:
    """The library raises the exception of what stops a run."""
    with pytest.raises(CannotRun, match="no home directory"):
        connect(local=True)


@pytest.mark.usefixtures("_no_home")
def test_a_named_store_needs_no_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of the three names is enough; the page of a served store names it too."""
    store = tmp_path / "store.sqlite3"
    assert run("upsert", *TARGET, "--store", store, ADA).code == 0
    assert about_store(store, "http://127.0.0.1:1").options == f"--local --store {store}"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert run("upsert", *TARGET, ADA).code == 0
    monkeypatch.setenv("PE_LOCAL_STORE", str(store))
    assert run("get", *TARGET, "--id", "ada-email").code == 0


@pytest.mark.usefixtures("_no_home")
@pytest.mark.parametrize("arguments", [("validate", ADA), ("rules",), ("new", "EMAIL")])
def test_commands_without_a_store_need_no_home(arguments: tuple[str, ...]) -> None:
    """What keeps nothing is not concerned."""
    assert run(*arguments).code == 0
