"""A refusal in, what it says there is not out: the endpoint, or the application it would be in."""

import re
from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pinpoint_endpoints.service.errors import Refusal

_NOT_FOUND = 404
_WORDS_OF_PINPOINT = re.compile(
    r"\b(?:app(?:lication)?|endpoint|resource)\b.*\bnot\b.*\b(?:found|exist)\b", re.IGNORECASE
)
_OF_APPLICATION = re.compile(r"\bapp(?:lication)?\b", re.IGNORECASE)


class Absence(Enum):
    """What there is not."""

    ENDPOINT = "endpoint"
    APPLICATION = "application"


def absence_in(refusal: "Refusal") -> Absence | None:
    """Return what Pinpoint says there is not; None if it says something else.

    Proxies, other servers and wrong paths answer 404 too. The error's type travels in a header that
    may get lost on the way; then the words have to be Pinpoint's. Only the words tell an endpoint
    from an application: `Application not found` and `The specified App could not be found` were
    seen in the field (amplify-cli#910).
    """
    known = refusal.code == "NotFoundException" or _WORDS_OF_PINPOINT.search(refusal.message)
    if refusal.status != _NOT_FOUND or not known:
        return None
    of_application = _OF_APPLICATION.search(refusal.message)
    return Absence.APPLICATION if of_application else Absence.ENDPOINT
