"""What an agent in a worktree reaches of the repository, other worktrees and the person's files, on every rung."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from loki_tui.engine.grounds import Ground
from loki_tui.engine.ports import ActionResult, Workspace
from loki_tui.runtime.worktrees import GitWorktrees
from tests.support.git import git, state, write
from tests.support.hands import BOXED, fingerprint
from tests.support.worktrees import BRANCH, Bench

ONE, TWO = f"{BRANCH}-one", f"{BRANCH}-two"


@dataclass
class Scene:
    """An agent in one stream's worktree, beside another stream."""

    bench: Bench
    trees: GitWorktrees
    one: Ground
    two: Ground
    agent: Workspace

    async def sh(self, command: str) -> ActionResult:
        """What the agent's command comes to."""
        return await self.agent.perform("shell", {"command": command})


@pytest.fixture(params=BOXED)
async def scene(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Scene]:
    bench = Bench(tmp_path, request.param)
    trees = bench.worktrees()
    one = await trees.open("one", branch=ONE, base=bench.head())
    two = await trees.open("two", branch=TWO, base=bench.head())
    agent = await one.workspaces.open_agent()
    yield Scene(bench, trees, one, two, agent)
    await agent.close()


async def test_git_looks(scene: Scene) -> None:
    await scene.sh("echo 2 >a; echo new >n")
    for command, seen in (
        ("git status --porcelain", " M a\n?? n"),
        ("git diff", "+2"),
        ("git log --oneline --all", "Start"),
        ("git show HEAD:b", "1"),
        ("git blame b", "1"),
        ("git grep -n 'line 7'", "c:7:line 7"),
        ("git branch --show-current", ONE),
        ("git ls-files", "src/deep.py"),
    ):
        done = await scene.sh(command)
        assert done.ok, (command, done.output)
        assert seen in done.output, command


@pytest.mark.parametrize(
    "command",
    ["git add a", "git commit -qam x", "git stash", "git checkout -q -b other", "git update-ref refs/heads/x HEAD"],
)
async def test_git_that_would_write_is_told_who_does(scene: Scene, command: str) -> None:
    done = await scene.sh(f"echo 2 >a; {command}")
    assert not done.ok
    if "update-ref" not in command and "stash" not in command:  # which says nothing at all
        assert "Loki commits all that is in the worktree when the iteration ends" in done.output
    assert (await scene.sh("cat a")).output == "2\n"
    made = await scene.one.repository.commit(ONE, subject="Work", body="")
    assert git(scene.bench.workspace, "show", f"{made}:a") == "2"


async def test_nothing_of_the_repository_can_be_written(scene: Scene) -> None:
    common, root = scene.bench.common, scene.two.root
    write(common / "hooks", {"pre-commit": "untouched"})
    before, others = fingerprint(common), fingerprint(root, scene.bench.workspace)
    admin = git(scene.one.root, "rev-parse", "--absolute-git-dir")
    targets = [
        common / "config",
        common / "hooks/pre-commit",
        common / "hooks/post-commit",
        common / "info/exclude",
        common / "info/attributes",
        common / "objects/info/alternates",
        common / f"refs/heads/{TWO}",
        common / "refs/heads/main",
        common / "packed-refs",
        common / "HEAD",
        common / "shallow",
        f"{admin}/HEAD",
        f"{admin}/index",
        f"{admin}/commondir",
        f"{admin}/config.worktree",
        f"{admin}/locked",
        f"{admin}/loki.json",
        root / "a",
        root / ".git",
        scene.bench.workspace / "a",
        scene.bench.workspace / "new",
    ]
    for target in targets:
        await scene.sh(f"echo evil >>'{target}'; rm -f '{target}'; mv b '{target}'; ln -s /tmp '{target}'")
        await scene.agent.perform("write_file", {"path": str(target), "content": "evil"})
    await scene.sh(f"git config core.fsmonitor evil; git worktree remove --force '{root}'")
    await scene.sh(f"git update-ref refs/heads/{TWO} HEAD~0; git branch -D {TWO}; git branch -f main HEAD; git gc")
    assert fingerprint(common) == before
    assert fingerprint(root, scene.bench.workspace) == others


async def test_the_persons_files_and_other_streams_cannot_be_read(scene: Scene) -> None:
    write(scene.bench.workspace, {"secret": "of the person\n"})
    write(scene.two.root, {"theirs": "of the other\n"})
    write(scene.bench.state.root, {"journal.db": "of the state\n"})
    for path in (
        scene.bench.workspace / "secret",
        scene.two.root / "theirs",
        scene.bench.state.root / "journal.db",
    ):
        assert "of the" not in (await scene.sh(f"cat '{path}'")).output
        assert not (await scene.agent.perform("read_file", {"path": str(path)})).ok


async def test_a_git_file_of_the_agents_leads_nobody_astray(scene: Scene) -> None:
    await scene.sh("rm -rf .git; mkdir .git; git init -q .; git config core.fsmonitor 'touch ran'; echo 2 >a")
    await scene.sh("echo 'gitdir: /tmp/elsewhere' >.git")
    before = git(scene.bench.workspace, "rev-parse", TWO)
    made = await scene.one.repository.commit(ONE, subject="Work", body="")
    assert git(scene.bench.workspace, "show", f"{made}:a") == "2"
    assert not (scene.one.root / "ran").exists()
    assert git(scene.bench.workspace, "rev-parse", TWO) == before
    again = await scene.bench.worktrees().open("one", branch=ONE, base=scene.bench.head())
    assert git(again.root, "status", "--porcelain") == ""


async def test_a_merge_can_be_resolved_there(scene: Scene) -> None:
    base = scene.bench.head()
    write(scene.one.root, {"a": "one\n"})
    write(scene.two.root, {"a": "two\n"})
    two = await scene.two.repository.commit(TWO, subject="two", body="")
    await scene.one.repository.commit(ONE, subject="one", body="")
    assert two
    merged = await scene.trees.merge(scene.one, two, message="Merge two")
    assert [conflict.path for conflict in merged.conflicts] == ["a"]
    for command, seen in (("git status --porcelain", "UU a"), ("git show :2:a", "one"), ("git show :3:a", "two")):
        assert seen in (await scene.sh(command)).output
    assert not (await scene.trees.conclude(scene.one, two, message="x")).commit
    await scene.agent.perform("write_file", {"path": "a", "content": "one\ntwo\n"})
    done = await scene.trees.conclude(scene.one, two, message="Merge two")
    assert done.commit
    assert git(scene.bench.workspace, "merge-base", base, done.commit) == base
    assert (await scene.trees.retire("two")).removed
    assert state(scene.bench.workspace)["a"] == "- b'1\\n'"


async def test_where_nothing_confines_an_agents_commits_are_taken_up(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "none")
    ground = await bench.worktrees().open("one", branch=ONE, base=bench.head())
    agent = await ground.workspaces.open_agent()
    await agent.perform("shell", {"command": "echo 2 >a; git commit -qam Mine; git checkout -q --detach; echo 3 >b"})
    await agent.close()
    made = await ground.repository.commit(ONE, subject="Rest", body="")
    assert made == bench.tip(ONE)
    assert git(bench.workspace, "log", "--format=%s", f"main..{ONE}") == "Rest\nMine"
    assert git(ground.root, "symbolic-ref", "HEAD") == f"refs/heads/{ONE}"
    assert git(ground.root, "status", "--porcelain") == ""


async def test_what_the_person_installed_is_lent(scene: Scene) -> None:
    bench = scene.bench
    write(bench.workspace, {"node_modules/dep/index.js": "installed\n", ".venv/bin/tool": "#!/bin/sh\necho tool\n"})
    (bench.workspace / ".venv/bin/tool").chmod(0o755)
    before = fingerprint(bench.workspace / "node_modules")
    trees = bench.worktrees()
    ground = await trees.open("three", branch=f"{BRANCH}-three", base=bench.head())
    agent = await ground.workspaces.open_agent()
    done = await agent.perform("shell", {"command": "cat node_modules/dep/index.js; .venv/bin/tool; git status -s"})
    assert done.output == "installed\ntool\n"
    await agent.perform("shell", {"command": "echo x >node_modules/dep/index.js; touch node_modules/new; echo 2 >a"})
    assert fingerprint(bench.workspace / "node_modules") == before
    made = await ground.repository.commit(f"{BRANCH}-three", subject="Work", body="")
    assert made
    assert git(bench.workspace, "show", "--format=", "--name-only", made) == "a"
    taken = await ground.checkpoints.take("work")
    assert (await ground.repository.evidence(bench.head(), made, measured=taken.tree)).differing == ()
    for checkout in (await ground.checkouts.open(taken.checkpoint), await ground.delivered.open(made)):
        seen = await checkout.perform("shell", {"command": "cat node_modules/dep/index.js a; .venv/bin/tool"})
        assert seen.output == "installed\n2\ntool\n"
        await checkout.close()
    await agent.perform("shell", {"command": "rm node_modules && mkdir node_modules && echo own >node_modules/x"})
    checkout = await ground.checkouts.open(taken.checkpoint)
    assert "own" in (await checkout.perform("shell", {"command": "cat node_modules/x"})).output
    await checkout.close()
    await agent.close()
    retired = await trees.retire("three")
    assert (retired.removed, retired.quarantine) == (True, "")
    assert fingerprint(bench.workspace / "node_modules") == before
