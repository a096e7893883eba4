"""Declares the options that commands share, each once; options that go together are a group.

A command has one parameter for all options of a group.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from enum import StrEnum
from functools import wraps
from inspect import Parameter, get_annotations, signature
from typing import Annotated, Any, ClassVar, TypeVar, dataclass_transform, get_origin

import typer

from pinpoint_endpoints.checks.finding import Policy
from pinpoint_endpoints.cli.lookup import (
    resolve_choice,
    rules_to_ignore,
    stored_applications,
    stored_endpoints,
)
from pinpoint_endpoints.cli.terminal import note
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.dates import parse_date_time
from pinpoint_endpoints.errors import UsageError

Result = TypeVar("Result")


@dataclass_transform(kw_only_default=True, frozen_default=True)
class OptionGroup:
    """Options that go together: the members of a subclass that have an `Annotated` type.

    It is made like a dataclass; a real one takes half a millisecond to declare, at every start.

    Attributes:
        heading: the heading of the options in the command's help.
    """

    heading: ClassVar[str]

    def __init__(self, **values: Any) -> None:
        vars(self).update(values)


def with_single_options(command: Callable[..., Result]) -> Callable[..., Result]:
    """Return a command in the form that Typer needs: a parameter for each option of its groups.

    Args:
        command: a function, with one parameter for all options of an `OptionGroup`.
    """
    groups: dict[str, tuple[Any, list[Parameter]]] = {}
    alone: set[str] = set()
    flat: dict[str, Parameter] = {}
    for name, parameter in signature(command).parameters.items():
        kind = parameter.annotation
        if isinstance(kind, type) and issubclass(kind, OptionGroup):
            options = _options_of(kind)
            groups[name] = kind, options
        else:
            alone.add(name)
            options = [parameter.replace(kind=Parameter.KEYWORD_ONLY)]
        for option in options:
            flat.pop(option.name, None)  # an option of two groups is listed with the second
            flat[option.name] = option

    @wraps(command)
    def with_groups(**values: Any) -> Result:
        arguments = {name: values[name] for name in alone}
        for name, (group, options) in groups.items():
            arguments[name] = group(**{option.name: values[option.name] for option in options})
        return command(**arguments)

    changed: Any = with_groups
    changed.headings = {
        option.name: group.heading for group, options in groups.values() for option in options
    }
    changed.__signature__ = signature(command).replace(parameters=list(flat.values()))
    changed.__annotations__ = {each.name: each.annotation for each in flat.values()}
    return with_groups


def _options_of(group: type[OptionGroup]) -> list[Parameter]:
    types: dict[str, Any] = {}
    for kind in reversed(group.__mro__):
        types |= get_annotations(kind)
    return [
        Parameter(
            name,
            Parameter.KEYWORD_ONLY,
            default=getattr(group, name, Parameter.empty),
            annotation=type_,
        )
        for name, type_ in types.items()
        if get_origin(type_) is Annotated
    ]


class Output(StrEnum):
    """The output format."""

    TABLE = "table"
    TEXT = "text"
    JSON = "json"


class Keys(StrEnum):
    """The keys of attributes: as in Pinpoint, or changed so that Connect's segments accept them."""

    KEEP = "keep"
    STRICT = "strict"


KeysOption = Annotated[
    Keys | None,
    typer.Option(
        "--keys",
        help="Of profiles: strict changes attribute keys that Connect's segments may refuse.",
        show_default="keep",
    ),
]


def _name_project_file(ctx: typer.Context, verbose: bool) -> bool:
    if verbose and ctx.obj is not None:
        note(f"using {ctx.obj}")
    return verbose


TARGET = "Target"
CHECKS = "Checks"
OUTPUT = "Output"

App = Annotated[
    str,
    typer.Option(
        "--app",
        metavar="ID",
        envvar="PE_APP",
        help="The application id.",
        autocompletion=stored_applications,
    ),
]
AppOrNamed = Annotated[
    str | None,
    typer.Option(
        "--app",
        metavar="ID",
        envvar="PE_APP",
        show_default="the ApplicationId that the files name",
        help="The application id.",
        autocompletion=stored_applications,
        rich_help_panel=TARGET,
    ),
]
EndpointId = Annotated[
    str | None,
    typer.Option(
        "--id",
        metavar="ID",
        show_default="the document's own, else the file's name",
        help="The endpoint id, for one document.",
        autocompletion=stored_endpoints,
        rich_help_panel=TARGET,
    ),
]
OutputOption = Annotated[
    Output, typer.Option("--output", "-o", help="The output format.", rich_help_panel=OUTPUT)
]
Quiet = Annotated[
    bool,
    typer.Option("--quiet", "-q", help="Print results and errors only.", rich_help_panel=OUTPUT),
]
Verbose = Annotated[
    bool,
    typer.Option(
        "--verbose",
        "-v",
        callback=_name_project_file,
        help="Print more to standard error.",
        rich_help_panel=OUTPUT,
    ),
]
Ignore = Annotated[
    list[str] | None,
    typer.Option(
        "--ignore",
        metavar="CODE",
        help="Ignore a rule; `pe rules` lists them. Repeatable.",
        rich_help_panel=CHECKS,
        autocompletion=rules_to_ignore,
    ),
]
Strict = Annotated[
    bool,
    typer.Option("--strict/--no-strict", help="Treat warnings as errors.", rich_help_panel=CHECKS),
]


NowOption = Annotated[
    str | None,
    typer.Option(
        "--now",
        metavar="INSTANT",
        show_default="the current time",
        help="The time of the run, such as 2026-11-30T09:00:00Z, for repeatable results.",
    ),
]


class CheckOptions(OptionGroup):
    """The options for checking documents.

    Attributes:
        strict: whether warnings make a document invalid.
        ignore: rules to leave out, by code or name in any case.
        create: whether every endpoint is new.
    """

    heading = CHECKS

    strict: Strict = False
    ignore: Ignore = None
    create: Annotated[
        bool,
        typer.Option(
            "--create",
            help="Treat endpoints as new: each needs a ChannelType and, unless opted out, an "
            "Address.",
        ),
    ] = False

    def policy(self) -> Policy:
        """Return how documents are checked.

        Raises:
            UsageError: a rule is not known (the nearest is named), or cannot be ignored.
        """
        return Policy(frozenset(map(_ignorable, self.ignore or ())), self.strict, self.create)

    def notes_empty(self, *, quiet: bool) -> bool:
        """Return whether files that hold no endpoint are named on standard error."""
        return not quiet and codes.HOLDS_NO_ENDPOINT not in self.policy().ignore

    def sending_policy(self) -> Policy:
        """Return how documents are checked before they are sent, without read-only members.

        Raises:
            UsageError: a rule is not known (the nearest is named), or cannot be ignored.
        """
        policy = self.policy()
        return policy._replace(ignore={*policy.ignore, codes.READ_ONLY_MEMBERS})


class DisplayOptions(OptionGroup):
    """The options that determine how much is shown.

    Attributes:
        show_values: whether personal data is shown unmasked.
        quiet: whether only results and errors are printed.
        verbose: whether more is printed on standard error.
    """

    heading = OUTPUT

    show_values: Annotated[
        bool,
        typer.Option(
            "--show-values/--no-show-values",
            envvar="PE_SHOW_VALUES",
            help="Show personal data unmasked.",
        ),
    ] = False
    quiet: Quiet = False
    verbose: Verbose = False


def _ignorable(word: str) -> str:
    from pinpoint_endpoints.checks.rules.registry import names_of_rules

    rules = names_of_rules()
    rule = rules[resolve_choice(word, rules, "rule", "`pe rules` lists them")]
    if not rule.ignorable:
        raise UsageError(
            f"{rule.code} cannot be ignored",
            "what this rule finds keeps the file from being read, and so from being checked",
        )
    return rule.code


def parse_instant(text: str | None) -> datetime:
    """Return the time that `--now` gives, in UTC if it has no offset; by default the current one.

    Raises:
        UsageError: the text is not a date and time.
    """
    found = datetime.now(UTC) if text is None else parse_date_time(text)
    if found is None:
        raise UsageError(
            f'not a date and time: "{text}"', "write it as 2026-11-30T09:00:00Z, or as 2026-11-30"
        )
    return found


_RATE = r"([0-9]+(?:\.[0-9]+)?)(?:/(s|m))?"
_UNIT_SECONDS = {"s": 1, "m": 60, None: 1}
_TIME = r"([0-9]+(?:\.[0-9]+)?)(ms|s)"
_MAX_SECONDS = 3600


def parse_rate(text: str) -> float:
    """Return calls per second: `5/s`, `30/m`, or a number alone.

    Raises:
        UsageError: the text is not a rate, or the rate is too low.
    """
    from pinpoint_endpoints.service.rate_limit import check_rate

    found = re.fullmatch(_RATE, text)
    if found is None:
        raise UsageError(f'invalid rate "{text}"', "use calls per second or minute: 5/s, 30/m")
    rate = float(found[1]) / _UNIT_SECONDS[found[2]]
    check_rate(rate)
    return rate


def parse_seconds(text: str | float) -> float:
    """Return seconds: `50ms`, `1.5s`.

    Raises:
        UsageError: the text is not a time, or it is more than an hour.
    """
    if not isinstance(text, str):
        return text
    found = re.fullmatch(_TIME, text)
    if found is None:
        raise UsageError(f'invalid time "{text}"', "use milliseconds or seconds: 50ms, 1.5s")
    seconds = float(found[1]) / (1000 if found[2] == "ms" else 1)
    if seconds > _MAX_SECONDS:
        raise UsageError(f"{text} is more than an hour", "no client waits that long")
    return seconds


def parse_ratio(text: str | float) -> float:
    """Return a ratio from 0 to 1.

    Raises:
        UsageError: the text is not a number from 0 to 1.
    """
    try:
        ratio = float(text)
    except ValueError:
        ratio = -1.0
    if not 0 <= ratio <= 1:
        raise UsageError(
            f'invalid ratio "{text}"', "use a number from 0 to 1: 0.02 is one in fifty"
        )
    return ratio
