"""HTML in, what a person finds on the page out."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = frozenset({"area", "base", "br", "col", "hr", "img", "input", "link", "meta", "wbr"})


@dataclass
class Element:
    """An element with what is in it.

    Attributes:
        tag: its name.
        attributes: by name.
        parts: the texts and the elements in it, in order.
    """

    tag: str
    attributes: dict[str, str]
    parts: "list[str | Element]" = field(default_factory=list)

    @property
    def text(self) -> str:
        """All text in it."""
        return "".join(part if isinstance(part, str) else part.text for part in self.parts)

    def all(self, tag: str, **attributes: str) -> "list[Element]":
        """Return the elements of a name in it that have these attributes."""
        found = []
        for part in self.parts:
            if isinstance(part, Element):
                if part.tag == tag and attributes.items() <= part.attributes.items():
                    found.append(part)
                found += part.all(tag, **attributes)
        return found

    def one(self, tag: str, **attributes: str) -> "Element":
        """Return the only such element."""
        (found,) = self.all(tag, **attributes)
        return found

    def link(self, text: str) -> str:
        """Return where the only link with this text leads."""
        (found,) = [each for each in self.all("a") if each.text == text]
        return found.attributes["href"]

    def has_link(self, text: str) -> bool:
        """Tell whether there is a link with this text."""
        return any(each.text == text for each in self.all("a"))

    def rows(self) -> list[list[str]]:
        """Return the texts of the cells of the rows in tables' bodies."""
        return [
            [each.text.strip() for each in row.parts if isinstance(each, Element)]
            for body in self.all("tbody")
            for row in body.all("tr")
        ]


def parse_html(text: str) -> Element:
    """Return the page; every element has to be closed where HTML wants it to be."""
    parser = _Parser()
    parser.feed(text)
    parser.close()
    assert len(parser.open) == 1, f"not closed: {parser.open[-1].tag}"
    return parser.open[0]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open = [Element("", {})]

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attributes})
        self.open[-1].parts.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.open[-1].parts.append(Element(tag, {name: value or "" for name, value in attributes}))

    def handle_endtag(self, tag: str) -> None:
        closed = self.open.pop()
        assert closed.tag == tag, f"</{tag}> closes <{closed.tag}>"

    def handle_data(self, data: str) -> None:
        self.open[-1].parts.append(data)
