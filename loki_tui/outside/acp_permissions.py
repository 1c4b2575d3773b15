"""What an agent asks permission for: judged as an action of the run, and followed until it says what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject
from loki_tui.core.tools import WORKSPACE_TOOLS, parse_call
from loki_tui.engine.outside.ports import Desk, OutsideError
from loki_tui.engine.ports import ActionResult
from loki_tui.engine.proposals import given
from loki_tui.outside.acp_calls import as_ours
from loki_tui.outside.nearness import near

if TYPE_CHECKING:
    from acp.schema import PermissionOption, RequestPermissionResponse, ToolCallUpdate

_OVER = ("completed", "failed")
_CHANGED = "Not done: this agent can be allowed what it asked for, or nothing, and not what a person made of it."


class Permissions:
    """Permits and refuses.

    Args:
        desk: Knows what is allowed.
        root: The workspace's directory.
        name: What the agent is called.
        name_of: Names an action: no agent's own names, of which it could use one twice, and with it an approval.
        fail: Told of an error after which the conversation cannot go on.
    """

    def __init__(
        self, desk: Desk, root: str, *, name: str, name_of: Callable[[], str], fail: Callable[[LokiError], None]
    ) -> None:
        self._desk = desk
        self._root = root
        self._name_of = name_of
        self._name = name
        self._fail = fail
        self._released: dict[str, asyncio.Future[ActionResult]] = {}
        """Tool calls that it was allowed, by their ids, until it says what came of them."""
        self._refused: set[str] = set()
        self._judging: set[asyncio.Task[ActionResult]] = set()

    async def close(self) -> None:
        """Call off what is under way."""
        for task in self._judging:
            task.cancel()
        await asyncio.gather(*self._judging, return_exceptions=True)

    async def ask(self, tool_call: ToolCallUpdate, options: list[PermissionOption]) -> RequestPermissionResponse:
        """Whether the agent may do something by itself: this once, whatever else it offers."""
        from acp.schema import AllowedOutcome, DeniedOutcome, RequestPermissionResponse  # noqa: PLC0415

        once = next((option.option_id for option in options if option.kind == "allow_once"), None)
        permitted = once is not None and await self._permitted(tool_call)
        if permitted and once is not None:
            return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=once))
        self._refused.add(tool_call.tool_call_id)
        no = next((option.option_id for option in options if option.kind == "reject_once"), None)
        if no is None:
            return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
        return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=no))

    async def _permitted(self, tool_call: ToolCallUpdate) -> bool:
        its_name = tool_call.tool_call_id
        call = as_ours(tool_call, self._name_of())
        if call is None or its_name in self._released:
            return False
        call = near(call, self._root)
        allowed = asyncio.Event()

        async def release(ours: JsonObject) -> ActionResult:
            if ours != given(parse_call(call, WORKSPACE_TOOLS)):
                return ActionResult(ok=False, output=_CHANGED)
            result: asyncio.Future[ActionResult] = asyncio.get_running_loop().create_future()
            self._released[its_name] = result
            allowed.set()
            return await result

        judging = asyncio.ensure_future(self._desk.permit(call, release))
        self._judging.add(judging)
        judging.add_done_callback(self._judged)
        waiting = asyncio.ensure_future(allowed.wait())
        try:
            await asyncio.wait((judging, waiting), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
        return allowed.is_set()

    def _judged(self, judging: asyncio.Task[ActionResult]) -> None:
        self._judging.discard(judging)
        if not judging.cancelled() and isinstance(error := judging.exception(), LokiError):
            self._fail(error)

    def follow(self, update: object) -> None:
        """Take in what became of a tool call."""
        call, status = getattr(update, "tool_call_id", ""), getattr(update, "status", None)
        if status not in _OVER:
            return
        if call in self._refused and status == "completed":
            self._fail(OutsideError(f"{self._name} did what it was refused."))
        result = self._released.pop(call, None)
        if result is not None and not result.done():
            result.set_result(ActionResult(ok=status == "completed", output=_told(update)))


def _told(update: object) -> str:
    """What the agent says came of a tool call."""
    texts = []
    for part in getattr(update, "content", None) or ():
        text = getattr(getattr(part, "content", None), "text", None)
        if isinstance(text, str):
            texts.append(text)
    return "\n".join(texts)
