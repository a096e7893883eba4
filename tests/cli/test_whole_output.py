"""Every output is written whole, or the run ends with 3, whatever takes only a part of it."""

import os
import signal
import subprocess
import sys
from fcntl import F_SETPIPE_SZ, fcntl
from pathlib import Path

import pytest

PE = Path(sys.executable).parent / "pe"
MEMBERS = '{"Id": "e%d", "ChannelType": "EMAIL", "Address": "ada@example.com", "Colour": "blue"}'
TOO_LARGE = "Error: the output cannot be written: file too large"

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="sizes of pipes are set as on Linux"
)


@pytest.fixture(params=["", "1"], ids=["buffered", "PYTHONUNBUFFERED"])
def environment(request: pytest.FixtureRequest) -> dict[str, str]:
    """Return the environment with Python's buffers and, as in most container images, without."""
    return {**os.environ, "PYTHONUNBUFFERED": request.param}


@pytest.fixture
def mistakes(tmp_path: Path) -> Path:
    """Return a file with so many mistakes that no pipe holds its report."""
    path = tmp_path / "mistakes.ndjson"
    path.write_text("\n".join(MEMBERS % number for number in range(200)), encoding="utf-8")
    return path


def on_a_small_disk(command: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run `pe` where no file can have more than 8 KB."""
    return subprocess.run(
        ["bash", "-c", f"ulimit -f 8; exec {PE} {command}"],
        stderr=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
        check=False,
    )


@pytest.mark.parametrize("output", ["json", "text"])
@pytest.mark.soak
def test_a_report_that_is_cut_short_is_no_success(
    mistakes: Path, environment: dict[str, str], output: str
) -> None:
    """A full disk ends the run with 3, on standard output and in a report's file."""
    out = mistakes.with_suffix(".out")
    for command in (
        f"validate {mistakes} --max-problems 0 -o {output} > {out}",
        f"validate {mistakes} --max-problems 0 --report {output}={out} > /dev/null",
    ):
        ended = on_a_small_disk(command, environment)
        assert (ended.returncode, ended.stderr.splitlines()[-1]) == (3, TOO_LARGE)


@pytest.mark.parametrize("blocking", [True, False], ids=["blocking", "non-blocking"])
@pytest.mark.soak
def test_a_slow_reader_gets_everything(
    mistakes: Path, environment: dict[str, str], blocking: bool
) -> None:
    """A pipe that is full, a non-blocking one too, and stops of the process lose nothing."""
    command = [str(PE), "validate", "--max-problems", "0", "-o", "text", str(mistakes)]
    whole = subprocess.run(command, capture_output=True, env=environment, check=False).stdout
    readable, writable = os.pipe()
    fcntl(writable, F_SETPIPE_SZ, 4096)
    os.set_blocking(writable, blocking)
    process = subprocess.Popen(command, stdout=writable, stderr=subprocess.DEVNULL, env=environment)
    os.close(writable)
    got = b""
    while part := os.read(readable, 1000):
        got += part
        process.send_signal(signal.SIGSTOP)
        process.send_signal(signal.SIGCONT)
    os.close(readable)
    assert process.wait() == 1
    assert len(whole) > 4096
    assert got == whole


def test_messages_that_cannot_be_written_are_lost_alone(environment: dict[str, str]) -> None:
    """With a full disk under standard error, results and exit code are what they are."""
    command = f"{PE} validate -v -o text examples/ada-email.json 2> /dev/full"
    ended = subprocess.run(
        ["bash", "-c", command],
        stdout=subprocess.PIPE,
        encoding="utf-8",
        env=environment,
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert ended.returncode == 0
