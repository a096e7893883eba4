"""Finds the project's file, `pe.toml` or `[tool.pe]`, and reads the defaults of options in it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from pinpoint_endpoints.documents.gitignore import Pattern
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import CannotRun, reason_of

OWN_FILE = "pe.toml"
SHARED_FILE = "pyproject.toml"
REGION_VARIABLES = ("AWS_REGION", "AWS_DEFAULT_REGION")
"""Typer knows none for the option: the client reads them."""

_KINDS: dict[str, tuple[type, str]] = {
    "app": (str, 'text, like "0123456789abcdef"'),
    "region": (str, 'text, like "eu-west-1"'),
    "strict": (bool, "true or false"),
    "ignore": (list, 'a list of codes, like ["PE203"]'),
    "exclude": (list, 'a list of patterns, like ["drafts/"]'),
}
_OUR_TABLE = rb"""(?m)tool["']?\s*\.\s*["']?pe\b|^\s*\[\s*["']?tool["']?\s*\]"""
"""What a pyproject.toml without our table rarely contains: so most are not parsed."""


class Defaults(NamedTuple):
    """The defaults that the project's file sets.

    Attributes:
        path: the file; None if there is none.
        values: the default of each option in the file, by the name of the commands' parameter.
            If the file is invalid, functions that raise the error: commands that use no default
            do not fail.
    """

    path: Path | None
    values: dict[str, Any]


def project_defaults() -> Defaults:
    """Find the project's file, and read the defaults in it.

    It is `pe.toml`, or `pyproject.toml` with a table `[tool.pe]`, in the working directory or the
    nearest directory above it that has one. `AWS_REGION` and `AWS_DEFAULT_REGION` override the
    file's region; the region of a profile does not: a profile says who asks, the project where the
    application is.
    """
    path = None
    try:
        path, table = _project_file()
        values = {} if path is None else _checked(path, table)
    except CannotRun as error:
        return Defaults(path, dict.fromkeys(_KINDS, _raising(error)))
    if any(map(os.environ.get, REGION_VARIABLES)):
        values.pop("region", None)
    return Defaults(path, values)


def _raising(error: CannotRun) -> Callable[[], NoReturn]:
    def fail() -> NoReturn:
        raise error

    return fail


def _project_file() -> tuple[Path | None, Any]:
    for directory in _upwards():
        own, shared = directory / OWN_FILE, directory / SHARED_FILE
        if _is_file(own):
            return own, _parsed(own, _content(own))
        if _is_file(shared) and re.search(_OUR_TABLE, content := _content(shared)):
            tool = _parsed(shared, content).get("tool")
            if isinstance(tool, dict) and "pe" in tool:
                return shared, tool["pe"]
    return None, {}


def _upwards() -> list[Path]:
    try:
        here = Path.cwd()
    except OSError:  # the working directory is gone
        return []
    return [here, *here.parents]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # permission denied
        return False


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CannotRun(f"{path} cannot be read: {reason_of(error)}") from None


def _parsed(path: Path, content: bytes) -> dict[str, Any]:
    import tomllib

    try:
        return tomllib.loads(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise CannotRun(f"{path} is not UTF-8 text", "save it as UTF-8") from None
    except ValueError as error:  # also of numbers and dates
        raise CannotRun(f"{path} is not TOML: {error}") from None
    except RecursionError:
        raise CannotRun(f"{path} is nested too deeply to be read") from None


def _checked(path: Path, table: Any) -> dict[str, Any]:
    if not isinstance(table, dict):
        raise CannotRun(f"{path}: tool.pe is not a table", "write [tool.pe] above its keys")
    for key, value in table.items():
        if key not in _KINDS:
            raise CannotRun(f"{path}: there is no key {key}", _hint(key))
        kind, wanted = _KINDS[key]
        if type(value) is not kind or not _is_plain(value):
            raise CannotRun(f"{path}: {key} has to be {wanted}")
    patterns = [Pattern(glob, str(path.parent)) for glob in table.get("exclude", ())]
    return {**table, "exclude": patterns} if patterns else table


def _is_plain(value: object) -> bool:
    return not isinstance(value, list) or all(isinstance(each, str) for each in value)


def _hint(key: str) -> str:
    near = nearest(key, _KINDS)
    return f'did you mean "{near}"?' if near else f"its keys are {', '.join(_KINDS)}"
