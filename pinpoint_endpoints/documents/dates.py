"""The text of a date and time in, the moment that it means out."""

from datetime import UTC, datetime


def moment(date: str) -> datetime | None:
    """Read an ISO 8601 date, or return None; one without a zone is taken as UTC."""
    try:
        found = datetime.fromisoformat(date)
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
