"""The library's face: what can be imported, and that it is typed."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path

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
    """A slip in a name is told as by any module."""
    with pytest.raises(AttributeError, match="upsrt"):
        _ = pinpoint_endpoints.upsrt


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
