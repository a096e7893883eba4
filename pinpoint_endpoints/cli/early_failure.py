"""A command line that failed early in, the JSON envelope that it asked for out."""

import re
from collections.abc import Collection, Sequence
from dataclasses import asdict
from itertools import takewhile

from pinpoint_endpoints.cli.terminal import write_bytes
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.reports.audience import AudienceTally
from pinpoint_endpoints.reports.deletions import deletion_counts
from pinpoint_endpoints.reports.differences import DifferenceTally
from pinpoint_endpoints.reports.envelope import envelope
from pinpoint_endpoints.reports.outcomes import OutcomeTally
from pinpoint_endpoints.reports.problems import Tally

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
        "validate": asdict(Tally()),
        "upsert": OutcomeTally().members(),
        "diff": DifferenceTally().members(),
        "delete": deletion_counts(()),
        "stats": asdict(AudienceTally()),
        "rules": {"rules": 0},
        "pe": {},
    }
    if command in nothing:
        write_bytes(envelope(command, nothing[command], [], succeeded=0, failed=0, error=error))


def _output_in(arguments: Sequence[str]) -> str:
    """Return the output that a command line asks for, also one that cannot be read to its end."""
    asked = ""
    words = takewhile(lambda word: word != "--", arguments)
    for word in words:
        found = _OUTPUT.fullmatch(word)
        if found:
            asked = found["attached"] or next(words, "")
    return asked
