"""The client's side of the protocol: what an agent asks for is done by the hands, judged as every other action."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Coroutine
from itertools import count
from typing import TYPE_CHECKING

from pydantic import JsonValue

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import ReadFile, WriteFile
from loki_tui.engine.outside.ports import Desk
from loki_tui.engine.ports import ActionResult
from loki_tui.outside.acp_permissions import Permissions
from loki_tui.outside.acp_terminals import Terminals
from loki_tui.outside.nearness import near

if TYPE_CHECKING:
    from acp.interfaces import Agent
    from acp.schema import (
        CreateElicitationResponse,
        CreateTerminalResponse,
        ElicitationMode,
        EnvVariable,
        KillTerminalResponse,
        PermissionOption,
        ReadTextFileResponse,
        ReleaseTerminalResponse,
        RequestPermissionResponse,
        TerminalOutputResponse,
        ToolCallUpdate,
        WaitForTerminalExitResponse,
        WriteTextFileResponse,
    )


class AcpClient:
    """Answers one agent; implements the SDK's `Client`.

    Args:
        desk: Knows what it may.
        root: The workspace's directory.
        name: What the agent is called.
    """

    def __init__(self, desk: Desk, root: str, *, name: str) -> None:
        self._desk = desk
        self._root = root
        self._name = name
        self._session = secrets.token_hex(4)
        self._numbers = count(1)
        self._terminals = Terminals(desk, root, name_of=self._number)
        self._permissions = Permissions(desk, root, name=name, name_of=self._number, fail=self._fail)
        self.failed: asyncio.Future[LokiError] = asyncio.get_running_loop().create_future()
        """Done with an error after which the conversation cannot go on."""

    async def close(self) -> None:
        """Call off what is under way."""
        await self._permissions.close()
        await self._terminals.close()

    # -- files ----------------------------------------------------------------------------------

    async def read_text_file(
        self, session_id: str, path: str, line: int | None = None, limit: int | None = None, **_: object
    ) -> ReadTextFileResponse:
        """A file as it is, or some lines of it."""
        from acp.schema import ReadTextFileResponse  # noqa: PLC0415 - imported long ago

        call = ToolCall(id=self._number(), name=ReadFile.tool, input={"path": path})
        done = await self._done(self._desk.read(near(call, self._root)))
        lines = done.output.splitlines(keepends=True)[max((line or 1) - 1, 0) :]
        return ReadTextFileResponse(content="".join(lines if limit is None else lines[:limit]))

    async def write_text_file(self, session_id: str, path: str, content: str, **_: object) -> WriteTextFileResponse:
        """A whole file."""
        from acp.schema import WriteTextFileResponse  # noqa: PLC0415

        given: JsonObject = {"path": path, "content": content}
        call = ToolCall(id=self._number(), name=WriteFile.tool, input=given)
        await self._done(self._desk.act(near(call, self._root)))
        return WriteTextFileResponse()

    # -- terminals ------------------------------------------------------------------------------

    async def create_terminal(
        self,
        session_id: str,
        command: str,
        args: list[str] | None = None,
        env: list[EnvVariable] | None = None,
        cwd: str | None = None,
        output_byte_limit: int | None = None,
        **_: object,
    ) -> CreateTerminalResponse:
        """A command that runs from now on, if it may."""
        variables = {variable.name: variable.value for variable in env or ()}
        return self._terminals.open(command, args or [], variables, cwd, output_byte_limit)

    async def terminal_output(self, session_id: str, terminal_id: str, **_: object) -> TerminalOutputResponse:
        """What it printed so far, and whether it is over."""
        return self._terminals.output(terminal_id)

    async def wait_for_terminal_exit(
        self, session_id: str, terminal_id: str, **_: object
    ) -> WaitForTerminalExitResponse:
        """Wait until it is over."""
        return await self._terminals.wait(terminal_id)

    async def kill_terminal(self, session_id: str, terminal_id: str, **_: object) -> KillTerminalResponse:
        """End it; its output stays."""
        return await self._terminals.kill(terminal_id)

    async def release_terminal(self, session_id: str, terminal_id: str, **_: object) -> ReleaseTerminalResponse:
        """End it and forget it."""
        return await self._terminals.release(terminal_id)

    async def request_permission(
        self, session_id: str, tool_call: ToolCallUpdate, options: list[PermissionOption], **_: object
    ) -> RequestPermissionResponse:
        """Whether the agent may do something by itself."""
        return await self._permissions.ask(tool_call, options)

    # -- what it tells --------------------------------------------------------------------------

    async def session_update(self, session_id: str, update: object, **_: object) -> None:
        """Something happened on the agent's side."""
        match getattr(update, "session_update", ""):
            case "agent_message_chunk":
                text = getattr(getattr(update, "content", None), "text", None)
                if isinstance(text, str):
                    self._desk.say(text)
            case "tool_call" | "tool_call_update":
                self._permissions.follow(update)
            case _:
                pass

    # -- what there is not ----------------------------------------------------------------------

    async def create_elicitation(self, message: str, mode: ElicitationMode, **_: object) -> CreateElicitationResponse:
        """A question to a person: nobody is there."""
        from acp.schema import DeclineElicitationResponse  # noqa: PLC0415

        return DeclineElicitationResponse(action="decline")

    async def complete_elicitation(self, elicitation_id: str, **_: object) -> None:
        """Of no concern."""

    async def ext_method(self, method: str, params: dict[str, JsonValue]) -> dict[str, JsonValue]:
        """What the protocol does not know, nor do we."""
        from acp import RequestError  # noqa: PLC0415

        raise RequestError.method_not_found(method)

    async def ext_notification(self, method: str, params: dict[str, JsonValue]) -> None:
        """Of no concern."""

    def on_connect(self, conn: Agent) -> None:
        """The SDK says that it is there."""

    # -- doing ----------------------------------------------------------------------------------

    async def _done(self, doing: Coroutine[None, None, ActionResult]) -> ActionResult:
        """What came of an action that must succeed to be answered at all."""
        from acp import RequestError  # noqa: PLC0415

        try:
            done = await doing
        except LokiError as error:
            self._fail(error)
            raise RequestError.internal_error({"details": error.message}) from error
        if not done.ok:
            raise RequestError(-32000, done.output[:2000])
        return done

    def _fail(self, error: LokiError) -> None:
        if not self.failed.done():
            self.failed.set_result(error)

    def _number(self) -> str:
        """A name for an action that no other of the run has: approvals are for one."""
        return f"acp-{self._session}-{next(self._numbers)}"
