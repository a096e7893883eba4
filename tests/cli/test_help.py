"""`pe help`: the topics of the manual, plain in a pipe and rendered on a terminal."""

import re
from pathlib import Path

import pytest
from commands import RunPe, run
from manual import TOPICS


def test_the_topics_are_listed_with_their_titles() -> None:
    """Each topic has a line with its name and the title of its file."""
    code, out, _ = run("help")
    listed = dict(re.findall(r"(?m)^  (\S+) +(.+)$", out))
    titles = {
        page.stem: page.read_text(encoding="utf-8").partition("\n")[0] for page in TOPICS.values()
    }
    assert code == 0
    assert {name: f"# {title}" for name, title in listed.items()} == titles


@pytest.mark.parametrize("page", TOPICS.values(), ids=TOPICS)
def test_a_topic_in_a_pipe_is_its_file(page: Path) -> None:
    """The text is Markdown, and its name is taken in any case."""
    assert run("help", page.stem.upper()) == (0, page.read_text(encoding="utf-8"), "")


def test_a_terminal_gets_styles(pe: RunPe) -> None:
    """The title is a heading, and no line is wider than the terminal."""
    ended = pe("help", "exit-codes", FORCE_COLOR="1", COLUMNS="72")
    lines = re.sub(r"\x1b\[[0-9;]*m", "", ended.stdout).splitlines()
    assert "\x1b[1" in ended.stdout
    assert not any(line.startswith("#") for line in lines)
    assert max(map(len, lines)) == 72


def test_a_command_is_a_topic_too() -> None:
    """`pe help COMMAND` prints what `pe COMMAND --help` prints."""
    assert run("help", "upsert") == run("upsert", "--help")


@pytest.mark.parametrize(
    ("typed", "hint"),
    [
        ("delivry", 'did you mean "delivery"?'),
        ("exit_codes", 'did you mean "exit-codes"?'),
        ("something else", "`pe help` lists the topics"),
    ],
)
def test_an_unknown_topic_is_a_usage_error(typed: str, hint: str) -> None:
    """The message suggests the nearest topic."""
    code, out, err = run("help", typed)
    assert (code, out) == (2, "")
    assert f'there is no topic "{typed}"' in err
    assert hint in err


def test_topics_complete(pe: RunPe) -> None:
    """A shell completes the name of a topic."""
    completed = pe(_PE_COMPLETE="complete_bash", COMP_WORDS="pe help exit", COMP_CWORD="2")
    assert completed.stdout.split() == ["exit-codes"]


def test_the_program_says_where_help_is() -> None:
    """`pe --help` names the command."""
    assert "`pe help`" in run("--help")[1]
