"""Limits hold over all streams of a run: money, iterations, approvals, pauses; an engine that leaves comes back."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Status, StreamStatus
from tests.engine.streams.test_parallel import BRANCH, INTEGRATED, OWN, bench, does, statuses
from tests.support.git import git
from tests.support.parallel import Part, StreamingModel, divides, proof_of, writes
from tests.support.scripted import Held, Turn, call, finishes, says

FIVE = ("one", "two", "three", "four", "five")


async def test_the_budget_is_reached_with_five_streams_in_flight_and_all_go_on_when_it_is_raised(
    tmp_path: Path,
) -> None:
    parts = [Part(name, f"R{at}", [f"{name}.py", f"test_{name}.py"]) for at, name in enumerate(FIVE, 1)]
    held = {name: Held(says(call("read_file", path="README.md"))) for name in FIVE}
    turns = {name: [held[name], *does(name, f"R{at}")] for at, name in enumerate(FIVE, 1)}
    place = bench(
        tmp_path, StreamingModel(divides(*parts), **turns), budget_limit="50", max_parallel_sessions=5, max_worktrees=6
    )
    async with place.going() as going:
        for each in held.values():
            await each.begun.wait()
        state = place.state()
        assert len(state.books.reserved) == len(FIVE)
        shares = [each.state.books for each in state.streams.values()]
        assert sum(share.committed for share in shares) == sum(state.books.reserved.values())
        place.post(rq.SetBudget(by="ada", limit=Decimal("0.01")))
        await place.until(lambda state: state.books.limit == Decimal("0.01"))
        for each in held.values():
            each.go_on.set()
        state = await place.until(lambda state: state.paused_by == "budget" and not state.books.reserved)
        assert state.books.committed <= Decimal("0.01")
        assert all(each.is_open for each in state.streams.values())
        asked = state.requests
        place.post(rq.Resume(by="ada", budget=Decimal(50)))
        assert await going == "completed", place.events()[-4:]
    kinds = place.kinds()
    between = kinds[kinds.index("run_paused") : kinds.index("run_continued")]
    assert "model_requested" not in between
    assert place.state().requests > asked
    assert set(statuses(place).values()) == {INTEGRATED}


async def test_iterations_of_streams_count_for_the_run(tmp_path: Path) -> None:
    again: list[Turn] = [finishes("not yet", claims_done=False, proofs={}) for _ in range(20)]
    model = StreamingModel(divides(*OWN), auth=list(again), shop=list(again), whole=list(again))
    place = bench(tmp_path, model, max_iterations=4)
    assert await place.go() == "exhausted"
    state = place.state()
    assert state.total_iterations == 4
    assert {event.outcome for event in place.of(ev.StreamFinished)} == {"exhausted"}


async def test_approvals_say_which_stream_asks_and_each_gets_its_own_answer(tmp_path: Path) -> None:
    place = bench(
        tmp_path,
        StreamingModel(divides(*OWN), auth=does("auth", "R1"), shop=does("shop", "R2")),
        staged_autonomy=True,
    )
    async with place.going() as going:
        state = await place.until(lambda state: bool(state.waiting_approvals))
        (plan,) = state.waiting_approvals
        assert plan.request.subject == "plan"
        assert "stream auth: R1" in plan.request.detail
        asked: set[tuple[str, str]] = set()
        decided: set[str] = set()
        while not going.done():
            state = await place.until(
                lambda state: (
                    any(each.request.approval not in decided for each in state.waiting_approvals)
                    or state.closed is not None
                )
            )
            for waiting in state.waiting_approvals:
                request = waiting.request
                if request.approval not in decided:
                    decided.add(request.approval)
                    asked.add((waiting.stream, request.title))
                    place.post(
                        rq.Decide(by="ada", approval=request.approval, digest=request.digest, decision="approved")
                    )
            if state.closed is not None:
                break
        assert await going == "completed", place.events()[-4:]
    assert asked == {
        ("", "the plan: 2 requirements"),
        *((name, f"write {path}") for name in ("auth", "shop") for path in (f"{name}.py", f"test_{name}.py")),
    }
    state = place.state()
    assert state.approvals.keys() == {plan.request.approval}


async def test_a_stream_that_changes_files_of_another_is_said(tmp_path: Path) -> None:
    strays = writes(
        {"auth.py": "X = 1\n", "shop_data.py": "Y = 1\n", **proof_of("auth")}, proofs={"R1": ("test_auth",)}
    )
    shop = Part("shop", "R2", ["shop*.py", "test_shop.py"])
    place = bench(tmp_path, StreamingModel(divides(OWN[0], shop), auth=strays, shop=does("shop", "R2")))
    assert await place.go() == "completed", place.events()[-4:]
    assert "stream auth: It changed files that other streams declared: shop_data.py (shop)" in place.state().warnings


async def test_an_engine_that_leaves_takes_streams_up_where_they_were(tmp_path: Path) -> None:
    held = Held(does("auth", "R1")[0])  # type: ignore[arg-type]
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=[held], shop=does("shop", "R2")))
    async with place.going():
        await held.begun.wait()
        await place.until(lambda state: state.stream_status("shop") is INTEGRATED)
    state = place.state()
    assert state.closed is None
    assert state.paused_by == "person"
    assert state.stream_status("auth") is StreamStatus.RUNNING
    place.post(rq.Resume(by="ada"))
    assert await place.go(model=StreamingModel(auth=does("auth", "R1"))) == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    assert git(place.workspace, "show", f"{BRANCH}:auth.py") == "NAME = 'auth'"


async def test_a_pause_holds_all_streams(tmp_path: Path) -> None:
    held = Held(says(call("read_file", path="README.md")))
    model = StreamingModel(divides(*OWN), auth=[held, *does("auth", "R1")], shop=does("shop", "R2"))
    place = bench(tmp_path, model)
    async with place.going() as going:
        await held.begun.wait()
        place.post(rq.Pause(by="ada"))
        state = await place.until(lambda state: state.paused_by == "person")
        assert state.status is Status.PAUSED
        held.go_on.set()
        await place.until(lambda state: state.streams["auth"].state.answered.total() > 0)
        asked = len(model.asked("auth"))
        place.post(rq.Resume(by="ada"))
        assert asked == 1
        assert await going == "completed", place.events()[-4:]


async def test_a_note_for_the_run_reaches_every_stream_and_one_for_a_stream_that_alone(tmp_path: Path) -> None:
    held = {name: Held(says(call("read_file", path="README.md"))) for name in ("auth", "shop")}
    turns = {name: [held[name], *does(name, part.requirement)] for name, part in zip(held, OWN, strict=True)}
    model = StreamingModel(divides(*OWN), **turns)
    place = bench(tmp_path, model)
    async with place.going() as going:
        for each in held.values():
            await each.begun.wait()
        place.post(rq.Steer(by="ada", note="For all."))
        place.post(rq.Steer(by="ada", note="For you.", stream="shop"))
        await place.until(lambda state: len(state.streams["shop"].state.notes) == 2)
        for each in held.values():
            each.go_on.set()
        assert await going == "completed", place.events()[-4:]
    told = {name: str(model.asked(name)[1].messages[-1]) for name in held}
    assert "For all." in told["auth"]
    assert "For you." not in told["auth"]
    assert "For all." in told["shop"]
    assert "For you." in told["shop"]


async def test_what_only_others_in_flight_stand_in_the_way_of_waits_for_them_and_for_no_person(tmp_path: Path) -> None:
    held = Held(does("auth", "R1")[0])  # type: ignore[arg-type]
    model = StreamingModel(divides(*OWN), auth=[held, *does("auth", "R1")[1:]], shop=does("shop", "R2"))
    place = bench(tmp_path, model, budget_limit="50", max_parallel_sessions=1)
    async with place.going() as going:
        await held.begun.wait()
        (reserved,) = place.state().books.reserved.values()
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    # With room for one and a half such requests, two streams take turns.
    again = tmp_path / "again"
    again.mkdir()
    first, second = (Held(does(name, key)[0]) for name, key in (("auth", "R1"), ("shop", "R2")))  # type: ignore[arg-type]
    turns = {"auth": [first, *does("auth", "R1")[1:]], "shop": [second, *does("shop", "R2")[1:]]}
    place = bench(again, StreamingModel(divides(*OWN), **turns), budget_limit="50")
    async with place.going() as going:
        await place.until(lambda state: bool(state.streams) and all(each.started for each in state.streams.values()))
        place.post(rq.SetBudget(by="ada", limit=reserved * 3 / 2))
        for each in (first, second):
            each.go_on.set()
        assert await going == "completed", place.events()[-4:]
    assert not place.of(ev.RunPaused)


async def test_what_a_stream_asked_for_is_withdrawn_when_it_is_stopped(tmp_path: Path) -> None:
    rest = writes(proof_of("rest"), proofs={"R1": ("test_rest",)})
    model = StreamingModel(divides(*OWN), auth=does("auth", "R1"), shop=does("shop", "R2"), whole=rest)
    place = bench(tmp_path, model, risk_rules={"edit": "ask"}, max_parallel_sessions=1)
    async with place.going() as going:
        await place.until(lambda state: any(each.stream == "auth" for each in state.waiting_approvals))
        place.post(rq.Stop(by="ada", stream="auth"))
        state = await place.until(lambda state: state.streams["auth"].finished is not None)
        assert not [each for each in state.waiting_approvals if each.stream == "auth"]
        place.post(rq.Stop(by="ada"))
        assert await going == "stopped"
    (withdrawn,) = [event for event in place.of(ev.ApprovalDecided) if event.approval == "p1"]
    assert (withdrawn.decision, withdrawn.reason) == ("expired", "the agent that asked is gone")
