"""The installed `pe` as a process: what it imports, what it needs, and how it ends."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import RunPe, run

from pinpoint_endpoints.cli.app import COMMANDS, Command

ROOT = Path(__file__).parent.parent.parent
SEATTLE = "examples/seattle-iphone.json"
ADA = "examples/ada-email.json"
PE = Path(sys.executable).parent / "pe"


def imported_by(*arguments: str) -> set[str]:
    """Return the modules that a command imports: our own, and of others the top-level ones."""
    ended = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "pinpoint_endpoints", *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=True,
    )
    modules = (line.rpartition("|")[2].strip() for line in ended.stderr.splitlines())
    return {
        module if module.startswith("pinpoint_endpoints") else module.partition(".")[0]
        for module in modules
    }


def test_validating_json_imports_only_what_it_needs() -> None:
    """A valid JSON file is checked without boto3, yaml, rich or moto, and without a validator."""
    imported = imported_by("validate", ADA)
    assert not imported & {"boto3", "botocore", "yaml", "moto", "rich", "sqlite3"}
    assert not imported & {"jsonschema", "jsonschema_rs"}
    assert {"orjson", "typer"} <= imported
    rules = {module for module in imported if module.startswith("pinpoint_endpoints.checks.rules.")}
    assert {module.rpartition(".")[2] for module in rules} <= {"iso_codes", "cross_file_rules"}


def test_validating_yaml_imports_no_client() -> None:
    """A YAML file needs yaml, and neither boto3 nor moto."""
    imported = imported_by("validate", "examples/berlin-pixel.yaml")
    assert "yaml" in imported
    assert not imported & {"boto3", "botocore", "moto", "jsonschema"}


def test_the_local_pinpoint_imports_no_moto(tmp_path: Path) -> None:
    """Moto is a tool for tests; boto3 imports the transfers of S3, and botocore makes clients."""
    store = str(tmp_path / "store")
    imported = imported_by("upsert", "--local", "--store", store, "--app", "a", ADA)
    assert "botocore" in imported
    assert not imported & {"boto3", "s3transfer", "moto", "yaml", "jsonschema"}


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_lists_what_a_command_says_of_itself(name: str) -> None:
    """A list of commands imports none: their summaries are the first sentences of their help."""
    _, summary = COMMANDS[name]
    assert Command(name, help=summary).built().get_short_help_str(200) == summary


def test_a_list_of_commands_imports_none() -> None:
    """`pe --help` imports no command, nor what commands are made of."""
    assert not imported_by("--help") & {"orjson", "rich", "json"}


def test_the_version_imports_no_command_line() -> None:
    """`pe --version` is answered before there is a command line."""
    assert not imported_by("--version") & {"typer", "inspect", "pathlib"}


def test_the_main_job_without_an_account(pe: RunPe, tmp_path: Path) -> None:
    """No credentials, no region, no network: upserted in one process, read back in another."""
    store = str(tmp_path / "folder" / "store.sqlite3")
    told = f"pe validate {SEATTLE}"
    sent = pe("upsert", "--local", "--app", "demo", "--id", "x", SEATTLE, PE_LOCAL_STORE=store)
    assert (sent.returncode, sent.stderr) == (0, f"3 warnings; run `{told}` for details\n")
    read = pe("get", "--local", "--app", "demo", "--id", "X", "-o", "json", PE_LOCAL_STORE=store)
    assert json.loads(read.stdout)["Location"]["Latitude"] == 47.6


def test_the_local_pinpoint_opens_no_socket(tmp_path: Path) -> None:
    """With sockets refused by the interpreter, the local Pinpoint works."""
    program = (
        "import sys\n"
        "def refuse(event, arguments):\n"
        "    if event.startswith('socket.'): raise RuntimeError(event)\n"
        "sys.addaudithook(refuse)\n"
        "from pinpoint_endpoints.cli import main\n"
        "main()\n"
    )
    arguments = ["upsert", "--local", "--store", str(tmp_path / "store"), "--app", "a", ADA]
    ended = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


@pytest.mark.parametrize(
    "environment",
    [
        {"AWS_PROFILE": "nobody"},
        {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_USE_FIPS_ENDPOINT": "true"},
        {"AWS_MAX_ATTEMPTS": "many", "AWS_RETRY_MODE": "nonsense"},
        {"AWS_CA_BUNDLE": "/nowhere", "AWS_CONFIG_FILE": "/dev/null/nowhere"},
    ],
)
def test_the_local_pinpoint_does_not_mind_the_environment(
    pe: RunPe, tmp_path: Path, environment: dict[str, str]
) -> None:
    """No variable made for AWS changes or breaks the local Pinpoint."""
    store = str(tmp_path / "store")
    ended = pe("upsert", "--local", "--app", "demo", ADA, PE_LOCAL_STORE=store, **environment)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_local_pinpoint_does_not_mind_aws_files(pe: RunPe, tmp_path: Path) -> None:
    """A broken ~/.aws/config is no matter to who needs no account."""
    (tmp_path / ".aws").mkdir()
    (tmp_path / ".aws" / "config").write_text("[default", encoding="utf-8")
    ended = pe("upsert", "--local", "--app", "demo", ADA, HOME=str(tmp_path))
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_store_is_in_the_users_data_directory(pe: RunPe, tmp_path: Path) -> None:
    """Unless PE_LOCAL_STORE says otherwise, and only the owner can read it."""
    ended = pe("upsert", "--local", "--app", "demo", ADA, XDG_DATA_HOME=str(tmp_path))
    assert ended.returncode == 0
    (store,) = tmp_path.glob("pinpoint-endpoints/pinpoint.sqlite3")
    assert store.stat().st_mode & 0o077 == 0


def test_a_store_that_is_none_is_named(pe: RunPe, tmp_path: Path) -> None:
    """A file that is no database is reported in words and left as it is."""
    store = tmp_path / "store"
    store.write_text("my only copy", encoding="utf-8")
    ended = pe("upsert", "--local", "--app", "demo", ADA, PE_LOCAL_STORE=str(store))
    assert ended.returncode == 3
    assert str(store) in ended.stderr
    assert "Traceback" not in ended.stderr
    assert store.read_text(encoding="utf-8") == "my only copy"


def test_the_version(pe: RunPe) -> None:
    """--version names the program and its version."""
    assert pe("--version").stdout.startswith("pe 0.")


def test_every_command_has_help() -> None:
    """--help lists the options, without control characters where there is no terminal."""
    for command in ([], *([name] for name in COMMANDS)):
        code, out, err = run(*command, "--help")
        assert (code, err) == (0, "")
        assert " ".join(["pe", *command]) in out or command == []
        assert "--help" in out
        assert "\x1b" not in out


@pytest.mark.parametrize("arguments", [["--help"], ["explain", "PE203"], ["validate", ADA]])
def test_python_without_docstrings_is_refused(pe: RunPe, arguments: list[str]) -> None:
    """Rule pages and parts of the help are docstrings: there is an error, and no empty page."""
    ended = pe(*arguments, PYTHONOPTIMIZE="2")
    assert (ended.returncode, ended.stdout) == (3, "")
    assert "PYTHONOPTIMIZE" in ended.stderr


def test_an_unknown_option_is_2() -> None:
    """A wrong command line is an error in words, and an envelope where JSON is asked for."""
    code, out, err = run("validate", "--strickt", "-o", "json", SEATTLE)
    assert code == 2
    assert "No such option" in err
    assert json.loads(out)["errors"][0]["code"] == "USAGE"


def test_output_that_cannot_be_encoded_is_escaped(pe: RunPe, tmp_path: Path) -> None:
    """A terminal without UTF-8 gets escapes, not a traceback."""
    (tmp_path / "é.json").write_text('{"日本": 1}', encoding="utf-8")
    for output in ("table", "text"):
        ended = pe("validate", "-o", output, tmp_path, PYTHONIOENCODING="ascii")
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr


def test_json_is_utf_8_whatever_the_terminal(pe: RunPe, tmp_path: Path) -> None:
    """JSON is UTF-8 by its own rule, so that a parser can always read it."""
    (tmp_path / "é.json").write_text('{"日本": 1}', encoding="utf-8")
    ended = pe("validate", "-o", "json", tmp_path, PYTHONIOENCODING="ascii")
    assert json.loads(ended.stdout)["results"][0]["pointer"] == "/日本"


@pytest.mark.parametrize("command", ["validate", "upsert"])
def test_a_name_that_is_not_text_is_reported(pe: RunPe, tmp_path: Path, command: str) -> None:
    """A file name that is not UTF-8 comes out escaped in every format, and is no endpoint id."""
    path = os.path.join(os.fsencode(tmp_path), b"a\xff.json")  # noqa: PTH118 - bytes
    with open(path, "wb") as file:  # noqa: PTH123 - bytes
        file.write(b"{" if command == "validate" else b'{"OptOut": "ALL"}')
    target = [] if command == "validate" else ["--local", "--app", "demo"]
    for output in ("table", "text", "json"):
        ended = pe(command, *target, "-o", output, os.fsdecode(path))
        assert ended.returncode == 1
        assert "Traceback" not in ended.stderr
        if output == "json":
            assert json.loads(ended.stdout)["status"] == "error"


@pytest.mark.parametrize("arguments", [f"validate -o text {SEATTLE}.none", "rules", "--help"])
def test_a_closed_pipe_ends_in_silence(arguments: str) -> None:
    """The reader has read enough, so there is no message, but exit code 3 for missing results."""
    command = f"{PE} {arguments} | true; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", command], capture_output=True, encoding="utf-8", cwd=ROOT, check=False
    )
    assert (ended.returncode, ended.stderr) == (3, "")


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (f"validate {SEATTLE} >&-", "bad file descriptor"),
        (f"validate -o json {SEATTLE} >&-", "bad file descriptor"),
        (f"upsert --local --app demo --dry-run {SEATTLE} >&-", "bad file descriptor"),
        ("schema >&-", "bad file descriptor"),
        ("--version >&-", "bad file descriptor"),
        (f"validate {SEATTLE} > /dev/full", "no space left on device"),
    ],
)
def test_a_result_that_cannot_be_written_is_an_error(arguments: str, reason: str) -> None:
    """Standard output may be closed, or its disk full."""
    ended = subprocess.run(
        ["bash", "-c", f"{PE} {arguments}"],
        capture_output=True,
        encoding="utf-8",
        cwd=ROOT,
        check=False,
    )
    assert ended.returncode == 3
    assert ended.stderr.endswith(f"Error: the output cannot be written: {reason}\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs_are_survived(closed: str) -> None:
    """With standard output or standard error closed, and nothing to print, the exit code tells."""
    command = f"{PE} validate -q tests/data/valid/anchors.yaml {closed}"
    ended = subprocess.run(["bash", "-c", command], cwd=ROOT, check=False)
    assert ended.returncode == 0


def test_colours_follow_the_variables(pe: RunPe) -> None:
    """FORCE_COLOR colours a pipe, NO_COLOR wins, and nothing is coloured unasked."""
    mistakes = "examples/with-mistakes"
    assert "\x1b[" not in pe("validate", mistakes).stdout
    assert "\x1b[" in pe("validate", mistakes, FORCE_COLOR="1").stdout
    assert "\x1b[31m" not in pe("validate", mistakes, FORCE_COLOR="1", NO_COLOR="1").stdout
