from __future__ import annotations

from pathlib import Path

import pytest

from tests.hands.branching import BRANCH, LINES, changed, commit, opened_at, person_repository, status
from tests.support.git import git, write


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return person_repository(tmp_path / "per son")


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
