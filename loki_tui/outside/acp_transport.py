"""The protocol's messages to and from a program in hands; the SDK does the rest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pydantic import ValidationError

from loki_tui.core.errors import LokiError
from loki_tui.engine.outside.ports import Desk, OutsideError, Program
from loki_tui.outside.talk import messages

if TYPE_CHECKING:
    from pydantic import JsonValue

_OPEN = 500
"""So many requests may wait for their answers at once; who asks more is a flood."""


def _understood(message: dict[str, JsonValue]) -> bool:
    """Whether a notification is one that is listened to: the SDK logs what it cannot read, on whatever screen."""
    from acp.schema import SessionNotification  # noqa: PLC0415 - imported long ago

    if message.get("method") != "session/update":
        return False
    try:
        SessionNotification.model_validate(message.get("params"))
    except ValidationError:
        return False
    return True


class ProgramTransport:
    """Implements the SDK's `Transport`.

    Args:
        program: The agent's.
        desk: Says whether it is we who are waited for.
        name: What the agent is called.
        silence: Seconds after which it has hung.
    """

    def __init__(self, program: Program, desk: Desk, *, name: str, silence: float) -> None:
        self._program = program
        self._name = name
        self._heard = messages(program, desk, name=name, silence=silence)
        self._open = 0
        self.failure: LokiError | None = None
        """Why nothing more is heard, where the program did not simply end."""

    async def send(self, message: dict[str, JsonValue]) -> None:
        """Say something."""
        if "method" not in message:
            self._open -= 1
        await self._program.say(json.dumps(message))

    async def receive(self) -> dict[str, JsonValue] | None:
        """The next message; none when there will be no more."""
        try:
            message = await anext(self._heard, None)
            while message is not None and "id" not in message and not _understood(message):
                message = await anext(self._heard, None)
            if message is not None and "method" in message and "id" in message:
                self._open += 1
                if self._open > _OPEN:
                    raise OutsideError(f"{self._name} asks more than anybody can answer.")
        except LokiError as error:
            # Not raised: the SDK would log it, and say no more than that the connection is closed.
            self.failure = error
            return None
        return message

    async def close(self) -> None:
        """The SDK closes before it stops listening: see `finish`."""

    async def finish(self) -> None:
        """Let go, once nobody listens any more."""
        await self._heard.aclose()
