"""Worktrees of a run: made, taken up, committed in, merged beside the branch, and removed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from loki_tui.core.errors import CheckpointError, RepositoryError
from loki_tui.store.checkpoints import GitCheckpoints
from tests.support.git import git, state, write
from tests.support.worktrees import BRANCH, LINES, RUN, Bench


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


async def test_a_worktree_is_made_beside_the_persons_own(bench: Bench) -> None:
    write(bench.workspace, {"a": "mine\n", "untracked": "mine\n"})
    before = (state(bench.workspace), git(bench.workspace, "status", "--porcelain"), bench.head())
    ground = await bench.worktrees().open("integration", branch=BRANCH, base=bench.head())

    assert ground.root.is_relative_to(bench.state.root)
    assert (ground.root / "a").read_text() == "1\n"
    assert git(ground.root, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert git(ground.root, "status", "--porcelain") == ""
    assert str(ground.root) in git(bench.workspace, "worktree", "list")
    assert (state(bench.workspace), git(bench.workspace, "status", "--porcelain"), bench.head()) == before
    opened = await ground.repository.open_branch(BRANCH)
    assert (opened.branch, opened.base, opened.origin) == (BRANCH, bench.head(), "main")
    assert await ground.repository.commit(BRANCH, subject="Nothing", body="") is None


async def test_what_the_person_has_not_committed_is_no_part_of_it(bench: Bench) -> None:
    write(bench.workspace, {"a": "mine\n", "untracked": "mine\n"})
    ground = await bench.worktrees().open("run", branch=BRANCH, base="HEAD")
    assert (ground.root / "a").read_text() == "1\n"
    (warning,) = ground.repository.take_warnings()
    assert warning.startswith("2 uncommitted changes in ")


async def test_work_is_committed_as_the_person_and_measured(bench: Bench) -> None:
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    write(ground.root, {"a": "2\n", "new/file": "1\n", "x.log": "ignored\n"})
    (ground.root / "b").unlink()
    made = await ground.repository.commit(BRANCH, subject="Do it", body="All\nof it.")
    assert made == bench.tip()
    assert (
        git(bench.workspace, "log", "-1", "--format=%an|%B", BRANCH) == f"Ada|Do it\n\nAll\nof it.\n\nLoki-Run: {RUN}"
    )
    assert git(bench.workspace, "diff", "--no-renames", "--name-status", "main", BRANCH) == "M\ta\nD\tb\nA\tnew/file"
    assert git(ground.root, "status", "--porcelain") == ""
    taken = await ground.checkpoints.take("work")
    evidence = await ground.repository.evidence(bench.head(), made, measured=taken.tree)
    assert (evidence.descends, evidence.differing, evidence.changed) == (True, (), 3)
    assert await ground.repository.commit(BRANCH, subject="Again", body="") == made


async def test_checkpoints_of_worktrees_are_numbered_with_the_projects(bench: Bench) -> None:
    trees = bench.worktrees()
    one = await trees.open("one", branch=f"{BRANCH}-one", base=bench.head())
    two = await trees.open("two", branch=f"{BRANCH}-two", base=bench.head())
    write(one.root, {"a": "one\n"})
    first, second = await one.checkpoints.take("one"), await two.checkpoints.take("two")
    write(one.root, {"a": "again\n"})
    third = await one.checkpoints.take("one again")
    assert [first.checkpoint, second.checkpoint, third.checkpoint] == ["c1", "c2", "c3"]
    assert (first.changed, second.changed, third.changed) == (first.files, second.files, 1)
    assert await one.checkpoints.changed("c1", "c3") == ("a",)
    with pytest.raises(CheckpointError, match="c1 was taken in the worktree one, and not here"):
        await GitCheckpoints(bench.state.checkpoints, workspace=bench.workspace).restore("c1")
    assert (bench.workspace / "a").read_text() == "1\n"
    hands = await one.checkouts.open("c1")
    assert "one" in (await hands.perform("shell", {"command": "cat a"})).output
    await hands.close()


async def test_a_commit_is_checked_out_apart_for_verification(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("one", branch=BRANCH, base=bench.head())
    hands = await ground.delivered.open(bench.head())
    assert (await hands.perform("shell", {"command": "cat a; pwd"})).output.startswith("1\n")
    await hands.close()


async def test_an_open_worktree_is_taken_up_with_what_is_in_it(bench: Bench) -> None:
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    write(ground.root, {"a": "not committed\n"})
    again = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    assert again.root == ground.root
    assert (again.root / "a").read_text() == "not committed\n"
    assert again.repository.take_warnings() == []


async def test_a_deleted_worktree_is_made_anew(bench: Bench) -> None:
    trees = bench.worktrees()
    made = await bench.stream(trees, "one", {"a": "work\n"})
    root = bench.state.prepare_run(RUN).worktrees / "one"
    shutil.rmtree(root)
    ground = await bench.worktrees().open("one", branch=f"{BRANCH}-one", base=bench.head())
    assert (ground.root / "a").read_text() == "work\n"
    assert bench.tip(f"{BRANCH}-one") == made
    assert "had been deleted" in ground.repository.take_warnings()[0]


async def test_what_a_person_put_in_a_worktrees_place_is_kept_aside(bench: Bench) -> None:
    trees = bench.worktrees()
    made = await bench.stream(trees, "one", {"a": "work\n"})
    root = bench.state.prepare_run(RUN).worktrees / "one"
    shutil.rmtree(root)
    write(root, {"notes": "by hand\n"})
    ground = await bench.worktrees().open("one", branch=f"{BRANCH}-one", base=bench.head())
    assert (ground.root / "a").read_text() == "work\n"
    assert not (ground.root / "notes").exists()
    assert [path.read_text() for path in bench.state.root.rglob("notes")] == ["by hand\n"]
    assert await ground.repository.commit(f"{BRANCH}-one", subject="x", body="") == made


@pytest.mark.parametrize("filled", ["directory", "file", "link"])
async def test_a_place_that_is_taken_before_is_made_free(bench: Bench, filled: str) -> None:
    root = bench.state.prepare_run(RUN).worktrees / "one"
    root.parent.mkdir(parents=True)
    outside = bench.base / "outside"
    write(outside, {"theirs": "x\n"})
    if filled == "directory":
        write(root, {"notes": "by hand\n"})
    elif filled == "file":
        root.write_text("by hand\n")
    else:
        root.symlink_to(outside)
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    assert git(ground.root, "status", "--porcelain") == ""
    assert not root.is_symlink()
    assert state(outside) == {"theirs": "- b'x\\n'"}
    assert "something else was found" in ground.repository.take_warnings()[0]


async def test_a_git_file_that_an_agent_replaced_is_mended_and_the_work_stays(bench: Bench) -> None:
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    write(ground.root, {"a": "work\n"})
    (ground.root / ".git").unlink()
    git(ground.root, "init", "--quiet")
    git(ground.root, "config", "core.fsmonitor", "touch /tmp/never")
    again = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    assert (again.root / "a").read_text() == "work\n"
    assert git(again.root, "status", "--porcelain") == " M a"
    assert "was not what git had made" in again.repository.take_warnings()[0]


async def test_a_commit_does_not_follow_a_git_directory_of_the_agents(bench: Bench) -> None:
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    write(ground.root, {"a": "work\n"})
    (ground.root / ".git").unlink()
    git(ground.root, "init", "--quiet")
    git(ground.root, "config", "filter.evil.clean", "touch ran; cat")
    write(ground.root, {".gitattributes": "* filter=evil\n"})
    made = await ground.repository.commit(BRANCH, subject="Work", body="")
    assert made == bench.tip()
    assert git(bench.workspace, "show", f"{BRANCH}:a") == "work"
    assert not (ground.root / "ran").exists()


async def test_a_merge_stays_beside_the_branch_until_it_is_advanced(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "one\n"})
    merged = await trees.merge(ground, one, message="Merge one\n\nIts body.")
    assert (ground.root / "a").read_text() == "one\n"
    assert bench.tip() == bench.head() != merged.commit
    assert git(bench.workspace, "log", "-1", "--format=%P|%s", merged.commit) == f"{bench.head()} {one}|Merge one"
    assert (await trees.merge(ground, one, message="Again")).commit == merged.commit

    assert not await trees.advance(BRANCH, to=merged.commit, expected=one)
    assert bench.tip() == bench.head()
    assert await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    assert await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    assert bench.tip() == merged.commit
    assert git(ground.root, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert git(ground.root, "status", "--porcelain") == ""
    assert (await trees.merge(ground, one, message="Once more")).commit == merged.commit


async def test_a_branch_that_somebody_moved_is_not_advanced(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "one\n"})
    merged = await trees.merge(ground, one, message="Merge one")
    theirs = git(bench.workspace, "commit-tree", "main^{tree}", "-p", "main", "-m", "By hand")
    git(bench.workspace, "update-ref", f"refs/heads/{BRANCH}", theirs)
    assert not await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    assert bench.tip() == theirs
    await trees.abandon(ground)
    again = await trees.merge(ground, one, message="Merge one")
    assert await trees.advance(BRANCH, to=again.commit, expected=theirs)
    assert git(bench.workspace, "merge-base", "--is-ancestor", theirs, BRANCH) == ""


async def test_a_worktree_comes_along_where_its_branch_is_advanced_below_it(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "one\n"})
    write(ground.root, {"mine": "not committed\n"})
    assert await trees.advance(BRANCH, to=one, expected=bench.head())
    assert (ground.root / "a").read_text() == "one\n"
    assert git(ground.root, "status", "--porcelain") == "?? mine"
    assert await trees.advance(BRANCH, to=one, expected=bench.head())
    assert git(ground.root, "status", "--porcelain") == "?? mine"


async def test_a_person_commits_meanwhile(bench: Bench) -> None:
    trees = bench.worktrees()
    base = bench.head()
    ground = await trees.open("integration", branch=BRANCH, base=base)
    one = await bench.stream(trees, "one", {"c": LINES.replace("line 5", "LINE 5")})
    write(bench.workspace, {"a": "by hand\n"})
    git(bench.workspace, "commit", "--quiet", "--all", "--message=Mine")
    mine = bench.head()
    merged = await trees.merge(ground, one, message="Merge one")
    assert await trees.advance(BRANCH, to=merged.commit, expected=base)
    assert bench.head() == mine
    assert git(bench.workspace, "diff", "--name-only", base, BRANCH) == "c"
    assert (bench.workspace / "a").read_text() == "by hand\n"
    assert git(bench.workspace, "status", "--porcelain") == ""


async def test_mended_work_goes_on_top_of_the_merge_and_not_onto_the_branch(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "one\n"})
    merged = await trees.merge(ground, one, message="Merge one")
    write(ground.root, {"b": "mended\n"})
    mended = await trees.conclude(ground, one, message="Mend it")
    assert git(bench.workspace, "rev-parse", f"{mended.commit}^") == merged.commit
    write(ground.root, {"b": "mended twice\n"})
    assert await ground.repository.commit(BRANCH, subject="Mend more", body="") != mended.commit
    assert bench.tip() == bench.head()
    newest = (await trees.merge(ground, one, message="After a death")).commit
    assert await trees.advance(BRANCH, to=newest, expected=bench.head())
    assert git(bench.workspace, "show", f"{BRANCH}:b") == "mended twice"


async def test_a_clean_merge_that_is_given_up_leaves_nothing(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "one\n", "new": "1\n"})
    await trees.merge(ground, one, message="Merge one")
    await trees.abandon(ground)
    assert git(ground.root, "status", "--porcelain") == ""
    assert not (ground.root / "new").exists()
    assert git(ground.root, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert bench.refs() == []


async def test_work_on_a_merge_that_is_given_up_is_kept(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "one\n"})
    await trees.merge(ground, one, message="Merge one")
    write(ground.root, {"b": "mended\n", "untracked": "1\n", "x.log": "ignored\n"})
    await trees.abandon(ground)
    (ref,) = bench.refs()
    assert git(bench.workspace, "show", f"{ref}:b") == "mended"
    assert git(bench.workspace, "show", f"{ref}:untracked") == "1"
    assert git(ground.root, "status", "--porcelain") == ""
    assert (ground.root / "x.log").read_text() == "ignored\n", "what is ignored stays where it is"
    await trees.abandon(ground)
    assert bench.refs() == [ref]


async def test_the_worktree_of_another_branch_is_not_taken(bench: Bench) -> None:
    trees = bench.worktrees()
    await trees.open("one", branch=BRANCH, base=bench.head())
    with pytest.raises(RepositoryError, match=f"is for {BRANCH}, not for other"):
        await trees.open("one", branch="other", base=bench.head())
