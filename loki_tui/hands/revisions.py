"""What a person's commits are called and how they hang together, asked of git in hands.

An agent may have written the repository's configuration, so its git does not run beside the engine; what it
answers here is names of objects, which `loki_tui.store.trees` then reads for itself.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from loki_tui.core.errors import RepositoryError
from loki_tui.engine.ports import Workspace
from loki_tui.hands.gitshell import GitShell, quoted
from loki_tui.hands.worktree import find_place

_OBJECT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF_CHARS = 250

_DEFAULTS = (
    "for ref in $(git symbolic-ref --quiet refs/remotes/origin/HEAD) refs/remotes/origin/main "
    "refs/remotes/origin/master refs/heads/main refs/heads/master; do "
    'if git rev-parse --verify --quiet "$ref^{commit}" >/dev/null; then echo "$ref"; break; fi; done'
)
"""Finds the branch that others begin at: what the remote calls its own, else what it is usually called."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit."""

    name: str
    """As a person calls it."""
    commit: str
    tree: str

    @property
    def short(self) -> str:
        """The beginning of the commit's name."""
        return self.commit[:10]


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a repository stands."""

    head: Revision | None
    """What is checked out; none before the first commit. Its name is the branch's, or `HEAD` where detached."""
    dirty: int
    """Files and new directories with uncommitted changes."""
    shallow: bool
    """Whether history is cut off somewhere."""
    empty_tree: str


class Revisions:
    """Looks commits up.

    Args:
        workspace: Hands that may read the repository.
    """

    def __init__(self, workspace: Workspace) -> None:
        self._shell = GitShell(workspace)

    async def look(self) -> Standing | None:
        """Where the repository stands; none where there is none.

        Raises:
            RepositoryError: It is bare, or git cannot make sense of it.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        place = await find_place(self._shell)
        if place is None:
            return None
        branch = await self._shell.look_up("git symbolic-ref --quiet --short HEAD") or "HEAD"
        changes = "git status --porcelain --untracked-files=normal --ignore-submodules=all | wc -l"
        shallow, dirty = (await self._shell.ask(f"git rev-parse --is-shallow-repository; {changes}")).split("\n")
        return Standing(
            head=await self.find("HEAD", name=branch),
            dirty=int(dirty),
            shallow=shallow == "true",
            empty_tree=place.empty_tree,
        )

    async def find(self, revision: str, *, name: str = "") -> Revision | None:
        """The commit that a person means; none where there is no such thing here.

        Args:
            revision: As they wrote it.
            name: What to call it instead.
        """
        if not revision or len(revision) > _REF_CHARS or revision.startswith("-") or not revision.isprintable():
            return None
        names = [await self._name(f"{revision}^{{{kind}}}") for kind in ("commit", "tree")]
        commit, tree = names
        return None if commit is None or tree is None else Revision(name or revision, commit, tree)

    async def default_branch(self) -> str | None:
        """The full name of the branch that others begin at; none where none can be told."""
        found = await self._shell.ask(_DEFAULTS)
        return found or None

    async def fork_point(self, one: Revision, other: Revision) -> Revision | None:
        """The latest commit that both descend from, by the first one's name.

        Returns:
            None where there is none, or history is cut off before it.
        """
        found = await self._shell.look_up(quoted("git", "merge-base", one.commit, other.commit))
        return None if not found else await self.find(found.split("\n")[0], name=one.name)

    async def _name(self, revision: str) -> str | None:
        # What is no name of anything ends with 1 or 128, by the way it is wrong.
        found = await self._shell.ask(f"{quoted('git', 'rev-parse', '--verify', '--quiet', revision)} 2>/dev/null || :")
        if found and not _OBJECT.fullmatch(found):
            raise RepositoryError(f"git names {revision[:80]!r} in a way that is none: {found[:80]!r}.")
        return found or None
