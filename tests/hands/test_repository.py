from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError
from loki_tui.hands.policy import Demands
from loki_tui.hands.repository import GitRepository, Identity
from loki_tui.hands.workspace import HandsWorkspaces
from tests.support.git import git, repository, state, write
from tests.support.workspace import MARK, LocalWorkspace

BRANCH = "loki/r1"
LINES = "".join(f"line {number}\n" for number in range(1, 31))


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return repository(tmp_path / "per son", {"a": "1\n", "b": "1\n", "c": LINES, ".gitignore": "*.log\n"})


def opened_at(root: Path, *, identity: Identity | None = None) -> GitRepository:
    return GitRepository(LocalWorkspace(root), run="r1", identity=identity)


async def commit(repo: GitRepository, subject: str = "Work") -> str | None:
    return await repo.commit(BRANCH, subject=subject, body="")


def status(root: Path) -> str:
    return git(root, "status", "--porcelain", "--untracked-files=all")


def changed(root: Path, since: str = "main", until: str = BRANCH) -> str:
    return git(root, "diff", "--no-renames", "--name-status", since, until)


async def test_a_clean_repository_gets_a_branch_and_commits(root: Path) -> None:
    main = git(root, "rev-parse", "main")
    repo = opened_at(root, identity=Identity("Ada Lovelace", "ada@example.org"))
    opened = await repo.open_branch(BRANCH)
    assert (opened.branch, opened.base, opened.origin, opened.dirty) == (BRANCH, main, "main", ())
    assert git(root, "symbolic-ref", "HEAD") == f"refs/heads/{BRANCH}"
    assert await commit(repo) is None

    write(root, {"a": "2\n", "new/file": "1\n", "x.log": "ignored\n"})
    (root / "b").unlink()
    sha = await repo.commit(BRANCH, subject="Do the work", body="It was\n\nmuch: \"$HOME\" `id` 'x' \\n \x1b[31m")

    assert sha == git(root, "rev-parse", BRANCH)
    assert git(root, "rev-parse", f"{BRANCH}^") == main == git(root, "rev-parse", "main")
    assert changed(root) == "M\ta\nD\tb\nA\tnew/file"
    assert status(root) == ""
    assert git(root, "log", "-1", "--format=%an <%ae>|%cn <%ce>") == "|".join(["Ada Lovelace <ada@example.org>"] * 2)
    assert git(root, "log", "-1", "--format=%B").rstrip() == (
        "Do the work\n\nIt was\n\nmuch: \"$HOME\" `id` 'x' \\n [31m\n\nLoki-Run: r1"
    )
    assert await commit(repo) is None
    assert repo.take_warnings() == []


async def test_without_an_identity_loki_commits(root: Path) -> None:
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"a": "2\n"})
    await commit(repo)
    assert git(root, "log", "-1", "--format=%an <%ae>") == "Loki <loki@localhost>"


async def test_uncommitted_work_stays_uncommitted_and_as_it_was(root: Path) -> None:
    write(root, {"a": "mine\n", "b": "staged\n", "new staged": "mine\n"})
    (root / "gone").write_text("1\n")
    git(root, "add", "b", "new staged")
    write(root, {"b": "staged, then changed\n", "dir/untracked": "mine\n"})
    git(root, "rm", "--quiet", "--cached", ".gitignore")
    before, files = status(root), state(root)
    repo = opened_at(root)

    opened = await repo.open_branch(BRANCH)
    assert set(opened.dirty) == {"a", "b", "new staged", "dir/untracked", "gone", ".gitignore"}
    assert (status(root), state(root)) == (before, files)
    assert await commit(repo) is None

    write(root, {"agent/work": "1\n", "c": LINES.replace("line 5", "LINE 5")})
    await commit(repo)
    assert changed(root) == "A\tagent/work\nM\tc"
    assert status(root) == before
    assert repo.take_warnings() == []
    assert git(root, "show", "refs/loki/r1/start:b") == "staged, then changed"
    assert git(root, "show", "refs/loki/r1/index:b") == "staged"


async def test_deleted_and_renamed_files_of_the_person_stay_on_the_branch(root: Path) -> None:
    (root / "a").unlink()
    git(root, "mv", "b", "b moved")
    before = status(root)
    repo = opened_at(root)
    assert set((await repo.open_branch(BRANCH)).dirty) == {"a", "b", "b moved"}
    write(root, {"agent": "1\n"})
    await commit(repo)
    assert changed(root) == "A\tagent"
    assert status(root).splitlines() == [*before.splitlines()]


async def test_one_file_changed_by_both_is_taken_apart_line_by_line(root: Path) -> None:
    mine = LINES.replace("line 2\n", "line two, mine\n")
    write(root, {"c": mine})
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    both = mine
    for number in ("28", "29", "28, again"):
        both = (
            both.replace("line 28", f"line {number}", 1) if number != "28, again" else both.replace("line 29", number)
        )
        write(root, {"c": both})
        await commit(repo)
    assert git(root, "show", f"{BRANCH}:c") + "\n" == both.replace("line two, mine", "line 2")
    assert git(root, "diff", "--unified=0", "--", "c").splitlines()[-2:] == ["-line 2", "+line two, mine"]
    assert repo.take_warnings() == []


async def test_overlapping_changes_are_committed_together_and_said(root: Path) -> None:
    write(
        root, {"c": LINES.replace("line 2\n", "mine\n"), "binary": "\0\1", "mine only": "mine\n", "dropped": "mine\n"}
    )
    (root / "a").unlink()
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(
        root, {"c": LINES.replace("line 2\n", "agent's\n"), "binary": "\0\2", "mine only": "both\n", "a": "agent's\n"}
    )
    (root / "dropped").unlink()
    write(root, {"other": "agent's\n"})
    await commit(repo)
    assert changed(root) == "M\ta\nA\tbinary\nM\tc\nA\tmine only\nA\tother"
    assert status(root) == ""
    (warning,) = repo.take_warnings()
    assert "same lines" in warning
    assert warning.endswith(": a, binary, c, mine only.")

    write(root, {"other": "2\n"})
    await commit(repo)
    assert repo.take_warnings() == []


async def test_files_and_directories_change_places(root: Path) -> None:
    write(root, {"tree/x": "1\n", "tree/y": "1\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=tree")
    write(root, {"tree/x": "mine\n", "flat": "mine\n"})
    (root / "tree" / "y").unlink()
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    (root / "tree" / "x").unlink()
    (root / "tree").rmdir()
    (root / "flat").unlink()
    (root / "a").unlink()
    write(root, {"tree": "agent\n", "flat/z": "agent\n", "a/b": "agent\n"})
    await commit(repo)
    assert git(root, "show", f"{BRANCH}:tree") == "agent"
    assert git(root, "show", f"{BRANCH}:flat/z") == "agent"
    assert git(root, "show", f"{BRANCH}:a/b") == "agent"


async def test_commits_of_the_agent_stay_and_do_not_smuggle_in_the_persons_work(root: Path) -> None:
    write(root, {"mine": "mine\n"})
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"agent": "1\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=agent's own")
    own = git(root, "rev-parse", "HEAD")
    write(root, {"agent": "2\n"})
    sha = await commit(repo)
    assert git(root, "rev-parse", f"{sha}^") == own
    assert changed(root) == "A\tagent"
    assert status(root) == "?? mine"


async def test_a_commit_of_the_agent_alone_needs_no_other(root: Path) -> None:
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"agent": "1\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=agent's own")
    assert await commit(repo) is None


async def test_a_detached_head(root: Path) -> None:
    main = git(root, "rev-parse", "main")
    git(root, "checkout", "--quiet", "--detach")
    repo = opened_at(root)
    opened = await repo.open_branch(BRANCH)
    assert (opened.origin, opened.base) == (main, main)
    write(root, {"agent": "1\n"})
    await commit(repo)
    assert changed(root) == "A\tagent"
    assert repo.take_warnings() == []


async def test_a_repository_without_commits(tmp_path: Path) -> None:
    root = repository(tmp_path / "fresh")
    write(root, {"mine": "mine\n", "staged": "mine\n"})
    git(root, "add", "staged")
    before = status(root)
    repo = opened_at(root)
    opened = await repo.open_branch(BRANCH)
    assert (opened.base, opened.origin, set(opened.dirty)) == (None, "main", {"mine", "staged"})
    assert (await opened_at(root).open_branch(BRANCH)) == opened
    assert await commit(repo) is None
    write(root, {"agent": "1\n"})
    sha = await commit(repo)
    assert git(root, "ls-tree", "-r", "--name-only", str(sha)) == "agent"
    assert git(root, "rev-list", "--count", BRANCH) == "1"
    assert status(root) == before


async def test_a_second_opening_takes_up_the_first(root: Path) -> None:
    write(root, {"mine": "mine\n"})
    first = await opened_at(root).open_branch(BRANCH)
    write(root, {"agent": "1\n"})
    assert await opened_at(root).open_branch(BRANCH) == first
    await commit(opened_at(root))
    again = opened_at(root)
    assert await again.open_branch(BRANCH) == first
    write(root, {"agent": "2\n"})
    await commit(again)
    assert changed(root) == "A\tagent"
    assert status(root) == "?? mine"


async def test_an_opening_cut_short_before_head_moved_is_finished(root: Path) -> None:
    first = await opened_at(root).open_branch(BRANCH)
    git(root, "symbolic-ref", "HEAD", "refs/heads/main")
    assert await opened_at(root).open_branch(BRANCH) == first
    assert git(root, "symbolic-ref", "--short", "HEAD") == BRANCH


async def test_resuming_with_another_branch_checked_out_is_refused(root: Path) -> None:
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"agent": "1\n"})
    await commit(repo)
    git(root, "checkout", "--quiet", "main")
    with pytest.raises(RepositoryError, match="main is checked out") as caught:
        await opened_at(root).open_branch(BRANCH)
    assert "git switch loki/r1" in caught.value.hint


async def test_an_agent_on_another_branch_neither_moves_it_nor_undoes_the_run(root: Path) -> None:
    write(root, {"mine": "mine\n"})
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"agent": "1\n"})
    await commit(repo)
    git(root, "checkout", "--quiet", "main")
    main = git(root, "rev-parse", "main")
    assert await commit(repo) is None
    write(root, {"later": "2\n"})
    assert await commit(repo) is not None
    assert changed(root) == "A\tagent\nA\tlater"
    assert (git(root, "symbolic-ref", "--short", "HEAD"), git(root, "rev-parse", "main")) == ("main", main)
    assert status(root) == "?? later\n?? mine"
    assert repo.take_warnings() == ["main is checked out instead of loki/r1; commits go to loki/r1 all the same."]


async def test_a_branch_the_agent_grew_from_the_runs_is_taken_over(root: Path) -> None:
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    git(root, "checkout", "--quiet", "-b", "feature")
    write(root, {"feature": "1\n"})
    git(root, "add", "--all")
    git(root, "commit", "--quiet", "--message=on the side")
    assert await commit(repo) == git(root, "rev-parse", "feature")
    write(root, {"feature": "2\n"})
    sha = await commit(repo)
    assert git(root, "rev-parse", f"{sha}^") == git(root, "rev-parse", "feature")
    assert git(root, "show", f"{BRANCH}:feature") == "2"


async def test_a_deleted_branch_is_made_anew(root: Path) -> None:
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    git(root, "checkout", "--quiet", "main")
    git(root, "branch", "--quiet", "-D", BRANCH)
    write(root, {"agent": "1\n"})
    await commit(repo)
    assert changed(root) == "A\tagent"
    assert any("deleted" in warning for warning in repo.take_warnings())


async def test_a_moved_origin_is_said_once(root: Path) -> None:
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    git(root, "branch", "--force", "main", git(root, "commit-tree", "-m", "elsewhere", "-p", "main", "main^{tree}"))
    for content in ("1\n", "2\n"):
        write(root, {"agent": content})
        await commit(repo)
    (warning,) = repo.take_warnings()
    assert warning.startswith("main has moved")
    assert repo.take_warnings() == []


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


async def test_modes_of_both_are_told_apart(root: Path) -> None:
    (root / "c").chmod(0o755)
    write(root, {"c": LINES.replace("line 2\n", "mine\n")})
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"c": LINES.replace("line 2\n", "mine\n").replace("line 28", "agent's")})
    await commit(repo)
    assert git(root, "ls-tree", BRANCH, "c").startswith("100644")
    assert git(root, "show", f"{BRANCH}:c") + "\n" == LINES.replace("line 28", "agent's")


async def test_hundreds_of_uncommitted_paths(root: Path) -> None:
    names = [f"many/{'long ' * 20}{number}" for number in range(350)]
    write(root, dict.fromkeys(names, "mine\n"))
    repo = opened_at(root)
    assert len((await repo.open_branch(BRANCH)).dirty) == 200
    write(root, dict.fromkeys(names[:250], "both\n"))
    await commit(repo)
    assert len(changed(root).splitlines()) == 250
    assert len(status(root).splitlines()) == 100
    assert repo.take_warnings()[0].endswith(" and 240 more.")


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
    with pytest.raises(RepositoryError, match="Another git") as caught:
        await commit(repo)
    assert "index.lock" in caught.value.hint
    assert git(root, "rev-parse", BRANCH) == tip
    (root / ".git" / "index.lock").unlink()
    await commit(repo)
    assert (changed(root), status(root)) == ("A\tagent", "")


async def test_places_that_cannot_hold_a_run(root: Path, tmp_path: Path) -> None:
    write(tmp_path / "plain", {"x": "1"})
    assert await opened_at(tmp_path / "plain").inspect() is None
    with pytest.raises(RepositoryError, match="not a git repository") as caught:
        await opened_at(tmp_path / "plain").open_branch(BRANCH)
    assert "--init-git" in caught.value.hint

    git(tmp_path, "init", "--quiet", "--bare", "bare")
    with pytest.raises(RepositoryError, match="bare repository"):
        await opened_at(tmp_path / "bare").open_branch(BRANCH)

    git(root, "branch", BRANCH)
    with pytest.raises(RepositoryError, match="did not make"):
        await opened_at(root).open_branch(BRANCH)
    with pytest.raises(RepositoryError, match="never opened"):
        await commit(opened_at(root))

    git(root, "branch", "--move", BRANCH, "loki")
    with pytest.raises(RepositoryError, match="cannot create") as caught:
        await opened_at(root).open_branch(BRANCH)
    assert "Rename" in caught.value.hint

    git(root, "config", "core.worktree", "/etc")
    with pytest.raises(RepositoryError, match="work tree is /etc"):
        await opened_at(root).inspect()
    (root / ".git" / "config").write_text("[broken\n")
    with pytest.raises(RepositoryError, match="bad config"):
        await opened_at(root).inspect()


async def test_inspecting_changes_nothing(root: Path) -> None:
    write(root, {"a": "2\n", "new/x": "1\n", "new/y": "1\n"})
    facts = await opened_at(root).inspect()
    assert facts is not None
    assert (facts.root, facts.branch, facts.unborn, facts.dirty) == (str(root), "main", False, 2)
    git(root, "checkout", "--quiet", "--detach")
    detached = await opened_at(root).inspect()
    assert detached is not None
    assert detached.branch == ""


async def test_a_plain_directory_becomes_a_repository(tmp_path: Path) -> None:
    root = tmp_path / "plain"
    write(root, {"a": "1\n", "sub/b": "1\n", ".gitignore": "*.log\n", "x.log": "1\n"})
    repo = opened_at(root, identity=Identity("Ada", "ada@example.org"))
    await repo.init()
    await repo.init()
    assert git(root, "ls-tree", "-r", "--name-only", "main") == ".gitignore\na\nsub/b"
    assert git(root, "rev-list", "--count", "main") == "1"
    assert status(root) == ""
    assert (await repo.open_branch(BRANCH)).dirty == ()


async def test_an_empty_directory_becomes_a_repository_without_commits(tmp_path: Path) -> None:
    write(tmp_path / "plain", {})
    repo = opened_at(tmp_path / "plain")
    await repo.init()
    facts = await repo.inspect()
    assert facts is not None
    assert (facts.branch, facts.unborn, facts.dirty) == ("main", True, 0)


async def test_confined_hands_give_the_same_answers(root: Path, tmp_path: Path) -> None:
    names = {f"many/{number} \u00fcber\u200b-\u001b[31m": LINES for number in range(120)}
    write(root, names)
    hands = await HandsWorkspaces(
        Demands(root=root, private=tmp_path / "private", environ={"PATH": os.environ["PATH"], "HOME": str(tmp_path)})
    ).open_repository(root / ".git")
    try:
        repo = GitRepository(hands, run="r1")
        assert len((await repo.open_branch(BRANCH)).dirty) == 120
        write(root, {name: LINES.replace("line 3\n", "agent's\n") for name in names} | {"agent": "1\n"})
        await commit(repo)
        assert len(repo.take_warnings()) == 1
        with pytest.raises(RepositoryError, match="never opened"):
            await GitRepository(hands, run="r2").commit(BRANCH, subject="x", body="")
    finally:
        await hands.close()
    assert len(changed(root).splitlines()) == 121
    assert status(root) == ""
