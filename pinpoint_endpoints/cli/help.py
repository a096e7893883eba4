"""`pe help` and `--help`: the topics of the manual, and the page of each command."""

import sys
from collections.abc import Iterable
from typing import Annotated, Any, TextIO

import typer
from typer.core import TyperCommand

from pinpoint_endpoints.cli.lookup import resolve_choice, topics
from pinpoint_endpoints.errors import ExitCode
from pinpoint_endpoints.help import topic_text, topic_titles

_EXAMPLES = "Examples:\n"
_OWN_OPTIONS = "Options"
_MAX_TERM_WIDTH = 30
_MAX_WIDTH = 100
"""In columns: longer lines of prose are hard to read."""


class DocumentedCommand(TyperCommand):
    """A command whose help lists its options in groups, then the examples of its docstring."""

    def __init__(self, *arguments: Any, **attributes: Any) -> None:
        text, _, examples = (attributes.pop("help", None) or "").partition(_EXAMPLES)
        super().__init__(*arguments, help=text.rstrip(), **attributes)
        self._examples = examples.strip().splitlines()

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Parse the arguments, and refuse an empty one: mostly a variable that is not set."""
        if not ctx.resilient_parsing and any(not word or word.endswith("=") for word in args):
            values, _, given = self.make_parser(ctx).parse_args([*args])
            for param in given:
                value = values[str(param.name)]
                if "" in (value if isinstance(value, (list, tuple)) else [value]):
                    raise typer.BadParameter("it is empty.", ctx, param)
        return super().parse_args(ctx, args)

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """Write the arguments, then the options under the headings of their groups."""
        headings: dict[str, str] = getattr(self.callback, "headings", {})
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], _OWN_OPTIONS: []}
        for param in self.get_params(ctx):
            record = param.get_help_record(ctx)
            heading = getattr(param, "rich_help_panel", None) or headings.get(param.name or "")
            if param.param_type_name == "argument":
                heading = "Arguments"
            elif "--help" in param.opts:
                heading = [*groups][-1]
            if record is not None:
                groups.setdefault(heading or _OWN_OPTIONS, []).append(record)
        terms = [term for rows in groups.values() for term, _ in rows]
        width = max(len(term) for term in terms if len(term) <= _MAX_TERM_WIDTH)
        for heading, rows in groups.items():
            if rows:
                with formatter.section(heading):
                    formatter.write_dl([(f"{term:{width}}", text) for term, text in rows], width)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the examples as they are."""
        del ctx
        if self._examples:
            write_examples(formatter, self._examples)


def write_examples(formatter: Any, lines: Iterable[str]) -> None:
    """Write lines as they are, with a heading."""
    with formatter.section("Examples"):
        for line in lines:
            formatter.write(f"  {line.strip()}\n")


def help(  # noqa: A001 - the command's name
    ctx: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC", help="A topic, or a command's name.", autocompletion=topics
        ),
    ] = None,
) -> ExitCode:
    """Explain a topic; without one, list the topics.

    Examples:
        pe help delivery
        pe help upsert
    """
    titles = topic_titles()
    if topic is None:
        _print_topics(titles)
        return ExitCode.OK
    commands = _commands(ctx)
    name = resolve_choice(topic, [*titles, *commands], "topic", "`pe help` lists the topics")
    if name in titles:
        print_markdown(topic_text(name), sys.stdout)
    else:
        command = commands[name].built()
        typer.echo(command.get_help(typer.Context(command, ctx.parent, name)))
    return ExitCode.OK


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


def print_pages(package: str, *names: str) -> None:
    """Print Markdown pages of a package, which say what is assumed about the service."""
    from importlib.resources import files

    pages = ((files(package) / name).read_text("utf-8") for name in names)
    print_markdown("\n".join(pages), sys.stdout)


def _commands(ctx: typer.Context) -> Any:
    """Return the program's commands by their names."""
    program: Any = ctx.find_root().command
    return program.commands


def _print_topics(titles: dict[str, str]) -> None:
    width = max(map(len, titles))
    typer.echo("Topics:")
    for name, title in titles.items():
        typer.echo(f"  {name:{width}}  {title}")
    typer.echo("\n`pe help TOPIC` explains one; `pe COMMAND --help` lists a command's options.")
