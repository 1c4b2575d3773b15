"""The run that no screen was made for: too long, too wide, too many, in every script, and hostile."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.messages import TextPart, ToolCall
from loki_tui.core.money import ZERO
from loki_tui.core.vocabulary import (
    Check,
    Confinement,
    Counts,
    Excerpt,
    Finding,
    Proof,
    Purpose,
    Requirement,
    Risk,
    Sample,
    Verdict,
)
from tests.support.foreign import ALL, EVERY, LONG_LINE, MARKUP, SHORT, diff
from tests.support.life import created
from tests.support.working import Worker, sample

APPROVALS = 30
REQUIREMENTS = 200
WARNINGS = 3_000
FINDINGS = 100
FOUND_CHARS = 500
"""Of what a tool says of one thing: the engine keeps no more."""
PHASES = (
    "unit tests", "regression", "test strength", "security", "API tests", "E2E tests", "accessibility", "performance",
    "code review",
)  # fmt: skip

_COSTS = (ZERO, None, Decimal("0.0000001"), Decimal("12345.678901"))
"""Free, of unknown price, next to nothing, and a fortune."""


def worst() -> list[Event]:
    """Everything too much at once; ends over its budget, with thirty approvals waiting."""
    worker = Worker(13, first=10_000)
    return [
        *_begun(),
        *_planned(),
        ev.IterationStarted(number=1, brief=Excerpt(text=ALL)),
        *_said(worker),
        *_acted(worker),
        *(ev.Warned(message=f"{number}: {SHORT}") for number in range(WARNINGS)),
        *(sample(number) for number in range(200)),
        *_strained(),
        ev.CheckpointTaken(checkpoint="c1", tree="t1", label=SHORT, iteration=1, files=1_000_000, changed=999_999),
        ev.IterationFinished(
            number=1,
            ended_by="time",
            summary=ALL,
            claims_done=True,
            handover=LONG_LINE,
            tree="t1",
            turns=10**6,
            actions=10**7,
            spent=Decimal("12345678.901234"),
            changed=10**6,
        ),
        ev.WorkCommitted(branch=f"loki/{'r' * 200}", commit="f" * 40, subject=SHORT),
        *_checked(),
        *_voted(),
        *_iterated(),
        ev.Steered(note=ALL[:4_000], by=SHORT),
        ev.EngineFailed(error=f"Bug: {MARKUP}"),
        ev.EngineStarted(
            pid=2**31, host=SHORT, confinement=Confinement(rung="none", uncovered=(SHORT,) * 8), resumed=True
        ),
        ev.IterationStarted(number=len(EVERY) + 2, brief=Excerpt(text=SHORT)),
        *_broke(worker),
        *_waiting(),
    ]


def _begun() -> Iterator[Event]:
    yield created(
        prd_path=f"/home/{SHORT}/{'deep/' * 60}prd.md",
        workspace=f"/home/{SHORT}",
        models={"planning": "p" * 120, "work": SHORT, "fast": MARKUP},
        max_iterations=10_000,
        budget=Decimal("0.01"),
    )
    held = Confinement(rung="bwrap", detail=SHORT, uncovered=("the network", SHORT), writable=("/w" * 200,))
    yield ev.EngineStarted(pid=1, host="h" * 250, confinement=held)
    yield ev.BranchOpened(
        branch=f"loki/{'r' * 200}", base=None, origin=SHORT, dirty=tuple(f"{SHORT}/{n}" for n in range(500))
    )


def _planned() -> Iterator[Event]:
    titles = [*(" ".join(text.split())[:400] or "blank" for text in EVERY.values()), "t" * 400]
    yield ev.RequirementsPlanned(
        requirements=tuple(
            Requirement(
                id=f"R{number}" if number % 7 else f"R{number}".ljust(40, "x"),
                title=titles[number % len(titles)],
                criteria=(SHORT,) * 20,
            )
            for number in range(1, REQUIREMENTS + 1)
        ),
        fallback=True,
    )
    proofs = list(Proof)
    for number in range(1, REQUIREMENTS + 1, 3):
        name = f"R{number}" if number % 7 else f"R{number}".ljust(40, "x")
        yield ev.RequirementJudged(
            id=name,
            proof=proofs[number % len(proofs)],
            evidence=ALL,
            tests=(ALL[:FOUND_CHARS], SHORT, LONG_LINE[:FOUND_CHARS]) * 20,
            tree="t0",
        )


def _said(worker: Worker) -> Iterator[Event]:
    """Every text once as what the model says, free, paid, and at a price nobody knows."""
    for number, text in enumerate(EVERY.values()):
        asked = worker.asked(Purpose.WORK if number % 2 else Purpose.DELEGATE, "agent" if number % 2 else SHORT[:80])
        cost = _COSTS[number % len(_COSTS)]
        yield asked.model_copy(update={"reserved": Decimal("99999.999999"), "model": SHORT})
        yield worker.answered(asked).model_copy(update={"parts": (TextPart(text=text),), "cost": cost, "seconds": 1e6})


def _acted(worker: Worker) -> Iterator[Event]:
    """Every text once as a command, a file name, what a command prints, and a change."""
    for number, (name, text) in enumerate(EVERY.items()):
        shell = ToolCall(id=f"call_x{number}", name="shell", input={"command": text})
        begun, done = worker.action(shell)
        assert isinstance(done, ev.ActionFinished)
        codes = {"exit_code": (0, 1, -9, 255, None)[number % 5], "seconds": (0.0, 1e-9, 86_400.0)[number % 3]}
        yield begun
        yield done.model_copy(update={"output": Excerpt(text=text, size=len(text)), "ok": number % 2 == 0, **codes})
        edit = ToolCall(
            id=f"call_y{number}", name="edit_file", input={"path": f"{name}/{text[:4000]}", "nested": [[text]]}
        )
        begun, done = worker.action(edit)
        assert isinstance(done, ev.ActionFinished)
        changed = Excerpt(
            text=f"--- a/{name}\n+++ b/{name}\n@@ -1 +1 @@\n-{text}\n+{text}\n\\ No newline at end of file\n"
        )
        yield begun
        yield done.model_copy(update={"diff": changed, "interrupted": number % 3 == 0})


def _checked() -> Iterator[Event]:
    verdicts, texts = list(Verdict), [ALL, SHORT, *EVERY.values()]
    for number in range(40):
        yield ev.PhaseFinished(
            phase=f"{SHORT} {number}" if number % 4 == 0 else f"phase {number}",
            verdict=verdicts[number % len(verdicts)],
            why=texts[number % len(texts)],
            checkpoint="c1",
            tree="t1" if number % 2 else "t0",
            command=LONG_LINE,
            exit_code=-11,
            counts=Counts(passed=10**9, failed=10**6, skipped=10**6),
            output=Excerpt(text=ALL),
            seconds=10**6,
            required=number % 2 == 0,
        )
    for phase in (*PHASES, *PHASES[:1] * 4):
        yield _found(phase)
    yield ev.PhaseStarted(phase=SHORT, checkpoint="c1")
    found = Finding(severity="critical", file=SHORT, line=10**9, message=ALL)
    yield ev.ReviewSubmitted(reviewer=SHORT, verdict="fail", findings=(found,) * 30, charge=ALL, tree="t1")
    yield ev.ReviewSubmitted(reviewer=ALL, verdict="pass", void=ALL, tree="t0")


def _found(phase: str) -> ev.PhaseFinished:
    """A phase with a hundred findings of too many tools."""
    verdicts, texts, grave = list(Verdict), list(EVERY.values()), ("critical", "high", "medium", "low")
    checks = tuple(
        Check(name=text, verdict=verdicts[number % len(verdicts)], why=text, command=text, exit_code=-9, seconds=1e6)
        for number, text in enumerate(text[:FOUND_CHARS] for text in texts * 2)
    )
    findings = tuple(
        Finding(
            severity=grave[number % len(grave)],
            file=texts[number % len(texts)][:FOUND_CHARS] if number % 3 else "",
            line=number or None,
            message=texts[-number % len(texts)][:FOUND_CHARS],
        )
        for number in range(FINDINGS)
    )
    return ev.PhaseFinished(
        phase=phase, verdict=Verdict.FAILED, why=ALL, checkpoint="c1", tree="t1", checks=checks, findings=findings,
        base=SHORT, tests="0" * 64,
    )  # fmt: skip


def _voted() -> Iterator[Event]:
    members = tuple(f"member {number} {SHORT}" for number in range(9))
    yield ev.CouncilConvened(sitting=10**6, reason=ALL, members=members, trigger="forced", iteration=10**9, tree=SHORT)
    for number, member in enumerate(members):
        yield ev.VoteCast(
            sitting=10**6,
            member=member,
            verdict="approve" if number % 2 else "reject",
            reasons=tuple(EVERY.values()) if number == 1 else (ALL, LONG_LINE, SHORT) * 3,
            unmet=tuple(f"R{unmet}" for unmet in range(1, REQUIREMENTS + 1)),
            evidence=(SHORT,) * 20,
            void=SHORT if number % 4 == 0 else "",
            charge=LONG_LINE,
        )
    yield ev.CouncilDecided(sitting=10**6, approved=False, reason=ALL, tree=SHORT, approving=4, needed=9)
    for number in range(12):
        yield ev.MemberCalibrated(
            sitting=10**6,
            member=(*members, ALL)[number % 10],
            charge=SHORT,
            defect=ALL,
            caught=number % 3 > 0,
            said=SHORT,
        )
    yield ev.ReviewForced(by=ALL)


def _iterated() -> Iterator[Event]:
    """Every text once as what an iteration is said to have done."""
    ends = ("agent", "turns", "silence", "time")
    for number, text in enumerate(EVERY.values(), start=2):
        yield ev.IterationStarted(number=number, brief=Excerpt(text=text))
        yield ev.IterationFinished(
            number=number,
            ended_by=ends[number % len(ends)],
            summary=text,
            claims_done=number % 2 == 0,
            handover=text,
            tree="t1",
            turns=number % 3,
            actions=0,
            spent=_COSTS[number % len(_COSTS)] or ZERO,
        )


def _strained() -> Iterator[Event]:
    """A machine at rest, one that has nothing left, and more cores and memory than there is room to name."""
    for cpu, memory, run_cpu, rss in ((0.0, 0.0, 0.0, 0), (100.0, 100.0, 12_799.9, 2**53), (0.4, 99.9, 0.04, 1)):
        reading = Sample(cpu_percent=cpu, memory_percent=memory, run_cpu_percent=run_cpu, run_rss_bytes=rss)
        yield ev.ResourcesSampled(sample=reading, over=("cpu", "memory"))


def _broke(worker: Worker) -> Iterator[Event]:
    """First exactly nothing is left, then less than nothing."""
    spent = sum((_COSTS[number % len(_COSTS)] or ZERO for number, _ in enumerate(EVERY)), ZERO)
    yield ev.BudgetChanged(limit=spent, by=SHORT)
    yield ev.RunPaused(by="budget", reason=ALL, needed=Decimal("99999999.99"))
    yield ev.BudgetChanged(limit=Decimal("0.01"), by="ada")
    yield ev.RunContinued(reason=SHORT)
    # Until when the clock of that moment has long gone by, and until when nobody will live.
    for until in (datetime.min, datetime.max):
        yield ev.RunWaiting(on="provider", reason=SHORT, until=until.replace(tzinfo=UTC))
        yield ev.RunContinued()
    yield from worker.failure()


def _waiting() -> Iterator[Event]:
    risks, texts = list(Risk), list(EVERY.values())
    for number in range(1, APPROVALS + 1):
        change = diff(f"{SHORT}/{number}.py", hunks=100, note=SHORT)
        text = texts[number % len(texts)]
        yield ev.ApprovalRequested(
            approval=f"p{number}",
            subject="action",
            digest=f"{number:064x}",
            title=f"edit {text}" if number % 2 else f"run {text}",
            detail=change if number % 2 else text,
            risk=risks[number % len(risks)],
            reason=SHORT,
            call=f"call_z{number}",
            tool="edit_file" if number % 2 else "shell",
            input={"path": SHORT, "content": text} if number % 2 else {"command": text},
            cwd=f"/w/{SHORT}",
            diff=Excerpt(text=change, size=len(change)) if number % 2 else None,
            agent=SHORT,
            editable=number % 3 == 0,
            pattern=MARKUP if number % 4 == 0 else "",
        )
    yield ev.RunWaiting(on="approval", reason=f"approval p1: {ALL}")
