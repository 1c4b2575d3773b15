"""Tells people who are elsewhere: that a run waits, that its budget goes, that it is over.

Whatever a channel does, the run goes on: each has a task and a short queue of its own, tries are few and bounded, and
what became of each notice is journaled while the run is open and kept beside the journal afterwards.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import timedelta
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError
from loki_tui.core.events import Record
from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.notices import About, Delivery, Notice
from loki_tui.core.terminal import one_line
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.ports import Clock
from loki_tui.engine.telling import Messenger, NotDeliveredError

WARN_SHARE = Decimal("0.8")
"""The part of a budget after which it is told of."""

LONG_WAIT = timedelta(minutes=5)
"""A wait for the provider that is worth telling of."""

ATTEMPTS = 5
FIRST_WAIT, LONGEST_WAIT = 2.0, 120.0
"""Seconds between attempts; the first doubles each time."""

QUEUE = 20
"""Notices that wait for one channel; of more, the oldest is left out and said to be."""

LAST_SECONDS = 10.0
"""How long the end of an engine waits for the last notices."""

TEXT = 600
"""Characters of what is told."""


class Herald:
    """Makes notices of events, and sees that they are delivered.

    Args:
        chronicle: The run.
        messenger: Carries them; none where nobody is to be told.
        clock: Time.
        redact: Takes secrets out of what is told.
    """

    def __init__(
        self, chronicle: Chronicle, messenger: Messenger | None, clock: Clock, *, redact: Callable[[str], str]
    ) -> None:
        self._chronicle = chronicle
        self._messenger = messenger
        self._clock = clock
        self._redact = redact
        self._warned_of = chronicle.state.books.limit if self._is_mostly_spent() else None
        self._waiting = bool(chronicle.state.undecided)
        self._queues: dict[str, asyncio.Queue[Notice]] = {}
        self._tasks: dict[str, asyncio.Task[None]] = {}
        if messenger is not None:
            chronicle.observe_all(self._observe)

    async def finish(self) -> None:
        """Deliver what is left, for as long as `LAST_SECONDS`, and let go; raises nothing of what channels do."""
        if self._messenger is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_SECONDS):
                await asyncio.gather(*(queue.join() for queue in self._queues.values()))
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        for channel, queue in self._queues.items():
            while not queue.empty():
                self._done(queue.get_nowait(), channel, attempts=0, error="there was no time left to tell it")
        await self._messenger.close()

    # -- what is told ---------------------------------------------------------------------------

    def _observe(self, record: Record) -> None:
        for about, title, text in self._told(record):
            self._put(about, title, text)

    def _told(self, record: Record) -> Iterator[tuple[About, str, str]]:
        state = self._chronicle.state
        waited, self._waiting = self._waiting, bool(state.undecided)
        match record.event:
            case ev.ApprovalRequested() as asked if not waited:
                whose = f"stream {record.stream} asks: " if record.stream else ""
                yield "waiting", "waits for approval", f"{whose}{asked.title}"
            case ev.RunPaused(by="budget") as paused:
                yield "budget_reached", "has reached its budget", f"{paused.reason}. Go on: loki resume --budget USD"
            case ev.RunPaused(by="resources" | "integration") as paused:
                yield "waiting", "is paused", paused.reason
            case ev.RunWaiting(on="rate_limit" | "provider") as waits if waits.until and self._is_far(waits):
                yield "waiting", "waits for the provider", f"{waits.reason}, until {waits.until:%H:%M} UTC"
            case ev.RunClosed(outcome="completed") as closed:
                branch = f" Branch: {state.branch.branch}." if state.branch else ""
                yield "completed", "is completed and verified", f"{closed.reason}.{branch}"
            case ev.RunClosed() as closed if closed.outcome != "stopped":
                yield "failed", f"ended without completion ({closed.outcome})", closed.reason
            case ev.EngineFailed() as failed:
                yield "failed", "broke off", f"{failed.error}. Go on: loki resume"
            case ev.ModelAnswered() | ev.ModelFailed() | ev.BudgetChanged():
                yield from self._of_money()
            case _:
                pass

    def _is_far(self, waits: ev.RunWaiting) -> bool:
        return waits.until is not None and waits.until - self._clock.now() >= LONG_WAIT

    def _of_money(self) -> Iterator[tuple[About, str, str]]:
        limit = self._chronicle.state.books.limit
        if limit is not None and limit != self._warned_of and self._is_mostly_spent():
            self._warned_of = limit
            yield "budget_warning", "has used 80 % of its budget", f"of {format_limit(limit)}"

    def _is_mostly_spent(self) -> bool:
        books = self._chronicle.state.books
        return books.limit is not None and books.spent + books.unconfirmed >= WARN_SHARE * books.limit

    def _put(self, about: About, title: str, text: str) -> None:
        state = self._chronicle.state
        workspace = state.created.workspace if state.created else ""
        notice = Notice(
            about=about,
            run=state.run,
            project=self._clean(workspace.rstrip("/").rpartition("/")[2]),
            title=f"Run {state.run} {title}",
            text=self._clean(text),
            at=self._clock.now(),
            spent=format_usd(state.books.spent),
            limit=format_limit(state.books.limit) if state.books.limit is not None else "",
        )
        assert self._messenger is not None
        for channel in self._messenger.channels:
            queue = self._queues.setdefault(channel, asyncio.Queue())
            if queue.qsize() >= QUEUE:
                self._done(queue.get_nowait(), channel, attempts=0, error="too many notices wait for this channel")
                queue.task_done()
            queue.put_nowait(notice)
            if (task := self._tasks.get(channel)) is None or task.done():
                self._tasks[channel] = asyncio.create_task(self._serve(self._messenger, channel, queue))

    def _clean(self, text: str) -> str:
        return one_line(self._redact(text))[:TEXT]

    # -- how it is delivered --------------------------------------------------------------------

    async def _serve(self, messenger: Messenger, channel: str, queue: asyncio.Queue[Notice]) -> None:
        while True:
            notice = await queue.get()
            try:
                await self._deliver(messenger, channel, notice)
            finally:
                queue.task_done()

    async def _deliver(self, messenger: Messenger, channel: str, notice: Notice) -> None:
        attempt = 0
        error = "it was broken off"
        try:
            for attempt in range(1, ATTEMPTS + 1):
                try:
                    await messenger.send(channel, notice)
                except NotDeliveredError as failed:
                    error = failed.message
                    if not failed.again or attempt == ATTEMPTS:
                        break
                    await self._clock.elapse(_wait(attempt, failed.after))
                else:
                    error = ""
                    break
        finally:
            self._done(notice, channel, attempts=attempt, error=error)

    def _done(self, notice: Notice, channel: str, *, attempts: int, error: str) -> None:
        """Keep what became of a notice, where people find it."""
        assert self._messenger is not None
        error = self._clean(error)
        self._messenger.remember(
            Delivery(
                about=notice.about, channel=channel, ok=not error, attempts=attempts, at=self._clock.now(), error=error
            )
        )
        # Nothing comes after the end of a run; and what keeps the journal from being written is said by others.
        if self._chronicle.state.closed is None:
            with suppress(JournalError):
                told = ev.Notified(about=notice.about, channel=channel, ok=not error, attempts=attempts, error=error)
                self._chronicle.note(told)


def _wait(attempt: int, after: float | None) -> float:
    """Seconds after a failed attempt: what the channel says, within reason, else doubling with jitter."""
    if after is not None:
        return min(max(after, 0.0), LONGEST_WAIT)
    return min(FIRST_WAIT * 2.0 ** (attempt - 1), LONGEST_WAIT) * random.uniform(0.5, 1.0)
