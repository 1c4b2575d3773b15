"""Starting hands, and refusing where the limits they are to have cannot be kept."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import loki_tui
from loki_tui.core.errors import ConfinementError, UsageError, WorkspaceError
from loki_tui.core.messages import JsonObject
from loki_tui.core.setting_types import NETWORK_ON
from loki_tui.engine.boxes import BoxProcess
from loki_tui.hands.boxing import PACKAGE_IN_BOX, Boxing
from loki_tui.hands.mounts import arguments
from loki_tui.hands.policy import Policy
from loki_tui.hands.rungs import Rung

_ANSWER_BYTES = 1 << 23
"""The longest line hands may say; the operations' own bounds stay far below."""
_START_SECONDS = 20.0
_OPTIONS = ("-I", "-S", "-X", "utf8", "-c")
_BARE = ("python3", *_OPTIONS)
"""The interpreter of an image, wherever it has it."""


async def start(
    policy: Policy, rung: Rung, *, mark: str, proxy: Path | None = None, boxing: Boxing | None = None
) -> BoxProcess:
    """Start hands and wait until they say that their limits are in force.

    Args:
        policy: What they may touch.
        rung: How they are confined.
        mark: Tells their processes from all others.
        proxy: The directory with the proxy's socket, where commands reach some hosts only.
        boxing: How they come into a box, on the rung that has them in one.

    Raises:
        ConfinementError: The limits cannot be applied; nothing was run.
        UsageError: The workspace cannot be written.
        WorkspaceError: They died or did not answer.
    """
    process: BoxProcess
    if boxing is None:
        process = await _spawn(command_line(policy, rung, proxy=proxy))
    else:
        order = boxing.order(policy, rung, command=(*_BARE, _program(PACKAGE_IN_BOX)), proxy=proxy)
        process = await boxing.boxes.start(order, line_bytes=_ANSWER_BYTES)
    try:
        async with asyncio.timeout(_START_SECONDS):
            answer = await _introduce(process, policy.message(rung, mark=mark, proxied=proxy is not None))
        _judge(answer)
    except TimeoutError as error:
        await end(process)
        raise WorkspaceError("The hands did not answer.", hint="Is the machine overloaded? Try again.") from error
    except BaseException:
        await end(process)
        raise
    return process


def command_line(policy: Policy, rung: Rung, *, proxy: Path | None = None) -> list[str]:
    """What starts hands on this machine: a bare interpreter, under bubblewrap in a root of its own."""
    interpreter = [sys.executable, *_OPTIONS, _program(str(Path(loki_tui.__file__).resolve().parents[1]))]
    if rung.name != "bwrap":
        return interpreter
    outside = rung.network == NETWORK_ON
    return [*arguments(policy, program=rung.program, network=outside, proxy=proxy), *interpreter]


def _program(package: str) -> str:
    """What a bare interpreter is given to run.

    Imports make objects that stay: with the usual threshold of 700 Python would look for garbage among them again and
    again, for a sixth of the start.
    """
    imports = f"sys.path.insert(0, {package!r}); from loki_tui.hands.box.main import main"
    return f"import gc, sys; gc.set_threshold(10_000); {imports}; main()"


async def end(process: BoxProcess) -> None:
    """Kill hands that are of no use."""
    if process.returncode is None:
        process.kill()
    if isinstance(process, asyncio.subprocess.Process):
        # What bubblewrap has forked but not yet tied to itself would outlive it, for ever.
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


async def _spawn(command: list[str]) -> asyncio.subprocess.Process:
    """Start a process with three streams.

    A start that is cancelled half-way never returns: asyncio waits for streams that it has not connected yet. So it
    comes to its end, which takes milliseconds, and the process is killed then.
    """
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={},
            start_new_session=True,
            limit=_ANSWER_BYTES,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        await asyncio.wait([starting])
        if not starting.exception():
            await end(starting.result())
        raise


async def _introduce(process: BoxProcess, policy: JsonObject) -> JsonObject:
    """Say what holds, and hear whether it does."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write(json.dumps(policy).encode() + b"\n")
    line = await process.stdout.readline()
    if not line:
        said = (await process.stderr.read()).decode(errors="replace").strip()
        if said.startswith("bwrap: "):
            raise ConfinementError(
                f"The hands cannot be confined: {said.splitlines()[0]}",
                hint="Nothing was run. LOKI_CONFINEMENT=landlock does without bubblewrap.",
            )
        raise WorkspaceError(f"The hands died at their start: {said[-2000:]}")
    answer: JsonObject = json.loads(line)
    return answer


def _judge(answer: JsonObject) -> None:
    if refused := answer.get("refused"):
        raise ConfinementError(
            f"The hands cannot be confined: {refused}.",
            hint="Nothing was run. LOKI_CONFINEMENT=none runs them without limits, if that is what you want.",
        )
    if unwritable := answer.get("read_only"):
        raise UsageError(
            f"{unwritable} cannot be written by hands.",
            hint="Make it writable for this user. Root's power over other users' files is given up: "
            "in a container, run as the owner of the files (docker run --user).",
        )
