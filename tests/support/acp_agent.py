"""An agent that speaks the Agent Client Protocol, by the SDK's own agent side, and does what a script says.

    python -m tests.support.acp_agent script.json answers.json

The script has, for words that the first prompt is told by, a list of turns, one for each prompt, each a list of
steps: what to say, to ask of the client, or to do as no agent should. What it was answered goes to the other file.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from acp import PROTOCOL_VERSION, RequestError, run_agent, text_block, update_agent_message
from acp.helpers import start_tool_call, update_tool_call
from acp.schema import (
    AgentCapabilities,
    InitializeResponse,
    NewSessionResponse,
    PermissionOption,
    PromptResponse,
    ToolCallUpdate,
    Usage,
)

OPTIONS = [
    PermissionOption(option_id="yes", name="Yes", kind="allow_once"),
    PermissionOption(option_id="always", name="Always", kind="allow_always"),
    PermissionOption(option_id="no", name="No", kind="reject_once"),
]


class Scripted:
    def __init__(self, script: dict[str, list[list[dict[str, Any]]]]) -> None:
        self.script = script
        self.turns: list[list[dict[str, Any]]] | None = None
        self.client: Any = None
        self.cwd = ""
        self.answers: list[Any] = []
        self.calls = 0

    def on_connect(self, conn: Any) -> None:
        self.client = conn

    async def initialize(self, protocol_version: int, **_: Any) -> InitializeResponse:
        return InitializeResponse(protocol_version=PROTOCOL_VERSION, agent_capabilities=AgentCapabilities())

    async def new_session(self, cwd: str, **_: Any) -> NewSessionResponse:
        self.cwd = cwd
        return NewSessionResponse(session_id="s1")

    async def cancel(self, session_id: str, **_: Any) -> None:
        pass

    async def prompt(self, session_id: str, prompt: Any, **_: Any) -> PromptResponse:
        self.answers.append({"prompt": prompt[0].text})
        usage = None
        if self.turns is None:
            self.turns = next(turns for words, turns in self.script.items() if words in prompt[0].text)
        for step in self.turns.pop(0) if self.turns else []:
            if step["do"] == "usage":
                usage = Usage(total_tokens=30, input_tokens=10, output_tokens=20)
            else:
                try:
                    self.answers.append(await self.step(**step))
                except RequestError as error:
                    self.answers.append({"error": str(error)})
            with open(sys.argv[2], "w") as file:  # noqa: ASYNC230, PTH123 - its own loop has nothing else to do
                json.dump(self.answers, file)
        return PromptResponse(stop_reason="end_turn", usage=usage)

    async def step(self, do: str, **given: Any) -> Any:
        return await getattr(self, f"do_{do}")(**given)

    async def do_say(self, text: str) -> None:
        await self.client.session_update("s1", update_agent_message(text_block(text)))

    async def do_read(self, path: str) -> Any:
        return (await self.client.read_text_file(session_id="s1", path=path)).content

    async def do_write(self, path: str, content: str) -> None:
        await self.client.write_text_file(session_id="s1", path=path, content=content)

    async def do_die(self) -> None:
        os._exit(7)

    async def do_hang(self) -> None:
        await asyncio.Event().wait()

    async def do_babble(self, lines: int) -> None:
        for _ in range(lines):
            print("this is no message", flush=True)  # noqa: T201

    async def do_flood(self, size: int) -> None:
        os.set_blocking(1, True)
        await asyncio.to_thread(sys.stdout.write, "x" * size)
        await asyncio.Event().wait()

    async def do_run(self, command: str) -> Any:
        terminal = await self.client.create_terminal(session_id="s1", command=command)
        name = terminal.terminal_id
        status = await self.client.wait_for_terminal_exit(session_id="s1", terminal_id=name)
        output = await self.client.terminal_output(session_id="s1", terminal_id=name)
        await self.client.release_terminal(session_id="s1", terminal_id=name)
        return {"output": output.output, "exit": status.exit_code}

    async def do_ask(self, command: str, obeys: bool = True, name: str = "") -> Any:
        """Ask for permission for a command, and run it without a terminal of the client's."""
        self.calls += 1
        name = name or f"call{self.calls}"
        await self.client.session_update("s1", start_tool_call(name, command, kind="execute"))
        asked = ToolCallUpdate(tool_call_id=name, title=command, kind="execute", raw_input={"command": command})
        answer = await self.client.request_permission(session_id="s1", tool_call=asked, options=OPTIONS)
        chosen = getattr(answer.outcome, "option_id", "cancelled")
        if chosen == "yes" or not obeys:
            process = await asyncio.create_subprocess_shell(command, cwd=self.cwd, stdout=-1, stderr=-1)
            await process.communicate()
            await self.client.session_update("s1", update_tool_call(name, status="completed"))
        else:
            await self.client.session_update("s1", update_tool_call(name, status="failed"))
        return chosen


if __name__ == "__main__":
    agent: Any = Scripted(json.loads(Path(sys.argv[1]).read_text()))
    asyncio.run(run_agent(agent))
