"""One conversation with Claude Code: its messages, in order, and what is answered to each."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine

from pydantic import JsonValue

from loki_tui import __version__
from loki_tui.core.messages import JsonObject
from loki_tui.engine.outside.ports import Desk, Errand, OutsideError, Program
from loki_tui.engine.ports import ActionResult
from loki_tui.outside.claude_tools import FINISH, HARMLESS, OWN_FINISH, SERVER, as_its_own, as_ours, outcome
from loki_tui.outside.nearness import near

_HOOK = "loki"
_HOOK_SECONDS = 2_000_000
"""A person may take three weeks to answer: in milliseconds, about as much as its timers hold. Later it does nothing."""
_SETTLE_SECONDS = 5.0


class ClaudeSession:
    """Hears and answers.

    Args:
        program: Claude Code's.
        errand: What it is to do.
        desk: Knows what it may.
    """

    def __init__(self, program: Program, errand: Errand, desk: Desk) -> None:
        self._program = program
        self._errand = errand
        self._desk = desk
        self._answering: dict[asyncio.Task[None], str] = {}
        self._released: dict[str, tuple[str, asyncio.Future[ActionResult]]] = {}
        """Uses of tools that it was allowed, by their ids, until it says what came of them."""
        self._permitted: set[str] = set()
        self._refused: set[str] = set()
        self._left = False

    @property
    def over(self) -> bool:
        """Whether there is nothing more to hear."""
        return self._left or (self._desk.finished and not self._released)

    async def begin(self) -> None:
        """Say what is to be done."""
        await self._say(
            type="control_request",
            request_id="begin",
            request={
                "subtype": "initialize",
                "hooks": {"PreToolUse": [{"matcher": None, "hookCallbackIds": [_HOOK], "timeout": _HOOK_SECONDS}]},
                "sdkMcpServers": [SERVER],
                "appendSystemPrompt": f"{self._errand.system}\n\n{_FINISHING}",
            },
        )
        await self._tell(self._errand.brief)

    async def hear(self, message: JsonObject) -> Coroutine[None, None, None] | None:
        """Take in a message.

        Returns:
            What is to go on beside the others, where it is to be answered.

        Raises:
            OutsideError: The program cannot go on, or did what it was refused.
        """
        match message:
            case {"type": "control_request", "request_id": str(identity), "request": dict(request)}:
                return self._answer(identity, request)
            case {"type": "control_cancel_request", "request_id": str(identity)}:
                for task in [task for task, name in self._answering.items() if name == identity]:
                    task.cancel()
            case {"type": "control_response", "response": {"subtype": "error", "error": error}}:
                raise OutsideError(f"Claude Code cannot be begun with: {error}", hint="Is its version too old?")
            case {"type": "user", "message": {"content": list(content)}}:
                await self._results(content)
            case {"type": "result"}:
                await self._ended(message)
            case _:
                pass  # what it says reaches the journal through the gateway
        return None

    def keep(self, task: asyncio.Task[None]) -> None:
        """Remember who answers, so that it can be called off."""
        self._answering[task] = task.get_name()
        task.add_done_callback(lambda done: self._answering.pop(done, None))

    def leave(self) -> None:
        """Nothing more is heard: what it was doing is broken off."""
        for task in list(self._answering):
            task.cancel()

    async def settle(self) -> None:
        """Its program has ended: let what is being answered come to its end, for a moment."""
        if self._answering:
            await asyncio.wait(list(self._answering), timeout=_SETTLE_SECONDS)

    # -- what it asks ---------------------------------------------------------------------------

    async def _answer(self, identity: str, request: JsonObject) -> None:
        match request:
            case {"subtype": "hook_callback", "input": dict(given)}:
                answer = await self._judge(identity, given)
            case {"subtype": "can_use_tool", "tool_use_id": str(use), "input": dict(given)} if use in self._permitted:
                # Allowed already; it asks once more where its own rules are stricter than ours.
                answer = {"behavior": "allow", "updatedInput": given}
            case {"subtype": "can_use_tool"}:
                answer = {"behavior": "deny", "message": "Loki has not been asked about this."}
            case {"subtype": "mcp_message", "message": dict(message)}:
                answer = {"mcp_response": self._serve(message)}
            case _:
                error = f"Loki does not know {request.get('subtype')!r}."
                await self._respond(subtype="error", request_id=identity, error=error)
                return
        if answer is not None:
            await self._respond(subtype="success", request_id=identity, response=answer)

    async def _judge(self, identity: str, given: JsonObject) -> JsonObject | None:
        """Whether it may use a tool; none where that has been answered meanwhile."""
        name, use = str(given.get("tool_name")), str(given.get("tool_use_id"))
        its_own = given.get("tool_input")
        if name in HARMLESS or name == OWN_FINISH:
            self._permitted.add(use)
            return _allowed()
        call = as_ours(name, its_own if isinstance(its_own, dict) else {}, use)
        if call is None:
            return self._refusal(use, f"Loki does not offer the tool {name}.")
        call = near(call, self._errand.root)

        async def release(ours: JsonObject) -> ActionResult:
            result: asyncio.Future[ActionResult] = asyncio.get_running_loop().create_future()
            self._released[use] = (name, result)
            self._permitted.add(use)
            changed = None if ours == call.input else as_its_own(name, dict(its_own or {}), ours, call.input)  # type: ignore[arg-type]
            await self._respond(subtype="success", request_id=identity, response=_allowed(changed))
            return await result

        done = await self._desk.permit(call, release)
        if use in self._permitted:
            return None
        return self._refusal(use, done.output)

    def _refusal(self, use: str, why: str) -> JsonObject:
        self._refused.add(use)
        return _hooked(permissionDecision="deny", permissionDecisionReason=why)

    def _serve(self, message: JsonObject) -> JsonObject:
        """Our MCP server, with the one tool that ends an iteration: https://modelcontextprotocol.io."""
        params = message.get("params")
        result: JsonObject = {}
        match message.get("method"):
            case "initialize":
                version = params.get("protocolVersion") if isinstance(params, dict) else None
                information: JsonObject = {"name": SERVER, "version": __version__}
                result = {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": information}
            case "tools/list":
                tool: JsonObject = {
                    "name": FINISH,
                    "description": self._errand.finish_text,
                    "inputSchema": self._errand.finish_schema,
                }
                result = {"tools": [tool]}
            case "tools/call":
                arguments = params.get("arguments") if isinstance(params, dict) else None
                told = self._desk.finish(arguments if isinstance(arguments, dict) else {})
                result = {"content": [{"type": "text", "text": told}], "isError": not self._desk.finished}
            case _:
                pass
        return {"jsonrpc": "2.0", "id": message.get("id", 0), "result": result}

    # -- what it tells --------------------------------------------------------------------------

    async def _results(self, content: list[JsonValue]) -> None:
        for block in content:
            if not isinstance(block, dict) or block.get("type") != "tool_result":
                continue
            use = str(block.get("tool_use_id"))
            if use in self._refused and block.get("is_error") is not True:
                raise OutsideError("Claude Code did what it was refused.")
            name, result = self._released.pop(use, ("", None))
            if result is not None and not result.done():
                result.set_result(outcome(name, block))
        if not self._desk.finished and (note := self._desk.notes()) is not None:
            await self._tell(note)

    async def _ended(self, message: JsonObject) -> None:
        """A turn is over, by its own account: it goes on, unless that was all."""
        if self._desk.finished:
            self._left = True
            return
        if message.get("is_error") is True or message.get("subtype") != "success":
            said = message.get("result") or message.get("errors") or message.get("subtype")
            raise OutsideError(f"Claude Code gave up: {str(said)[:500]}")
        if (said := self._desk.nudge()) is None:
            self._left = True
        else:
            await self._tell(said)

    # -- saying ---------------------------------------------------------------------------------

    async def _tell(self, text: str) -> None:
        content: list[JsonValue] = [{"type": "text", "text": text}]
        message: JsonObject = {"role": "user", "content": content}
        await self._say(type="user", message=message, parent_tool_use_id=None, session_id="")

    async def _respond(self, **response: JsonValue) -> None:
        await self._say(type="control_response", response=response)

    async def _say(self, **message: JsonValue) -> None:
        await self._program.say(json.dumps(message))


_FINISHING = (
    f"Where this speaks of finish_iteration, the tool is called {OWN_FINISH}: call it once, at the end of your work. "
    "Only then is the iteration over."
)


def _allowed(changed: JsonObject | None = None) -> JsonObject:
    return _hooked(permissionDecision="allow", **({} if changed is None else {"updatedInput": changed}))


def _hooked(**decision: JsonValue) -> JsonObject:
    return {"hookSpecificOutput": {"hookEventName": "PreToolUse", **decision}}
