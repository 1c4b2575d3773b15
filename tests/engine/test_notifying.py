"""People who are elsewhere are told once of what matters, and a channel that fails harms nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.messages import TextPart, Usage
from loki_tui.core.notices import Delivery, Notice
from loki_tui.core.vocabulary import Purpose, Risk
from loki_tui.engine.chronicle import Chronicle
from loki_tui.engine.engine import Engine
from loki_tui.engine.notifying import ATTEMPTS, QUEUE, Herald
from loki_tui.engine.telling import NotDeliveredError
from tests.support.life import created
from tests.support.memory import MemoryJournal
from tests.support.runs import make_bench
from tests.support.scripted import FakeClock, ScriptedModel, finishes


class Post:
    """Carries notices, or does not, as a test says. Implements `loki_tui.engine.telling.Messenger`."""

    def __init__(self, *channels: str) -> None:
        self.channels = channels or ("hook",)
        self.sent: list[tuple[str, Notice]] = []
        self.kept: list[Delivery] = []
        self.fails: Callable[[str], NotDeliveredError | None] = lambda _: None
        self.hold = asyncio.Event()
        self.hold.set()
        self.closed = False

    async def send(self, channel: str, notice: Notice) -> None:
        self.sent.append((channel, notice))
        await self.hold.wait()
        if error := self.fails(channel):
            raise error

    def remember(self, delivery: Delivery) -> None:
        self.kept.append(delivery)

    async def close(self) -> None:
        self.closed = True

    @property
    def told(self) -> list[str]:
        return [notice.about for _, notice in self.sent]


class Bench:
    def __init__(self, post: Post, *events: ev.Event) -> None:
        self.post, self.clock, self.journal = post, FakeClock(), MemoryJournal()
        self.journal.append(created(budget=Decimal(10)), *events)
        self.chronicle = Chronicle(self.journal)
        self.herald = Herald(self.chronicle, post, self.clock, redact=lambda text: text.replace("hunter2", "***"))

    def note(self, *events: ev.Event) -> None:
        self.chronicle.note(*events)

    async def until(self, condition: Callable[[], object]) -> None:
        async with asyncio.timeout(10):
            while not condition():
                await self.clock.sleep(1)


@asynccontextmanager
async def bench(post: Post | None = None, *events: ev.Event) -> AsyncIterator[Bench]:
    here = Bench(post or Post(), *events)
    yield here
    await here.herald.finish()
    assert here.post.closed


def costs(dollars: str, *, request: str = "m1") -> tuple[ev.Event, ...]:
    asked = ev.ModelRequested(
        request=request, purpose=Purpose.WORK, agent="agent", model="m", reserved=Decimal(dollars)
    )
    answered = ev.ModelAnswered(
        request=request, parts=(TextPart(text="x"),), stop="end", usage=Usage(), cost=Decimal(dollars), seconds=1
    )
    return asked, answered


def asked(name: str, title: str = "run make") -> ev.ApprovalRequested:
    return ev.ApprovalRequested(
        approval=name,
        subject="action",
        digest=name,
        title=title,
        detail=title,
        risk=Risk.RUN,
        reason="staged",
        call=name,
    )


async def test_what_matters_is_told() -> None:
    async with bench() as here:
        here.note(*costs("7"))
        here.note(*costs("1.5", request="m2"))
        here.note(*costs("0.1", request="m3"))
        here.note(ev.RunPaused(by="budget", reason="no money"), ev.RunContinued())
        here.note(ev.RunPaused(by="person", reason="lunch"), ev.RunContinued())
        here.note(asked("p1"), asked("p2"))
        here.note(ev.RunClosed(outcome="completed", reason="approved"))
        await here.until(lambda: len(here.post.kept) == 4)
        assert here.post.told == ["budget_warning", "budget_reached", "waiting", "completed"]
        (_, first), *_, (_, last) = here.post.sent
        assert (first.spent, first.limit) == ("$8.50", "$10.00")
        assert "completed and verified" in last.title


async def test_a_person_is_told_which_stream_asks_and_that_an_integration_needs_them() -> None:
    async with bench() as here:
        here.chronicle.note(ev.StreamPlanned(name="export", requirements=("R1",)))
        here.chronicle.of_stream("export").note(asked("p1", "run git push"))
        here.note(ev.RunPaused(by="integration", reason="stream export conflicts in a.py"))
        await here.until(lambda: len(here.post.sent) == 2)
        assert here.post.told == ["waiting", "waiting"]
        (_, first), (_, second) = here.post.sent
        assert "stream export asks: run git push" in first.text
        assert "stream export conflicts in a.py" in second.text


async def test_budgets_are_warned_of_once_each_also_by_the_engine_that_takes_a_run_up() -> None:
    async with bench(None, *costs("9")) as here:
        here.note(*costs("0.1", request="m2"))
        here.note(ev.BudgetChanged(limit=Decimal(100), by="ada"))
        assert here.post.told == []
        here.note(*costs("80", request="m3"))
        await here.until(lambda: here.post.told == ["budget_warning"])


async def test_ends_are_told_apart() -> None:
    for outcome, told in (("exhausted", ["failed"]), ("failed", ["failed"]), ("stopped", [])):
        async with bench() as here:
            here.note(ev.RunClosed(outcome=outcome, reason="so"))
            await here.herald.finish()
            assert here.post.told == told
    async with bench() as here:
        here.note(ev.EngineFailed(error="Bug: one"))
        await here.until(lambda: here.post.told == ["failed"])


async def test_only_a_long_wait_for_the_provider_is_worth_telling() -> None:
    async with bench() as here:
        now = here.clock.now()
        here.note(ev.RunWaiting(on="provider", reason="down", until=now + timedelta(seconds=20)))
        here.note(ev.RunWaiting(on="rate_limit", reason="limit", until=now + timedelta(hours=1)))
        await here.until(lambda: here.post.kept)
        assert [notice.title.rpartition(" waits")[2] for _, notice in here.post.sent] == [" for the provider"]


async def test_secrets_and_signs_are_taken_out() -> None:
    async with bench() as here:
        here.note(asked("p1", "curl -u me:hunter2\n\x1b[31mx " + "y" * 2000))
        await here.until(lambda: here.post.kept)
        ((_, notice),) = here.post.sent
        assert "hunter2" not in notice.text
        assert "\x1b" not in notice.text
        assert len(notice.text) <= 600


async def test_a_failure_is_tried_again_then_given_up_and_seen() -> None:
    post = Post("bad", "good")
    post.fails = lambda channel: NotDeliveredError("HTTP 500", again=True) if channel == "bad" else None
    async with bench(post) as here:
        here.note(asked("p1"))
        await here.until(lambda: len(post.kept) == 2)
        assert [(each.channel, each.ok, each.attempts) for each in post.kept] == [
            ("good", True, 1),
            ("bad", False, ATTEMPTS),
        ]
        assert here.chronicle.state.warnings[-1] == "bad was not told (waiting): HTTP 500"
        assert [record.event.ok for record in here.journal.records() if isinstance(record.event, ev.Notified)] == [
            True,
            False,
        ]


async def test_a_refusal_is_not_tried_again_and_a_wait_that_is_asked_for_is_kept() -> None:
    post = Post()
    errors = [NotDeliveredError("HTTP 429", again=True, after=9.0), NotDeliveredError("HTTP 404", again=False)]
    post.fails = lambda _: errors.pop(0)
    async with bench(post) as here:
        begun = here.clock.now()
        here.note(asked("p1"))
        await here.until(lambda: post.kept)
        assert (post.kept[0].attempts, post.kept[0].error) == (2, "HTTP 404")
        assert here.clock.now() - begun >= timedelta(seconds=9)


async def test_a_channel_that_hangs_keeps_few_notices_and_is_not_waited_for_at_the_end() -> None:
    post = Post()
    post.hold.clear()
    async with bench(post) as here:
        here.note(asked("p1"))
        await here.until(lambda: post.sent)
        for number in range(QUEUE + 3):
            here.note(ev.RunPaused(by="resources", reason=str(number)), ev.RunContinued())
        assert [each.error for each in post.kept] == ["too many notices wait for this channel"] * 3
        herald = asyncio.create_task(here.herald.finish())
        herald.add_done_callback(lambda _: None)
        async with asyncio.timeout(30):
            await herald
        assert len(post.kept) == QUEUE + 4
        assert not any(each.ok for each in post.kept)


async def test_an_engine_tells_its_end_and_ends_although_nobody_can_be_told(tmp_path: Path) -> None:
    runs = make_bench(tmp_path, ScriptedModel(finishes(claims_done=False)), max_iterations=1)
    post = Post("good", "bad")
    post.fails = lambda channel: NotDeliveredError("HTTP 410", again=False) if channel == "bad" else None
    async with runs.engine():
        assert runs.world is not None
        assert await Engine(replace(runs.world, messenger=post), runs.settings).run() == "exhausted"
    assert runs.kinds()[-1] == "run_closed"
    assert {(each.channel, each.about, each.ok) for each in post.kept} == {
        ("good", "failed", True),
        ("bad", "failed", False),
    }
