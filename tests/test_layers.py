"""The layers of the package."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pinpoint_endpoints

PACKAGE = Path(pinpoint_endpoints.__file__).parent
NAME = "pinpoint_endpoints"
LAYERS = (
    "errors",
    "version",
    "quotas",
    "masking",
    "processes",
    "help",
    "schema",
    "documents",
    "segments",
    "templates",
    "checks",
    "fixes",
    "service",
    "saving",
    "stats",
    "convert",
    "local",
    "delivery",
    "reports",
    "testing",
    "api",
    "cli",
    "spark",
)
"""From the bottom to the top: a module imports from its own layer and from those before it."""


def layer_of(module: str) -> int | None:
    """Return the number of the layer of a module; None for one that belongs to no layer."""
    name = module.removeprefix(f"{NAME}.").partition(".")[0]
    return LAYERS.index(name) if name in LAYERS else None


def imported_by(path: Path) -> Iterator[str]:
    """Yield the modules of this package that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0
            yield node.module or ""
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def test_imports_run_downwards() -> None:
    """Every module but those of the package itself has a layer, and imports nothing above it."""
    violations = []
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.parent == PACKAGE and path.stem in ("__init__", "__main__"):
            continue
        module = ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        own = layer_of(module)
        if own is None:
            violations.append(f"{module} has no layer")
            continue
        violations += [
            f"{module} imports {name}"
            for name in imported_by(path)
            if name.startswith(f"{NAME}.") and (layer_of(name) or 0) > own
        ]
    assert violations == []
