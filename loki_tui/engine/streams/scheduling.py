"""Who works when: streams begin as what they build on is integrated, as many at once as there is room for.

Streams that are done are integrated one after another, beside those that are still at work.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.core.state import RunState, Stream
from loki_tui.core.vocabulary import StreamStatus
from loki_tui.engine.context import RunContext

Work = Callable[[str], Coroutine[None, None, None]]
"""Does something about the stream of this name."""

_OVER = {StreamStatus.INTEGRATED, StreamStatus.LEFT_OUT}


class Scheduler:
    """Sees all streams of a run through.

    Args:
        context: The run.
        work: Works through a stream, until it ends.
        integrate: Brings a stream that completed onto the run's branch, or leaves it out.
        retire: Takes away the worktree of a stream that is over.
    """

    def __init__(self, context: RunContext, *, work: Work, integrate: Work, retire: Work) -> None:
        self._chronicle = context.chronicle
        self._control = context.control
        self._places = context.places
        self._settings = context.settings
        self._work = work
        self._integrate = integrate
        self._retire = retire
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._integration: asyncio.Task[None] | None = None
        self._retiring: set[asyncio.Task[None]] = set()
        self._stirred = asyncio.Event()

    async def run(self) -> None:
        """Work until every stream is integrated or left out.

        Raises:
            LokiError: What befell one stream would befall all.
        """
        release = self._chronicle.observe_all(self._observe)
        self._control.on_stop_of = self._stop
        try:
            while not self._is_over():
                await self._control.gate()
                self._stirred.clear()
                self._pass_over_the_orphaned()
                self._begin()
                await self._wait()
        finally:
            release()
            await self._end()

    def _observe(self, record: Record) -> None:
        match record.event:
            case ev.ParallelWorkLimited() | ev.StreamFinished() | ev.IntegrationFinished() | ev.WorktreeRetired():
                self._stirred.set()
            case _:
                pass

    def _is_over(self) -> bool:
        run = self._chronicle.run
        idle = not self._tasks and not self._retiring and self._integration is None
        return idle and all(run.stream_status(n) in _OVER for n in run.streams)

    def _pass_over_the_orphaned(self) -> None:
        """End streams that can never begin, since what they build on will not be there."""
        run = self._chronicle.run
        for name, stream in run.streams.items():
            missing = [each for each in stream.planned.after if run.stream_status(each) is StreamStatus.LEFT_OUT]
            if run.stream_status(name) is StreamStatus.QUEUED and missing:
                why = f"it builds on {', '.join(missing)}, which is not part of the work"
                self._chronicle.note(ev.StreamFinished(name=name, outcome="stopped", reason=why))

    def _begin(self) -> None:
        """Begin whatever can begin now."""
        run = self._chronicle.run
        for name in self._open_first(run):
            if len(self._tasks) >= self._room(run, name):
                break
            self._tasks[name] = asyncio.create_task(self._see_through(name))
        if self._integration is None and (ready := self._next_to_integrate(run)) is not None:
            self._integration = asyncio.create_task(self._bring_in(ready))

    def _open_first(self, run: RunState) -> list[str]:
        """Streams that can be worked on, those first that an engine before began."""
        startable = [name for name, each in run.streams.items() if name not in self._tasks and _can_begin(run, each)]
        return sorted(startable, key=lambda name: run.streams[name].started is None)

    def _room(self, run: RunState, name: str) -> int:
        """How many streams may be at work where this one is among them."""
        sessions = min(self._settings.max_parallel_sessions, self._places.allowed)
        if run.streams[name].started is not None:
            return sessions  # it has its worktree
        open_ones = sum(each.started is not None and each.retired is None for each in run.streams.values())
        begun = sum(run.streams[each].started is None for each in self._tasks)
        free = self._settings.max_worktrees - 1 - open_ones - begun
        return sessions if free > 0 else 0

    def _next_to_integrate(self, run: RunState) -> str | None:
        """The integration that an engine before began, else the stream that has been done for longest."""
        if run.integration is not None:
            return run.integration.started.name
        ready = [name for name in run.streams if run.stream_status(name) is StreamStatus.READY]
        return min(ready, key=lambda name: run.streams[name].finished_at or run.at, default=None)

    async def _see_through(self, name: str) -> None:
        await self._work(name)
        if self._chronicle.run.stream_status(name) is StreamStatus.LEFT_OUT:
            self._retire_beside(name)

    async def _bring_in(self, name: str) -> None:
        await self._integrate(name)
        self._retire_beside(name)

    def _retire_beside(self, name: str) -> None:
        """Take a worktree away while the next stream is integrated."""
        self._retiring.add(asyncio.create_task(self._retire(name)))

    async def _wait(self) -> None:
        """Wait until something is over, or there is room for more."""
        if self._is_over():
            return
        stirred = asyncio.create_task(self._stirred.wait())
        try:
            await asyncio.wait({*self._running(), stirred}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stirred.cancel()
        for name, task in list(self._tasks.items()):
            if task.done():
                del self._tasks[name]
                task.result()
        if self._integration is not None and self._integration.done():
            over, self._integration = self._integration, None
            over.result()
        for task in [each for each in self._retiring if each.done()]:
            self._retiring.discard(task)
            task.result()

    def _running(self) -> list[asyncio.Task[None]]:
        """All that is under way."""
        integration = [self._integration] if self._integration is not None else []
        return [*self._tasks.values(), *integration, *self._retiring]

    def _stop(self, name: str) -> None:
        if (task := self._tasks.get(name)) is not None:
            task.cancel()

    async def _end(self) -> None:
        """End whatever is under way."""
        left = self._running()
        for task in left:
            task.cancel()
        for task in left:
            with suppress(asyncio.CancelledError):
                await asyncio.gather(task, return_exceptions=True)


def _can_begin(run: RunState, stream: Stream) -> bool:
    if stream.finished is not None:
        return False
    there = StreamStatus.INTEGRATED
    return stream.started is not None or all(run.stream_status(each) is there for each in stream.planned.after)
