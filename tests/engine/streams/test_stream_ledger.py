"""Neither the run's cap nor a stream's share is crossed, in whatever order streams ask, are answered and fail."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from decimal import Decimal

import pytest

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError, ModelError, ModelFault
from loki_tui.core.events import Record
from loki_tui.core.messages import TextPart, Usage
from loki_tui.core.money import ZERO
from loki_tui.core.setting_types import ModelPrice
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Purpose, Requirement
from loki_tui.engine.approvals import Approvals
from loki_tui.engine.asking import Asker, Question, ShareExhaustedError
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.context import RunContext
from loki_tui.engine.control import Control
from loki_tui.engine.places import Places
from loki_tui.engine.ports import Live, ModelAnswer, ModelRequest, OnText
from loki_tui.engine.streams.shares import KEPT_BACK, share_of
from loki_tui.engine.transcript import Transcript
from loki_tui.models.prices import GenaiPrices
from tests.support.life import created
from tests.support.memory import MemoryJournal
from tests.support.policies import ScriptedPolicy
from tests.support.scripted import FakeClock

MODEL = "scripted"
MAX_OUTPUT = 256
PRICES = GenaiPrices({MODEL: ModelPrice.model_validate({"input": 2, "output": 7})})
SETTINGS = Settings.model_validate(
    {"provider": "replay", "cassette": "/dev/null", "max_output_tokens": MAX_OUTPUT, "max_retries": 3}
)
QUESTION = Question(purpose=Purpose.WORK, model=MODEL, system="Do it.")
BATCHES = 10
SCHEDULES = 1_000
"""In each batch."""


class Chancy:
    """Answers after a while of its own, dear or cheap, or fails; implements `loki_tui.engine.ports.Model`."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance

    async def answer(self, request: ModelRequest, *, on_text: OnText) -> ModelAnswer:
        del on_text
        for _ in range(self._chance.randrange(4)):
            await asyncio.sleep(0)
        if self._chance.random() < 0.2:
            raise ModelError("no", fault=ModelFault.OVERLOADED, billable=self._chance.random() < 0.5)
        size = sum(len(message.text) for message in request.messages)
        usage = Usage(input_tokens=size, output_tokens=self._chance.choice([1, MAX_OUTPUT]))
        return ModelAnswer(parts=(TextPart(text="x" * self._chance.randrange(60)),), stop="end", usage=usage)

    async def close(self) -> None:
        """Nothing to let go of."""


class Run:
    """A run of several streams that ask, and a watch on every record."""

    def __init__(self, seed: int) -> None:
        self.chance = chance = random.Random(seed)
        journal = MemoryJournal()
        limit = Decimal(chance.randrange(5, 60)) / 1000
        self.names = [f"s{number}" for number in range(chance.randrange(2, 6))]
        journal.append(created().model_copy(update={"budget": limit}))
        journal.append(ev.RequirementsPlanned(requirements=tuple(Requirement(id=n, title=n) for n in self.names)))
        journal.append(*(ev.StreamPlanned(name=name, requirements=(name,)) for name in self.names))
        self.chronicle = chronicle = Chronicle(journal)
        self.control = Control(chronicle, redact=str, on_stop=lambda: None)
        chronicle.observe_all(self._look)
        clock = FakeClock()
        self.context = RunContext(
            chronicle=chronicle,
            control=self.control,
            settings=SETTINGS,
            prices=PRICES,
            clock=clock,
            redact=str,
            places=Places(10),
            live=Live(),
            policy=ScriptedPolicy(),
            approvals=Approvals(chronicle, self.control, clock, timeout=None, redact=str),
        )
        self.model = Chancy(chance)

    def _look(self, _record: Record) -> None:
        books = self.chronicle.run.books
        assert books.limit is not None
        assert books.committed <= books.limit
        for stream in self.chronicle.run.streams.values():
            share = stream.state.books
            assert share.limit is None or share.committed <= share.limit
        of_streams = sum((each.state.books.committed for each in self.chronicle.run.streams.values()), ZERO)
        assert of_streams == books.committed

    async def go(self) -> None:
        tasks = [asyncio.create_task(self._stream(name)) for name in self.names]
        pending = set(tasks)
        while pending and self.chronicle.run.paused_by is None:
            _, pending = await asyncio.wait(pending, timeout=0, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        for result in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError | LokiError):
                raise result

    async def _stream(self, name: str) -> None:
        run = self.chronicle.run
        share = share_of(run, run.streams[name])
        self.chronicle.note(ev.StreamStarted(name=name, branch=name, share=share))
        pen = self.chronicle.of_stream(name)
        context = replace(self.context, chronicle=pen, control=self.control.of_stream(name))
        asker = Asker(context, self.model)
        transcript = Transcript("agent", f"{name} " * 20, recall=pen.recall, load=pen.journal.get_blob)
        pen.observe(transcript.observe)
        for _ in range(self.chance.randrange(1, 6)):
            await asker.ask(QUESTION, transcript)


@pytest.mark.parametrize("batch", range(BATCHES))
async def test_neither_cap_nor_share_is_crossed_in_ten_thousand_schedules(batch: int) -> None:
    asked = 0
    for seed in range(batch * SCHEDULES, (batch + 1) * SCHEDULES):
        run = Run(seed)
        await run.go()
        asked += run.chronicle.run.requests
    assert asked > SCHEDULES


async def test_a_share_that_is_used_up_ends_a_stream_and_pauses_nothing() -> None:
    run = Run(1)
    run.chronicle.note(ev.BudgetChanged(limit=Decimal(10), by="ada"))
    run.chronicle.note(ev.StreamStarted(name="s0", branch="s0", share=Decimal("0.0001")))
    pen = run.chronicle.of_stream("s0")
    context = replace(run.context, chronicle=pen)
    transcript = Transcript("agent", "do it", recall=pen.recall, load=pen.journal.get_blob)
    with pytest.raises(ShareExhaustedError, match="its share of"):
        await Asker(context, run.model).ask(QUESTION, transcript)
    assert run.chronicle.run.paused_by is None
    assert run.chronicle.run.requests == 0


def test_shares_leave_something_for_what_follows() -> None:
    run = Run(2)
    run.chronicle.note(ev.BudgetChanged(limit=Decimal(100), by="ada"))
    given = ZERO
    for name in run.names:
        share = share_of(run.chronicle.run, run.chronicle.run.streams[name])
        assert share is not None
        run.chronicle.note(ev.StreamStarted(name=name, branch=name, share=share))
        given += share
    assert given <= 100 * (1 - KEPT_BACK)
    assert given > 100 * (1 - KEPT_BACK) - Decimal("0.01")
