"""The steps of a plan in, the HTTP request of each call out: to be read, or as commands of curl."""

from typing import TextIO

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.curl import curl_command
from pinpoint_endpoints.reports.http_text import request_text
from pinpoint_endpoints.reports.plan_endpoints import left_out_lines, planned_line
from pinpoint_endpoints.reports.plan_report import PlanOptions, PlanReport, Preview
from pinpoint_endpoints.service.outcome import Outcome
from pinpoint_endpoints.service.requests import Call


class RequestPlan(PlanReport):
    """Prints the endpoints of each call, a line each, and below them its request."""

    def __init__(self, stream: TextIO, preview: Preview, options: PlanOptions) -> None:
        super().__init__()
        self._stream = stream
        self._preview = preview
        self._options = options

    def _take(self, call: Call) -> None:
        request = self._preview(call)
        if isinstance(request, Outcome):
            self.add(request)
            return
        number = self.tally.add_call(call)
        self._stream.writelines(planned_line(item, call, number) for item in call.items)
        text = request_text(request, show_values=self._options.show_values)
        self._stream.write(f"\n{text}\n\n")

    def _leave_out(self, outcome: Outcome) -> None:
        self._stream.write(left_out_lines(outcome))

    def close(self, error: PinpointEndpointsError | None, /) -> None:
        """Print what was counted."""
        if not self._options.quiet and error is None:
            self._stream.write(f"{self.tally}\n")


class CurlPlan(PlanReport):
    """Prints a command for each call, and nothing else: it can be given to a shell as it is."""

    def __init__(self, stream: TextIO, preview: Preview) -> None:
        super().__init__()
        self._stream = stream
        self._preview = preview

    def _take(self, call: Call) -> None:
        request = self._preview(call, plain_path=True)
        if isinstance(request, Outcome):
            self.add(request)
            return
        self.tally.add_call(call)
        self._stream.flush()
        self._stream.buffer.write(f"{curl_command(request)}\n".encode())

    def _leave_out(self, outcome: Outcome) -> None:
        """Write nothing: `tally` counts it."""

    def close(self, _: PinpointEndpointsError | None, /) -> None:
        """Let nothing wait in memory."""
        self._stream.buffer.flush()
