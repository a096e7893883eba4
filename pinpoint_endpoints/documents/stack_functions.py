"""Recognizes functions of CloudFormation, and evaluates those whose results the file has."""

from collections.abc import Mapping


def is_function(value: object) -> bool:
    """Tell whether a value is a function in its long form, such as `{"Fn::Sub": ...}`."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((name, argument),) = value.items()
    return str(name).startswith("Fn::") or (name == "Ref" and isinstance(argument, str))


def unknown_result(function: Mapping[str, object]) -> str:
    """Return the message about a function whose result only the stack knows."""
    (name,) = function
    return f"the result of {name} is known only in the stack"


def text_of_function(value: object) -> str | None:
    """Return the text that a function returns; None if only the stack knows it.

    `Fn::Sub` returns its text as it is written, with each `${...}`; `Fn::Join` joins texts and
    results of functions. A text is returned unchanged.
    """
    if isinstance(value, str):
        return value
    match value:
        case {"Fn::Sub": str(text) | [str(text), *_]}:
            return text
        case {"Fn::Join": [str(delimiter), [*items]]}:
            texts = [text_of_function(item) for item in items]
            known = [text for text in texts if text is not None]
            return delimiter.join(known) if len(known) == len(texts) else None
    return None
