"""The GitHub Action: held against GitHub's schema, and its script run as GitHub would run it."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parent.parent.parent
ACTION = ROOT / ".github" / "actions" / "validate" / "action.yml"


@pytest.fixture
def action() -> dict[str, Any]:
    """Return the action as GitHub reads it."""
    loaded: dict[str, Any] = yaml.safe_load(ACTION.read_text(encoding="utf-8"))
    return loaded


def step_named(action: dict[str, Any], name: str) -> dict[str, Any]:
    """Return a step of the action."""
    (found,) = (step for step in action["runs"]["steps"] if step["name"] == name)
    return dict(found)


def made_runner(folder: Path, programs: str) -> Path:
    """Make the runner's temporary directory, with `pe` where the action installs it."""
    (folder / "temp" / "pe").mkdir(parents=True)
    (folder / "temp" / "pe" / programs).symlink_to(Path(sys.executable).parent)
    return folder / "temp"


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Make the temporary directory of a runner on Linux or macOS."""
    return made_runner(tmp_path, "bin")


def validate(
    action: dict[str, Any], runner: Path, folder: Path, **inputs: str
) -> "subprocess.CompletedProcess[str]":
    """Run the step that validates, with its variables as the inputs make them."""
    step = step_named(action, "Validate")
    given = {name: described["default"] for name, described in action["inputs"].items()} | inputs
    variables = {
        name: given[text.removeprefix("${{ inputs.").removesuffix(" }}")] if "$" in text else text
        for name, text in step["env"].items()
    }
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
        cwd=folder,
        env={
            **os.environ,
            **variables,
            "RUNNER_TEMP": str(runner),
            "GITHUB_ACTIONS": "true",
            "GITHUB_STEP_SUMMARY": str(runner / "summary.md"),
        },
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def test_the_action_fits_githubs_schema() -> None:
    """The schema that GitHub's own editors use accepts the action."""
    checker = Path(sys.executable).parent / "check-jsonschema"
    command = [str(checker), "--builtin-schema", "vendor.github-actions", str(ACTION)]
    ended = subprocess.run(command, capture_output=True, encoding="utf-8", check=False)
    assert ended.returncode == 0, ended.stdout


def test_no_input_is_part_of_a_script(action: dict[str, Any]) -> None:
    """Nothing is put into a script's text before the shell reads it."""
    for step in action["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


def test_the_action_installs_its_checkout_with_a_python_of_its_own(action: dict[str, Any]) -> None:
    """It needs no Python of the job, and leaves that as it is."""
    assert (ACTION.parent / ".." / ".." / "..").resolve() == ROOT
    python, install = step_named(action, "Set up Python"), step_named(action, "Install pe")
    assert python["uses"].startswith("actions/setup-python@")
    assert python["with"]["update-environment"] is False
    assert install["env"] == {"PE_PYTHON": "${{ steps.python.outputs.python-path }}"}
    assert 'install --quiet "$GITHUB_ACTION_PATH/../../.."' in install["run"]


def test_the_action_finds_the_program_on_windows(action: dict[str, Any], tmp_path: Path) -> None:
    """A virtual environment has its programs in another directory there."""
    (tmp_path / "a.json").write_text('{"OptOut": "ALL"}', encoding="utf-8")
    assert validate(action, made_runner(tmp_path, "Scripts"), tmp_path).returncode == 0


def test_the_action_annotates_and_fails(
    action: dict[str, Any], runner: Path, tmp_path: Path
) -> None:
    """A mistake fails the step, is annotated, and is in the summary and in the reports."""
    (tmp_path / "a b.json").write_text('{"OptOut": "none"}', encoding="utf-8")
    (tmp_path / "c.yaml").write_text("OptOut: NON\n", encoding="utf-8")
    report = "sarif=pe.sarif\njunit=pe.xml\n"
    ended = validate(action, runner, tmp_path, paths="a b.json\nc.yaml\n", report=report)
    assert ended.returncode == 1
    assert ended.stdout.count("::error ") == 2
    assert (tmp_path / "pe.sarif").exists()
    assert (tmp_path / "pe.xml").exists()
    assert "2 documents" in (runner / "summary.md").read_text(encoding="utf-8")


def test_the_actions_options(action: dict[str, Any], runner: Path, tmp_path: Path) -> None:
    """Strict fails on warnings, and ignored rules are left out."""
    text = '{"OptOut": "ALL", "Location": {"Country": "USA"}}'
    (tmp_path / "a.json").write_text(text, encoding="utf-8")
    assert validate(action, runner, tmp_path).returncode == 0
    assert validate(action, runner, tmp_path, strict="true").returncode == 1
    assert validate(action, runner, tmp_path, strict="true", ignore="PE206\n").returncode == 0


@pytest.mark.parametrize("hostile", ["$(touch x)", "`touch x`", "; touch x", "--fix", "'\"\\"])
def test_an_input_of_the_action_is_not_run_as_a_command(
    action: dict[str, Any], runner: Path, tmp_path: Path, hostile: str
) -> None:
    """A path is a path, whatever it looks like."""
    ended = validate(action, runner, tmp_path, paths=hostile)
    assert ended.returncode == 3
    assert not (tmp_path / "x").exists()
