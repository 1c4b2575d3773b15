"""Clean checkouts that stand still while the run is paused."""

from __future__ import annotations

from collections.abc import Callable

from loki_tui.engine.control import Control
from loki_tui.engine.forwarding import ForwardingWorkspace
from loki_tui.engine.ports import Checkouts, Workspace


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


class _Held(ForwardingWorkspace):
    """Hands that are released when they are closed."""

    def __init__(self, workspace: Workspace, release: Callable[[], None]) -> None:
        super().__init__(workspace)
        self._release = release

    async def close(self) -> None:
        self._release()
        await super().close()
