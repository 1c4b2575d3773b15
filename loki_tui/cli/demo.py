"""`loki demo`: the whole engine at work, without a key and without a network."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from loki_tui.cli.options import Headless, Json


def demo(
    *,
    headless: Headless = False,
    speed: Annotated[float, typer.Option(min=0, metavar="X", help="Of the recording; 0 is at once.")] = 4,
    json: Json = False,
) -> None:
    """Watch a small product being built: no key, no network.

    The model is a recording, everything else is real: the engine, the commands, git, the tests.
    """
    from loki_tui.cli.driving import drive  # noqa: PLC0415 (imports when chosen)
    from loki_tui.cli.output import remark  # noqa: PLC0415
    from loki_tui.core.errors import ExitCode  # noqa: PLC0415
    from loki_tui.runtime.build import Recording  # noqa: PLC0415
    from loki_tui.runtime.demonstration import BUDGET, CASSETTE, demo_environment, make_project  # noqa: PLC0415
    from loki_tui.runtime.host import RunHost, new_run_id  # noqa: PLC0415
    from loki_tui.runtime.prd import read_prd  # noqa: PLC0415
    from loki_tui.runtime.surroundings import Surroundings  # noqa: PLC0415

    del headless  # Lines are the only face so far.
    directory = make_project()
    around = Surroundings.here(demo_environment(os.environ), directory)
    settings = around.settings({"provider": "replay", "cassette": CASSETTE, "budget_limit": BUDGET})
    remark(f"The model in this demo is a recording: no key, no network, no cost. All else is real, in {directory}.")
    with RunHost.open(around, settings, run=new_run_id(), recording=Recording(speed=speed)) as host:
        host.begin(read_prd(directory / "prd.md"))
        code = drive(host, json=json)
    if code is ExitCode.COMPLETED:
        remark("Try the product, and look back at how it came about:")
        remark(f"  cd {directory}")
        remark("  python3 -m habit done run && python3 -m habit list")
        remark("  loki logs; loki status; loki checkpoint list")
    elif code is ExitCode.INTERRUPTED:
        remark(f"  cd {directory} && loki resume")
    raise typer.Exit(code)
