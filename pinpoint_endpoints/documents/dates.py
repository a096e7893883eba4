"""Parse the dates and times that endpoints and events carry."""

from datetime import UTC, datetime


def parse_date_time(date: str) -> datetime | None:
    """Return an ISO 8601 date and time, in UTC if it has no offset; None if it is not one."""
    try:
        parsed = datetime.fromisoformat(date)
    except ValueError:
        return None
    return parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)
