"""`pe find`: find endpoints by an expression, an address or a user."""

from collections.abc import Collection, Iterator
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
from pinpoint_endpoints.documents.suggestions import nearest, same_but_for_case
from pinpoint_endpoints.errors import ExitCode, PinpointEndpointsError, UsageError
from pinpoint_endpoints.masking import counted, dotted, printable, shown_member
from pinpoint_endpoints.segments.evaluate import Answer, Endpoint
from pinpoint_endpoints.segments.expression import (
    Expression,
    ExpressionError,
    MemberPath,
    UnseenMembers,
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
    question = _Question(None if expression is None else _compiled(expression), address, user)
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
    matching = Matching(question.decide, _with_id)
    results = member_results(reader, matching, members, tally, target)

    def remarks(_error: PinpointEndpointsError | None) -> Iterator[str]:
        if tally.endpoints:
            yield from question.remarks()
        yield from reader.remarks()

    return run_with_members(results, view, tally, members, output, remarks, quiet=display.quiet)


def _compiled(expression: str) -> Expression:
    try:
        return compile_expression(expression)
    except ExpressionError as error:
        begin = max(0, error.column - _MAX_BEFORE)
        note(f"  {error.expression[begin : error.column + _MAX_BEHIND]}")
        note(f"  {'^':>{error.column - begin}}")
        raise


class _Question:
    """The conditions that an endpoint has to meet, and why fewer may meet them than expected.

    Args:
        expression: it has to match, if it is given.
        address: the endpoint has to have it, if it is given.
        user: the endpoint has to have this user id, if it is given.
    """

    def __init__(
        self, expression: Expression | None, address: str | None, user: str | None
    ) -> None:
        self._expression = expression
        self._unseen = UnseenMembers(() if expression is None else expression.members)
        self._address = address
        self._user = user
        self._in_other_case = 0

    def decide(self, endpoint: Endpoint) -> Answer:
        """Return whether an endpoint matches."""
        if self._address is not None and not self._is_same(self._address, endpoint.get("Address")):
            return False
        if self._user is not None and not self._is_same(self._user, user_id_of(endpoint)):
            return False
        if self._expression is None:
            return True
        if self._unseen.names:
            self._unseen.look_at(endpoint)
        return self._expression.decide(endpoint)

    def _is_same(self, wanted: str, value: object) -> bool:
        if value == wanted:
            return True
        self._in_other_case += isinstance(value, str) and value.lower() == wanted.lower()
        return False

    def remarks(self) -> Iterator[str]:
        """Yield why fewer endpoints may have been found than expected."""
        if self._in_other_case:
            number = counted(self._in_other_case, "endpoint")
            yield f"{number} left out because of a difference in upper and lower case"
        if self._expression is not None:
            for path in self._unseen.uppermost():
                yield _no_member(path, self._unseen.names[path])
            yield from self._expression.advice


def _with_id(member: Member) -> dict[str, Any]:
    return {**member.endpoint, "Id": member.endpoint_id}


def _no_member(path: MemberPath, beside: Collection[str]) -> str:
    """Return the remark that no endpoint has a member, with the one that may be meant.

    Args:
        path: the path of the member.
        beside: the names of the members that endpoints have there.
    """
    from pinpoint_endpoints.schema.members import member_names

    *above, name = path
    names = member_names()
    if above:
        near = same_but_for_case(name, beside) or nearest(name, beside)
        near = near and dotted([*above, near])
    elif name in names:
        near = ""
    else:
        same = (one for one in names if one.rpartition(".")[2] == name)
        near = next(same, "") or nearest(name, names)
    hint = f": did you mean {near}?" if near else ""
    if not near and not above and name not in names:
        hint = f": texts have quotes: '{shown_member(name)}'"
    return f"no endpoint has the member {dotted(path)}{hint}"
