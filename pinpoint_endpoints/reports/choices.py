"""What the local Pinpoint has and what it chose, as tables for a terminal, a file or a pipe."""

from typing import TextIO

NO_BRACES = str.maketrans("", "", "{}")
"""Paths stand as in AWS's API reference, and the longest has room on 80 columns."""


def print_choices(stream: TextIO) -> None:
    """Print the operations of the local Pinpoint, and what it does where AWS does not say."""
    from rich.text import Text

    from pinpoint_endpoints.local.choices import CHOICES
    from pinpoint_endpoints.local.wire import OPERATIONS
    from pinpoint_endpoints.reports.table import Column, console_for, print_table

    def heading(text: str) -> None:
        console_for(stream).print(Text(text, style="bold"), soft_wrap=True)

    heading("Operations of the local Pinpoint")
    operations = [
        [Text(operation.name), Text(f"{method} {path}".translate(NO_BRACES))]
        for path, methods in OPERATIONS.items()
        for method, operation in methods.items()
    ]
    print_table(console_for(stream), [Column("Operation"), Column("Request")], operations)
    for about, choices in CHOICES.items():
        heading(f"\n{about}: where AWS's documents are silent")
        columns = [
            Column("Topic", narrowest=24),
            Column("What it does", narrowest=24),
            Column("Why", narrowest=20),
        ]
        rows = [[Text(cell) for cell in choice] for choice in choices]
        print_table(console_for(stream), columns, rows, lines=True)
