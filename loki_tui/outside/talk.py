"""A program that is talked with: it may fall silent, talk nonsense, or die."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from loki_tui.core.errors import UsageError
from loki_tui.core.messages import JsonObject
from loki_tui.engine.outside.ports import Desk, OutsideError, Program, ProgramHost

_NOT_EXECUTED = (126, 127)
"""Exit codes of what is no program, or has no interpreter, as shells and `env` have them."""
NONSENSE = 20
"""So many lines that are no messages are passed over; programs print warnings."""


@asynccontextmanager
async def running(host: ProgramHost, argv: Sequence[str], environment: Mapping[str, str]) -> AsyncIterator[Program]:
    """An agent's program, ended with the context; what went wrong there is told with what it complained about.

    Raises:
        UsageError: It cannot be executed, and could not be another time.
    """
    program = await host.talk(argv, environment)
    try:
        yield program
    except OutsideError as error:
        done = await program.close()
        if done.exit_code in _NOT_EXECUTED:
            raise UsageError(
                f"The agent's program cannot be executed: {done.output.strip()[-500:] or argv[0]}",
                hint="Start it yourself, with `--version` for one; see that all it needs is within reach of hands.",
            ) from error
        said = f" It complained: {done.output.strip()[-500:]}" if done.output.strip() else ""
        status = f" (exit code {done.exit_code})" if done.exit_code is not None else ""
        raise OutsideError(f"{error.message}{status}{said}", hint=error.hint) from error
    finally:
        await program.close()


async def messages(program: Program, desk: Desk, *, name: str, silence: float) -> AsyncGenerator[JsonObject]:
    """What a program says, one JSON object a line, until it has ended.

    Args:
        program: Speaks.
        desk: Says whether it is we who are waited for.
        name: What the agent is called.
        silence: Seconds after which a program that waits for nothing has hung.

    Raises:
        OutsideError: It hung, or said too much that is no message.
    """
    lines = program.lines()
    nonsense = 0
    coming = asyncio.ensure_future(anext(lines, None))
    try:
        while (line := await _wait(coming, desk, name=name, silence=silence)) is not None:
            coming = asyncio.ensure_future(anext(lines, None))
            if (message := _read(line)) is not None:
                yield message
            elif line.strip():
                nonsense += 1
                if nonsense > NONSENSE:
                    raise OutsideError(f"{name} says what nobody understands: {line[:200]!r}")
    finally:
        coming.cancel()
        await asyncio.gather(coming, return_exceptions=True)


async def _wait(coming: asyncio.Future[str | None], desk: Desk, *, name: str, silence: float) -> str | None:
    while True:
        await asyncio.wait([coming], timeout=silence)
        if coming.done():
            return coming.result()
        if not desk.busy:
            raise OutsideError(f"{name} has not said anything for {silence:.0f} s.")


def _read(line: str) -> JsonObject | None:
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return message if isinstance(message, dict) else None
