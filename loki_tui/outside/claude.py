"""Claude Code as an agent: its program in hands, its requests through a gateway, its permissions from our guard.

It is driven without a terminal, by JSON lines: https://code.claude.com/docs/en/headless. What is not in its pages,
the control protocol of its SDK, is taken from what release 2.1 says and does: a hook before each use of a tool asks
us (a hook, since the program allows what looks harmless without asking), and the tool that ends an iteration is on a
server of ours, whose messages come the same way. A version that speaks otherwise fails loudly, and nothing is done.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from dataclasses import dataclass

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject
from loki_tui.engine.outside.ports import Access, Desk, Errand, Gateway, OutsideError, ProgramHost
from loki_tui.outside.claude_session import ClaudeSession
from loki_tui.outside.claude_tools import OFFERED
from loki_tui.outside.talk import messages, running


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaudeOptions:
    """How it is started."""

    program: str
    """Absolute path of its program."""
    model: str
    fast_model: str
    """For what it does on the side."""
    max_output_tokens: int
    effort: str | None = None
    command_seconds: float = 600.0
    """How long its commands may take."""
    silence: float = 720.0
    """How long it may say nothing, with nothing to wait for, before it counts as hung."""


class ClaudeCode:
    """Speaks with Claude Code; implements `engine.outside.ports.OutsideAgent`.

    Args:
        options: How it is started.
        gateway: Its way to the models.
    """

    name = "Claude Code"

    def __init__(self, options: ClaudeOptions, gateway: Gateway) -> None:
        self._options = options
        self._gateway = gateway

    async def work(self, host: ProgramHost, errand: Errand, desk: Desk) -> None:
        """Have it work; see `engine.outside.ports.OutsideAgent`."""
        async with (
            self._gateway.open(desk, door=host.door) as access,
            running(host, self._argv(errand.model), self._environment(access)) as program,
        ):
            session = ClaudeSession(program, errand, desk)
            try:
                async with asyncio.TaskGroup() as tasks:
                    await session.begin()
                    heard = messages(program, desk, name=self.name, silence=self._options.silence)
                    async with aclosing(heard) as said:
                        await _listen(session, said, tasks)
                    session.leave()
            except* LokiError as errors:
                raise errors.exceptions[0] from None

    def _argv(self, model: str) -> list[str]:
        options = self._options
        # Settings and servers of a workspace or a home are an agent's to write: none are taken.
        return [
            options.program,
            *("--print", "--verbose", "--input-format", "stream-json", "--output-format", "stream-json"),
            *("--permission-prompt-tool", "stdio", "--permission-mode", "default"),
            *("--setting-sources", "", "--strict-mcp-config", "--no-session-persistence", "--disable-slash-commands"),
            *("--tools", ",".join(OFFERED), "--model", model or options.model),
            *(("--effort", options.effort) if options.effort else ()),
        ]

    def _environment(self, access: Access) -> dict[str, str]:
        options = self._options
        milliseconds = str(int(options.command_seconds * 1000))
        return {
            "ANTHROPIC_BASE_URL": access.url,
            "ANTHROPIC_AUTH_TOKEN": access.token,
            "ANTHROPIC_DEFAULT_HAIKU_MODEL": options.fast_model,
            "ANTHROPIC_SMALL_FAST_MODEL": options.fast_model,
            "API_TIMEOUT_MS": "2147483647",  # a pause may take days
            "BASH_DEFAULT_TIMEOUT_MS": milliseconds,
            "BASH_MAX_TIMEOUT_MS": milliseconds,
            "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
            "CLAUDE_CODE_MAX_OUTPUT_TOKENS": str(options.max_output_tokens),
            "CLAUDE_CODE_MAX_RETRIES": "0",  # the engine tries again, and knows the budget
            "DISABLE_AUTOUPDATER": "1",
            "MCP_TOOL_TIMEOUT": "2147483647",
            "NO_PROXY": "localhost,127.0.0.1,::1",
            "no_proxy": "localhost,127.0.0.1,::1",
        }


async def _listen(session: ClaudeSession, said: AsyncIterator[JsonObject], tasks: asyncio.TaskGroup) -> None:
    """Until it has nothing more to do here."""
    async for message in said:
        if (answering := await session.hear(message)) is not None:
            session.keep(tasks.create_task(answering, name=str(message.get("request_id"))))
        if session.over:
            return
    await session.settle()
    if not session.over:
        raise OutsideError(f"{ClaudeCode.name} ended before its work did.")
