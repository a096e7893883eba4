"""A line of a file as it may be shown: with personal data masked, character for character."""

from pinpoint_endpoints.documents.positions import PositionMap


def shown_line(found: PositionMap, line: int, *, show_values: bool = False) -> str:
    """Return a line of the text, without its line break; as long as it is in the file.

    Addresses, user ids and user attributes, and whatever may be one of them, are masked.
    """
    start, end = found.lines.bounds(line)
    text = found.text[start:end]
    return text if show_values else "*" * len(text)
