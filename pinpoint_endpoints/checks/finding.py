"""What rules find, and the policy that says which rules count."""

from collections.abc import Collection
from typing import NamedTuple

from pinpoint_endpoints.documents.model import Fix, Severity
from pinpoint_endpoints.documents.positions import ValuePath


class Finding(NamedTuple):
    """A problem at one place of a value, without its file. Its texts hold no personal data.

    Attributes:
        path: path to the place, from the top of the checked value.
        message: what is wrong.
        hint: what to do about it, or empty.
        at_key: whether the key is wrong and not its value.
        severity: the severity, if it is not the rule's own.
        fix: the automatic fix, if there is one.
        from_top: whether its paths start at the top of the file and not of the checked value.
        keeps_names: whether no name of the value may be fixed automatically: this one cannot be,
            and half of them in another style would be worse than all.
    """

    path: ValuePath
    message: str
    hint: str = ""
    at_key: bool = False
    severity: Severity | None = None
    fix: Fix | None = None
    from_top: bool = False
    keeps_names: bool = False


CodedFinding = tuple[str, Finding]
"""A finding with its code."""


class Policy(NamedTuple):
    """Which problems count.

    Attributes:
        ignore: codes of the rules to leave out.
        strict: whether a warning makes a document invalid.
        create: whether every document must be able to create a new endpoint.
        all_findings: whether all is found, as fixing needs it; else of very many problems of a
            document those that come first, which are more than anyone reads.
    """

    ignore: Collection[str] = frozenset()
    strict: bool = False
    create: bool = False
    all_findings: bool = False


DEFAULT_POLICY = Policy()
