"""The library's face: what can be imported, and that it is typed."""

import subprocess
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import pinpoint_endpoints


@pytest.mark.parametrize("name", pinpoint_endpoints.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    """Each name of `__all__` can be used, and has a docstring."""
    assert getattr(pinpoint_endpoints, name).__doc__


def test_the_names_are_sorted_and_listed() -> None:
    """`__all__` is sorted, and `dir` shows it."""
    assert pinpoint_endpoints.__all__ == sorted(pinpoint_endpoints.__all__)
    assert set(pinpoint_endpoints.__all__) <= set(dir(pinpoint_endpoints))


def test_an_unknown_name_is_an_attribute_error() -> None:
    """A slip in a name is reported as by any module."""
    slip = "upsrt"
    with pytest.raises(AttributeError, match=slip):
        getattr(pinpoint_endpoints, slip)


def test_the_package_is_typed() -> None:
    """Type checkers find the marker of PEP 561."""
    assert files("pinpoint_endpoints").joinpath("py.typed").is_file()


@pytest.mark.parametrize("kind", [str, Path])
def test_a_store_is_named_as_any_file(tmp_path: Path, kind: Callable[[Path], str | Path]) -> None:
    """As text or as a path."""
    client = pinpoint_endpoints.connect(local=True, store=kind(tmp_path / "store"))
    document = next(iter(pinpoint_endpoints.load("examples/seattle-iphone.json")))
    assert pinpoint_endpoints.upsert(client, "demo", document).state == "accepted"
    assert (tmp_path / "store").is_file()


def found_by_mypy(script: str, folder: Path) -> str:
    """Check a script, in which mypy has to find something, and return what it prints.

    Args:
        script: Python code that uses the package.
        folder: for mypy's cache; it has no settings.
    """
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(folder), "-c", script],
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 1
    return ended.stdout


@pytest.mark.soak
def test_type_checkers_find_a_slip(tmp_path: Path) -> None:
    """For mypy, a name that is not public is an error in code that uses the package."""
    script = (
        "from pinpoint_endpoints import upsert, upsrt\n"
        "from pinpoint_endpoints.testing import local_pinpiont, local_pinpoint\n"
    )
    told = found_by_mypy(script, tmp_path)
    assert 'has no attribute "upsrt"; maybe "upsert"?' in told
    assert 'has no attribute "local_pinpiont"; maybe "local_pinpoint"?' in told
    assert "2 errors" in told


@pytest.mark.parametrize("kind", [list, set, tuple, frozenset])
def test_a_policy_takes_any_collection_of_codes(kind: Callable[[list[str]], Any]) -> None:
    """What it ignores is not found."""
    (document,) = pinpoint_endpoints.load("examples/seattle-iphone.json")
    policy = pinpoint_endpoints.Policy(ignore=kind(["PE203"]))
    found = {problem.code for problem in pinpoint_endpoints.validate(document, policy)}
    assert found == {"PE210"}


def test_a_refusal_has_its_status_and_code(tmp_path: Path) -> None:
    """No caller has to parse the message."""
    client = pinpoint_endpoints.connect(local=True, store=tmp_path / "store")
    with pytest.raises(pinpoint_endpoints.Refused) as caught:
        pinpoint_endpoints.get(client, "demo", "nobody")
    assert (caught.value.status, caught.value.code) == (404, "NotFoundException")
