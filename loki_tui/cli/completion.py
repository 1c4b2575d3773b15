"""`loki completion`: what makes a shell complete Loki's commands and options."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from loki_tui.cli.output import say

VARIABLE = "_LOKI_COMPLETE"
"""Set by a shell that asks for completions instead of running a command."""


class Shell(StrEnum):
    """Shells that can."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")]) -> None:
    """Print a script that makes a shell complete commands and options.

    bash: loki completion bash > ~/.local/share/bash-completion/completions/loki

    zsh: loki completion zsh > ~/.zfunc/_loki, with fpath+=~/.zfunc before compinit in ~/.zshrc

    fish: loki completion fish > ~/.config/fish/completions/loki.fish
    """
    # The names that typer has given out here since its first years, if without a promise.
    from typer.completion import get_completion_script  # type: ignore[attr-defined]  # noqa: PLC0415

    say(get_completion_script(prog_name="loki", complete_var=VARIABLE, shell=shell.value))


def answer_shells() -> None:
    """Have the command line answer a shell that asks: its classes are registered, which costs an import."""
    from typer.completion import completion_init  # type: ignore[attr-defined]  # noqa: PLC0415

    completion_init()
