"""A shell's question in, the words that fit out: typer's answers, with files left to the shell."""

from typer._click.shell_completion import CompletionItem, ShellComplete, add_completion_class
from typer._completion_classes import BashComplete, FishComplete, ZshComplete


def register() -> None:
    """Tell typer how the shells are answered."""
    add_completion_class(_Bash, _Bash.name)
    add_completion_class(_Zsh, _Zsh.name)
    add_completion_class(_Fish, _Fish.name)


class _WithoutFiles(ShellComplete):
    """Leaves out the mark that a file is wanted, which typer would print as if it were the file.

    With no word to offer, each of the shells offers files by itself.
    """

    def get_completions(self, args: list[str], incomplete: str) -> list[CompletionItem]:
        """Return the words that fit."""
        return [item for item in super().get_completions(args, incomplete) if item.type == "plain"]


class _Bash(_WithoutFiles, BashComplete):
    pass


class _Zsh(_WithoutFiles, ZshComplete):
    pass


class _Fish(_WithoutFiles, FishComplete):
    pass
