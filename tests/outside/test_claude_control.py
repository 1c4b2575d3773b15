"""A person's hand on Claude Code: budget, rules, approvals, pause and stop hold for it as for Loki's own agent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Status
from tests.support.claude import PROGRAM, finishes, needs_claude, results, script, uses
from tests.support.messages_rules import Body
from tests.support.messages_server import Break, MessagesServer, Refuse, Reply, Turn, say
from tests.support.processes import await_none_in, processes_in
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel

pytestmark = [needs_claude]


async def eventually(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - files and processes set no event
            await asyncio.sleep(0)


@asynccontextmanager
async def bench(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *turns: Turn | Callable[[Body], Turn],
    model: ScriptedModel | None = None,
    **settings: object,
) -> AsyncIterator[tuple[Bench, MessagesServer]]:
    """A project in which Claude Code works; its API plays a script, and so does the planner's model."""
    async with MessagesServer(script(*turns), lenient=True) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-api03-not-a-key-of-anybody")
        given: dict[str, object] = {"provider": "claude", "cassette": None, "claude_command": PROGRAM, **settings}
        yield make_bench(tmp_path, model or ScriptedModel(), **given), server


async def test_a_budget_holds_in_flight_and_the_session_goes_on_when_it_is_raised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (Reply((uses("Bash", command="echo 1 > a"),)), finishes())
    async with bench(tmp_path, monkeypatch, *turns, budget_limit="0.10") as (run, server), run.going() as going:
        state = await run.until(lambda state: state.paused_by == "budget")
        assert server.served == 0
        assert state.books.committed <= Decimal("0.10")
        run.post(rq.Resume(by="test", budget=Decimal(20)))
        assert await going == "completed"
    assert server.served == 2
    assert run.of(ev.Warned) == []
    assert 0 < run.state().books.spent < 20


async def test_rules_hold_and_their_words_reach_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    def then(turn: Turn) -> Callable[[Body], Turn]:
        def answer(body: Body) -> Turn:
            told.extend(results(body))
            return turn

        return answer

    # Not below /tmp, which hands may have to themselves.
    outside = Path(__file__).with_name("outside.txt")
    async with bench(
        tmp_path,
        monkeypatch,
        Reply((uses("Bash", command="touch blocked"),)),
        then(Reply((uses("Write", file_path=str(outside), content="x"),))),
        then(Reply((uses("Read", file_path="/etc/shadow"),))),
        then(Reply((uses("WebSearch", query="x"), uses("Bash", command="echo 1 > a")))),
        then(finishes()),
        blocked_commands=["touch blocked"],
    ) as (run, _):
        assert await run.go() == "completed", run.state().reason
    assert [refused.tool for refused in run.of(ev.ActionRefused)] == ["shell"]
    assert "touch blocked" in told[0]
    assert len(told) == 1 + 2 + 3 + 5
    assert not (run.workspace / "blocked").exists()
    assert not outside.exists()
    assert not run.of(ev.ActionFinished)[1].ok
    assert "root:" not in "".join(told)
    assert any("WebSearch" in each for each in told)


async def test_what_a_person_makes_of_a_call_is_what_it_does(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    turns = (Reply((uses("Bash", command="echo theirs > a"),)), finishes())
    async with (
        bench(tmp_path, monkeypatch, *turns, staged_autonomy=True) as (run, _),
        run.going() as going,
    ):
        async with asyncio.timeout(60):
            while not going.done():
                state = await run.until(
                    lambda state: bool(state.closed) or any(a.decision is None for a in state.approvals.values())
                )
                for name, approval in state.approvals.items():
                    if approval.decision is None:
                        asked = approval.request
                        edited = {"command": "echo mine > a"} if asked.subject == "action" else None
                        run.post(
                            rq.Decide(by="test", approval=name, digest=asked.digest, decision="approved", edited=edited)
                        )
                        await run.until(lambda state, name=name: state.approvals[name].decision is not None)  # type: ignore[misc]
                if state.closed:
                    break
        assert await going == "completed"
    assert (run.workspace / "a").read_text() == "mine\n"


async def test_a_pause_freezes_it_and_a_stop_ends_it_with_all_that_it_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    count = "while :; do echo >> count; sleep 0.02; done"
    async with (
        bench(tmp_path, monkeypatch, Reply((uses("Bash", command=count),)), finishes()) as (run, _),
        run.going() as going,
    ):
        counted = run.workspace / "count"
        await run.until(lambda state: bool(state.in_flight))
        await eventually(counted.exists)
        run.post(rq.Pause(by="test"))
        await run.until(lambda state: state.status is Status.PAUSED)
        run.post(rq.Steer(by="test", note="Mind the gap."))  # heard once everything stands still
        await run.until(lambda state: bool(state.notes))
        assert "T" in processes_in(run.workspace).values()
        size = counted.stat().st_size
        run.post(rq.Steer(by="test", note="Mind it well."))
        await run.until(lambda state: len(state.notes) > 1)
        assert counted.stat().st_size == size
        run.post(rq.Resume(by="test"))
        await eventually(lambda: counted.stat().st_size > size)
        run.post(rq.Stop(by="test"))
        assert await going == "stopped"
    await asyncio.to_thread(await_none_in, run.workspace)


async def test_one_that_is_killed_is_started_again_and_faults_of_the_provider_are_waited_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = (
        Refuse(529, "overloaded_error"),
        Refuse(429, "rate_limit_error", headers={"retry-after": "1"}),
        Break("reset"),
        Reply((uses("Bash", command="kill -9 $PPID; sleep 60"),)),
        Reply((say("Once more."), uses("Bash", command="echo 1 > a"))),
        finishes(),
    )
    async with bench(tmp_path, monkeypatch, *turns, retry_base_seconds=0.01) as (run, server):
        assert await run.go() == "completed", run.state().reason
    assert server.served == len(turns)
    assert [failed.fault for failed in run.of(ev.ModelFailed)] == ["overloaded", "rate_limited", "connection"]
    (warned,) = run.of(ev.Warned)
    assert "Claude Code failed and is started again" in warned.message
    killed, _ = run.of(ev.ActionFinished)
    assert killed.interrupted


async def test_turns_are_bounded_and_one_that_only_talks_is_silent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    endless = [Reply((uses("Bash", command=f"echo {number} > a"),)) for number in range(10)]
    async with bench(tmp_path, monkeypatch, *endless, max_turns=2, max_iterations=1) as (run, server):
        assert await run.go() == "exhausted"
    assert [finished.ended_by for finished in run.of(ev.IterationFinished)] == ["turns"]
    assert server.served == 2
    (tmp_path / "again").mkdir()
    async with bench(tmp_path / "again", monkeypatch, *[Reply((say("Hm."),))] * 9, max_iterations=1) as (run, server):
        assert await run.go() == "exhausted"
    assert [finished.ended_by for finished in run.of(ev.IterationFinished)] == ["silence"]
    assert server.served == 3


async def test_a_wrong_key_ends_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with bench(tmp_path, monkeypatch, Refuse(401, "authentication_error", "invalid")) as (run, server):
        assert await run.go() == "failed"
    assert server.served == 1
    assert "HTTP 401" in run.state().reason
