"""Repositories of an odd kind: each is worked in, or refused with what is wrong and what to do."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError
from loki_tui.core.slugs import LIMIT, slug
from tests.support.git import git, repository, state, write
from tests.support.worktrees import BRANCH, FILES, RUN, Bench

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../../etc",
        "/etc/passwd",
        "a/b",
        "A",
        "con",
        "é ü",
        "-rf",
        "a" * 500,
        "x\ny",
        "\0",
        "日本語",
        ".git",
    ],
)
async def test_a_name_is_a_models_words(bench: Bench, name: str) -> None:
    ground = await bench.worktrees().open(name, branch=BRANCH, base=bench.head())
    assert ground.root.parent == bench.state.prepare_run(RUN).worktrees
    assert len(ground.root.name) <= LIMIT
    assert git(ground.root, "status", "--porcelain") == ""
    assert (await bench.worktrees().retire(name)).removed
    assert not ground.root.exists()


def test_names_that_differ_have_slugs_that_differ() -> None:
    names = ["a", "A", "a ", "a-", "-a", "á", "a/b", "a-b", "a.b", "", ".", "..", "x" * 100, "x" * 101, "日", "本"]
    slugs = [slug(name) for name in names]
    assert len({each.lower() for each in slugs}) == len(names)
    assert [slug(each) for each in slugs] == slugs


async def test_names_that_differ_in_capitals_are_apart(bench: Bench) -> None:
    trees = bench.worktrees()
    one = await trees.open("Parser", branch=f"{BRANCH}-1", base=bench.head())
    two = await trees.open("parser", branch=f"{BRANCH}-2", base=bench.head())
    assert one.root.name.lower() != two.root.name.lower()


@pytest.mark.parametrize("branch", ["a..b", "-b", "a b", "x.lock", "a//b", ""])
async def test_what_can_be_no_branch_is_refused(bench: Bench, branch: str) -> None:
    with pytest.raises(RepositoryError):
        await bench.worktrees().open("one", branch=branch, base=bench.head())
    assert git(bench.workspace, "for-each-ref", "--format=%(refname)") == "refs/heads/main"


async def test_a_branch_that_another_stands_in_the_way_of(bench: Bench) -> None:
    git(bench.workspace, "branch", "loki")
    with pytest.raises(RepositoryError) as caught:
        await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    assert "Rename the branch that stands in its way" in caught.value.hint


async def test_a_branch_of_somebody_elses_is_not_taken(bench: Bench) -> None:
    other = git(bench.workspace, "commit-tree", "main^{tree}", "-m", "Unrelated")
    git(bench.workspace, "branch", BRANCH, other)
    with pytest.raises(RepositoryError, match="did not grow from"):
        await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    assert bench.tip() == other


async def test_a_branch_that_the_person_has_checked_out_is_not_taken(bench: Bench) -> None:
    git(bench.workspace, "switch", "--quiet", "--create", BRANCH)
    with pytest.raises(RepositoryError, match="already checked out"):
        await bench.worktrees().open("one", branch=BRANCH, base=bench.head())


async def test_submodules_are_refused(tmp_path: Path) -> None:
    inner = repository(tmp_path / "inner", {"x": "1\n"})
    bench = Bench(tmp_path)
    git(bench.workspace, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(inner), "lib/in ner")
    git(bench.workspace, "commit", "--quiet", "--message=Submodule")
    with pytest.raises(RepositoryError, match=r"has submodules \(lib/in ner\)") as caught:
        await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    assert "without --parallel" in caught.value.hint
    assert git(bench.workspace, "worktree", "list").count("\n") == 0


async def test_filters_are_not_run_and_pointers_stay_pointers(tmp_path: Path) -> None:
    files = {**FILES, ".gitattributes": "*.bin filter=lfs diff=lfs merge=lfs -text\n", "big.bin": POINTER}
    bench = Bench(tmp_path, files=files)
    ran = tmp_path / "ran"
    for key, value in (
        ("filter.lfs.smudge", f"touch '{ran}'; echo smudged"),
        ("filter.lfs.clean", f"touch '{ran}'; echo cleaned"),
        ("filter.lfs.process", f"touch '{ran}'; exit 1"),
        ("filter.lfs.required", "true"),
        ("filter.odd name.smudge", f"touch '{ran}'"),
    ):
        git(bench.workspace, "config", key, value)
    trees = bench.worktrees()
    ground = await trees.open("one", branch=BRANCH, base=bench.head())
    assert (ground.root / "big.bin").read_text() == POINTER
    write(ground.root, {"new.bin": "raw\n", "a": "2\n"})
    await ground.repository.commit(BRANCH, subject="Work", body="")
    assert git(bench.workspace, "diff", "--no-ext-diff", "--name-only", "main", BRANCH) == "a\nnew.bin"
    assert git(bench.workspace, "show", f"{BRANCH}:big.bin") == POINTER.rstrip("\n")
    assert "new.bin" in ground.repository.take_warnings()[0]
    one = await bench.stream(trees, "two", {"b": "2\n"})
    assert (await trees.merge(ground, one, message="x")).commit
    await trees.abandon(ground)
    assert (await trees.retire("one")).removed
    assert not ran.exists()


async def test_hooks_are_not_run(bench: Bench) -> None:
    for name in (
        "post-checkout",
        "pre-commit",
        "post-commit",
        "reference-transaction",
        "pre-merge-commit",
        "post-merge",
    ):
        hook = bench.common / "hooks" / name
        write(bench.common / "hooks", {name: f"#!/bin/sh\necho {name} >>'{bench.base}/ran'\n"})
        hook.chmod(0o755)
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "2\n"})
    merged = await trees.merge(ground, one, message="x")
    await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    await trees.retire("one")
    assert not (bench.base / "ran").exists()


async def test_a_sparse_checkout_of_the_persons_leaves_nothing_out(bench: Bench) -> None:
    git(bench.workspace, "sparse-checkout", "set", "--cone", "--sparse-index", "none")
    assert not (bench.workspace / "src").exists()
    trees = bench.worktrees()
    ground = await trees.open("one", branch=BRANCH, base=bench.head())
    assert (ground.root / "src/deep.py").exists()
    assert git(ground.root, "status", "--porcelain") == ""
    write(ground.root, {"src/deep.py": "1\n"})
    await ground.repository.commit(BRANCH, subject="Work", body="")
    assert git(bench.workspace, "diff", "--name-status", "main", BRANCH) == "M\tsrc/deep.py"
    assert not (bench.workspace / "src").exists()
    assert git(bench.workspace, "status", "--porcelain") == ""


async def test_where_capitals_do_not_count_twin_branches_and_files_are_refused(bench: Bench) -> None:
    git(bench.workspace, "config", "core.ignorecase", "true")
    git(bench.workspace, "branch", "Loki/R1")
    with pytest.raises(RepositoryError, match="differs from loki/r1 in capitals alone"):
        await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    git(bench.workspace, "branch", "-D", "Loki/R1")
    blob = git(bench.workspace, "rev-parse", "main:a")
    git(bench.workspace, "update-index", "--add", "--cacheinfo", f"100644,{blob},A")
    git(bench.workspace, "commit", "--quiet", "--message=Twins")
    with pytest.raises(RepositoryError, match="Files that differ in capitals alone, such as a"):
        await bench.worktrees().open("one", branch=BRANCH, base=bench.head())


async def test_where_capitals_do_not_count_a_merge_of_twins_is_refused(bench: Bench) -> None:
    git(bench.workspace, "config", "core.ignorecase", "true")
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one, two = await bench.stream(trees, "one", {"Readme": "1\n"}), await bench.stream(trees, "two", {"README": "2\n"})
    merged = await trees.merge(ground, one, message="x")
    await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    with pytest.raises(RepositoryError, match="Both sides have readme"):
        await trees.merge(ground, two, message="x")
    assert git(ground.root, "status", "--porcelain") == ""
    assert bench.tip() == merged.commit


async def test_a_bare_repository_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bare = tmp_path / "bare"
    git(tmp_path, "clone", "--quiet", "--bare", str(bench.workspace), str(bare))
    bench.workspace = bare
    with pytest.raises(RepositoryError, match="is a bare repository"):
        await bench.worktrees().open("one", branch=BRANCH, base="HEAD")


async def test_no_repository_is_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.workspace = tmp_path / "plain"
    bench.workspace.mkdir()
    with pytest.raises(RepositoryError, match="is not a git repository") as caught:
        await bench.worktrees().open("one", branch=BRANCH, base="HEAD")
    assert "--init-git" in caught.value.hint


async def test_no_commits_are_refused(tmp_path: Path) -> None:
    bench = Bench(tmp_path, files=None)
    with pytest.raises(RepositoryError, match="has no commit yet") as caught:
        await bench.worktrees().open("one", branch=BRANCH, base="HEAD")
    assert "git commit" in caught.value.hint


async def test_a_base_that_is_not_here_is_refused(bench: Bench) -> None:
    with pytest.raises(RepositoryError, match="There is no commit"):
        await bench.worktrees().open("one", branch=BRANCH, base="0" * 40)


async def test_a_detached_head_is_where_the_run_comes_from(bench: Bench) -> None:
    git(bench.workspace, "checkout", "--quiet", "--detach")
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    assert (await ground.repository.open_branch(BRANCH)).origin == bench.head()


async def test_a_worktree_of_a_worktree(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    linked = tmp_path / "linked"
    git(bench.workspace, "worktree", "add", "--quiet", "-b", "topic", str(linked))
    common = bench.common
    bench.workspace = linked
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    assert (await ground.repository.open_branch(BRANCH)).origin == "topic"
    one = await bench.stream(trees, "one", {"a": "2\n"})
    merged = await trees.merge(ground, one, message="x")
    assert await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    assert {path.name for path in (common / "worktrees").iterdir()} == {"linked", "integration", "one"}
    assert (await trees.retire("one")).removed
    assert (await trees.retire("integration")).removed
    assert git(linked, "status", "--porcelain") == ""


async def test_a_shallow_clone(tmp_path: Path) -> None:
    origin = Bench(tmp_path / "o")
    write(origin.workspace, {"a": "2\n"})
    git(origin.workspace, "commit", "--quiet", "--all", "--message=More")
    bench = Bench(tmp_path)
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{origin.workspace}", str(clone))
    bench.workspace = clone
    trees = bench.worktrees()
    base = bench.head()
    ground = await trees.open("integration", branch=BRANCH, base=base)
    one, two = await bench.stream(trees, "one", {"a": "one\n"}), await bench.stream(trees, "two", {"b": "two\n"})
    for commit in (one, two):
        tip = bench.tip()
        merged = await trees.merge(ground, commit, message="x")
        assert await trees.advance(BRANCH, to=merged.commit, expected=tip)
    assert git(clone, "diff", "--name-only", base, BRANCH) == "a\nb"


async def test_sha256(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    other = tmp_path / "sha256"
    other.mkdir()
    git(other, "init", "--quiet", "--object-format=sha256", "--initial-branch=main")
    write(other, FILES)
    git(other, "add", "--all")
    git(other, "commit", "--quiet", "--message=Start")
    bench.workspace = other
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one, two = await bench.stream(trees, "one", {"a": "one\n"}), await bench.stream(trees, "two", {"a": "two\n"})
    merged = await trees.merge(ground, one, message="x")
    await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    assert (await trees.merge(ground, two, message="x")).conflicts
    write(ground.root, {"a": "one\ntwo\n"})
    assert (await trees.conclude(ground, two, message="x")).commit
    write(ground.root, {"b": "kept\n"})
    assert (await trees.retire("integration")).quarantine


async def test_the_persons_own_locked_index_is_in_nobodys_way(bench: Bench) -> None:
    (bench.common / "index.lock").touch()
    trees = bench.worktrees()
    ground = await trees.open("integration", branch=BRANCH, base=bench.head())
    one = await bench.stream(trees, "one", {"a": "one\n"})
    merged = await trees.merge(ground, one, message="x")
    assert await trees.advance(BRANCH, to=merged.commit, expected=bench.head())
    assert (bench.common / "index.lock").exists()


async def test_a_lock_that_a_killed_git_left_in_a_worktree_is_taken_away(bench: Bench) -> None:
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    for name in ("index.lock", "HEAD.lock", "loki-index.lock"):
        (bench.common / "worktrees/one" / name).touch()
    write(ground.root, {"a": "2\n"})
    assert await ground.repository.commit(BRANCH, subject="Work", body="") == bench.tip()


async def test_a_locked_branch_is_waited_for_and_then_named(bench: Bench) -> None:
    trees = bench.worktrees()
    ground = await trees.open("one", branch=BRANCH, base=bench.head())
    lock = bench.common / f"refs/heads/{BRANCH}.lock"
    lock.touch()
    write(ground.root, {"a": "2\n"})
    commit = asyncio.create_task(ground.repository.commit(BRANCH, subject="Work", body=""))
    while not git(ground.root, "diff", "--cached", "--name-only"):  # all that comes before the branch is done
        await asyncio.sleep(0)
        assert not commit.done()
    lock.unlink()
    assert await commit == bench.tip()
    lock.touch()
    write(ground.root, {"a": "3\n"})
    before = bench.tip()
    with pytest.raises(RepositoryError, match=r"r1\.lock") as caught:
        await ground.repository.commit(BRANCH, subject="Work", body="")
    assert "no process has it open" in caught.value.message
    assert f"rm '{lock}'" in caught.value.hint
    assert bench.tip() == before
    lock.unlink()
    assert await ground.repository.commit(BRANCH, subject="Work", body="") != before


async def test_allowed_paths_hold_in_a_worktree_too(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "landlock")
    ground = await bench.worktrees(allowed=("src", str(bench.workspace / "b"))).open(
        "one", branch=BRANCH, base=bench.head()
    )
    before = state(bench.workspace)
    agent = await ground.workspaces.open_agent()
    done = await agent.perform("shell", {"command": "echo 2 >src/deep.py && echo 2 >b && echo 2 >a"})
    await agent.close()
    assert "outside what this run may write" in done.output
    assert git(ground.root, "status", "--porcelain") == " M b\n M src/deep.py"
    assert state(bench.workspace) == before


async def test_the_state_directory_is_lent_no_further_than_the_worktree(tmp_path: Path) -> None:
    bench = Bench(tmp_path, "landlock")
    write(bench.state.root, {"journal.db": "secret\n"})
    ground = await bench.worktrees().open("one", branch=BRANCH, base=bench.head())
    agent = await ground.workspaces.open_agent()
    command = f"cat '{bench.state.journal}'; ls ..; touch ../x; echo x >'{bench.state.journal}'"
    done = await agent.perform("shell", {"command": command})
    await agent.close()
    assert "secret" not in done.output
    assert bench.state.journal.read_text() == "secret\n"
    assert not (ground.root.parent / "x").exists()
