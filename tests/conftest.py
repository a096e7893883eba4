"""What all tests share: an environment without AWS, the data, and the installed command."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
from botocore.loaders import JSONFileLoader, Loader
from commands import RunPe
from hypothesis import settings

settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

ROOT = Path(__file__).parent.parent
DATA = ROOT / "tests" / "data"


@pytest.fixture(scope="session", autouse=True)
def _what_processes_inherit() -> None:
    """Let processes that tests start behave the same however the tests were started.

    `nohup … &` ignores SIGINT and SIGHUP, which processes inherit, so that none would end them.
    PYTHONWARNDEFAULTENCODING is meant for this process: the AWS CLI has such warnings of its own.
    With PYTHONDONTWRITEBYTECODE, hundreds of starts of `pe` would each compile its modules again.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)
    os.environ.pop("PYTHONWARNDEFAULTENCODING", None)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)


@pytest.fixture(scope="session", autouse=True)
def _parse_botocores_data_once() -> Iterator[None]:
    """Keep botocore's own data files in memory: every new session would parse them again."""
    load_file, kept = JSONFileLoader.load_file, dict[tuple[str, str], Any]()

    def load_once(loader: JSONFileLoader, path: str) -> Any:
        if not path.startswith(Loader.BUILTIN_DATA_PATH):
            return load_file(loader, path)
        key = type(loader).__name__, path
        if key not in kept:
            kept[key] = load_file(loader, path)
        return kept[key]

    with patch.object(JSONFileLoader, "load_file", load_once):
        yield


@pytest.fixture(autouse=True)
def _no_aws(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Give every test a home without credentials, region or store."""
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        ours = name.startswith(("AWS_", "GITHUB_", "PE_", "XDG_"))
        if ours or name in ("COLUMNS", "FORCE_COLOR"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def _nobody() -> Iterator[None]:
    """Give up root's right to read and write every file for the time of a test."""
    was = os.geteuid()
    if was == 0:
        os.seteuid(65534)
    yield
    os.seteuid(was)


@pytest.fixture
def aws_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set credentials that mean nothing, and a region."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")


@pytest.fixture
def pe() -> RunPe:
    """Return a function that runs the installed `pe` in a process of its own."""
    command = Path(sys.executable).parent / "pe"

    def run(
        *arguments: object, cwd: Path = ROOT, **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [str(command), *map(str, arguments)],
            capture_output=True,
            encoding="utf-8",
            cwd=cwd,
            env={**os.environ, **environment},
            check=False,
            stdin=subprocess.DEVNULL,
        )

    return run
