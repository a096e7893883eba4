"""A glob as in a .gitignore in, a regular expression with the same meaning out.

Ours, and compared with git itself: pathspec leaves out what `*`, `!*/` and `!a.json` take back, and
raises where git passes a broken pattern by.
"""

import re

NEVER = rb"(?!)"

_CLASSES = {
    b"alnum": rb"0-9A-Za-z",
    b"alpha": rb"A-Za-z",
    b"blank": rb" \t",
    b"cntrl": rb"\x00-\x1f\x7f",
    b"digit": rb"0-9",
    b"graph": rb"!-~",
    b"lower": rb"a-z",
    b"print": rb" -~",
    b"punct": rb"!-/:-@\[-`{-~",
    b"space": rb" \t\n\r",
    b"upper": rb"A-Z",
    b"xdigit": rb"0-9A-Fa-f",
}
_ONE = rb"(?:\\.|[^\]\\])"
_SET = rb"\[[!^]?+(?:\](?:-%b)?+)?+(?:\[:[^\]]*:\]|%b(?:-%b)?+)*+\]" % (_ONE, _ONE, _ONE)
_MEMBER = re.compile(
    rb"\[:(?P<class>[^\]]*):\]|\\?(?P<first>(?<=\\).|[^\\])(?:-\\?(?P<last>(?<=\\).|[^\]\\]))?",
    re.DOTALL,
)
_PIECE = re.compile(
    rb"""
    (?P<plain>    [^*?\[\\]+ )
  | (?P<across>   (?: (?:\A|(?<=/)) \*\*+ / )+ )
  | (?P<below>    (?:\A|(?<=/)) \*\*+ (?=\\/|\Z) )
  | (?P<star>     \*+ )
  | (?P<one>      \? )
  | (?P<set>      %b )
  | \\ (?P<escaped> . )
    """
    % _SET,
    re.DOTALL | re.VERBOSE,
)
_FIXED = re.compile(rb"[^*?\[\\]*")


def regex_of(glob: bytes) -> bytes:
    """Return a regular expression that matches the whole paths that the glob means.

    The meaning is git's (gitignore(5), and wildmatch.c where that is silent): `*` and `?` stop at
    a slash, `**` as a whole part of the path does not, sets know ranges and POSIX classes, and a
    glob that is broken matches nothing. As in git, a character is a byte.
    """
    fixed = _FIXED.match(glob)
    begin = fixed[0] if fixed else b""
    return re.escape(begin) + _wild(glob[len(begin) :])


def _wild(glob: bytes) -> bytes:
    done = b""
    between_stars = [b""]
    place = 0
    while place < len(glob):
        piece = _PIECE.match(glob, place)
        if piece is None:
            return NEVER
        place = piece.end()
        kind, text = str(piece.lastgroup), piece[str(piece.lastgroup)]
        if kind == "star":
            between_stars.append(b"")
        elif kind in {"across", "below"}:
            done += _joined(between_stars) + (b"(?:.*/)?" if kind == "across" else b".*")
            between_stars = [b""]
        elif kind == "one":
            between_stars[-1] += b"[^/]"
        else:
            between_stars[-1] += _set(text) if kind == "set" else re.escape(text)
    return done + _joined(between_stars)


def _joined(between_stars: list[bytes]) -> bytes:
    """Let each star but the last take the shortest text there is: many stars stay fast."""
    first, *others = between_stars
    if not others:
        return first
    *inner, last = others
    return first + b"".join(b"(?>[^/]*?%b)" % text for text in inner) + b"[^/]*" + last


def _set(text: bytes) -> bytes:
    negated = text[1:2] in {b"!", b"^"}
    members = b""
    for member in _MEMBER.finditer(text, 1 + negated, len(text) - 1):
        if member["class"] is not None:
            if member["class"] not in _CLASSES:
                return NEVER
            members += _CLASSES[member["class"]]
            continue
        first, last = member["first"], member["last"] or member["first"]
        if first <= last:
            members += re.escape(first) + b"-" + re.escape(last)
    if not members:
        return b"[^/]" if negated else NEVER
    return b"(?!/)[" + (b"^" if negated else b"") + members + b"]"
