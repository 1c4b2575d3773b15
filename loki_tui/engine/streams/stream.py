"""One stream: a run of its own kind, in a worktree of its own, from wherever its events stand to its end."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError, LokiError, ModelError
from loki_tui.core.vocabulary import Stage, Status
from loki_tui.engine.approvals import Approvals, expire_orphans
from loki_tui.engine.asking import Asker, RetriesExhaustedError, ShareExhaustedError
from loki_tui.engine.context import RunContext
from loki_tui.engine.crew import Crew, crew_for
from loki_tui.engine.deciding import Close, GoOn, decide
from loki_tui.engine.delegation import OF_ITS_OWN
from loki_tui.engine.grounds import Ground
from loki_tui.engine.ports import Model
from loki_tui.engine.streams.already_red import AlreadyRed
from loki_tui.engine.streams.briefing import strayed, task_of_stream
from loki_tui.engine.streams.shares import settings_of_stream

STRAYED = 10
"""Paths of other streams that are named in a warning."""


@dataclass(frozen=True, slots=True)
class Means:
    """What all streams of a run have in common."""

    context: RunContext
    """The run's."""
    model: Model
    prd: str
    may_iterate: Callable[[str], bool]
    """Whether the run has an iteration left for the stream of this name; it is then set aside for it."""
    already_red: AlreadyRed


class StreamWork:
    """Works through one stream.

    Args:
        means: The run's.
        name: The stream, which has begun.
        open_ground: Opens its worktree.
    """

    def __init__(self, means: Means, name: str, *, open_ground: Callable[[], Awaitable[Ground]]) -> None:
        run = means.context
        chronicle, control = run.chronicle.of_stream(name), run.control.of_stream(name)
        stream = run.chronicle.run.streams[name]
        began = stream.started_at or run.clock.now()
        gone = run.chronicle.run.elapsed(began).total_seconds()
        self._settings = settings = settings_of_stream(run.settings, stream, seconds_gone=gone)
        self._context = replace(
            run,
            chronicle=chronicle,
            control=control,
            settings=settings,
            approvals=Approvals(chronicle, control, run.clock, timeout=settings.approval_timeout, redact=run.redact),
        )
        self._means = means
        self._name = name
        self._run = run.chronicle
        self._chronicle = chronicle
        self._open_ground = open_ground

    async def work(self) -> None:
        """Work until the stream ends, and journal how; what goes wrong in it alone ends it alone.

        Raises:
            ModelError: What failed would befall every stream.
            JournalError: Nothing can be written down any more.
        """
        crew: Crew | None = None
        try:
            ground = await self._open_ground()
            asker = Asker(self._context, self._means.model)
            crew = crew_for(self._context, asker, ground, root=str(ground.root), excuse=self._means.already_red.excuse)
            end = await self._through(crew)
        except asyncio.CancelledError:
            end = await self._cancelled(crew)
        except JournalError:
            raise
        except ModelError as error:
            if error.fault not in OF_ITS_OWN:
                await self._leave(crew)
                raise
            end = Close("failed", str(error))
        except (ShareExhaustedError, RetriesExhaustedError) as error:
            end = Close("exhausted", str(error))
        except LokiError as error:
            end = Close("failed", str(error))
        await self._finish(crew, end)

    async def _leave(self, crew: Crew | None) -> None:
        if crew is not None:
            await crew.iterations.end_hands()

    async def _cancelled(self, crew: Crew | None) -> Close:
        """What a cancellation means: the end of the stream or of the run, or that all of it is taken up later.

        Raises:
            asyncio.CancelledError: The engine leaves.
        """
        await self._leave(crew)
        own, run = self._chronicle.state, self._chronicle.run
        if Status.STOPPING not in {own.status, run.status}:
            if crew is not None and own.first_checkpoint is not None:
                await crew.keeper.save("interrupted")
            raise asyncio.CancelledError
        task = asyncio.current_task()
        if task is not None and own.status is Status.STOPPING:
            task.uncancel()
        return Close("stopped", own.reason if own.status is Status.STOPPING else run.reason)

    async def _finish(self, crew: Crew | None, end: Close) -> None:
        if crew is not None:
            await crew.iterations.end_hands()
            if end.outcome != "completed":
                await crew.keeper.keep_rest()
            await self._see_who_strayed(crew)
        expire_orphans(self._chronicle, calls=())
        commit = self._chronicle.state.commit or ""
        self._run.note(ev.StreamFinished(name=self._name, outcome=end.outcome, reason=end.reason, commit=commit))
        self._context.control.nudge()

    async def _see_who_strayed(self, crew: Crew) -> None:
        """Tell people where a stream changed what another one declared."""
        first, last = self._chronicle.state.first_checkpoint, self._chronicle.state.last_checkpoint
        if first is None or last is None:
            return
        changed = await crew.ground.checkpoints.changed(first.checkpoint, last.checkpoint)
        found = strayed(self._chronicle.run, self._chronicle.run.streams[self._name], changed)
        if found:
            named = ", ".join(f"{path} ({whose})" for path, whose in found[:STRAYED])
            self._chronicle.note(ev.Warned(message=f"It changed files that other streams declared: {named}"))

    async def _through(self, crew: Crew) -> Close:
        state = self._chronicle.state
        if state.status is Status.STOPPING:
            return Close("stopped", state.reason)  # an engine before was asked for it
        if self._chronicle.run.engines > 1 and state.branch is not None:
            # The worktree is known to be there; of the branch, anything may have become meanwhile.
            await crew.ground.repository.open_branch(state.branch.branch, again=True)
        crew.keeper.pass_warnings_on()
        if state.first_checkpoint is None:
            await crew.keeper.save("start")
        while True:
            await self._assess(crew)
            self._enter(Stage.DECIDE)
            decision = decide(state, self._settings, self._context.clock.now())
            if isinstance(decision, Close):
                return decision
            if state.iteration is None and not self._means.may_iterate(self._name):
                limit = self._means.context.settings.max_iterations
                return Close("exhausted", f"all {limit} iterations of the run are used up (LOKI_MAX_ITERATIONS)")
            self._enter(Stage.ITERATE)
            await crew.iterations.iterate(self._briefed(decision), prd=self._means.prd)

    def _briefed(self, decision: GoOn) -> GoOn:
        run = self._chronicle.run
        return replace(decision, task=task_of_stream(run, run.streams[self._name]))

    def _enter(self, stage: Stage) -> None:
        if self._chronicle.state.stage is not stage:
            self._chronicle.note(ev.StageEntered(stage=stage))

    async def _assess(self, crew: Crew) -> None:
        state = self._chronicle.state
        finished = state.last_finished
        if finished is None or state.iteration is not None:
            return
        self._enter(Stage.VERIFY)
        await crew.keeper.commit(finished.summary or f"Iteration {finished.number}")
        assert state.last_checkpoint is not None
        await crew.assessor.assess(state.last_checkpoint)
