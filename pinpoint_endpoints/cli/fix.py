"""`pe validate --fix` and `--diff`: fix files, or show what would be fixed."""

import os
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.cli.inputs import Inputs, is_pipe
from pinpoint_endpoints.cli.options import DisplayOptions
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.discovery import (
    STANDARD_INPUT,
    Source,
    UnreadablePath,
    is_s3,
)
from pinpoint_endpoints.errors import CannotRun, ExitCode, UsageError
from pinpoint_endpoints.masking import counted, printable

Sources = Iterable[Source | UnreadablePath]


def check_options(*, fix: bool, diff: bool, others: Mapping[str, bool]) -> None:
    """Refuse options that exclude each other.

    Args:
        fix: whether `--fix` is given.
        diff: whether `--diff` is given.
        others: whether each other option, by its name, is given.

    Raises:
        UsageError: both are given, or one of them with an option that it excludes.
    """
    if fix and diff:
        raise UsageError("--fix and --diff exclude each other", "leave one of them out")
    if not fix and not diff:
        return
    for name, given in others.items():
        if given and (diff or name == "--list-files"):
            option = "--diff" if diff else "--fix"
            raise UsageError(f"{option} and {name} exclude each other", "leave one of them out")


def refuse_pipes(paths: Iterable[str]) -> None:
    """Refuse standard input, pipes, devices and objects of Amazon S3.

    Raises:
        UsageError: there is one among the paths.
    """
    for path in paths:
        if path == STANDARD_INPUT or is_pipe(path):
            name = "standard input" if path == STANDARD_INPUT else path
            raise UsageError(f"{name} cannot be fixed: not a file", "name a file")
        if is_s3(path):
            message = f"{path} cannot be fixed: pe writes nothing to Amazon S3"
            raise UsageError(message, "copy it first: aws s3 cp --recursive")


def fix_files(inputs: Inputs, policy: Policy, *, quiet: bool) -> bool:
    """Fix files, print how many, and return whether none failed.

    Links in a searched directory are not followed out of the given paths.
    """
    from pinpoint_endpoints.checks.validate import validate
    from pinpoint_endpoints.documents.replacing import remove_leftovers
    from pinpoint_endpoints.fixes.files import fix_file

    fixes = files = failures = 0
    check = partial(validate, policy=policy._replace(all_findings=True))
    within = {Path(os.path.realpath(path)) for path in inputs.paths}
    directories: set[Path] = set()
    for source in inputs.find():
        if (directory := Path(source.path).parent) not in directories:
            directories.add(directory)
            remove_leftovers(directory)
        fixed = fix_file(source, check, within)
        fixes += fixed.fixes
        files += bool(fixed.fixes)
        if fixed.failure:
            failures += 1
            note(f"{fixed.source}: {fixed.failure}")
        if fixed.unfinished:
            note(f"{fixed.source}: there may be more to fix: run --fix again")
    if not quiet:
        note(f"fixed {counted(fixes, 'problem')} in {counted(files, 'file')}")
    return not failures


def show_differences(sources: Sources, policy: Policy, display: DisplayOptions) -> ExitCode:
    """Print what fixing would change; the exit code says whether anything."""
    from pinpoint_endpoints.checks.validate import validate
    from pinpoint_endpoints.fixes.diff import differences
    from pinpoint_endpoints.fixes.files import ReadError

    check = partial(validate, policy=policy._replace(all_findings=True))
    sources_found = fixes = files = failures = 0
    for source in sources:
        sources_found += 1
        before = fixes
        unfinished = False
        try:
            for difference in differences(source, check, show_values=display.show_values):
                fixes += difference.fixes
                unfinished |= difference.unfinished
                _print(difference.text)
        except ReadError as error:
            failures += 1
            note(f"{source.path} cannot be read: {error}")
        files += fixes > before
        if unfinished:
            note(f"{source.path}: there may be more to fix than one run of --fix does")
    if not sources_found:
        raise nothing_to_check()
    sys.stdout.flush()
    if not display.quiet:
        note(f"{counted(fixes, 'problem')} in {counted(files, 'file')} would be fixed")
    if failures:
        return ExitCode.CANNOT_RUN
    return ExitCode.INVALID if fixes else ExitCode.OK


def nothing_to_check() -> CannotRun:
    """Return the error of a run without a file, which is never a success."""
    return CannotRun(
        "nothing to check: no files with a known suffix",
        "name a file, or a directory that holds .json, .yaml, .yml, .ndjson, .jsonl, .csv or .gz "
        "files",
    )


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
