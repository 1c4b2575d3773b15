"""A person's repository with a run's branch, looked at from outside."""

from __future__ import annotations

from pathlib import Path

from loki_tui.hands.repository import GitRepository, Identity
from tests.support.git import git, repository
from tests.support.workspace import LocalWorkspace

BRANCH = "loki/r1"
LINES = "".join(f"line {number}\n" for number in range(1, 31))


def person_repository(root: Path) -> Path:
    """A few committed files."""
    return repository(root, {"a": "1\n", "b": "1\n", "c": LINES, ".gitignore": "*.log\n"})


def opened_at(root: Path, *, identity: Identity | None = None) -> GitRepository:
    return GitRepository(LocalWorkspace(root), run="r1", identity=identity)


async def commit(repo: GitRepository, subject: str = "Work") -> str | None:
    return await repo.commit(BRANCH, subject=subject, body="")


def status(root: Path) -> str:
    return git(root, "status", "--porcelain", "--untracked-files=all")


def changed(root: Path, since: str = "main", until: str = BRANCH) -> str:
    return git(root, "diff", "--no-renames", "--name-status", since, until)
