"""`pe help`: the topics of the manual, plain in a pipe and rendered on a terminal."""

import re
import shlex
from pathlib import Path

import pytest
from commands import RunPe, run
from manual import TOPICS
from typer.main import get_command

from pinpoint_endpoints.cli.app import COMMANDS, app


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


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_of_a_command_lists_each_option_once(name: str) -> None:
    """In whatever group it is, and within 80 columns."""
    page = run(name, "--help").out
    assert max(map(len, page.splitlines())) <= 80
    terms = re.findall(r"(?m)^  (-.*?)(?:  .*)?$", page)
    listed = [word for term in terms for word in re.split(r"[ ,/]+", term) if word[:1] == "-"]
    params = get_command(app).commands[name].built().params  # type: ignore[attr-defined] # Typer's
    options = [word for param in params for word in (*param.opts, *param.secondary_opts)]
    assert sorted(listed) == sorted(
        {word for word in options if word[:1] == "-"} | {"-h", "--help"}
    )


def test_the_help_is_as_wide_as_the_terminal(pe: RunPe) -> None:
    """Options are listed in groups."""
    lines = pe("upsert", "--help", COLUMNS="120").stdout.splitlines()
    assert 110 < max(map(len, lines)) <= 120
    groups = [line for line in lines if re.fullmatch(r"[A-Z]\w+:", line)]
    wanted = ["Arguments:", "Options:", "Files:", "Target:", "Checks:", "Output:", "Examples:"]
    assert groups == wanted


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "version"])
def test_the_examples_of_a_command_can_be_typed(name: str) -> None:
    """Each command has two at least, and the parser takes them."""
    examples = run(name, "--help").out.partition("\nExamples:\n")[2].splitlines()
    assert len(examples) >= 2
    group = get_command(app)
    for example in examples:
        program, command, *arguments = shlex.split(
            re.sub(r'eval "\$\((.*)\)"| > .*', r"\1", example)
        )
        assert (program, command) == ("pe", name)
        group.commands[command].make_context(command, arguments)  # type: ignore[attr-defined]
