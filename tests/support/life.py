"""A life in events: at least one of every kind there is, in an order that a run could have."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.events import Event, Record
from loki_tui.core.messages import TextPart, ToolCall, Usage
from loki_tui.core.vocabulary import (
    Clash,
    Confinement,
    Excerpt,
    Proof,
    Purpose,
    Requirement,
    Risk,
    Sample,
    Stage,
    Verdict,
)

BEGIN = datetime(2026, 3, 1, 12, tzinfo=UTC)
HERE = Confinement(rung="landlock", detail="ABI 7")
CALL = ToolCall(id="call_1", name="shell", input={"command": "make"})


def records(events: Sequence[Event]) -> list[Record]:
    """Events in their places, a second apart."""
    return [
        Record(seq=seq, at=BEGIN + timedelta(seconds=seq), event=event) for seq, event in enumerate(events, start=1)
    ]


def created(**fields: object) -> ev.RunCreated:
    """The first event."""
    given: dict[str, object] = {
        "prd_path": "prd.md",
        "prd": "digest",
        "workspace": "/w",
        "provider": "scripted",
        "models": {"work": "m"},
        "settings": {},
        "version": "0",
        "max_iterations": 3,
        "budget": Decimal(10),
    }
    return ev.RunCreated.model_validate(given | fields)


def started() -> ev.EngineStarted:
    """An engine takes the run up."""
    return ev.EngineStarted(pid=1, host="here", confinement=HERE)


def asked(request: str, *, purpose: Purpose = Purpose.WORK, agent: str = "agent") -> ev.ModelRequested:
    """A request that may cost a dollar."""
    return ev.ModelRequested(request=request, purpose=purpose, agent=agent, model="m", reserved=Decimal(1))


def answered(request: str, *parts: TextPart | ToolCall, stop: str = "tool_use") -> ev.ModelAnswered:
    """An answer that cost a quarter."""
    usage = Usage(input_tokens=10, output_tokens=5)
    return ev.ModelAnswered(request=request, parts=parts, stop=stop, usage=usage, cost=Decimal("0.25"))


def acted(action: str, call: str = "call_1", output: str = "done") -> tuple[ev.ActionStarted, ev.ActionFinished]:
    """An action from its beginning to its end."""
    begun = ev.ActionStarted(action=action, call=call, agent="agent", tool="shell", input={}, risk=Risk.RUN)
    return begun, ev.ActionFinished(action=action, call=call, output=Excerpt(text=output), ok=True)


def taken(number: int, tree: str) -> ev.CheckpointTaken:
    """A checkpoint."""
    return ev.CheckpointTaken(checkpoint=f"c{number}", tree=tree, label="", iteration=0, files=1, changed=1)


def iteration(number: int, tree: str, *, claims_done: bool = False) -> tuple[Event, ...]:
    """An iteration without turns."""
    finished = ev.IterationFinished(
        number=number, ended_by="agent", summary="did it", claims_done=claims_done, handover="go on", tree=tree
    )
    return ev.IterationStarted(number=number, brief=Excerpt(text="begin")), taken(number, tree), finished


def measured(verdict: Verdict, tree: str) -> ev.PhaseFinished:
    """A fact."""
    return ev.PhaseFinished(phase="unit tests", verdict=verdict, why="3 tests pass", checkpoint="c1", tree=tree)


def approval(name: str, call: str | None = "call_1") -> ev.ApprovalRequested:
    """Something waits for a person."""
    return ev.ApprovalRequested(
        approval=name, subject="action", digest="d", title="run make", detail="make", risk=Risk.RUN, reason="staged",
        call=call,
    )  # fmt: skip


def life() -> Iterator[Event]:
    """All of it."""
    yield from (created(), started(), ev.Steered(note="Hurry.", by="ada"))
    yield ev.BranchOpened(branch="loki/r1", base="abc", origin="main", dirty=("mine",))
    yield from (taken(0, "t0"), asked("m1", purpose=Purpose.PLAN, agent="planner"), answered("m1", TextPart(text="P")))
    yield ev.RequirementsPlanned(requirements=(Requirement(id="R1", title="It works"),))
    yield from (ev.StageEntered(stage=Stage.ITERATE), ev.IterationStarted(number=1, brief=Excerpt(text="begin")))
    yield from (ev.SteeringDelivered(agent="agent", notes=("Hurry.",)), asked("m2"))
    yield ev.ModelFailed(
        request="m2", fault=ModelFault.OVERLOADED, message="busy", cost=Decimal("0.1"), unconfirmed=Decimal("0.2")
    )
    yield from (ev.RunWaiting(on="provider", reason="busy", until=BEGIN), ev.RunContinued())
    yield from (asked("m3"), answered("m3", TextPart(text="Now."), CALL))
    yield from (approval("p1"), ev.RunWaiting(on="approval", reason="p1"), ev.RunPaused(by="person", reason="lunch"))
    yield from (ev.RunContinued(), ev.ApprovalDecided(approval="p1", decision="approved", by="ada"), ev.RunContinued())
    yield from acted("a1")
    yield ev.ActionRefused(
        call="call_3", agent="agent", tool="shell", input={"command": "rm -rf /"}, risk=Risk.DESTRUCTIVE,
        rule="rm -rf /", why="it would remove everything", source="default",
    )  # fmt: skip
    yield ev.ActionFinished(action="", call="call_3", output=Excerpt(text="Refused."), ok=False, refused=True)
    yield ev.RuleRevoked(pattern="make test", by="ada")
    yield ev.DelegateStarted(agent="agent/a2.1", call="call_2", role="tester", brief=Excerpt(text="test"))
    yield from (asked("m4", purpose=Purpose.DELEGATE, agent="agent/a2.1"), asked("m5"))
    yield from (answered("m5"), answered("m4"))
    yield ev.DelegateFinished(agent="agent/a2.1", report=Excerpt(text="tested"))
    yield ev.ContextCompacted(agent="agent", summary=Excerpt(text="so far"), tokens_before=9)
    yield from (asked("m6"), acted("a3")[0])
    # The engine is killed, and another takes the run up.
    yield from (
        started(),
        ev.ActionFinished(action="a3", call="x", output=Excerpt(text=""), ok=False, interrupted=True),
    )
    yield from iteration(1, "t1")[1:]
    yield from (ev.WorkCommitted(branch="loki/r1", commit="def", subject="Do"), ev.StageEntered(stage=Stage.VERIFY))
    yield from (ev.PhaseStarted(phase="unit tests", checkpoint="c1"), measured(Verdict.PASSED, "t1"))
    yield ev.RequirementJudged(id="R1", proof=Proof.PROVEN, evidence="3 tests")
    yield ev.ReviewSubmitted(reviewer="security", verdict="pass")
    yield ev.CouncilConvened(sitting=1, reason="claims", members=("one",))
    yield ev.VoteCast(sitting=1, member="one", verdict="approve")
    yield ev.CouncilDecided(sitting=1, approved=True, reason="all")
    yield ev.MemberCalibrated(sitting=1, member="tests", defect="a.py:3: `<` became `<=`", caught=True)
    yield ev.ControlReceived(request="force_review", by="ada", via="dashboard, 127.0.0.1, admin")
    yield ev.ReviewForced(by="ada")
    sample = Sample(cpu_percent=1, memory_percent=2, run_cpu_percent=3, run_rss_bytes=4)
    yield from (ev.ResourcesSampled(sample=sample), ev.ParallelWorkLimited(agents=5, of=10, over=("cpu",)))
    yield ev.Notified(about="waiting", channel="slack", ok=True, attempts=1)
    yield ev.StreamPlanned(name="api", requirements=("R1",))
    yield ev.StreamStarted(name="api", branch="loki/r1/api")
    yield ev.StreamFinished(name="api", outcome="completed", reason="done", commit="abc")
    yield ev.IntegrationStarted(name="api", commit="abc", onto="def")
    yield ev.IntegrationConflicted(name="api", conflicts=(Clash(path="a.py", kind="content"),))
    yield ev.IntegrationMerged(name="api", commit="fed")
    yield ev.IntegrationRefused(name="api", reason="unit tests: 1 failed")
    yield ev.IntegrationFinished(name="api", outcome="integrated", commit="fed")
    yield ev.WorktreeRetired(name="api", removed=True)
    yield from (ev.BudgetChanged(limit=Decimal(20), by="ada"), ev.Warned(message="Careful."))
    yield from (
        ev.EngineFailed(error="Bug: one"),
        ev.CheckpointRestored(checkpoint="c0", tree="t0", saved_as="c2", by="a"),
    )
    yield from (ev.ReceiptWritten(digest="d", headline="h"), ev.RunStopping(reason="enough"))
    yield ev.RunClosed(outcome="stopped", reason="enough")
