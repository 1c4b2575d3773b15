"""The floor: the least that a person would write over the same SDK, with the same tools.

    python floor.py MODEL TOOLS.json TASK.md

No journal, no confinement, no budget, no retries beyond the SDK's own; cached as a careful person
would, with a breakpoint behind tools and system and one behind the conversation. It imports nothing
of Loki. Ends when the model calls `finish_iteration`, or with a traceback.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

from anthropic import AsyncAnthropic

Block = dict[str, Any]

_CACHED = {"cache_control": {"type": "ephemeral"}}


async def work(client: AsyncAnthropic, model: str, tools: list[Any], task: str) -> None:
    system: list[Any] = [{"type": "text", "text": f"You are a software engineer.\n\n{task}", **_CACHED}]
    messages: list[Any] = [{"role": "user", "content": [{"type": "text", "text": "Go."}]}]
    while True:
        last = messages[-1]["content"][-1]
        asked = [*messages[:-1], {"role": "user", "content": [*messages[-1]["content"][:-1], {**last, **_CACHED}]}]
        async with client.messages.stream(
            model=model, max_tokens=16_000, system=system, tools=tools, messages=asked
        ) as stream:
            answer = await stream.get_final_message()
        messages.append({"role": "assistant", "content": answer.content})
        calls = [block for block in answer.content if block.type == "tool_use"]
        if any(call.name == "finish_iteration" for call in calls):
            return
        results = [
            {"type": "tool_result", "tool_use_id": call.id, "content": await act(call.name, call.input)}
            for call in calls
        ]
        messages.append({"role": "user", "content": results or [{"type": "text", "text": "Go on."}]})


async def act(name: str, given: Block) -> str:
    match name:
        case "shell":
            return await shell(given["command"])
        case "read_file":
            return read(Path(given["path"]))
        case "write_file":
            return write(Path(given["path"]), given["content"])
        case _:
            return "no such tool"


def read(path: Path) -> str:
    return path.read_text()


def write(path: Path, content: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return "written"


async def shell(command: str) -> str:
    process = await asyncio.create_subprocess_exec(
        *("bash", "-c", command),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await process.communicate()
    return output.decode(errors="replace") or f"exit code {process.returncode}"


async def main(model: str, tools: list[Any], task: str) -> None:
    async with AsyncAnthropic() as client:
        await work(client, model, tools, task)


if __name__ == "__main__":
    name, tools_file, task_file = sys.argv[1:]
    asyncio.run(main(name, json.loads(Path(tools_file).read_text()), Path(task_file).read_text()))
