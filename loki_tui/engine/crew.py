"""Those who work in one place: a run's own workspace, or the worktree of one of its streams."""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.engine.agents import Agents
from loki_tui.engine.asking import Asker
from loki_tui.engine.assessing import Assessor
from loki_tui.engine.context import RunContext
from loki_tui.engine.council.sitting import Council
from loki_tui.engine.grounds import Ground
from loki_tui.engine.holding import HeldCheckouts
from loki_tui.engine.iterating import Iterations
from loki_tui.engine.keeping import Keeper
from loki_tui.engine.outside.working import OutsideAgents
from loki_tui.engine.reviewing import Reviewing
from loki_tui.engine.verifying import Excuse, Verifier


@dataclass(frozen=True, slots=True)
class Crew:
    """The parts of an engine that are about one directory."""

    ground: Ground
    keeper: Keeper
    iterations: Iterations
    verifier: Verifier
    assessor: Assessor


def crew_for(
    context: RunContext, asker: Asker, ground: Ground, *, root: str = "", excuse: Excuse | None = None
) -> Crew:
    """Put them together; nothing is started yet.

    Args:
        context: The run, or the stream.
        asker: Puts questions to the model.
        ground: Where they work.
        root: The directory as agents are told it, where that is not the person's own.
        excuse: Why a stream is not held to what is red; none for the run.
    """
    checkouts, checkpoints = HeldCheckouts(ground.checkouts, context.control), ground.checkpoints
    keeper = Keeper(context, checkpoints, ground.repository)
    delivered = HeldCheckouts(ground.delivered, context.control)
    verifier = Verifier(context, checkouts, checkpoints, delivered=delivered, excuse=excuse)
    built_in = Agents(context, asker, ground.workspaces)
    agents = built_in if context.outside is None else OutsideAgents(context, context.outside)
    return Crew(
        ground=ground,
        keeper=keeper,
        iterations=Iterations(context, agents, ground.workspaces, keeper, root=root),
        verifier=verifier,
        assessor=Assessor(
            context,
            verifier=verifier,
            reviewing=Reviewing(context, asker, checkouts, checkpoints),
            council=Council(context, asker, checkouts, checkpoints),
        ),
    )
