"""Find endpoints by an expression in JMESPath, the language of the AWS CLI's --query."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

from pinpoint_endpoints.documents.suggestions import nearest
from pinpoint_endpoints.errors import UsageError
from pinpoint_endpoints.masking import counted
from pinpoint_endpoints.segments.evaluate import Answer, Endpoint

_CONTEXT_OF_FIRST = frozenset(
    {"subexpression", "index_expression", "projection", "filter_projection", "value_projection",
     "flatten", "pipe", "slice"}
)  # fmt: skip
"""Of these, only the first part looks at the endpoint itself."""

_NUMBER = re.compile(r"\s*[-+]?[0-9]+(?:\.[0-9]+)?\s*")
_ORDERS = frozenset({"lt", "lte", "gt", "gte"})
_FUNCTIONS = frozenset({"contains", "starts_with", "ends_with"})
"""They answer false where there is no value, so that they can be asked about any endpoint."""


class InvalidExpression(UsageError):  # noqa: N818 - says what it means where it is raised
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
        names: the members of an endpoint that it looks at.
        quotes_number: whether it asks if something is more or less than a number in quotes.
    """

    decide: Callable[[Endpoint], Answer]
    names: frozenset[str]
    quotes_number: bool = False


def compile_expression(text: str) -> Expression:
    """Return a compiled expression.

    It matches what JMESPath takes as true: everything but false, null and what is empty. Where a
    function gets a value of a wrong type, or values cannot be compared, it does not match.

    Raises:
        InvalidExpression: it is wrong.
    """
    import jmespath
    from jmespath import exceptions, visitor

    try:
        compiled = jmespath.compile(text)
    except exceptions.EmptyExpressionError:
        raise InvalidExpression(text, 1, "it is empty") from None
    except exceptions.IncompleteExpressionError:
        raise InvalidExpression(text, len(text) + 1, "it ends too early", _advice(text)) from None
    except exceptions.LexerError as error:
        column = error.lexer_position + 1
        message = f"unexpected {text[error.lexer_position]}"
        raise InvalidExpression(text, column, message, _advice(text)) from None
    except exceptions.ParseError as error:
        message = f"unexpected {error.token_value}"
        raise InvalidExpression(text, error.lex_position + 1, message, _advice(text)) from None
    if _negates_a_part(compiled.parsed):
        column = text.find("!") + 1
        message = "! takes only the name before the dot, so that this is never true"
        raise InvalidExpression(text, column, message, "write !(Attributes.NAME)")
    options = jmespath.Options(custom_functions=_functions())
    for name, arguments in _calls(compiled.parsed):
        _check_call(text, name, arguments, options)
    interpreter = visitor.TreeInterpreter(options)  # search() would make one for each endpoint
    parsed = compiled.parsed
    failures = (exceptions.JMESPathError, TypeError, ValueError, OverflowError)

    def decide(endpoint: Endpoint) -> Answer:
        try:
            found = interpreter.visit(parsed, endpoint)
        except failures:
            return False
        return found is not None and found is not False and found not in ("", [], {})

    return Expression(decide, frozenset(_names(parsed)), _quotes_number(parsed))


def _functions() -> Any:
    """Return JMESPath's functions, of which some take null as a value without anything in it."""
    from jmespath import functions

    class Functions(functions.Functions):  # type: ignore[misc] # the library has no types
        pass

    table: dict[str, Any] = dict(functions.Functions.FUNCTION_TABLE)
    for name in _FUNCTIONS:
        first, *others = table[name]["signature"]
        with_null = {**first, "types": [*first["types"], "null"]}
        function = _false_of_null(table[name]["function"])
        table[name] = {"function": function, "signature": (with_null, *others)}
    Functions.FUNCTION_TABLE = table
    return Functions()


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
        raise InvalidExpression(text, column, f"there is no function {name}()", hint)
    signature = table[name]["signature"]
    variadic = bool(signature) and signature[-1].get("variadic")
    if arguments < len(signature) or (arguments > len(signature) and not variadic):
        wanted = f"{'at least ' if variadic else ''}{len(signature)}"
        message = f"{name}() has {counted(arguments, 'argument')}, and needs {wanted}"
        raise InvalidExpression(text, column, message)


def _negates_a_part(node: Mapping[str, Any]) -> bool:
    """Tell whether a part of an expression asks for a member of what `!` returns."""
    children = [child for child in node["children"] if isinstance(child, dict)]
    if node["type"] in _CONTEXT_OF_FIRST - {"pipe"} and children[0]["type"] == "not_expression":
        return True
    return any(map(_negates_a_part, children))


def _quotes_number(node: Mapping[str, Any]) -> bool:
    """Tell whether a part of an expression is a comparison by order with a number in quotes."""
    children = [child for child in node["children"] if isinstance(child, dict)]
    if node["type"] == "comparator" and node["value"] in _ORDERS:
        literals = (child["value"] for child in children if child["type"] == "literal")
        return any(isinstance(value, str) and _NUMBER.fullmatch(value) for value in literals)
    return any(map(_quotes_number, children))


def _calls(node: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    if node["type"] == "function_expression":
        yield str(node["value"]), len(node["children"])
    for child in node["children"]:
        if isinstance(child, dict):
            yield from _calls(child)


def _names(node: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the members that a part of an expression takes from the endpoint."""
    if node["type"] == "field":
        yield str(node["value"])
    children = [child for child in node["children"] if isinstance(child, dict)]
    for child in children[:1] if node["type"] in _CONTEXT_OF_FIRST else children:
        yield from _names(child)


def _advice(text: str) -> str:
    """Return what is most often wrong with an expression."""
    import re

    if re.search(r"(?<![=!<>])=(?!=)", text):
        return "write == to compare"
    if re.search(r"[=<>]\s*-?\d", text):
        return "numbers have backquotes: Metrics.visits > `5`"
    if re.search(r"\b(and|or|not)\b", text, re.IGNORECASE):
        return "write && for and, || for or, and ! for not"
    return "see `pe help segments`"
