"""A run at the point where opinions are heard: real journal, git and hands; the model is scripted."""

from __future__ import annotations

import itertools
import re
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.messages import Part, ToolCall
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Excerpt, Proof, Purpose, Requirement, Verdict
from loki_tui.engine.approvals import Approvals
from loki_tui.engine.asking import Asker
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.control import Control
from loki_tui.engine.council.sitting import Council
from loki_tui.engine.engine import World
from loki_tui.engine.holding import HeldCheckouts
from loki_tui.engine.places import Places
from loki_tui.engine.ports import Live, ModelAnswer, ModelRequest
from loki_tui.engine.qa.phase import UNIT_TESTS
from loki_tui.engine.reviewing import Reviewing
from loki_tui.runtime.build import build_world
from loki_tui.runtime.secrets import redactor_of
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from tests.support.runs import Bench
from tests.support.scripted import Turn

_numbers = itertools.count(1)

PRODUCT = "def clip(x, low, high):\n    if x < low:\n        return low\n    return min(x, high)\n"
"""What the work consists of, as `clip.py`."""


@dataclass
class Desk:
    """An engine's means to hear opinions, for as long as it lives."""

    bench: Bench
    context: RunContext
    world: World

    def __post_init__(self) -> None:
        checkouts = HeldCheckouts(self.world.checkouts, self.context.control)
        self.asker = Asker(self.context, self.world.model)
        self.council = Council(self.context, self.asker, checkouts, self.world.checkpoints)
        self.reviewing = Reviewing(self.context, self.asker, checkouts, self.world.checkpoints)

    @property
    def state(self) -> RunState:
        """The run's state."""
        return self.context.chronicle.state

    @property
    def checkpoint(self) -> ev.CheckpointTaken:
        """The last one."""
        assert self.state.last_checkpoint is not None
        return self.state.last_checkpoint

    def note(self, *events: Event) -> None:
        """Journal events."""
        self.context.chronicle.note(*events)

    async def sit(self) -> ev.CouncilDecided:
        """Have the council sit on the work as it is."""
        await self.council.sit(self.checkpoint, trigger="claim", reason="it is claimed")
        assert self.state.council.decided is not None
        return self.state.council.decided

    async def review(self) -> ev.PhaseFinished:
        """Have the work reviewed."""
        await self.reviewing.review(self.checkpoint)
        return self.state.phases["code review"]

    async def work(self, files: Mapping[str, str | bytes | None]) -> None:
        """An iteration that writes these files, or takes them away; measured, and found well."""
        number = self.state.iterations_begun + 1
        self.note(ev.IterationStarted(number=number, brief=Excerpt(text="")))
        for path, content in files.items():
            target = self.bench.workspace / path
            target.parent.mkdir(parents=True, exist_ok=True)
            if content is None:
                target.unlink()
            else:
                target.write_bytes(content if isinstance(content, bytes) else content.encode())
        taken = await self.take(f"iteration {number}", iteration=number)
        self.note(
            taken,
            ev.IterationFinished(number=number, ended_by="agent", claims_done=True, tree=taken.tree),
            self.fact(taken, Verdict.PASSED, "1 test passes"),
        )

    async def take(self, label: str, *, iteration: int) -> ev.CheckpointTaken:
        """Take a checkpoint."""
        saved = await self.world.checkpoints.take(label, iteration=iteration)
        return ev.CheckpointTaken(
            checkpoint=saved.checkpoint,
            tree=saved.tree,
            label=label,
            iteration=iteration,
            files=saved.files,
            changed=saved.changed,
        )

    def fact(self, at: ev.CheckpointTaken, verdict: Verdict, why: str, phase: str = UNIT_TESTS) -> ev.PhaseFinished:
        """What a phase found."""
        return ev.PhaseFinished(
            phase=phase, verdict=verdict, why=why, checkpoint=at.checkpoint, tree=at.tree, required=phase == UNIT_TESTS
        )

    def judge(self, name: str, proof: Proof, evidence: str = "") -> None:
        """Journal how far a requirement is proven."""
        self.note(ev.RequirementJudged(id=name, proof=proof, evidence=evidence, tree=self.checkpoint.tree))


@asynccontextmanager
async def desk_of(bench: Bench, files: Mapping[str, str | bytes | None] | None = None) -> AsyncIterator[Desk]:
    """An engine's desk; the first one of a run begins with work that is done and measured.

    Args:
        bench: The run.
        files: What the work consists of.
    """
    with (
        EngineLock.acquire(bench.around.project.state, run=bench.run) as lock,
        SqliteJournal.open(lock, redactor=redactor_of(bench.around.environ)) as journal,
    ):
        fresh = journal.last_seq == 0
        if fresh:
            journal.append(bench._created(journal))
        world = replace(
            build_world(bench.around, bench.settings, journal, model=bench.model, live=Live()), clock=bench.clock
        )
        desk = Desk(bench, _context(bench, world), world)
        desk.note(
            ev.EngineStarted(pid=1, host="here", confinement=world.workspaces.confinement, resumed=not fresh),
        )
        if fresh:
            requirements = (Requirement(id="R1", title="It clips"), Requirement(id="R2", title="It is fast"))
            desk.note(ev.RequirementsPlanned(requirements=requirements), await desk.take("start", iteration=0))
            await desk.work({"clip.py": PRODUCT} if files is None else files)
        yield desk


def _context(bench: Bench, world: World) -> RunContext:
    settings = bench.settings
    redact = world.redactor.redact
    chronicle = Chronicle(world.journal, redact=redact)
    control = Control(chronicle, redact=redact, on_stop=lambda: None)
    return RunContext(
        chronicle=chronicle,
        control=control,
        settings=settings,
        prices=world.prices,
        clock=world.clock,
        redact=redact,
        places=Places(settings.max_parallel_agents),
        live=world.live,
        policy=world.policy,
        approvals=Approvals(chronicle, control, world.clock, timeout=None, redact=redact),
    )


def charge_of(request: ModelRequest) -> str:
    """The beginning of the charge that a request is made with."""
    found = re.search(r"Your charge: (\w+)", request.system)
    assert found
    return found[1]


class Chorus:
    """Answers by charge: a word that the charge begins with, to turns that are played in order, the last for ever."""

    def __init__(self, otherwise: Turn, **turns: Iterable[Turn]) -> None:
        self._turns = {word: list(given) for word, given in turns.items()}
        self._otherwise = otherwise

    async def __call__(self, request: ModelRequest) -> ModelAnswer:
        """Answer one request."""
        turns = self._turns.get(charge_of(request), [self._otherwise])
        turn = turns.pop(0) if len(turns) > 1 else turns[0]
        if isinstance(turn, ModelAnswer):
            # Every call has an id of its own, as with a provider.
            return replace(turn, parts=tuple(_own(part) for part in turn.parts))
        if isinstance(turn, Exception):
            raise turn
        return await turn(request)


def _own(part: Part) -> Part:
    return part.model_copy(update={"id": f"chorus_{next(_numbers)}"}) if isinstance(part, ToolCall) else part


def script(bench: Bench, purpose: Purpose, turn: Turn, times: int = 60) -> None:
    """Have a model answer every request of one purpose in the same way."""
    bench.model.turns[purpose] = [turn] * times
