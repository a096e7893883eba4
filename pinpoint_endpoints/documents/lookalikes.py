"""Find and name characters that look right and are not, such as typographic quotes."""

import re

_SINGLE_QUOTES = "\u2018\u2019\u201a\u201b\u2032\u2035\u2039\u203a\uff07\u00b4"
_DOUBLE_QUOTES = "\u201c\u201d\u201e\u201f\u2033\u2036\u00ab\u00bb\uff02\u301d\u301e\u301f"
_QUOTES = _SINGLE_QUOTES + _DOUBLE_QUOTES
_COLONS = "\u02d0\u2236\ua789\ufe13\ufe55\uff1a"
_DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212"
_LOOK_LIKE = {'"': _DOUBLE_QUOTES, "'": _SINGLE_QUOTES, ":": _COLONS, "-": _DASHES}


def _range(first: int, last: int) -> str:
    return "".join(map(chr, range(first, last + 1)))


_BYTE_ORDER_MARK = "\ufeff"
_JOINERS = "\u200c\u200d"
_WIDE_SPACE = "\u3000"
_SPACES = f"\x85\xa0\u1680{_range(0x2000, 0x200A)}\u2028\u2029\u202f\u205f{_WIDE_SPACE}"
_DIRECTIONS = f"\u061c\u200e\u200f{_range(0x202A, 0x202E)}{_range(0x2066, 0x206F)}"
_INVISIBLE = (
    f"{_SPACES}{_DIRECTIONS}{_JOINERS}{_BYTE_ORDER_MARK}\xad\u180e\u200b{_range(0x2060, 0x2064)}"
)
_NEEDED_INSIDE = _JOINERS + _WIDE_SPACE
"""Persian and Indic words, some emoji and Japanese texts need these between other characters."""

_NAMES = {_BYTE_ORDER_MARK: "byte order mark", "\x85": "next line"}
_FIRST_BYTES = tuple({character.encode()[0] for character in _INVISIBLE})
# patterns are compiled at the first use: few files have a text that is not ASCII
_ANY_INVISIBLE = f"[{_INVISIBLE}]"
_INVISIBLE_FIRST = f" *([{_INVISIBLE}])"
_NOT_NEEDED = f"[{''.join(sorted({*_INVISIBLE} - {*_NEEDED_INSIDE}))}]"
_ANY_QUOTE = f"[{_QUOTES}]"
_YAML_SYNTAX = f"(?m)[{_COLONS}]|(?<=:)[{_INVISIBLE}]|^ *[{_INVISIBLE}]"
_END_OF_A_STRING = rf"[{_QUOTES}](?=[ \t]*(?:[,:}}\]\r\n]|\Z))"


def named(character: str) -> str:
    """Return a character with its code point and name; an invisible one is not shown."""
    from unicodedata import name

    its_name = _NAMES.get(character) or name(character, "").lower()
    spelled = f"U+{ord(character):04X}, {its_name}" if its_name else f"U+{ord(character):04X}"
    is_invisible = character in _INVISIBLE or not character.isprintable()
    return f"an invisible character ({spelled})" if is_invisible else f"{character} ({spelled})"


def advice(character: str, *, in_json: bool = False) -> str:
    """Return what to write in place of a character that looks like an ASCII one, or nothing."""
    if character in _SPACES and not in_json:
        return "write an ordinary space"
    if character in _INVISIBLE:
        return "remove it"
    if character in _SINGLE_QUOTES and in_json:
        return 'write "'
    plain = in_ascii(character)
    return f"write {plain}" if plain.isascii() else ""


def in_ascii(text: str) -> str:
    """Return a text with ASCII characters in place of those that look like them."""
    return "".join(map(_in_ascii, text))


def _in_ascii(character: str) -> str:
    from unicodedata import normalize

    plain = next((plain for plain, like in _LOOK_LIKE.items() if character in like), None)
    return plain or normalize("NFKC", character)


def odd_character(text: str) -> str:
    """Return the first character of a text that is not ASCII; else an empty string."""
    return next((character for character in text if not character.isascii()), "")


def may_be_invisible(text: bytes) -> bool:
    """Tell quickly whether an invisible character is anywhere in a text."""
    if text.isascii() or not any(map(text.__contains__, _FIRST_BYTES)):
        return False
    characters = text.decode("utf-8", "replace")
    return not characters.isprintable() and bool(re.search(_ANY_INVISIBLE, characters))


def invisible_in(text: str, *, is_name: bool) -> str:
    """Return an invisible character at an end of a text; an empty string if there is none.

    A byte order mark counts anywhere.

    Args:
        text: a value, or a name.
        is_name: whether the text is compared with others, as names, ids and addresses are: then
            invisible characters count anywhere in it, but for those that words need.
    """
    if text.isascii():
        return ""
    if is_name and (inside := re.search(_NOT_NEEDED, text)):
        return inside[0]
    found = re.match(_INVISIBLE_FIRST, text) or re.match(_INVISIBLE_FIRST, text[::-1])
    return found[1] if found else _BYTE_ORDER_MARK if _BYTE_ORDER_MARK in text else ""


def without_invisible_ends(text: str) -> str:
    """Return a text without what `invisible_in` finds in a value."""
    text = text.replace(_BYTE_ORDER_MARK, "")
    if re.match(_INVISIBLE_FIRST, text):
        text = text.lstrip(f"{_INVISIBLE} ")
    return text.rstrip(f"{_INVISIBLE} ") if re.match(_INVISIBLE_FIRST, text[::-1]) else text


def quote_in_text(text: str) -> tuple[str, str]:
    """Return a quote that was meant to quote a YAML scalar, and the text that it quotes.

    The quote is empty if there is none, the text if the other quote is missing.
    """
    quotes = re.findall(_ANY_QUOTE, text)
    first, last = text[:1], text[-1:]
    if len(quotes) == 2 and first in _QUOTES and last in _QUOTES:  # noqa: PLR2004 - a pair
        return first, text[1:-1].strip()
    if len(quotes) == 1 and quotes[0] in _DOUBLE_QUOTES and quotes[0] in (first, last):
        return quotes[0], ""
    return "", ""


def yaml_syntax_in(text: str) -> re.Match[str] | None:
    """Find a character that looks like a colon, or like the space after one or of an indent."""
    return re.search(_YAML_SYNTAX, text)


def end_of_string(text: str, start: int, end: int) -> re.Match[str] | None:
    """Find a typographic quote that was meant to end a JSON string, between two offsets."""
    return re.compile(_END_OF_A_STRING).search(text, start, end)
