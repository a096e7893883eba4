"""A command's name in, the command out: imported and built when it is used."""

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

import typer

from pinpoint_endpoints.cli.boundary import Boundary

NAMES = (
    "validate",
    "upsert",
    "diff",
    "get",
    "delete",
    "stats",
    "serve",
    "new",
    "explain",
    "rules",
    "schema",
    "completion",
    "help",
)
"""Each is a module of this package with a function of the same name, in the order of the help."""

SETTINGS: dict[str, Any] = {
    "add_completion": False,
    "rich_markup_mode": None,
    "context_settings": {"help_option_names": ["-h", "--help"]},
}
"""What the program and its commands have in common."""


class Commands(Boundary):
    """The program: it pays at its start for the one command that is used."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands: Any = _ByName()


class _ByName(Mapping[str, Any]):
    def __getitem__(self, name: str) -> Any:
        if name not in NAMES:
            raise KeyError(name)
        from pinpoint_endpoints.cli.options import with_single_options

        alone = typer.Typer(**SETTINGS)
        command = getattr(import_module(f"pinpoint_endpoints.cli.{name}"), name)
        alone.command()(with_single_options(command))
        return typer.main.get_command(alone)

    def __iter__(self) -> Iterator[str]:
        return iter(NAMES)

    def __len__(self) -> int:
        return len(NAMES)
