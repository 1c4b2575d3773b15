"""One conversation that ends in a verdict, or in the reason why there is none."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.tools import CastVote, SubmitReview
from loki_tui.core.vocabulary import Purpose
from loki_tui.engine.panel import ATTEMPTS, TURNS, Heard, Panel, files_in, reading_room
from tests.support.panels import Desk, desk_of
from tests.support.runs import Bench, make_bench
from tests.support.scripted import ScriptedModel, Turn, call, fails, reviews, says, votes

SYSTEM = "Your charge: all"


def bench_of(tmp_path: Path, *turns: Turn, **settings: object) -> Bench:
    bench = make_bench(tmp_path, ScriptedModel(), **settings)
    bench.model.turns[Purpose.VOTE] = list(turns)
    return bench


async def hear(desk: Desk, *, since: int | None = None) -> Heard[CastVote]:
    async with reading_room(desk.context, desk.world.checkouts, desk.checkpoint.checkpoint) as workspace:
        panel = Panel(desk.context, desk.asker, workspace, purpose=Purpose.VOTE)
        at = desk.state.seq if since is None else since
        return await panel.hear("council x", system=SYSTEM, brief="The case", closing=CastVote, since=at)


def looks() -> Turn:
    return says(call("read_file", path="clip.py"))


async def test_it_ends_with_the_closing_call(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, looks(), says("So:", call("list_files"), *votes("reject").parts))
    async with desk_of(bench) as here:
        heard = await hear(here)
    assert heard.said is not None
    assert (heard.said.verdict, heard.nothing) == ("reject", "")
    assert [request.must_call for request in bench.model.sent(Purpose.VOTE)] == [None, None]
    assert [event.tool for event in bench.of(ev.ActionStarted)] == ["read_file"]
    assert {asked.purpose for asked in bench.of(ev.ModelRequested)} == {Purpose.VOTE}
    assert {request.model for request in bench.model.sent(Purpose.VOTE)} == {bench.settings.models["planning"]}


async def test_a_malformed_verdict_is_asked_for_once_more(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, says(call("cast_vote", verdict="maybe")), votes())
    async with desk_of(bench) as here:
        assert (await hear(here)).said is not None
    again = bench.model.sent(Purpose.VOTE)[1]
    assert again.must_call == "cast_vote"
    told = again.messages[-2].parts[0]
    assert told.type == "tool_result"
    assert told.is_error
    assert "reasons: Field required" in told.content


async def test_a_verdict_that_stays_malformed_is_none(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, *[says(call("cast_vote", verdict="maybe", reasons=["x"])) for _ in range(9)])
    async with desk_of(bench) as here:
        heard = await hear(here)
    assert heard.said is None
    assert heard.nothing.startswith("malformed: ")
    assert len(bench.model.sent(Purpose.VOTE)) == ATTEMPTS


async def test_prose_is_nudged_once(tmp_path: Path) -> None:
    prose = [says("Looks fine to me.", stop="end") for _ in range(9)]
    bench = bench_of(tmp_path, *prose)
    async with desk_of(bench) as here:
        heard = await hear(here)
        assert heard.nothing == "it answered in prose and did not call cast_vote"
        bench.model.turns[Purpose.VOTE] = [prose[0], votes()]
        assert (await hear(here)).said is not None
    sent = bench.model.sent(Purpose.VOTE)
    assert len(sent) == 2 + 2
    assert [request.must_call for request in sent] == [None, "cast_vote"] * 2
    assert "then call cast_vote" in sent[1].messages[-2].text


async def test_whoever_reads_for_ever_is_made_to_end(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, *[looks() for _ in range(40)])
    async with desk_of(bench) as here:
        heard = await hear(here)
    assert heard.said is None
    assert "within" in heard.nothing
    sent = bench.model.sent(Purpose.VOTE)
    assert len(sent) == TURNS + ATTEMPTS
    assert [request.must_call is None for request in sent] == [True] * (TURNS - 1) + [False] * (1 + ATTEMPTS)
    assert "Call cast_vote now" in sent[TURNS - 1].messages[-1].text
    assert len(sent[-1].messages) == 2 * (TURNS + ATTEMPTS) - 1 + 1, "what is said once is not said again"


@pytest.mark.parametrize("fault", [ModelFault.INVALID, ModelFault.TOO_LONG])
async def test_a_failure_of_its_own_is_a_reason(tmp_path: Path, fault: ModelFault) -> None:
    bench = bench_of(tmp_path, fails(fault))
    async with desk_of(bench) as here:
        assert (await hear(here)).nothing == f"scripted {fault}"


async def test_a_failure_of_the_run_is_raised(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, fails(ModelFault.AUTH))
    async with desk_of(bench) as here:
        with pytest.raises(ModelError):
            await hear(here)


async def test_hands_that_die_are_a_reason(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, looks())
    async with desk_of(bench) as here:
        workspace = await here.world.checkouts.open(here.checkpoint.checkpoint)
        await workspace.close()
        panel = Panel(here.context, here.asker, workspace, purpose=Purpose.VOTE)
        heard = await panel.hear("council x", system=SYSTEM, brief="", closing=CastVote, since=here.state.seq)
    assert heard.said is None
    assert heard.nothing


async def test_it_goes_on_where_it_was(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, looks(), fails(ModelFault.AUTH), votes())
    async with desk_of(bench) as here:
        since = here.state.seq
        with pytest.raises(ModelError):
            await hear(here)
    async with desk_of(bench) as here:
        assert (await hear(here, since=since)).said is not None
        assert (await hear(here, since=since)).said is not None, "what was answered is not asked again"
    sent = bench.model.sent(Purpose.VOTE)
    assert len(sent) == 3
    assert sent[1].messages == sent[2].messages


async def test_any_closing_tool_will_do(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    bench.model.turns[Purpose.REVIEW] = [votes(), reviews("fail", ("high", "clip.py", "wrong"))]
    async with (
        desk_of(bench) as here,
        reading_room(here.context, here.world.checkouts, here.checkpoint.checkpoint) as workspace,
    ):
        panel = Panel(here.context, here.asker, workspace, purpose=Purpose.REVIEW)
        heard = await panel.hear("r", system=SYSTEM, brief="", closing=SubmitReview, since=here.state.seq)
    assert heard.said is not None
    assert heard.said.findings[0].message == "wrong"


async def test_the_listing_leaves_nothing_behind(tmp_path: Path) -> None:
    bench = bench_of(tmp_path)
    async with (
        desk_of(bench) as here,
        reading_room(here.context, here.world.checkouts, here.checkpoint.checkpoint) as workspace,
    ):
        assert await files_in(workspace) == ("README.md", "clip.py", "test_it.py")
        left = await workspace.perform("shell", {"command": "ls -A"})
    assert left.output.split() == ["README.md", "clip.py", "test_it.py"]


async def test_secrets_are_told_to_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVICE_API_KEY", "sk-very-secret-0123456789")
    bench = bench_of(tmp_path, votes())
    async with (
        desk_of(bench) as here,
        reading_room(here.context, here.world.checkouts, here.checkpoint.checkpoint) as workspace,
    ):
        panel = Panel(here.context, here.asker, workspace, purpose=Purpose.VOTE)
        brief = "the diff has sk-very-secret-0123456789 in it"
        await panel.hear("x", system=SYSTEM, brief=brief, closing=CastVote, since=here.state.seq)
    assert "very-secret" not in bench.model.sent(Purpose.VOTE)[0].messages[0].text


async def test_a_budget_that_is_too_small_pauses_the_run(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, votes(), budget_limit="0.0001")
    async with desk_of(bench) as here:
        hearing = asyncio.create_task(hear(here))
        listening = asyncio.create_task(here.context.control.listen())
        await bench.until(lambda state: state.paused_by == "budget")
        assert not bench.model.sent(Purpose.VOTE)
        bench.post(rq.SetBudget(limit=Decimal(100), by="ada"))
        bench.post(rq.Resume(by="ada"))
        assert (await hearing).said is not None
        listening.cancel()
