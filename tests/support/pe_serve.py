"""Options in, the installed `pe serve` in a process of its own, and its URL, out."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

PE = Path(sys.executable).parent / "pe"
LONGEST_WAIT = 60
"""Seconds, after which a test that hangs fails."""

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
        process: its standard output is a pipe whose first line was read.
        first_line: this line.
        url: where it is.
        port: of the URL.
        store: its file.
        environment: what leads AWS's own clients to it.

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
        """Return what it said to people until now."""
        return self._log.read_text(encoding="utf-8")

    def ended(self) -> int:
        """Wait until it ends, and return its exit code."""
        return self.process.wait(LONGEST_WAIT)


@contextmanager
def pe_serve(
    folder: Path, *options: object, prefix: Sequence[str] = (), **environment: str
) -> Iterator[PeServe]:
    """Start `pe serve` on a free port, and see that it ends, and that it met no fault of its own.

    Args:
        folder: where its store is, unless the options name another, and its log.
        options: more of the command line.
        prefix: a command that runs it.
        environment: more variables.
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
            process.wait(LONGEST_WAIT)
    assert "Traceback" not in log.read_text(encoding="utf-8")
