"""Whole parallel runs: real journal, real git, real worktrees, real hands; only the model is scripted."""

from __future__ import annotations

from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.vocabulary import StreamStatus
from tests.support.git import git
from tests.support.parallel import Part, StreamingModel, divides, test_of, writes
from tests.support.runs import Bench, make_bench

BRANCH = "loki/r1"

TWO = (Part("auth", "R1", ["auth.py", "tests/test_auth.py"]), Part("shop", "R2", ["shop.py", "tests/test_shop.py"]))


def bench(tmp_path: Path, model: StreamingModel, **settings: object) -> Bench:
    return make_bench(tmp_path, model, parallel_mode=True, **settings)


def does(name: str, requirement: str) -> list:
    return writes({f"{name}.py": f"NAME = {name!r}\n", **test_of(name)}, proofs={requirement: (f"test_{name}",)})


async def test_two_independent_streams_come_together_on_the_runs_branch(tmp_path: Path) -> None:
    place = bench(tmp_path, StreamingModel(divides(*TWO), auth=does("auth", "R1"), shop=does("shop", "R2")))
    before = git(place.workspace, "rev-parse", "HEAD")
    assert await place.go() == "completed", place.events()[-4:]
    state = place.state()
    assert {state.stream_status(name) for name in state.streams} == {StreamStatus.INTEGRATED}
    files = git(place.workspace, "ls-tree", "-r", "--name-only", BRANCH).splitlines()
    assert {"auth.py", "shop.py", "tests/test_auth.py", "tests/test_shop.py"} <= set(files)
    assert git(place.workspace, "rev-parse", BRANCH) == state.commit
    # The person's own directory and branch are as they were.
    assert git(place.workspace, "rev-parse", "HEAD") == before
    assert not (place.workspace / "auth.py").exists()
    assert [event.removed for event in place.of(ev.WorktreeRetired)] == [True, True]
