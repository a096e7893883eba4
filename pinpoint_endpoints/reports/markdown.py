"""Print Markdown: rendered on a terminal, as it is written anywhere else."""

from typing import TextIO


def print_markdown(text: str, stream: TextIO) -> None:
    """Print a Markdown page.

    Args:
        text: the page.
        stream: where it is printed. A pipe or a file gets the Markdown itself.
    """
    from pinpoint_endpoints.reports.table import console_for

    console = console_for(stream)
    if not console.is_terminal:
        stream.write(text)
        return
    from rich.markdown import Markdown

    console.print(Markdown(text))
