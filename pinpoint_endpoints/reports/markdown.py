"""Print Markdown: rendered on a terminal, as it is written anywhere else."""

from typing import TextIO

_MAX_WIDTH = 100
"""In columns: longer lines are hard to read."""


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

    console.width = min(console.width, _MAX_WIDTH)
    # links are printed: not every terminal shows where hidden ones lead
    console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
