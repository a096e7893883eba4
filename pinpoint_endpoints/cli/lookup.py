"""Completes typed names, finds the choices that they name, and suggests what was meant."""

import os
import re
import shlex
from collections.abc import Collection, Iterator, Mapping
from contextlib import closing, suppress
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.errors import PinpointEndpointsError, UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.rule import Rule

_MIN_CODE_SIMILARITY = 0.4
"""Codes are short, so a mistyped one resembles several."""

_CODE = r"(?i)PE[0-9]+"
_FAMILY = itemgetter(slice(0, 3))
"""`PE2` of PE203."""
_MAX_NEAR_CODES = 3

_OPTIONS_BY_OTHER_NAMES = {
    "--app": ("--app-id", "--application", "--application-id", "--project", "--project-id"),
    "--id": ("--endpoint", "--endpoint-id"),
    "--output": ("--csv", "--format", "--json", "--yaml"),
    "--port": ("-p",),
    "--quiet": ("--silent", "-s"),
    "--show-values": ("--no-mask", "--unmask"),
    "--user": ("--user-id",),
    "--verbose": ("--debug", "--trace"),
    "--yes": ("--assume-yes", "--force", "--no-confirm", "--no-prompt"),
}
_NAMES_OF_A_PATH = ("--cli-input-json", "--endpoint-request", "--file", "--input", "-f", "-i")
_TARGET_OPTIONS = ("--app", "--endpoint-url", "--id", "--local", "--profile", "--region", "--store")
_COMMANDS_BY_OTHER_NAMES = {
    "validate": ("check", "lint", "test", "verify"),
    "validate --fix": ("fix", "format", "repair"),
    "upsert": ("deliver", "import", "put", "send", "update", "upload", "update-endpoint",
        "update-endpoints-batch"),
    "convert": ("transform", "translate"),
    "diff": ("compare", "plan"),
    "preview": ("render", "template"),
    "get": ("export", "fetch", "get-endpoint", "list", "ls", "read", "show"),
    "get --user": ("get-user-endpoints",),
    "delete": ("delete-endpoint", "remove", "rm"),
    "delete --user": ("delete-user-endpoints",),
    "stats": ("count", "summary"),
    "segment": ("audience", "create-segment", "evaluate", "get-segment", "segments"),
    "find": ("filter", "grep", "query", "search", "select"),
    "serve": ("run", "server", "start"),
    "new": ("add", "create", "init"),
    "rules": ("codes",),
}  # fmt: skip
"""What other tools call the commands."""
_HINTS_FOR_MISSING = {
    "paths": "Name files or directories, or set paths in pe.toml.",
    "app": "Use --app, or set PE_APP, or set app in pe.toml.",
}
_HINTS_FOR_EXTRA = {
    "get": "Name an endpoint with --id, and the application with --app.",
    "delete": "Name an endpoint with --id, and the application with --app.",
    "help": "Name one topic.",
    "new": "Name one channel.",
    "rules": "`pe explain` explains single rules.",
    "schema": "Name a shape with --shape.",
    "serve": "Name the port with --port.",
}

MAX_APPLICATIONS = 1_000
MAX_ENDPOINTS = 100

Completion = tuple[str, str]
"""A word, and its explanation, which zsh and fish show."""


def rules_to_ignore(incomplete: str) -> Iterator[Completion]:
    """Yield the rules that `--ignore` takes: their codes, and their names once one is begun."""
    from pinpoint_endpoints.checks.rules.registry import all_rules

    for rule in all_rules().values():
        if rule.ignorable:
            yield from _completions_of(rule, incomplete)


def rules_and_members(incomplete: str) -> Iterator[Completion]:
    """Yield what `pe explain` explains: rules, members and shapes."""
    from pinpoint_endpoints.checks.rules.registry import all_rules
    from pinpoint_endpoints.schema.members import find_members, member_names

    for rule in all_rules().values():
        yield from _completions_of(rule, incomplete)
    for name in member_names():
        yield _match_case(incomplete, name), find_members(name)[0].title


def channels(incomplete: str) -> Iterator[Completion]:
    """Yield what `pe new` has files of: the channel types, and segments."""
    from pinpoint_endpoints.schema.templates import CHANNELS, SEGMENT

    titles = {name: channel.what for name, channel in CHANNELS.items()}
    return _described(incomplete, {**titles, SEGMENT: "which endpoints are meant"})


def schemas(incomplete: str) -> Iterator[Completion]:
    """Yield what `pe schema --shape` prints a schema of."""
    from pinpoint_endpoints.schema.export import schema_titles

    return _described(incomplete, schema_titles())


def formats(incomplete: str) -> Iterator[Completion]:
    """Yield the formats of `pe convert`."""
    from pinpoint_endpoints.convert.run import FORMATS

    return _described(incomplete, {name: format_.title for name, format_ in FORMATS.items()})


def topics(incomplete: str) -> Iterator[Completion]:
    """Yield the topics of `pe help`."""
    from pinpoint_endpoints.help import topic_titles

    return _described(incomplete, topic_titles())


def stored_applications(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Yield the applications of the local Pinpoint, the newest first."""
    query = "SELECT application_id FROM applications ORDER BY number DESC LIMIT ?"
    for application_id in _stored(ctx, query, MAX_APPLICATIONS):
        if application_id.startswith(incomplete):
            yield application_id


def stored_endpoints(ctx: typer.Context, incomplete: str) -> Iterator[str]:
    """Yield the ids of an application's endpoints in the local Pinpoint that complete a word."""
    from pinpoint_endpoints.documents.endpoint_ids import same_endpoint_key

    query = """
        SELECT json_extract(CAST(response AS TEXT), '$.Id') FROM endpoints
        WHERE application = (SELECT number FROM applications WHERE application_id = ?)
        AND endpoint_key >= ? AND endpoint_key < CAST(? AS TEXT)
        ORDER BY endpoint_key LIMIT ?
    """
    begun = same_endpoint_key(incomplete)
    application = ctx.params.get("app") or os.environ.get("PE_APP") or _project_value("app")
    behind = begun.encode() + b"\xff"  # no text has this byte in UTF-8
    for endpoint_id in _stored(ctx, query, application, begun, behind, MAX_ENDPOINTS):
        yield incomplete + endpoint_id[len(incomplete) :]


def _stored(ctx: typer.Context, query: str, *values: object) -> list[str]:
    """Return texts of the local Pinpoint's store; none if it cannot be read at once."""
    import sqlite3

    from pinpoint_endpoints.cli.target import STORE_VARIABLE, local_store

    try:
        given = ctx.params.get("store")
        if given is None and STORE_VARIABLE not in os.environ:
            given = _project_value("store")
        path = local_store(Path(given) if given else None)
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as connection:
            return [text for (text,) in connection.execute(query, values)]
    except (PinpointEndpointsError, OSError, ValueError, sqlite3.Error):
        return []


def _project_value(name: str) -> str:
    """Return what the project's file sets an option to; an empty string if nothing."""
    from pinpoint_endpoints.cli.config import project_defaults

    value = project_defaults().values.get(name)
    return value if isinstance(value, str) else ""


def profiles(incomplete: str) -> Iterator[str]:
    """Yield the profiles in the AWS configuration, read without boto3, which is slow to import."""
    from configparser import Error, RawConfigParser

    files = (
        ("AWS_CONFIG_FILE", "~/.aws/config"),
        ("AWS_SHARED_CREDENTIALS_FILE", "~/.aws/credentials"),
    )
    names: dict[str, None] = {}
    for variable, default in files:
        parser = RawConfigParser(strict=False)
        with suppress(Error, OSError, RuntimeError, ValueError):  # RuntimeError: no home directory
            parser.read(Path(os.environ.get(variable) or default).expanduser(), encoding="utf-8")
        for section in parser.sections():
            kind, _, profile = section.partition(" ")
            if kind == "profile" or not profile:
                names[profile.strip(" \"'") or section] = None
    yield from (name for name in names if name.startswith(incomplete))


def _completions_of(rule: "Rule", incomplete: str) -> Iterator[Completion]:
    yield _match_case(incomplete, rule.code), rule.title
    if incomplete:
        yield rule.name, rule.title


def _described(incomplete: str, titles: Mapping[str, str]) -> Iterator[Completion]:
    return ((_match_case(incomplete, name), title) for name, title in titles.items())


def _match_case(incomplete: str, word: str) -> str:
    """Return the word in lower case if it was typed so: a shell compares with case."""
    return word.lower() if incomplete.islower() else word


def resolve_choice(word: str, choices: Collection[str], kind: str, otherwise: str = "") -> str:
    """Return the choice that a word names, ignoring case.

    Args:
        word: as it was typed.
        choices: what there is to choose from.
        kind: what the choices are, such as `channel`.
        otherwise: the hint if no choice resembles the word; by default it lists all choices.

    Raises:
        UsageError: there is no such choice; the hint names the nearest one.
    """
    choice = same_but_for_case(word, choices)
    if choice:
        return choice
    if re.fullmatch(_CODE, word) and (hint := _near_codes(word.upper(), choices)):
        raise UsageError(f'there is no {kind} "{word}"', hint)
    is_code = any(character.isdigit() for character in word)
    near = nearest(word, choices, _MIN_CODE_SIMILARITY) if is_code else nearest(word, choices)
    hint = f'did you mean "{near}"?' if near else otherwise or f"one of {', '.join(choices)}"
    raise UsageError(f'there is no {kind} "{word}"', hint)


def _near_codes(typed: str, choices: Collection[str]) -> str:
    """Return a hint with the codes that are similar to an unknown one."""
    codes = sorted(choice for choice in choices if re.fullmatch(_CODE, choice))
    family = [code for code in codes if code.startswith(typed[:3])]
    if not family:
        families = [[*family] for _, family in groupby(codes, _FAMILY)]
        return f"codes are {', '.join(f'{each[0]} to {each[-1]}' for each in families)}"
    near = [code for code in family if code.startswith(typed) or typed.startswith(code)]
    near = near or [code for code in family if _differ_in_one(typed, code)] or family
    if len(near) > _MAX_NEAR_CODES:
        return f"near it are {near[0]} to {near[-1]}; `pe rules` lists them"
    quoted = [f'"{code}"' for code in near]
    return f"did you mean {' or '.join(quoted)}?"


def _differ_in_one(typed: str, code: str) -> bool:
    pairs = zip(typed, code, strict=False)
    return len(typed) == len(code) and sum(one != other for one, other in pairs) == 1


def add_hint(error: Any) -> None:
    """Add to Click's message about the command line what the parser cannot know."""
    name = getattr(getattr(error, "param", None), "name", None)
    if name in _HINTS_FOR_MISSING and not error.message:
        error.message = _HINTS_FOR_MISSING[name]
    command = error.ctx.info_name if error.ctx else ""
    if command == "convert" and name == "output":
        error.message += " This is the format of the account; --out names the converted file."
    if option := getattr(error, "option_name", ""):
        _add_option_hint(error, command, option)
    elif "unexpected extra argument" in error.message and command in _HINTS_FOR_EXTRA:
        error.message += f". {_HINTS_FOR_EXTRA[command]}"
    elif unknown := re.fullmatch(r"No such command '(.*)'\.", error.message, re.DOTALL):
        error.message += _command_hint(unknown[1])


def _add_option_hint(error: Any, command: str, option: str) -> None:
    if not hasattr(error, "possibilities"):
        return
    taken = {name for param in error.ctx.command.params for name in param.opts}
    meant = next((own for own, others in _OPTIONS_BY_OTHER_NAMES.items() if option in others), "")
    if meant in taken:
        error.possibilities = [meant]
    elif "paths" in {param.name for param in error.ctx.command.params} and (
        option in _NAMES_OF_A_PATH
    ):
        error.possibilities = None
        error.message += ". Name files without an option."
    elif error.ctx.parent is None:
        error.possibilities = None
        error.message += ". Options come after the command."
    elif command == "validate" and (meant or option) in _TARGET_OPTIONS:
        error.possibilities = None
        error.message += ". This command sends nothing, and needs no target."


def _command_hint(typed: str) -> str:
    names = _COMMANDS_BY_OTHER_NAMES.items()
    meant = next((own for own, others in names if typed.lower() in (own, *others)), "")
    if meant:
        return f" Did you mean '{meant}'?"
    return f" To check files: pe validate {shlex.quote(typed)}" if os.path.lexists(typed) else ""
