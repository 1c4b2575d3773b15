"""Hands on one linked worktree and its repository, which live only while git is needed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.errors import RepositoryError
from loki_tui.engine.ports import OpenedBranch
from loki_tui.engine.receipt import Evidence
from loki_tui.hands.evidence import Measured, gather
from loki_tui.hands.repository import Identity
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.hands.worktrees.admin import Admin, Facts, admin_of
from loki_tui.hands.worktrees.committing import commit, unfiltered
from loki_tui.hands.worktrees.site import Site, heads, site_of
from loki_tui.store.checkpoints import GitCheckpoints


@dataclass(frozen=True, slots=True)
class WorktreeHands:
    """Opens git on one worktree.

    No configuration and no `.git` that an agent could have written says where that is.
    """

    workspaces: HandsWorkspaces
    root: Path
    common: Path
    """The git directory that all worktrees of the repository share."""
    identity: Identity

    def known(self) -> tuple[Admin, Facts]:
        """How the repository knows the worktree.

        Raises:
            RepositoryError: It does not, or it was never completed.
        """
        admin = admin_of(self.common, self.root)
        if admin is None or admin.facts is None:
            raise RepositoryError(
                f"The repository does not know the worktree {self.root} any more.",
                hint="`loki resume` makes it anew from its branch.",
            )
        return admin, admin.facts

    @asynccontextmanager
    async def site(self) -> AsyncIterator[Site]:
        """Git on it.

        Raises:
            RepositoryError: The repository does not know it, or git failed.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        admin, facts = self.known()
        if not self.root.is_dir():
            raise RepositoryError(
                f"The worktree {self.root} was deleted.", hint="`loki resume` makes it anew from its branch."
            )
        hands = await self.workspaces.open_repository(self.common, self.root)
        try:
            yield await site_of(hands, admin, facts, identity=self.identity)
        finally:
            await hands.close()


class WorktreeRepository:
    """Commits to a worktree's branch; implements `loki_tui.engine.ports.Repository`.

    Args:
        hands: Opens git on the worktree.
        checkpoints: What delivered work is compared with.
        warnings: What there is to say from the start.
    """

    def __init__(self, hands: WorktreeHands, checkpoints: GitCheckpoints, warnings: list[str]) -> None:
        self._hands = hands
        self._checkpoints = checkpoints
        self._warnings = warnings

    async def open_branch(self, branch: str, *, again: bool = False) -> OpenedBranch:
        """Take up the worktree's branch."""
        del again  # it was made together with the worktree, which is known
        _, facts = self._hands.known()
        if branch != facts.branch:
            raise RepositoryError(f"The worktree {self._hands.root} is for {facts.branch}, not for {branch}.")
        async with self._hands.site() as site:
            if not (await heads(site)).tip:
                raise RepositoryError(
                    f"The branch {branch} is gone.", hint=f"Make it anew: git branch {branch} {facts.base[:10]}"
                )
        return OpenedBranch(branch=branch, base=facts.base, origin=facts.origin.removeprefix("refs/heads/"))

    async def commit(self, branch: str, *, subject: str, body: str) -> str | None:
        """Commit all that is in the worktree, to the branch or to a merge that is to come onto it."""
        assert branch
        async with self._hands.site() as site:
            before = (await heads(site)).head
            made = await commit(site, subject=subject, body=body)
            if made and made != before and (raw := await unfiltered(site, made)):
                self._warnings.append(
                    "Committed as they are, since no filter (such as Git LFS's) is run in worktrees: "
                    f"{', '.join(raw)}. On the branch, `git add --renormalize .` makes up for it."
                )
            return made

    async def evidence(self, base: str | None, commit: str, *, measured: str) -> Evidence:
        """What the repository holds of delivered work, compared with a checkpoint's tree where one is named."""
        look = Measured(measured, self._checkpoints.entries) if measured else None
        async with self._hands.site() as site:
            return await gather(site.shell, site.place, base=base or "", commit=commit, measured=look)

    def warn(self, *messages: str) -> None:
        """Have a person told of what happened to the worktree."""
        self._warnings += messages

    def take_warnings(self) -> list[str]:
        """What a person should know; each is handed out once."""
        warnings, self._warnings = self._warnings, []
        return warnings
