"""The library's face: what can be imported, and that it is typed."""

from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

import pinpoint_endpoints
from pinpoint_endpoints import testing


@pytest.mark.parametrize("name", pinpoint_endpoints.__all__)
def test_every_public_name_is_there_and_documented(name: str) -> None:
    """Each name of `__all__` can be used, and has a docstring."""
    assert getattr(pinpoint_endpoints, name).__doc__


def test_the_names_are_sorted_and_listed() -> None:
    """`__all__` is sorted, and `dir` shows it."""
    assert pinpoint_endpoints.__all__ == sorted(pinpoint_endpoints.__all__)
    assert set(pinpoint_endpoints.__all__) <= set(dir(pinpoint_endpoints))


def test_a_slip_in_a_name_is_an_error() -> None:
    """As in any module, and for mypy too: it would report an ignored error that is none."""
    with pytest.raises(AttributeError, match="upsrt"):
        _ = pinpoint_endpoints.upsrt  # type: ignore[attr-defined] # mypy must report it
    with pytest.raises(AttributeError, match="local_pinpiont"):
        _ = testing.local_pinpiont  # type: ignore[attr-defined] # mypy must report it


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
