"""Rendered results in, the same bytes out when the run is over; many of them wait on disk."""

from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import BinaryIO

_IN_MEMORY = 1 << 20


class Spool:
    """Keeps what stands behind a head that only the end of a run knows.

    Attributes:
        count: how many results it holds.
    """

    def __init__(self) -> None:
        self.count = 0
        self._file: SpooledTemporaryFile[bytes] | None = None

    def add(self, result: bytes, separator: bytes = b"") -> None:
        """Keep one result, with the separator before all but the first."""
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - closed by `pour`
            separator = b""
        self._file.write(separator + result)
        self.count += 1

    def pour(self, stream: BinaryIO) -> None:
        """Write everything to a stream, and give the room back."""
        if self._file is not None:
            with self._file:
                self._file.seek(0)
                copyfileobj(self._file, stream)
