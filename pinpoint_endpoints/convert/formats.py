"""Declare the formats of a conversion: what each writes, and what it does with which member."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pinpoint_endpoints.checks.finding import DEFAULT_POLICY, Policy
from pinpoint_endpoints.convert.account import Account, Rule
from pinpoint_endpoints.convert.output import Output
from pinpoint_endpoints.documents.model import Document
from pinpoint_endpoints.segments.definition import Definition


@dataclass(frozen=True, slots=True)
class ConvertOptions:
    """How documents are checked, and options of single formats.

    Attributes:
        policy: which problems make a document invalid.
        rename: new names of columns, by the name that they would have.
        strict_keys: whether attribute keys are changed that Connect's segments may refuse.
        topics: the path of the member whose values are topics of a contact list; empty for none.
        csv: whether profile objects are CSV rather than JSON Lines.
        segments: the segments that become segment definitions, with ids.
    """

    policy: Policy = DEFAULT_POLICY
    rename: Mapping[str, str] = field(default_factory=dict)
    strict_keys: bool = False
    topics: str = ""
    csv: bool = False
    segments: Sequence[Definition] = ()


DEFAULT_OPTIONS = ConvertOptions()

Write = Callable[[Iterable[Document], Output, Account, ConvertOptions], None]
"""Writes valid documents, each with an endpoint id, in whatever order they come.

The output must not depend on that order. It may raise what stops a run.
"""


class MappedMember(NamedTuple):
    """A row of the table of `pe convert --explain FORMAT`.

    Attributes:
        member: the member of an endpoint, such as `Location.Region`.
        becomes: what it is in the format; empty if it is not carried.
        note: what else there is to say, or empty.
    """

    member: str
    becomes: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that endpoints can be converted to.

    Attributes:
        name: its name after `--to`.
        title: what is written, in one line.
        write: writes it.
        mapping: what becomes of each member.
        rules: by which members are changed, split, withheld, truncated or lost.
        file: the name of its only file in a directory; empty if it writes several.
        options: the attributes of `ConvertOptions` that it respects.
        reads_templates: whether it converts message templates, not endpoints.
    """

    name: str
    title: str
    write: Write
    mapping: Sequence[MappedMember]
    rules: Sequence[Rule]
    file: str = ""
    options: frozenset[str] = frozenset()
    reads_templates: bool = False
