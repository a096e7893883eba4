"""The manual, README.md and the topics of `pe help`: its commands, run again.

`python tests/support/manual.py` writes what every command prints now into the pages.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
TOPICS = {path.stem: path for path in sorted((ROOT / "pinpoint_endpoints" / "help").glob("*.md"))}
PAGES = (README, *TOPICS.values())

BLOCK = re.compile(r"```console(| terminal)\n(.*?)```", re.DOTALL)
"""Whether the commands run on a terminal of 76 columns, and the block."""

FIRST = re.compile(r"&& \.venv/bin/(pe .*)\n```\n\n```text\n(.*?)```", re.DOTALL)
"""The last part of the README's first command, and the table that it prints on a terminal."""

COMMAND = re.compile(r"(?m)^\$ ((?:.*\\\n)*.*)$")
"""What follows `$ `, with the lines below it if it ends with a backslash."""

STYLE = re.compile(r"\x1b\[[0-9;]*m")
UUID = re.compile(r"[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}")
SERVER = re.compile(r"```console server\n(.*?)```", re.DOTALL)
CLIENT = re.compile(r"```console client\n(.*?)```", re.DOTALL)
SHOWN_PORT, SHOWN_HOME = 7467, "/home/ada"
EXPORTS = "export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
TIME = re.compile(r"(?m)^\d\d:\d\d:\d\d")
DURATION = re.compile(r"\d+\.\d ms")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")

_ON_TERMINAL = (sys.executable, "-c", "import pty, sys; pty.spawn(sys.argv[1:])")
_IN_TERMINAL = """stty columns 76 -onlcr; export NO_COLOR=1 TERM=xterm COLUMNS=76
{{ {command}
}} 2> ~/.stderr; cat ~/.stderr"""
"""Progress would be shown if standard error were a terminal too."""


def fenced(page: Path, language: str) -> list[str]:
    """Return the blocks of a page that are in a language.

    Args:
        page: one of `PAGES`.
        language: what follows the fence, such as `python` or `console server`.
    """
    parts = page.read_text(encoding="utf-8").split(f"```{language}\n")[1:]
    return [part.partition("```")[0] for part in parts]


def commands_of(block: str) -> list[str]:
    """Return the commands in a console block, with their continuation lines."""
    return COMMAND.findall(block)


def run_blocks(page: Path, folder: Path) -> str:
    """Run the console blocks of a page in their order, and return the page with what they print."""
    return BLOCK.sub(
        lambda found: (
            f"```console{found[1]}\n{run_block(found[2], folder, on_terminal=bool(found[1]))}```"
        ),
        page.read_text(encoding="utf-8"),
    )


def run_block(block: str, folder: Path, before: str = "", *, on_terminal: bool = False) -> str:
    """Run a block's commands in a shell, and return the block with what they print now.

    Args:
        block: of a page.
        folder: the working directory.
        before: what the shell does before each command.
        on_terminal: whether they run on a terminal of 76 columns instead of in a pipe.
    """
    shell = [*_ON_TERMINAL, "bash", "-c"] if on_terminal else ["bash", "-c"]
    lines = []
    for command in commands_of(block):
        script = _IN_TERMINAL.format(command=command) if on_terminal else before + command
        ended = subprocess.run(
            [*shell, script],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        lines.append(f"$ {command}\n{STYLE.sub('', ended.stdout)}")
    return "".join(lines)


def run_served(server: str, client: str, folder: Path) -> tuple[str, str]:
    """Run the server of one block and the commands of another, and return both with their output.

    The server gets a free port in place of the one that is shown.
    """
    environment = _environment(folder)
    (command,) = commands_of(server)
    log = folder / "served.txt"
    with (
        log.open("wb") as stderr,
        subprocess.Popen(
            ["bash", "-c", f"exec {command} --port 0"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdout is not None
        first, second = process.stdout.readline(), process.stdout.readline()
        exports = f"{first.strip()}; {second.strip()}; {EXPORTS}; "
        port = first.rpartition(":")[2].strip()
        calls = client.replace(f":{SHOWN_PORT}", f":{port}")
        answers = run_block(calls, folder, before=exports).replace(f":{port}", f":{SHOWN_PORT}")
        process.send_signal(signal.SIGINT)
        process.wait()
    printed = first + second + log.read_text(encoding="utf-8").replace(str(folder), SHOWN_HOME)
    return f"$ {command}\n{printed}".replace(f":{port}", f":{SHOWN_PORT}"), answers


def prepared(folder: Path) -> Path:
    """Put what the pages' commands need into a folder, and return it."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


def steady(text: str) -> str:
    """Return the text with its random ids and times made alike, at the same width."""
    text = UUID.sub("00000000-0000-0000-0000-000000000000", text)
    text = MOMENT.sub("2026-01-01T00:00:00.000Z", text)
    return DURATION.sub("0.0 ms", TIME.sub("00:00:00", text))


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
    } | {name: value for name, value in os.environ.items() if name.startswith("COV")}


def _rewrite(page: Path) -> None:
    """Write what a page's commands print now into the page, unless only ids and times differ."""
    old = page.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))
        text = run_blocks(page, folder)
        for command, table in FIRST.findall(text):
            printed = run_block(f"$ {command}\n", folder, on_terminal=True).partition("\n")[2]
            text = text.replace(f"```text\n{table}", f"```text\n{printed}")
        for server, client in zip(SERVER.findall(text), CLIENT.findall(text), strict=True):
            made = run_served(server, client, folder)
            text = text.replace(server, made[0]).replace(client, made[1])
    if steady(text) != steady(old):
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    for path in PAGES:
        if len(sys.argv) == 1 or path.stem in sys.argv[1:]:
            _rewrite(path)
