"""The bundled schema in, what may stand where out: how a YAML scalar has to be read."""

from functools import cache
from typing import Any

from pinpoint_endpoints.schema.bundled import bundled_schema, resolved


class Expected:
    """What the schema wants at one place of a document.

    Attributes:
        scalar: `string`, `number`, or empty where no scalar is wanted or nothing is known.
        members: what stands under each known member.
        others: what stands under any other member; None if none is known.
        items: what stands in a list; None if no list is wanted.
    """

    __slots__ = ("items", "members", "others", "scalar")

    def __init__(self) -> None:
        self.scalar = ""
        self.members: dict[str, Expected] = {}
        self.others: Expected | None = None
        self.items: Expected | None = None

    def under(self, key: str) -> "Expected":
        """Return what is wanted under a member."""
        return self.members.get(key) or self.others or UNKNOWN

    def inside(self) -> "Expected":
        """Return what is wanted as an item of a list."""
        return self.items or UNKNOWN

    def learn(self, schema: dict[str, Any]) -> None:
        """Add what a schema wants to what is known already."""
        schema = resolved(schema)
        kind = schema.get("type", "string" if "enum" in schema else "")
        if kind in ("string", "number"):
            self.scalar = kind
        for key, member in schema.get("properties", {}).items():
            self.members.setdefault(key, Expected()).learn(member)
        if isinstance(schema.get("additionalProperties"), dict):
            self.others = self.others or Expected()
            self.others.learn(schema["additionalProperties"])
        if "items" in schema:
            self.items = self.items or Expected()
            self.items.learn(schema["items"])


UNKNOWN = Expected()


@cache
def expected_in_a_file() -> Expected:
    """Return what is wanted at the top of a file, whatever the shape of the document in it."""
    expected = Expected()
    for shape in bundled_schema()["$defs"].values():
        if shape.get("type") == "object" and "properties" in shape:
            expected.learn(shape)
    return expected
