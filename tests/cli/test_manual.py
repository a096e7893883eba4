"""The manual is true: commands in README.md and `pe help` print what is shown."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml
from manual import (
    CLIENT,
    FIRST,
    PAGES,
    README,
    ROOT,
    SERVER,
    TOPICS,
    fenced,
    prepared,
    run_block,
    run_blocks,
    run_served,
    steady,
)

from pinpoint_endpoints import State
from pinpoint_endpoints.errors import ExitCode

each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
MAX_COLUMNS = 80


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a folder in which the manual's commands work."""
    return prepared(tmp_path)


@each_page
def test_the_commands_print_what_is_shown(page: Path, folder: Path) -> None:
    """Run in their order, the console blocks of a page are true but for ids and times."""
    assert steady(run_blocks(page, folder)) == steady(page.read_text(encoding="utf-8"))


def test_what_the_server_and_its_clients_print_is_true(folder: Path) -> None:
    """A server and the AWS CLI print what is shown, but for ids, times and durations."""
    text = TOPICS["local"].read_text(encoding="utf-8")
    (server,), (client,) = SERVER.findall(text), CLIENT.findall(text)
    served, answers = run_served(server, client, folder)
    assert steady(served) == steady(server)
    assert steady(answers) == steady(client)


def test_the_first_command_prints_the_table_below_it(folder: Path) -> None:
    """The command that installs `pe` ends with one that prints the table shown in the README."""
    ((command, table),) = FIRST.findall(README.read_text(encoding="utf-8"))
    printed = run_block(f"$ {command}\n", folder, on_terminal=True)
    assert steady(printed) == steady(f"$ {command}\n{table}")


def test_there_are_two_commands_to_start_with() -> None:
    """One command installs and runs the main job, one installs and runs the tests."""
    first, second = fenced(README, "sh")
    assert shlex.split(first)[-1] == "examples/ada-email.json"
    assert "pytest" in second


@each_page
def test_the_snippets_run(page: Path, folder: Path) -> None:
    """The Python code of a page runs without a warning, and what it prints says so."""
    for snippet in fenced(page, "python"):
        ended = subprocess.run(
            [sys.executable, "-W", "error", "-c", snippet],
            capture_output=True,
            encoding="utf-8",
            cwd=folder,
            env={"HOME": str(folder)},
            check=True,
        )
        assert f"{State.ACCEPTED}[202] seattle-iphone: Accepted" in ended.stdout


@each_page
def test_the_files_that_are_shown_can_be_read(page: Path) -> None:
    """The JSON, TOML and YAML of a page is complete."""
    for text in fenced(page, "json"):
        json.loads(text)
    for text in fenced(page, "toml"):
        tomllib.loads(text)
    for text in fenced(page, "yaml"):
        yaml.safe_load(text)


def test_the_table_of_exit_codes_is_complete() -> None:
    """The topic lists every exit code and no other."""
    lines = TOPICS["exit-codes"].read_text(encoding="utf-8").splitlines()
    listed = {cells[1].strip() for line in lines if len(cells := line.split("|")) > 3}
    assert {int(cell) for cell in listed if cell.isdigit()} == set(map(int, ExitCode))


def test_the_readme_quotes_the_benchmarks() -> None:
    """Its times are those of the last run."""
    results = (ROOT / "tests" / "benchmarks" / "RESULTS.md").read_text(encoding="utf-8")
    _, _, table = README.read_text(encoding="utf-8").partition("| work |")
    quotes = table.partition("\n\n")[0].splitlines()[2:]
    assert len(quotes) == 3
    assert all(f"\n{quote}" in results for quote in quotes)


@each_page
def test_every_fence_begins_a_line(page: Path) -> None:
    """No block runs on into the next."""
    fences = [line for line in page.read_text(encoding="utf-8").splitlines() if "```" in line]
    assert [line for line in fences if not line.startswith("```")] == []
    assert len(fences) % 2 == 0


@each_page
def test_links_lead_somewhere(page: Path) -> None:
    """Every linked file exists. Topics link to none: they are read outside the repository."""
    targets = [part.partition(")")[0] for part in page.read_text(encoding="utf-8").split("](")[1:]]
    files = [target for target in targets if "://" not in target]
    assert [path for path in files if page != README or not (ROOT / path).exists()] == []


@each_page
def test_what_a_page_shows_fits_a_terminal(page: Path) -> None:
    """No line of output in the README, or for people in a topic, is wider than 80 columns."""
    blocks = fenced(page, "console terminal")
    blocks += fenced(page, "console") if page == README else []
    lines = [line for block in blocks for line in block.splitlines()]
    assert [line for line in lines if len(line) > MAX_COLUMNS] == []


def test_the_workflow_runs_the_commands_of_contributors() -> None:
    """What CI runs is what CONTRIBUTING.md tells people to run."""
    workflow = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))
    commands = [step["run"] for step in workflow["jobs"]["test"]["steps"] if "run" in step]
    contributing = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert len(commands) == 4
    assert [command for command in commands if command not in contributing] == []


def test_the_modules_that_contributors_are_sent_to_exist() -> None:
    """Each path in CONTRIBUTING.md is one in the repository or in the package."""
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text)
    package = ROOT / "pinpoint_endpoints"
    assert len(named) > 20
    missing = [path for path in named if not ((ROOT / path).exists() or (package / path).exists())]
    assert missing == []
