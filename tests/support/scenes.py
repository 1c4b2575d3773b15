"""Journals that give every pane of a screen its empty, its full and its worst case, and streams to wear it out.

A scene is a list of events; `records` puts it into places and moments, `write` into a real journal that a real
application can be opened on, `at_work` the same with an engine that seems to live. Nothing here looks at the
time or at chance: a scene is the same at every call.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby, islice, repeat

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.events import Event, Record
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Counts, Excerpt, Finding, Outcome, Proof, Risk, Stage, Verdict
from loki_tui.engine.sealing import seal
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from loki_tui.store.project import Project
from tests.support import receipts
from tests.support.foreign import diff
from tests.support.life import BEGIN, HERE, created, measured
from tests.support.proven import calibrated, judged, secured
from tests.support.working import TITLES, Worker, plan, sample
from tests.support.worst import worst

__all__ = [
    "BEGIN", "at_work", "budgets", "empty", "ended", "full", "jumps", "paused", "records", "steps", "stream", "worst",
    "write",
]  # fmt: skip

TREE = f"{3:040x}"
"""Of the full run's workspace."""

TESTS = json.dumps(
    [
        {"id": f"tests/test_store.py::test_{number}", "outcome": "failed" if number == 4 else "passed", "message": ""}
        for number in range(1, 8)
    ]
).encode()
"""What became of the full run's tests."""

RECEIPT = seal(
    receipts.receipt(
        receipts.facts(
            phases=(
                *receipts.facts().phases,
                receipts.phase("E2E tests", Verdict.NOT_RUN, "there is no browser here", tree=""),
            )
        )
    )
)
"""Of the run that has ended."""


def digest_of(data: bytes) -> str:
    """What the blob store calls it by."""
    return hashlib.sha256(data).hexdigest()


PRD = "# Notes\n\nKeep notes in plain files.\n\n" + "".join(f"- {title}.\n" for title in TITLES)

Clock = Callable[[], datetime]


def steps(seconds: float = 1, *, begin: datetime = BEGIN) -> Clock:
    """A clock that goes on by so much whenever it is looked at."""
    return _of(begin + timedelta(seconds=seconds) * number for number in _count())


def jumps(*, begin: datetime = BEGIN) -> Clock:
    """A clock that stands still, goes on, jumps ahead by hours, days and once by years, and now and then goes back."""

    def moments() -> Iterator[datetime]:
        now = begin
        for number in _count():
            if number == 1000:
                now += timedelta(days=3650)
            elif number % 97 == 96:
                now += timedelta(days=3, hours=7)
            elif number % 53 == 52:
                now -= timedelta(hours=2)
            elif number % 13:
                now += timedelta(milliseconds=731)
            yield now

    return _of(moments())


def _of(moments: Iterator[datetime]) -> Clock:
    return lambda: next(moments)


def _count() -> Iterator[int]:
    return (number for number, _ in enumerate(repeat(None)))


@dataclass(frozen=True, slots=True)
class Within:
    """An event of one stream."""

    stream: str | None
    event: Event


# -- into journals ------------------------------------------------------------------------------


def records(events: Iterable[Event | Within], *, now: Clock | None = None) -> list[Record]:
    """Events in their places; a second apart unless a clock is given. Like a journal, never going back in time."""
    clock, latest, placed = now or steps(begin=BEGIN + timedelta(seconds=1)), BEGIN, list[Record]()
    for seq, event in enumerate(events, start=1):
        latest = max(latest, clock())
        inner = event if isinstance(event, Within) else Within(None, event)
        placed.append(Record(seq=seq, at=latest, event=inner.event, stream=inner.stream))
    return placed


@contextmanager
def at_work(
    project: Project, run: str, events: Sequence[Event | Within], *, now: Clock | None = None, batch: int = 1
) -> Iterator[SqliteJournal]:
    """A run whose engine seems to live: its lock is held by this process until the context is left.

    Args:
        project: Whose journal it goes into.
        run: Its name.
        events: So far; more can be appended to the journal that this gives.
        now: The clock; a second apart by default.
        batch: Events that share a moment and a transaction: a soak wants hundreds.
    """
    clock = now or steps(begin=BEGIN + timedelta(seconds=1))
    with EngineLock.acquire(project.state, run=run) as lock, SqliteJournal.open(lock, now=clock) as journal:
        prd = journal.put_blob(PRD.encode())
        for blob in (TESTS, RECEIPT):
            journal.put_blob(blob)
        for first in range(0, len(events), batch):
            for stream, together in groupby(events[first : first + batch], key=_stream_of):
                journal.append(*(_at_home(event, project, prd) for event in together), stream=stream)
        yield journal


def write(
    project: Project, run: str, events: Sequence[Event | Within], *, now: Clock | None = None, batch: int = 1
) -> None:
    """A run whose engine is gone; see `at_work`."""
    with at_work(project, run, events, now=now, batch=batch):
        pass


def _stream_of(event: Event | Within) -> str | None:
    return event.stream if isinstance(event, Within) else None


def _at_home(event: Event | Within, project: Project, prd: str) -> Event:
    """A run's first event, in this project and with a PRD that is there."""
    if isinstance(event, Within):
        return event.event
    if isinstance(event, ev.RunCreated):
        return event.model_copy(update={"prd": prd, "workspace": str(project.workspace)})
    return event


# -- scenes -------------------------------------------------------------------------------------


def _begun(**fields: object) -> list[Event]:
    return [created(max_iterations=12, **fields), ev.EngineStarted(pid=4711, host="here", confinement=HERE)]


def empty() -> list[Event]:
    """A run of which nothing is known yet."""
    return _begun()


def full() -> list[Event]:
    """A run in its fourth iteration: every pane has something to show, and two approvals wait."""
    worker = Worker(7)
    events = [*_begun(), ev.BranchOpened(branch="loki/r1", base="0" * 40, origin="main", dirty=("draft.md",)), plan()]
    events += [ev.RunContinued(), ev.RunContinued()]
    for number in range(1, 4):
        events += worker.iteration(number, turns=6)
        events += worker.verification(number)
        events += [sample(10 * number + step) for step in range(10)]
        if number == 2:
            events += worker.review(number, passed=True)
    events += worker.council(1, approved=False)
    events += [calibrated(1, "tests", caught=caught) for caught in (True, False, True)]
    events += [ev.Notified(about="waiting", channel="slack", ok=True, attempts=1)]
    events += [ev.Steered(note="Use the standard library alone.", by="ada"), *_judged(), *_checked()]
    events += [ev.Warned(message="The machine has 0.9 GB of memory left.")]
    events += [ev.StageEntered(stage=Stage.ITERATE)]
    events += [ev.IterationStarted(number=4, brief=Excerpt(text="Iteration 4. R4 is not met yet."))]
    for _ in range(4):
        events += worker.turn()
    events += [worker.failure()[0], *_waiting()]
    return events


def _judged() -> Iterator[Event]:
    proofs = (Proof.PROVEN, Proof.PROVEN, Proof.STALE, Proof.FAILING, Proof.UNPROVEN, Proof.PROVEN)
    for number, proof in enumerate(proofs, start=1):
        yield judged(number, proof, tree=TREE)


_RESULTS: dict[str, tuple[Verdict, str]] = {
    "regression": (Verdict.FAILED, "2 tests that passed at the base fail, 1 was taken away"),
    "security": (Verdict.FAILED, "bandit: 1 high finding"),
    "API tests": (Verdict.NOT_APPLICABLE, "there is no OpenAPI document"),
    "E2E tests": (Verdict.NOT_RUN, "there is no browser here"),
    "accessibility": (Verdict.ERROR, "the server did not answer within 30 s"),
    "test strength": (Verdict.PASSED, "all named tests fail without the product's code"),
}
"""What came of all phases but the tests."""


def _checked() -> Iterator[Event]:
    """Phases that came to every verdict there is, on the workspace as it is and as it was, one for the third time."""
    for again in (False, False, True):
        for phase, (verdict, why) in _RESULTS.items():
            if again or phase == "regression":
                fact = measured(verdict, "0" * 40 if phase == "test strength" else TREE)
                fact = fact.model_copy(update={"phase": phase, "why": why, "seconds": 4.2})
                yield secured(fact) if phase == "security" else fact
    counts = Counts(passed=39, failed=2, skipped=1)
    update = {
        "why": "2 of 42 tests fail",
        "counts": counts,
        "seconds": 4.2,
        "tests": digest_of(TESTS),
        "required": True,
    }
    yield measured(Verdict.FAILED, TREE).model_copy(update=update)
    findings = (Finding(severity="high", file="notes/store.py", line=40, message="The lock is not released."),)
    yield ev.ReviewSubmitted(
        reviewer="security", charge="how it could be abused", verdict="fail", findings=findings, base="c0", tree=TREE
    )
    yield ev.ReviewSubmitted(reviewer="design", verdict="fail", tree=TREE, void="it called no tool within 14 answers")


def _waiting() -> Iterator[Event]:
    push: JsonObject = {"command": "git push origin main --force"}
    edit: JsonObject = {"path": "notes/store.py", "old_string": "return value_0", "new_string": "return value_1"}
    change = diff("notes/store.py", hunks=3)
    yield _approval("p1", "shell", push, Risk.DESTRUCTIVE, detail=str(push["command"]))
    asked = _approval("p2", "edit_file", edit, Risk.EDIT, detail=change)
    yield asked.model_copy(update={"diff": Excerpt(text=change, size=len(change)), "pattern": "notes/**"})
    yield ev.RunWaiting(on="approval", reason="approval p1: run git push origin main --force")


def _approval(name: str, tool: str, given: JsonObject, risk: Risk, *, detail: str) -> ev.ApprovalRequested:
    return ev.ApprovalRequested(
        approval=name,
        subject="action",
        digest=name.rjust(64, "0"),
        title=f"run {detail}" if tool == "shell" else f"edit {given['path']}",
        detail=detail,
        risk=risk,
        reason="every change waits for a person",
        call=f"call_{name}",
        tool=tool,
        input=given,
        cwd="/w",
        agent="agent",
        editable=True,
    )


def paused() -> list[Event]:
    """The full run, held by a person: nothing happens, and no engine is needed for that."""
    decisions = [
        ev.ApprovalDecided(approval=name, decision="denied", by="ada", reason="Never.") for name in ("p1", "p2")
    ]
    return [*full(), *decisions, ev.RunContinued(), ev.RunPaused(by="person", reason="lunch")]


def ended(outcome: Outcome = "completed", reason: str = "all 6 requirements are proven") -> list[Event]:
    """The full run, and how it ended."""
    worker = Worker(8, first=5000)
    last = [*worker.iteration(5, turns=3), *worker.verification(5, failing=0), *worker.review(5, passed=True)]
    last += [judged(number, Proof.PROVEN, tree=f"{5:040x}") for number in range(1, len(TITLES) + 1)]
    last += [*worker.council(2, approved=True, after=5), ev.StageEntered(stage=Stage.CLOSE)]
    receipt = ev.ReceiptWritten(digest=digest_of(RECEIPT), headline="VERIFIED WITH GAPS")
    close = ev.IterationFinished(number=4, ended_by="turns", summary="Two writers no longer lose notes.", tree="4" * 40)
    return [*paused(), ev.RunContinued(), close, *last, receipt, ev.RunClosed(outcome=outcome, reason=reason)]


def budgets() -> dict[str, list[Event]]:
    """Runs by how their money stands: what is left, and what nobody knows."""
    worker = Worker(9)
    asked = worker.asked()
    answered = worker.answered(asked).model_copy(update={"cost": Decimal("2.5")})
    open_request = worker.asked().model_copy(update={"reserved": Decimal("1.25")})
    spent: list[Event] = [plan(), ev.IterationStarted(number=1, brief=Excerpt(text="Go.")), asked, answered]
    lost = ev.ModelFailed(
        request=open_request.request, fault=ModelFault.TRUNCATED, message="lost", unconfirmed=Decimal("1.25")
    )
    pause = ev.RunPaused(by="budget", reason="the next request may cost $0.46", needed=Decimal("2.96"))
    return {
        "untouched": [*_begun(), plan()],
        "some": [*_begun(), *spent],
        "reserved": [*_begun(), *spent, open_request],
        "unconfirmed": [*_begun(), *spent, open_request, lost],
        "zero": [*_begun(budget=Decimal("2.50")), *spent, pause],
        "negative": [*_begun(), *spent, ev.BudgetChanged(limit=Decimal("0.50"), by="ada"), pause],
        "tiny": [*_begun(budget=Decimal("2.5001")), *spent],
        "none": [*_begun(budget=None), *spent],
        "unpriced": [*_begun(), *spent[:-1], answered.model_copy(update={"cost": None})],
        "vast": [*_begun(budget=Decimal("1234567.89")), *spent],
    }


def stream(count: int, seed: int = 1) -> list[Event]:
    """So many events of a long run: iterations with everything that happens in runs, checks and votes between them."""

    def life() -> Iterator[Event]:
        worker = Worker(seed)
        yield from [*_begun(budget=None), plan()]
        for number, _ in enumerate(repeat(None), start=1):
            yield from worker.iteration(number, turns=40)
            yield from worker.verification(number)
            if number % 3 == 0:
                yield from worker.council(number // 3, approved=False)

    return list(islice(life(), count))
