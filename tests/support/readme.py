"""The README's console blocks and its table of rules: made again, and compared or written.

`python tests/support/readme.py` writes the true output of every command into README.md.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from pinpoint_endpoints.checks.catalogue import all_rules

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SERVER = re.compile(r"```console server\n(.*?)```", re.DOTALL)
CLIENT = re.compile(r"```console client\n(.*?)```", re.DOTALL)
SHOWN_PORT, SHOWN_HOME = 5000, "/home/ada"
EXPORTS = "export AWS_DEFAULT_REGION=us-east-1 AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local"
TIME = re.compile(r"(?m)^\d\d:\d\d:\d\d")
TOOK = re.compile(r"\d+\.\d ms")
RULES = re.compile(r"(?<=\| --- \| --- \| --- \|\n)(?:\| PE\d{3} .*\n)+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def commands_of(block: str) -> list[str]:
    """Return the commands in a console block: what follows `$ `."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def run_block(block: str, folder: Path, before: str = "") -> str:
    """Run a block's commands in a shell, and return the block with what they print now.

    Args:
        block: of the README.
        folder: where they are run.
        before: what the shell does before each command.
    """
    lines = []
    for command in commands_of(block):
        ended = subprocess.run(
            ["bash", "-c", before + command],
            cwd=folder,
            env=_environment(folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
        lines.append(f"$ {command}\n{ended.stdout}")
    return "".join(lines)


def run_served(server: str, client: str, folder: Path) -> tuple[str, str]:
    """Run the server that one block begins with and the commands of another; return both, made new.

    The server gets a free port in place of the one that is shown.
    """
    environment = _environment(folder)
    (command,) = commands_of(server)
    begun, listed = f"$ {command}\n", folder / "served.txt"
    with (
        listed.open("wb") as said,
        subprocess.Popen(
            ["bash", "-c", f"exec {command} --port 0"],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            encoding="utf-8",
        ) as process,
    ):
        assert process.stdout is not None
        first = process.stdout.readline()
        exports = f"{first.strip()}; {EXPORTS}; "
        port = first.rpartition(":")[2].strip()
        asked = client.replace(f":{SHOWN_PORT}", f":{port}")
        answers = run_block(asked, folder, before=exports).replace(f":{port}", f":{SHOWN_PORT}")
        process.send_signal(signal.SIGINT)
        process.wait()
    told = listed.read_text(encoding="utf-8").replace(str(folder), SHOWN_HOME)
    return (begun + first + told).replace(f":{port}", f":{SHOWN_PORT}"), answers


def table_of_rules() -> str:
    """Return the rows of the table of rules: code, severity, title."""
    rules = all_rules().values()
    return "".join(f"| {rule.code} | {rule.severity} | {rule.title} |\n" for rule in rules)


def prepared(folder: Path) -> Path:
    """Put what the README's commands need into a folder, and return it."""
    shutil.copytree(ROOT / "examples", folder / "examples")
    return folder


def steady(text: str) -> str:
    """Return the text with its random ids and moments made alike, at the same width."""
    text = UUID.sub("00000000-0000-0000-0000-000000000000", text)
    text = MOMENT.sub("2026-01-01T00:00:00.000Z", text)
    return TOOK.sub("0.0 ms", TIME.sub("00:00:00", text))


def _environment(folder: Path) -> dict[str, str]:
    return {
        "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin",
        "HOME": str(folder),
        "LANG": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
    } | {name: value for name, value in os.environ.items() if name.startswith("COV")}


def _write() -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = prepared(Path(name))
        text = README.read_text(encoding="utf-8")
        new = BLOCK.sub(lambda found: f"```console\n{run_block(found[1], folder)}```", text)
        new = RULES.sub(lambda _: table_of_rules(), new)
        server, client = SERVER.findall(new)[0], CLIENT.findall(new)[0]
        for old, made in zip((server, client), run_served(server, client, folder), strict=True):
            new = new.replace(old, made)
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    _write()
