"""What would put a mistake right, as a value: made by the rules, carried out on the text."""

from enum import StrEnum
from typing import NamedTuple

from pinpoint_endpoints.documents.positions import Path


class Action(StrEnum):
    """What is done to the values at the paths of a fix."""

    REPLACE = "the scalar becomes the string `text`"
    WRAP = "the scalar becomes a list that holds it as a string"
    RENAME = "the member's key becomes `text`"
    REMOVE = "the members are removed"
    QUOTE = "the plain YAML scalar, or JSON number, is quoted"
    QUOTE_KEY = "the member's plain YAML key is quoted"
    RESPELL = "the plain YAML number is written as `text`, which is the same number"


class Fix(NamedTuple):
    """The one right answer to a mistake.

    Attributes:
        action: what is to be done.
        paths: to what; relative to the same place as the finding that it belongs to.
        text: the new text, where the action needs one. It may be personal data.
    """

    action: Action
    paths: tuple[Path, ...]
    text: str = ""

    def under(self, prefix: Path) -> "Fix":
        """Return the same fix, seen from further up."""
        return self._replace(paths=tuple((*prefix, *path) for path in self.paths))
