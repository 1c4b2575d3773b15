from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError
from loki_tui.hands.box.files import Files
from loki_tui.hands.box.paths import Places
from loki_tui.hands.policy import Demands
from loki_tui.hands.repository import GitRepository, Identity
from loki_tui.hands.workspace import HandsWorkspaces
from tests.hands.branching import BRANCH, LINES, changed, commit, opened_at, person_repository, status
from tests.support.git import git, repository, state, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return person_repository(tmp_path / "per son")


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
    assert await commit(repo) == sha
    assert git(root, "rev-parse", BRANCH) == sha
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
    assert await commit(repo) == git(root, "rev-parse", "HEAD")
    assert git(root, "log", "-1", "--format=%s") == "agent's own"


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


def parts(root: Path) -> list[Path]:
    """Files of which only a part may have been written."""
    return list(root.rglob(".loki-*.part"))


async def test_what_hands_left_that_were_killed_while_they_wrote_does_not_become_work(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everything but the last step of writing a file happens; then death comes."""

    def die(source: str, target: str) -> None:
        raise KeyboardInterrupt

    write(root, {".gitignore": "built\n", ".loki-mine.part": "mine\n"})
    git(root, "add", "--all")
    git(root, "commit", "--message", "Mine")
    await opened_at(root).open_branch(BRANCH)
    write(root, {"agent": "1\n", "built/x": "", "sub dir/x": "1\n"})
    files = Files(Places(root=str(root), home=str(root), read=[str(root)], write=[str(root)], shown=[str(root)]))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", die)
        for path in ["agent", "new", "built/x", "sub dir/x"]:
            with pytest.raises(KeyboardInterrupt):
                files.make(files.rewriting(path, "2\n"))
    assert len(parts(root)) == 5
    again = opened_at(root)
    await again.open_branch(BRANCH)
    await commit(again)
    assert changed(root) == "A\tagent\nA\tsub dir/x"
    assert parts(root) == [root / ".loki-mine.part"]


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


async def test_what_was_opened_elsewhere_is_not_taken_up(root: Path, tmp_path: Path) -> None:
    first = await opened_at(root).open_branch(BRANCH)
    assert await opened_at(root).open_branch(BRANCH, again=True) == first
    other = person_repository(tmp_path / "other")
    before = git(other, "for-each-ref")
    with pytest.raises(RepositoryError, match="did not begin in this repository") as caught:
        await opened_at(other).open_branch(BRANCH, again=True)
    assert "LOKI_DIR" in caught.value.hint
    assert (git(other, "for-each-ref"), git(other, "branch", "--show-current")) == (before, "main")


async def test_an_agent_on_another_branch_neither_moves_it_nor_undoes_the_run(root: Path) -> None:
    write(root, {"mine": "mine\n"})
    repo = opened_at(root)
    await repo.open_branch(BRANCH)
    write(root, {"agent": "1\n"})
    first = await commit(repo)
    git(root, "checkout", "--quiet", "main")
    main = git(root, "rev-parse", "main")
    assert await commit(repo) == first
    write(root, {"later": "2\n"})
    assert await commit(repo) != first
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
