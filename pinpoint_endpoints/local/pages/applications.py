"""A place in, a page of applications out: the last created first."""

from typing import NamedTuple

from pinpoint_endpoints.local.filtering import FIRST_PAGE, Place
from pinpoint_endpoints.local.rows import Application, Rows

APPLICATIONS_A_PAGE = 50
LAST = 2**63 - 1
"""The largest number that SQLite has."""

AHEAD = "SELECT count(*) FROM applications WHERE number > ?"


class ApplicationsPage(NamedTuple):
    """Some applications.

    Attributes:
        applications: in their order; none behind the last one.
        previous: leads to the page before this one; None if there is none.
        following: leads to the page behind this one; None if there is none.
        total: how many there are altogether.
        ahead: how many are before these.
    """

    applications: list[Application]
    previous: Place | None
    following: Place | None
    total: int
    ahead: int


def find_applications(rows: Rows, place: Place = FIRST_PAGE) -> ApplicationsPage:
    """Return a page of the applications.

    Args:
        rows: an open transaction.
        place: which page; its keys are numbers of applications.
    """
    found: list[Application] = []
    if place.before is not None:
        found = rows.applications(int(place.before), APPLICATIONS_A_PAGE)[::-1]
    if len(found) < APPLICATIONS_A_PAGE:
        # too few before it: what came to be since then belongs to the first page too
        after = LAST if place.after is None else int(place.after)
        found = rows.applications_backwards(after, APPLICATIONS_A_PAGE)
    total = rows.count_applications()
    if not found:
        return ApplicationsPage([], None, None, total, 0)
    first, last = found[0].number, found[-1].number
    ahead = int(rows.execute(AHEAD, (first,)).fetchone()[0])
    is_last = ahead + len(found) == total
    return ApplicationsPage(
        found,
        Place(before=first) if ahead else None,
        None if is_last else Place(after=last),
        total,
        ahead,
    )
