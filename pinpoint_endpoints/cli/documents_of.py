"""The paths of a command line in, the documents that a command sends or compares out."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from pinpoint_endpoints.documents.discovery import DEFAULT, Selection, discover
from pinpoint_endpoints.documents.load import Meter, read
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.documents.streams import Spooled
from pinpoint_endpoints.errors import CannotRun, UsageError
from pinpoint_endpoints.masking import printable


def documents_of(
    paths: Sequence[str],
    spooled: Mapping[str, Spooled],
    selection: Selection = DEFAULT,
    *,
    endpoint_id: str | None = None,
    meter: Meter | None = None,
    leave_out: Callable[[str], bool] = lambda _: False,
) -> Iterator[Document]:
    """Yield the documents that the paths name, one after the other.

    Args:
        paths: as they were given.
        spooled: from `spooled_inputs`.
        selection: which files of a searched directory are read.
        endpoint_id: what `--id` says, which only one document can have.
        meter: is told how many bytes were read.
        leave_out: tells of a path whether it is not read after all.

    Raises:
        CannotRun: there is no document.
        UsageError: there are several, and one id.
    """
    sources = (source for source in discover(paths, selection) if not leave_out(source.path))
    documents = chain.from_iterable(read(source, spooled, meter) for source in sources)
    first = next(documents, None)
    if first is None:
        raise CannotRun(
            f"there is no endpoint in {', '.join(map(printable, paths))}",
            "name a file, or a directory that holds .json, .yaml, .yml, .ndjson or .jsonl files",
        )
    second = next(documents, None)
    if second is not None and endpoint_id is not None:
        raise UsageError(
            "--id names one endpoint, and there are several",
            "leave --id out: each takes the id that stands in it, else its file's name",
        )
    yield first
    if second is not None:
        yield second
    yield from documents
