"""What a rule finds, before it is known where in a file it stands."""

from typing import NamedTuple

from pinpoint_endpoints.documents.model import Fix, Severity
from pinpoint_endpoints.documents.positions import Path


class Finding(NamedTuple):
    """What is wrong at one place of a value; the texts hold no personal data.

    Attributes:
        path: leads to the value, from the top of what was checked.
        message: what is wrong.
        hint: what to do about it, or empty.
        at_key: whether the key is to blame and not what stands under it.
        severity: where it is not the rule's.
        fix: the one right answer, if there is one.
    """

    path: Path
    message: str
    hint: str = ""
    at_key: bool = False
    severity: Severity | None = None
    fix: Fix | None = None


Coded = tuple[str, Finding]
"""A finding with its code."""
