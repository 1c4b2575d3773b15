"""The council on real work: who votes, what counts, and what an engine that died leaves to the next."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core.errors import ModelError, ModelFault
from loki_tui.core.vocabulary import Proof, Purpose, Verdict
from loki_tui.engine.asking import RetriesExhaustedError
from loki_tui.engine.charges import ADVOCATE
from loki_tui.engine.ports import ModelAnswer, ModelRequest
from tests.support.panels import Chorus, Desk, charge_of, desk_of, script
from tests.support.runs import Bench, make_bench
from tests.support.scripted import Held, ScriptedModel, Turn, call, fails, says, votes

APPROVE = votes("approve", "All is there", evidence=("clip.py:2 clips", "unit tests: pass"))
REJECT = votes("reject", "R2 is not measured", evidence=("clip.py:4",), unmet=("R2",))
NOWHERE = votes("approve", "Perfect", evidence=("src/nowhere.py:3", "the code", "R99"))
PROSE = says("I think it is complete.", stop="end")


def bench_of(tmp_path: Path, turn: Turn, **settings: object) -> Bench:
    bench = make_bench(tmp_path, ScriptedModel(), **{"council_enabled": True, **settings})
    script(bench, Purpose.VOTE, turn)
    return bench


def by_member(desk: Desk) -> dict[str, ev.VoteCast]:
    return {vote.member: vote for vote in desk.state.council.votes}


async def test_a_council_that_approves_hears_an_advocate(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
    assert decided.approved
    assert (decided.approving, decided.needed) == (3, 2)
    assert decided.tree == desk.checkpoint.tree
    (convened,) = bench.of(ev.CouncilConvened)
    assert convened.members == ("requirements", "tests", "advocate")
    assert (convened.sitting, convened.trigger, convened.iteration) == (1, "claim", 1)
    assert [vote.member for vote in bench.of(ev.VoteCast)][-1] == ADVOCATE
    assert len(bench.of(ev.VoteCast)) == 4
    assert all(vote.charge for vote in bench.of(ev.VoteCast))


async def test_an_advocate_who_finds_something_blocks_unanimity(tmp_path: Path) -> None:
    """The predecessor only took one vote away: three of three became two of three, and that was still enough."""
    bench = bench_of(tmp_path, Chorus(APPROVE, Every=[REJECT]))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
        assert by_member(desk)[ADVOCATE].verdict == "reject"
    assert not decided.approved
    assert decided.approving == 3
    assert "the devil's advocate found: R2 is not measured" in decided.reason


async def test_an_advocate_who_cites_nothing_that_exists_blocks_nothing(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE, Every=[votes("reject", "Bad", evidence=("nowhere.py",))]))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
        assert by_member(desk)[ADVOCATE].void == "nothing that it cites exists"
    assert decided.approved


async def test_members_see_the_case_and_not_each_other(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE))
    async with desk_of(bench) as desk:
        await desk.sit()
    asked = bench.model.sent(Purpose.VOTE)
    assert len({request.system for request in asked}) == 4
    for request in asked:
        assert [tool.name for tool in request.tools] == ["read_file", "list_files", "search_files", "cast_vote"]
        (brief,) = request.messages
        assert "It works." in brief.text
        assert "R2: It is fast" in brief.text
        assert "unit tests: passed: 1 test passes" in brief.text
        assert "+    return min(x, high)" in brief.text
        assert "All is there" not in brief.text


async def test_one_who_objects_does_not_outvote_the_threshold(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE, Judge=[REJECT]))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
        assert ADVOCATE not in by_member(desk)
    assert decided.approved
    assert decided.approving == 2


async def test_a_council_that_rejects_says_what_is_missing(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(REJECT))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
        assert {vote.unmet for vote in by_member(desk).values()} == {("R2",)}
    assert not decided.approved
    assert decided.reason.startswith("0 of 3 approve, 2 needed")
    assert "R2 is not measured" in decided.reason


@pytest.mark.parametrize(
    ("turn", "said"),
    [
        (PROSE, "it answered in prose"),
        (says(call("cast_vote", verdict="maybe", reasons=["?"])), "malformed"),
        (says(call("shell", command="touch x")), "did not call cast_vote"),
        (fails(ModelFault.INVALID), "scripted invalid"),
        (fails(ModelFault.TOO_LONG), "scripted too_long"),
    ],
)
async def test_a_member_without_a_usable_vote_counts_as_a_reject(tmp_path: Path, turn: Turn, said: str) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE, Go=[turn], Judge=[turn]))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
        silent = by_member(desk)["tests"]
    assert (silent.verdict, silent.void) == ("reject", "")
    assert said in silent.reasons[0]
    assert not decided.approved
    assert decided.approving == 1


async def test_a_vote_that_cites_only_what_is_not_there_is_void(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(NOWHERE))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
        assert {vote.void for vote in by_member(desk).values()} == {"nothing that it cites exists"}
    assert not decided.approved
    assert decided.approving == 0


@pytest.mark.parametrize("verdict", [Verdict.FAILED, Verdict.ERROR, Verdict.NOT_RUN, Verdict.NOT_APPLICABLE])
async def test_no_vote_turns_a_required_fact_green(tmp_path: Path, verdict: Verdict) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE))
    async with desk_of(bench) as desk:
        desk.note(desk.fact(desk.checkpoint, verdict, "who knows"))
        decided = await desk.sit()
        voids = {vote.void for vote in by_member(desk).values()}
    assert voids == {f"contradicts: unit tests {verdict.replace('_', ' ')}"}
    assert not decided.approved


async def test_what_fails_cannot_be_passed_over(tmp_path: Path) -> None:
    mentions = votes("approve", "R1 fails for a reason that the document allows", evidence=("clip.py",))
    bench = bench_of(tmp_path, Chorus(APPROVE, Judge=[mentions]))
    async with desk_of(bench) as desk:
        desk.judge("R1", Proof.FAILING, "test_clip fails")
        await desk.sit()
        assert by_member(desk)["tests"].void == ""
        assert by_member(desk)["requirements"].void == "contradicts: R1 is known to fail"


@pytest.mark.parametrize(("size", "threshold"), [(1, 1), (9, 9), (9, 5)])
async def test_sizes(tmp_path: Path, size: int, threshold: int) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE), council_size=size, council_threshold=threshold)
    async with desk_of(bench) as desk:
        decided = await desk.sit()
    (convened,) = bench.of(ev.CouncilConvened)
    assert len(set(convened.members)) == size
    assert ADVOCATE not in convened.members
    assert (decided.approved, decided.approving, decided.needed) == (True, size, threshold)


async def test_one_missing_vote_of_nine_is_one_too_few(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE, Take=[REJECT, APPROVE]), council_size=9, council_threshold=9)
    async with desk_of(bench) as desk:
        decided = await desk.sit()
    assert (decided.approved, decided.approving) == (False, 8)


async def test_members_hold_places(tmp_path: Path) -> None:
    at_work: set[str] = set()
    most = 0

    async def turn(request: ModelRequest) -> ModelAnswer:
        nonlocal most
        at_work.add(request.conversation)
        most = max(most, len(at_work))
        await asyncio.sleep(0)
        at_work.remove(request.conversation)
        return await Chorus(APPROVE)(request)

    bench = bench_of(tmp_path, turn, council_size=5, council_threshold=3, max_parallel_agents=2)
    async with desk_of(bench) as desk:
        await desk.sit()
    assert most == 2
    assert [charge_of(request) for request in bench.model.sent(Purpose.VOTE)][:5] == ["Go", "Judge", "Take", "Be", "Be"]


async def test_members_read_a_clean_checkout_and_can_change_nothing(tmp_path: Path) -> None:
    looks = says(
        call("read_file", path="clip.py"),
        call("list_files"),
        call("search_files", pattern="min"),
        call("write_file", path="clip.py", content="x"),
        call("shell", command="touch made"),
    )
    bench = bench_of(tmp_path, Chorus(APPROVE, Go=[looks, APPROVE]))
    async with desk_of(bench) as desk:
        (bench.workspace / "clip.py").write_text("changed since\n")
        await desk.sit()
    told = [part for part in bench.model.sent(Purpose.VOTE)[3].messages[-1].parts if part.type == "tool_result"]
    assert "if x < low" in told[0].content
    assert told[1].content.splitlines()[1:-1] == ["README.md", "clip.py", "test_it.py"]
    assert "clip.py:4:" in told[2].content
    assert "There is no tool 'write_file' here" in told[3].content
    assert "There is no tool 'shell' here" in told[4].content
    assert (bench.workspace / "clip.py").read_text() == "changed since\n"


# -- engines that end ---------------------------------------------------------------------------


async def test_votes_that_were_cast_outlive_the_engine(tmp_path: Path) -> None:
    held = Held(APPROVE)
    looks = says(call("read_file", path="clip.py"))
    bench = bench_of(tmp_path, Chorus(APPROVE, Judge=[looks, held]))
    async with desk_of(bench) as desk:
        sitting = asyncio.create_task(desk.sit())
        await held.begun.wait()
        async with asyncio.timeout(20):
            while len(desk.state.council.votes) < 2:  # noqa: ASYNC110 - there is no event for it
                await asyncio.sleep(0)
        sitting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await sitting
    held.go_on.set()
    before = len(bench.model.sent(Purpose.VOTE))
    async with desk_of(bench) as desk:
        decided = await desk.sit()
    assert decided.approved
    again = bench.model.sent(Purpose.VOTE)[before:]
    assert [charge_of(request) for request in again] == ["Judge", "Every"]
    assert len(again[0].messages) == 3, "what the member had read was lost"
    assert len(bench.of(ev.CouncilConvened)) == 1
    assert [vote.member for vote in bench.of(ev.VoteCast)].count("requirements") == 1


async def test_what_was_being_read_when_an_engine_died_is_settled(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE))
    async with desk_of(bench) as desk:
        members = ("requirements", "tests", "advocate")
        desk.note(ev.CouncilConvened(sitting=1, reason="", members=members, tree=desk.checkpoint.tree))
        asked = ev.ModelRequested(request="m1", purpose=Purpose.VOTE, agent="council tests", model="m")
        look = call("read_file", path="clip.py")
        desk.note(asked, ev.ModelAnswered(request="m1", parts=(look,), stop="tool_use", usage=says().usage))
        desk.note(
            ev.ActionStarted(
                action="a1", call=look.id, agent="council tests", tool=look.name, input=look.input, risk="read"
            )
        )
    async with desk_of(bench) as desk:
        assert (await desk.sit()).approved
        assert not desk.state.in_flight
    (tests,) = [request for request in bench.model.sent(Purpose.VOTE) if charge_of(request) == "Judge"]
    assert "Interrupted" in tests.messages[-1].parts[0].content  # type: ignore[union-attr]


async def test_a_new_tree_is_a_new_sitting(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(REJECT))
    async with desk_of(bench) as desk:
        await desk.sit()
        await desk.work({"more.py": "x = 1\n"})
        await desk.sit()
    assert [convened.sitting for convened in bench.of(ev.CouncilConvened)] == [1, 2]
    assert len(bench.of(ev.VoteCast)) == 6


@pytest.mark.parametrize("fault", [ModelFault.AUTH, ModelFault.UNKNOWN_MODEL])
async def test_what_befalls_every_member_ends_the_sitting(tmp_path: Path, fault: ModelFault) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE, Go=[fails(fault)]))
    async with desk_of(bench) as desk:
        with pytest.raises(ModelError, match=fault.value):
            await desk.sit()
    assert not bench.of(ev.CouncilDecided)


async def test_members_who_time_out_are_asked_again_and_then_no_more(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE, Judge=[fails(ModelFault.STALLED), APPROVE]))
    async with desk_of(bench) as desk:
        assert (await desk.sit()).approved
    (tmp_path / "other").mkdir()
    for_ever = bench_of(tmp_path / "other", Chorus(APPROVE, Judge=[fails(ModelFault.STALLED)]), max_retries=2)
    async with desk_of(for_ever) as desk:
        with pytest.raises(RetriesExhaustedError):
            await desk.sit()


async def test_hands_that_cannot_be_had_approve_nothing(tmp_path: Path) -> None:
    bench = bench_of(tmp_path, Chorus(APPROVE))
    async with desk_of(bench) as desk:
        gone = desk.checkpoint.model_copy(update={"checkpoint": "c99"})
        await desk.council.sit(gone, trigger="claim", reason="")
        assert desk.state.council.decided is not None
        assert not desk.state.council.decided.approved
        assert "could not sit" in desk.state.council.decided.reason
