"""Check segments: their schema, then the rules about how their parts fit together."""

from collections.abc import Iterator, Mapping
from itertools import chain, islice
from typing import Any

from pinpoint_endpoints.checks.finding import CodedFinding, Finding
from pinpoint_endpoints.checks.rules.document_rules import invisible_character
from pinpoint_endpoints.checks.rules.segment_rules import parts_of, too_large
from pinpoint_endpoints.checks.rules.segment_schema_rules import (
    segment_choice,
    segment_limit,
    segment_list,
    segment_member,
    segment_missing,
    segment_no_values,
    segment_type,
)
from pinpoint_endpoints.checks.schema_check import (
    MAX_FINDINGS,
    and_more,
    is_reported_otherwise,
    with_all_names_or_none,
)
from pinpoint_endpoints.documents import codes
from pinpoint_endpoints.documents.model import Document, Severity
from pinpoint_endpoints.documents.positions import ValuePath
from pinpoint_endpoints.documents.rule import Scope, declared
from pinpoint_endpoints.documents.stack_functions import is_function
from pinpoint_endpoints.documents.suggestions import by_style, without_style
from pinpoint_endpoints.schema.bundled import SEGMENT
from pinpoint_endpoints.schema.decider import decider_at
from pinpoint_endpoints.schema.errors import SchemaError, schema_errors

_HOLDERS: Mapping[ValuePath, str] = {
    ("Attributes",): "an attribute's criterion",
    ("UserAttributes",): "an attribute's criterion",
    ("Metrics",): "a metric's criterion",
    ("Demographic",): "a criterion of a member",
}


def segment_findings(document: Document) -> list[CodedFinding]:
    """Return the findings of a segment, in any order; paths start at the top of its value.

    Args:
        document: its shape is one of `SEGMENT_SHAPES`.
    """
    found = _by_schema(document.value, document.shape)
    shown = with_all_names_or_none([*dict.fromkeys(islice(found, MAX_FINDINGS))])
    if next(found, None):
        shown.append(and_more(MAX_FINDINGS))
    return [*shown, *islice(_by_rules(document), MAX_FINDINGS)]


def segment_problem(value: object) -> Finding | None:
    """Return the first error in a WriteSegmentRequest, or None."""
    for _, finding in _by_schema(value, "WriteSegmentRequest"):
        return finding
    parts = parts_of(value, "WriteSegmentRequest")
    rules = (rule for rule in declared() if rule.scope is Scope.SEGMENT)
    errors = (rule.check(parts) for rule in rules if rule.severity is Severity.ERROR)
    return next(chain(too_large(parts), *errors), None)


def _by_rules(document: Document) -> Iterator[CodedFinding]:
    is_bare = document.shape == "SegmentDimensions"
    parts = parts_of(document.value if is_bare else document.request, document.shape)
    prefix = document.request_path
    for finding in too_large(parts):
        yield codes.SEGMENT_LIMIT, _under(prefix, finding)
    for rule in declared():
        if rule.scope is Scope.SEGMENT:
            for finding in rule.check(parts):
                yield rule.code, _under(prefix, finding)
    for finding in invisible_character(document):
        yield codes.INVISIBLE_CHARACTER, finding


def _under(prefix: ValuePath, finding: Finding) -> Finding:
    fix = finding.fix.under(prefix) if finding.fix else None
    return finding._replace(path=(*prefix, *finding.path), fix=fix)


def _by_schema(
    value: object, *definition: str | int, place: ValuePath = ()
) -> Iterator[CodedFinding]:
    """Yield the differences between a value and a part of the segment schema.

    Args:
        value: is, or is in, a segment.
        definition: a shape, or the path to a part of it under `$defs`.
        place: the path to the value in the whole.
    """
    decider = decider_at("$defs", *definition, name=SEGMENT)
    for error in schema_errors(decider.compiled, decider.schema, value):
        if definition[0] == "SegmentProperties" and _is_of_function(value, error.path):
            continue
        at = error._replace(path=(*place, *error.path))
        yield from _findings(at, str(definition[0]))


def _is_of_function(value: Any, path: ValuePath) -> bool:
    """Tell whether the value at a path is a function of CloudFormation, or is inside one."""
    for step in path:
        if is_function(value):
            return True
        value = value[step]
    return is_function(value)


def _findings(error: SchemaError, shape: str) -> Iterator[CodedFinding]:
    path, part, keyword = error.path, error.part, error.keyword
    if error.is_name:
        yield codes.SEGMENT_LIMIT, _name(error)
    elif keyword == "additionalProperties":
        yield from _unknown_members(error, shape)
    elif keyword == "required":
        there = {*map(without_style, part)}  # in another style, it is reported as unknown
        for name in error.wanted:
            if without_style(name) not in there:
                yield codes.SEGMENT_MISSING, segment_missing(path, name, _holder(path, shape))
    elif keyword == "type":
        yield from _wrong_type(error)
    elif keyword == "minItems":
        yield codes.SEGMENT_NO_VALUES, segment_no_values(path)
    elif isinstance(part, str):
        yield _wrong_text(error)


def _wrong_type(error: SchemaError) -> Iterator[CodedFinding]:
    shape = _items_of(error)
    if shape and isinstance(error.part, dict):
        yield codes.SEGMENT_LIST, segment_list(error.path)
        yield from _by_schema(error.part, shape, place=error.path)
    elif not is_reported_otherwise(error):
        yield codes.SEGMENT_TYPE, segment_type(error.path, str(error.wanted), error.part)


def _wrong_text(error: SchemaError) -> CodedFinding:
    if error.keyword == "enum":
        return codes.SEGMENT_CHOICE, segment_choice(error.path, error.part, [*error.wanted])
    message = f"{len(error.part)} characters, and the limit is {error.wanted}"
    return codes.SEGMENT_LIMIT, segment_limit(error.path, message, "shorten it")


def _items_of(error: SchemaError) -> str:
    """Return the shape of the objects in a list, if it is one of objects."""
    reference = str(error.schema.get("items", {}).get("$ref", ""))
    shape = reference.removeprefix("#/$defs/")
    return shape if shape in ("SegmentGroup", "SegmentDimensions", "SegmentReference") else ""


def _unknown_members(error: SchemaError, shape: str) -> Iterator[CodedFinding]:
    path, members = error.path, error.part
    known = [*error.schema["properties"]]
    names = by_style(known)
    for name in members:
        if name in known or (name == "Tags" and "tags" in known):  # PE418 is about it
            continue
        right = names.get(without_style(name), "")
        finding = segment_member((*path, name), right, members, known, _holder(path, shape))
        yield codes.SEGMENT_MEMBER, finding
        if right and isinstance(members[name], (dict, list)):
            definition = (*error.schema_path[1:], "properties", right)
            yield from _by_schema(members[name], *definition, place=(*path, name))


def _holder(path: ValuePath, shape: str) -> str:
    if path[-2:-1] in _HOLDERS:
        return _HOLDERS[path[-2:-1]]
    return next((step for step in reversed(path) if isinstance(step, str)), shape)


def _name(error: SchemaError) -> Finding:
    path, name = (*error.path, error.part), error.part
    if not name:
        return segment_limit(path, "an attribute has an empty name", "name it", at_key=True)
    message = f"an attribute name has {len(name)} characters, and the limit is {error.wanted}"
    return segment_limit(path, message, "shorten it", at_key=True)
