"""Choosing how hands are confined, starting them, and refusing where the choice cannot be kept."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import loki_tui
from loki_tui.core.errors import ConfinementError, UsageError, WorkspaceError
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Confinement
from loki_tui.hands.box.confine import SCOPES_SINCE, landlock_abi
from loki_tui.hands.policy import Policy

LEAST_ABI = 3
"""Before Landlock ABI 3 (Linux 6.2) any file outside could be emptied with `truncate(2)`."""

_ANSWER_BYTES = 1 << 23
"""The longest line hands may say; the operations' own bounds stay far below."""
_START_SECONDS = 20.0

_LANDLOCK_LEAVES = (
    "the network",
    "unix sockets such as Docker's",
    "modes, times and attributes of files outside",
    "shared memory in /dev/shm",
    "names and resource limits of your other processes",
    "hooks and configuration in the workspace that your own tools run later",
)
_OLD_LANDLOCK_LEAVES = ("signals to your other processes", "abstract unix sockets")


@dataclass(frozen=True, slots=True)
class Rung:
    """How hands are confined."""

    name: Literal["landlock", "none"]
    abi: int = 0

    def describe(self, *, writable: Sequence[Path], exposed: Sequence[str]) -> Confinement:
        """What every face shows of it.

        Args:
            writable: Where hands may write.
            exposed: Credentials that lie in what hands may read.
        """
        leaves: tuple[str, ...] = ("everything this user may do",)
        if self.name == "landlock":
            leaves = _LANDLOCK_LEAVES + (() if self.abi >= SCOPES_SINCE else _OLD_LANDLOCK_LEAVES)
        return Confinement(
            rung=self.name,
            detail=f"ABI {self.abi}" if self.abi else "",
            uncovered=leaves + tuple(f"{name}, which lies where hands may read" for name in exposed),
            writable=tuple(map(str, writable)),
        )


def choose(demanded: str) -> Rung:
    """The rung that a setting demands. Asks the kernel what it has; nothing is confined by that.

    Raises:
        ConfinementError: It is not to be had, or there is none of that name.
    """
    if demanded == "none":
        return Rung("none")
    if demanded not in ("auto", "landlock"):
        raise ConfinementError(
            f"There is no confinement {demanded!r}.", hint="LOKI_CONFINEMENT is auto, landlock or none."
        )
    abi = landlock_abi()
    if abi < LEAST_ABI:
        had = f"only Landlock ABI {abi}" if abi else "no Landlock"
        raise ConfinementError(
            f"This kernel offers {had}, so that agents could write and read anything you can.",
            hint=f"Use Linux 6.2 or newer with Landlock enabled (ABI {LEAST_ABI}), or, in a machine or container "
            "that holds nothing else, say LOKI_CONFINEMENT=none.",
        )
    return Rung("landlock", abi)


async def start(policy: Policy, rung: Rung, *, mark: str) -> asyncio.subprocess.Process:
    """Start hands and wait until they say that their limits are in force.

    Raises:
        ConfinementError: The limits cannot be applied; nothing was run.
        UsageError: The workspace cannot be written.
        WorkspaceError: They died or did not answer.
    """
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-I", "-S", "-X", "utf8", "-c", _program()),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={},
        start_new_session=True,
        limit=_ANSWER_BYTES,
    )
    try:
        async with asyncio.timeout(_START_SECONDS):
            answer = await _introduce(process, policy.message(rung=rung.name, least_abi=LEAST_ABI, mark=mark))
        _judge(answer)
    except TimeoutError as error:
        await end(process)
        raise WorkspaceError("The hands did not answer.", hint="Is the machine overloaded? Try again.") from error
    except BaseException:
        await end(process)
        raise
    return process


def _program() -> str:
    """What a bare interpreter is given to run."""
    package = str(Path(loki_tui.__file__).resolve().parents[1])
    return f"import sys; sys.path.insert(0, {package!r}); from loki_tui.hands.box.main import main; main()"


async def end(process: asyncio.subprocess.Process) -> None:
    """Kill hands that are of no use."""
    if process.returncode is None:
        process.kill()
    await process.communicate()


async def _introduce(process: asyncio.subprocess.Process, policy: JsonObject) -> JsonObject:
    """Say what holds, and hear whether it does."""
    assert process.stdin
    assert process.stdout
    assert process.stderr
    process.stdin.write(json.dumps(policy).encode() + b"\n")
    line = await process.stdout.readline()
    if not line:
        said = (await process.stderr.read()).decode(errors="replace").strip()
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
