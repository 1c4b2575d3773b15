"""Moves a run's branch, only from where it is expected to be."""

from __future__ import annotations

from loki_tui.core.errors import RepositoryError
from loki_tui.hands.gitshell import GitShell, quoted
from loki_tui.hands.worktrees.mergefile import read_merge
from loki_tui.hands.worktrees.site import Site, heads


async def advance(shell: GitShell, branch: str, *, to: str, expected: str, run: str) -> bool:
    """Move a branch, or find it moved already.

    Args:
        shell: Git on the repository.
        branch: Its name.
        to: The commit it is to be at.
        expected: The commit it has to be at now.
        run: For the branch's log.

    Returns:
        False where it is somewhere else.

    Raises:
        RepositoryError: git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    ref = f"refs/heads/{branch}"
    look = f"{quoted('git', 'rev-parse', '--verify', '--quiet', ref)} || :"
    now = await shell.ask(look)
    if now == expected and now != to:
        try:
            await shell.ask(quoted("git", "update-ref", "-m", f"loki: run {run}", ref, to, expected))
        except RepositoryError:
            if await shell.ask(look) == expected:
                raise
        now = await shell.ask(look)
    return now == to


async def follow(site: Site, *, expected: str) -> None:
    """Take a worktree along to where its branch is now; work in it that is not committed stays.

    Args:
        site: The worktree.
        expected: Where the branch was.

    Raises:
        RepositoryError: Its files stand in the way, or git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    now = await heads(site)
    if now.head != now.tip:
        return
    # First, or a death here would leave a merge noted that is over.
    if await read_merge(site) is not None:
        await site.shell.ask(quoted("rm", "-f", site.merging))
    if now.ref != site.ref:
        await site.shell.ask(quoted("git", "symbolic-ref", "-m", f"loki: run {site.facts.run}", "HEAD", site.ref))
    elif await site.shell.ask("git write-tree") != now.tree:
        # The branch went on below it. Where the files have come along already, this changes nothing.
        await site.shell.ask(quoted("git", "read-tree", "-m", "-u", expected, now.tip))
