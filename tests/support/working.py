"""Work as a run would do it, in events: turns, actions, iterations, checks and votes, the same for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal
from random import Random

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelFault
from loki_tui.core.events import Event
from loki_tui.core.messages import JsonObject, TextPart, ToolCall, Usage
from loki_tui.core.vocabulary import (
    Counts,
    Excerpt,
    Proof,
    ProofClaim,
    Purpose,
    Requirement,
    Risk,
    Sample,
    Stage,
    Verdict,
)
from tests.support.foreign import diff
from tests.support.proven import FOUND, MEMBERS, calibrated, judged, secured, shown_by

MODEL = "claude-sonnet-5-5"

TITLES = (
    "A note has a title and a body",
    "Notes are kept in plain files, one a topic",
    "Search finds a word in every note",
    "Two programs may write at the same time",
    "A note can be exported as HTML",
    "Everything works without a network",
)

FILES = ("notes/store.py", "notes/search.py", "notes/cli.py", "notes/export.py", "tests/test_store.py", "README.md")

PHASES: tuple[tuple[str, str, bool], ...] = (
    ("unit tests", "python3 -m pytest -q --junit-xml=/tmp/report.xml", True),
    ("regression", "python3 -m pytest -q --junit-xml=/tmp/report.xml", False),
    ("security", "", False),
    ("E2E tests", "npx playwright test --reporter=json", False),
)
"""Name, command, and whether completion depends on it."""

_THOUGHTS = (
    "The store writes in place, so a reader could see half a note. I write a temporary file and rename it.",
    "Two tests fail for the same reason: the index is not rebuilt after a rename.",
    "That was the last failing test. I look once more at what the PRD says about the title.",
    "Search is slow because every file is read each time; an index of words helps.",
)

_OUTPUT = "notes/store.py:{0}: collected {1} items in tests/test_store.py, {1} passed in 0.{0:02}s\n"


def plan(count: int = len(TITLES)) -> ev.RequirementsPlanned:
    """A plan of as many requirements."""
    return ev.RequirementsPlanned(
        requirements=tuple(
            Requirement(
                id=f"R{number}",
                title=TITLES[(number - 1) % len(TITLES)],
                criteria=(f"a test shows it for case {number}", "the README says how"),
            )
            for number in range(1, count + 1)
        )
    )


def sample(number: int) -> ev.ResourcesSampled:
    """Resources that go up and down; every sixteenth time above what is allowed."""
    busy = (number * 37 % 61) + (40 if number % 16 == 15 else 0)
    reading = Sample(
        cpu_percent=float(busy),
        memory_percent=30.0 + number % 20,
        run_cpu_percent=busy * 1.7,
        run_rss_bytes=(180 + number * 13 % 400) * 1_000_000,
    )
    return ev.ResourcesSampled(sample=reading, over=("cpu",) if busy > 90 else ())


class Worker:
    """An agent and its engine at work.

    Args:
        seed: The same work for the same seed.
        first: Number that the names of requests, actions and approvals begin with.
        prefix: What else is in these names; tells several workers on one run apart.
    """

    def __init__(self, seed: int = 1, *, first: int = 1, prefix: str = "") -> None:
        self._random = Random(seed)
        self._number = first
        self._prefix = prefix

    def _name(self, kind: str) -> str:
        self._number += 1
        return f"{self._prefix}{kind}{self._number}"

    def asked(self, purpose: Purpose = Purpose.WORK, agent: str = "agent") -> ev.ModelRequested:
        """A request goes out."""
        return ev.ModelRequested(
            request=self._name("m"), purpose=purpose, agent=agent, model=MODEL, reserved=Decimal("0.4521")
        )

    def answered(self, asked: ev.ModelRequested, *calls: ToolCall, text: str = "") -> ev.ModelAnswered:
        """And is answered."""
        chance = self._random
        return ev.ModelAnswered(
            request=asked.request,
            parts=(TextPart(text=text or chance.choice(_THOUGHTS)), *calls),
            stop="tool_use" if calls else "end",
            usage=Usage(
                input_tokens=chance.randrange(40, 900),
                output_tokens=chance.randrange(50, 1500),
                cache_read_tokens=chance.randrange(5_000, 90_000),
                cache_write_tokens=chance.randrange(500, 4_000),
            ),
            cost=Decimal(chance.randrange(40, 900)) / 10_000,
            seconds=chance.uniform(0.8, 14),
        )

    def turn(self, agent: str = "agent") -> list[Event]:
        """One request and its tool calls: four to eight events."""
        chance = self._random
        asked = self.asked(Purpose.WORK if agent == "agent" else Purpose.DELEGATE, agent)
        calls = [self._call() for _ in range(chance.choice((1, 1, 2, 3)))]
        events: list[Event] = [asked, self.answered(asked, *calls)]
        for call in calls:
            events += self.action(call, agent)
        return events

    def _call(self) -> ToolCall:
        chance, path = self._random, self._random.choice(FILES)
        made: list[Callable[[], tuple[str, JsonObject]]] = [
            lambda: ("shell", {"command": f"python3 -m pytest -q tests -k '{path.partition('/')[2]}' 2>&1 | tail -20"}),
            lambda: ("edit_file", {"path": path, "old_string": "return 0", "new_string": "return 1"}),
            lambda: ("read_file", {"path": path, "offset": 1, "limit": 200}),
            lambda: ("search_files", {"pattern": r"def \w+", "glob": "**/*.py"}),
            lambda: ("write_file", {"path": path, "content": "def kept() -> int:\n    return 1\n"}),
        ]
        name, given = chance.choice(made)()
        return ToolCall(id=self._name("call_"), name=name, input=given)

    def action(self, call: ToolCall, agent: str = "agent") -> tuple[Event, Event]:
        """A call is carried out; one in twelve goes wrong."""
        chance, name = self._random, self._name("a")
        shell, edits = call.name == "shell", call.name in {"edit_file", "write_file"}
        ok = chance.random() > 1 / 12
        text = "".join(_OUTPUT.format(chance.randrange(1, 99), chance.randrange(3, 80)) for _ in range(6))
        begun = ev.ActionStarted(
            action=name,
            call=call.id,
            agent=agent,
            tool=call.name,
            input=call.input,
            risk=Risk.RUN if shell else Risk.EDIT if edits else Risk.READ,
        )
        return begun, ev.ActionFinished(
            action=name,
            call=call.id,
            output=Excerpt(text=text, size=len(text)),
            ok=ok,
            exit_code=(0 if ok else 1) if shell else None,
            seconds=chance.uniform(0.01, 9),
            diff=Excerpt(text=diff(str(call.input["path"]), hunks=1, lines=4)) if edits else None,
        )

    def failure(self) -> list[Event]:
        """A request that fails, and a wait until it is tried again."""
        asked = self.asked()
        fault = self._random.choice((ModelFault.OVERLOADED, ModelFault.CONNECTION, ModelFault.RATE_LIMITED))
        failed = ev.ModelFailed(
            request=asked.request, fault=fault, message=f"The provider answers: {fault}.", unconfirmed=Decimal("0.0125")
        )
        return [asked, failed, ev.RunWaiting(on="provider", reason="the provider is busy"), ev.RunContinued()]

    def approval(self) -> list[Event]:
        """An action that waits for a person, and is allowed or not."""
        chance, call = self._random, self._call()
        name = self._name("p")
        request = ev.ApprovalRequested(
            approval=name,
            subject="action",
            digest=name.rjust(64, "0"),
            title=f"{call.name}: {next(iter(call.input.values()))}",
            detail="\n".join(f"{key}: {value}" for key, value in call.input.items()),
            risk=chance.choice(list(Risk)),
            reason="every change waits for a person",
            call=call.id,
            tool=call.name,
            input=call.input,
            cwd="/w",
            agent="agent",
        )
        decided = ev.ApprovalDecided(approval=name, decision=chance.choice(("approved", "denied")), by="ada")
        begun: list[Event] = [request, ev.RunWaiting(on="approval", reason=f"approval {name}")]
        return [*begun, decided, ev.RunContinued(), *self.action(call)]

    def delegation(self) -> list[Event]:
        """Two sub-agents, at the same time."""
        agents = [self._name("agent/s") for _ in range(2)]
        begun: list[Event] = [
            ev.DelegateStarted(agent=agent, call=self._name("call_"), role="tester", brief=Excerpt(text="Test it."))
            for agent in agents
        ]
        turns = [event for agent in agents for event in self.turn(agent)]
        ended = [ev.DelegateFinished(agent=agent, report=Excerpt(text="Tested; two bugs.")) for agent in agents]
        return [*begun, *turns, *ended]

    def iteration(self, number: int, *, turns: int) -> Iterator[Event]:
        """A stretch of work with what happens in between."""
        chance = self._random
        rare: list[Callable[[], list[Event]]] = [
            self.failure,
            self.approval,
            self.delegation,
            lambda: [ev.Warned(message=f"The context is {chance.randrange(60, 95)} % full.")],
            lambda: [ev.Steered(note="Keep it simple.", by="ada")],
            lambda: [ev.ContextCompacted(agent="agent", summary=Excerpt(text="So far."), tokens_before=150_000)],
            lambda: [sample(chance.randrange(1_000))],
        ]
        yield ev.StageEntered(stage=Stage.ITERATE)
        yield ev.IterationStarted(number=number, brief=Excerpt(text=f"Iteration {number}. What is left: …"))
        for _ in range(turns):
            yield from self.turn()
            if chance.random() < 0.15:
                yield from chance.choice(rare)()
        tree = f"{number:040x}"
        yield ev.CheckpointTaken(
            checkpoint=f"c{number}",
            tree=tree,
            label=f"iteration {number}",
            iteration=number,
            files=12 + number,
            changed=chance.randrange(1, 9),
        )
        yield ev.IterationFinished(
            number=number,
            ended_by=chance.choice(("agent", "agent", "agent", "turns")),
            summary=f"Made requirement R{1 + number % len(TITLES)} work, with tests.",
            claims_done=number % 3 == 0,
            handover="The store is done; search is next.",
            tree=tree,
            turns=turns,
            actions=2 * turns,
            spent=Decimal(turns * 380) / 10_000,
            changed=number % 8,
            proofs=(
                ProofClaim(requirement=f"R{1 + number % len(TITLES)}", tests=(shown_by(1 + number % len(TITLES)),)),
            ),
        )

    def verification(self, number: int, *, requirements: int = len(TITLES), failing: float = 0.25) -> Iterator[Event]:
        """What is measured after an iteration, of which so much fails, and what that proves."""
        chance, checkpoint, tree = self._random, f"c{number}", f"{number:040x}"
        yield ev.StageEntered(stage=Stage.VERIFY)
        for phase, command, required in PHASES:
            passed = chance.random() >= failing
            yield ev.PhaseStarted(phase=phase, checkpoint=checkpoint)
            finished = ev.PhaseFinished(
                phase=phase,
                verdict=Verdict.PASSED if passed else Verdict.FAILED,
                why="41 tests pass" if passed else "2 of 41 tests fail",
                checkpoint=checkpoint,
                tree=tree,
                command=command,
                exit_code=0 if passed else 1,
                counts=Counts(passed=41 if passed else 39, failed=0 if passed else 2),
                output=Excerpt(text="." * 41 + "\n"),
                seconds=chance.uniform(0.5, 30),
                required=required,
            )
            yield secured(finished) if phase == "security" else finished
        yield judged(chance.randrange(1, requirements + 1), chance.choice(list(Proof)), tree=tree)
        yield ev.WorkCommitted(branch="loki/r1", commit=f"{number:040x}", subject=f"Iteration {number}")

    def council(self, sitting: int, *, approved: bool, after: int | None = None) -> Iterator[Event]:
        """A sitting of three, after an iteration."""
        iteration = 3 * sitting if after is None else after
        tree = f"{iteration:040x}"
        yield ev.StageEntered(stage=Stage.DECIDE)
        yield ev.CouncilConvened(
            sitting=sitting,
            reason=f"iteration {iteration} claims completion, and the facts bear it out",
            members=tuple(member for member, _ in MEMBERS),
            trigger="claim",
            iteration=iteration,
            tree=tree,
        )
        for member, charge in MEMBERS:
            asked = self.asked(Purpose.VOTE, member)
            yield asked
            yield self.answered(asked)
            approves = approved or member == "tests"
            yield ev.VoteCast(
                sitting=sitting,
                member=member,
                charge=charge,
                verdict="approve" if approves else "reject",
                reasons=("Every requirement has a test that passes.",) if approves else ("R4 is not shown by a test.",),
                unmet=() if approves else ("R4",),
                evidence=("tests/test_store.py::test_two_writers",),
            )
        approving = 3 if approved else 1
        yield ev.CouncilDecided(
            sitting=sitting,
            approved=approved,
            reason=f"{approving} of 3 approve, 2 needed",
            tree=tree,
            approving=approving,
            needed=2,
        )
        if sitting % 2:
            yield calibrated(sitting, MEMBERS[sitting % 3][0], caught=approved)

    def review(self, number: int, *, passed: bool) -> Iterator[Event]:
        """Three reviewers read what was changed."""
        checkpoint, tree = f"c{number}", f"{number:040x}"
        yield ev.PhaseStarted(phase="code review", checkpoint=checkpoint)
        for reviewer, charge in (
            ("correctness", "whether it does what it should"),
            ("security", "how it could be abused"),
            ("design", "whether it can be maintained"),
        ):
            asked = self.asked(Purpose.REVIEW, reviewer)
            yield asked
            yield self.answered(asked)
            fails = not passed and reviewer == "security"
            yield ev.ReviewSubmitted(
                reviewer=reviewer,
                charge=charge,
                verdict="fail" if fails else "pass",
                findings=FOUND if fails else FOUND[1:] if reviewer == "correctness" else (),
                base="c0",
                tree=tree,
            )
        yield ev.PhaseFinished(
            phase="code review",
            verdict=Verdict.PASSED if passed else Verdict.FAILED,
            why="3 of 3 reviewers pass it" if passed else "security found 1 high finding",
            checkpoint=checkpoint,
            tree=tree,
            findings=() if passed else FOUND[:1],
            base="c0",
            seconds=41,
        )
