"""Functions of CloudFormation: most of what they return is known only when a stack is made."""


def is_function(value: object) -> bool:
    """Tell whether a value is a call of a function, in its long form."""
    if not isinstance(value, dict) or len(value) != 1:
        return False
    ((name, argument),) = value.items()
    return str(name).startswith("Fn::") or (name == "Ref" and isinstance(argument, str))


def text_of_function(value: object) -> str | None:
    """Return the text that functions make, as far as the file has it; None if that is not known.

    `Fn::Sub` gives its text as it is written, `${...}` too, and `Fn::Join` joins texts, which may
    come from functions. A text stands for itself.
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
