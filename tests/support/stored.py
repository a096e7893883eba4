"""The local Pinpoint's file in, which endpoints are in it out: read by SQLite itself."""

from contextlib import closing
from pathlib import Path
from sqlite3 import connect


def stored_in(path: Path) -> set[str]:
    """Return the ids of the endpoints in a store, in small letters; the file must be whole."""
    with closing(connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return {key for (key,) in connection.execute("SELECT endpoint_key FROM endpoints")}
