"""Declare rules: each is a function with a code, and its docstring is its `pe explain` page."""

from collections.abc import Callable, Iterator
from enum import Enum
from inspect import cleandoc
from typing import Any, NamedTuple, TypeVar

from pinpoint_endpoints.documents.model import Severity

_Function = TypeVar("_Function", bound=Callable[..., Any])


class Scope(Enum):
    """What a rule checks."""

    TEXT = "the text of a file"
    SCHEMA = "one value, by the schema"
    MEMBER = "one value, at each of the rule's members"
    REQUEST = "one EndpointRequest"
    CREATE = "one EndpointRequest, and whether it must create a new endpoint"
    DOCUMENT = "one document, with everything around the request"
    ACROSS = "all documents of a run"
    SEGMENT_SCHEMA = "one value of a segment, by the schema"
    SEGMENT = "one segment"
    TEMPLATE = "one message template"


class Rule(NamedTuple):
    """One rule.

    Attributes:
        code: its stable code, such as `PE203`.
        severity: the severity of its problems, unless a finding has its own.
        scope: what it checks.
        members: the members that it is about, such as `Demographic.Timezone`.
        check: the function.
        ignorable: whether `--ignore` may name it; False where the file cannot be read further.
    """

    code: str
    severity: Severity
    scope: Scope
    members: tuple[str, ...]
    check: Callable[..., Any]
    ignorable: bool

    @property
    def name(self) -> str:
        """The rule's name, such as `apns-token`."""
        return str(getattr(self.check, "__name__", "")).replace("_", "-")

    @property
    def documentation(self) -> str:
        """What is wrong and why, the source, a wrong and a right example."""
        return cleandoc(self.check.__doc__ or "")

    @property
    def title(self) -> str:
        """What is wrong, in one line."""
        return self.documentation.partition("\n")[0].rstrip(".")


_RULES: dict[str, Rule] = {}


def rule(
    code: str,
    scope: Scope,
    *members: str,
    severity: Severity = Severity.ERROR,
    ignorable: bool = True,
) -> Callable[[_Function], _Function]:
    """Return a decorator that declares a function as the rule with a code."""

    def declare(function: _Function) -> _Function:
        if code in _RULES:
            raise ValueError(f"two rules have the code {code}")
        _RULES[code] = Rule(code, severity, scope, members, function, ignorable)
        return function

    return declare


def rule_of(code: str) -> Rule:
    """Return the rule with a code; its module must be imported."""
    return _RULES[code]


def declared() -> Iterator[Rule]:
    """Yield the rules of all imported modules, sorted by code."""
    for code in sorted(_RULES):
        yield _RULES[code]
