"""`loki demo`: the whole engine at work, without a key and without a network."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from loki_tui.cli.options import Face, Headless, Json, face_of

if TYPE_CHECKING:
    from loki_tui.runtime.host import RunHost
    from loki_tui.tui.session import RunSession


def demo(
    context: typer.Context,
    *,
    headless: Headless = False,
    speed: Annotated[float, typer.Option(min=0, metavar="X", help="Of the recording; 0 is at once.")] = 4,
    staged: Annotated[bool, typer.Option("--staged", help="Approve the plan and each change yourself.")] = False,
    json: Json = False,
) -> None:
    """Watch a small product being built: no key, no network.

    The model is a recording, everything else is real: the engine, the commands, git, the tests.
    """
    from loki_tui.runtime.demonstration import make_project  # noqa: PLC0415 (imports when chosen)

    directory = make_project()
    match face_of(context, headless=headless, json=json):
        case Face.SCREEN:
            code = _on_screen(directory, speed=speed, staged=staged)
        case Face.LINEAR:
            from loki_tui.cli import linear  # noqa: PLC0415

            code = linear.drive(lambda: _begin(directory, speed=speed, staged=staged))
        case _:
            code = _in_lines(directory, speed=speed, staged=staged, json=json)
    _say_what_now(directory, code)
    raise typer.Exit(code)


def _begin(directory: Path, *, speed: float, staged: bool) -> RunHost:
    from loki_tui.runtime.build import Recording  # noqa: PLC0415 (imports when chosen)
    from loki_tui.runtime.demonstration import BUDGET, CASSETTE, demo_environment  # noqa: PLC0415
    from loki_tui.runtime.orders import Order  # noqa: PLC0415
    from loki_tui.runtime.starting import begin, make_ready  # noqa: PLC0415

    overrides = {"provider": "replay", "cassette": CASSETTE, "budget_limit": BUDGET, "staged_autonomy": staged}
    order = Order(prd=directory / "prd.md", overrides=overrides)
    ready = make_ready(order, demo_environment(os.environ), consent=lambda _: False, directory=directory)
    return begin(ready, recording=Recording(speed=speed))


def _on_screen(directory: Path, *, speed: float, staged: bool) -> int:
    from loki_tui.cli.screen import show  # noqa: PLC0415 (imports when chosen)

    def opening() -> RunSession:
        from loki_tui.tui.session import RunSession  # noqa: PLC0415 (on a thread of the application)

        host = _begin(directory, speed=speed, staged=staged)
        return RunSession(host.client, host=host)

    return show(os.environ, opening, title="Demo: the model is a recording, all else is real")


def _in_lines(directory: Path, *, speed: float, staged: bool, json: bool) -> int:
    from loki_tui.cli.driving import drive  # noqa: PLC0415 (imports when chosen)
    from loki_tui.cli.output import remark  # noqa: PLC0415

    remark(f"The model in this demo is a recording: no key, no network, no cost. All else is real, in {directory}.")
    with _begin(directory, speed=speed, staged=staged) as host:
        return drive(host, json=json)


def _say_what_now(directory: Path, code: int) -> None:
    from loki_tui.cli.output import remark  # noqa: PLC0415 (imports when chosen)
    from loki_tui.core.errors import ExitCode  # noqa: PLC0415

    if code == ExitCode.COMPLETED:
        remark("Try the product, and look back at how it came about:")
        remark(f"  cd {directory}")
        remark("  python3 -m habit done run && python3 -m habit list")
        remark("  loki attach; loki logs; loki status; loki checkpoint list")
    elif code == ExitCode.INTERRUPTED:
        # Taken up again where its work was saved, watched where it goes on in the background.
        remark(f"  cd {directory} && loki status")
