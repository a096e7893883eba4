"""The README shows what was run: its commands are run again and their output compared."""

import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from readme import (
    BLOCK,
    CLIENT,
    README,
    ROOT,
    RULES,
    SERVER,
    commands_of,
    prepared,
    run_block,
    run_served,
    steady,
    table_of_rules,
)

from pinpoint_endpoints import State
from pinpoint_endpoints.errors import ExitCode

TEXT = README.read_text(encoding="utf-8")
BLOCKS = BLOCK.findall(TEXT)


def fenced(language: str) -> list[str]:
    """Return the blocks of a language."""
    parts = TEXT.split(f"```{language}\n")[1:]
    return [part.partition("```")[0] for part in parts]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder in which the README's commands work."""
    return prepared(tmp_path_factory.mktemp("readme"))


@pytest.fixture(scope="module")
def shown(folder: Path) -> dict[str, str]:
    """Run all blocks in their order, since the later ones read what the earlier ones made."""
    return {block: run_block(block, folder) for block in BLOCKS}


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: commands_of(block)[0][:40])
def test_a_console_block_is_true(block: str, shown: dict[str, str]) -> None:
    """The commands of a block print what the block shows, but for ids and moments."""
    assert steady(shown[block]) == steady(block)


def test_what_the_server_and_its_clients_print_is_true(folder: Path) -> None:
    """A server and the AWS CLI print what the README shows, but for ids, moments and durations."""
    (server,), (client,) = SERVER.findall(TEXT), CLIENT.findall(TEXT)
    said, answers = run_served(server, client, folder)
    assert steady(said) == steady(server)
    assert steady(answers) == steady(client)


def test_the_first_command_prints_the_table_below_it(folder: Path) -> None:
    """What the installing command ends with prints the table that the README shows."""
    first, _ = fenced("sh")
    command = first.rpartition("&& .venv/bin/")[2].strip()
    (shown,) = fenced("text")
    assert steady(run_block(f"$ {command}\n", folder)) == steady(f"$ {command}\n{shown}")


def test_there_are_two_commands_to_start_with() -> None:
    """One command installs and runs the main job, one installs and runs the tests."""
    first, second = fenced("sh")
    assert shlex.split(first)[-1] == "examples/seattle-iphone.json"
    assert "pytest" in second


def test_the_snippet_runs(folder: Path) -> None:
    """The library's five lines send Amazon's example and print what became of it."""
    (snippet,) = fenced("python")
    ended = subprocess.run(
        [sys.executable, "-W", "error", "-c", snippet],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env={"HOME": str(folder)},
        check=True,
    )
    assert f"{State.ACCEPTED}[202] seattle-iphone: Accepted" in ended.stdout


def test_the_table_of_rules_is_that_of_the_code() -> None:
    """Every rule stands in the table with its severity and its title, and no other does."""
    assert RULES.findall(TEXT) == [table_of_rules()]


def test_the_table_of_exit_codes_is_complete() -> None:
    """Every exit code stands in its table, and no other does."""
    listed = {cells[1].strip() for line in TEXT.splitlines() if len(cells := line.split("|")) > 3}
    assert {int(cell) for cell in listed if cell.isdigit()} == set(map(int, ExitCode))


def test_every_fence_stands_alone() -> None:
    """What opens or ends a block begins a line: anything else would run on to the next one."""
    fences = [line for line in TEXT.splitlines() if "```" in line]
    assert [line for line in fences if not line.startswith("```")] == []
    assert len(fences) % 2 == 0


def test_links_lead_somewhere() -> None:
    """Every file that the README links to is there."""
    targets = [part.partition(")")[0] for part in TEXT.split("](")[1:]]
    assert [path for path in targets if "://" not in path and not (ROOT / path).exists()] == []
