"""Decides what is to become of a worktree that is not needed any more, and saves what would be lost with it."""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.hands.worktrees.mergefile import read_merge
from loki_tui.hands.worktrees.quarantine import Contents, differing, everything, everything_readable, reachable, save
from loki_tui.hands.worktrees.site import Site


@dataclass(frozen=True, slots=True)
class Assessment:
    """What would be lost with a worktree."""

    found: Contents
    why: str
    """Why it cannot just be removed; empty where it can."""
    files: tuple[str, ...]


async def assess(site: Site) -> Assessment:
    """Look at everything in a worktree; nothing is changed.

    Raises:
        loki_tui.core.errors.RepositoryError: Something in it cannot be read.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    return await _judge(site, await everything(site))


async def _judge(site: Site, found: Contents) -> Assessment:
    reasons: list[str] = []
    files: tuple[str, ...] = ()
    if found.tree != found.heads.tree:
        files = await differing(site, found)
        reasons.append("it has uncommitted files")
    if found.staged:
        reasons.append("something is staged in it")
    known = await read_merge(site)
    if found.heads.other or found.heads.unmerged or (known is not None and known.phase == "conflicted"):
        reasons.append("a merge is under way in it")
    if found.heads.head and not await reachable(site, found.heads.head):
        reasons.append("no branch has what is checked out")
    return Assessment(found, ", ".join(reasons), files)


async def glance(site: Site, *, common: str) -> Assessment:
    """The same, without a trace in the repository.

    Args:
        site: The worktree.
        common: The repository's git directory.
    """
    objects = await site.shell.ask("mktemp -d")
    site.shell.write_to(objects, beside=f"{common}/objects")
    return await _judge(site, await everything_readable(site))


async def keep(site: Site, assessment: Assessment) -> str:
    """Save what would be lost.

    Returns:
        The ref that has it.

    Raises:
        loki_tui.core.errors.RepositoryError: git failed; nothing was kept.
    """
    ref, _ = await save(site, assessment.found, why=assessment.why)
    return ref
