"""Endpoints in, a file each in a directory out, from which the same endpoints are read."""

import os
from collections.abc import Mapping
from contextlib import suppress
from itertools import islice
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from pinpoint_endpoints.documents.discovery import Source, discover, format_of
from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key
from pinpoint_endpoints.documents.load import load
from pinpoint_endpoints.errors import CannotRun, reason_of
from pinpoint_endpoints.saving.names import names_for, same_file_key
from pinpoint_endpoints.saving.texts import json_text, yaml_text

_WRITERS = {".json": json_text, ".yaml": yaml_text}
_SUFFIXES = (".json", ".yaml", ".yml", ".ndjson", ".jsonl")


class Folder:
    """A directory that keeps one endpoint a file.

    Attributes:
        saved: the files that were written, each once, in order.

    Args:
        path: is made if it is not there.
        suffix: `.json` or `.yaml`.

    Raises:
        CannotRun: there is no such directory, and none can be made.
    """

    def __init__(self, path: Path, suffix: str = ".json") -> None:
        self.saved: dict[Path, None] = {}
        self._path = path
        self._suffix = suffix
        self._write = _WRITERS[suffix]
        self._names: dict[str, list[str]] = {}
        try:
            path.mkdir(parents=True, exist_ok=True)
            for there in path.iterdir():
                self._know(there.name)
        except FileExistsError:
            raise CannotRun(f"{path} is no directory", "give another directory") from None
        except OSError as error:
            raise _cannot_be_written(path, error) from None

    def save(self, endpoint: Mapping[str, Any]) -> Path:
        """Write an endpoint's file, and return its path; it is on the disk then.

        The file of the same endpoint is replaced at once or not at all; no other file ever is. The
        file is for its owner only: it holds addresses.

        Raises:
            CannotRun: it cannot be written, or a file in another language holds this endpoint.
        """
        path = self._path / self._name_for(endpoint["Id"])
        try:
            _replace(path, self._write(endpoint))
        except OSError as error:
            raise _cannot_be_written(path, error) from None
        self._know(path.name)
        self.saved[path] = None
        return path

    def flush(self) -> None:
        """See to it that the directory names the files also after a power failure."""
        if os.name == "posix":
            with suppress(OSError):  # some file systems have no need of it, and no such operation
                descriptor = os.open(self._path, os.O_RDONLY)
                try:
                    os.fsync(descriptor)
                finally:
                    os.close(descriptor)

    def left_out(self) -> int:
        """Return how many of the saved files a search of the directory does not find.

        It lies in a git repository then, whose .gitignore files say so.
        """
        sources = discover([str(self._path)])
        found = {Path(source.path) for source in sources if isinstance(source, Source)}
        return len(self.saved.keys() - found)

    def _know(self, name: str) -> None:
        names = self._names.setdefault(same_file_key(name), [])
        if name not in names:
            names.append(name)

    def _name_for(self, endpoint_id: str) -> str:
        names = list(names_for(endpoint_id))
        for name in names:
            for suffix in _SUFFIXES:
                for there in self._names.get(same_file_key(name + suffix), ()):
                    if _holds(self._path / there, endpoint_id):
                        return self._replaceable(there)
        for name in names:
            whole = name + self._suffix
            if same_file_key(whole) not in self._names and not os.path.lexists(self._path / whole):
                return whole
        raise CannotRun(
            f"{self._path / (names[0] + self._suffix)} holds another endpoint",
            "save into another directory",
        )

    def _replaceable(self, name: str) -> str:
        if format_of(name) is not format_of(self._suffix):
            raise CannotRun(
                f"{self._path / name} holds this endpoint already, and not as {self._suffix[1:]}",
                "save into another directory, or remove it",
            )
        return name


def _holds(path: Path, endpoint_id: str) -> bool:
    """Tell whether a file holds this endpoint, and no other."""
    if not path.is_file():
        return False
    documents = list(islice(load(path), 2))
    if len(documents) != 1 or documents[0].endpoint_id is None:
        return False
    return same_endpoint_key(documents[0].endpoint_id) == same_endpoint_key(endpoint_id)


def _replace(path: Path, content: bytes) -> None:
    file = NamedTemporaryFile(dir=path.parent, prefix=".", delete=False)  # noqa: SIM115 - it is renamed
    try:
        with file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(path)
    except BaseException:
        Path(file.name).unlink(missing_ok=True)
        raise


def _cannot_be_written(path: Path, error: OSError) -> CannotRun:
    return CannotRun(f"{path} cannot be written: {reason_of(error)}", "give another directory")
