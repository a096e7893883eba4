"""`pe explain`: the names of rules and members in, what they mean out."""

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from pinpoint_endpoints.cli.lookup import rules_and_members
from pinpoint_endpoints.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from pinpoint_endpoints.documents.rule import Rule
    from pinpoint_endpoints.reports.explain import ExplainedMember


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
    """
    from pinpoint_endpoints.reports.explain import print_explanations

    print_explanations([_subject_named(name) for name in subjects], sys.stdout)
    return ExitCode.OK


def _subject_named(subject: str) -> "Rule | ExplainedMember":
    from pinpoint_endpoints.checks.rules.registry import all_rules, names_of_rules
    from pinpoint_endpoints.cli.lookup import resolve_choice
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
