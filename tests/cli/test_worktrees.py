"""`loki worktrees`, as people and scripts use it."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from loki_tui.engine.grounds import Ground
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.build import demands_of
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.runtime.worktrees import Base, GitWorktrees
from loki_tui.store.checkpoints import GitCheckpoints
from loki_tui.store.lock import EngineLock
from tests.support.git import git, write
from tests.support.program import Program


@pytest.fixture
def around(loki: Program) -> Surroundings:
    return Surroundings.here(os.environ, loki.workspace)


async def stream(around: Surroundings, name: str, *, run: str = "r1") -> Ground:
    """A worktree that a run left."""
    state, workspace = around.project.state, around.project.workspace
    state.prepare()
    directories = state.prepare_run(run)
    demands, settings = demands_of(around, around.settings(), private=directories.home), around.settings()
    base = Base(
        run=run,
        workspace=workspace,
        directories=directories,
        demands=demands,
        workspaces=open_workspaces(demands, settings),
        checkpoints=GitCheckpoints(state.checkpoints, workspace=workspace),
    )
    return await GitWorktrees(base).open(name, branch=f"loki/{run}-{name}", base="HEAD")


async def test_where_there_is_none(loki: Program) -> None:
    done = await loki("worktrees", "list")
    assert (done.code, done.out) == (0, "")
    assert "There is no worktree of a run, and nothing was quarantined." in done.err
    assert (await loki("worktrees", "prune")).code == 0


async def test_each_is_listed_with_how_it_stands(loki: Program, around: Surroundings) -> None:
    await stream(around, "clean")
    dirty = await stream(around, "dirty")
    write(dirty.root, {"untracked": "1\n", ".env": "1\n"})
    missing = await stream(around, "missing")
    shutil.rmtree(missing.root)
    locked = await stream(around, "locked")
    git(loki.workspace, "worktree", "unlock", str(locked.root))
    git(loki.workspace, "worktree", "lock", "--reason=mine", str(locked.root))
    write(around.project.state.prepare_run("r2").worktrees / "unknown", {"x": "1\n"})
    objects = sorted((loki.workspace / ".git/objects").rglob("*"))

    done = await loki("worktrees", "list", "--json")
    assert done.code == 0
    found = {row["worktree"]: row for row in done.rows}
    assert {name: row["state"] for name, row in found.items()} == {
        "clean": "clean",
        "dirty": "unsaved",
        "missing": "missing",
        "locked": "locked",
        "unknown": "unknown",
    }
    assert found["dirty"]["why"] == "it has uncommitted files"
    assert set(found["dirty"]["files"]) >= {"untracked"}
    assert found["dirty"]["branch"] == "loki/r1-dirty"
    assert found["dirty"]["path"] == str(dirty.root)
    assert found["clean"]["why"] == ""
    assert sorted((loki.workspace / ".git/objects").rglob("*")) == objects, "looking leaves no trace"
    lines = (await loki("worktrees", "list")).out.splitlines()
    assert any(line.startswith("unsaved    r1/dirty  on loki/r1-dirty") for line in lines)

    done = await loki("worktrees", "prune", "--json")
    assert done.code == 1, "something stays"
    kept = {row["worktree"]: row for row in done.rows}
    assert {name for name, row in kept.items() if not row["removed"]} == {"locked", "unknown"}
    assert kept["dirty"]["quarantine"] == "refs/loki/quarantine/r1/dirty/1"
    assert not dirty.root.exists()
    assert locked.root.exists()
    assert git(loki.workspace, "branch", "--list", "loki/*").count("loki/r1-") == 4
    git(loki.workspace, "worktree", "unlock", str(locked.root))
    told = (await loki("worktrees", "list")).out
    assert "quarantine r1/dirty/1" in told


async def test_a_quarantine_comes_back_and_writes_over_nothing(
    loki: Program, around: Surroundings, tmp_path: Path
) -> None:
    ground = await stream(around, "one")
    write(ground.root, {"untracked": "1\n", "sub/x": "2\n"})
    assert (await loki("worktrees", "prune")).out.startswith("quarantined r1/one (it has uncommitted files): refs/")

    assert (await loki("worktrees", "restore", "r1/one/1")).code == 2
    assert "no quarantine 'r1/one/2'" in (await loki("worktrees", "restore", "r1/one/2", "--to", "x")).err
    occupied = tmp_path / "occupied"
    write(occupied, {"untracked": "mine\n"})
    refused = await loki("worktrees", "restore", "r1/one/1", "--to", str(occupied))
    assert (refused.code, "is there already" in refused.err) == (2, True)
    assert (occupied / "untracked").read_text() == "mine\n"
    link = tmp_path / "link"
    link.symlink_to(tmp_path / "elsewhere")
    assert (await loki("worktrees", "restore", "r1/one/1", "--to", str(link))).code == 2
    assert (await loki("worktrees", "restore", "r1/one/1", "--branch", "main")).code == 1
    assert (await loki("worktrees", "restore", "r1/one/1", "--branch", "a..b")).code == 1

    to = tmp_path / "new" / "place"
    done = await loki("worktrees", "restore", "r1/one/1", "--to", str(to), "--branch", "rescued", "--json")
    assert done.rows == [{"quarantine": "r1/one/1", "to": str(to), "branch": "rescued"}]
    assert (to / "untracked").read_text() == "1\n"
    assert (to / "sub/x").read_text() == "2\n"
    assert git(loki.workspace, "show", "rescued:sub/x") == "2"
    assert git(loki.workspace, "for-each-ref", "--format=%(refname)", "refs/loki/quarantine"), "the quarantine stays"
    assert git(loki.workspace, "status", "--porcelain") == ""


async def test_a_run_at_work_keeps_its_worktrees(loki: Program, around: Surroundings) -> None:
    mine, other = await stream(around, "one"), await stream(around, "one", run="r2")
    with EngineLock.acquire(around.project.state, run="r1"):
        states = {row["run"]: row["state"] for row in (await loki("worktrees", "list", "--json")).rows}
        assert states == {"r1": "at work", "r2": "clean"}
        refused = await loki("worktrees", "prune", "--run", "r1")
        assert (refused.code, "is at work" in refused.err) == (2, True)
        assert (await loki("worktrees", "prune")).code == 0
    assert mine.root.exists()
    assert not other.root.exists()
    assert (await loki("worktrees", "prune", "--run", "nobody")).code == 2


async def test_a_run_that_could_be_resumed_keeps_its_worktrees_unless_it_is_named(loki: Program) -> None:
    await loki("start", "--headless", "prd.md", "--max-iterations", "1")
    around = Surroundings.here(os.environ, loki.workspace)
    run = around.project.runs()[0]
    ground = await stream(around, "one", run=run.id)
    open_run = run.outcome is None
    states = [row["state"] for row in (await loki("worktrees", "list", "--json")).rows]
    assert states == ["resumable" if open_run else "clean"]
    assert (await loki("worktrees", "prune")).code == 0
    assert ground.root.exists() == open_run
    assert (await loki("worktrees", "prune", "--run", run.id)).code == (0 if open_run else 2)
    assert not ground.root.exists()
