"""Waiting, in `loki approvals`: for something to decide on, and for the engine to take a decision."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import aclosing
from dataclasses import dataclass

from loki_tui.core.errors import ExitCode
from loki_tui.core.events import ApprovalDecided
from loki_tui.core.state import Approval, RunState
from loki_tui.runtime.client import RunClient

TAKEN_SECONDS = 60.0
"""How long an engine is waited for that is busy with something else, where nobody says."""

_DECIDED = frozenset({"approval_decided"})


def wait_for_approvals(client: RunClient, seconds: float | None) -> tuple[list[Approval], int]:
    """What waits for a person, as soon as something does.

    Args:
        client: The run.
        seconds: How long to wait; none for as long as the run goes on.

    Returns:
        What waits, and what to exit with: 0; 1 where the time is over; 20 where the run is.
    """

    async def wait() -> list[Approval]:
        async with aclosing(client.watch()) as views:
            async for view in views:
                if found := view.state.waiting_approvals:
                    return found
        return []

    try:
        found = asyncio.run(asyncio.wait_for(wait(), seconds))
    except TimeoutError:
        return [], ExitCode.CRASHED
    return found, ExitCode.COMPLETED if found else ExitCode.ENDED


@dataclass(frozen=True, slots=True)
class Came:
    """What came of a decision."""

    approval: str
    taken: bool | None
    """Whether the engine took it; none where nobody waited to see."""
    why: str = ""
    """Why it did not."""

    def as_json(self, decision: str) -> str:
        """One object."""
        return json.dumps({"approval": self.approval, "decision": decision, "taken": self.taken, "why": self.why})


def wait_until_taken(client: RunClient, posted: Mapping[str, int], decision: str, seconds: float) -> list[Came]:
    """What the engine made of decisions.

    Args:
        client: The run.
        posted: Approval to the number of the request that decides on it.
        decision: What it says of all of them.
        seconds: How long to wait for the engine.
    """

    async def wait() -> list[Came]:
        return [await _came(client, name, number, decision) for name, number in posted.items()]

    try:
        return asyncio.run(asyncio.wait_for(wait(), seconds))
    except TimeoutError:
        return [Came(name, False, "the engine has not taken it yet") for name in posted]


def taken_in_time(client: RunClient, request: int, seconds: float = TAKEN_SECONDS) -> bool:
    """Whether an engine takes a request within some time."""
    try:
        return asyncio.run(asyncio.wait_for(client.taken(request), seconds))
    except TimeoutError:
        return False


async def _came(client: RunClient, name: str, number: int, decision: str) -> Came:
    if not await client.taken(number):
        return Came(name, False, "no engine is at work; it is taken when the run goes on")
    decided = _decision(client, name)
    if decided is None:
        return Came(name, False, _refusal(client.view().state, name))
    if decided.decision != decision or decided.by != client.by:
        return Came(name, False, f"it was {decided.decision} already, by {decided.by}")
    return Came(name, True)


def _decision(client: RunClient, name: str) -> ApprovalDecided | None:
    """What was decided on an approval, however long it has been settled."""
    with client.history() as history:
        seq: int | None = history.last_seq + 1
        while seq is not None and (seq := history.next_of(_DECIDED, start=seq, backwards=True)) is not None:
            for record in history.page(after=seq - 1, limit=1):
                if isinstance(record.event, ApprovalDecided) and record.event.approval == name:
                    return record.event
    return None


def _refusal(state: RunState, name: str) -> str:
    """Why a decision was not taken, as the engine says it."""
    about = (warning for warning in reversed(state.warnings) if f" on {name} " in warning)
    return next(about, "it was not taken")
