"""The README's console blocks and its table of rules: made again, and compared or written.

`python tests/support/readme.py` writes the true output of every command into README.md.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pinpoint_endpoints.checks.catalogue import all_rules

ROOT = Path(__file__).parent.parent.parent
README = ROOT / "README.md"
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
RULES = re.compile(r"(?<=\| --- \| --- \| --- \|\n)(?:\| PE\d{3} .*\n)+")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def commands_of(block: str) -> list[str]:
    """Return the commands in a console block: what follows `$ `."""
    return [line.removeprefix("$ ") for line in block.splitlines() if line.startswith("$ ")]


def run_block(block: str, folder: Path) -> str:
    """Run a block's commands in a shell, and return the block with what they print now."""
    lines = []
    for command in commands_of(block):
        ended = subprocess.run(
            ["bash", "-c", command],
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
    return MOMENT.sub("2026-01-01T00:00:00.000Z", text)


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
    README.write_text(new, encoding="utf-8")


if __name__ == "__main__":
    _write()
