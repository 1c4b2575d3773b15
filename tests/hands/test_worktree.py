from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError
from tests.hands.branching import BRANCH, changed, commit, opened_at, person_repository, status
from tests.support.git import git, repository, write
from tests.support.workspace import MARK


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return person_repository(tmp_path / "per son")


async def test_a_subdirectory_works_on_the_whole_repository(root: Path) -> None:
    write(root, {"sub/dir/x": "1\n", "mine": "1\n"})
    repo = opened_at(root / "sub" / "dir")
    assert set((await repo.open_branch(BRANCH)).dirty) == {"sub/dir/x", "mine"}
    write(root, {"sub/dir/agent": "1\n", "top": "1\n"})
    await commit(repo)
    assert changed(root) == "A\tsub/dir/agent\nA\ttop"
    assert status(root) == "?? mine\n?? sub/dir/x"


async def test_a_linked_worktree(root: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    git(root, "worktree", "add", "--quiet", "-b", "side", str(linked))
    repo = opened_at(linked)
    assert (await repo.open_branch(BRANCH)).origin == "side"
    write(linked, {"agent": "1\n"})
    await commit(repo)
    assert changed(root, since="side") == "A\tagent"
    assert git(root, "symbolic-ref", "--short", "HEAD") == "main"
    assert (status(root), status(linked)) == ("", "")


async def test_repositories_within_are_not_touched(root: Path, tmp_path: Path) -> None:
    library = repository(tmp_path / "library", {"lib": "1\n"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(library), "module")
    git(root, "commit", "--quiet", "--message=module")
    repository(root / "mine nested", {"x": "1\n"})
    repo = opened_at(root)
    opened = await repo.open_branch(BRANCH)
    assert opened.dirty == ()

    repository(root / 'agent\'s "nested"', {"y": "1\n"})
    repository(root / "unborn")
    write(root, {"module/lib": "2\n", "agent": "1\n", "unborn/z": "1\n"})
    git(root / "module", "commit", "--quiet", "--all", "--message=moved")
    await commit(repo)
    assert changed(root) == "A\tagent"
    assert git(root, "ls-tree", BRANCH, "module") == git(root, "ls-tree", "main", "module")
    assert (root / "unborn" / "z").exists()


async def test_odd_names_modes_and_links(root: Path) -> None:
    names = ("-n", "new\nline", 'tab\tquote"', "grün", "back\\slash", "*", ":(top)x", " lead")
    write(root, dict.fromkeys(names, "mine\n"))
    before = status(root)
    repo = opened_at(root)
    opened = await repo.open_branch(BRANCH)
    assert set(opened.dirty) == {
        "-n",
        '"new\\nline"',
        '"tab\\tquote\\""',
        "grün",
        "back\\slash",
        "*",
        ":(top)x",
        " lead",
    }
    write(root, {f"agent {name}": "1\n" for name in names})
    (root / "link").symlink_to("/nowhere")
    (root / "a").chmod(0o755)
    write(root, {"grün": "both\n"})
    await commit(repo)
    listed = git(root, "diff", "--name-only", "-z", "main", BRANCH).strip("\0").split("\0")
    assert set(listed) == {*(f"agent {name}" for name in names), "link", "a", "grün"}
    assert git(root, "ls-tree", BRANCH, "a").startswith("100755")
    assert git(root, "ls-tree", BRANCH, "link").startswith("120000")
    assert status(root).splitlines() == [line for line in before.splitlines() if "gr" not in line]
    assert repo.take_warnings()[0].endswith(": grün.")


async def test_nothing_of_the_repository_is_run_outside_of_hands(root: Path, tmp_path: Path) -> None:
    fired = tmp_path / "fired"
    trap = f"echo in-hands=${MARK} >>'{fired}'; cat"
    hooks = ("pre-commit", "commit-msg", "post-commit", "reference-transaction", "post-index-change", "post-checkout")
    for hook in hooks:
        write(root, {f".git/hooks/{hook}": f"#!/bin/sh\necho hook >>'{fired}'\n"})
        (root / ".git" / "hooks" / hook).chmod(0o755)
    git(root, "config", "core.fsmonitor", f"echo fsmonitor >>'{fired}'; false")
    git(root, "config", "filter.x.clean", trap)
    git(root, "config", "commit.gpgSign", "true")
    git(root, "config", "gpg.program", str(tmp_path / "no such program"))
    write(root, {".gitattributes": "*.txt filter=x\n"})
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"filtered.txt": "1\n"})
    await commit(repo)
    # The person's own filter does its work, but only in hands; hooks and monitors have none here.
    assert set(fired.read_text().splitlines()) == {"in-hands=yes"}


@pytest.mark.parametrize("halfway", ["merge", "cherry-pick", "rebase"])
async def test_a_repository_in_the_middle_of_something_is_refused(root: Path, halfway: str) -> None:
    git(root, "checkout", "--quiet", "-b", "side")
    write(root, {"a": "side\n"})
    git(root, "commit", "--quiet", "--all", "--message=side")
    git(root, "checkout", "--quiet", "main")
    write(root, {"a": "main\n"})
    git(root, "commit", "--quiet", "--all", "--message=main")
    with pytest.raises(AssertionError):
        git(root, halfway, "side")
    with pytest.raises(RepositoryError, match=f"in the middle of a {halfway}") as caught:
        await opened_at(root).open_branch(BRANCH)
    assert "Finish or abort" in caught.value.hint


async def test_a_locked_index_is_said_and_leaves_the_branch_alone(root: Path) -> None:
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    tip = git(root, "rev-parse", BRANCH)
    write(root, {"agent": "1\n"})
    (root / ".git" / "index.lock").touch()
    with pytest.raises(RepositoryError, match=r"The repository is locked: .*/index.lock") as caught:
        await commit(repo)
    assert "Remove it: rm " in caught.value.hint
    assert git(root, "rev-parse", BRANCH) == tip
    (root / ".git" / "index.lock").unlink()
    await commit(repo)
    assert (changed(root), status(root)) == ("A\tagent", "")
