"""Worktrees to be attacked from: those of a parallel run, made as every such run makes its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from loki_tui.core.settings import Settings
from loki_tui.engine.ports import Workspaces
from loki_tui.hands.policy import Demands
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.proving_ground import SECRET, Ground
from loki_tui.runtime.worktrees import PERSONS, Base, GitWorktrees
from loki_tui.store.checkpoints import GitCheckpoints
from loki_tui.store.paths import StateDirectory

_RUN = "r1"
_WHOLE, _OTHER, _OWN = "run", "stream-two", "stream-one"


@dataclass(frozen=True, slots=True)
class Beside:
    """A stream's worktree, and what lies beside it."""

    workspaces: Workspaces
    """Launches hands in it."""
    places: Mapping[str, str]
    """What attacks are told, see `loki_tui.runtime.escapes_worktrees`."""
    own: tuple[Path, ...]
    """What hands there may change."""
    watched: tuple[Path, ...]
    """What they may not, besides what nobody may."""


async def lay_out_worktrees(ground: Ground, demands: Demands, settings: Settings) -> Beside:
    """Have a parallel run at work in the repository.

    Args:
        ground: Where; it has a repository with a commit.
        demands: What the person demands of hands.
        settings: How they are confined.

    Raises:
        loki_tui.core.errors.LokiError: There is no git that could do it.
    """
    state = StateDirectory(root=ground.state, workspace=ground.repository)
    directories = state.prepare_run(_RUN)
    persons = replace(demands, root=ground.repository, private=directories.home, allowed_paths=())
    trees = GitWorktrees(
        Base(
            run=_RUN,
            workspace=ground.repository,
            directories=directories,
            demands=persons,
            workspaces=open_workspaces(persons, settings),
            checkpoints=GitCheckpoints(state.checkpoints, workspace=ground.repository),
        )
    )
    branch = f"loki/{_RUN}"
    whole = await trees.open(_WHOLE, branch=branch, base=PERSONS)
    other = await trees.open(_OTHER, branch=f"{branch}-two", base=PERSONS)
    own = await trees.open(_OWN, branch=f"{branch}-one", base=PERSONS)
    for place in (whole.root, other.root, ground.repository):
        (place / ".env").write_text(SECRET)
    places = {"X": other.root, "R": whole.root, "G": trees.common, "P": ground.repository}
    return Beside(
        workspaces=own.workspaces,
        places={**{name: str(path) for name, path in places.items()}, "W": str(own.root), "S": str(own.root / "src")},
        own=(own.root, directories.grounds / own.root.name),
        watched=(ground.repository,),
    )
