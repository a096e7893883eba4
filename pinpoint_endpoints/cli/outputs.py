"""The files that an upsert or a migration writes beside its results."""

import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack, suppress
from os.path import samestat
from pathlib import Path
from typing import TYPE_CHECKING, Self

from pinpoint_endpoints.cli.inputs import Inputs
from pinpoint_endpoints.cli.target import Target
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Source, UnreadablePath
from pinpoint_endpoints.errors import UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.delivery.journal import Journal, JournalTarget
    from pinpoint_endpoints.delivery.log import FailureFile
    from pinpoint_endpoints.service.requests import Item


class OutputFiles:
    """The files that an upsert writes beside its results, open until the end of the run.

    Attributes:
        journal: None without `--journal`.
        failures: None without `--failures`.
        real_paths: the real paths of the files, which a searched directory may contain.

    Args:
        inputs: the files that are read.
        application_id: the application.
        target: where the endpoints are sent; a journal belongs to one target.
        journal: the path that `--journal` gives.
        failures: the path that `--failures` gives.
        read_only: whether nothing is sent, and so nothing is written.
        line_of: returns the line of the failures file for an item; else it is that of an endpoint.
        keeps_latest: whether the journal is one of few entries, which are kept.

    Raises:
        UsageError: a file is an input too, or is given for both options.
        CannotRun: a file cannot be written; the journal is in use, or of another target.
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
        line_of: "Callable[[Item], bytes] | None" = None,
        keeps_latest: bool = False,
    ) -> None:
        named = {"--journal": journal, "--failures": failures}
        written = {option: path for option, path in named.items() if path is not None}
        self.real_paths = frozenset(map(os.path.realpath, written.values()))
        _refuse_inputs(inputs.paths, written)
        if failures is not None and not read_only:
            _refuse_to_empty(failures, inputs.find_here())
        if len(self.real_paths) < len(written):
            raise UsageError("--journal and --failures name the same file", "give each its own")
        self.journal: Journal | None = None
        self.failures: FailureFile | None = None
        with ExitStack() as files:
            if journal is not None:
                belongs_to = target.journal_target(application_id, read_only=read_only)
                opened = _journal(
                    journal, belongs_to, read_only=read_only, keeps_latest=keeps_latest
                )
                self.journal = files.enter_context(opened)
            if failures is not None and not read_only:
                self.failures = files.enter_context(_failures(failures, line_of))
            self._files = files.pop_all()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the files in this process; a process that has inherited them keeps the lock."""
        self._files.close()


def _journal(
    path: str, belongs_to: "JournalTarget", *, read_only: bool, keeps_latest: bool
) -> "Journal":
    from pinpoint_endpoints.delivery.journal import Journal

    return Journal(path, belongs_to, read_only=read_only, keeps_latest=keeps_latest)


def _failures(path: str, line_of: "Callable[[Item], bytes] | None") -> "FailureFile":
    from pinpoint_endpoints.delivery.log import FailureFile

    return FailureFile(path) if line_of is None else FailureFile(path, line_of)


def _refuse_inputs(inputs: Sequence[str], written: dict[str, str]) -> None:
    read = {os.path.realpath(path) for path in inputs}
    for option, path in written.items():
        if path == STANDARD_INPUT:
            raise UsageError(f"{option} needs a file", "give its name")
        if os.path.realpath(path) in read:
            raise UsageError(
                f"{path} is an input: {option} would overwrite it", "give another file"
            )


def _refuse_to_empty(path: str, sources: Iterable[Source | UnreadablePath]) -> None:
    """Refuse a file for the failures that is an input under another name."""
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
                    f"{source.path} is an input: --failures {path} would empty it",
                    "name a file outside the searched directories, or skip it with --exclude",
                )
