"""The names of the tz database: nothing in, the names out."""

from functools import cache
from pathlib import Path


@cache
def zones() -> frozenset[str]:
    """Return the names, links included, of the version that is installed with the package.

    Those of the machine may be older, or missing: the verdict would hang on where it is given.
    """
    import tzdata

    names = Path(tzdata.__file__).with_name("zones").read_text(encoding="utf-8")
    return frozenset(names.split())
