"""Journals as long as one likes, of a run that could have been: the real journal, a made-up agent.

Iterations of about a thousand events, each with turns, outputs of some 500 characters, a few
approvals and failures, a checkpoint and a phase. Written as an engine writes it, keyframes included,
only more events at once.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.events import Event
from loki_tui.core.messages import Part, TextPart, ToolCall, Usage
from loki_tui.core.vocabulary import (
    Confinement,
    Counts,
    Excerpt,
    Purpose,
    Requirement,
    Risk,
    Sample,
    Stage,
    Verdict,
)
from loki_tui.engine.chronicle import Chronicle
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory

BATCH = 100
"""Events in one append."""

TURNS = 225
"""Turns of an iteration, four or five events each."""

_WORDS = (
    "the test of the parser fails since a note without a title is read as a title without a note so the first "
    "line is taken apart again and what follows is kept as it stands größer naïve 完了 done"
)

PRD = "# Notes\n\nKeep notes in plain files.\n"


def write_journal(state: StateDirectory, run: str, events: int, *, closed: bool = False) -> None:
    """Write the journal of a run that has just so many events: the same ones every time.

    Args:
        state: Where; prepared if it is not there.
        run: The run's name; it must not be there yet.
        events: How many.
        closed: Whether the last one is the end of the run; else its engine is just gone.
    """
    with EngineLock.acquire(state, run=run) as lock, SqliteJournal.open(lock, now=_clock()) as journal:
        chronicle = Chronicle(journal)
        prd = journal.put_blob(PRD.encode())
        stream = islice(_Run(prd=prd, workspace=str(state.workspace)).events(), events - closed)
        while batch := list(islice(stream, BATCH)):
            chronicle.note(*batch)
        if closed:
            chronicle.note(ev.RunClosed(outcome="exhausted", reason="all iterations are used up"))


def _clock() -> Callable[[], datetime]:
    """Time that goes on by four minutes at every append."""
    moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now() -> datetime:
        nonlocal moment
        moment += timedelta(minutes=4)
        return moment

    return now


class _Run:
    """Makes up the events of one run."""

    def __init__(self, *, prd: str, workspace: str) -> None:
        self._prd = prd
        self._workspace = workspace
        self._chance = random.Random(7)
        self._requests = self._actions = self._approvals = 0
        # Made once: making text up would take longer than journaling it.
        self._texts = [self._text(count) for count in (20, 30, 40) for _ in range(20)]
        self._outputs = [self._text(count, end="\n") for count in (60, 95, 130) for _ in range(30)]

    def events(self) -> Iterator[Event]:
        """Without end, beginning with the run's creation."""
        yield from self._beginning()
        iteration = 0
        while True:
            iteration += 1
            yield from self._iteration(iteration)

    def _text(self, words: int, *, end: str = " ") -> str:
        chosen = [self._chance.choice(_WORDS.split()) for _ in range(words)]
        return "".join(word + (end if number % 8 == 7 else " ") for number, word in enumerate(chosen))

    def _beginning(self) -> Iterator[Event]:
        yield ev.RunCreated(
            prd_path="prd.md", prd=self._prd, workspace=self._workspace, provider="replay", models={"work": "m"},
            settings={}, version="0", max_iterations=100_000, budget=Decimal(100_000),
        )  # fmt: skip
        held = Confinement(rung="landlock", detail="ABI 7", writable=(self._workspace,))
        yield ev.EngineStarted(pid=1, host="benchmark", confinement=held)
        yield ev.BranchOpened(branch="loki/benchmark", base="0" * 40, origin="main")
        yield from self._asked(TextPart(text="Twelve requirements."), purpose=Purpose.PLAN, agent="planner")
        criteria = tuple(self._texts[:3])
        yield ev.RequirementsPlanned(
            requirements=tuple(Requirement(id=f"R{n}", title=self._texts[n], criteria=criteria) for n in range(1, 13))
        )
        yield self._checkpoint(0)
        yield ev.StageEntered(stage=Stage.ITERATE)

    def _iteration(self, number: int) -> Iterator[Event]:
        brief = "".join(self._outputs[:6])
        yield ev.IterationStarted(number=number, brief=Excerpt(text=brief, size=len(brief)))
        for turn in range(TURNS):
            yield from self._turn(turn)
        taken = self._checkpoint(number)
        yield taken
        yield ev.IterationFinished(
            number=number, ended_by="agent", summary=self._texts[number % 60], handover=self._outputs[number % 90],
            claims_done=number % 3 == 0, tree=taken.tree, turns=TURNS, actions=TURNS, spent=Decimal("2.25"), changed=4,
        )  # fmt: skip
        yield ev.WorkCommitted(branch="loki/benchmark", commit=f"{number:040x}", subject=self._texts[number % 60][:72])
        yield ev.StageEntered(stage=Stage.VERIFY)
        yield ev.PhaseStarted(phase="unit tests", checkpoint=taken.checkpoint)
        output = "".join(self._outputs[:4])
        yield ev.PhaseFinished(
            phase="unit tests", verdict=Verdict.FAILED if number % 4 else Verdict.PASSED, why="2 of 41 tests fail",
            checkpoint=taken.checkpoint, tree=taken.tree, command="pytest", exit_code=1, seconds=3.2, required=True,
            counts=Counts(passed=39, failed=2), output=Excerpt(text=output, size=len(output)),
        )  # fmt: skip
        yield ev.StageEntered(stage=Stage.DECIDE)
        yield ev.StageEntered(stage=Stage.ITERATE)

    def _turn(self, turn: int) -> Iterator[Event]:
        self._actions += 1
        action = f"a{self._actions}"
        command = f"pytest -q tests/test_{turn}.py && git status"
        call = ToolCall(id=f"call_{self._actions}", name="shell", input={"command": command})
        yield from self._asked(TextPart(text=self._chance.choice(self._texts)), call)
        if turn % 25 == 7:
            yield from self._approval(call.id, command)
        yield ev.ActionStarted(
            action=action, call=call.id, agent="agent", tool="shell", input=call.input, risk=Risk.RUN
        )
        output, ok = self._chance.choice(self._outputs), self._chance.random() > 0.06
        shown = Excerpt(text=output, size=len(output))
        yield ev.ActionFinished(
            action=action, call=call.id, output=shown, ok=ok, exit_code=0 if ok else 1, seconds=0.31
        )
        if turn % 4 == 0:
            used = Sample(cpu_percent=31.5, memory_percent=48.2, run_cpu_percent=12.1, run_rss_bytes=181_000_000)
            yield ev.ResourcesSampled(sample=used)
        if turn == 100:
            yield ev.Warned(message="Not in the checkpoints, since it cannot be read: build/cache")

    def _asked(self, *parts: Part, purpose: Purpose = Purpose.WORK, agent: str = "agent") -> Iterator[Event]:
        self._requests += 1
        request = f"m{self._requests}"
        yield ev.ModelRequested(request=request, purpose=purpose, agent=agent, model="m", reserved=Decimal("0.35"))
        if self._requests % 200 == 0:
            yield ev.ModelFailed(request=request, fault=ModelFault.OVERLOADED, message="529: overloaded")
            request = f"{request}b"
            yield ev.ModelRequested(request=request, purpose=purpose, agent=agent, model="m", reserved=Decimal("0.35"))
        usage = Usage(input_tokens=900, output_tokens=310, cache_read_tokens=41_000)
        yield ev.ModelAnswered(
            request=request, parts=parts, stop="tool_use", usage=usage, cost=Decimal("0.0100"), seconds=4.2
        )

    def _approval(self, call: str, command: str) -> Iterator[Event]:
        self._approvals += 1
        approval = f"p{self._approvals}"
        yield ev.ApprovalRequested(
            approval=approval, subject="action", digest="0" * 64, title=f"run {command}", detail=command,
            risk=Risk.RUN, reason="staged autonomy: every state-changing action waits for a person", call=call,
        )  # fmt: skip
        yield ev.RunWaiting(on="approval", reason=f"approval {approval}")
        yield ev.ApprovalDecided(approval=approval, decision="approved", by="ada")
        yield ev.RunContinued()

    def _checkpoint(self, number: int) -> ev.CheckpointTaken:
        return ev.CheckpointTaken(
            checkpoint=f"{number:040x}", tree=f"{number:040x}", label=f"iteration {number}",
            iteration=number, files=210, changed=4,
        )  # fmt: skip
