"""Prints reference material: starting files, rules, members, schemas, completion scripts."""

import sys
from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli import COMPLETION_VARIABLE
from pinpoint_endpoints.cli.lookup import channels, resolve_choice, rules_and_members, schemas
from pinpoint_endpoints.cli.options import Output, OutputOption
from pinpoint_endpoints.cli.terminal import write_bytes
from pinpoint_endpoints.errors import ExitCode, UsageError
from pinpoint_endpoints.version import __version__

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.rule import Rule
    from pinpoint_endpoints.reports.explain import ExplainedMember


class FileFormat(StrEnum):
    """The formats of a starting file."""

    JSON = "json"
    YAML = "yaml"


def new(
    channel: Annotated[
        str,
        typer.Argument(
            metavar="CHANNEL",
            help="A channel type, such as EMAIL; or SEGMENT.",
            autocompletion=channels,
        ),
    ],
    file_format: Annotated[
        FileFormat, typer.Option("--format", help="YAML has every member, with comments.")
    ] = FileFormat.JSON,
) -> ExitCode:
    """Print a valid endpoint file to start from, or a segment.

    Examples:
        pe new EMAIL > ada.json
        pe new segment --format yaml > readers.yaml
    """
    from pinpoint_endpoints.schema.templates import (
        CHANNELS,
        SEGMENT,
        starting_json,
        starting_segment,
        starting_yaml,
    )

    name = resolve_choice(channel, [*CHANNELS, SEGMENT], "channel")
    as_yaml = file_format is FileFormat.YAML
    if name == SEGMENT:
        text = starting_segment(as_yaml=as_yaml)
    else:
        text = (starting_yaml if as_yaml else starting_json)(name)
    write_bytes(text.encode())
    return ExitCode.OK


def explain(
    subjects: Annotated[
        list[str],
        typer.Argument(
            metavar="CODE|MEMBER...",
            help="Rules, such as PE210, or members, such as Demographic.Timezone.",
            autocompletion=rules_and_members,
        ),
    ],
) -> ExitCode:
    """Explain rules and members of endpoints.

    A member may be named by its last part, such as Timezone, if only one has it.

    Examples:
        pe explain PE210
        pe explain Demographic.Timezone ChannelType
    """
    from pinpoint_endpoints.reports.explain import print_explanations

    print_explanations([_subject_named(name) for name in subjects], sys.stdout)
    return ExitCode.OK


def _subject_named(subject: str) -> "Rule | ExplainedMember":
    from pinpoint_endpoints.checks.rules.registry import all_rules, names_of_rules
    from pinpoint_endpoints.reports.explain import ExplainedMember
    from pinpoint_endpoints.schema.members import find_members, member_names

    members = find_members(subject)
    if len(members) > 1:
        there_are = " and ".join(member.name for member in members)
        raise UsageError(f'"{subject}" names more than one member', f"there are {there_are}")
    if not members:
        rules = names_of_rules()
        hint = "`pe rules` lists the rules, `pe explain EndpointRequest` the members"
        names = member_names()
        ends = [name.rpartition(".")[2] for name in names]
        return rules[resolve_choice(subject, [*rules, *names, *ends], "rule or member", hint)]
    about = [
        rule
        for rule in all_rules().values()
        if any(members[0] in find_members(name) for name in rule.members)
    ]
    return ExplainedMember(members[0], tuple(about))


def rules(output: OutputOption = Output.TABLE) -> ExitCode:
    """List the rules that files are checked against.

    `pe explain CODE` explains one.

    Examples:
        pe rules
        pe rules -o json
    """
    from pinpoint_endpoints.checks.rules.registry import all_rules
    from pinpoint_endpoints.cli.run import run
    from pinpoint_endpoints.reports.explain import RuleTally, RuleView
    from pinpoint_endpoints.reports.reporter import open_reporter

    reporter = open_reporter(RuleView(), output, sys.stdout)
    return run(all_rules().values(), reporter, RuleTally())


def schema(
    shape: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            help="A shape, such as EndpointBatchItem, or a bundled schema.",
            autocompletion=schemas,
        ),
    ] = "endpoint-request",
) -> ExitCode:
    """Print the JSON Schema that endpoint files are checked against.

    The output is the bundled file, byte for byte. The schema of a shape is self-contained.

    Examples:
        pe schema > schema.json
        pe schema --shape EndpointBatchItem
    """
    from pinpoint_endpoints.schema.export import schema_text, schema_titles

    write_bytes(schema_text(resolve_choice(shape, schema_titles(), "shape")))
    return ExitCode.OK


def version() -> ExitCode:
    """Print the version, as --version does."""
    typer.echo(f"pe {__version__}")
    return ExitCode.OK


class Shell(StrEnum):
    """The shells with completion of `pe`."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell to print the script for.")],
) -> ExitCode:
    """Print the shell completion script of `pe`.

    Put the first example into ~/.bashrc, or the second into ~/.zshrc, after compinit; or run the
    third once.

    Examples:
        eval "$(pe completion bash)"
        eval "$(pe completion zsh)"
        pe completion fish > ~/.config/fish/completions/pe.fish
    """
    _, get_completion_script = _typer_internals()
    typer.echo(get_completion_script(prog_name="pe", complete_var=COMPLETION_VARIABLE, shell=shell))
    return ExitCode.OK


def enable_completion() -> None:
    """Let Typer answer the scripts that `pe completion` prints.

    Typer does so itself only for programs that have its options `--install-completion` and
    `--show-completion`.
    """
    completion_init, _ = _typer_internals()
    completion_init()


def _typer_internals() -> tuple[Callable[[], None], Callable[..., str]]:
    """Return the two functions of Typer that are private; pyproject.toml bounds its version."""
    from typer._completion_classes import completion_init
    from typer._completion_shared import get_completion_script

    return completion_init, get_completion_script
