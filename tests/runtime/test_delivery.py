"""Where a work tree keeps its git directory."""

from __future__ import annotations

from pathlib import Path

import pytest

from loki_tui.core.errors import RepositoryError
from loki_tui.runtime.delivery import git_places
from tests.support.git import git, repository


def test_a_repository_has_one_place(tmp_path: Path) -> None:
    assert git_places(repository(tmp_path / "main")) == (tmp_path / "main" / ".git",)


def test_a_worktree_has_its_own_and_the_common_one(tmp_path: Path) -> None:
    main = repository(tmp_path / "main", {"a": "1\n"})
    git(main, "worktree", "add", "--quiet", str(tmp_path / "other"))
    assert git_places(tmp_path / "other") == (main / ".git" / "worktrees" / "other", main / ".git")


def test_a_plain_directory_has_none(tmp_path: Path) -> None:
    assert git_places(tmp_path) == ()


def test_a_pointer_to_nowhere_is_an_error_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / ".git").write_text("gitdir: ../gone\n")
    with pytest.raises(RepositoryError, match="which is not there") as caught:
        git_places(tmp_path)
    assert "git worktree repair" in caught.value.hint
