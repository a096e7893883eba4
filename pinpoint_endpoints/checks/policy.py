"""What a run wants of its documents, beyond what is always wanted."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Policy:
    """How documents are judged.

    Attributes:
        ignore: the codes of the rules that are left out.
        strict: whether a warning makes a document invalid.
        create: whether every document has to make a new endpoint.
    """

    ignore: frozenset[str] = frozenset()
    strict: bool = False
    create: bool = False

    def __post_init__(self) -> None:
        """Take any collection of codes."""
        object.__setattr__(self, "ignore", frozenset(self.ignore))  # as frozen dataclasses do


DEFAULT = Policy()
