"""Hands that are killed in front of any git command that writes: done again, every step comes to the same.

In front of one that only looks the world is as it is in front of the next one that writes.
"""

from __future__ import annotations

import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from loki_tui.core.errors import LokiError
from loki_tui.engine.grounds import Ground
from loki_tui.runtime.worktrees import GitWorktrees
from tests.support.git import git, state, write
from tests.support.worktrees import BRANCH, RUN, Bench

_GIT = """#!/bin/bash
# Counts, and in front of one command kills the hands it runs in; then it waits to be ended with them.
case $1 in
  add|clean|commit-tree|merge|read-tree|reset|symbolic-ref|update-index|update-ref|worktree) ;;
  *) exec {git} "$@" ;;
esac
exec 9>'{place}/lock'; flock 9
count=$(( $(cat '{place}/count') + 1 ))
echo $count >'{place}/count'
if [ $count -eq "$(cat '{place}/fatal')" ]; then
  process=$$
  until [[ $(cat /proc/$process/comm) == python* ]]; do process=$(awk '{{ print $4 }}' /proc/$process/stat); done
  kill -9 $process
  exec tail -f /dev/null
fi
exec 9>&-
exec {git} "$@"
"""

Step = Callable[[GitWorktrees], Awaitable[object]]


class Sweep:
    """Does a step of work with the hands killed in front of its first writing command, its second, and so on."""

    def __init__(self, base: Path) -> None:
        self.bench = Bench(base)
        self._place = base / "deadly"
        self._place.mkdir()
        wrapper = self._place / "git"
        wrapper.write_text(_GIT.format(place=self._place, git=shutil.which("git")))
        wrapper.chmod(0o755)
        self.bench.path = f"{self._place}:{self.bench.path}"
        self._arm(0)

    def _arm(self, fatal: int) -> None:
        (self._place / "count").write_text("0\n")
        (self._place / "fatal").write_text(f"{fatal}\n")

    @property
    def killed(self) -> bool:
        """Whether the step got as far as the deadly command."""
        return int((self._place / "count").read_text()) >= int((self._place / "fatal").read_text())

    async def over(self, step: Step, *, ready: Step, holds: Callable[[], object]) -> None:
        """Do a step once for each of its git commands, and then again; everything has to come to the same.

        Args:
            step: What is done.
            ready: What is done before.
            holds: What the world then is.
        """
        await ready(self.bench.worktrees())
        copy = self.bench.base.with_name("copy")
        shutil.copytree(self.bench.base, copy, symlinks=True)
        await step(self.bench.worktrees())
        wanted = holds()
        for fatal in range(1, 200):
            self._restore(copy)
            self._arm(fatal)
            try:
                await step(self.bench.worktrees())
            except LokiError:
                assert self.killed
            if not self.killed:
                assert fatal > 2
                return
            self._arm(0)
            await step(self.bench.worktrees())
            assert holds() == wanted, f"killed in front of command {fatal}"
        raise AssertionError("it never ended")

    def _restore(self, copy: Path) -> None:
        shutil.rmtree(self.bench.base)
        shutil.copytree(copy, self.bench.base, symlinks=True)

    def seen(self) -> object:
        """All that has to be the same, but for names of commits, which hold the time."""
        bench = self.bench
        trees = git(bench.workspace, "for-each-ref", "--format=%(refname) %(tree)").splitlines()
        places = git(bench.workspace, "worktree", "list", "--porcelain").split("\n\n")
        stats = [
            git(Path(place.split("\n")[0].removeprefix("worktree ")), "status", "--porcelain", "-b") for place in places
        ]
        files = {root.name: state(root) for root in bench.state.prepare_run(RUN).worktrees.glob("*")}
        admins = {
            path.name: sorted(each.name for each in path.iterdir() if each.name not in _VARYING)
            for path in (bench.common / "worktrees").glob("*")
        }
        return trees, stats, files, admins, state(bench.workspace)


_VARYING = {"ORIG_HEAD", "COMMIT_EDITMSG", "AUTO_MERGE", "logs", "refs", "loki-index", "loki-merge.new", "FETCH_HEAD"}


@pytest.fixture
def sweep(tmp_path: Path) -> Sweep:
    (tmp_path / "bench").mkdir()
    return Sweep(tmp_path / "bench")


async def _ground(sweep: Sweep, trees: GitWorktrees) -> Ground:
    return await trees.open("integration", branch=BRANCH, base=git(sweep.bench.workspace, "rev-parse", "main"))


async def _two_sides(sweep: Sweep, trees: GitWorktrees) -> None:
    await _ground(sweep, trees)
    await sweep.bench.stream(trees, "one", {"a": "one\n", "new": "1\n"})
    await sweep.bench.stream(trees, "two", {"a": "two\n", "b": "2\n"})


async def test_opening(sweep: Sweep) -> None:
    async def nothing(_: GitWorktrees) -> None:
        sweep.bench.state.prepare()

    await sweep.over(lambda trees: _ground(sweep, trees), ready=nothing, holds=sweep.seen)


async def test_committing(sweep: Sweep) -> None:
    async def ready(trees: GitWorktrees) -> None:
        write((await _ground(sweep, trees)).root, {"a": "2\n", "new": "1\n"})

    async def step(trees: GitWorktrees) -> None:
        await (await _ground(sweep, trees)).repository.commit(BRANCH, subject="Work", body="")

    await sweep.over(step, ready=ready, holds=sweep.seen)


async def test_a_clean_merge_up_to_the_branch(sweep: Sweep) -> None:
    async def step(trees: GitWorktrees) -> None:
        ground, base = await _ground(sweep, trees), git(sweep.bench.workspace, "rev-parse", "main")
        merged = await trees.merge(ground, sweep.bench.tip(f"{BRANCH}-one"), message="one")
        assert merged.commit
        assert await trees.advance(BRANCH, to=merged.commit, expected=base)

    await sweep.over(step, ready=lambda trees: _two_sides(sweep, trees), holds=sweep.seen)


async def _with_one(sweep: Sweep, trees: GitWorktrees) -> None:
    await _two_sides(sweep, trees)
    ground = await _ground(sweep, trees)
    merged = await trees.merge(ground, sweep.bench.tip(f"{BRANCH}-one"), message="one")
    assert await trees.advance(BRANCH, to=merged.commit, expected=sweep.bench.head())


async def test_a_merge_with_a_conflict(sweep: Sweep) -> None:
    async def step(trees: GitWorktrees) -> None:
        merged = await trees.merge(await _ground(sweep, trees), sweep.bench.tip(f"{BRANCH}-two"), message="two")
        assert [(conflict.path, conflict.kind) for conflict in merged.conflicts] == [("a", "content")]

    await sweep.over(step, ready=lambda trees: _with_one(sweep, trees), holds=sweep.seen)


async def _resolved(sweep: Sweep, trees: GitWorktrees) -> None:
    await _with_one(sweep, trees)
    ground = await _ground(sweep, trees)
    await trees.merge(ground, sweep.bench.tip(f"{BRANCH}-two"), message="two")
    write(ground.root, {"a": "one\ntwo\n", "more": "1\n"})


async def test_concluding_a_conflict(sweep: Sweep) -> None:
    async def step(trees: GitWorktrees) -> None:
        done = await trees.conclude(await _ground(sweep, trees), sweep.bench.tip(f"{BRANCH}-two"), message="two")
        assert done.commit
        parents = git(sweep.bench.workspace, "log", "-1", "--format=%P", done.commit).split()
        assert parents == [sweep.bench.tip(), sweep.bench.tip(f"{BRANCH}-two")]

    await sweep.over(step, ready=lambda trees: _resolved(sweep, trees), holds=sweep.seen)


async def test_giving_a_conflict_up(sweep: Sweep) -> None:
    async def step(trees: GitWorktrees) -> None:
        await trees.abandon(await _ground(sweep, trees))

    await sweep.over(step, ready=lambda trees: _resolved(sweep, trees), holds=sweep.seen)


@pytest.mark.parametrize("dirty", [False, True])
async def test_retiring(sweep: Sweep, dirty: bool) -> None:
    async def ready(trees: GitWorktrees) -> None:
        ground = await _ground(sweep, trees)
        if dirty:
            write(ground.root, {"a": "2\n", "untracked": "1\n", ".env": "KEY=1\n", "node_modules/x": "1\n"})

    async def step(trees: GitWorktrees) -> None:
        assert (await trees.retire("integration")).removed

    await sweep.over(step, ready=ready, holds=sweep.seen)
    assert len(sweep.bench.refs()) == dirty
