"""How a project is tested, by what it declares."""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.core.settings import Settings
from loki_tui.engine.qa.runners.compiled import find_compiled
from loki_tui.engine.qa.runners.model import Runner
from loki_tui.engine.qa.runners.node import find_node
from loki_tui.engine.qa.runners.plain import PlainRunner, find_make
from loki_tui.engine.qa.runners.python import PythonRunner, find_python, stand_ins
from loki_tui.engine.qa.runners.scripted import Script
from loki_tui.engine.qa.scene import Place


@dataclass(frozen=True, slots=True)
class Refused:
    """A runner that would decide by itself what it says."""

    name: str
    command: str
    why: str


async def choose(place: Place, files: tuple[str, ...], settings: Settings) -> Runner | Refused | None:
    """What runs a project's tests; none where it declares nothing known."""
    if settings.test_command:
        return PlainRunner("custom", settings.test_command, Script(settings.test_command, trusted=True), files)
    runner = await _find(place, files)
    if isinstance(runner, PythonRunner) and (instead := stand_ins(files)):
        why = f"no test was run: {', '.join(instead)} would be run in place of the test runner's own modules"
        return Refused(runner.name, runner.command, why)
    return runner


async def _find(place: Place, files: tuple[str, ...]) -> Runner | None:
    if "package.json" in files and (node := await find_node(place, files)) is not None:
        return node
    return find_compiled(files) or await find_python(place, files) or await find_make(place, files)
