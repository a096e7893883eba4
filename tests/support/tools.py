"""Programs that are no Python packages, and what to do in a test where they are not to be had."""

import os
import shutil
from typing import NoReturn

import pytest

REQUIRE_ALL = bool(os.environ.get("PE_REQUIRE_ALL"))
"""Set where nothing may be skipped; read before the tests clear the environment."""


def program(name: str) -> str:
    """Return the path of a program; skip the test where there is none, or fail if none may be."""
    path = shutil.which(name)
    if path is None:
        missing(f"{name} is not installed")
    return path


def missing(reason: str) -> NoReturn:
    """Skip the test, or fail it if nothing may be skipped."""
    if REQUIRE_ALL:
        pytest.fail(f"{reason}, and PE_REQUIRE_ALL is set")
    pytest.skip(reason)
