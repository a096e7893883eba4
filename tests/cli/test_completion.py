"""The completion scripts, loaded by the real shells and asked for completions with a real TAB."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from commands import RunPe, program, run
from processes import Terminal

from pinpoint_endpoints.cli.reference import Shell, enable_completion
from pinpoint_endpoints.schema.templates import CHANNELS, SEGMENT

BIN = Path(sys.executable).parent
COMPLETED = r"<<(.*?)>>"

BASH = """
PS1='READY> '
eval "$(pe completion bash)"
bind 'set bell-style none'
bind 'set enable-bracketed-paste off'
show() { printf '<<%s>>\\n' "$READLINE_LINE"; READLINE_LINE=; }
bind -x '"\\C-g": show'
"""
ZSH = """
PS1='READY> '
unsetopt beep zle_bracketed_paste 2>/dev/null; unset zle_bracketed_paste
autoload -Uz compinit; compinit -u -d .zcompdump
eval "$(pe completion zsh)"
show() { print -r -- "<<$BUFFER>>"; BUFFER=; }
zle -N show
bindkey '^G' show
"""

LINES = [
    ("pe valid", "pe validate "),
    ("pe new sm", "pe new sms "),
    ("pe explain PE210", "pe explain PE210 "),
    ("pe explain Demographic.Time", "pe explain Demographic.Timezone "),
    ("pe validate --ignore PE20", None),
    ("pe validate --stri", "pe validate --strict "),
    ("pe validate my-end", "pe validate my-endpoint.json "),
    ("pe get --app newsletter --id ada", "pe get --app newsletter --id ada-1 "),
]
"""What is typed, and what it becomes at a TAB; None if nothing can be added."""

MORE_LINES = [
    ("pe new IN", "pe new IN_APP "),
    ("pe new SMS --format ya", "pe new SMS --format yaml "),
    ("pe explain coordinate-p", "pe explain coordinate-precision "),
    ("pe validate --ignore apns-", "pe validate --ignore apns-token "),
    ("pe schema --shape EndpointBatchI", "pe schema --shape EndpointBatchItem "),
    ("pe schema --shape enve", "pe schema --shape envelope "),
    ("pe validate --output tab", "pe validate --output table "),
    ("pe completion z", "pe completion zsh "),
    ("pe stat", "pe stats "),
    ("pe upsert --app news", "pe upsert --app newsletter "),
    ("pe diff --profile wo", "pe diff --profile work "),
    ("pe upsert --store my-st", "pe upsert --store my-store.sqlite3 "),
]
"""Further ones, typed into one shell only: other shells are offered the same."""


def test_typer_has_what_completion_needs() -> None:
    """Two functions of Typer are private: this fails where a new release has moved them."""
    enable_completion()
    for shell in Shell:
        code, out, _ = run("completion", shell)
        assert code == 0
        assert "_PE_COMPLETE" in out


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a home directory with what is to be completed."""
    (tmp_path / "my-endpoint.json").write_text("{}", encoding="utf-8")
    (tmp_path / "my-store.sqlite3").write_text("", encoding="utf-8")
    (tmp_path / ".aws").mkdir()
    config = "[default]\n[profile work]\nregion = eu-west-1\n[sso-session w]\n"
    (tmp_path / ".aws" / "config").write_text(config, encoding="utf-8")
    (tmp_path / ".aws" / "credentials").write_text("[ci]\n", encoding="utf-8")
    store = tmp_path / ".local" / "share" / "pinpoint-endpoints" / "pinpoint.sqlite3"
    target = ["--local", "--store", str(store), "--app", "newsletter", "-q"]
    assert run("upsert", "-", "--id", "Ada-1", *target, given="OptOut: ALL").code == 0
    return tmp_path


def environment(folder: Path) -> dict[str, str]:
    """Return what a shell of a new user starts with, with `pe` on the path."""
    kept = {name: os.environ[name] for name in ("PYTHONPATH",) if name in os.environ}
    path = f"{BIN}:/usr/bin:/bin"
    return {"PATH": path, "HOME": str(folder), "TERM": "dumb", "LANG": "C.UTF-8", **kept}


@pytest.mark.parametrize(
    ("shell", "options", "start", "lines"),
    [
        pytest.param("bash", ["--norc"], BASH, [*LINES, *MORE_LINES], id="bash"),
        pytest.param("zsh", ["-f"], ZSH, LINES, id="zsh", marks=pytest.mark.external),
    ],
)
def test_a_tab_completes(
    folder: Path, shell: str, options: list[str], start: str, lines: list[tuple[str, str | None]]
) -> None:
    """In a shell that has loaded the script and prints its line at Ctrl-G."""
    (folder / "start").write_text(start, encoding="utf-8")
    made = {}
    with Terminal([program(shell), *options, "-i"], folder, environment(folder)) as terminal:
        terminal.press("source ./start\n")
        terminal.wait_for("READY> $")
        for typed, _ in lines:
            terminal.press(f"{typed}\t\x07")
            made[typed] = terminal.wait_for(COMPLETED)[1]
    assert made == {typed: whole or typed for typed, whole in lines}


@pytest.mark.external
def test_fish_completes(pe: RunPe, folder: Path) -> None:
    """Fish, with the script where it looks for scripts, offers the same, with explanations."""
    fish = program("fish")
    scripts = folder / ".config" / "fish" / "completions"
    scripts.mkdir(parents=True)
    (scripts / "pe.fish").write_text(pe("completion", "fish").stdout, encoding="utf-8")
    asked = "\n".join(f"echo '<<'; complete -C '{typed}'" for typed, _ in LINES)
    ended = subprocess.run(
        [fish, "-c", asked],
        capture_output=True,
        encoding="utf-8",
        cwd=folder,
        env=environment(folder),
        check=True,
    )
    made = {}
    for (typed, _), offers in zip(LINES, ended.stdout.split("<<\n")[1:], strict=True):
        words = [offer.partition("\t")[0] for offer in offers.splitlines()]
        begun = typed.rpartition(" ")[0]
        made[typed] = f"{begun} {words[0]} " if len(words) == 1 else None
    assert made == dict(LINES)
    assert "A coordinate has more than one decimal" in ended.stdout


def test_every_channel_is_offered(pe: RunPe) -> None:
    """What is offered for nothing typed yet is all that there is."""
    offered = pe(_PE_COMPLETE="complete_bash", COMP_WORDS="pe new ", COMP_CWORD="2")
    assert offered.stdout.split() == [*CHANNELS, SEGMENT]


def test_an_unknown_shell_is_a_usage_error(pe: RunPe) -> None:
    """The shells that there are, are named."""
    ended = pe("completion", "tcsh")
    assert ended.returncode == 2
    assert "'bash', 'zsh', 'fish'" in ended.stderr


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("pe stats --app", "newsletter"),
        ("pe delete --app newsletter --id", "Ada-1"),
        ("pe delete --app other --id", ""),
        ("pe get --profile", "default work ci"),
        ("pe get --store none.sqlite3 --app", ""),
        ("pe get --store my-endpoint.json --app", ""),
    ],
)
def test_what_is_stored_and_configured_is_offered(
    pe: RunPe, folder: Path, words: str, offered: str
) -> None:
    """What cannot be read offers nothing, is not made and gives no message."""
    asked = {"COMP_WORDS": f"{words} ", "COMP_CWORD": str(len(words.split()))}
    surroundings = environment(folder)
    ended = pe(cwd=folder, _PE_COMPLETE="complete_bash", **asked, HOME=surroundings["HOME"])
    assert (ended.stdout.split(), ended.stderr) == (offered.split(), "")
    assert not (folder / "none.sqlite3").exists()


def test_completion_works_with_a_broken_project_file(pe: RunPe, folder: Path) -> None:
    """A shell that asks gets its answer, and never a message."""
    (folder / "pe.toml").write_text("[", encoding="utf-8")
    asked = {"_PE_COMPLETE": "complete_bash", "COMP_WORDS": "pe new AD", "COMP_CWORD": "2"}
    ended = pe(cwd=folder, **asked)
    assert (ended.stdout, ended.stderr) == ("ADM\n", "")
