"""A workspace without confinement: the shell alone, for code that needs hands but is not about them."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Confinement
from loki_tui.engine.ports import ActionResult, OnText
from tests.support.git import ENVIRONMENT

MARK = "IN_HANDS"
"""Set in the environment of every command that runs here, and nowhere else."""


class LocalWorkspace:
    """Runs shell commands in a directory; implements that much of `loki_tui.engine.ports.Workspace`."""

    confinement = Confinement(rung="none")

    def __init__(self, root: Path) -> None:
        self.commands: list[str] = []
        self._root = root
        own = {name: value for name, value in ENVIRONMENT.items() if not name.startswith("GIT_")}
        self._environment = {**own, MARK: "yes"}

    async def perform(self, tool: str, tool_input: JsonObject, *, on_output: OnText | None = None) -> ActionResult:
        assert tool == "shell"
        command = tool_input["command"]
        assert isinstance(command, str)
        self.commands.append(command)
        began = time.monotonic()
        process = await asyncio.create_subprocess_exec(
            *("bash", "-c", "--", command),
            cwd=self._root,
            env=self._environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await process.communicate()
        code = process.returncode
        text = output.decode(errors="replace")
        return ActionResult(ok=code == 0, output=text, exit_code=code, seconds=time.monotonic() - began)

    async def preview(self, tool: str, tool_input: JsonObject) -> ActionResult:
        raise NotImplementedError

    async def fetch(self, path: str) -> bytes | None:
        file = self._root / path
        return file.read_bytes() if file.is_file() else None

    async def freeze(self) -> None:
        raise NotImplementedError

    async def thaw(self) -> None:
        raise NotImplementedError

    async def close(self) -> None:
        return None
