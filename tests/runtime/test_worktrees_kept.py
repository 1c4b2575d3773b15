"""Nothing in a worktree gets lost: it is removed only when all of it is on a branch, and saved before that else."""

from __future__ import annotations

import os
import shutil
import socket
from pathlib import Path

import pytest

from loki_tui.engine.grounds import Ground, Retired
from loki_tui.runtime.worktrees import GitWorktrees
from tests.support.git import git, write
from tests.support.worktrees import BRANCH, RUN, Bench

ONE = f"{BRANCH}-one"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def opened(bench: Bench) -> tuple[GitWorktrees, Ground]:
    trees = bench.worktrees()
    return trees, await trees.open("one", branch=ONE, base=bench.head())


def gone(bench: Bench) -> bool:
    """Whether nothing is left of the worktree, here or in git."""
    directories = bench.state.prepare_run(RUN)
    here = [*directories.worktrees.glob("*"), *directories.aside.glob("outgoing*")]
    return not here and not list((bench.common / "worktrees").glob("*"))


def saved(bench: Bench, path: str) -> str:
    """What the only quarantine has of a file."""
    (ref,) = bench.refs()
    return git(bench.workspace, "show", f"{ref}:{path}")


async def test_what_is_committed_needs_no_worktree(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"a": "2\n"})
    made = await ground.repository.commit(ONE, subject="Work", body="")
    assert await trees.retire("one") == Retired(removed=True)
    assert gone(bench)
    assert bench.refs() == []
    assert bench.tip(ONE) == made
    assert (await trees.retire("one")).removed


@pytest.mark.parametrize(
    ("files", "why"),
    [
        ({"a": "changed\n"}, "a"),
        ({"untracked": "1\n"}, "untracked"),
        ({".env": "KEY=secret\n"}, ".env"),
        ({"deep/er/x.log": "1\n"}, "deep/er/x.log"),
        ({"with space": "1\n"}, "with space"),
        ({"line\nbreak": "1\n"}, "line\nbreak"),
        ({"é": "1\n"}, "é"),
    ],
)
async def test_files_that_no_commit_has_are_saved(bench: Bench, files: dict[str, str], why: str) -> None:
    trees, ground = await opened(bench)
    write(ground.root, files)
    retired = await trees.retire("one")
    assert (retired.removed, retired.why) == (True, "it has uncommitted files")
    assert retired.quarantine == f"refs/loki/quarantine/{RUN}/one/1"
    assert len(retired.files) == 1
    assert saved(bench, why) == next(iter(files.values())).rstrip("\n")
    assert gone(bench)


async def test_a_deletion_is_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    (ground.root / "a").unlink()
    assert (await trees.retire("one")).quarantine
    assert "a" not in git(bench.workspace, "ls-tree", "--name-only", bench.refs()[0]).splitlines()


async def test_what_can_be_made_again_is_not_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {".gitignore": "node_modules/\n__pycache__/\n*.pyc\nbuild/\n*.log\n"})
    await ground.repository.commit(ONE, subject="Ignore", body="")
    write(ground.root, {"node_modules/x/y.js": "1\n", "src/__pycache__/deep.pyc": "1\n", "build/out.bin": "1\n"})
    assert await trees.retire("one") == Retired(removed=True)


async def test_an_untracked_directory_of_such_a_name_is_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"build/recipe": "by hand\n"})
    assert (await trees.retire("one")).quarantine
    assert saved(bench, "build/recipe") == "by hand"


async def test_links_modes_and_repositories_within_are_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    (ground.root / "link").symlink_to("/etc/passwd")
    (ground.root / "b").chmod(0o755)
    write(ground.root / "inner", {"x": "1\n"})
    git(ground.root / "inner", "init", "--quiet")
    write(ground.root / "inner/second", {"y": "2\n"})
    git(ground.root / "inner/second", "init", "--quiet")
    assert (await trees.retire("one")).removed
    assert saved(bench, "link") == "/etc/passwd"
    assert saved(bench, "inner/x") == "1"
    assert saved(bench, "inner/second/y") == "2"
    assert "100755" in git(bench.workspace, "ls-tree", bench.refs()[0], "b")


async def test_what_an_agent_closed_is_saved_all_the_same(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"closed/x": "1\n"})
    (ground.root / "closed/x").chmod(0)
    (ground.root / "closed").chmod(0)
    assert (await trees.retire("one")).removed
    assert saved(bench, "closed/x") == "1"
    assert gone(bench)


async def test_what_holds_no_content_is_in_nobodys_way(bench: Bench) -> None:
    trees, ground = await opened(bench)
    os.mkfifo(ground.root / "pipe")
    with socket.socket(socket.AF_UNIX) as door:
        here = Path.cwd()
        os.chdir(ground.root)
        door.bind("socket")
        os.chdir(here)
    (ground.root / "empty").mkdir()
    assert (await trees.retire("one")).removed
    assert gone(bench)


async def test_commits_that_no_branch_has_are_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    git(ground.root, "checkout", "--quiet", "--detach")
    write(ground.root, {"a": "2\n"})
    git(ground.root, "commit", "--quiet", "--all", "--message=Apart")
    apart = git(ground.root, "rev-parse", "HEAD")
    retired = await trees.retire("one")
    assert retired.why == "no branch has what is checked out"
    assert git(bench.workspace, "rev-parse", f"{retired.quarantine}^") == apart


async def test_a_merge_that_is_not_on_the_branch_yet_is_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    two = await bench.stream(trees, "two", {"a": "two\n"})
    merged = await trees.merge(ground, two, message="two")
    retired = await trees.retire("one")
    assert git(bench.workspace, "rev-parse", f"{retired.quarantine}^") == merged.commit


async def test_a_merge_with_conflicts_is_saved_with_both_parents(bench: Bench) -> None:
    trees, ground = await opened(bench)
    two = await bench.stream(trees, "two", {"a": "two\n"})
    write(ground.root, {"a": "one\n"})
    await ground.repository.commit(ONE, subject="Work", body="")
    assert (await trees.merge(ground, two, message="two")).conflicts
    retired = await trees.retire("one")
    assert "a merge is under way in it" in retired.why
    assert git(bench.workspace, "log", "-1", "--format=%P", retired.quarantine) == f"{bench.tip(ONE)} {two}"
    assert "<<<<<<<" in saved(bench, "a")


async def test_what_is_only_staged_is_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"staged": "1\n"})
    git(ground.root, "add", "staged")
    (ground.root / "staged").unlink()
    retired = await trees.retire("one")
    assert retired.why == "something is staged in it"
    assert git(bench.workspace, "show", f"{retired.quarantine}^2:staged") == "1"


async def test_a_change_that_git_was_told_not_to_look_at_is_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    git(ground.root, "update-index", "--assume-unchanged", "a")
    git(ground.root, "update-index", "--skip-worktree", "b")
    write(ground.root, {"a": "hidden\n", "b": "hidden\n"})
    assert git(ground.root, "status", "--porcelain") == ""
    assert (await trees.retire("one")).quarantine
    assert saved(bench, "a") == saved(bench, "b") == "hidden"


async def test_a_worktree_that_a_person_locked_stays(bench: Bench) -> None:
    trees, ground = await opened(bench)
    git(bench.workspace, "worktree", "unlock", str(ground.root))
    git(bench.workspace, "worktree", "lock", "--reason", "I am looking", str(ground.root))
    retired = await trees.retire("one")
    assert (retired.removed, retired.why) == (False, "it is locked: I am looking")
    assert ground.root.is_dir()


async def test_ours_are_kept_from_gits_own_pruning(bench: Bench) -> None:
    _, ground = await opened(bench)
    ground.root.rename(ground.root.with_name("away"))
    git(bench.workspace, "worktree", "prune", "--expire=now")
    ground.root.with_name("away").rename(ground.root)
    assert git(ground.root, "status", "--porcelain") == ""


async def test_a_deleted_one_is_forgotten_and_its_branch_stays(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"a": "2\n"})
    made = await ground.repository.commit(ONE, subject="Work", body="")
    shutil.rmtree(ground.root)
    assert await trees.retire("one") == Retired(removed=True)
    assert gone(bench)
    assert bench.tip(ONE) == made


async def test_a_deleted_one_with_something_staged_is_saved(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"staged": "1\n"})
    git(ground.root, "add", "staged")
    shutil.rmtree(ground.root)
    assert (await trees.retire("one")).removed
    assert saved(bench, "staged") == "1"


async def test_what_git_does_not_know_any_more_stays(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"a": "2\n"})
    shutil.rmtree(bench.common / "worktrees/one")
    retired = await trees.retire("one")
    assert not retired.removed
    assert "git does not know it any more" in retired.why
    assert (ground.root / "a").read_text() == "2\n"


async def test_what_cannot_be_saved_stays(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"a": "2\n"})
    lock = bench.common / f"refs/loki/quarantine/{RUN}/one/1.lock"
    lock.parent.mkdir(parents=True)
    lock.touch()
    retired = await trees.retire("one")
    assert not retired.removed
    assert "could not be saved" in retired.why
    assert (ground.root / "a").read_text() == "2\n"
    lock.unlink()
    assert (await trees.retire("one")).quarantine


async def test_a_second_quarantine_has_a_number_of_its_own(bench: Bench) -> None:
    trees, ground = await opened(bench)
    for content in ("2\n", "3\n"):
        ground = await trees.open("one", branch=ONE, base=bench.head())
        write(ground.root, {"a": content})
        assert (await trees.retire("one")).quarantine
    assert bench.refs() == [f"refs/loki/quarantine/{RUN}/one/{number}" for number in (1, 2)]


async def test_a_branch_that_is_gone_takes_nothing_along(bench: Bench) -> None:
    trees, ground = await opened(bench)
    write(ground.root, {"a": "2\n"})
    git(bench.workspace, "update-ref", "-d", f"refs/heads/{ONE}")
    retired = await trees.retire("one")
    assert retired.quarantine or not retired.removed
    if retired.removed:
        assert saved(bench, "a") == "2"
