"""`pe completion`: the name of a shell in, the script that teaches it to complete `pe` out."""

from enum import StrEnum
from typing import Annotated

import typer

from pinpoint_endpoints.errors import ExitCode


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
    from typer._completion_shared import get_completion_script

    typer.echo(get_completion_script(prog_name="pe", complete_var="_PE_COMPLETE", shell=shell))
    return ExitCode.OK
