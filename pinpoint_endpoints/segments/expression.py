"""Find endpoints by an expression in JMESPath, the language of the AWS CLI's --query."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.masking import counted, dotted
from pinpoint_endpoints.segments.definition import USER_ATTRIBUTES
from pinpoint_endpoints.segments.evaluate import Answer, Endpoint

MemberPath = tuple[str, ...]
_CONTEXT_OF_FIRST = frozenset(
    {"subexpression", "index_expression", "projection", "filter_projection", "value_projection",
     "flatten", "pipe", "slice"}
)  # fmt: skip
"""Of these, only the first part looks at the endpoint itself."""

_OF_LISTS = frozenset({"filter_projection", "flatten", "index_expression", "projection"})
"""Parts of these kinds have a value only if their first part is a list."""

_MAX_NAMES = 1_000
_NUMBER = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]+)?\s*")
_ORDERS = frozenset({"lt", "lte", "gt", "gte"})
_FUNCTIONS = frozenset({"contains", "starts_with", "ends_with"})
"""These return false for null, so that they can be applied to endpoints without the member."""


class ExpressionError(UsageError):
    """An expression is wrong.

    Args:
        expression: the expression.
        column: where it is wrong, from 1.
        message: what is wrong.
        hint: what to do about it.
    """

    def __init__(self, expression: str, column: int, message: str, hint: str = "") -> None:
        super().__init__(f"the expression is wrong at column {column}: {message}", hint)
        self.expression = expression
        self.column = column


class Expression(NamedTuple):
    """A compiled expression.

    Attributes:
        decide: answers for an endpoint, which has its `Id`.
        members: the paths of the members of an endpoint that it reads, and of those above them.
        advice: messages about comparisons that are probably not meant as they are written.
    """

    decide: Callable[[Endpoint], Answer]
    members: frozenset[MemberPath]
    advice: Sequence[str] = ()


class UnseenMembers:
    """Finds the members that no endpoint has.

    Attributes:
        names: for each such member, names that endpoints have in its place, for suggestions.

    Args:
        members: the paths to look for, and those above them.
    """

    def __init__(self, members: Iterable[MemberPath]) -> None:
        self.names: dict[MemberPath, set[str]] = {member: set() for member in members}

    def look_at(self, endpoint: Endpoint) -> None:
        """Drop the members that an endpoint has, and collect the names beside the others."""
        for path, names in [*self.names.items()]:
            holder: Any = endpoint
            for step in path[:-1]:
                holder = holder.get(step) if isinstance(holder, dict) else None
            if not isinstance(holder, dict):
                continue
            if path[-1] in holder:
                del self.names[path]
            elif len(names) < _MAX_NAMES:
                names.update(holder)

    def uppermost(self) -> list[MemberPath]:
        """Return the paths of missing members, but not of those below another one."""
        return sorted(path for path in self.names if path[:-1] not in self.names)


def compile_expression(text: str) -> Expression:
    """Return a compiled expression.

    It matches what JMESPath takes as true: everything but false, null and what is empty. Where a
    function gets a value of a wrong type, or values cannot be compared, it does not match.

    Raises:
        ExpressionError: the expression cannot be parsed, or would never match.
    """
    import jmespath
    from jmespath import exceptions, visitor

    try:
        compiled = jmespath.compile(text)
    except exceptions.EmptyExpressionError:
        raise ExpressionError(text, 1, "it is empty") from None
    except exceptions.IncompleteExpressionError:
        raise ExpressionError(text, len(text) + 1, "it ends too early", _advice(text)) from None
    except exceptions.LexerError as error:
        column = error.lexer_position + 1
        message = f"unexpected {text[error.lexer_position]}"
        raise ExpressionError(text, column, message, _advice(text)) from None
    except exceptions.ParseError as error:
        message = f"unexpected {error.token_value}"
        raise ExpressionError(text, error.lex_position + 1, message, _advice(text)) from None
    parsed = compiled.parsed
    _refuse_what_never_matches(text, parsed)
    options = jmespath.Options(custom_functions=_functions())
    for node in _nodes(parsed):
        if node["type"] == "function_expression":
            _check_call(text, str(node["value"]), len(node["children"]), options)
    interpreter = visitor.TreeInterpreter(options)  # search() would make one for each endpoint
    failures = (exceptions.JMESPathError, TypeError, ValueError, OverflowError)

    def decide(endpoint: Endpoint) -> Answer:
        try:
            found = interpreter.visit(parsed, endpoint)
        except failures:
            return False
        return found is not None and found is not False and found not in ("", [], {})

    members = {
        path[:length]
        for node in _nodes(parsed, of_endpoint=True)
        for path in [_member_of(node)]
        for length in range(1, len(path) + 1)
    }
    advice = dict.fromkeys(filter(None, map(_advice_on, _nodes(parsed))))
    return Expression(decide, frozenset(members), [*advice])


def _refuse_what_never_matches(text: str, parsed: Mapping[str, Any]) -> None:
    if any(map(_negates_a_part, _nodes(parsed))):
        column = text.find("!") + 1
        message = "! applies only to the name before the dot, so this is never true"
        raise ExpressionError(text, column, message, "write !(Attributes.NAME)")
    if any(map(_takes_list, _nodes(parsed, of_endpoint=True))):
        message = "an endpoint is not a list, so brackets select nothing"
        raise ExpressionError(text, text.find("[") + 1, message, "write the condition alone")


def _functions() -> Any:
    """Return JMESPath's functions; some of them accept null, and return false for it."""
    from jmespath import functions

    table: dict[str, Any] = dict(functions.Functions.FUNCTION_TABLE)
    for name in _FUNCTIONS:
        first, *others = table[name]["signature"]
        with_null = {**first, "types": [*first["types"], "null"]}
        function = _false_of_null(table[name]["function"])
        table[name] = {"function": function, "signature": (with_null, *others)}
    found = functions.Functions()
    found.FUNCTION_TABLE = table
    return found


def _false_of_null(function: Callable[..., Any]) -> Callable[..., Any]:
    def call(self: object, subject: object, *others: object) -> Any:
        return False if subject is None else function(self, subject, *others)

    return call


def _check_call(text: str, name: str, arguments: int, options: Any) -> None:
    table = options.custom_functions.FUNCTION_TABLE
    column = text.find(f"{name}(") + 1 or 1
    if name not in table:
        near = nearest(name, sorted(table))
        hint = f"did you mean {near}()?" if near else f"there are {', '.join(sorted(table))}"
        raise ExpressionError(text, column, f"unknown function {name}()", hint)
    signature = table[name]["signature"]
    variadic = bool(signature) and signature[-1].get("variadic")
    if arguments < len(signature) or (arguments > len(signature) and not variadic):
        wanted = f"{'at least ' if variadic else ''}{len(signature)}"
        message = f"{name}() has {counted(arguments, 'argument')}, and needs {wanted}"
        raise ExpressionError(text, column, message)


def _children(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [child for child in node["children"] if isinstance(child, dict)]


def _nodes(node: Mapping[str, Any], *, of_endpoint: bool = False) -> Iterator[Mapping[str, Any]]:
    """Yield a part of an expression and those below it.

    Args:
        node: the part.
        of_endpoint: whether to yield only parts that are evaluated on the endpoint itself.
    """
    yield node
    children = _children(node)
    if of_endpoint and node["type"] in _CONTEXT_OF_FIRST:
        children = children[: 0 if _member_of(node) else 1]
    for child in children:
        yield from _nodes(child, of_endpoint=of_endpoint)


def _member_of(node: Mapping[str, Any]) -> MemberPath:
    """Return the path of names that a part of an expression begins with; empty if there is none."""
    if node["type"] == "field":
        return (str(node["value"]),)
    path: MemberPath = ()
    if node["type"] in _CONTEXT_OF_FIRST:
        children = _children(node)
        for child in children if node["type"] == "subexpression" else children[:1]:
            path += _member_of(child)
            if child["type"] != "field":
                break
    return path


def _negates_a_part(node: Mapping[str, Any]) -> bool:
    """Tell whether a part of an expression selects a member of the result of `!`."""
    if node["type"] not in _CONTEXT_OF_FIRST - {"pipe"}:
        return False
    return bool(_children(node)[0]["type"] == "not_expression")


def _takes_list(node: Mapping[str, Any]) -> bool:
    """Tell whether a part of an expression treats the endpoint as a list."""
    return node["type"] in _OF_LISTS and _children(node)[0]["type"] in ("identity", "current")


def _advice_on(node: Mapping[str, Any]) -> str:
    """Return what is probably wrong with a comparison; an empty text if nothing is."""
    if node["type"] != "comparator":
        return ""
    texts = [part["value"] for part in _children(node) if part["type"] == "literal"]
    if not texts or not isinstance(texts[0], str):
        return ""
    if node["value"] in _ORDERS and _NUMBER.fullmatch(texts[0]):
        return "a number in quotes is text, and cannot be compared with numbers: use backquotes"
    for part in _children(node):
        member = _member_of(part)
        is_whole = all(child["type"] == "field" for child in _children(part))
        if is_whole and member[:-1] in (("Attributes",), USER_ATTRIBUTES):
            name = dotted(member)
            return f"{name} is a list, not a text: compare {name}[0], or use contains({name}, ...)"
    return ""


def _advice(text: str) -> str:
    """Return what is most often wrong with an expression."""
    if re.search(r"(?<![=!<>])=(?!=)", text):
        return "write == to compare"
    if re.search(r"[=<>]\s*-?\d", text):
        return "numbers have backquotes: Metrics.visits > `5`"
    if re.search(r"\b(and|or|not)\b", text, re.IGNORECASE):
        return "write && for and, || for or, and ! for not"
    return "see `pe help segments`"
