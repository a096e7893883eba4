"""The files that a delivery writes in, the open journal and failures out: none of them is read."""

import os
from collections.abc import Iterable, Sequence
from contextlib import ExitStack, suppress
from os.path import samestat
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Source, UnreadablePath
from pinpoint_endpoints.errors import UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.failures import Failures
    from pinpoint_endpoints.delivery.journal import Journal
    from pinpoint_endpoints.delivery.journal import Target as JournalTarget


class WrittenFiles:
    """What a run leaves behind.

    Attributes:
        journal: None if none is kept.
        failures: None if they are not kept.

    Args:
        inputs: the files that are read.
        application_id: the application.
        target: is opened if there is a journal, which belongs to it.
        journal: the journal's path, if one is kept.
        failures: the path of the file of the failures, if they are kept.
        read_only: whether nothing is sent, and so nothing is written.

    Raises:
        UsageError: a file is to be read and written, or is named for both.
        CannotRun: a file cannot be written, the journal is of another target or in use.
    """

    def __init__(
        self,
        inputs: Inputs,
        application_id: str,
        target: Target,
        journal: str | None,
        failures: str | None,
        *,
        read_only: bool = False,
    ) -> None:
        named = {"--journal": journal, "--failures": failures}
        written = {option: path for option, path in named.items() if path is not None}
        self._real_paths = {os.path.realpath(path) for path in written.values()}
        _refuse_inputs(inputs.paths, written)
        if failures is not None and not read_only:
            _refuse_to_empty(failures, inputs.find())
        if len(self._real_paths) < len(written):
            raise UsageError("--journal and --failures are one file", "give each a file of its own")
        self.journal: Journal | None = None
        self.failures: Failures | None = None
        with ExitStack() as files:
            if journal is not None:
                belongs_to = target.journal_target(application_id)
                opened = _journal(journal, belongs_to, read_only=read_only)
                self.journal = files.enter_context(opened)
            if failures is not None and not read_only:
                self.failures = files.enter_context(_failures(failures))
            self._files = files.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._files.close()

    def holds(self, path: str) -> bool:
        """Tell whether a path is one of the files: it may stand in a searched directory."""
        return bool(self._real_paths) and os.path.realpath(path) in self._real_paths


def _journal(path: str, belongs_to: "JournalTarget", *, read_only: bool) -> "Journal":
    from pinpoint_endpoints.delivery.journal import Journal

    return Journal(path, belongs_to, read_only=read_only)


def _failures(path: str) -> "Failures":
    from pinpoint_endpoints.delivery.failures import Failures

    return Failures(path)


def _refuse_inputs(inputs: Sequence[str], written: dict[str, str]) -> None:
    read = {os.path.realpath(path) for path in inputs}
    for option, path in written.items():
        if path in ("", STANDARD_INPUT):
            raise UsageError(f"{option} needs a file", "give its name")
        if os.path.realpath(path) in read:
            raise UsageError(f"{path} is to be read, and {option} writes it", "give another file")


def _refuse_to_empty(path: str, sources: Iterable[Source | UnreadablePath]) -> None:
    """Refuse a file for the failures that is a document itself, by whatever name."""
    try:
        written = Path(path).stat()
    except (OSError, ValueError):
        return
    if not written.st_size:
        return
    for source in sources:
        with suppress(OSError, ValueError):
            if samestat(Path(source.path).stat(), written):
                raise UsageError(
                    f"{source.path} is to be read, and --failures {path} would empty it",
                    "give another file, outside of what is searched, or leave it out by --exclude",
                )
