"""Report the files that a command wrote."""

from collections.abc import Iterable, Iterator
from typing import Any

from pinpoint_endpoints.convert.output import STANDARD_OUTPUT, WrittenFile
from pinpoint_endpoints.masking import counted


def file_members(file: WrittenFile) -> dict[str, Any]:
    """Return the result of the envelope for a file that was written."""
    return {"kind": "file", "path": file.path, "records": file.records, "bytes": file.size}


def file_line(file: WrittenFile) -> str:
    """Return a file that was written as a line, with its size."""
    return f"wrote {file.path}: {counted(file.records, 'record')}, {_size(file.size)}"


def file_lines(files: Iterable[WrittenFile]) -> Iterator[str]:
    """Yield a line for each file that was written, but for standard output."""
    return (file_line(file) for file in files if file.path != STANDARD_OUTPUT)


def _size(size: int) -> str:
    for power, unit in ((9, "GB"), (6, "MB"), (3, "kB")):
        if size >= 10**power:
            return f"{size / 10**power:,.1f} {unit}"
    return counted(size, "byte")
