"""A person's requests over a connection of their own: they take hold within a second, whatever goes on."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import ModelFault
from loki_tui.core.events import Event
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Status
from loki_tui.engine.prompts import steering
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from tests.support.processes import PATIENCE_SECONDS, await_none_in, processes_in
from tests.support.runs import Bench, make_bench
from tests.support.scripted import FakeClock, Held, ScriptedModel, call, fails, finishes, says

PROMPTLY = timedelta(seconds=1)
COUNT = "while :; do echo >> count; sleep 0.02; done"
"""A command that is never done."""


class StoppedClock(FakeClock):
    """Time in which every wait lasts for ever."""

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await asyncio.Event().wait()


async def promptly(bench: Bench, request: rq.Request, *, kind: type[Event]) -> None:
    """Post a request, and see that what it brings about is recorded in time."""
    posted = datetime.now(UTC)
    before = len(bench.of(kind))
    bench.post(request)
    await bench.until(lambda _: len(bench.of(kind)) > before)
    with bench.around.project.reader() as reader:
        happened = [record.at for record in reader.records(bench.run) if isinstance(record.event, kind)]
    assert happened[before] - posted < PROMPTLY


def paused(state: RunState) -> bool:
    return state.status is Status.PAUSED


def acting(state: RunState) -> bool:
    return bool(state.in_flight)


def asking(state: RunState) -> bool:
    return bool(state.open_requests) and state.iterations_begun > 0


async def counting(bench: Bench) -> Path:
    """The file that the command writes to, once it does."""
    await bench.until(acting)
    count = bench.workspace / "count"
    await eventually(count.exists, seconds=10)
    return count


# -- during a model call ------------------------------------------------------------------------


async def test_a_pause_during_a_model_call_keeps_its_answer_and_starts_nothing(tmp_path: Path) -> None:
    held = Held(says(call("shell", command="echo 1 > made")))
    bench = make_bench(tmp_path, ScriptedModel(held, finishes()))
    async with bench.going() as run:
        await held.begun.wait()
        await promptly(bench, rq.Pause(by="ada"), kind=ev.RunPaused)
        held.go_on.set()
        await bench.until(lambda state: len(bench.of(ev.ModelAnswered)) == 2)
        assert bench.of(ev.ActionStarted) == []
        assert paused(bench.state())
        await promptly(bench, rq.Resume(by="ada"), kind=ev.RunContinued)
        assert await run == "completed"
    assert len(bench.model.sent()) == 2


async def test_a_stop_breaks_a_model_call_off_and_holds_what_it_may_cost(tmp_path: Path) -> None:
    held = Held(finishes())
    bench = make_bench(tmp_path, ScriptedModel(held), budget_limit="10")
    async with bench.going() as run:
        await held.begun.wait()
        await promptly(bench, rq.Stop(by="ada", reason="enough"), kind=ev.ModelFailed)
        assert await run == "stopped"
    state = bench.state()
    assert state.reason == "enough"
    (asked,) = (event for event in bench.of(ev.ModelRequested) if event.agent == "agent")
    assert state.books.unconfirmed == asked.reserved > 0


# -- during a wait ------------------------------------------------------------------------------


async def test_a_stop_ends_the_wait_before_the_next_attempt(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(fails(ModelFault.RATE_LIMITED, retry_after=3600)))
    bench.clock = StoppedClock()
    async with bench.going() as run:
        await bench.until(lambda state: state.status is Status.WAITING)
        await promptly(bench, rq.Stop(by="ada"), kind=ev.RunStopping)
        assert await run == "stopped"
    assert bench.clock.slept == [3600]


async def test_a_pause_holds_after_the_wait_is_over(tmp_path: Path) -> None:
    class Clock(FakeClock):
        over = asyncio.Event()

        async def sleep(self, seconds: float) -> None:
            await self.over.wait()

    bench = make_bench(
        tmp_path, ScriptedModel(fails(ModelFault.OVERLOADED), finishes(claims_done=False)), max_iterations=1
    )
    bench.clock = Clock()
    async with bench.going() as run:
        await bench.until(lambda state: state.status is Status.WAITING)
        await promptly(bench, rq.Pause(by="ada"), kind=ev.RunPaused)
        Clock.over.set()
        await promptly(bench, rq.Steer(by="ada", note="still there?"), kind=ev.Steered)
        assert paused(bench.state())
        assert len(bench.model.sent()) == 1
        bench.post(rq.Resume(by="ada"))
        assert await run == "exhausted"


# -- during a command ---------------------------------------------------------------------------


async def test_a_paused_command_stands_still_and_so_does_its_time(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(says(call("shell", command=COUNT, timeout_seconds=1)), finishes()))
    async with bench.going() as run:
        count = await counting(bench)
        await promptly(bench, rq.Pause(by="ada"), kind=ev.RunPaused)
        await standing_still(bench)
        before = count.stat().st_size
        await time_passes(seconds=1.5)
        assert count.stat().st_size == before
        assert bench.of(ev.ActionFinished) == []
        bench.post(rq.Resume(by="ada"))
        assert await run == "completed"
    (finished,) = (event for event in bench.of(ev.ActionFinished))
    assert "timed out after 1 s" in finished.output.text


async def test_a_stop_ends_a_command_with_all_it_started(tmp_path: Path) -> None:
    command = f"sleep 1001 & setsid nohup sleep 1002 & {COUNT}"
    bench = make_bench(tmp_path, ScriptedModel(says(call("shell", command=command)), finishes()))
    async with bench.going() as run:
        await counting(bench)
        assert len(commands_of(bench)) >= 3
        await promptly(bench, rq.Stop(by="ada"), kind=ev.RunStopping)
        assert await run == "stopped"
    await_none_in(tmp_path)
    assert bench.state().in_flight == {}


async def test_a_stop_gets_through_a_pause(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(says(call("shell", command=COUNT)), finishes()))
    async with bench.going() as run:
        await counting(bench)
        await promptly(bench, rq.Pause(by="ada"), kind=ev.RunPaused)
        await promptly(bench, rq.Stop(by="ada"), kind=ev.RunStopping)
        assert await run == "stopped"
    await_none_in(tmp_path)


async def test_verification_is_paused_like_any_command(tmp_path: Path) -> None:
    model = ScriptedModel(says(call("shell", command="echo > made")), finishes())
    bench = make_bench(tmp_path, model, test_command=COUNT)
    async with bench.going() as run:
        await bench.until(lambda state: state.running_phase is not None)
        await promptly(bench, rq.Pause(by="ada"), kind=ev.RunPaused)
        await standing_still(bench)
        await promptly(bench, rq.Stop(by="ada"), kind=ev.RunStopping)
        assert await run == "stopped"
    await_none_in(tmp_path)


def commands_of(bench: Bench) -> dict[int, str]:
    """Processes of commands, but for the hands themselves: those carry no mark."""
    return {
        pid: letter
        for pid, letter in processes_in(bench.workspace.parent).items()
        if b"HANDS_COMMAND=" in environment(pid)
    }


def environment(pid: int) -> bytes:
    """Of a process that may end meanwhile."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/environ").read_bytes()
    return b""


async def standing_still(bench: Bench) -> None:
    """Return when no command runs."""
    await eventually(lambda: set(commands_of(bench).values()) <= {"T"}, seconds=PATIENCE_SECONDS)


async def eventually(condition: Callable[[], bool], *, seconds: float) -> None:
    """Return when something is so that nobody tells us of."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 - files and processes set no event
            await asyncio.sleep(0)


async def time_passes(*, seconds: float) -> None:
    """Nothing but time itself tells that something does not happen."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()
    loop.call_later(seconds, over.set_result, None)
    await over


# -- money --------------------------------------------------------------------------------------


async def test_a_raised_budget_lets_the_run_go_on(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(finishes(claims_done=False)), budget_limit="0.01", max_iterations=1)
    async with bench.going() as run:
        state = await bench.until(paused)
        assert state.paused_by == "budget"
        assert state.needed is not None
        assert bench.of(ev.ModelRequested) == []
        await promptly(bench, rq.Resume(by="ada"), kind=ev.RunContinued)
        state = await bench.until(lambda state: paused(state) and len(bench.of(ev.RunPaused)) == 2)
        assert state.needed is not None
        await promptly(bench, rq.Resume(by="ada", budget=state.needed * 100), kind=ev.BudgetChanged)
        assert await run == "exhausted"
    assert bench.state().books.limit == state.needed * 100


async def test_exactly_the_amount_asked_for_is_enough_for_the_next_request(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(finishes(claims_done=False)), budget_limit="0.01", max_iterations=1)
    async with bench.going() as run:
        while (state := await bench.until(lambda state: paused(state) or state.closed is not None)).closed is None:
            assert state.needed is not None
            bench.post(rq.Resume(by="ada", budget=state.needed))
            paid = state.seq
            await bench.until(lambda state, paid=paid: state.seq > paid and state.paused_by is None)  # type: ignore[misc]
        assert await run == "exhausted"
    assert len(bench.of(ev.RunPaused)) <= 2


async def test_a_stop_ends_a_run_that_waits_for_money(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(), budget_limit="0.01")
    async with bench.going() as run:
        await bench.until(paused)
        await promptly(bench, rq.Stop(by="ada"), kind=ev.RunStopping)
        assert await run == "stopped"


async def test_a_cap_set_anew_counts_at_once_but_resumes_nothing(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(finishes(claims_done=False)), budget_limit="0.01", max_iterations=1)
    async with bench.going():
        await bench.until(paused)
        await promptly(bench, rq.SetBudget(by="ada", limit=Decimal(100)), kind=ev.BudgetChanged)
        assert paused(bench.state())


# -- notes --------------------------------------------------------------------------------------


async def test_notes_reach_the_agent_at_its_next_turn_and_once(tmp_path: Path) -> None:
    held = Held(says(call("list_files")))
    model = ScriptedModel(held, says(call("list_files")), finishes(claims_done=False))
    bench = make_bench(tmp_path, model, max_iterations=1)
    async with bench.going() as run:
        await held.begun.wait()
        await promptly(bench, rq.Steer(by="ada", note="Use tabs."), kind=ev.Steered)
        await promptly(bench, rq.Steer(by="ada", note="No emoji."), kind=ev.Steered)
        held.go_on.set()
        assert await run == "exhausted"
    sent = bench.model.sent()
    note = steering(["Use tabs.", "No emoji."])
    assert [request.messages[-1].text.count(note) for request in sent] == [0, 1, 0]


# -- an engine that is gone ---------------------------------------------------------------------


def append(bench: Bench, *events: Event) -> None:
    """Have the journal end like that of an engine that was killed."""
    with EngineLock.acquire(bench.around.project.state, run=bench.run) as lock, SqliteJournal.open(lock) as journal:
        journal.append(*events)


async def create(bench: Bench, until: Callable[[RunState], bool]) -> None:
    """Begin a run and leave it."""
    async with bench.going():
        await bench.until(until)


async def test_a_stop_that_was_heard_is_not_forgotten_with_the_engine(tmp_path: Path) -> None:
    bench = make_bench(tmp_path, ScriptedModel(says(call("shell", command="echo 1 > made && sleep 1000"))))
    await create(bench, until=acting)
    append(bench, ev.RunContinued(), ev.RunStopping(reason="enough"))
    assert await bench.go() == "stopped"
    assert bench.state().reason == "enough"
    assert len(bench.model.sent()) == 1


async def test_a_pause_outlives_the_engine(tmp_path: Path) -> None:
    held = Held(finishes(claims_done=False))
    bench = make_bench(tmp_path, ScriptedModel(held, finishes(claims_done=False)), max_iterations=1)
    async with bench.going():
        await held.begun.wait()
        bench.post(rq.Pause(by="ada", reason="lunch"))
        await bench.until(paused)
    async with bench.going() as run:
        state = await bench.until(lambda state: state.engines == 2)
        assert paused(state)
        await promptly(bench, rq.Resume(by="ada"), kind=ev.RunContinued)
        assert await run == "exhausted"


async def test_requests_left_for_nobody_are_obeyed_by_the_next_engine(tmp_path: Path) -> None:
    held = Held(finishes(claims_done=False))
    bench = make_bench(tmp_path, ScriptedModel(held))
    await create(bench, until=asking)
    bench.post(rq.Steer(by="ada", note="later"))
    bench.post(rq.Stop(by="ada", reason="never mind"))
    assert await bench.go() == "stopped"
    assert bench.state().notes == ["later"]
