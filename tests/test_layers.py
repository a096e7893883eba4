import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import pinpoint_endpoints

PACKAGE = Path(pinpoint_endpoints.__file__).parent
NAME = "pinpoint_endpoints"
LAYERS = (
    "errors",
    "quotas",
    "masking",
    "contract",
    "schema",
    "documents",
    "checks",
    "fixes",
    "service",
    "saving",
    "audience",
    "local",
    "delivery",
    "reports",
    "local.pages",
    "local.http",
    "testing",
    "api",
    "cli",
)
"""From what knows nothing of the others to what knows them all."""

MODULES = [path for path in PACKAGE.rglob("*.py") if path.parent != PACKAGE or path.stem == "api"]


def layer_of(module: str) -> int | None:
    """Return the number of the layer that a module is in; None for the package's own names."""
    parts = module.removeprefix(f"{NAME}.").split(".")
    named = (".".join(parts[:2]), parts[0])
    return next((LAYERS.index(name) for name in named if name in LAYERS), None)


def imported_by(path: Path) -> Iterator[str]:
    """Yield the modules of this package that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


@pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(PACKAGE).with_suffix("").as_posix()
)
def test_imports_run_downwards(path: Path) -> None:
    """A module imports nothing of the layers above its own."""
    own = layer_of(".".join(path.relative_to(PACKAGE).with_suffix("").parts))
    assert own is not None
    found = [name for name in imported_by(path) if name.startswith(f"{NAME}.")]
    assert [name for name in found if (layer_of(name) or 0) > own] == []


def test_the_local_pinpoint_needs_no_reports() -> None:
    """Nothing of `local`, its pages and its server included, imports anything of `reports`."""
    modules = (PACKAGE / "local").rglob("*.py")
    imported = {(path.name, name) for path in modules for name in imported_by(path)}
    assert {each for each in imported if each[1].startswith(f"{NAME}.reports")} == set()
