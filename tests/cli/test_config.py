"""The project's file: where it is found, what it may hold, and what goes before it."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from commands import run
from typer.testing import CliRunner

from pinpoint_endpoints.cli.app import Boundary
from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.options import App, CheckOptions, DisplayOptions, with_single_options

GOOD = '{"ChannelType": "EMAIL", "Address": "ada@example.com"}'
command = typer.Typer(cls=Boundary)


@command.callback()
def _several_commands() -> None:
    """Make Typer take `show` as the name of a command."""


@command.command()
@with_single_options
def show(inputs: Inputs, checks: CheckOptions, display: DisplayOptions, app: App = "none") -> None:
    """Print what the options are."""
    read = sorted(os.path.relpath(source.path) for source in inputs.find())
    typer.echo(f"{app} {checks.strict} {checks.ignore} {read} {display.verbose}")


@command.command()
def bare() -> None:
    """Have none of the options."""
    typer.echo("fine")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a directory with a file in it and in one below it, and work there."""
    (tmp_path / "sub").mkdir()
    for name in ("a.json", "sub/a.json", "sub/b.json"):
        (tmp_path / name).write_text(GOOD, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, *lines: str) -> Path:
    """Write a file of lines."""
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def shown(*arguments: str) -> str:
    """Return what the options of a command come out as."""
    result = CliRunner().invoke(command, ["show", ".", *arguments])
    assert result.exit_code == 0, result.stderr
    return result.stdout.strip()


def refused(*arguments: str) -> str:
    """Return what is said about a file that stops a run."""
    result = CliRunner().invoke(command, arguments or ["show", "."])
    assert result.exit_code == 3
    return result.stderr


def test_the_file_gives_defaults(project: Path) -> None:
    """Each key is the default of its option."""
    write(
        project / "pe.toml",
        'app = "from-file"', 'region = "eu-west-1"', "strict = true",
        'ignore = ["PE203", "PE210"]', 'exclude = ["b.json"]',
    )  # fmt: skip
    assert shown() == "from-file True ['PE203', 'PE210'] ['a.json', 'sub/a.json'] False"


def test_the_command_line_goes_before_the_file(project: Path) -> None:
    """What is given replaces what the file says, lists too."""
    write(
        project / "pe.toml",
        'app = "from-file"', "strict = true", 'ignore = ["PE203"]', 'exclude = ["b.json"]',
    )  # fmt: skip
    given = ["--app", "x", "--no-strict", "--ignore", "PE210", "--exclude", "a.json"]
    assert shown(*given) == "x False ['PE210'] ['sub/b.json'] False"


def test_a_table_of_pyproject_gives_defaults(project: Path) -> None:
    """`[tool.pe]` may hold what pe.toml may."""
    write(project / "pyproject.toml", "[project]", 'name = "x"', "[tool.pe]", 'app = "shared"')
    assert shown().startswith("shared")


@pytest.mark.parametrize(
    "lines", [["tool.pe.app = 'x'"], ["[tool]", "pe.app = 'x'"], ["[ tool . 'pe' ]", "app = 'x'"]]
)
def test_the_table_may_be_written_in_any_way(project: Path, lines: list[str]) -> None:
    """TOML has several ways to write a table."""
    write(project / "pyproject.toml", *lines)
    assert shown().startswith("x ")


def test_the_nearest_file_counts(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The search goes upwards, past a pyproject.toml that is not about pe, and then stops."""
    write(project / "pe.toml", 'app = "far"', "strict = true")
    monkeypatch.chdir(project / "sub")
    write(project / "sub" / "pyproject.toml", "[tool.other]", 'app = "other"')
    assert shown().startswith("far True")
    write(project / "sub" / "pyproject.toml", "[tool.pe]", 'app = "near"')
    assert shown().startswith("near False")
    write(project / "sub" / "pe.toml", 'app = "nearest"')
    assert shown().startswith("nearest False")


def test_excluded_patterns_are_relative_to_the_file(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They mean the same wherever the command is run; those of the command line go from there."""
    write(project / "pe.toml", 'exclude = ["/sub/a.json"]')
    assert "['a.json', 'sub/b.json']" in shown()
    monkeypatch.chdir(project / "sub")
    assert "['b.json']" in shown()
    assert "['a.json']" in shown("--exclude", "/b.json")


def test_verbose_names_the_file(project: Path) -> None:
    """-v says on standard error where defaults come from."""
    path = write(project / "pe.toml", "strict = true")
    result = CliRunner().invoke(command, ["show", ".", "-v"])
    assert result.stderr == f"using {path}\n"
    assert result.stdout.startswith("none True")


@pytest.mark.parametrize(
    ("line", "told", "hint"),
    [
        ('ap = "x"', "there is no key ap", 'did you mean "app"?'),
        ("Strict = true", "there is no key Strict", 'did you mean "strict"?'),
        ("zzz = 1", "there is no key zzz", "its keys are app, region, strict, ignore, exclude"),
        ("app = 1", "app has to be text", ""),
        ("strict = 1", "strict has to be true or false", ""),
        ('ignore = "PE203"', "ignore has to be a list", ""),
        ("exclude = [1]", "exclude has to be a list", ""),
        ('paths = [""]', "paths has to be a list", ""),
        ('store = ""', "store has to be a path", ""),
        ('store = "~nobody-has-this-name/x"', "home directory not found", "write the whole path"),
        ("[tool.pe]", "there is no key tool", ""),
        ("app = ]", "is not TOML", "line 1, column 7"),
        ("app = " + "[" * 100_000, "is nested too deeply", ""),
        ("app = " + "1" * 5_000, "is not TOML", ""),
    ],
)
def test_a_mistake_in_the_file_is_reported(project: Path, line: str, told: str, hint: str) -> None:
    """The error names the file, what is wrong with it and what to do."""
    path = write(project / "pe.toml", line)
    error = refused()
    assert f"{path}" in error
    assert told in error
    assert hint in error


def test_a_value_in_place_of_the_table_is_reported(project: Path) -> None:
    """`pe = 3` under tool is a mistake, not a file that is passed by."""
    write(project / "pyproject.toml", "[tool]", "pe = 3")
    assert "tool.pe is not a table" in refused()


def test_a_file_that_is_not_text_is_reported(project: Path) -> None:
    """Bytes that are not UTF-8 are named as the cause; a mark at the beginning is tolerated."""
    (project / "pe.toml").write_bytes(b'app = "\xff"')
    assert "is not UTF-8 text" in refused()
    (project / "pe.toml").write_bytes(b'\xef\xbb\xbfapp = "x"')
    assert shown().startswith("x ")


@pytest.fixture
def open_directory(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Work as the user `nobody`, who may not read all that root may, in an open directory."""
    was = os.geteuid()
    with tempfile.TemporaryDirectory() as name:
        directory = Path(name).resolve()
        directory.chmod(0o755)
        monkeypatch.chdir(directory)
        for file in ("pe.toml", "pyproject.toml"):
            write(directory / file, "[tool.pe]").chmod(0)
        if was == 0:
            os.seteuid(65534)
        yield directory
        os.seteuid(was)
        monkeypatch.undo()


def test_an_unreadable_file_is_reported(open_directory: Path) -> None:
    """A file that may not be read is not taken for none."""
    assert f"{open_directory / 'pe.toml'} cannot be read: permission denied" in refused()


def test_a_directory_of_that_name_is_passed_by(project: Path) -> None:
    """Only a file is a project's file."""
    (project / "pe.toml").mkdir()
    assert shown().startswith("none")


def test_who_needs_no_default_is_not_stopped(project: Path) -> None:
    """Help, and a command without these options, work beside a broken file."""
    write(project / "pe.toml", "ap = 1")
    for arguments in (["show", "--help"], ["bare"], ["--help"]):
        assert CliRunner().invoke(command, arguments).exit_code == 0
    assert "there is no key ap" in refused("show", ".", "--app", "x")


@pytest.mark.parametrize(
    ("environment", "option", "application"),
    [
        ({}, [], "from-file"),
        ({"PE_APP": "from-variable"}, [], "from-variable"),
        ({"PE_APP": "from-variable"}, ["--app", "from-option"], "from-option"),
    ],
)
def test_options_go_before_variables_before_the_file(
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    option: list[str],
    application: str,
) -> None:
    """The application that an endpoint is sent to comes from the first that names one."""
    write(project / "pe.toml", 'app = "from-file"')
    local = ["--local", "--store", project / "store.sqlite3"]
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    sent = run("upsert", *local, *option, "a.json")
    assert (sent.code, sent.err) == (0, "")
    (project / "pe.toml").unlink()
    assert run("get", *local, "--id", "a", "--app", application).code == 0


@pytest.mark.parametrize(
    ("environment", "option", "region"),
    [
        ({}, [], "eu-west-1"),
        ({"AWS_PROFILE": "work"}, [], "eu-west-1"),
        ({}, ["--profile", "work"], "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, [], "eu-west-2"),
        ({"AWS_REGION": "eu-west-4", "AWS_DEFAULT_REGION": "eu-west-2"}, [], "eu-west-4"),
        ({"AWS_REGION": "eu-west-4"}, [], "eu-west-4"),
        ({"AWS_REGION": ""}, [], "eu-west-1"),
        ({"AWS_DEFAULT_REGION": "eu-west-2"}, ["--region", "eu-west-3"], "eu-west-3"),
    ],
)
def test_the_region_of_the_file(
    monkeypatch: pytest.MonkeyPatch,
    project: Path,
    environment: dict[str, str],
    option: list[str],
    region: str,
) -> None:
    """It goes before a profile's, and behind the option and the variables, as in the AWS CLI."""
    write(project / "pe.toml", 'region = "eu-west-1"', 'app = "a"')
    work = ["[profile work]", "region = us-west-2", "aws_access_key_id = a"]
    config = write(project / "aws", *work, "aws_secret_access_key = b")
    nowhere = {"HTTPS_PROXY": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    for name, value in {"AWS_CONFIG_FILE": str(config), **nowhere, **environment}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(project)
    ended = run("get", "-v", "--id", "x", *option)
    assert f"pinpoint.{region}.amazonaws.com" in ended.err


def test_a_mistake_stops_the_command(project: Path) -> None:
    """An unknown key is exit 3 with the nearest one, and nothing is sent."""
    write(project / "pe.toml", 'app = "x"', 'regoin = "eu-west-1"')
    store = project / "store.sqlite3"
    ended = run("upsert", "--local", "--store", store, "a.json")
    assert (ended.code, ended.out) == (3, "")
    assert 'did you mean "region"?' in ended.err
    assert not store.exists()


@pytest.mark.parametrize(("table", "imported"), [("[tool.other]", False), ("[tool.pe]", True)])
def test_toml_is_imported_only_to_be_read(project: Path, table: str, imported: bool) -> None:
    """A pyproject.toml that is not about pe costs no parser."""
    write(project / "pyproject.toml", table)
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pinpoint_endpoints", "validate", "a.json"],
        capture_output=True,
        encoding="utf-8",
        cwd=project,
        check=True,
    )
    assert ("tomllib" in ended.stderr) is imported


def test_the_everyday_commands_need_no_arguments(project: Path) -> None:
    """The file sets paths, the target and the format; paths are relative to it."""
    write(
        project / "pe.toml",
        'app = "demo"', "local = true", 'store = "kept/store"', 'paths = ["sub/a.json"]',
        'output = "json"', "rate = 50", "verify = true", "all-or-nothing = true",
        "show-values = true",
    )  # fmt: skip
    os.chdir(project / "sub")
    for command, code, state in (
        ("validate", 0, "valid"),
        ("diff", 1, "new"),
        ("upsert", 0, "accepted"),
    ):
        ended = run(command)
        assert ended.code == code
        assert json.loads(ended.out)["summary"][state] == 1
    assert (project / "kept" / "store").exists()
    assert json.loads(run("get", "--id", "a").out)["Address"] == "ada@example.com"
    assert run("upsert", "--dry-run", "-o", "text").code == 0
    assert json.loads(run("stats").out)["summary"]["endpoints"] == 1
    assert json.loads(run("stats", "a.json", "a.json").out)["summary"]["endpoints"] == 1
    assert run("stats", "a.json", "--local").code == 2
    assert run("stats", "--no-local").code == 2
    assert json.loads(run("delete", "--id", "a").out)["errors"][0]["code"] == "USAGE"


@pytest.mark.parametrize("arguments", [["--endpoint-url", "http://127.0.0.1:9"], ["--no-local"]])
def test_the_command_line_leaves_the_local_pinpoint_of_the_file(
    project: Path, arguments: list[str], aws_variables: None
) -> None:
    """A target that is given replaces that of the file, with its store."""
    write(project / "pe.toml", 'app = "demo"', "local = true", 'store = "store"')
    planned = run("upsert", "--dry-run", "-v", "a.json", *arguments)
    assert planned.code == 0
    assert not (project / "store").exists()


def test_variables_can_choose_the_local_pinpoint_and_values(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PE_LOCAL and PE_SHOW_VALUES are as their options."""
    monkeypatch.setenv("PE_LOCAL", "1")
    monkeypatch.setenv("PE_LOCAL_STORE", str(project / "store"))
    assert run("upsert", "--app", "x", "a.json").code == 0
    assert "ada@example.com" not in run("get", "--app", "x", "--id", "a").out
    monkeypatch.setenv("PE_SHOW_VALUES", "1")
    assert "ada@example.com" in run("get", "--app", "x", "--id", "a").out


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('output = "sarif"', 'output has to be "table", "text" or "json"'),
        ('rate = "10"', "rate has to be a number"),
        ("show_values = true", 'did you mean "show-values"?'),
        ('local = true\nendpoint-url = "http://a"', "local and endpoint-url exclude each other"),
    ],
)
def test_mistakes_in_the_new_keys(project: Path, line: str, message: str) -> None:
    """What a key may be is in the message."""
    write(project / "pe.toml", line)
    code, _, err = run("validate", "a.json")
    assert (code, message in err) == (3, True)
