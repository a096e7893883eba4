"""Find the programs that `pe` is compared with, and install those of other registries once."""

import json
import platform
import shutil
import subprocess
import sys
import sysconfig
from importlib.metadata import version
from pathlib import Path

ROOT = Path(__file__).parents[2]
DIRECTORY = ROOT / ".benchmarks"
"""Where ajv-cli and Sourcemeta's jsonschema are installed; git ignores it."""

_AJV = "ajv-cli@5.0.0"
_SOURCEMETA = "sourcemeta-jsonschema==17.3.0"  # its script is called as that of `jsonschema`


class MissingError(Exception):
    """A program to compare with is not there, and cannot be installed."""


def ajv() -> str:
    """Return the path of ajv-cli.

    Raises:
        MissingError: npm is not there, or cannot install it.
    """
    path = DIRECTORY / "node_modules" / ".bin" / "ajv"
    if not path.exists():
        npm = shutil.which("npm")
        if npm is None:
            raise MissingError("ajv-cli: npm is not installed")
        _install(npm, "install", "--silent", "--no-audit", "--no-fund", "--prefix", DIRECTORY, _AJV)
    return str(path)


def sourcemeta() -> str:
    """Return the path of Sourcemeta's jsonschema: its own program, not the script around it.

    Raises:
        MissingError: pip cannot install it, or it is not made for this machine.
    """
    machine = platform.machine().lower().replace("amd64", "x86_64").replace("aarch64", "arm64")
    name = f"jsonschema-{platform.system().lower()}-{machine}"
    path = DIRECTORY / "python" / "sourcemeta_jsonschema" / name
    if not path.parent.exists():
        # the environment of `pip --python` may have none of its own
        python = Path(sys.executable).resolve()
        _install(python, "-m", "pip", "install", "-q", "--target", path.parents[1], _SOURCEMETA)
    if not path.exists():
        raise MissingError(f"sourcemeta: {path.name} is not among its programs")
    path.chmod(0o755)
    return str(path)


def installed(name: str) -> str:
    """Return the path of a program that is installed beside this Python.

    Raises:
        MissingError: it is not.
    """
    path = shutil.which(name, path=sysconfig.get_path("scripts"))
    if path is None:
        raise MissingError(f"{name}: `pip install -e '.[dev]'`")
    return path


def versions() -> str:
    """Return the names and versions of all peers that are installed."""
    found = [f"{name} {version(name)}" for name in ("check-jsonschema", "awscli", "boto3")]
    package = DIRECTORY / "node_modules" / "ajv-cli" / "package.json"
    if package.exists():
        node = subprocess.check_output(["node", "--version"], encoding="utf-8").strip()
        found.append(f"ajv-cli {json.loads(package.read_bytes())['version']} (node {node})")
    if (DIRECTORY / "python").exists():
        found.append(_SOURCEMETA.replace("==", " "))
    return ", ".join([*found, f"orjson {version('orjson')}", f"PyYAML {version('PyYAML')}"])


def _install(*command: str | Path) -> None:
    DIRECTORY.mkdir(exist_ok=True)
    try:
        subprocess.run(command, check=True, capture_output=True, encoding="utf-8")
    except subprocess.CalledProcessError as error:
        raise MissingError(f"{command[-1]}: {error.stderr.strip()}") from error
