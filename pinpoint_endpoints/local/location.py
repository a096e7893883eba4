"""Where the store of the local Pinpoint is, if nobody says."""

from pathlib import Path


def default_store_path() -> Path:
    """Return the store's file in the user's data directory (XDG, Apple's or Windows' rules)."""
    from platformdirs import user_data_path

    return user_data_path("pinpoint-endpoints", appauthor=False) / "pinpoint.sqlite3"
