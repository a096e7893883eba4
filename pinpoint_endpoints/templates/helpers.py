"""The helpers of Pinpoint's message templates.

Names and forms are those of the user guide, "Using message template helpers"; where it is silent,
they do what Handlebars.java's helpers of these names do.
"""

import operator
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, localcontext
from typing import Any, NamedTuple

from pinpoint_endpoints.templates.arguments import (
    Arguments,
    MissingValueError,
    is_missing,
    text_of,
)
from pinpoint_endpoints.templates.dates import format_date, parse_date


def is_truthy(value: object) -> bool:
    """Return whether a condition holds: nothing, an empty text or list, 0 and false do not."""
    return value is not None and value is not False and value not in ("", 0) and value != []


class Helper(NamedTuple):
    """One helper.

    Attributes:
        function: what it does.
        least: how many arguments it needs.
        most: how many it takes.
        options: the names of arguments with names.
        is_condition: whether it can open a block, and tolerates missing values.
        tests: how many of its first arguments it only tests: nothing of them is in its result.
    """

    function: Callable[[Arguments], object]
    least: int
    most: int
    options: tuple[str, ...] = ()
    is_condition: bool = False
    tests: int = 0


MAX_PADDED = 10_000
"""The longest text that center, ljust and rjust make."""

_NUMBER = re.compile(r"[-+]?\d{1,40}(?:\.\d{1,40})?")
_ELLIPSIS = "..."
_EIGHT_DECIMALS = Decimal("1e-8")


def number_of(value: object) -> Decimal | None:
    """Return a value as a number; None if it is none, or has more than 40 digits."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    if isinstance(value, bool) or not isinstance(value, int | float | Decimal | str):
        return None
    text = text_of(value).strip()
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _number(arguments: Arguments, index: int) -> Decimal:
    number = number_of(arguments.value(index))
    if number is None:
        raise arguments.error("is not a number", index)
    return number


def _whole(arguments: Arguments, index: int) -> int:
    return int(_number(arguments, index))


def _eq(arguments: Arguments) -> bool:
    left, right = arguments.raw(0), arguments.raw(1)
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, float | Decimal) or isinstance(right, float | Decimal):
        return not isinstance(left, str) and number_of(left) == number_of(right)
    return left == right


def _order(arguments: Arguments) -> int:
    """Return how two arguments compare: -1, 0 or 1."""
    left, right = arguments.value(0), arguments.value(1)
    numbers = number_of(left), number_of(right)
    by_number = None if None in numbers else _compared(*numbers)
    if isinstance(left, str) and isinstance(right, str):
        by_text = _compared(left, right)
        if by_number is not None and arguments.settings.numeric:
            return by_number
        if by_number is not None and by_number != by_text:
            message = "numbers in quotes are compared as text: 9 comes after 17"
            arguments.note("compared-as-text", message, 0)
        return by_text
    if by_number is None:
        raise arguments.error("cannot be compared: the two are of different types", 0)
    if isinstance(left, str | list) or isinstance(right, str | list):
        message = "a text is compared with a number: Pinpoint may fail to render this"
        arguments.note("mixed-comparison", message, 0, "put the number in quotes")
    return by_number


def _compared(left: Any, right: Any) -> int:
    return int(left > right) - int(left < right)


def _ordered(is_so: Callable[[int, int], bool]) -> Callable[[Arguments], bool]:
    """Return a helper that tests how two arguments compare; `is_so` gets the result and 0."""
    return lambda arguments: is_so(_order(arguments), 0)


def _and(arguments: Arguments) -> bool:
    return all(is_truthy(arguments.raw(index)) for index in range(len(arguments)))


def _or(arguments: Arguments) -> bool:
    return any(is_truthy(arguments.raw(index)) for index in range(len(arguments)))


def _yesno(arguments: Arguments) -> str:
    value = arguments.raw(0)
    if is_missing(value):
        return arguments.option_word("maybe", "maybe")
    answer = text_of(value).casefold()
    if answer not in {"true", "false"}:
        raise arguments.error("is neither true nor false", 0)
    name = "yes" if answer == "true" else "no"
    return arguments.option_word(name, name)


def _abbreviate(arguments: Arguments) -> str:
    text, width = arguments.text(0), _whole(arguments, 1)
    if width <= len(_ELLIPSIS):
        raise arguments.error("is too small: abbreviate needs a width of at least 4", 1)
    return text if len(text) <= width else text[: width - len(_ELLIPSIS)] + _ELLIPSIS


def _cut(arguments: Arguments) -> str:
    return arguments.text(0).replace(arguments.text(1) if len(arguments) > 1 else " ", "")


def _of_text(function: Callable[[str], str]) -> Callable[[Arguments], str]:
    """Return a helper that applies a function to the text of its argument."""
    return lambda arguments: function(arguments.text(0))


def _capitalized(text: str) -> str:
    return re.sub(r"(?:^|(?<=\s))\S", lambda found: found[0].upper(), text)


def _padded(share: Callable[[int], int]) -> Callable[[Arguments], str]:
    """Return a helper that pads a text; `share` returns how much of the padding precedes it."""

    def pad(arguments: Arguments) -> str:
        text, lacking, pad = _padding(arguments)
        before = share(lacking)
        return _filled(before, pad) + text + _filled(lacking - before, pad)

    return pad


def _padding(arguments: Arguments) -> tuple[str, int, str]:
    """Return a text, how many characters it lacks to the size that is asked for, and with what."""
    text = arguments.text(0)
    size = number_of(arguments.option("size"))
    if size is None:
        size = _number(arguments, 1) if len(arguments) > 1 else None
    if size is None or not 0 <= size <= MAX_PADDED:
        raise arguments.error(f"needs a size from 0 to {MAX_PADDED}", 0)
    return text, max(int(size) - len(text), 0), arguments.option_word("pad", " ") or " "


def _filled(length: int, pad: str) -> str:
    return (pad * (length // len(pad) + 1))[:length]


def _inflect(arguments: Arguments) -> str:
    count = _number(arguments, 0)
    word = arguments.word(1 if count == 1 else 2)
    counted = is_truthy(arguments.option("includeCount"))
    return f"{text_of(count)} {word}" if counted else word


def _join(arguments: Arguments) -> str:
    first = arguments.value(0)
    values = first if isinstance(first, list) else [first]
    separator = arguments.text(1) if len(arguments) > 1 else ""
    joined = separator.join(map(text_of, values))
    return arguments.option_word("prefix", "") + joined + arguments.option_word("suffix", "")


def _ordinalize(arguments: Arguments) -> str:
    number = _whole(arguments, 0)
    teens = abs(number) % 100 in {11, 12, 13}
    return f"{number}{'th' if teens else _ORDINALS.get(abs(number) % 10, 'th')}"


_ORDINALS = {1: "st", 2: "nd", 3: "rd"}


def _replace(arguments: Arguments) -> str:
    old = arguments.text(1)
    text = arguments.text(0)
    return text.replace(old, arguments.text(2)) if old else text


def _slug(text: str) -> str:
    dashed = re.sub(r"\s", "-", text.strip().lower())
    return "".join(letter for letter in dashed if letter.isalpha() or letter == "-")


def _without_tags(text: str) -> str:
    kept: list[str] = []
    end = 0
    while (start := text.find("<", end)) >= 0 and (close := text.find(">", start)) >= 0:
        kept.append(text[end:start])
        end = close + 1
    return "".join([*kept, text[end:]])


def _substring(arguments: Arguments) -> str:
    text, start = arguments.text(0), _whole(arguments, 1)
    end = _whole(arguments, 2) if len(arguments) > len(("text", "start")) else len(text)
    if not 0 <= start <= end <= len(text):
        raise arguments.error("is shorter than substring expects: Pinpoint fails to render this", 0)
    return text[start:end]


def _calculated(operation: Callable[[Decimal, Decimal], Decimal]) -> Callable[[Arguments], Decimal]:
    """Return a helper that applies an operation to two numbers."""
    return lambda arguments: operation(_number(arguments, 0), _number(arguments, 1))


def _rounded(mode: str) -> Callable[[Arguments], Decimal]:
    """Return a helper that rounds a number to an integer."""
    return lambda arguments: _number(arguments, 0).to_integral_value(mode)


def _divide(arguments: Arguments) -> Decimal:
    divisor = _divisor(arguments)
    with localcontext(prec=100):
        return (_number(arguments, 0) / divisor).quantize(_EIGHT_DECIMALS, ROUND_HALF_UP)


def _modulo(arguments: Arguments) -> Decimal:
    return _number(arguments, 0) % _divisor(arguments)


def _divisor(arguments: Arguments) -> Decimal:
    divisor = _number(arguments, 1)
    if not divisor:
        raise arguments.error("cannot be used as a divisor", 1)
    return divisor


def _decode64(arguments: Arguments) -> str:
    try:
        return b64decode(arguments.text(0), validate=True).decode()
    except ValueError:
        raise arguments.error("is not Base64", 0) from None


def _digest(name: str) -> Callable[[Arguments], str]:
    def digest(text: str) -> str:
        import hashlib

        return hashlib.new(name, text.encode(), usedforsecurity=False).hexdigest()

    return _of_text(digest)


def _date_format(arguments: Arguments) -> str:
    text, pattern = arguments.text(0), arguments.option_word("inputFormat", "")
    try:
        parsed = parse_date(text, pattern)
    except ValueError as error:
        raise arguments.error(str(error)) from None
    if parsed is None:
        raise arguments.error("is not a date in the form that is expected", 0)
    style = arguments.option_word("outputFormat", "") or arguments.option_word("format", "")
    if not style and len(arguments) > 1:
        style = arguments.text(1)
    return _formatted(arguments, parsed, style)


def _now(arguments: Arguments) -> str:
    return _formatted(arguments, arguments.clock, arguments.text(0) if len(arguments) else "")


def _formatted(arguments: Arguments, date: datetime, style: str) -> str:
    zone = arguments.option_word("tz", arguments.settings.zone)
    try:
        return format_date(date, style or "medium", zone)
    except ValueError as error:
        raise arguments.error(str(error)) from None


def _lookup(arguments: Arguments) -> object:
    value, key = arguments.value(0), arguments.value(1)
    found: object = None
    if isinstance(value, dict):
        found = value.get(text_of(key))
    elif isinstance(value, list):
        index = number_of(key)
        if index is not None and 0 <= index < len(value):
            found = value[int(index)]
    if is_missing(found):
        raise MissingValueError
    return found


_ANSWERS = ("yes", "no")
_PADDING = ("size", "pad")
_MANY = 100


def _condition(function: Callable[[Arguments], bool], least: int, most: int) -> Helper:
    return Helper(function, least, most, _ANSWERS, is_condition=True, tests=most)


HELPERS: Mapping[str, Helper] = {
    "abbreviate": Helper(_abbreviate, 2, 2),
    "add": Helper(_calculated(operator.add), 2, 2),
    "and": _condition(_and, 2, _MANY),
    "capitalize": Helper(_of_text(_capitalized), 1, 1),
    "capitalizeFirst": Helper(_of_text(lambda text: text[:1].upper() + text[1:]), 1, 1),
    "ceiling": Helper(_rounded(ROUND_CEILING), 1, 1),
    "center": Helper(_padded(lambda lacking: lacking // 2), 1, 2, _PADDING),
    "cut": Helper(_cut, 1, 2),
    "dateFormat": Helper(_date_format, 1, 2, ("inputFormat", "outputFormat", "format", "tz")),
    "decode64": Helper(_decode64, 1, 1),
    "divide": Helper(_divide, 2, 2),
    "encode64": Helper(_of_text(lambda text: b64encode(text.encode()).decode()), 1, 1),
    "eq": _condition(_eq, 2, 2),
    "floor": Helper(_rounded(ROUND_FLOOR), 1, 1),
    "gt": _condition(_ordered(operator.gt), 2, 2),
    "gte": _condition(_ordered(operator.ge), 2, 2),
    "inflect": Helper(_inflect, 3, 3, ("includeCount",), tests=1),
    "join": Helper(_join, 1, 2, ("prefix", "suffix")),
    "ljust": Helper(_padded(lambda _: 0), 1, 2, _PADDING),
    "lookup": Helper(_lookup, 2, 2),
    "lower": Helper(_of_text(str.lower), 1, 1),
    "lt": _condition(_ordered(operator.lt), 2, 2),
    "lte": _condition(_ordered(operator.le), 2, 2),
    "md5": Helper(_digest("md5"), 1, 1),
    "modulo": Helper(_modulo, 2, 2),
    "multiply": Helper(_calculated(operator.mul), 2, 2),
    "neq": _condition(lambda arguments: not _eq(arguments), 2, 2),
    "not": _condition(lambda arguments: not is_truthy(arguments.raw(0)), 1, 1),
    "now": Helper(_now, 0, 1, ("tz",)),
    "or": _condition(_or, 2, _MANY),
    "ordinalize": Helper(_ordinalize, 1, 1),
    "replace": Helper(_replace, 3, 3),
    "rjust": Helper(_padded(lambda lacking: lacking), 1, 2, _PADDING),
    "round": Helper(_rounded(ROUND_HALF_UP), 1, 1),
    "sha256": Helper(_digest("sha256"), 1, 1),
    "sha512": Helper(_digest("sha512"), 1, 1),
    "slugify": Helper(_of_text(_slug), 1, 1),
    "stripTags": Helper(_of_text(_without_tags), 1, 1),
    "substring": Helper(_substring, 2, 3),
    "subtract": Helper(_calculated(operator.sub), 2, 2),
    "upper": Helper(_of_text(str.upper), 1, 1),
    "uuid": Helper(lambda arguments: arguments.uuid(), 0, 0),
    "yesno": Helper(_yesno, 1, 1, (*_ANSWERS, "maybe"), tests=1),
}
"""Every helper but if, unless, each and with, which open blocks only."""
