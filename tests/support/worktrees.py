"""A person with a repository and a run that works in worktrees of it, on a rung of one's choice."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

from loki_tui.engine.grounds import Ground
from loki_tui.hands.policy import Demands
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.worktrees import Base, GitWorktrees
from loki_tui.store.checkpoints import GitCheckpoints
from loki_tui.store.paths import StateDirectory
from tests.support.containers import settings_for
from tests.support.git import ENVIRONMENT, git, repository, write

RUN = "r1"
BRANCH = f"loki/{RUN}"
LINES = "".join(f"line {number}\n" for number in range(1, 31))
FILES = {"a": "1\n", "b": "1\n", "c": LINES, "src/deep.py": LINES, ".gitignore": "*.log\nnode_modules/\n.env\n"}


_ENGINE = {name: os.environ[name] for name in ("DOCKER_HOST",) if name in os.environ}


@dataclass
class Bench:
    """A repository of one commit, and a run on it."""

    base: Path
    rung: str = "none"
    files: dict[str, str] | None = field(default_factory=lambda: dict(FILES))
    workspace: Path = field(init=False)
    path: str = ENVIRONMENT["PATH"]
    """Where programs are found."""

    def __post_init__(self) -> None:
        self.base = self.base.resolve()
        self.workspace = self.base / "per son"
        if not self.workspace.exists():
            repository(self.workspace, self.files)

    @property
    def state(self) -> StateDirectory:
        return StateDirectory(root=self.base / "state", workspace=self.workspace)

    @property
    def common(self) -> Path:
        return self.workspace / ".git"

    def demands(self, *, allowed: tuple[str, ...] = ()) -> Demands:
        """What the person demands of hands on their own workspace."""
        return Demands(
            root=self.workspace,
            private=self.state.prepare_run(RUN).home,
            environ={"PATH": self.path, "HOME": str(self.base / "home"), **_ENGINE},
            protected=(self.state.root,),
            confinement=self.rung,
            allowed_paths=allowed,
            identity=("Ada", "ada@example.org"),
        )

    def worktrees(self, *, allowed: tuple[str, ...] = ()) -> GitWorktrees:
        """What an engine of the run has; another one for each engine."""
        self.state.prepare()
        (self.base / "home").mkdir(exist_ok=True)
        demands = self.demands(allowed=allowed)
        return GitWorktrees(
            Base(
                run=RUN,
                workspace=self.workspace,
                directories=self.state.prepare_run(RUN),
                demands=demands,
                workspaces=open_workspaces(demands, settings_for(demands.confinement), run=RUN),
                checkpoints=GitCheckpoints(self.state.checkpoints, workspace=self.workspace),
            )
        )

    def head(self) -> str:
        """The commit the person has checked out."""
        return git(self.workspace, "rev-parse", "HEAD")

    def tip(self, branch: str = BRANCH) -> str:
        """Where a branch is."""
        return git(self.workspace, "rev-parse", f"refs/heads/{branch}")

    def refs(self, prefix: str = "refs/loki/quarantine") -> list[str]:
        """Refs below a prefix."""
        return git(self.workspace, "for-each-ref", "--format=%(refname)", prefix).splitlines()

    async def stream(self, trees: GitWorktrees, name: str, files: dict[str, str]) -> str:
        """Commit files in a worktree of a stream's; the commit."""
        ground = await trees.open(name, branch=f"{BRANCH}-{name}", base=self.head())
        write(ground.root, files)
        made = await ground.repository.commit(f"{BRANCH}-{name}", subject=f"Work of {name}", body="")
        assert made
        return made


async def sh(ground: Ground, command: str) -> str:
    """What an agent in a worktree sees of a command."""
    hands = await ground.workspaces.open_agent()
    try:
        return (await hands.perform("shell", {"command": command})).output
    finally:
        await hands.close()
