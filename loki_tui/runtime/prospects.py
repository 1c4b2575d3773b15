"""What each QA phase would run in a repository: found by letting it look, and holding it before it runs anything.

A phase looks at files and for tools, then runs the first command that is the project's or a tool's. Here it is
told of the repository by the same hands as ever, and that first command is noted in place of being run.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from pathlib import PurePosixPath

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject
from loki_tui.core.settings import Settings, variable_of
from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.ports import ActionResult, OnText, Workspace
from loki_tui.engine.qa.phase import REGRESSION, TEST_STRENGTH, UNIT_TESTS, Phase
from loki_tui.engine.qa.runners.choosing import Refused, choose
from loki_tui.engine.qa.scene import OpenCheckout, Place
from loki_tui.engine.qa.scenes import off_by
from loki_tui.runtime.measuring import Measuring

__all__ = ["Prospect", "prospect"]

_LOOKING = re.compile(r"^mkdir -p \.[0-9a-f]{10} && find \. |^\s*own=\$\(|^command -v |^\s*for each in ")
"""Commands of Loki's own that look for files and tools, and run nothing of the project's."""

_SETTING_UP = re.compile(
    r'^(?:\s*(?:mkdir -p \S+|cd \S+|export [^;&]*|[A-Za-z_]\w*=(?:"[^"]*"|\'[^\']*\'|\S*))\s*(?:;|&&|\n)?\s*)+'
)
"""What stands before the command that matters."""

_LAUNCHERS = frozenset({"env", "exec", "timeout", "nice", "nohup", "sudo"})

_TESTS_AGAIN = {REGRESSION: "at the base, to compare with here", TEST_STRENGTH: "on a product that does nothing"}
"""Phases that run the unit tests once more, and on what."""

_COMMAND_CHARS = 300


@dataclass(frozen=True, slots=True)
class Prospect:
    """What a phase would do here."""

    phase: Phase
    setting: str
    """The variable that switches it."""
    on: bool
    tool: str = ""
    command: str = ""
    """The first command that it would run; empty where it would run none."""
    why: str = ""
    """Why it would run none, or how it measures without one."""


class _WouldRunError(Exception):
    """A phase was about to run something."""

    def __init__(self, command: str) -> None:
        super().__init__(command)
        self.command = command


async def prospect(measurer: Measuring, phase: Phase, settings: Settings) -> Prospect:
    """What a phase would do; nothing of the project's is run.

    Args:
        measurer: Knows the repository.
        phase: Which.
        settings: In force.
    """
    variable = variable_of(phase.setting)
    if off_by(phase, settings) is not None:
        return Prospect(phase, variable, on=False, why=f"switched off by {variable}")
    try:
        if phase.name == UNIT_TESTS:
            return await _unit_tests(measurer, phase, settings)
        return await _held(measurer, phase, settings)
    except LokiError as error:
        return Prospect(phase, variable, on=True, why=error.message)


async def _unit_tests(measurer: Measuring, phase: Phase, settings: Settings) -> Prospect:
    """The runner's command as a person would type it."""
    variable = variable_of(phase.setting)
    workspace = await measurer.scenes.open_here()
    try:
        place = Place(workspace)
        runner = await choose(place, await place.files(), settings)
    finally:
        await workspace.close()
    if runner is None:
        why = "no test command found; declare one the project's way, or set LOKI_TEST_COMMAND"
        return Prospect(phase, variable, on=True, why=why)
    if isinstance(runner, Refused):
        return Prospect(phase, variable, on=True, tool=runner.name, why=runner.why)
    return Prospect(phase, variable, on=True, tool=runner.name, command=runner.command)


async def _held(measurer: Measuring, phase: Phase, settings: Settings) -> Prospect:
    """Let a phase look until it would run something."""
    variable = variable_of(phase.setting)
    scenes = measurer.scenes.through(_watched)
    # As if the unit tests had passed: what comes after them would else have nothing to say.
    scenes.tests = (TestCase(id="a test", outcome="passed"),)
    try:
        measured = await scenes.measure(phase)
    except* _WouldRunError as held:
        command = _first(held)
    else:
        if measured.verdict is Verdict.PASSED:
            return Prospect(phase, variable, on=True, tool="loki", why=measured.why)
        return Prospect(phase, variable, on=True, why=measured.why)
    if phase.name in _TESTS_AGAIN:
        tests = await _unit_tests(measurer, phase, settings)
        why = _TESTS_AGAIN[phase.name]
        return Prospect(phase, variable, on=True, tool=tests.tool, command=tests.command, why=why)
    plain = _SETTING_UP.sub("", command).strip() or command.strip()
    return Prospect(phase, variable, on=True, tool=_tool(plain), command=plain[:_COMMAND_CHARS])


def _first(held: BaseExceptionGroup[_WouldRunError]) -> str:
    error: BaseException = held
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    assert isinstance(error, _WouldRunError)
    return error.command


def _tool(command: str) -> str:
    """The program that a command runs, as far as its words tell."""
    try:
        words = shlex.split(command.partition("\n")[0])
    except ValueError:
        return ""
    for word in words:
        name = PurePosixPath(word).name
        if name and name not in _LAUNCHERS and "=" not in word and not word.startswith("-") and not word.isdigit():
            return name
    return ""


def _watched(opened: OpenCheckout) -> OpenCheckout:
    async def opening() -> Workspace:
        return _Watched(await opened())

    return opening


class _Watched:
    """Hands that look and run nothing; implements `loki_tui.engine.ports.Workspace`."""

    def __init__(self, hands: Workspace) -> None:
        self.confinement = hands.confinement
        self._hands = hands
        self.preview = hands.preview
        self.fetch = hands.fetch
        self.freeze = hands.freeze
        self.thaw = hands.thaw
        self.close = hands.close

    async def perform(self, tool: str, tool_input: JsonObject, *, on_output: OnText | None = None) -> ActionResult:
        command = tool_input.get("command")
        if tool == "shell" and not (isinstance(command, str) and _LOOKING.match(command)):
            raise _WouldRunError(str(command))
        return await self._hands.perform(tool, tool_input, on_output=on_output)
