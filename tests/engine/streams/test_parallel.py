"""Whole parallel runs: real journal, real git, real worktrees, real hands; only the model is scripted."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import ModelFault
from loki_tui.core.vocabulary import StreamStatus
from tests.support.git import git
from tests.support.parallel import Part, StreamingModel, divides, proof_of, writes
from tests.support.runs import Bench, make_bench
from tests.support.scripted import Held, ScriptedModel, Turn, call, fails, finishes, plans, says

BRANCH = "loki/r1"
OWN = (Part("auth", "R1", ["auth.py", "test_auth.py"]), Part("shop", "R2", ["shop.py", "test_shop.py"]))
"""Streams that do not meet."""

INTEGRATED, LEFT_OUT = StreamStatus.INTEGRATED, StreamStatus.LEFT_OUT


def bench(tmp_path: Path, model: ScriptedModel, **settings: object) -> Bench:
    return make_bench(tmp_path, model, parallel_mode=True, **settings)


def does(name: str, requirement: str, **files: str) -> list[Turn]:
    """The turns of a stream that writes a module, or these files, and its test."""
    given = {path.replace("_dot_", "."): content for path, content in files.items()}
    return writes(
        (given or {f"{name}.py": f"NAME = {name!r}\n"}) | proof_of(name), proofs={requirement: (f"test_{name}",)}
    )


def statuses(place: Bench) -> dict[str, StreamStatus]:
    state = place.state()
    return {name: state.stream_status(name) for name in state.streams}


async def test_two_streams_that_do_not_meet_come_together_on_the_runs_branch(tmp_path: Path) -> None:
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=does("auth", "R1"), shop=does("shop", "R2")))
    before = git(place.workspace, "rev-parse", "HEAD")
    assert await place.go() == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    files = git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    assert {"auth.py", "shop.py", "test_auth.py", "test_shop.py"} <= set(files)
    state = place.state()
    assert git(place.workspace, "rev-parse", BRANCH) == state.commit
    assert (state.iterations_begun, state.total_iterations) == (0, 2)
    # The person's own directory and branch are as they were.
    assert git(place.workspace, "rev-parse", "HEAD") == before
    assert not (place.workspace / "auth.py").exists()
    retired = {event.name: event for event in place.of(ev.WorktreeRetired)}
    assert retired.keys() == {"auth", "shop", ""}  # and the run's own
    assert all(event.removed and not event.quarantine for event in retired.values())


async def test_each_stream_is_told_its_own_part_and_no_other(tmp_path: Path) -> None:
    model = StreamingModel(divides(*OWN), auth=does("auth", "R1"), shop=does("shop", "R2"))
    assert await bench(tmp_path, model).go() == "completed"
    told = str(model.asked("auth")[0].messages[0])
    assert "[ ] R1: The part auth" in told
    assert "[ ] R2" not in told
    assert "Left to others (shop): R2, in shop.py, test_shop.py." in told
    assert "worktrees/stream-auth" in model.asked("auth")[0].system


async def test_a_stream_begins_when_what_it_builds_on_is_there(tmp_path: Path) -> None:
    base, top = Part("base", "R1", ["base.py"]), Part("top", "R2", ["top.py"], after=["base"])
    uses = proof_of("top", "import base", "self.assertEqual(base.NAME, 'base')")
    turns = writes({"top.py": "import base\n", **uses}, proofs={"R2": ("test_top",)})
    place = bench(tmp_path, StreamingModel(divides(top, base), base=does("base", "R1"), top=turns))
    assert await place.go() == "completed", place.events()[-4:]
    kinds = [(event.kind, event.name) for event in place.events() if hasattr(event, "name") and event.kind != "warned"]
    assert kinds.index(("integration_finished", "base")) < kinds.index(("stream_started", "top"))


async def test_more_streams_than_sessions_queue(tmp_path: Path) -> None:
    names = ["one", "two", "three", "four"]
    parts = [Part(name, f"R{at}", [f"{name}.py", f"test_{name}.py"]) for at, name in enumerate(names, 1)]
    turns = {name: does(name, f"R{at}") for at, name in enumerate(names, 1)}
    place = bench(tmp_path, StreamingModel(divides(*parts), **turns), max_parallel_sessions=2, max_worktrees=3)
    assert await place.go() == "completed", place.events()[-4:]
    at_work, most, open_trees, most_trees = set[str](), 0, 0, 0
    for event in place.events():
        match event:
            case ev.StreamStarted():
                at_work.add(event.name)
                open_trees += 1
            case ev.StreamFinished():
                at_work.discard(event.name)
            case ev.WorktreeRetired() if event.name:
                open_trees -= 1
        most, most_trees = max(most, len(at_work)), max(most_trees, open_trees)
    assert (most, most_trees) == (2, 2)


async def test_what_tools_make_of_sources_is_no_part_of_the_work(tmp_path: Path) -> None:
    compiles = says(call("shell", command="mkdir -p __pycache__ && echo $PWD > __pycache__/both.cpython-311.pyc"))
    auth, shop = [compiles, *does("auth", "R1")], [compiles, *does("shop", "R2")]
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=shop))
    assert await place.go() == "completed", place.events()[-4:]
    assert place.of(ev.IntegrationConflicted) == []
    assert "__pycache__" not in git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH)
    assert [event.quarantine for event in place.of(ev.WorktreeRetired)] == ["", "", ""]


# -- conflicts ----------------------------------------------------------------------------------

APART = (Part("auth", "R1", ["auth/**"]), Part("shop", "R2", ["shop/**"]))
"""Streams that are said not to meet."""


def both(first: str, second: str, whole: list[Turn]) -> StreamingModel:
    """Two streams that write one file, and what the run's own agent does about it."""
    auth = does("auth", "R1", common_dot_py=first)
    return StreamingModel(divides(*APART), auth=auth, shop=does("shop", "R2", common_dot_py=second), whole=whole)


async def test_what_conflicts_goes_to_an_agent_that_is_told_both_sides(tmp_path: Path) -> None:
    resolved = writes({"common.py": "AUTH = 1\nSHOP = 2\n"}, proofs={}, claims_done=False)
    model = both("AUTH = 1\n", "SHOP = 2\n", resolved)
    place = bench(tmp_path, model)
    assert await place.go() == "completed", place.events()[-4:]
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "AUTH = 1\nSHOP = 2"
    (conflicted,) = place.of(ev.IntegrationConflicted)
    assert [(each.path, each.kind) for each in conflicted.conflicts] == [("common.py", "both_added")]
    told = str(model.asked("")[0].messages[0])
    assert "The part auth" in told
    assert "The part shop" in told
    assert "common.py (both added)" in told


async def test_markers_that_are_left_are_found_and_asked_about_again(tmp_path: Path) -> None:
    nothing: list[Turn] = [finishes("I looked", proofs={})]
    resolved = writes({"common.py": "AUTH = 1\nSHOP = 2\n"}, proofs={})
    place = bench(tmp_path, both("AUTH = 1\n", "SHOP = 2\n", nothing + resolved))
    assert await place.go() == "completed", place.events()[-4:]
    assert [event.handed_to for event in place.of(ev.IntegrationConflicted)] == ["agent", "agent"]


async def test_an_agent_that_resolves_by_deleting_is_asked_again(tmp_path: Path) -> None:
    deleted = writes({"common.py": "AUTH = 1\n"}, proofs={})
    restored = writes({"common.py": "AUTH = 1\nSHOP = 2\n"}, proofs={})
    place = bench(tmp_path, both("AUTH = 1\n", "SHOP = 2\n", deleted + restored))
    assert await place.go() == "completed", place.events()[-4:]
    (refused,) = place.of(ev.IntegrationRefused)
    assert "SHOP = 2" in refused.reason
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "AUTH = 1\nSHOP = 2"


async def test_what_agents_cannot_resolve_waits_for_a_person_with_everything_prepared(tmp_path: Path) -> None:
    nothing: list[Turn] = [finishes("I looked", proofs={}), finishes("I looked again", proofs={})]
    place = bench(tmp_path, both("AUTH = 1\n", "SHOP = 2\n", nothing))
    async with place.going() as going:
        state = await place.until(lambda state: state.paused_by == "integration")
        assert "common.py" in state.reason
        root = tmp_path / "state/runs/r1/worktrees/run"
        assert str(root) in state.reason
        assert "<<<<<<<" in (root / "common.py").read_text()
        (root / "common.py").write_text("AUTH = 1\nSHOP = 2\n")
        place.post(rq.Resume(by="ada"))
        assert await going == "completed", place.events()[-4:]
    assert git(place.workspace, "show", f"{BRANCH}:common.py") == "AUTH = 1\nSHOP = 2"


async def test_what_nobody_resolves_is_left_out_and_the_rest_goes_on(tmp_path: Path) -> None:
    nothing: list[Turn] = [finishes("I looked", proofs={}), finishes("I looked again", proofs={})]
    by_hand = writes({"rest.py": "REST = 1\n", **proof_of("both")}, proofs={"R1": ("test_both",), "R2": ("test_both",)})
    model = both("AUTH = 1\n", "SHOP = 2\n", nothing + by_hand)
    place = bench(tmp_path, model)
    async with place.going() as going:
        await place.until(lambda state: state.paused_by == "integration")
        place.post(rq.Resume(by="ada"))
        assert await going == "completed", place.events()[-4:]
    assert sorted(statuses(place).values()) == sorted([INTEGRATED, LEFT_OUT])
    left = next(name for name, status in statuses(place).items() if status is LEFT_OUT)
    # Its work is where it was, and whoever goes on is told.
    assert git(place.workspace, "show", f"{BRANCH}-{left}:common.py")
    assert f"is on the branch {BRANCH}-{left}" in str(model.asked("")[2].messages[0])


def only_one_may_be_there(name: str, requirement: str) -> list[Turn]:
    """A stream whose test holds as long as the other one's module is not there."""
    alone = proof_of(name, "import os", "self.assertEqual(sum(map(os.path.exists, ['auth.py', 'shop.py'])), 1)")
    return writes({f"{name}.py": "X = 1\n", **alone}, proofs={requirement: (f"test_{name}",)})


async def test_a_merge_that_is_clean_and_breaks_the_tests_is_mended_before_it_is_taken(tmp_path: Path) -> None:
    mended = writes({**proof_of("auth"), **proof_of("shop")}, proofs={})
    turns = {"auth": only_one_may_be_there("auth", "R1"), "shop": only_one_may_be_there("shop", "R2")}
    place = bench(tmp_path, StreamingModel(divides(*OWN), **turns, whole=mended))
    assert await place.go() == "completed", place.events()[-4:]
    (refused,) = place.of(ev.IntegrationRefused)
    assert refused.reason.startswith("unit tests: ")
    # The branch never was at a commit whose tests fail.
    assert len(place.of(ev.IntegrationFinished)) == 2
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}


async def test_a_merge_that_nobody_mends_is_left_out(tmp_path: Path) -> None:
    turns = {"auth": only_one_may_be_there("auth", "R1"), "shop": only_one_may_be_there("shop", "R2")}
    nothing: list[Turn] = [finishes("I looked", proofs={}), finishes("I looked again", proofs={})]
    place = bench(tmp_path, StreamingModel(divides(*OWN), **turns, whole=nothing))
    assert await place.go() == "failed"  # nobody has anything to say in what follows
    (left,) = [event for event in place.of(ev.IntegrationFinished) if event.outcome == "left_out"]
    assert left.reason.startswith("merged with what is there, it does not hold: unit tests")
    (there,) = [event for event in place.of(ev.IntegrationFinished) if event.outcome == "integrated"]
    assert git(place.workspace, "rev-parse", BRANCH) == there.commit


# -- streams that end otherwise -----------------------------------------------------------------


async def test_a_stream_that_fails_does_not_take_the_others_along(tmp_path: Path) -> None:
    base, top = Part("base", "R1", ["base.py"]), Part("top", "R2", ["top.py"], after=["base"])
    side = Part("side", "R3", ["side.py"])
    broken: list[Turn] = [says(call("write_file", path="base.py", content="half\n")), fails(ModelFault.INVALID)]
    rest = writes(proof_of("rest"), proofs={"R1": ("test_rest",), "R2": ("test_rest",)})
    place = bench(tmp_path, StreamingModel(divides(base, top, side), base=broken, side=does("side", "R3"), whole=rest))
    assert await place.go() == "completed", place.events()[-4:]
    assert statuses(place) == {"base": LEFT_OUT, "side": INTEGRATED, "top": LEFT_OUT}
    ended = {event.name: event for event in place.of(ev.StreamFinished)}
    assert ended["base"].outcome == "failed"
    assert ended["top"].reason == "it builds on base, which is not part of the work"
    assert git(place.workspace, "show", f"{BRANCH}-base:base.py") == "half"


async def test_no_stream_outlives_a_run_that_failed(tmp_path: Path) -> None:
    top = Part("top", "R3", ["top.py"], after=["auth"])
    refused = [fails(ModelFault.AUTH)]
    place = bench(tmp_path, StreamingModel(divides(*OWN, top), auth=refused, shop=does("shop", "R2"), top=[]))
    assert await place.go() == "failed"
    assert LEFT_OUT in statuses(place).values()
    assert set(statuses(place).values()) <= {INTEGRATED, LEFT_OUT}
    assert "the run ended" in place.state().streams["top"].finished.reason  # type: ignore[union-attr]


async def test_a_stream_whose_share_is_used_up_ends_and_the_run_goes_on(tmp_path: Path) -> None:
    held = Held(says(call("read_file", path="README.md")))
    greedy: list[Turn] = [held, *(says(call("read_file", path="README.md")) for _ in range(40))]
    rest = writes(proof_of("rest"), proofs={"R1": ("test_rest",)})
    model = StreamingModel(divides(*OWN), auth=greedy, shop=does("shop", "R2"), whole=rest)
    place = bench(tmp_path, model, budget_limit="3", max_output_tokens=16_000)
    async with place.going() as going:
        await held.begun.wait()
        place.post(rq.SetBudget(by="ada", limit=Decimal("0.01"), stream="auth"))
        await place.until(lambda state: state.streams["auth"].state.books.limit == Decimal("0.01"))
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    ended = {event.name: event for event in place.of(ev.StreamFinished)}
    assert ended["auth"].outcome == "exhausted"
    assert ended["auth"].reason.startswith("its share of $0.01 does not cover the next request")
    assert ended["shop"].outcome == "completed"
    assert not [event for event in place.of(ev.RunPaused) if event.by == "budget"]


async def test_one_stream_can_be_stopped_and_the_others_go_on(tmp_path: Path) -> None:
    held = Held(says(call("read_file", path="README.md")))
    rest = writes(proof_of("rest"), proofs={"R1": ("test_rest",)})
    first = says(call("write_file", path="auth.py", content="half\n"))
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=[first, held], shop=does("shop", "R2"), whole=rest))
    async with place.going() as going:
        await held.begun.wait()
        place.post(rq.Stop(by="ada", reason="not that", stream="auth"))
        assert await going == "completed", place.events()[-4:]
    assert {event.name: event.outcome for event in place.of(ev.StreamFinished)} == {
        "auth": "stopped",
        "shop": "completed",
    }
    assert git(place.workspace, "show", f"{BRANCH}-auth:auth.py") == "half"


async def test_one_stream_can_be_paused_while_the_others_go_on(tmp_path: Path) -> None:
    held = Held(does("auth", "R1")[0])  # type: ignore[arg-type]
    turns = [held, *does("auth", "R1")[1:]]
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=turns, shop=does("shop", "R2")))
    async with place.going() as going:
        await held.begun.wait()
        place.post(rq.Pause(by="ada", stream="auth"))
        await place.until(lambda state: state.stream_status("auth") is StreamStatus.PAUSED)
        held.go_on.set()
        state = await place.until(lambda state: state.stream_status("shop") is INTEGRATED)
        assert state.stream_status("auth") is StreamStatus.PAUSED
        assert state.paused_by is None
        place.post(rq.Resume(by="ada", stream="auth"))
        assert await going == "completed", place.events()[-4:]


async def test_a_stopped_run_leaves_what_its_streams_did_on_their_branches(tmp_path: Path) -> None:
    held = Held(says(call("read_file", path="README.md")))
    first = says(call("write_file", path="auth.py", content="half\n"))
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=[first, held], shop=does("shop", "R2")))
    async with place.going() as going:
        await held.begun.wait()
        place.post(rq.Stop(by="ada"))
        assert await going == "stopped"
    assert git(place.workspace, "show", f"{BRANCH}-auth:auth.py") == "half"
    assert not git(place.workspace, "status", "--porcelain")


# -- plans --------------------------------------------------------------------------------------


async def test_streams_that_go_in_circles_are_asked_for_again_and_then_done_without(tmp_path: Path) -> None:
    bad = (Part("auth", "R1", ["a"], after=["shop"]), Part("shop", "R2", ["b"], after=["auth"]))
    done = writes(proof_of("all"), proofs={"R1": ("test_all",), "R2": ("test_all",)})
    model = StreamingModel(divides(*bad), divides(*bad), whole=done)
    place = bench(tmp_path, model)
    assert await place.go() == "completed", place.events()[-4:]
    state = place.state()
    assert not state.streams
    assert list(state.requirements) == ["R1", "R2"]
    assert any("done one after another" in warning and "circle" in warning for warning in state.warnings)


async def test_an_ordinary_plan_of_one_stream_is_an_ordinary_run(tmp_path: Path) -> None:
    done = writes(proof_of("all"), proofs={"R1": ("test_all",)})
    place = bench(tmp_path, StreamingModel(divides(Part("all", "R1", ["."])), whole=done))
    assert await place.go() == "completed", place.events()[-4:]
    assert not place.state().streams
    assert git(place.workspace, "ls-tree", "--name-only", BRANCH, "test_all.py")
    assert not (place.workspace / "test_all.py").exists()


async def test_a_run_that_is_not_parallel_plans_and_works_as_ever(tmp_path: Path) -> None:
    model = ScriptedModel(*writes(proof_of("that"), proofs={"R1": ("test_that",)}), plan=plans("It works"))
    place = make_bench(tmp_path, model)
    assert await place.go() == "completed"
    (asked,) = model.requests[:1]
    assert "streams" not in str(asked.tools[0].schema_)
    assert "streams" not in asked.system


@pytest.mark.parametrize("moved", ["person", "branch"])
async def test_people_may_go_on_committing(tmp_path: Path, moved: str) -> None:
    held = Held(does("auth", "R1")[0])  # type: ignore[arg-type]
    place = bench(
        tmp_path, StreamingModel(divides(*OWN), auth=[held, *does("auth", "R1")[1:]], shop=does("shop", "R2"))
    )
    async with place.going() as going:
        await held.begun.wait()
        if moved == "person":
            (place.workspace / "mine.txt").write_text("mine\n")
            git(place.workspace, "add", "-A")
            git(place.workspace, "commit", "-qm", "Mine")
        else:
            tree = git(place.workspace, "rev-parse", f"{BRANCH}^{{tree}}")
            tip = git(place.workspace, "rev-parse", BRANCH)
            other = git(place.workspace, "commit-tree", tree, "-p", tip, "-m", "Theirs")
            git(place.workspace, "update-ref", f"refs/heads/{BRANCH}", other)
        held.go_on.set()
        assert await going == "completed", place.events()[-4:]
    if moved == "person":
        assert git(place.workspace, "log", "-1", "--format=%s", "main") == "Mine"
    else:
        assert "Theirs" in git(place.workspace, "log", "--format=%s", BRANCH)


@pytest.mark.parametrize("rung", ["bwrap", "landlock"])
@pytest.mark.parametrize("allowed", [None, ("src",)])
async def test_the_badge_names_worktrees_and_not_the_persons_directory(
    tmp_path: Path, allowed: tuple[str, ...] | None, rung: str
) -> None:
    model = StreamingModel(divides(Part("all", "R1", ["."])), whole=[says("Stop", stop="refusal")])
    place = bench(tmp_path, model, allowed_paths=allowed, confinement=rung)
    (place.workspace / "src").mkdir()
    (place.workspace / "src/a.py").write_text("")
    git(place.workspace, "add", "-A")
    git(place.workspace, "commit", "-qm", "More")
    await place.go()
    (started,) = place.of(ev.EngineStarted)
    root = tmp_path / "state/runs/r1/worktrees"
    assert started.confinement.writable == (f"{root}/*/src" if allowed else f"{root}/*",)
    assert any("but for the repository's hooks" in leaf for leaf in started.confinement.uncovered)
    # And that is so: what an agent there is told is its own worktree.
    assert f"can write only to {root}/run{'/src' if allowed else ''} and" in model.asked("")[0].system
