"""A command line that failed early in, the JSON envelope that it asked for out."""

import re
import sys
from collections.abc import Collection, Sequence
from itertools import takewhile

from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.charts import StatsTally
from pinpoint_endpoints.reports.deletions import DeletionTally
from pinpoint_endpoints.reports.differences import DifferenceTally
from pinpoint_endpoints.reports.envelope import Envelope
from pinpoint_endpoints.reports.outcomes import OutcomeTally
from pinpoint_endpoints.reports.problems import ProblemTally

_OUTPUT = re.compile(r"(?:--output=|-[qv]*o)(?P<attached>.+)|--output|-[qv]*o")


def write_envelope(
    arguments: Sequence[str], commands: Collection[str], error: PinpointEndpointsError
) -> None:
    """Write the envelope with the error, if the command line asks for JSON.

    `pe get` and `pe explain` have none: their JSON is what they were asked for.
    """
    if _output_in(arguments) != "json":
        return
    command = next((word for word in arguments if word in commands), "pe")
    nothing = {
        "validate": ProblemTally().members(),
        "upsert": OutcomeTally().members(),
        "diff": DifferenceTally().members(),
        "delete": DeletionTally().members(),
        "stats": StatsTally().members(),
        "rules": {"rules": 0},
        "pe": {},
    }
    if command in nothing:
        Envelope(command, sys.stdout).close(nothing[command], error=error)


def _output_in(arguments: Sequence[str]) -> str:
    """Return the output that a command line asks for, also one that cannot be read to its end."""
    asked = ""
    words = takewhile(lambda word: word != "--", arguments)
    for word in words:
        found = _OUTPUT.fullmatch(word)
        if found:
            asked = found["attached"] or next(words, "")
    return asked
