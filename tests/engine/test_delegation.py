"""Sub-agents: bounded, in order, each in hands of its own, and gone with whoever called them in."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path

import pytest
from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import ModelFault
from loki_tui.core.messages import ToolResult
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine import prompts
from loki_tui.engine.ports import ModelAnswer, ModelRequest
from tests.support.hands import state_of
from tests.support.processes import await_none_in
from tests.support.runs import Bench, make_bench
from tests.support.scripted import Held, ScriptedModel, Turn, call, fails, finishes, says

STOPS = finishes(claims_done=False)


def delegates(count: int) -> ModelAnswer:
    """A call for sub-agents with numbered tasks."""
    tasks: JsonValue = [{"role": f"role {number}", "task": f"task {number}."} for number in range(1, count + 1)]
    return says(call("delegate", tasks=tasks))


def bench_of(tmp_path: Path, count: int, turns: Iterable[Turn], *then: Turn, **settings: object) -> Bench:
    """A run whose agent hands out tasks, with these turns of its sub-agents, and then says that it is not done."""
    model = ScriptedModel(delegates(count), *(then or (STOPS,)))
    model.turns[Purpose.DELEGATE] = list(turns)
    return make_bench(tmp_path, model, max_iterations=1, **settings)


def told(bench: Bench) -> str:
    """What the agent was told came of it."""
    (result,) = (part for part in bench.model.sent()[-1].messages[-1].parts if isinstance(part, ToolResult))
    return result.content


def number_of(request: ModelRequest) -> int:
    found = re.search(r"task (\d+)\.", request.messages[0].text)
    assert found
    return int(found[1])


class Crowd:
    """Sub-agents that work until as many are at it as may be; those who came last are done first."""

    def __init__(self, at_once: int, count: int) -> None:
        self.at_once, self.left = at_once, count
        self.most = 0
        self._inside: list[int] = []
        self._changed = asyncio.Condition()

    async def __call__(self, request: ModelRequest) -> ModelAnswer:
        number = number_of(request)
        async with self._changed:
            self._inside.append(number)
            self.most = max(self.most, len(self._inside))
            self._changed.notify_all()
            await self._changed.wait_for(lambda: self._full() and max(self._inside) == number)
            self._inside.remove(number)
            self.left -= 1
            self._changed.notify_all()
        return finishes(f"report {number}")

    def _full(self) -> bool:
        return len(self._inside) == min(self.at_once, self.left)


@pytest.mark.parametrize(("count", "at_once"), [(20, 3), (3, 1), (5, 10)])
async def test_so_many_work_at_once_and_report_in_order(tmp_path: Path, count: int, at_once: int) -> None:
    crowd = Crowd(at_once, count)
    bench = bench_of(tmp_path, count, [crowd] * count, max_parallel_agents=at_once)
    async with asyncio.timeout(100):
        await bench.go()
    assert crowd.most == at_most_open(bench) == min(at_once, count)
    assert re.findall(r"report (\d+)", told(bench)) == [str(number) for number in range(1, count + 1)]
    roles = [f"role {number}" for number in range(1, count + 1)]
    assert re.findall(r"## (role \d+)", told(bench)) == roles
    assert [started.role for started in bench.of(ev.DelegateStarted)] == roles


def at_most_open(bench: Bench) -> int:
    """How many sub-agents were under way at once, by the journal."""
    most = now = 0
    for event in bench.events():
        now += isinstance(event, ev.DelegateStarted) - isinstance(event, ev.DelegateFinished)
        most = max(most, now)
    return most


async def test_each_has_hands_of_its_own_that_end_with_it(tmp_path: Path) -> None:
    both = asyncio.Barrier(2)

    async def turn(request: ModelRequest) -> ModelAnswer:
        if len(request.messages) == 1:
            return says(call("shell", command=f"echo $TMPDIR > tmp{number_of(request)}"))
        await both.wait()
        return finishes()

    bench = bench_of(tmp_path, 2, [turn] * 4)
    await bench.go()
    places = [(bench.workspace / f"tmp{number}").read_text().strip() for number in (1, 2)]
    assert places[0] != places[1]
    assert not any(map(os.path.exists, places))


async def test_what_one_started_ends_with_it_while_the_run_goes_on(tmp_path: Path) -> None:
    name = unheard_of("behind")
    starts = says(call("shell", command=f"exec -a {name} sleep 600", background=True))
    before, after = Held(finishes()), Held(STOPS)
    bench = bench_of(tmp_path, 1, [starts, before], after)
    async with bench.going():
        await before.begun.wait()
        await eventually(lambda: bool(running(name)))
        before.go_on.set()
        await after.begun.wait()
        assert not running(name)
        after.go_on.set()


def unheard_of(kind: str) -> str:
    """A name that no process of another test has, in another worker neither."""
    return f"{kind}-{secrets.token_hex(8)}"


def running(name: str) -> list[int]:
    """Processes that are called so."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            arguments = path.read_bytes().split(b"\0")
        except OSError:
            continue
        if arguments[0] == name.encode():
            found.append(int(path.parent.name))
    return found


async def test_a_failure_of_ones_own_leaves_the_others_alone(tmp_path: Path) -> None:
    others = asyncio.Event()

    async def turn(request: ModelRequest) -> ModelAnswer:
        number = number_of(request)
        if number == 1:
            others.set()
            raise fails(ModelFault.INVALID)
        await others.wait()
        if number == 2 and len(request.messages) == 1:
            return says(call("shell", command="kill -9 $PPID"))
        return finishes(f"report {number}")

    bench = bench_of(tmp_path, 3, [turn] * 4)
    assert await bench.go() == "exhausted"
    first, second, third = told(bench).split("## role ")[1:]
    assert "broke off" in first
    assert "scripted invalid" in first
    assert "report 3" in third
    assert [finished.ok for finished in sorted(bench.of(ev.DelegateFinished), key=lambda event: event.agent)][::2] == [
        False,
        True,
    ]
    assert "broke off" in second or "report 2" in second


async def test_what_befalls_all_ends_all(tmp_path: Path) -> None:
    held = Held(finishes())

    async def refused(_request: ModelRequest) -> ModelAnswer:
        await held.begun.wait()
        raise fails(ModelFault.AUTH)

    bench = bench_of(tmp_path, 2, [held, refused])
    assert await bench.go() == "failed"
    assert "broken off" in {failed.message for failed in bench.of(ev.ModelFailed)}
    await_none_in(bench.workspace)


async def test_an_outage_that_meets_all_is_counted_once_for_each(tmp_path: Path) -> None:
    failing = dict.fromkeys(range(1, 5), 2)

    async def turn(request: ModelRequest) -> ModelAnswer:
        number = number_of(request)
        if failing[number]:
            failing[number] -= 1
            raise fails(ModelFault.OVERLOADED)
        return finishes(f"report {number}")

    bench = bench_of(tmp_path, 4, [turn] * 12, max_retries=2)
    assert await bench.go() == "exhausted"
    assert "report 4" in told(bench)
    assert {failed.fault for failed in bench.of(ev.ModelFailed)} == {ModelFault.OVERLOADED}


async def stop(bench: Bench) -> None:
    bench.post(rq.Stop(by="ada"))


async def nothing(_bench: Bench) -> None:
    pass


@pytest.mark.parametrize(
    ("end", "settings", "outcome"), [(stop, {}, "stopped"), (nothing, {"max_duration": 2}, "exhausted")]
)
async def test_they_end_with_their_parent(
    tmp_path: Path, end: Callable[[Bench], Awaitable[None]], settings: dict[str, object], outcome: str
) -> None:
    name = unheard_of("work")
    works = says(call("shell", command=f"exec -a {name} sleep 600"))
    held = Held(finishes())
    bench = bench_of(tmp_path, 2, [works, held], **settings)
    async with bench.going() as run:
        await held.begun.wait()
        await eventually(lambda: bool(running(name)))
        await end(bench)
        async with asyncio.timeout(30):
            assert await run == outcome
    assert not running(name)
    await_none_in(bench.workspace)


async def test_a_pause_holds_them_like_their_parent(tmp_path: Path) -> None:
    name = unheard_of("held")
    works = says(call("shell", command=f"exec -a {name} sleep 600", timeout_seconds=3))
    held = Held(finishes("second"))
    bench = bench_of(tmp_path, 2, [works, held, finishes("first")])
    async with bench.going() as run:
        await held.begun.wait()
        await eventually(lambda: bool(running(name)))
        bench.post(rq.Pause(by="ada"))
        await eventually(lambda: [state_of(pid) for pid in running(name)] == ["T"])
        held.go_on.set()
        await bench.until(lambda state: state.paused_by == "person" and not state.open_requests)
        assert not [
            event for event in bench.events() if isinstance(event, ev.DelegateFinished) and "first" in event.report.text
        ]
        bench.post(rq.Resume(by="ada"))
        async with asyncio.timeout(60):
            await run
    assert "first" in told(bench)
    assert "second" in told(bench)


async def eventually(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - processes set no event
            await asyncio.sleep(0)


async def test_an_engine_that_died_loses_no_report(tmp_path: Path) -> None:
    second, third = Held(finishes()), Held(finishes())
    by_number: dict[int, Turn] = {1: finishes("the first report"), 2: second, 3: third}

    async def turn(request: ModelRequest) -> ModelAnswer:
        answer = by_number[number_of(request)]
        return await answer(request) if callable(answer) else answer  # type: ignore[return-value]

    bench = bench_of(tmp_path, 4, [turn] * 4, max_parallel_agents=2)
    async with bench.going():
        await second.begun.wait()
        await third.begun.wait()
    bench.post(rq.Resume(by="ada"))
    bench.model = ScriptedModel(STOPS)
    await bench.go()
    reports = told(bench).split("## ")
    assert prompts.INTERRUPTED in reports[0]
    assert [report.splitlines()[1] for report in reports[1:]] == [
        "the first report",
        prompts.LOST,
        prompts.LOST,
        prompts.NOT_BEGUN,
    ]
    assert [finished.ok for finished in bench.of(ev.DelegateFinished)] == [True, False, False]
    assert not bench.state().in_flight


async def test_a_sub_agent_hands_nothing_on_and_is_told_so(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, 1, [delegates(1), finishes("did it myself")])
    await bench.go()
    (result,) = (
        part for part in bench.model.sent(Purpose.DELEGATE)[1].messages[-1].parts if isinstance(part, ToolResult)
    )
    assert result.content == prompts.NO_DELEGATION
    assert len(bench.of(ev.DelegateStarted)) == 1


async def test_a_note_reaches_who_leads_the_work(tmp_path: Path) -> None:
    held = Held(says(call("list_files")))
    bench = bench_of(tmp_path, 1, [held, finishes()])
    async with bench.going() as run:
        await held.begun.wait()
        bench.post(rq.Steer(by="ada", note="Hurry."))
        await bench.until(lambda state: bool(state.notes))
        held.go_on.set()
        await run
    (delivered,) = bench.of(ev.SteeringDelivered)
    assert delivered.agent == "agent"


async def test_a_budget_that_is_used_up_holds_them_until_there_is_more(tmp_path: Path) -> None:
    (tmp_path / "first").mkdir()
    rich = bench_of(tmp_path / "first", 1, [finishes()], budget_limit="1000")
    await rich.go()
    dearest = max(asked.reserved for asked in rich.of(ev.ModelRequested) if asked.purpose is Purpose.DELEGATE)
    both = [Held(finishes("one")), Held(finishes("two"))]
    bench = bench_of(tmp_path, 3, [*both, finishes("three")], budget_limit=str(dearest * 5 / 2))
    async with bench.going() as run:
        state = await bench.until(lambda state: state.paused_by == "budget")
        assert state.needed is not None
        assert len(state.open_requests) == 2
        for held in both:
            held.go_on.set()
        await bench.until(lambda state: not state.open_requests)
        # Which two come first is for whoever has hands first.
        asked = {asked.agent for asked in bench.of(ev.ModelRequested)} - {"agent", "planner"}
        assert len(asked) == 2
        assert asked < {"agent/a1.1", "agent/a1.2", "agent/a1.3"}
        bench.post(rq.Resume(by="ada", budget=dearest * 20))
        async with asyncio.timeout(60):
            await run
    assert len(bench.of(ev.DelegateFinished)) == 3
    assert len(bench.of(ev.RunPaused)) == 1
