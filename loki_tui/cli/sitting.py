"""Waiting, in `loki council force-review`: for the sitting that was asked for to be decided."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.sittings import Sitting


class Awaited:
    """Finds the sitting that follows a call for one among the records after it."""

    def __init__(self) -> None:
        self._called = False
        self.sitting: Sitting | None = None

    def take(self, record: Record) -> None:
        """Take in a record."""
        sitting = self.sitting
        match record.event:
            case ev.ReviewForced():
                self._called = True
            case ev.CouncilConvened() as convened if self._called and (sitting is None or sitting.decided is None):
                self.sitting = Sitting(convened, record.at)
            case ev.VoteCast() as vote if sitting is not None and vote.sitting == sitting.convened.sitting:
                sitting.votes.append(vote)
            case ev.CouncilDecided() as decided if sitting is not None and decided.sitting == sitting.convened.sitting:
                sitting.decided = decided
            case _:
                pass

    @property
    def decided(self) -> Sitting | None:
        """The sitting, once it is decided."""
        return self.sitting if self.sitting is not None and self.sitting.decided is not None else None


def wait_for_sitting(client: RunClient) -> tuple[Sitting | None, str]:
    """Have the council sit, and wait until it has decided.

    Returns:
        The sitting; or none, and why there is none.
    """
    return asyncio.run(_wait(client))


async def _wait(client: RunClient) -> tuple[Sitting | None, str]:
    with client.history() as history:
        after = history.last_seq
    client.force_review()
    awaited = Awaited()
    async with aclosing(client.watch()) as views:
        async for view in views:
            for record in client.records(after=after):
                after = record.seq
                awaited.take(record)
            if (sitting := awaited.decided) is not None:
                return sitting, ""
            if view.status.ended:
                return None, f"the run has ended: {view.status}"
            if view.engine is None:
                return None, "its engine is gone; `loki resume` takes the run up, and the council then sits"
    return None, "the run has ended"
