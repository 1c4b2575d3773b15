"""An engine with a watch beside it: how late its event loop gets to what is due.

A program of its own, since its loop is to be the engine's alone: run in a project's directory, with the settings in the
environment, it drives `prd.md` to its end and prints one object of seconds.
"""

from __future__ import annotations

import asyncio
import json
import os
import statistics
import sys
import time
from contextlib import suppress
from pathlib import Path

from loki_tui.core.errors import ExitCode
from loki_tui.runtime.host import RunHost
from loki_tui.runtime.orders import Order
from loki_tui.runtime.starting import begin, make_ready

STEP = 0.005
"""Seconds between two moments at which something is due."""


def main() -> int:
    """Drive the run; what it comes to."""
    order = Order(prd=Path("prd.md"), overrides={})
    with begin(make_ready(order, os.environ, consent=lambda _: False)) as host:
        code, late = asyncio.run(_drive(host))
    hundredths = statistics.quantiles(late, n=100)
    json.dump({"median": hundredths[49], "p99": hundredths[98], "worst": max(late)}, sys.stdout)
    return code


async def _drive(host: RunHost) -> tuple[ExitCode, list[float]]:
    late: list[float] = []
    watch = asyncio.create_task(_watch(late))
    try:
        return await host.run(), late
    finally:
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch


async def _watch(late: list[float]) -> None:
    while True:
        due = time.perf_counter() + STEP
        await asyncio.sleep(STEP)
        late.append(time.perf_counter() - due)


if __name__ == "__main__":
    sys.exit(main())
