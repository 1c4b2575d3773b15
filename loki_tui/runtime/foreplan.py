"""A plan and nothing else: what `loki plan` has made of a PRD, before anything more is spent on it.

The engine's own planner asks, through the engine's own books, in a journal of its own: below the project's state,
so that what it cost is on record, and apart from the project's runs, so that one may be at work meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from pathlib import Path

from loki_tui import __version__
from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError, UsageError
from loki_tui.core.events import Record
from loki_tui.core.settings import Settings
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Outcome, Requirement, Stage
from loki_tui.engine.approvals import Approvals
from loki_tui.engine.asking import Asker
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.control import Control
from loki_tui.engine.places import Places
from loki_tui.engine.planning import Planner
from loki_tui.engine.ports import Live, Model
from loki_tui.hands.shell_policy import ShellPolicy
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.build import Recording, demands_of, load_ahead, open_model
from loki_tui.runtime.clock import SystemClock
from loki_tui.runtime.host import new_run_id
from loki_tui.runtime.outside import answering, prices_of
from loki_tui.runtime.prd import Prd
from loki_tui.runtime.secrets import redactor_of
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.paths import StateDirectory

__all__ = ["Foreplan", "make_plan"]


@dataclass(frozen=True, slots=True)
class Foreplan:
    """A plan, and what it came to."""

    requirements: tuple[Requirement, ...]
    streams: tuple[ev.StreamPlanned, ...]
    """What can be worked on at the same time, each after what it builds on; nothing where that was not asked for."""
    notes: tuple[str, ...]
    """What became of the planner's streams, where that is not what it said."""
    fallback: bool
    """Whether the model gave none that can be used, so that the PRD stands as one requirement."""
    spent: Decimal
    unconfirmed: Decimal
    """What may have been billed for answers that were lost."""
    unpriced: int
    """Answers whose price nobody knows: while there are any, `spent` is a lower bound."""
    requests: int
    record: Path
    """The state directory that has its journal."""


def make_plan(
    around: Surroundings, settings: Settings, prd: Prd, *, on_wait: Callable[[str], object] = lambda _: None
) -> Foreplan:
    """Have a PRD planned.

    Args:
        around: The project and the environment.
        settings: Who answers, and the budget. Nobody is asked to approve the plan: nothing follows from it.
        prd: What is to be planned.
        on_wait: Told why there is no answer yet, whenever one is tried for again.

    Raises:
        UsageError: There is nobody to answer, or the budget does not cover the plan.
        ModelError: There is no answer.
        LokiError: The state directory cannot be used.
    """
    load_ahead(settings)
    around.project.state.prepare()
    name = new_run_id()
    state = StateDirectory(root=around.project.state.root / "plans" / name, workspace=around.project.workspace)
    with (
        EngineLock.acquire(state, run=name) as lock,
        SqliteJournal.open(lock, redactor=redactor_of(around.environ)) as journal,
    ):
        journal.append(_created(around, settings, prd, journal))
        chronicle = Chronicle(journal, redact=redactor_of(around.environ).redact)
        model = answering(
            open_model(settings, around.environ, Recording()),
            settings,
            around.environ,
            workspaces=open_workspaces(demands_of(around, settings, private=state.root / "hands"), settings),
            scratch=state.root / "questions",
        )
        chronicle.observe(partial(_heed_waits, on_wait))
        asyncio.run(_plan(around, settings, chronicle, model, prd))
        return _foreplan(chronicle.state, state.root)


def _heed_waits(on_wait: Callable[[str], object], record: Record) -> None:
    if isinstance(record.event, ev.RunWaiting):
        on_wait(record.event.reason)


def _created(around: Surroundings, settings: Settings, prd: Prd, journal: SqliteJournal) -> ev.RunCreated:
    return ev.RunCreated(
        prd_path=str(prd.path).encode(errors="surrogateescape").decode(errors="replace"),
        prd=journal.put_blob(prd.text.encode()),
        workspace=str(around.project.workspace),
        provider=settings.provider,
        models=settings.models,
        settings=settings.changed(),
        version=__version__,
        max_iterations=settings.max_iterations,
        budget=settings.budget_limit,
    )


async def _plan(around: Surroundings, settings: Settings, chronicle: Chronicle, model: Model, prd: Prd) -> None:
    """Plan, and journal how that ended."""
    context = _context(around, settings, chronicle)
    planner = Planner(context, Asker(context, model), divides=settings.parallel_mode)
    planning = asyncio.create_task(planner.plan(prd.text))

    def heed(record: Record) -> None:
        # A run would wait for a larger budget; here nobody is there to give one.
        if isinstance(record.event, ev.RunPaused):
            planning.cancel()

    chronicle.observe(heed)
    chronicle.note(ev.StageEntered(stage=Stage.PLAN))
    outcome: Outcome = "stopped"
    reason = "only the plan was asked for"
    try:
        await asyncio.wait([planning])
        if planning.cancelled():
            paused = chronicle.state.reason
            raise UsageError(f"There is no plan: {paused}.", hint="Raise it: --budget AMOUNT")
        planning.result()
    except asyncio.CancelledError:
        reason = "interrupted"
        raise
    except LokiError as error:
        outcome, reason = "failed", error.message
        raise
    finally:
        planning.cancel()
        await asyncio.gather(planning, return_exceptions=True)
        chronicle.note(ev.RunClosed(outcome=outcome, reason=reason))
        await model.close()


def _context(around: Surroundings, settings: Settings, chronicle: Chronicle) -> RunContext:
    redact = redactor_of(around.environ).redact
    control = Control(chronicle, redact=redact, on_stop=lambda: None)
    clock = SystemClock()
    workspace = around.project.workspace
    return RunContext(
        chronicle=chronicle,
        control=control,
        settings=settings.model_copy(update={"staged_autonomy": False}),
        prices=prices_of(settings),
        clock=clock,
        redact=redact,
        places=Places(1),
        live=Live(),
        policy=ShellPolicy(settings.blocked_commands, root=workspace, home=Path.home()),
        approvals=Approvals(chronicle, control, clock, timeout=settings.approval_timeout, redact=redact),
    )


def _foreplan(state: RunState, record: Path) -> Foreplan:
    assert state.planned is not None
    return Foreplan(
        requirements=state.planned.requirements,
        streams=tuple(stream.planned for stream in state.streams.values()),
        notes=tuple(state.warnings),
        fallback=state.planned.fallback,
        spent=state.books.spent,
        unconfirmed=state.books.unconfirmed,
        unpriced=state.books.unpriced,
        requests=state.requests,
        record=record,
    )
