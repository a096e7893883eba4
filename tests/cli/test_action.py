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


@pytest.fixture
def runner(tmp_path: Path) -> Path:
    """Make the runner's temporary directory, with `pe` where the first step installs it."""
    (tmp_path / "temp" / "pe").mkdir(parents=True)
    (tmp_path / "temp" / "pe" / "bin").symlink_to(Path(sys.executable).parent)
    return tmp_path / "temp"


def validate(
    action: dict[str, Any], runner: Path, folder: Path, **inputs: str
) -> "subprocess.CompletedProcess[str]":
    """Run the step that validates, with its variables as the inputs make them."""
    step = action["runs"]["steps"][1]
    given = {name: described["default"] for name, described in action["inputs"].items()} | inputs
    variables = {
        name: given[text.removeprefix("${{ inputs.").removesuffix(" }}")]
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
        assert "${{" not in step["run"]


def test_the_first_step_installs_the_checkout(action: dict[str, Any], tmp_path: Path) -> None:
    """It names the checkout that the action is in."""
    step = action["runs"]["steps"][0]
    path = ACTION.parent / ".." / ".." / ".."
    assert path.resolve() == ROOT
    assert 'install --quiet "$GITHUB_ACTION_PATH/../../.."' in step["run"]


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
