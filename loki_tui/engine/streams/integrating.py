"""Bringing a stream's work onto the run's branch: merged, tested, and only then taken over.

Every step follows from the journal and can be done again: an engine that is killed anywhere in it is followed by one
that goes on from the last thing that was written down. The run's branch moves in one step at the end, from the commit
that it was at to one whose whole tree was measured.
"""

from __future__ import annotations

from typing import Final

from loki_tui.core import events as ev
from loki_tui.core.errors import JournalError, LokiError, ModelError
from loki_tui.core.state import Integration, Stream
from loki_tui.core.vocabulary import Clash, StreamStatus, Verdict
from loki_tui.engine.asking import RetriesExhaustedError
from loki_tui.engine.context import RunContext
from loki_tui.engine.crew import Crew
from loki_tui.engine.deciding import RED, GoOn
from loki_tui.engine.grounds import Merge, Worktrees
from loki_tui.engine.judging import judge
from loki_tui.engine.qa.phase import UNIT_TESTS, Measured
from loki_tui.engine.qa.phases import QUICK
from loki_tui.engine.streams.briefing import task_of_mending, task_of_resolving
from loki_tui.engine.streams.globs import first_overlap
from loki_tui.engine.verifying import Excuse, reported_tests

RESOLVING: Final = 2
"""Iterations that may work on the conflicts of one integration before a person is asked."""

MENDING: Final = 2
"""Iterations that may work on a merged tree that is red before the stream is left out."""

MOVES: Final = 3
"""How often an integration begins anew since somebody moved the run's branch meanwhile."""

SHOWN = 10
"""Paths and losses that are named."""

LOST = "what came of the conflicts has not all that a side had added"


class Integrator:
    """Integrates streams, one after another, in the run's own worktree.

    Args:
        context: The run.
        worktrees: Merges.
        crew: Those who work in the run's worktree.
        prd: What is built.
        excuse: Why a stream is not held to what unit tests found red; none where nothing is measured.
    """

    def __init__(
        self, context: RunContext, worktrees: Worktrees, crew: Crew, *, prd: str, excuse: Excuse | None = None
    ) -> None:
        self._chronicle = context.chronicle
        self._control = context.control
        self._settings = context.settings
        self._worktrees = worktrees
        self._crew = crew
        self._prd = prd
        self._excuse = excuse

    async def integrate(self, name: str) -> None:
        """Bring one stream's work in, or leave it out and say why.

        Raises:
            ModelError: What failed would befall every agent of the run.
            RetriesExhaustedError: Too many failures in a row.
            JournalError: Nothing can be written down any more.
        """
        stream = self._chronicle.run.streams[name]
        assert stream.finished is not None
        if not stream.finished.commit:
            self._note_finished(name, "left_out", "there is nothing on its branch")
            return
        if self._chronicle.state.integration is None:
            self._start(stream, onto=self._tip())
        try:
            while (under_way := self._chronicle.state.integration) is not None:
                await self._control.gate()
                await self._step(stream, under_way)
        except (JournalError, ModelError, RetriesExhaustedError):
            raise
        except LokiError as error:
            await self.leave_out(name, str(error))

    async def leave_out(self, name: str, reason: str) -> None:
        """Bring the worktree back to the branch, and go on without this stream."""
        await self._crew.iterations.end_hands()
        self._tell(await self._worktrees.abandon(self._crew.ground))
        await self._crew.keeper.save(f"without {name}")
        self._note_finished(name, "left_out", reason)

    # -- steps ----------------------------------------------------------------------------------

    async def _step(self, stream: Stream, under_way: Integration) -> None:
        """Do the next thing that has not been done."""
        name = stream.planned.name
        if under_way.worked:
            await self._conclude(stream, under_way)
        elif under_way.conflicts:
            await self._resolve(stream, under_way)
        elif not under_way.merged:
            commit = under_way.started.commit
            merged = await self._worktrees.merge(self._crew.ground, commit, message=_message(stream))
            self._note_merge(name, merged)
        elif under_way.refused:
            await self._mend(stream, under_way)
        elif (reason := await self._measure(name)) is not None:
            self._chronicle.note(ev.IntegrationRefused(name=name, reason=reason))
        else:
            await self._advance(stream, under_way)

    def _start(self, stream: Stream, *, onto: str, attempt: int = 1) -> None:
        assert stream.finished is not None
        self._chronicle.note(
            ev.IntegrationStarted(name=stream.planned.name, commit=stream.finished.commit, onto=onto, attempt=attempt)
        )

    async def _conclude(self, stream: Stream, under_way: Integration) -> None:
        """Commit what somebody resolved or mended; what is not resolved goes to the next who is asked."""
        await self._crew.iterations.end_hands()
        commit = under_way.started.commit
        merged = await self._worktrees.conclude(self._crew.ground, commit, message=_message(stream))
        if merged.conflicts and under_way.handed_to == "person" and not merged.anew:
            left = ", ".join(each.path for each in merged.conflicts[:SHOWN])
            await self.leave_out(stream.planned.name, f"its conflicts were not resolved: {left}")
            return
        self._note_merge(stream.planned.name, merged)

    def _tell(self, kept: str) -> None:
        """Tell people what became of the worktree, and what was put aside of it."""
        self._crew.keeper.pass_warnings_on()
        if kept:
            where = f"What was in the run's worktree and in no commit is kept in {kept}"
            self._chronicle.note(ev.Warned(message=f"{where} (loki worktrees restore)."))

    def _note_merge(self, name: str, merged: Merge) -> None:
        self._tell(merged.kept)
        under_way = self._chronicle.state.integration
        tries = under_way.tries if under_way is not None else 0
        if merged.conflicts:
            clashes = tuple(Clash(path=each.path, kind=each.kind, detail=each.detail) for each in merged.conflicts)
            handed_to = "agent" if tries < RESOLVING else "person"
            self._chronicle.note(ev.IntegrationConflicted(name=name, conflicts=clashes, handed_to=handed_to))
            return
        events: list[ev.Event] = [ev.IntegrationMerged(name=name, commit=merged.commit, lost=merged.lost[:SHOWN])]
        if merged.lost:
            lost = "; ".join(merged.lost[:SHOWN])
            if tries < RESOLVING and under_way is not None and not under_way.merged:
                events.append(ev.IntegrationRefused(name=name, reason=f"{LOST}: {lost}"))
            else:
                events.append(ev.Warned(message=f"Integrating {name} lost what a side had added: {lost}"))
        self._chronicle.note(*events)

    async def _resolve(self, stream: Stream, under_way: Integration) -> None:
        if under_way.handed_to == "person":
            if await self._is_resolved(stream, under_way):
                return
            paths = ", ".join(each.path for each in under_way.conflicts[:SHOWN])
            await self._control.pause(
                by="integration",
                reason=f"stream {stream.planned.name} conflicts in {paths}, and agents could not resolve it: resolve "
                f"that in {self._crew.ground.root} (what cannot be in one file is beside it, as .loki-ours and "
                ".loki-theirs: remove both), then loki resume; what is not resolved by then is left out",
            )
            return
        run = self._chronicle.run
        task = task_of_resolving(run, stream, under_way.conflicts, self._sides(stream, under_way))
        await self._crew.iterations.iterate(GoOn(task=task), prd=self._prd)

    async def _is_resolved(self, stream: Stream, under_way: Integration) -> bool:
        """Whether a person resolved it already, before an engine was interrupted, say; it is concluded then."""
        commit = under_way.started.commit
        merged = await self._worktrees.conclude(self._crew.ground, commit, message=_message(stream))
        self._tell(merged.kept)
        if not merged.conflicts:
            self._note_merge(stream.planned.name, merged)
        return not merged.conflicts

    def _sides(self, stream: Stream, under_way: Integration) -> list[str]:
        """Streams that are here already and may have touched what conflicts."""
        run, paths = self._chronicle.run, [each.path for each in under_way.conflicts]
        there = [
            name
            for name, each in run.streams.items()
            if each is not stream and run.stream_status(name) is StreamStatus.INTEGRATED
        ]
        near = [name for name in there if first_overlap(paths, run.streams[name].planned.files) is not None]
        return near or there

    async def _mend(self, stream: Stream, under_way: Integration) -> None:
        if under_way.tries >= MENDING:
            reason = f"merged with what is there, it does not hold: {under_way.refused}"
            await self.leave_out(stream.planned.name, reason)
            return
        task = task_of_mending(stream, under_way.refused)
        await self._crew.iterations.iterate(GoOn(task=task), prd=self._prd)

    async def _measure(self, name: str) -> str | None:
        """Measure the merged tree; why it is red, where it is."""
        state = self._chronicle.state
        label = f"with {name}"
        await self._crew.keeper.save(label)
        assert state.last_checkpoint is not None
        await self._crew.verifier.measure(state.last_checkpoint, QUICK)
        judge(self._chronicle)
        red = [
            f"{fact.phase}: {fact.why}" + (f"\n{fact.output.text}" if fact.output is not None else "")
            for phase in QUICK
            if (fact := state.phases.get(phase.name)) is not None
            and not state.stale(fact)
            and fact.verdict in RED
            and self._is_asked_for(phase.setting, fact.verdict)
            and not await self._excused(fact)
        ]
        return "\n".join(red) or None

    async def _excused(self, fact: ev.PhaseFinished) -> str:
        """Why what is red on the merged tree is not held against the stream; the whole is held to it all the same."""
        if fact.phase != UNIT_TESTS or self._excuse is None:
            return ""
        tests = reported_tests(self._chronicle, fact)
        return await self._excuse(Measured(fact.verdict, fact.why, counts=fact.counts, checks=fact.checks, tests=tests))

    def _is_asked_for(self, setting: str, verdict: Verdict) -> bool:
        return bool(getattr(self._settings, setting)) or verdict is Verdict.FAILED

    async def _advance(self, stream: Stream, under_way: Integration) -> None:
        """Move the run's branch to the merged commit, unless somebody else moved it meanwhile."""
        branch = self._chronicle.state.branch
        assert branch is not None
        started = under_way.started
        if await self._worktrees.advance(branch.branch, to=under_way.merged, expected=started.onto):
            self._note_finished(stream.planned.name, "integrated", "", commit=under_way.merged)
            return
        if started.attempt >= MOVES:
            await self.leave_out(stream.planned.name, f"{branch.branch} was moved by somebody else, again and again")
            return
        self._tell(await self._worktrees.abandon(self._crew.ground))
        tip = await self._crew.ground.repository.commit(branch.branch, subject="Nothing", body="")
        self._chronicle.note(
            ev.Warned(message=f"{branch.branch} was moved by somebody else; {stream.planned.name} is merged again.")
        )
        self._start(stream, onto=tip or self._tip(), attempt=started.attempt + 1)

    def _tip(self) -> str:
        state = self._chronicle.state
        return state.commit or (state.branch.base if state.branch is not None else None) or ""

    def _note_finished(self, name: str, outcome: str, reason: str, *, commit: str = "") -> None:
        left_out = outcome == "left_out"
        under_way, run = self._chronicle.state.integration, self._chronicle.run
        lost = under_way.lost if under_way is not None and not left_out else ()
        there = (other for other in run.streams if run.stream_status(other) is StreamStatus.INTEGRATED)
        self._chronicle.note(
            ev.IntegrationFinished(
                name=name,
                outcome="left_out" if left_out else "integrated",
                reason=reason,
                commit=commit or self._tip(),
                lost=lost,
                beside=tuple(there) if lost else (),
            )
        )
        self._control.nudge()


def _message(stream: Stream) -> str:
    last = stream.state.last_finished
    summary = f"\n\n{last.summary.strip()}" if last is not None and last.summary.strip() else ""
    return f"Integrate {stream.planned.name}{summary}"
