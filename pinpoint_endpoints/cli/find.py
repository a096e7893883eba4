"""`pe find`: find endpoints by an expression, an address or a user."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from pinpoint_endpoints.cli.audience import AudienceReader, Member, StoredAudience
from pinpoint_endpoints.cli.inputs import OptionalInputs, is_path
from pinpoint_endpoints.cli.members import (
    Matching,
    MemberOptions,
    check_output,
    member_results,
    run_with_members,
)
from pinpoint_endpoints.cli.options import DisplayOptions, Output, OutputOption
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import printable, shown_member
from pinpoint_endpoints.segments.evaluate import Answer, Endpoint, Predicate
from pinpoint_endpoints.segments.expression import (
    Expression,
    InvalidExpression,
    compile_expression,
)
from pinpoint_endpoints.segments.users import user_id_of

_MAX_BEFORE = 50
_MAX_BEHIND = 20
"""How many characters are shown of an expression, before the place where it is wrong and behind."""


def find(
    ctx: typer.Context,
    expression: Annotated[
        str | None,
        typer.Argument(
            metavar="[EXPRESSION]",
            show_default=False,
            help="In JMESPath, such as: Location.Country == 'DE' && OptOut == 'NONE'",
        ),
    ] = None,
    *,
    inputs: OptionalInputs,
    address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="Of the endpoint, exactly.")
    ] = None,
    user: Annotated[
        str | None, typer.Option("--user", metavar="ID", help="The user's id, exactly.")
    ] = None,
    members: MemberOptions,
    stored: StoredAudience,
    output: OutputOption = Output.TABLE,
    display: DisplayOptions,
) -> ExitCode:
    """Find endpoints by an expression, an address or a user.

    What is given has to match together. The expression is JMESPath, as in the AWS CLI's --query:
    texts have single quotes, numbers backquotes. Endpoints are read, and not validated.

    Exit codes: 0 done; 1 the number is not the expected one; 2 the expression is wrong; 3 could not
    run.

    Examples:
        pe find "Location.Country == 'DE' && OptOut == 'NONE'" endpoints/
        pe find --address +12065550100 endpoints/ --list
    """
    from pinpoint_endpoints.reports.reporter import ReportOptions
    from pinpoint_endpoints.reports.segments import ListView, MemberTally, MemberView
    from pinpoint_endpoints.segments.funnel import FOUND_WORDS

    has_others = address is not None or user is not None
    if has_others and expression is not None and is_path(expression):
        inputs = OptionalInputs(**{**vars(inputs), "paths": [expression, *inputs.paths]})
        expression = None
    if expression is None and not has_others:
        raise UsageError("nothing to find is given", "give an expression, --address or --user")
    if expression is not None and not inputs.paths and not stored.local and is_path(expression):
        raise UsageError(f"{printable(expression)} is a file", "name the expression before it")
    compiled = None if expression is None else _compiled(expression)
    seen: set[str] = set()
    decide = _predicate(compiled, address, user, seen)
    tally = MemberTally(members.funnel(FOUND_WORDS))
    reader = AudienceReader(
        ctx,
        inputs,
        stored,
        None,
        tally,
        activity="searching",
        quiet=display.quiet,
        verbose=display.verbose,
    )
    target = check_output(members, output, inputs)
    options = ReportOptions(show_values=display.show_values, quiet=display.quiet)
    view = (ListView if members.hides_counts(quiet=display.quiet) else MemberView)(options, "find")
    matching = Matching(decide, _with_id)
    results = member_results(reader, matching, members, tally, target)

    def remarks(_error: PinpointEndpointsError | None) -> Iterator[str]:
        if compiled is not None and tally.endpoints:
            yield from map(_remark, sorted(compiled.names - seen))
        if compiled is not None and compiled.quotes_number:
            yield "a number in quotes is text, and cannot be compared with numbers: use backquotes"
        yield from reader.remarks()

    return run_with_members(results, view, tally, members, output, remarks, quiet=display.quiet)


def _compiled(expression: str) -> Expression:
    try:
        return compile_expression(expression)
    except InvalidExpression as error:
        begin = max(0, error.column - _MAX_BEFORE)
        note(f"  {error.expression[begin : error.column + _MAX_BEHIND]}")
        note(f"  {'^':>{error.column - begin}}")
        raise


def _predicate(
    compiled: Expression | None, address: str | None, user: str | None, seen: set[str]
) -> Predicate:
    def decide(endpoint: Endpoint) -> Answer:
        if address is not None and endpoint.get("Address") != address:
            return False
        if user is not None and user_id_of(endpoint) != user:
            return False
        return compiled is None or compiled.decide(endpoint)

    if compiled is None:
        return decide
    names = compiled.names

    def decide_and_note(endpoint: Endpoint) -> Answer:
        if len(seen) < len(names):
            seen.update(names.intersection(endpoint))
        return decide(endpoint)

    return decide_and_note


def _with_id(member: Member) -> dict[str, Any]:
    return {**member.endpoint, "Id": member.endpoint_id}


def _remark(name: str) -> str:
    """Return that no endpoint has a member, and which one may be meant."""
    from pinpoint_endpoints.schema.members import member_names

    names = member_names()
    same = next((one for one in names if one.rpartition(".")[2] == name and one != name), "")
    near = same or nearest(name, names)
    hint = ""
    if near != name:
        hint = f": did you mean {near}?" if near else f": texts have quotes: '{shown_member(name)}'"
    return f"no endpoint has the member {shown_member(name)}{hint}"
