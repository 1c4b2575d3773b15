"""Whether a run can begin: asked before anything is written, so that a refusal leaves no trace."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from loki_tui.core.errors import RepositoryError, UsageError
from loki_tui.core.settings import Settings
from loki_tui.hands.repository import GitRepository
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.hands.worktrees.opening import Wanted, borrowed_from, borrowing, examine
from loki_tui.models.prices import GenaiPrices
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.build import Recording, demands_of, open_model
from loki_tui.runtime.delivery import PersonsRepository, git_places, is_bare
from loki_tui.runtime.outside import check_outside
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.runtime.webhooks import channels_of
from loki_tui.store.checkpoints import GitCheckpoints

if TYPE_CHECKING:
    from loki_tui.runtime.worktrees import GitWorktrees


def check_provider(settings: Settings, environ: Mapping[str, str]) -> None:
    """See that there is somebody to answer, and that whoever is to be told can be.

    Raises:
        UsageError: There is no key or no recording, or a webhook's address is none.
    """
    open_model(settings, environ, Recording())
    check_outside(settings, environ)
    channels_of(environ)


def check_prices(settings: Settings) -> None:
    """See that a budget can be kept.

    Raises:
        UsageError: One is set, and what a model costs is not known.
    """
    if settings.budget_limit is None or settings.provider == "acp":  # of which settings say that it is let through
        return
    prices = GenaiPrices(settings.model_prices)
    tiers = ("planning", "work", *(("fast",) if settings.provider == "claude" else ()))
    for model in sorted({settings.models[tier] for tier in tiers}):
        prices.worst_case(model, prompt_tokens=1, output_tokens=1)


def check_recording(path: Path) -> None:
    """See that answers can be kept in a file of their own: two recordings in one would play neither run.

    Raises:
        UsageError: The file has something in it, or cannot be made.
    """
    if path.exists() and (not path.is_file() or path.stat().st_size > 0):
        raise UsageError(f"The recording {path} is not empty.", hint="Give --record a new file.")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise UsageError(
            f"The recording {path} cannot be written.", hint="Give --record a file in a directory of your own."
        )


def check_parallel(around: Surroundings, settings: Settings) -> None:
    """See that a parallel run has a repository that worktrees can be made of.

    Raises:
        UsageError: It has not; says why, and what to do.
        ConfinementError: The demanded confinement is not to be had.
    """
    if not settings.parallel_mode:
        return
    from loki_tui.runtime.worktrees import Base, GitWorktrees  # noqa: PLC0415 (imports when wanted)

    state, workspace = around.project.state, around.project.workspace
    with tempfile.TemporaryDirectory(prefix="loki-") as private:
        demands = demands_of(around, settings, private=Path(private))
        base = Base(
            run="examining",
            workspace=workspace,
            directories=state.directories("examining"),
            demands=demands,
            workspaces=open_workspaces(demands, settings),
            checkpoints=GitCheckpoints(state.checkpoints, workspace=workspace),
        )
        try:
            asyncio.run(_examine(GitWorktrees(base), workspace))
        except RepositoryError as error:
            raise UsageError(error.message, hint=error.hint) from error


async def _examine(trees: GitWorktrees, workspace: Path) -> None:
    """See that git can make worktrees; nothing is changed."""
    person = git_places(workspace)[0]
    wanted = Wanted(root="", run="examining", name="run", branch="loki/examining", base="HEAD", person=str(person))
    async with trees.git() as shell:
        await examine(shell, wanted)


def ensure_repository(around: Surroundings, settings: Settings, *, consent: Callable[[], bool]) -> None:
    """See that the workspace is a git repository a run can work in; make it one with consent.

    Args:
        around: The project and the environment.
        settings: In force for the run.
        consent: Asked only where the workspace is none.

    Raises:
        RepositoryError: It refuses, or is none and there is no consent.
        ConfinementError: The demanded confinement is not to be had.
        UsageError: The directory cannot be written.
    """
    workspace = around.project.workspace
    if not os.access(workspace, os.W_OK):
        raise UsageError(
            f"The workspace {workspace} cannot be written.",
            hint="Loki works in it: make it writable for you; in a container, run as its owner (docker run --user).",
        )
    if git_places(workspace):
        check_objects(around, settings)
        return
    if is_bare(workspace):
        raise UsageError(
            f"{workspace} is a bare repository: there are no files to work on.",
            hint=f"Clone it, and start in the clone: git clone {workspace} DIR",
        )
    if not consent():
        raise UsageError(
            f"{workspace} is no git repository.",
            hint="Loki delivers a branch. Make it one: loki start --init-git, or git init.",
        )
    with tempfile.TemporaryDirectory(prefix="loki-") as private:
        demands = demands_of(around, settings, private=Path(private))
        repository = PersonsRepository(
            open_workspaces(demands, settings), workspace, run="init", identity=demands.identity
        )
        asyncio.run(repository.init())


def check_objects(around: Surroundings, settings: Settings) -> None:
    """See that hands can read the repository's objects, where some of them are another repository's.

    Raises:
        UsageError: They cannot.
        ConfinementError: The demanded confinement is not to be had.
    """
    places = git_places(around.project.workspace)
    borrowed = borrowed_from(places)
    if not borrowed:
        return
    with tempfile.TemporaryDirectory(prefix="loki-") as private:
        workspaces = open_workspaces(demands_of(around, settings, private=Path(private)), settings)
        whole = asyncio.run(_is_whole(workspaces, places))
    if not whole:
        error = borrowing(borrowed)
        raise UsageError(error.message, hint=error.hint)


async def _is_whole(workspaces: HandsWorkspaces, places: tuple[Path, ...]) -> bool:
    hands = await workspaces.open_repository(*places)
    try:
        return await GitRepository(hands, run="examining").is_whole()
    finally:
        await hands.close()
