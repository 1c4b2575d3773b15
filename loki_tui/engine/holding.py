"""Clean checkouts that stand still while the run is paused."""

from __future__ import annotations

from collections.abc import Callable

from loki_tui.core.messages import JsonObject
from loki_tui.engine.control import Control
from loki_tui.engine.ports import ActionResult, Checkouts, OnText, Workspace


class HeldCheckouts:
    """Makes checkouts whose commands a pause freezes; implements `Checkouts`.

    Args:
        checkouts: Makes them.
        control: Knows of pauses.
    """

    def __init__(self, checkouts: Checkouts, control: Control) -> None:
        self._checkouts = checkouts
        self._control = control

    async def open(self, checkpoint: str) -> Workspace:
        """Hands on a fresh copy of a checkpoint's files; closing them removes it."""
        await self._control.gate()
        workspace = await self._checkouts.open(checkpoint)
        held = _Held(workspace, self._control.hold_with(workspace.freeze, workspace.thaw))
        try:
            await self._control.gate()  # a pause may have come while the checkout was made
        except BaseException:
            await held.close()
            raise
        return held


class _Held:
    """Hands that are released when they are closed."""

    def __init__(self, workspace: Workspace, release: Callable[[], None]) -> None:
        self.confinement = workspace.confinement
        self._workspace = workspace
        self._release = release

    async def perform(self, tool: str, tool_input: JsonObject, *, on_output: OnText | None = None) -> ActionResult:
        return await self._workspace.perform(tool, tool_input, on_output=on_output)

    async def preview(self, tool: str, tool_input: JsonObject) -> ActionResult:
        return await self._workspace.preview(tool, tool_input)

    async def fetch(self, path: str) -> bytes | None:
        return await self._workspace.fetch(path)

    async def freeze(self) -> None:
        await self._workspace.freeze()

    async def thaw(self) -> None:
        await self._workspace.thaw()

    async def close(self) -> None:
        self._release()
        await self._workspace.close()
