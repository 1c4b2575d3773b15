"""The cap holds, whatever happens in whatever order: parallel requests, failures, crashes, new caps, pauses.

The model is a provider of the worst kind: it counts a token for every byte, bills a failure for
all that may be billed, and bills what an engine that died had in flight.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.fold import fold
from loki_tui.core.messages import Message, TextPart, ToolResult, ToolSpec, Usage
from loki_tui.core.money import ZERO
from loki_tui.core.setting_types import ModelPrice
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Confinement, Purpose
from loki_tui.engine.approvals import Approvals
from loki_tui.engine.asking import Asker, Question
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.control import Control
from loki_tui.engine.places import Places
from loki_tui.engine.ports import Live, ModelAnswer, ModelRequest, OnText
from loki_tui.engine.transcript import Transcript
from loki_tui.models.prices import GenaiPrices
from tests.support.memory import MemoryJournal
from tests.support.policies import ScriptedPolicy
from tests.support.scripted import FakeClock

MODEL = "scripted"
MAX_OUTPUT = 256
PRICES = GenaiPrices({MODEL: ModelPrice.model_validate({"input": 2, "output": 7, "cache_read": 1, "cache_write": 3})})
SETTINGS = Settings.model_validate(
    {"provider": "replay", "cassette": "/dev/null", "max_output_tokens": MAX_OUTPUT, "max_retries": 10_000}
)
QUESTION = Question(
    purpose=Purpose.DELEGATE,
    model=MODEL,
    system="Do it. 要件定義",
    tools=(ToolSpec(name="look", description="Look, 見て", schema_={"type": "object"}),),
)
FAULTS = st.sampled_from([ModelFault.OVERLOADED, ModelFault.CONNECTION, ModelFault.TRUNCATED, ModelFault.RATE_LIMITED])
TEXTS = st.text(max_size=40) | st.sampled_from(["日本語" * 50, "🚀" * 100, '"\\\n' * 80, "x" * 4000])


@dataclass(eq=False)
class InFlight:
    """A request the provider has."""

    tokens: int
    answer: asyncio.Future[ModelAnswer]

    @property
    def dearest(self) -> Usage:
        """The most that it can be billed."""
        return Usage(cache_write_tokens=self.tokens, output_tokens=MAX_OUTPUT)


class Provider:
    """Holds every request until the test decides; implements `loki_tui.engine.ports.Model`."""

    def __init__(self) -> None:
        self.pending: list[InFlight] = []
        self.received = 0
        self.billed = ZERO

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        self.received += 1
        held = InFlight(_tokens(request), asyncio.get_running_loop().create_future())
        self.pending.append(held)
        try:
            return await held.answer
        finally:
            if held in self.pending:
                self.pending.remove(held)

    async def close(self) -> None: ...

    def bill(self, usage: Usage) -> None:
        self.billed += PRICES.cost(MODEL, usage)


def _tokens(request: ModelRequest) -> int:
    """One for each byte of what is said."""
    texts = [request.system, *(tool.name + tool.description + str(tool.schema_) for tool in request.tools)]
    texts += _texts(request.messages)
    return sum(len(text.encode()) for text in texts)


def _texts(messages: Sequence[Message]) -> list[str]:
    texts = []
    for message in messages:
        for part in message.parts:
            match part:
                case TextPart():
                    texts.append(part.text)
                case ToolResult():
                    texts.append(part.content)
                case _:
                    texts.append(part.model_dump_json())
    return texts


class Ledger(RuleBasedStateMachine):
    """Random lives of one run's books."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.provider = Provider()
        self.tasks: list[asyncio.Task[None]] = []
        self.names = 0
        self.earlier_requests = 0

    @initialize(cap=st.integers(min_value=1, max_value=200))
    def begin(self, cap: int) -> None:
        self.journal = self.runner.run(self._new_journal())
        self.ceiling = Decimal(cap) / 1000
        created = ev.RunCreated(
            prd_path="prd.md",
            prd="",
            workspace="/",
            provider="scripted",
            models={},
            settings={},
            version="0",
            max_iterations=1,
            budget=self.ceiling,
        )
        self.journal.append(created)
        self._take_up()

    # -- what can happen ------------------------------------------------------------------------

    @rule(brief=TEXTS)
    def ask(self, brief: str) -> None:
        self.names += 1
        transcript = Transcript(
            f"a{self.names}", brief, recall=self.chronicle.recall, load=self.chronicle.journal.get_blob
        )
        self.chronicle.observe(transcript.observe)
        self.tasks.append(self._spawn(self._converse(transcript)))
        self._settle()

    @precondition(lambda self: self.provider.pending)
    @rule(data=st.data(), text=TEXTS, split=st.floats(0, 1), output=st.integers(0, MAX_OUTPUT))
    def answer(self, data: st.DataObject, text: str, split: float, output: int) -> None:
        held = data.draw(st.sampled_from(self.provider.pending))
        cached = int(held.tokens * split)
        usage = Usage(cache_write_tokens=held.tokens - cached, cache_read_tokens=cached, output_tokens=output)
        self.provider.bill(usage)
        said = text.encode()[:output].decode(errors="ignore")
        held.answer.set_result(ModelAnswer(parts=(TextPart(text=said),), stop="end", usage=usage))
        self._settle()

    @precondition(lambda self: self.provider.pending)
    @rule(data=st.data(), fault=FAULTS, billable=st.booleans(), reported=st.booleans())
    def fail(self, data: st.DataObject, fault: ModelFault, billable: bool, reported: bool) -> None:
        held = data.draw(st.sampled_from(self.provider.pending))
        usage = Usage(input_tokens=held.tokens) if reported else None
        if billable:
            self.provider.bill(held.dearest)
        elif usage:
            self.provider.bill(usage)
        held.answer.set_exception(ModelError("scripted", fault=fault, usage=usage, billable=billable))
        self._settle()

    @rule()
    def crash(self) -> None:
        before = self.chronicle.state.books
        for held in self.provider.pending:
            self.provider.bill(held.dearest)
        self.provider.pending = []
        abandoned, self.tasks = self.tasks, []
        self.earlier_requests += self.chronicle.state.requests - self.earlier_requests
        self.journal = self.runner.run(self._new_journal(self.journal))
        self._take_up()
        for task in abandoned:
            task.cancel()  # what they say is said to a journal that nobody reads any more
        self._settle()
        after = self.chronicle.state.books
        assert (after.spent, after.committed, after.usage) == (before.spent, before.committed, before.usage)
        assert after.reserved == {}

    @precondition(lambda self: self.tasks)
    @rule(data=st.data())
    def give_up(self, data: st.DataObject) -> None:
        """A request is broken off, as by a stop."""
        task = data.draw(st.sampled_from(self.tasks))
        pending = list(self.provider.pending)
        task.cancel()
        self._settle()
        for held in set(pending) - set(self.provider.pending):
            self.provider.bill(held.dearest)

    @rule(more=st.integers(min_value=1, max_value=500))
    def raise_the_cap(self, more: int) -> None:
        cap = self.chronicle.state.books.limit
        assert cap is not None
        self.ceiling = max(self.ceiling, cap + Decimal(more) / 1000)
        self.journal.post(rq.Resume(by="ada", budget=cap + Decimal(more) / 1000))
        self._settle()

    @rule(share=st.integers(min_value=1, max_value=100))
    def lower_the_cap(self, share: int) -> None:
        books = self.chronicle.state.books
        assert books.limit is not None
        cap = books.limit * share / 100
        self.journal.post(rq.SetBudget(by="ada", limit=cap))
        self.ceiling = max(cap, books.committed)
        self._settle()

    @rule()
    def pause(self) -> None:
        self.journal.post(rq.Pause(by="ada"))
        self._settle()

    @rule()
    def resume(self) -> None:
        self.journal.post(rq.Resume(by="ada"))
        self._settle()

    # -- what must hold -------------------------------------------------------------------------

    @invariant()
    def the_cap_holds(self) -> None:
        books = self.chronicle.state.books
        assert books.committed <= self.ceiling
        assert books.spent + books.unconfirmed <= books.committed

    @invariant()
    def what_is_sent_was_reserved(self) -> None:
        state = self.chronicle.state
        assert len(self.provider.pending) == len(state.open_requests)
        assert self.provider.received == state.requests
        assert set(state.books.reserved) == set(state.open_requests)
        worst = sorted(PRICES.cost(MODEL, held.dearest) for held in self.provider.pending)
        reserved = sorted(state.books.reserved.values())
        assert all(cost <= amount for cost, amount in zip(worst, reserved, strict=True))

    @invariant()
    def the_provider_bills_no_more_than_is_held(self) -> None:
        books = self.chronicle.state.books
        assert books.spent <= self.provider.billed <= books.spent + books.unconfirmed

    @invariant()
    def the_journal_tells_the_same(self) -> None:
        assert fold(self.journal.records(), run="r1") == self.chronicle.state

    def teardown(self) -> None:
        for task in (*self.tasks, *getattr(self, "listeners", ())):
            task.cancel()
        self._settle()
        self.runner.close()

    # -- the machinery --------------------------------------------------------------------------

    def _take_up(self) -> None:
        self.chronicle = chronicle = Chronicle(self.journal)
        control, clock = Control(chronicle, redact=str, on_stop=lambda: None), FakeClock()
        context = RunContext(
            chronicle=chronicle,
            control=control,
            settings=SETTINGS,
            prices=PRICES,
            clock=clock,
            redact=str,
            places=Places(10),
            live=Live(),
            policy=ScriptedPolicy({}),
            approvals=Approvals(chronicle, control, clock, timeout=None, redact=str),
        )
        self.asker = Asker(context, self.provider)
        chronicle.note(ev.EngineStarted(pid=1, host="here", confinement=Confinement(rung="none")))
        for listener in getattr(self, "listeners", ()):
            listener.cancel()
        self.listeners = [self._spawn(control.listen())]

    async def _new_journal(self, before: MemoryJournal | None = None) -> MemoryJournal:
        return MemoryJournal(before)

    async def _converse(self, transcript: Transcript) -> None:
        asker = self.asker
        while True:
            await asker.ask(QUESTION, transcript)

    def _spawn(self, work: object) -> asyncio.Task[None]:
        return self.runner.get_loop().create_task(work)  # type: ignore[arg-type]

    def _settle(self) -> None:
        """Let everything happen that can happen by itself."""
        self.runner.run(_idle())
        self.tasks = [task for task in self.tasks if not task.done()]


async def _idle() -> None:
    for _ in range(30):
        await asyncio.sleep(0)


TestLedger = Ledger.TestCase
TestLedger.settings = settings(max_examples=100, stateful_step_count=50)
