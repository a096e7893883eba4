"""Keep the rendered results of a run until it is over, on disk if there are many."""

from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

_MAX_BYTES_IN_MEMORY = 1 << 20


class Spool:
    """Keeps results whose counts must be written before them.

    Attributes:
        count: how many results there are.
    """

    def __init__(self) -> None:
        self.count = 0
        self._file: SpooledTemporaryFile[bytes] | None = None

    def add(self, result: bytes, separator: bytes = b"") -> None:
        """Keep one result.

        Args:
            result: its bytes.
            separator: written before it, unless it is the first.
        """
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=_MAX_BYTES_IN_MEMORY)  # noqa: SIM115 - closed by `write_to`
            separator = b""
        self._file.write(separator + result)
        self.count += 1

    def write_to(self, stream: BinaryIO) -> None:
        """Write all results to a stream, and delete them here."""
        if self._file is not None:
            with self._file:
                self._file.seek(0)
                copyfileobj(self._file, stream)
