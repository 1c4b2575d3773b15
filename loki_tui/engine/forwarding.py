"""Hands that pass everything on to other hands: what differs from them in one thing builds on it."""

from __future__ import annotations

from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.ports import ActionResult, OnText, Workspace


class ForwardingWorkspace:
    """Implements `Workspace` by another one."""

    def __init__(self, workspace: Workspace) -> None:
        self.confinement: Confinement = workspace.confinement
        self._workspace = workspace

    async def perform(self, tool: str, tool_input: JsonObject, *, on_output: OnText | None = None) -> ActionResult:
        """See the port."""
        return await self._workspace.perform(tool, tool_input, on_output=on_output)

    async def preview(self, tool: str, tool_input: JsonObject) -> ActionResult:
        """See the port."""
        return await self._workspace.preview(tool, tool_input)

    async def fetch(self, path: str) -> bytes | None:
        """See the port."""
        return await self._workspace.fetch(path)

    async def freeze(self) -> None:
        """See the port."""
        await self._workspace.freeze()

    async def thaw(self) -> None:
        """See the port."""
        await self._workspace.thaw()

    async def close(self) -> None:
        """See the port."""
        await self._workspace.close()
