"""One decision of the local Pinpoint."""

from typing import NamedTuple


class Choice(NamedTuple):
    """One decision of ours.

    Args:
        topic: what the documents do not settle.
        choice: what the local Pinpoint does.
        reason: why, in a few words.
    """

    topic: str
    choice: str
    reason: str
