"""Parallel runs in events, for screens: with nothing yet, with one stream in every state, and with too many of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Clash, Excerpt, Proof, Purpose, Requirement, Risk, Stage
from tests.support.foreign import ALL, EVERY, LONG_LINE, MARKUP, SHORT
from tests.support.life import HERE, created
from tests.support.proven import judged
from tests.support.scenes import Within
from tests.support.working import Worker, plan

MANY = 50
"""Streams of the worst run."""


@dataclass(frozen=True, slots=True)
class Told:
    """A stream as its scene is made."""

    name: str
    requirements: tuple[str, ...]
    after: tuple[str, ...] = ()
    files: tuple[str, ...] = ()

    @property
    def planned(self) -> ev.StreamPlanned:
        """As the planner said it."""
        files = self.files or (f"{self.name}/**", f"tests/test_{self.name}.py")
        return ev.StreamPlanned(name=self.name, requirements=self.requirements, files=files, after=self.after)

    def started(self, share: str | None = "2.00") -> ev.StreamStarted:
        """Its beginning."""
        return ev.StreamStarted(
            name=self.name, branch=f"loki/r1-{self.name}", base="0" * 40, root=f"/s/worktrees/stream-{self.name}",
            share=None if share is None else Decimal(share), max_iterations=3,
        )  # fmt: skip

    def finished(self, outcome: str = "completed", reason: str = "all requirements are proven") -> ev.StreamFinished:
        """Its end."""
        fields = {"name": self.name, "outcome": outcome, "reason": reason, "commit": "c" * 40}
        return ev.StreamFinished.model_validate(fields)

    def integrating(self) -> ev.IntegrationStarted:
        """Its work on the way."""
        return ev.IntegrationStarted(name=self.name, commit="c" * 40, onto="d" * 40)

    def integrated(self) -> Iterator[Event]:
        """Its work, merged and tested."""
        yield self.integrating()
        yield ev.IntegrationMerged(name=self.name, commit="e" * 40)
        yield ev.IntegrationFinished(name=self.name, outcome="integrated", commit="e" * 40)
        yield ev.WorktreeRetired(name=self.name, removed=True)

    def does(self, *events: Event) -> Iterator[Within]:
        """What happens in it."""
        return within(self.name, events)


def within(name: str, events: Iterable[Event]) -> Iterator[Within]:
    """Events of a stream."""
    return (Within(name, event) for event in events)


STORE = Told("store", ("R1", "R2"))
SEARCH = Told("search", ("R3",), after=("store",))
EXPORT = Told("export", ("R5",), after=("store",))
LOCKS = Told("locks", ("R4",))
OFFLINE = Told("offline", ("R6",), after=("search", "export"))
ALL_OF_THEM = (STORE, SEARCH, EXPORT, LOCKS, OFFLINE)


def begun() -> list[Event | Within]:
    """A parallel run whose plan has just come: nothing has begun."""
    return [
        created(max_iterations=12, settings={"parallel_mode": True}),
        ev.EngineStarted(pid=4711, host="here", confinement=HERE),
        ev.BranchOpened(branch="loki/r1", base="0" * 40, origin="main"),
        plan(),
        *(told.planned for told in ALL_OF_THEM),
        ev.StageEntered(stage=Stage.ITERATE),
    ]


def abreast() -> list[Event | Within]:
    """Two streams at work, one of which asks something, one that is being integrated, one that is done, one queued."""
    one, two, three = (Worker(seed, first=1_000 * seed) for seed in (3, 4, 5))
    return [
        *begun(),
        STORE.started(),
        LOCKS.started(),
        *STORE.does(*one.iteration(1, turns=3), judged(1, Proof.PROVEN, tree="t"), judged(2, Proof.PROVEN, tree="t")),
        STORE.finished(),
        *STORE.integrated(),
        SEARCH.started("1.50"),
        EXPORT.started(None),
        *LOCKS.does(*two.iteration(1, turns=2), judged(4, Proof.PROVEN, tree="t")),
        LOCKS.finished(),
        LOCKS.integrating(),
        ev.IntegrationConflicted(
            name="locks",
            conflicts=(Clash(path="notes/store.py", kind="content"), Clash(path="a.py", kind="both_added")),
        ),
        *SEARCH.does(ev.StageEntered(stage=Stage.ITERATE), *_working(three, 1, turns=2)),
        *EXPORT.does(ev.StageEntered(stage=Stage.ITERATE), *_working(one, 1, turns=1), *asks("p1", "git push")),
        ev.ParallelWorkLimited(agents=2, of=4, over=("cpu", "rate limit")),
    ]


def _working(worker: Worker, number: int, *, turns: int) -> Iterator[Event]:
    yield ev.IterationStarted(number=number, brief=Excerpt(text=f"Iteration {number}."))
    for _ in range(turns):
        yield from worker.turn()
    yield ev.ActionStarted(
        action=f"open{number}{turns}", call="open", agent="agent", tool="shell",
        input={"command": "python3 -m pytest -q"}, risk=Risk.RUN,
    )  # fmt: skip


def asks(name: str, command: str) -> Iterator[Event]:
    """Something of a stream waits for a person."""
    yield ev.ApprovalRequested(
        approval=name, subject="action", digest=name.rjust(64, "0"), title=f"run {command}", detail=command,
        risk=Risk.NETWORK, reason="every change waits for a person", call=f"call_{name}", tool="shell",
        input={"command": command}, cwd="/s/worktrees/stream", agent="agent", editable=True,
    )  # fmt: skip
    yield ev.RunWaiting(on="approval", reason=f"approval {name}: run {command}")


# -- too much of everything ---------------------------------------------------------------------


def crowded() -> list[Event | Within]:
    """Fifty streams in every state, with names and reasons that no screen was made for."""
    crowd = [_one_of_many(number) for number in range(MANY)]
    events: list[Event | Within] = [
        created(max_iterations=10**6, budget=Decimal("0.01"), settings={"parallel_mode": True}),
        ev.EngineStarted(pid=2**31, host=SHORT, confinement=HERE),
        ev.BranchOpened(branch=f"loki/{'r' * 200}", base="0" * 40, origin=SHORT),
        ev.RequirementsPlanned(
            requirements=tuple(Requirement(id=f"R{number}", title=MARKUP) for number in range(1, MANY + 1))
        ),
        *(told.planned for told in crowd),
    ]
    for number, told in enumerate(crowd):
        events += _how_it_went(number, told)
    last = crowd[-1]
    clashes = tuple(Clash(path=text[:200], kind="content") for text in EVERY.values())
    events += [last.started(), last.finished(), last.integrating()]
    events += [ev.IntegrationConflicted(name=last.name, conflicts=clashes, handed_to="person")]
    events += [ev.ParallelWorkLimited(agents=1, of=10**6, over=(SHORT, MARKUP, LONG_LINE))]
    return events


def _one_of_many(number: int) -> Told:
    name = f"{'very-' * (number % 9)}long-name-of-stream-{number}" if number % 7 else f"{SHORT}{number}"
    before = (f"{'very-' * ((number - 1) % 9)}long-name-of-stream-{number - 1}",) if (number - 1) % 7 else ()
    return Told(name, (f"R{number + 1}",), after=before if number % 5 else (), files=(LONG_LINE[:4_000], SHORT))


def _how_it_went(number: int, told: Told) -> Iterator[Event | Within]:
    """Every way there is, by turns; the first few are left in the queue."""
    asked = ev.ModelRequested(
        request=f"m{number}", purpose=Purpose.WORK, agent="agent", model=SHORT, reserved=Decimal("0.0000001")
    )
    working = ev.ActionStarted(
        action=f"a{number}", call=f"c{number}", agent="agent", tool="shell", input={"command": ALL}, risk=Risk.RUN
    )
    match number % 8:
        case 0:
            pass
        case 1:
            yield told.started("0.0000001")
            yield from told.does(ev.IterationStarted(number=1, brief=Excerpt(text=ALL)), asked, working)
        case 2:
            yield told.started()
            yield from told.does(ev.RunPaused(by="person", reason=ALL))
        case 3:
            yield told.started(None)
            yield from told.does(ev.RunStopping(reason=MARKUP))
        case 4:
            yield told.started("99999999.99")
            yield told.finished("failed", reason=ALL)
        case 5:
            yield told.started()
            yield told.finished()
        case 6:
            yield told.started()
            yield told.finished()
            yield from told.integrated()
        case _:
            yield told.started()
            yield told.finished()
            yield ev.IntegrationFinished(name=told.name, outcome="left_out", reason=LONG_LINE)
            yield ev.WorktreeRetired(name=told.name, removed=False, quarantine=f"refs/loki/{SHORT}", why=MARKUP)
