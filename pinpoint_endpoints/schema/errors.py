"""What does not match a schema: the findings of jsonschema-rs, with the parts that they name."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator, ValidationError

_Path = tuple[str | int, ...]

_NUMBER = re.compile(r"\+?[0-9]{1,25}", re.ASCII)
_STEPS = ("additionalProperties", "items", "properties")
"""The keywords in a schema that lead to a part of a value."""


class SchemaError(NamedTuple):
    """A part of a value that does not match one keyword of a schema.

    Attributes:
        path: to the part.
        part: the part, or the name in it that does not match.
        keyword: the keyword of the schema, such as `maxLength`.
        schema: the schema with the keyword.
        schema_path: to that schema.
        is_name: whether the part is a name.
        is_free: whether the part is a member that the schema does not name.
    """

    path: _Path
    part: Any
    keyword: str
    schema: Mapping[str, Any]
    schema_path: _Path
    is_name: bool
    is_free: bool

    @property
    def wanted(self) -> Any:
        """The value of the keyword."""
        return self.schema[self.keyword]


def schema_errors(
    compiled: "Draft202012Validator", schema: Mapping[str, Any], value: object
) -> Iterator[SchemaError]:
    """Yield what does not match.

    Args:
        compiled: the compiled schema.
        schema: the schema.
        value: a JSON value.

    Raises:
        ValueError: the value is nested too deeply: about 250 lists.
    """
    for error in compiled.iter_errors(value):
        yield from _errors_at(error, schema, value)


def first_schema_error(
    compiled: "Draft202012Validator", schema: Mapping[str, Any], value: object
) -> SchemaError | None:
    """Return the first of what does not match, or None; raises as `schema_errors` does."""
    from jsonschema_rs import ValidationError

    try:
        compiled.validate(value)
    except ValidationError as error:
        return next(_errors_at(error, schema, value))
    return None


def _errors_at(error: "ValidationError", schema: Any, value: object) -> Iterator[SchemaError]:
    """Yield an error of the library at each place that its path may mean.

    Where there are several, those with equal parts have equal errors.
    """
    *rule, keyword = error.schema_path
    for step in rule:
        schema = schema[step]
    evaluated = error.evaluation_path[:-1]
    kind: Any = error.kind
    name = kind.error.instance if kind.name == "propertyNames" else None
    steps = error.instance_path
    place = _only_place(value, steps)
    if place:
        places = [place]
    else:
        left_out = sum(map(_STEPS.__contains__, evaluated)) - len(steps)
        places = [*_places(value, steps, left_out)]
    if len(places) > 1:
        wrong = error.instance  # False equals 0, but is no number
        places = [
            (path, part)
            for path, part in places
            if part == wrong and isinstance(part, bool) is isinstance(wrong, bool)
        ]
    for path, part in places:
        yield SchemaError(
            path,
            part if name is None else name,
            str(keyword),
            schema,
            tuple(rule),
            name is not None,
            "additionalProperties" in evaluated,
        )


def _only_place(value: Any, steps: list[str | int]) -> tuple[_Path, Any] | None:
    """Return the place that a path of the library means if it can mean no other, else None."""
    for step in steps:
        if isinstance(step, str):
            is_certain = isinstance(value, dict) and "" not in value and step in value
        else:
            is_certain = isinstance(value, list) and step < len(value)
        if not is_certain:
            return None
        value = value[step]
    return None if isinstance(value, dict) and "" in value else (tuple(steps), value)


def _places(value: Any, steps: list[str | int], left_out: int) -> Iterator[tuple[_Path, Any]]:
    """Yield the paths, each with its part, that a path of the library may mean.

    It leaves out empty names, and writes a name that looks like a number as a number.

    Args:
        value: the whole value.
        steps: the path.
        left_out: how many names are left out.
    """
    if left_out > 0 and isinstance(value, dict) and "" in value:
        for path, part in _places(value[""], steps, left_out - 1):
            yield ("", *path), part
    if not steps and left_out <= 0:
        yield (), value
    for name in _names_meant(value, steps[0]) if steps else ():
        for path, part in _places(value[name], steps[1:], left_out):
            yield (name, *path), part


def _names_meant(value: Any, step: str | int) -> Sequence[str | int]:
    if isinstance(value, dict) and isinstance(step, int):
        return [name for name in value if _NUMBER.fullmatch(name) and int(name) == step]
    if isinstance(value, list):
        return (step,) if isinstance(step, int) and step < len(value) else ()
    return (step,) if isinstance(value, dict) and step in value else ()
