"""Report stored endpoints: for people with personal data masked, or as the documents themselves."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TextIO

from pinpoint_endpoints.errors import ExitCode, Interrupted, PinpointEndpointsError
from pinpoint_endpoints.masking import dotted, is_personal, masked_apart, printable
from pinpoint_endpoints.reports.reporter import (
    DEFAULT_OPTIONS,
    Cell,
    Column,
    Reporter,
    ReportOptions,
    View,
)
from pinpoint_endpoints.reports.tally import Tally
from pinpoint_endpoints.service.endpoints import Endpoint
from pinpoint_endpoints.service.errors import Refusal


class EndpointTally(Tally[Endpoint | Refusal]):
    """Counts the endpoints that the service has, and those that it refused to return."""

    total_name = "endpoints"

    def __init__(self) -> None:
        super().__init__()
        self._refused = 0

    def add(self, answer: Endpoint | Refusal, /) -> None:
        """Count an endpoint, or a refusal."""
        self.total += 1
        if not isinstance(answer, Refusal):
            return
        self._refused += 1
        if answer.hint:
            self.hints[answer.hint] = None

    @property
    def failed(self) -> int:
        """How many endpoints the service refused to return."""
        return self._refused

    def exit_code(self, error: PinpointEndpointsError | None) -> ExitCode:
        """Return the exit code: partial if some endpoints were found and others were not."""
        if isinstance(error, Interrupted) or not self.succeeded:
            return ExitCode.REFUSED if error is None else error.exit_code
        return ExitCode.PARTIAL if self.failed or error is not None else ExitCode.OK


class EndpointView(View[Endpoint]):
    """How a stored endpoint is shown.

    Args:
        options: the options of the report.
        several: whether there may be more than one, so that each is shown with its id.
    """

    columns = (Column("Member"), Column("Value", min_width=40))

    def __init__(self, options: ReportOptions = DEFAULT_OPTIONS, *, several: bool = False) -> None:
        super().__init__(options)
        self.several = several

    def rows(self, endpoint: Endpoint) -> Iterator[Sequence[Cell]]:
        """Return a row for each member that has no members itself: its dotted name, its value."""
        show_values = self.options.show_values
        for path, value in _leaves(endpoint, ()):
            texts = [str(item) for item in value] if isinstance(value, list) else [str(value)]
            if is_personal(path) and not show_values:
                shown = masked_apart(texts)
                texts = [shown[text] for text in texts]
            yield dotted(path, show_values=show_values), ", ".join(texts)

    def text(self, endpoint: Endpoint) -> str:
        """Return a line for each member: its dotted name, a tab, its value."""
        start = (endpoint["Id"],) if self.several else ()
        return "".join(
            "\t".join(printable(str(cell)) for cell in (*start, *row)) + "\n"
            for row in self.rows(endpoint)
        )

    def own_reporter(self, output: str, stream: TextIO) -> Reporter[Endpoint] | None:
        """Return the reporter of a table each, or of the documents themselves."""
        match output:
            case "table":
                return _TableForEach(self, stream)
            case "json" | "yaml" | "ndjson":
                return _DocumentReporter(output, stream, several=self.several)
        return None


class _TableForEach:
    def __init__(self, view: EndpointView, stream: TextIO) -> None:
        self._view = view
        self._stream = stream
        self._is_separated = False

    def add(self, endpoint: Endpoint, /) -> None:
        from rich.text import Text

        from pinpoint_endpoints.reports.table import console_for, is_narrow, print_table

        console = console_for(self._stream)
        if self._is_separated:
            console.print()
        if self._view.several:
            name = Text(printable(endpoint["Id"]), style="bold")
            console.print(name, soft_wrap=True)
            self._is_separated = is_narrow(console)
        print_table(console, self._view.columns, list(self._view.rows(endpoint)))

    def close(self, _tally: Tally[Any], _error: PinpointEndpointsError | None, /) -> None:
        pass


class _DocumentReporter:
    """Writes endpoints as documents that `pe upsert` reads; several in JSON at the end, as one."""

    def __init__(self, output: str, stream: TextIO, *, several: bool) -> None:
        self._output = output
        self._stream = stream
        self._several = several
        self._endpoints: list[Endpoint] = []
        self._separator = b""

    def add(self, endpoint: Endpoint, /) -> None:
        from pinpoint_endpoints.saving import json_line, json_text, yaml_text

        match self._output:
            case "yaml":
                self._write(self._separator + yaml_text(endpoint))
                self._separator = b"---\n"
            case "ndjson":
                self._write(json_line(endpoint))
            case _ if self._several:
                self._endpoints.append(endpoint)
            case _:
                self._write(json_text(endpoint))

    def close(self, _tally: Tally[Any], _error: PinpointEndpointsError | None, /) -> None:
        from pinpoint_endpoints.saving import json_of_several

        if self._endpoints:
            self._write(json_of_several(self._endpoints))

    def _write(self, document: bytes) -> None:
        self._stream.flush()
        self._stream.buffer.write(document)


def _leaves(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not isinstance(value, Mapping):
        yield path, value
        return
    for key, member in value.items():
        yield from _leaves(member, (*path, str(key)))
