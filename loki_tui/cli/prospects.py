"""What `loki qa list` does: says of each phase whether it is on, and what it would run."""

from __future__ import annotations

import asyncio
import json as jsonlib
from collections.abc import AsyncIterator, Mapping

from loki_tui.cli.output import remark, say
from loki_tui.core.messages import JsonObject
from loki_tui.core.terminal import one_line
from loki_tui.engine.qa.phases import PHASES
from loki_tui.runtime.measuring import measuring
from loki_tui.runtime.prospects import Prospect, prospect
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.wording.line import Line

_NAME = 16


def print_prospects(environ: Mapping[str, str], *, json: bool) -> int:
    """Print what each phase would do in the project at hand.

    Returns:
        What to exit with.

    Raises:
        LokiError: Nobody can look.
    """

    async def printing() -> None:
        async for found in _prospects(environ):
            if json:
                say(jsonlib.dumps(_row(found)))
            else:
                say(_line(found))

    asyncio.run(printing())
    remark("No test was run. Run them: loki qa run")
    return 0


async def _prospects(environ: Mapping[str, str]) -> AsyncIterator[Prospect]:
    around = Surroundings.here(environ)
    settings = around.settings()
    async with measuring(around, settings, committed=False, base=None) as measurer:
        for phase in PHASES:
            yield await prospect(measurer, phase, settings)


def _line(found: Prospect) -> Line:
    name = f"{found.phase.name:<{_NAME}}"
    if not found.on:
        return Line(f"{name}off  {found.setting}", "warn")
    what = one_line(": ".join(each for each in (found.tool, found.command) if each))
    why = one_line(found.why)
    if not found.command:
        return Line(f"{name}on   nothing to run: {why}" if not what else f"{name}on   {what}: {why}", "quiet")
    return Line(f"{name}on   {what}" + (f" ({why})" if why else ""))


def _row(found: Prospect) -> JsonObject:
    return {
        "phase": found.phase.name,
        "on": found.on,
        "setting": found.setting,
        "required": found.phase.required,
        "thorough": found.phase.thorough,
        "tool": found.tool or None,
        "command": found.command or None,
        "why": found.why or None,
    }
