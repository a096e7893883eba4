"""What a person wants of the reports."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ReportOptions:
    """What a person wants of the formats for people; the machine formats never change.

    Attributes:
        max_problems: how many problems of one code a table shows.
        show_values: whether source lines show personal data.
        quiet: whether a table goes without the line that counts.
        snippets: whether problems show their source line with a caret, as on a terminal.
        styled: whether text may have colours, which NO_COLOR and TERM can still take away.
    """

    max_problems: int = 50
    show_values: bool = False
    quiet: bool = False
    snippets: bool = False
    styled: bool = False


DEFAULT = ReportOptions()
