"""`pe completion`: the name of a shell in, the script that teaches it to complete `pe` out."""

from collections.abc import Callable
from enum import StrEnum
from typing import Annotated

import typer

from pinpoint_endpoints.errors import ExitCode

COMPLETION_VARIABLE = "_PE_COMPLETE"


class Shell(StrEnum):
    """The shells that `pe` can be completed in."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(
    shell: Annotated[Shell, typer.Argument(help="The shell to print the script for.")],
) -> ExitCode:
    """Print the script that completes `pe` in a shell.

    bash, in ~/.bashrc: eval "$(pe completion bash)"

    zsh, in ~/.zshrc after compinit: eval "$(pe completion zsh)"

    fish, once: pe completion fish > ~/.config/fish/completions/pe.fish
    """
    _, get_completion_script = _typer_internals()
    typer.echo(get_completion_script(prog_name="pe", complete_var=COMPLETION_VARIABLE, shell=shell))
    return ExitCode.OK


def enable_completion() -> None:
    """Let Typer answer the scripts that `pe completion` prints.

    Typer does so itself only for programs that have its options `--install-completion` and
    `--show-completion`.
    """
    completion_init, _ = _typer_internals()
    completion_init()


def _typer_internals() -> tuple[Callable[[], None], Callable[..., str]]:
    """Return the two functions of Typer that have no public name; pyproject.toml bounds Typer."""
    from typer._completion_classes import completion_init
    from typer._completion_shared import get_completion_script

    return completion_init, get_completion_script
