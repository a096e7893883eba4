"""Find out by the bundled schemas which type a YAML scalar has at each place of a document."""

from functools import cache
from typing import Any

from pinpoint_endpoints.schema.bundled import (
    ENDPOINT,
    SEGMENT,
    bundled_schema,
    definition,
    resolved,
)


class ExpectedTypes:
    """The types that the schema expects at one place of a document.

    Attributes:
        scalar: `string` or `number`; empty where no scalar is expected or nothing is known.
        members: the types of the known members.
        others: the types of all other members; None if only known members are expected.
        items: the types of a list's items; None if no list is expected.
    """

    __slots__ = ("items", "members", "others", "scalar")

    def __init__(self) -> None:
        self.scalar = ""
        self.members: dict[str, ExpectedTypes] = {}
        self.others: ExpectedTypes | None = None
        self.items: ExpectedTypes | None = None

    def under(self, key: str) -> "ExpectedTypes":
        """Return the types expected under a member."""
        return self.members.get(key) or self.others or UNKNOWN

    def inside(self) -> "ExpectedTypes":
        """Return the types expected of a list's items."""
        return self.items or UNKNOWN

    def add(self, schema: dict[str, Any], name: str = ENDPOINT) -> None:
        """Add the types that a part of a bundled schema expects."""
        schema = resolved(schema, name)
        kind = schema.get("type", "string" if "enum" in schema else "")
        if kind in ("string", "number"):
            self.scalar = kind
        for key, member in schema.get("properties", {}).items():
            self.members.setdefault(key, ExpectedTypes()).add(member, name)
        if isinstance(schema.get("additionalProperties"), dict):
            self.others = self.others or ExpectedTypes()
            self.others.add(schema["additionalProperties"], name)
        if "items" in schema:
            self.items = self.items or ExpectedTypes()
            self.items.add(schema["items"], name)


UNKNOWN = ExpectedTypes()


@cache
def expected_in_file() -> ExpectedTypes:
    """Return the types expected at the top of a file, for documents of any shape."""
    expected = ExpectedTypes()
    for name in (ENDPOINT, SEGMENT):
        for shape in bundled_schema(name)["$defs"].values():
            if shape.get("type") == "object" and "properties" in shape:
                expected.add(shape, name)
    properties = definition("SegmentProperties", SEGMENT)  # of a resource of CloudFormation
    expected.members.setdefault("Properties", ExpectedTypes()).add(properties, SEGMENT)
    expected.items = expected  # a list of them
    return expected
