"""Git on the engine's side never runs what an agent wrote: no program named by a workspace leaves a trace outside.

A canary is a script outside of everything an agent may write. What an agent may name in its
repository (a hook, a filter, a monitor…) points to it; then everything is done that Loki does.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from loki_tui.core.errors import LokiError
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.runtime.delivery import PersonsRepository
from loki_tui.store.checkpoints import GitCheckpoints
from tests.support.hands import RUNGS, World, make_world

RUN = "quiet-otter"
BRANCH = f"loki/{RUN}"


@pytest.fixture(params=RUNGS)
def world(tmp_path: Path, request: pytest.FixtureRequest) -> World:
    world = make_world(tmp_path, request.param)
    # Links out of the workspace are another matter, and checkpoints of them another test's.
    for name in ("way-out", "file-out", "dangling"):
        (world.workspace / "src" / name).unlink()
    git(world.workspace, "init", "-q")
    git(world.workspace, "add", "-A")
    git(world.workspace, "commit", "-qm", "one")
    return world


def git(directory: Path, *words: str) -> str:
    argv = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", *words]
    done = subprocess.run(argv, cwd=directory, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def canary(world: World) -> str:
    """A program that would leave its traces outside, and in the workspace, whoever runs it."""
    program = world.workspace / "canary.sh"
    traces = f"echo ran >> {world.outside}/canary; echo ran >> {world.home}/canary"
    program.write_text(f"#!/bin/sh\n{traces}\ncat\n")
    program.chmod(0o755)
    return str(program)


def append(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.write(text)


def hooks(world: World, program: str) -> None:
    for name in (
        *("applypatch-msg", "pre-commit", "prepare-commit-msg", "commit-msg", "post-commit", "pre-rebase"),
        *("post-checkout", "post-merge", "pre-push", "pre-auto-gc", "post-index-change", "reference-transaction"),
        *("post-rewrite", "fsmonitor-watchman", "update", "pre-receive", "post-update", "pre-merge-commit"),
    ):
        hook = world.workspace / ".git/hooks" / name
        hook.unlink(missing_ok=True)
        hook.symlink_to(program)


def hooks_elsewhere(world: World, program: str) -> None:
    (world.workspace / "mine").mkdir()
    for name in ("post-index-change", "reference-transaction", "post-commit"):
        (world.workspace / "mine" / name).symlink_to(program)
    append(world.workspace / ".git/config", "[core]\n\thooksPath = mine\n")


def monitor(world: World, program: str) -> None:
    append(world.workspace / ".git/config", f"[core]\n\tfsmonitor = {program}\n")


def filters(world: World, program: str) -> None:
    append(world.workspace / ".git/config", f'[filter "x"]\n\tclean = {program}\n\tsmudge = {program}\n\trequired\n')
    append(world.workspace / ".gitattributes", "* filter=x\n")


def a_filter_that_stays(world: World, program: str) -> None:
    append(world.workspace / ".git/config", f'[filter "x"]\n\tprocess = {program}\n')
    append(world.workspace / ".git/info/attributes", "* filter=x\n")


def converters(world: World, program: str) -> None:
    append(world.workspace / ".git/config", f'[diff "x"]\n\ttextconv = {program}\n\tcommand = {program}\n')
    append(world.workspace / ".gitattributes", "* diff=x\n")


def mergers(world: World, program: str) -> None:
    append(world.workspace / ".git/config", f'[merge "x"]\n\tdriver = {program} %A\n')
    append(world.workspace / ".gitattributes", "* merge=x\n")


def programs(world: World, program: str) -> None:
    settings = ("sshCommand", "editor", "pager", "askPass", "gitProxy", "alternateRefsCommand")
    lines = "".join(f"\t{name} = {program}\n" for name in settings)
    rest = (
        f"[gpg]\n\tprogram = {program}\n[commit]\n\tgpgSign = true\n[credential]\n\thelper = {program}\n"
        f"[diff]\n\texternal = {program}\n[sequence]\n\teditor = {program}\n"
        f"[uploadpack]\n\tpackObjectsHook = {program}\n"
        f'[alias]\n\tadd = !{program}\n\tstatus = !{program}\n[trailer "x"]\n\tcommand = {program}\n'
    )
    append(world.workspace / ".git/config", f"[core]\n{lines}{rest}")


def an_included_file(world: World, program: str) -> None:
    append(world.workspace / "evil.conf", f"[core]\n\tfsmonitor = {program}\n")
    append(world.workspace / ".git/config", "[include]\n\tpath = ../evil.conf\n")


def a_configuration_of_the_work_tree(world: World, program: str) -> None:
    append(world.workspace / ".git/config", "[extensions]\n\tworktreeConfig = true\n")
    append(world.workspace / ".git/config.worktree", f"[core]\n\tfsmonitor = {program}\n")


def alternates(world: World, program: str) -> None:
    del program
    git(world.outside, "init", "-q", "--bare", "objects")
    append(world.workspace / ".git/objects/info/alternates", f"{world.outside}/objects/objects\n")


def a_nested_repository(world: World, program: str) -> None:
    nested = world.workspace / "nested"
    nested.mkdir()
    git(nested, "init", "-q")
    append(nested / "file", "x")
    git(nested, "add", "-A")
    git(nested, "commit", "-qm", "inner")
    append(nested / ".git/config", f"[core]\n\tfsmonitor = {program}\n\thooksPath = {Path(program).parent}\n")
    append(nested / "file", "y")


def a_submodule(world: World, program: str) -> None:
    a_nested_repository(world, program)
    head = git(world.workspace / "nested", "rev-parse", "HEAD")
    git(world.workspace, "update-index", "--add", "--cacheinfo", f"160000,{head},nested")
    append(world.workspace / ".gitmodules", '[submodule "nested"]\n\tpath = nested\n\turl = ./x\n\tupdate = !false\n')


def another_work_tree(world: World, program: str) -> None:
    del program
    append(world.workspace / ".git/config", f"[core]\n\tworktree = {world.outside}\n")


def another_common_directory(world: World, program: str) -> None:
    common = world.workspace / "common"
    git(world.workspace, "init", "-q", "--bare", str(common))
    append(common / "config", f"[core]\n\tfsmonitor = {program}\n")
    append(world.workspace / ".git/commondir", "../common\n")


def a_pointer_to_another_repository(world: World, program: str) -> None:
    elsewhere = world.workspace / "elsewhere"
    (world.workspace / ".git").rename(elsewhere)
    append(elsewhere / "config", f"[core]\n\tfsmonitor = {program}\n")
    append(world.workspace / ".git", "gitdir: elsewhere\n")


TRAPS: dict[str, Callable[[World, str], None]] = {
    trap.__name__: trap
    for trap in (
        *(hooks, hooks_elsewhere, monitor, filters, a_filter_that_stays, converters, mergers, programs),
        *(an_included_file, a_configuration_of_the_work_tree, alternates, a_nested_repository, a_submodule),
        *(another_work_tree, another_common_directory, a_pointer_to_another_repository),
    )
}


async def everything_loki_does(world: World, repository: PersonsRepository, checkpoints: GitCheckpoints) -> None:
    """Checkpoint, restore, deliver; a refusal in words is as good as success."""
    await refusable(repository.inspect())
    await refusable(repository.open_branch(BRANCH))
    one = await checkpoints.take("an iteration")
    (world.workspace / "src/a.py").write_text("changed")
    await refusable(repository.commit(BRANCH, subject="work", body="done"))
    two = await checkpoints.take("another")
    assert "changed" in await checkpoints.diff(one.checkpoint, two.checkpoint)
    await checkpoints.show(two.checkpoint)
    copy = world.base / "copy"
    copy.mkdir()
    await checkpoints.export(two.checkpoint, copy)
    assert (copy / "src/a.py").read_text() == "changed"
    await checkpoints.restore(one.checkpoint)
    await refusable(repository.commit(BRANCH, subject="again", body=""))
    await refusable(repository.evidence(None, "HEAD", measured=one.tree))


async def refusable(action: Awaitable[object]) -> None:
    try:
        await action
    except LokiError:
        return


@pytest.mark.parametrize("trap", TRAPS)
@pytest.mark.parametrize("when", ["before", "meanwhile"])
async def test_nothing_an_agent_wrote_runs_outside_of_hands(world: World, trap: str, when: str) -> None:
    if when == "before" and world.rung != "landlock":
        pytest.skip("what was there before is the same on every rung")
    program = canary(world)
    if when == "before":
        TRAPS[trap](world, program)
    demands = world.demands()
    repository = PersonsRepository(
        HandsWorkspaces(demands), world.workspace, run=RUN, identity=("Ada", "ada@example.com")
    )
    checkpoints = GitCheckpoints(world.state / "checkpoints", workspace=world.workspace)
    await checkpoints.take("start")
    if when == "meanwhile":
        TRAPS[trap](world, program)
    await everything_loki_does(world, repository, checkpoints)
    assert not (world.outside / "canary").exists()
    assert not (world.home / "canary").exists()
    assert (world.outside / "file.txt").read_text() == "untouched"


@pytest.mark.parametrize("trap", [hooks, monitor, filters, an_included_file, another_common_directory])
def test_the_traps_are_real(tmp_path: Path, trap: Callable[[World, str], None]) -> None:
    """The person's own git runs them, or the table would prove nothing."""
    world = make_world(tmp_path)
    git(world.workspace, "init", "-q")
    trap(world, canary(world))
    argv = ["git", "-C", str(world.workspace), "add", "-A"]
    subprocess.run(argv, check=False, capture_output=True, timeout=60, env={**os.environ, "HOME": str(world.home)})
    assert (world.outside / "canary").exists()
