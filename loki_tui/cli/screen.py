"""Opening the full-screen application, and what is left to do when a person has left it.

Everything slow is left to the application, which does it after its first paint: nothing here imports
the models of events and settings before that.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from loki_tui.cli.foreground import GoOn, in_foreground
from loki_tui.cli.looks import looks_of

if TYPE_CHECKING:
    from loki_tui.tui.app import Launch, Left, LokiApp
    from loki_tui.tui.session import RunSession

Opening = Callable[[], "RunSession"]
"""Opens a run; slow, and called on a thread of the application."""


def has_screen(environ: Mapping[str, str]) -> bool:
    """Whether there is a terminal, or a browser, to show the application on."""
    if environ.get("TEXTUAL_DRIVER"):
        return True
    return sys.stdin.isatty() and sys.stdout.isatty() and environ.get("TERM", "dumb") != "dumb"


def straight_to_screen(arguments: Sequence[str], environ: Mapping[str, str]) -> Callable[[], int] | None:
    """What to run where nothing but the screen is wanted: the parser of the command line costs a tenth of its start.

    Args:
        arguments: Of the command line.
        environ: The environment.

    Returns:
        None where the command line has to be parsed.
    """
    if not has_screen(environ):
        return None
    match arguments:
        case []:
            return lambda: show(environ)
        case ["attach"]:
            return lambda: show_run(None, environ)
        case ["attach", run] if not run.startswith("-"):
            return lambda: show_run(run, environ)
        case _:
            return None


def show_run(run: str | None, environ: Mapping[str, str]) -> int:
    """Open the application on a run: at work anywhere on this machine, or long over."""

    def opening() -> RunSession:
        from loki_tui.tui.openings import attach  # noqa: PLC0415 (on a thread of the application)

        return attach(run, environ)

    return show(environ, opening, title="Opening the run")


def show(environ: Mapping[str, str], opening: Opening | None = None, *, title: str = "") -> int:
    """Open the application, and stay until it and the engines in this process are through.

    Args:
        environ: The environment.
        opening: Opens the run to begin with; the list of runs, where none is given.
        title: Said while that run is being opened.

    Returns:
        What the process is to exit with.
    """
    return in_foreground(lambda go_on: _show(environ, opening, title, go_on))


def _show(environ: Mapping[str, str], opening: Opening | None, title: str, go_on: GoOn) -> int:
    from loki_tui.tui.app import LokiApp  # noqa: PLC0415 (in the child alone)

    app = LokiApp(_launch(environ, opening, title))
    left = app.run()
    return _after(app, left, go_on)


def _launch(environ: Mapping[str, str], opening: Opening | None, title: str) -> Launch:
    from loki_tui.tui.actions import check_keymap  # noqa: PLC0415 (in the child alone)
    from loki_tui.tui.app import Launch  # noqa: PLC0415
    from loki_tui.tui.themes import fitting_theme  # noqa: PLC0415

    looks = looks_of(environ)
    check_keymap(looks.keymap)
    return Launch(
        opening=opening,
        title=title,
        theme=fitting_theme(environ) if looks.theme == "auto" else looks.theme,
        keymap=looks.keymap,
        notices=looks.notify,
        environ=environ,
    )


def _after(app: LokiApp, left: Left | None, go_on: GoOn) -> int:
    from loki_tui.cli.afterwards import see_through  # noqa: PLC0415 (its imports are slow)

    return see_through(app, left, go_on)
