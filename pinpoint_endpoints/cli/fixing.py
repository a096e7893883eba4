"""`pe validate --fix` and `--diff`: files in, files put right or what would be, out."""

import sys
from collections.abc import Iterable
from functools import partial

from pinpoint_endpoints.checks.policy import Policy
from pinpoint_endpoints.cli.boundary import say
from pinpoint_endpoints.documents.discovery import STANDARD_INPUT, Source, Unsearchable
from pinpoint_endpoints.errors import ExitCode, UsageError
from pinpoint_endpoints.reports.plain import counted, printable

Sources = Iterable[Source | Unsearchable]


def check_options(paths: list[str], *, fix: bool, diff: bool) -> None:
    """Refuse what cannot be done together.

    Raises:
        UsageError: both options, or standard input, which is no file.
    """
    if fix and diff:
        raise UsageError("--fix writes files, and --diff writes none", "leave one of them out")
    if (fix or diff) and STANDARD_INPUT in paths:
        raise UsageError("standard input is no file that could be fixed", "name the file")


def fix_files(sources: Sources, policy: Policy, *, quiet: bool) -> bool:
    """Put files right, tell how many, and return whether all could be written that had to be."""
    from pinpoint_endpoints.checks.validate import validate
    from pinpoint_endpoints.fixes.files import fix_file

    fixes = files = failures = 0
    for source in sources:
        fixed = fix_file(source, partial(validate, policy=policy))
        fixes += fixed.fixes
        files += bool(fixed.fixes)
        if fixed.failure:
            failures += 1
            say(f"{fixed.source}: {fixed.failure}")
    if not quiet:
        say(f"fixed {counted(fixes, 'problem')} in {counted(files, 'file')}")
    return not failures


def show_differences(sources: Sources, policy: Policy, *, show_values: bool) -> ExitCode:
    """Print what fixing would change, and tell whether that is anything."""
    from pinpoint_endpoints.checks.validate import validate
    from pinpoint_endpoints.fixes.differences import differences

    fixes = files = 0
    for source in sources:
        before = fixes
        for difference in differences(
            source, partial(validate, policy=policy), show_values=show_values
        ):
            fixes += difference.fixes
            _print(difference.text)
        files += fixes > before
    sys.stdout.flush()
    say(f"{counted(fixes, 'problem')} in {counted(files, 'file')} would be fixed")
    return ExitCode.INVALID if fixes else ExitCode.OK


def _print(text: str) -> None:
    if not sys.stdout.isatty():
        sys.stdout.write(text)
        return
    from rich.text import Text

    from pinpoint_endpoints.reports.table import console_for

    console = console_for(sys.stdout)
    for line in text.removesuffix("\n").split("\n"):
        console.print(Text(printable(line), style=_style(line)), soft_wrap=True)


def _style(line: str) -> str:
    if line.startswith(("---", "+++")):
        return "bold"
    return {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
