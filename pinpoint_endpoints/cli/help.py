"""`pe help`: print a topic of the manual, or list the topics."""

import sys
from typing import Annotated, Any

import typer

from pinpoint_endpoints.cli.lookup import resolve_choice, topics
from pinpoint_endpoints.errors import ExitCode
from pinpoint_endpoints.help import topic_text, topic_titles


def help(  # noqa: A001 - the command's name
    ctx: typer.Context,
    topic: Annotated[
        str | None,
        typer.Argument(
            metavar="TOPIC", help="A topic, or a command's name.", autocompletion=topics
        ),
    ] = None,
) -> ExitCode:
    """Explain a topic; without one, list the topics."""
    titles = topic_titles()
    if topic is None:
        _print_topics(titles)
        return ExitCode.OK
    commands = _commands(ctx)
    name = resolve_choice(topic, [*titles, *commands], "topic", "`pe help` lists the topics")
    if name in titles:
        from pinpoint_endpoints.reports.markdown import print_markdown

        print_markdown(topic_text(name), sys.stdout)
    else:
        command = commands[name].built()
        typer.echo(command.get_help(typer.Context(command, ctx.parent, name)))
    return ExitCode.OK


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
