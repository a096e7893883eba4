"""`python -m pinpoint_endpoints.local.piped FILE`: the process that answers.

It reads requests from standard input, answers them on standard output, and ends with the input.
"""

import gc
import os
import sys
from contextlib import suppress
from pathlib import Path

from pinpoint_endpoints.local.piped.answering import answer_all
from pinpoint_endpoints.local.piped.frames import BEGIN

NEW_OBJECTS = 50_000
"""Between two looks for garbage: after Python's own 700 they are a twentieth of the work."""


def complain(complaint: str) -> None:
    """Tell whoever started this of a fault of this program."""
    sys.stderr.write(complaint)


gc.set_threshold(NEW_OBJECTS)
answers = os.fdopen(os.dup(1), "wb")
os.dup2(2, 1)  # what else is printed is no answer
with suppress(BrokenPipeError):  # whoever asked is gone
    answers.write(BEGIN)
    answer_all(Path(sys.argv[1]), sys.stdin.buffer, answers, complain)
os._exit(0)  # a thread may still read standard input: Python does not end itself around it
