"""Whether a run converges: what each iteration changed and proved, what failed again and again, and what it cost.

Pure over a run's records. What changed is told by the trees of checkpoints, which hold commits, staged and
untracked files alike; what was proven by the engine's own judgement; nothing is taken from what an agent says.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.core.money import ZERO
from loki_tui.core.vocabulary import Proof, Verdict

KINDS = frozenset(
    {
        "requirements_planned",
        "requirement_judged",
        "iteration_started",
        "iteration_finished",
        "checkpoint_taken",
        "checkpoint_restored",
        "phase_finished",
    }
)
"""Kinds of events that tell of it; others need not be read."""

KEPT = 1_000
"""Iterations that are remembered one by one: the latest."""

_REPEATS = 3
"""So many times in a row the same failure is worth a word."""


@dataclass(frozen=True, slots=True)
class Progress:
    """What one iteration came to."""

    number: int
    finished: bool = False
    claimed: bool = False
    """Whether its agent said that everything is done."""
    tree: str = ""
    changed: int = 0
    """Paths that its checkpoint changed: commits, staged and untracked files alike."""
    unchanged: int = 0
    """How many iterations in a row, this one included, left the tree as it was."""
    proven: int = 0
    """Requirements that are proven on the work it left."""
    newly: tuple[str, ...] = ()
    """Requirements that were proven for the first time."""
    lost: tuple[str, ...] = ()
    """Requirements that were proven after the iteration before, and are not any more."""
    unproductive: int = 0
    """How many iterations in a row, this one included, proved no more than had been proven at once before."""
    failing: tuple[tuple[str, int], ...] = ()
    """Phases that are red, with how many times in a row each has failed in the same way."""
    spent: Decimal = ZERO
    """On its agents' work; without planning, reviews and votes."""

    @property
    def cost_per_proven(self) -> Decimal | None:
        """Of each newly proven requirement; none where there is none."""
        return self.spent / len(self.newly) if self.newly else None


@dataclass(slots=True)
class _Repeat:
    """How a phase ended last, and how often in a row."""

    verdict: Verdict
    why: str
    times: int

    @property
    def red(self) -> bool:
        return self.verdict in {Verdict.FAILED, Verdict.ERROR}


@dataclass(slots=True)
class Convergence:
    """A run's way so far. Bounded by the number of requirements, of phases, and of iterations kept."""

    requirements: int = 0
    finished: int = 0
    """Iterations that are over, also those that are not remembered any more."""
    spent: Decimal = ZERO
    """By all of these."""
    rows: deque[Progress] = field(default_factory=lambda: deque(maxlen=KEPT))
    """The latest iterations, oldest first; the last one may be under way."""
    _proofs: dict[str, Proof] = field(default_factory=dict)
    _proven_on: dict[str, str] = field(default_factory=dict)
    _ever: set[str] = field(default_factory=set)
    _before: frozenset[str] = frozenset()
    """What was proven after the iteration before."""
    _most: int = 0
    _settled: str = ""
    _unchanged: int = 0
    _unproductive: int = 0
    _phases: dict[str, _Repeat] = field(default_factory=dict)

    def take(self, record: Record) -> None:
        """Take in an event; what is of other kinds changes nothing."""
        match record.event:
            case ev.RequirementsPlanned() as planned:
                self.requirements = len(planned.requirements)
                self._proofs = dict.fromkeys((each.id for each in planned.requirements), Proof.UNPROVEN)
            case ev.RequirementJudged() as judged:
                self._judge(judged)
            case ev.IterationStarted(number=number):
                self._before = self.proven
                self.rows.append(Progress(number, proven=len(self.proven), failing=self._failing()))
            case ev.IterationFinished() as finished:
                self._finish(finished)
            case ev.CheckpointTaken(tree=tree) | ev.CheckpointRestored(tree=tree):
                self._be_at(tree)
            case ev.PhaseFinished() as phase:
                self._measure(phase)
            case _:
                pass

    @property
    def proven(self) -> frozenset[str]:
        """Ids of the requirements that are proven on the work as it is."""
        return frozenset(name for name, proof in self._proofs.items() if proof is Proof.PROVEN)

    @property
    def ever_proven(self) -> int:
        """How many requirements were proven at some time."""
        return len(self._ever)

    @property
    def last(self) -> Progress | None:
        """The latest iteration that is over."""
        return next((row for row in reversed(self.rows) if row.finished), None)

    def _judge(self, judged: ev.RequirementJudged) -> None:
        self._proofs[judged.id] = judged.proof
        if judged.proof is not Proof.PROVEN:
            self._renew()
            return
        self._proven_on[judged.id] = judged.tree
        first = judged.id not in self._ever
        self._ever.add(judged.id)
        if len(self.proven) > self._most:
            self._most, self._unproductive = len(self.proven), 0
        self._renew(newly=(judged.id,) if first else ())

    def _finish(self, finished: ev.IterationFinished) -> None:
        self._unchanged = self._unchanged + 1 if finished.tree == self._settled else 0
        self._settled = finished.tree
        self._unproductive += 1
        self.finished += 1
        self.spent += finished.spent
        if not self.rows or self.rows[-1].number != finished.number:
            self.rows.append(Progress(finished.number))
        self.rows[-1] = replace(
            self.rows[-1],
            finished=True,
            claimed=finished.claims_done,
            tree=finished.tree,
            # Trees stand above what was counted: a checkpoint in between may have had the change.
            changed=finished.changed if finished.changed or not self._unchanged else 0,
            unchanged=self._unchanged,
            spent=finished.spent,
        )
        self._renew()

    def _be_at(self, tree: str) -> None:
        if not self._settled:  # the first checkpoint: what the iterations begin with
            self._settled = tree
        for name, proof in self._proofs.items():
            if proof is Proof.PROVEN and self._proven_on.get(name) != tree:
                self._proofs[name] = Proof.STALE
        self._renew()

    def _measure(self, phase: ev.PhaseFinished) -> None:
        before = self._phases.get(phase.phase)
        again = before is not None and (before.verdict, before.why) == (phase.verdict, phase.why)
        self._phases[phase.phase] = _Repeat(phase.verdict, phase.why, before.times + 1 if before and again else 1)
        self._renew()

    def _failing(self) -> tuple[tuple[str, int], ...]:
        return tuple((name, phase.times) for name, phase in self._phases.items() if phase.red)

    def _renew(self, *, newly: tuple[str, ...] = ()) -> None:
        """Bring the row of the latest iteration up to date: what is measured after it is its own."""
        if not self.rows:
            return
        row, proven = self.rows[-1], self.proven
        self.rows[-1] = replace(
            row,
            proven=len(proven),
            newly=(*row.newly, *newly),
            lost=tuple(sorted(self._before - proven)) if row.finished else (),
            unproductive=self._unproductive if row.finished else 0,
            failing=self._failing(),
        )


def converge(records: Iterable[Record]) -> Convergence:
    """The way of a run, from its records of `KINDS`, in order."""
    found = Convergence()
    for record in records:
        if record.stream is not None:
            continue  # each stream has a way of its own
        found.take(record)
    return found


def in_a_sentence(found: Convergence, *, limit: int) -> str:
    """What a run's way so far means, in plain words.

    Args:
        found: The way.
        limit: Iterations without change that end the run: the setting `LOKI_COUNCIL_STAGNATION_LIMIT`.
    """
    last, proven, every = found.last, len(found.proven), found.requirements
    if last is None:
        return "No iteration is over yet, so nothing can be said."
    score = f"{proven:,} of {every:,} requirements {'is' if proven == 1 else 'are'} proven"
    worst, times = max(last.failing, key=lambda failing: failing[1], default=("", 0))
    again = f"; {worst} has failed in the same way {times} times in a row" if times >= _REPEATS else ""
    if every and proven == every:
        return f"It has converged: all {every:,} requirements are proven on the work as it is{again}."
    if last.unchanged:
        return (
            f"It stands still: {_iterations(last.unchanged)} in a row changed nothing, and {score}{again}. "
            f"After {limit:,} a run ends as stagnated."
        )
    if last.unproductive >= limit:
        return (
            f"It moves without getting anywhere: {_iterations(last.unproductive)} in a row changed files and proved "
            f"nothing new; {score}{again}. After {2 * limit:,} a run ends as stagnated."
        )
    if last.lost:
        return f"It has gone back: {', '.join(last.lost)} was proven before and is not any more; {score}{again}."
    if last.newly:
        return f"It converges: {score}, {len(last.newly):,} of them newly in the last iteration{again}."
    if last.unproductive:
        return f"It works on: {_iterations(last.unproductive)} since the last one that proved more; {score}{again}."
    return f"It converges: {score}{again}."


def _iterations(count: int) -> str:
    return "1 iteration" if count == 1 else f"{count:,} iterations"
