"""The `pe` program: finds the command, runs it, and turns the result into an exit code."""

import os
import re
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import takewhile
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from pinpoint_endpoints.cli import COMPLETION_VARIABLE
from pinpoint_endpoints.cli.config import project_defaults
from pinpoint_endpoints.cli.interrupts import EndingSignals
from pinpoint_endpoints.cli.terminal import cannot_write_output, print_error, whole_writes
from pinpoint_endpoints.errors import (
    CannotRun,
    ExitCode,
    Interrupted,
    PinpointEndpointsError,
    UsageError,
    reason_of,
)

if TYPE_CHECKING:
    from pinpoint_endpoints.reports.tally import Tally

COMMANDS: Mapping[str, tuple[str, str]] = {
    "validate": ("validate", "Check endpoint files, and show where each mistake is."),
    "upsert": ("upsert", "Create or update endpoints from files that are valid."),
    "diff": ("diff", "Show what an upsert of the files would change."),
    "convert": ("convert", "Convert endpoint files to the formats of other systems."),
    "migrate": (
        "migrate",
        "Put the users of endpoint files into Amazon Connect Customer Profiles.",
    ),
    "get": ("get", "Print stored endpoints, or save them into files."),
    "delete": ("delete", "Delete endpoints from the service, after confirmation."),
    "stats": ("stats", "Show charts of the audience in files or the local Pinpoint."),
    "segment": (
        "segment",
        "Evaluate a segment: how many endpoints are in it, which ones, and why.",
    ),
    "find": ("find", "Find endpoints by an expression, an address or a user."),
    "preview": ("preview", "Render a message template for endpoints, and show what would be sent."),
    "serve": ("serve", "Serve the local Pinpoint over HTTP, for every SDK."),
    "new": ("reference", "Print a valid endpoint file to start from, or a segment."),
    "explain": ("reference", "Explain rules and members of endpoints."),
    "rules": ("reference", "List the rules that files are checked against."),
    "schema": ("reference", "Print the JSON Schema that endpoint files are checked against."),
    "completion": ("reference", "Print the shell completion script of `pe`."),
    "help": ("help", "Explain a topic; without one, list the topics."),
    "version": ("reference", "Print the version, as --version does."),
}
"""The commands in the help's order: the module, which has a function of the command's name, and the
first sentence of its docstring, so that a list of commands imports none."""

_SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"], "max_content_width": 1_000},
}
_WrongCommandLine: Any = typer.BadParameter.__base__
"""Click's `UsageError`, which Typer does not export."""

_EXAMPLES = ("pe validate endpoints/", "pe upsert --local --app demo endpoints/")
_OUTPUT_OPTION = re.compile(r"(?:--output=|-[qv]*o)(?P<attached>.+)|--output|-[qv]*o")
_ARGUMENTS = f"{__name__}.arguments"
_NULL_DEVICE_MODES = {"stdout": os.O_RDONLY, "stderr": os.O_WRONLY}
"""Modes of the null device that replaces a closed stream: writing results fails, messages are lost.
"""


class Boundary(TyperGroup):
    """Ends the process with the exit code that a command returns, or that of the error it raises.

    A command that raises has printed nothing: the JSON envelope of the error is written here.
    Any other exception is a bug, and keeps its traceback.
    """

    _default_output: Any = ""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Parse what comes before the command's name."""
        arguments = list(args)
        try:
            context = super().make_context(info_name, args, parent, **extra)
        except _WrongCommandLine as error:
            self._write_usage_envelope(error, arguments)
            raise
        except OSError as error:  # `pe --help` prints here
            failure = cannot_write_output(error)
            if not isinstance(error, BrokenPipeError):
                print_error(failure)
            raise typer.Exit(failure.exit_code) from None
        context.meta[_ARGUMENTS] = arguments
        return context

    def invoke(self, ctx: Any) -> Any:
        """Run the command, with the project's file for its defaults, and exit with its code."""
        try:
            project = project_defaults()
            ctx.obj = project.path
            arguments = ctx.meta[_ARGUMENTS]
            ctx.default_map = {name: project.for_command(name, arguments) for name in self.commands}
            self._default_output = project.values.get("output", "")
            code = self._run(ctx)
        except _WrongCommandLine as error:
            self._write_usage_envelope(error, ctx.meta[_ARGUMENTS])
            raise
        except (PinpointEndpointsError, KeyboardInterrupt) as end:
            stop = Interrupted("interrupted") if isinstance(end, KeyboardInterrupt) else end
            self._write_envelope(stop, ctx.meta[_ARGUMENTS])
            print_error(stop)
            code = stop.exit_code
        raise typer.Exit(code)

    def _run(self, ctx: Any) -> ExitCode:
        try:
            code = super().invoke(ctx)
            sys.stdout.flush()
        except OSError as error:
            gone = "the working directory" if isinstance(error, FileNotFoundError) else None
            if name := error.filename or gone:
                raise CannotRun(f"{name} cannot be used: {reason_of(error)}") from None
            failure = cannot_write_output(error)
            if isinstance(error, BrokenPipeError):  # the reader has what it wanted
                return failure.exit_code
            raise failure from None
        return code or ExitCode.OK

    def _write_usage_envelope(self, error: Any, arguments: Sequence[str]) -> None:
        """Write the envelope if JSON was asked for; Typer prints the message on standard error."""
        from pinpoint_endpoints.cli.lookup import add_hint

        add_hint(error)
        hint = f"see {error.ctx.command_path} --help" if error.ctx else ""
        self._write_envelope(UsageError(error.format_message(), hint), arguments)

    def _write_envelope(self, error: PinpointEndpointsError, arguments: Sequence[str]) -> None:
        """Write an envelope with the error and no results, if the command line asks for JSON.

        `pe get` and `pe explain` have none: their JSON is what they were asked for.
        """
        if (_output_in(arguments) or self._default_output) != "json":
            return
        from pinpoint_endpoints.reports.conversion import ConversionTally
        from pinpoint_endpoints.reports.deletions import DeletionTally
        from pinpoint_endpoints.reports.differences import DifferenceTally
        from pinpoint_endpoints.reports.envelope import Envelope
        from pinpoint_endpoints.reports.explain import RuleTally
        from pinpoint_endpoints.reports.outcomes import OutcomeTally
        from pinpoint_endpoints.reports.preview import PreviewTally
        from pinpoint_endpoints.reports.problems import ProblemTally
        from pinpoint_endpoints.reports.profiles import ProfileTally
        from pinpoint_endpoints.reports.segments import MemberTally
        from pinpoint_endpoints.reports.tally import AudienceTally

        command = next((word for word in arguments if word in self.commands), "pe")
        tallies: dict[str, Callable[[], Tally[Any]]] = {
            "validate": ProblemTally,
            "upsert": OutcomeTally,
            "diff": DifferenceTally,
            "convert": ConversionTally,
            "migrate": ProfileTally,
            "delete": DeletionTally,
            "stats": AudienceTally,
            "preview": PreviewTally,
            "rules": RuleTally,
            "segment": MemberTally,
            "find": MemberTally,
        }
        if command == "pe":
            Envelope(command, sys.stdout).close({}, error=error)
        elif command in tallies:
            Envelope(command, sys.stdout).close(tallies[command]().members(), error=error)


def _output_in(arguments: Sequence[str]) -> str:
    """Return the value of `--output`, even if the command line cannot be parsed."""
    asked = ""
    words = takewhile(lambda word: word != "--", arguments)
    for word in words:
        found = _OUTPUT_OPTION.fullmatch(word)
        if found:
            asked = found["attached"] or next(words, "")
    return asked


class Command(TyperCommand):
    """A command as it is listed; it is imported and built when it is run or its help is shown."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Parse the arguments as the whole command does, and let it run."""
        return self.built().make_context(info_name, args, parent, **extra)

    def built(self) -> Any:
        """Return the command with its parameters."""
        from pinpoint_endpoints.cli.help import DocumentedCommand
        from pinpoint_endpoints.cli.options import with_single_options

        name = str(self.name)
        module, _ = COMMANDS[name]
        function = getattr(import_module(f"pinpoint_endpoints.cli.{module}"), name)
        alone = typer.Typer(**_SETTINGS)
        alone.command(name, cls=DocumentedCommand)(with_single_options(function))
        return typer.main.get_command(alone)


class _Program(Boundary):
    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands = {
            name: Command(name, help=summary, short_help=summary)
            for name, (_, summary) in COMMANDS.items()
        }

    def make_context(
        self, info_name: str | None, args: list[str], parent: Any = None, **extra: Any
    ) -> Any:
        """Refuse to run without docstrings: help texts and rule pages are made of them."""
        if sys.flags.optimize > 1:
            error = CannotRun(
                "Python runs without docstrings, which hold pe's texts",
                "unset PYTHONOPTIMIZE, or leave out -OO",
            )
            self._write_envelope(error, args)
            print_error(error)
            raise typer.Exit(error.exit_code)
        return super().make_context(info_name, args, parent, **extra)

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write examples, then the exit codes."""
        from pinpoint_endpoints.cli.help import write_examples

        write_examples(formatter, _EXAMPLES)
        super().format_epilog(ctx, formatter)


app = typer.Typer(
    name="pe",
    cls=_Program,
    help="Keep Amazon Pinpoint endpoints in files: validate them, deliver them, read them back.",
    epilog=(
        "Exit codes: 0 done; 1 documents are invalid; 2 the command line is wrong; 3 could not "
        "run; 4 the service refused everything; 5 some were accepted, some were not; "
        "130 interrupted. `pe help` lists topics: files, config, delivery, local and others."
    ),
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    **_SETTINGS,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from pinpoint_endpoints.cli.reference import version

        raise typer.Exit(version())


@app.callback()
def options(
    _version: Annotated[
        bool,
        typer.Option(
            "--version",
            "-V",
            callback=_print_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """Keep Amazon Pinpoint endpoints in files."""


def main() -> None:
    """Run the command line; neither closed streams nor unprintable file names break its output."""
    for name, mode in _NULL_DEVICE_MODES.items():
        stream = getattr(sys, name)
        if stream is None:
            null = os.fdopen(os.open(os.devnull, mode), "w", encoding="utf-8")
            null.reconfigure(errors="backslashreplace")
            setattr(sys, name, null)
        else:
            setattr(sys, name, whole_writes(stream))
    if COMPLETION_VARIABLE in os.environ:
        from pinpoint_endpoints.cli.reference import enable_completion

        enable_completion()
    signals = EndingSignals()
    try:
        app()
    except SystemExit as end:
        raise SystemExit(signals.exit_code(end.code)) from None
    finally:
        signals.close()
