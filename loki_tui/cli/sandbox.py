"""`loki sandbox`: the containers that agents of this project work in, and one to look around in."""

from __future__ import annotations

import json as jsonlib
import os
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Json
from loki_tui.cli.output import remark, say
from loki_tui.wording.line import Line

if TYPE_CHECKING:
    from loki_tui.runtime.sandbox import BoxView, Sandbox

app = typer.Typer(
    help="Containers for agents: what holds them, a shell in one, their logs.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@app.command()
def start() -> None:
    """Open a container with what agents have in theirs, for you to look around in.

    A run with `loki start --sandbox` has containers of its own, made alike.
    """
    sandbox = _sandbox()
    name, already = sandbox.start()
    say(name)
    remark("It was open already." if already else "It is open. Look around: loki sandbox shell. End: loki sandbox stop")


@app.command()
def status(*, json: Json = False) -> None:
    """Show the containers of this project, what holds each, and what does not."""
    sandbox = _sandbox()
    views = sandbox.views()
    if json:
        from dataclasses import asdict  # noqa: PLC0415 (imports when chosen)

        for view in views:
            say(jsonlib.dumps(asdict(view)))
        return
    if not views:
        say(f"No sandbox runs here; {sandbox.engine} is ready for one. Start: loki sandbox start")
    for view in views:
        _print_view(view)


@app.command(context_settings={"ignore_unknown_options": True})
def shell(
    command: Annotated[
        list[str] | None, typer.Argument(metavar="[COMMAND]...", help="What to run in place of a shell.")
    ] = None,
) -> None:
    """Open a shell in it: where agents are at work, else in the container you started."""
    raise typer.Exit(_sandbox().shell(tuple(command or ())))


@app.command()
def logs(
    *,
    lines: Annotated[
        int, typer.Option("--lines", "-n", metavar="N", min=1, max=100_000, help="The last N lines.")
    ] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as more is said.")] = False,
) -> None:
    """Show what it has said: of agents' commands, their output."""
    for line in _sandbox().logs(last=lines, follow=follow):
        say(line)


@app.command()
def stop() -> None:
    """End every container of this project; a run in one stops first, as by `loki stop`. No work is lost."""
    sandbox = _sandbox()
    removed = sandbox.stop()
    for name in removed:
        say(name)
    remark("Your files are where they were: no work is in a container." if removed else "No sandbox ran here.")


def _sandbox() -> Sandbox:
    from loki_tui.runtime.sandbox import Sandbox  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    around = Surroundings.here(os.environ)
    return Sandbox(around, around.settings())


def _print_view(view: BoxView) -> None:
    of_run = f" of run {view.run}" if view.run else ""
    left = "; left by a process that is gone: loki sandbox stop removes it" if view.orphaned else ""
    say(Line(f"{view.name}  {view.kind}{of_run}, {view.state}{left}", "warn" if left else "loud"))
    if not view.holds:
        return
    say(f"  user        {view.user}")
    for phrase in view.holds:
        say(Line(f"  isolated    {phrase}", "good"))
    for phrase in view.lacks:
        say(Line(f"  MISSING     {phrase}", "bad"))
    for phrase in view.open_ends:
        say(Line(f"  not held    {phrase}", "warn"))
    for path in view.writable:
        say(f"  writes      {path}")
    for path in view.readable:
        say(f"  reads       {path}")
