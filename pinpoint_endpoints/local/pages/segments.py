"""Find the segments that the pages list: those of the store, and those of a directory."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from pinpoint_endpoints.checks.validate import is_valid, validate
from pinpoint_endpoints.documents.load import id_from_name, load, of_any_kind
from pinpoint_endpoints.documents.segment_shapes import SEGMENT_SHAPES
from pinpoint_endpoints.errors import PinpointEndpointsError
from pinpoint_endpoints.local.rows import Application, Rows
from pinpoint_endpoints.local.segments import all_versions
from pinpoint_endpoints.segments.bases import SegmentLibrary
from pinpoint_endpoints.segments.definition import Definition, definition_in
from pinpoint_endpoints.segments.evaluate import Node, Settings

MAX_SEGMENTS = 200
"""More than anyone compares on a page."""


class ListedSegment(NamedTuple):
    """A segment that is listed.

    Attributes:
        key: names it in URLs.
        name: the name of the segment, else its id.
        place: where it is defined, for people.
        definition: None if it is wrong.
        problem: what is wrong, or an empty text.
    """

    key: str
    name: str
    place: str
    definition: Definition | None
    problem: str = ""


class Segments(NamedTuple):
    """The segments that are available.

    Attributes:
        stored: all versions of those in the store.
        listed: those that are listed.
    """

    stored: tuple[Definition, ...] = ()
    listed: tuple[ListedSegment, ...] = ()

    def compiled(self, now: datetime) -> dict[str, Node | str]:
        """Return each listed segment by its key: compiled, or why it cannot be evaluated.

        Args:
            now: what recencies are measured from.
        """
        settings = Settings(now)
        in_files = [
            one.definition
            for one in self.listed
            if one.definition is not None and one.definition not in self.stored
        ]
        names = {definition.id for definition in in_files}
        bases = [one for one in self.stored if one.id not in names]
        compiled: dict[str, Node | str] = {}
        for one in self.listed:
            if one.definition is None:
                compiled[one.key] = one.problem
                continue
            own = self.stored if one.definition in self.stored else [*in_files, *bases]
            try:
                compiled[one.key] = SegmentLibrary(settings, own).compile(one.definition)
            except PinpointEndpointsError as error:
                compiled[one.key] = error.message
        return compiled


def stored_segments(rows: Rows, application: Application) -> Segments:
    """Return the segments of an application in the store."""
    versions = [definition_in(response) for response in all_versions(rows, application)]
    latest = {definition.id: definition for definition in versions}
    listed = [
        ListedSegment(f"stored:{one.id}", one.title, "in the store", one) for one in latest.values()
    ]
    return Segments(tuple(versions), tuple(listed[:MAX_SEGMENTS]))


def with_directory(segments: Segments, directory: Path | None) -> Segments:
    """Return segments and those in the files of a directory, which are read now."""
    if directory is None:
        return segments
    nothing = ListedSegment("file:", directory.name, str(directory), None, "no segments found")
    listed = [*segments.listed, *([*_in_files(directory)] or [nothing])]
    return segments._replace(listed=tuple(listed[:MAX_SEGMENTS]))


def _in_files(directory: Path) -> Iterable[ListedSegment]:
    for number, document in enumerate(of_any_kind(load(str(directory)))):
        file = Path(document.source)
        place = str(file.relative_to(directory)) if file.is_relative_to(directory) else file.name
        key = f"file:{place}:{number}"
        if document.shape not in SEGMENT_SHAPES:
            if not document.is_read and not document.is_empty:
                yield ListedSegment(key, place, place, None, document.problems[-1].message)
            continue
        if not is_valid(validate(document)):
            problem = "it has errors: `pe validate` shows them"
            yield ListedSegment(key, place, place, None, problem)
            continue
        try:
            definition = definition_in(document.value, document.path)
        except PinpointEndpointsError as error:
            yield ListedSegment(key, place, place, None, error.message)
            continue
        name = definition.name or id_from_name(place) or place
        segment_id = definition.id or id_from_name(file.name) or ""
        yield ListedSegment(key, name, place, replace(definition, id=segment_id))
