"""Finds the project's file, `pe.toml` or `[tool.pe]`, and reads the defaults of options in it."""

import os
import re
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from pinpoint_endpoints.documents.gitignore import Pattern
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import CannotRun, reason_of

OWN_FILE = "pe.toml"
SHARED_FILE = "pyproject.toml"
_VARIABLES = {
    "region": ("AWS_REGION", "AWS_DEFAULT_REGION"),
    "profile": ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"),
    "endpoint_url": ("AWS_ENDPOINT_URL_PINPOINT", "AWS_ENDPOINT_URL"),
    "store": ("PE_LOCAL_STORE",),
}
"""The variables that override a key of the file; the client reads them, not Typer."""

_TAKES_PATHS = ("validate", "upsert", "diff", "convert", "migrate")
_KINDS: dict[str, tuple[type, str]] = {
    "app": (str, 'text, like "0123456789abcdef"'),
    "region": (str, 'text, like "eu-west-1"'),
    "strict": (bool, "true or false"),
    "ignore": (list, 'a list of codes, like ["PE203"]'),
    "exclude": (list, 'a list of patterns, like ["drafts/"]'),
    "paths": (list, 'a list of paths, like ["endpoints/"]'),
    "local": (bool, "true or false"),
    "store": (str, 'a path, like "pinpoint.sqlite3"'),
    "endpoint-url": (str, 'text, like "http://127.0.0.1:7467"'),
    "profile": (str, 'text, like "work"'),
    "output": (str, '"table", "text" or "json"'),
    "rate": (float, "a number, like 10"),
    "jobs": (int, "a whole number, like 2"),
    "show-values": (bool, "true or false"),
    "verify": (bool, "true or false"),
    "all-or-nothing": (bool, "true or false"),
}
_OUTPUTS = ("table", "text", "json")
"""The formats that every command has."""
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

    def for_command(self, command: str, arguments: Collection[str]) -> dict[str, Any]:
        """Return the defaults of one command, without what its command line excludes.

        Args:
            command: its name.
            arguments: the command line.
        """
        options = {argument.partition("=")[0] for argument in arguments}
        values = dict(self.values)
        if command not in _TAKES_PATHS:
            values.pop("paths", None)
        if "--dry-run" in options:
            values.pop("verify", None)
        if options & {"--endpoint-url", "--no-local"}:
            values.pop("local", None)
        if "--local" in options:
            values.pop("endpoint_url", None)
        is_local = "--local" in options or values.get("local") or os.environ.get("PE_LOCAL")
        if not is_local and command != "serve":
            values.pop("store", None)
        return values


def project_defaults() -> Defaults:
    """Find the project's file, and read the defaults in it.

    It is `pe.toml`, or `pyproject.toml` with a table `[tool.pe]`, in the working directory or the
    nearest directory above it that has one. Environment variables override it. The region of a
    profile does not: a profile has the credentials, the project the region of its application.
    """
    path = None
    try:
        path, table = _project_file()
        values = {} if path is None else _checked(path, table)
    except CannotRun as error:
        return Defaults(path, dict.fromkeys(map(_parameter, _KINDS), _raising(error)))
    for name in values.keys() & _VARIABLES.keys():
        if any(map(os.environ.get, _VARIABLES[name])):
            del values[name]
    return Defaults(path, values)


def _parameter(key: str) -> str:
    return key.replace("-", "_")


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
        fits = type(value) is kind or (kind is float and type(value) is int)
        if not fits or not _has_texts(value) or (key == "output" and value not in _OUTPUTS):
            raise CannotRun(f"{path}: {key} has to be {wanted}")
    values = {_parameter(key): value for key, value in table.items()}
    if table.get("local") and "endpoint-url" in table:
        raise CannotRun(f"{path}: local and endpoint-url exclude each other", "leave one out")
    if "exclude" in values:
        values["exclude"] = [Pattern(glob, str(path.parent)) for glob in table["exclude"]]
    if "paths" in values:
        values["paths"] = [_beside(path, each) for each in table["paths"]]
    if "store" in values:
        values["store"] = _beside(path, table["store"])
    return values


def _beside(path: Path, named: str) -> str:
    """Return a path that the file names, as seen from the working directory."""
    from pinpoint_endpoints.documents.discovery import is_s3

    try:
        return named if is_s3(named) else os.path.relpath(path.parent / Path(named).expanduser())
    except RuntimeError:
        hint = "write the whole path, or ./~ for a name that begins so"
        raise CannotRun(f"{path}: cannot expand {named}: home directory not found", hint) from None


def _has_texts(value: object) -> bool:
    """Return whether a text is not empty, and a list has only such texts."""
    if isinstance(value, list):
        return all(isinstance(each, str) and each for each in value)
    return value != ""


def _hint(key: str) -> str:
    near = nearest(key, _KINDS)
    return f'did you mean "{near}"?' if near else f"its keys are {', '.join(_KINDS)}"
