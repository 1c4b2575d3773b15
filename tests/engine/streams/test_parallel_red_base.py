"""Whole parallel runs on a repository whose tests are red before: streams are not held to that, the whole is."""

from __future__ import annotations

from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import Proof, Verdict
from loki_tui.engine.qa.phase import UNIT_TESTS
from tests.engine.streams.test_parallel import BRANCH, INTEGRATED, LEFT_OUT, OWN, bench, does, statuses
from tests.support.git import git, write
from tests.support.parallel import StreamingModel, divides, proof_of, writes
from tests.support.runs import Bench
from tests.support.scripted import Turn, finishes

OLD = "since before the run"


def with_red_base(place: Bench) -> None:
    """Have a test fail at the commit that the run begins at."""
    write(place.workspace, proof_of("old", "self.assertEqual(1, 2)"))
    git(place.workspace, "add", "-A")
    git(place.workspace, "commit", "-qm", "Break it")


async def test_streams_are_integrated_all_the_same_and_the_whole_is_mended_before_it_is_complete(
    tmp_path: Path,
) -> None:
    mended = writes(proof_of("old"), proofs={})
    model = StreamingModel(divides(*OWN), auth=does("auth", "R1"), shop=does("shop", "R2"), whole=mended)
    place = bench(tmp_path, model)
    with_red_base(place)
    assert await place.go() == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    assert place.of(ev.IntegrationRefused) == []
    ended = {event.name: event.reason for event in place.of(ev.StreamFinished)}
    assert "1 of 3 tests fail (failed before the run, too: test_old.T.test_old)" in ended["auth"]
    # The whole is told what is red, and is not complete before that is green.
    asked, *_ = model.asked("")
    assert "unit tests" in str(asked.messages[0])
    assert "test_old" in str(asked.messages[0])
    state = place.state()
    assert state.phases[UNIT_TESTS].verdict is Verdict.PASSED
    assert state.phases[UNIT_TESTS].excused == ""
    assert [warning for warning in state.warnings if OLD in warning] == [
        "These tests fail since before the run, so no stream is held to them; the whole is: test_old.T.test_old"
    ]


async def test_a_run_that_nobody_mends_is_never_complete(tmp_path: Path) -> None:
    nothing: list[Turn] = [finishes("All is done", proofs={}) for _ in range(8)]
    model = StreamingModel(divides(*OWN), auth=does("auth", "R1"), shop=does("shop", "R2"), whole=nothing)
    place = bench(tmp_path, model, council_stagnation_limit=2)
    with_red_base(place)
    assert await place.go() == "stagnated"
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    state = place.state()
    assert all(judged.proof is Proof.PROVEN for judged in state.requirements.values())
    assert (state.phases[UNIT_TESTS].verdict, state.phases[UNIT_TESTS].excused) == (Verdict.FAILED, "")


async def test_what_a_stream_breaks_besides_is_its_own_fault(tmp_path: Path) -> None:
    alone = ("import os", "self.assertEqual(sum(map(os.path.exists, ['auth.py', 'shop.py'])), 1)")
    auth, shop = (
        writes({f"{name}.py": "X = 1\n", **proof_of(name, *alone)}, proofs={key: (f"test_{name}",)})
        for name, key in (("auth", "R1"), ("shop", "R2"))
    )
    nothing: list[Turn] = [finishes("I looked", proofs={}), finishes("I looked again", proofs={})]
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=shop, whole=nothing))
    with_red_base(place)
    assert await place.go() == "failed"  # nobody has anything to say in what follows
    assert sorted(statuses(place).values()) == sorted([INTEGRATED, LEFT_OUT])
    (refused, *_) = place.of(ev.IntegrationRefused)
    assert refused.reason.startswith("unit tests: 3 of ")


async def test_a_stream_that_mends_what_was_red_is_taken_with_it(tmp_path: Path) -> None:
    auth = writes({"auth.py": "X = 1\n", **proof_of("auth"), **proof_of("old")}, proofs={"R1": ("test_auth",)})
    place = bench(tmp_path, StreamingModel(divides(*OWN), auth=auth, shop=does("shop", "R2")))
    with_red_base(place)
    assert await place.go() == "completed", place.events()[-4:]
    assert statuses(place) == {"auth": INTEGRATED, "shop": INTEGRATED}
    assert "assertEqual" not in git(place.workspace, "show", f"{BRANCH}:test_old.py")
