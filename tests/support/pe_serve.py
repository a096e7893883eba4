"""The installed `pe serve` in a process of its own."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

PE = Path(sys.executable).parent / "pe"
MAX_WAIT_SECONDS = 60
"""A test that hangs fails after this time."""

REGION_AND_CREDENTIALS = {
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
}
STORE, LOG = "pinpoint.sqlite3", "serve.log"
FIRST_LINE = re.compile(r"export AWS_ENDPOINT_URL_PINPOINT=(http://\S+:[0-9]+)\n")


class PeServe:
    """A server that runs.

    Attributes:
        process: the first line of its standard output has been read.
        first_line: that line.
        url: the server's URL.
        port: the port in the URL.
        store: the file of the store.
        environment: variables that lead AWS's clients to it.

    Args:
        process: that was started.
        folder: where its store is, and its log.
    """

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process = process
        self.store = folder / STORE
        self._log = folder / LOG
        assert process.stdout is not None
        self.first_line = process.stdout.readline()
        found = FIRST_LINE.fullmatch(self.first_line)
        assert found, self.log()
        self.url = found[1]
        self.port = int(urlsplit(self.url).port or 0)
        self.environment = {
            **os.environ, **REGION_AND_CREDENTIALS, "AWS_ENDPOINT_URL_PINPOINT": self.url
        }  # fmt: skip

    def log(self) -> str:
        """Return what it has written to standard error so far."""
        return self._log.read_text(encoding="utf-8")

    def ended(self) -> int:
        """Wait until it ends, and return its exit code."""
        return self.process.wait(MAX_WAIT_SECONDS)


@contextmanager
def pe_serve(
    folder: Path, *options: object, prefix: Sequence[str] = (), **environment: str
) -> Iterator[PeServe]:
    """Run `pe serve` on a free port until the block ends; a traceback in its log is an error.

    Args:
        folder: for its log, and for its store unless the options name another one.
        options: further options.
        prefix: a command that runs it.
        environment: further variables.
    """
    log = folder / LOG
    command = [*prefix, PE, "serve", "--port", "0", "--store", folder / STORE, *options]
    with (
        log.open("w", encoding="utf-8") as stderr,
        subprocess.Popen(
            list(map(str, command)),
            stdout=subprocess.PIPE,
            stderr=stderr,
            encoding="utf-8",
            env={**os.environ, **environment},
        ) as process,
    ):
        try:
            yield PeServe(process, folder)
        finally:
            process.terminate()
            process.wait(MAX_WAIT_SECONDS)
    assert "Traceback" not in log.read_text(encoding="utf-8")
