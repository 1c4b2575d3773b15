"""Terminals for an agent: commands that the hands run as actions of the run, followed by name."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import ToolCall
from loki_tui.core.tools import Shell
from loki_tui.engine.outside.ports import Desk
from loki_tui.engine.ports import ActionResult
from loki_tui.outside.acp_calls import shell_line

if TYPE_CHECKING:
    from acp.schema import (
        CreateTerminalResponse,
        KillTerminalResponse,
        ReleaseTerminalResponse,
        TerminalExitStatus,
        TerminalOutputResponse,
        WaitForTerminalExitResponse,
    )

MOST = 100
"""Terminals that an agent may have at once."""
_REFUSED = 126
"""Exit code of a command that was not run, as shells have it."""
_NAME = re.compile(r"[A-Za-z_]\w*", re.ASCII)


@dataclass(slots=True)
class _Terminal:
    running: asyncio.Future[ActionResult]
    limit: int | None
    killed: bool = field(default=False)


class Terminals:
    """The terminals of one agent.

    Args:
        desk: Runs the commands.
        root: The workspace's directory.
        name_of: Names an action.
    """

    def __init__(self, desk: Desk, root: str, *, name_of: Callable[[], str]) -> None:
        self._name_of = name_of
        self._desk = desk
        self._root = root
        self._numbers = count(1)
        self._open: dict[str, _Terminal] = {}

    def open(
        self, command: str, args: list[str], env: dict[str, str], cwd: str | None, limit: int | None
    ) -> CreateTerminalResponse:
        """Begin a command; one that may not run is a terminal that says so."""
        from acp import RequestError  # noqa: PLC0415 - imported long ago
        from acp.schema import CreateTerminalResponse  # noqa: PLC0415

        if len(self._open) >= MOST:
            raise RequestError(-32000, f"There are {MOST} terminals already: release some.")
        if not all(_NAME.fullmatch(name) for name in env):
            raise RequestError.invalid_params({"details": "a variable without a usable name"})
        name = f"terminal-{next(self._numbers)}"
        line = shell_line(command, args, env, cwd, self._root)
        call = ToolCall(id=self._name_of(), name=Shell.tool, input={"command": line})
        self._open[name] = _Terminal(asyncio.ensure_future(self._run(call)), limit)
        return CreateTerminalResponse(terminal_id=name)

    async def _run(self, call: ToolCall) -> ActionResult:
        try:
            return await self._desk.act(call)
        except LokiError as error:
            return ActionResult(ok=False, output=error.message, exit_code=_REFUSED)

    def output(self, name: str) -> TerminalOutputResponse:
        """What it printed, once it is over; until then nothing is told."""
        from acp.schema import TerminalOutputResponse  # noqa: PLC0415

        terminal = self._named(name)
        text = self._text(terminal)
        limit = terminal.limit
        cut = limit is not None and len(text.encode()) > limit
        if cut:
            # By the protocol from the beginning, and never through a character.
            text = text.encode()[-limit:].decode(errors="ignore") if limit else ""
        return TerminalOutputResponse(output=text, truncated=cut, exit_status=self._status(terminal))

    async def wait(self, name: str) -> WaitForTerminalExitResponse:
        """Wait until it is over."""
        from acp.schema import WaitForTerminalExitResponse  # noqa: PLC0415

        terminal = self._named(name)
        await asyncio.wait([terminal.running])
        status = self._status(terminal)
        assert status is not None
        return WaitForTerminalExitResponse(exit_code=status.exit_code, signal=status.signal)

    async def kill(self, name: str) -> KillTerminalResponse:
        """End it and all that it started."""
        from acp.schema import KillTerminalResponse  # noqa: PLC0415

        await self._end(self._named(name))
        return KillTerminalResponse()

    async def release(self, name: str) -> ReleaseTerminalResponse:
        """End and forget it."""
        from acp.schema import ReleaseTerminalResponse  # noqa: PLC0415

        await self._end(self._named(name))
        del self._open[name]
        return ReleaseTerminalResponse()

    async def close(self) -> None:
        """End all of them."""
        for terminal in self._open.values():
            await self._end(terminal)

    async def _end(self, terminal: _Terminal) -> None:
        if not terminal.running.done():
            terminal.killed = True
            terminal.running.cancel()
            await asyncio.wait([terminal.running])

    def _named(self, name: str) -> _Terminal:
        from acp import RequestError  # noqa: PLC0415

        if name not in self._open:
            raise RequestError.invalid_params({"details": "there is no such terminal"})
        return self._open[name]

    def _text(self, terminal: _Terminal) -> str:
        running = terminal.running
        return running.result().output if running.done() and not running.cancelled() else ""

    def _status(self, terminal: _Terminal) -> TerminalExitStatus | None:
        from acp.schema import TerminalExitStatus  # noqa: PLC0415

        running = terminal.running
        if not running.done():
            return None
        if terminal.killed or running.cancelled():
            return TerminalExitStatus(signal="SIGKILL")
        done = running.result()
        code = done.exit_code if done.exit_code is not None else (0 if done.ok else _REFUSED)
        return TerminalExitStatus(exit_code=code)
