"""One linked worktree under git in hands: where it is, how git is set there, and where its refs point."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from loki_tui.engine.ports import Workspace
from loki_tui.hands.gitshell import GitShell, fed, quoted
from loki_tui.hands.repository import Identity
from loki_tui.hands.worktree import Place
from loki_tui.hands.worktrees.admin import FACTS, MERGING, Admin, Facts

_SHA256 = 64
_EMPTY_TREES = {
    40: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
    _SHA256: "6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc5321",
}

_SETTINGS = {
    "advice.detachedHead": "false",
    "branch.autoSetupMerge": "false",
    "core.filesRefLockTimeout": "3000",
    "core.packedRefsTimeout": "3000",
    # A worktree is complete, whatever the person's own leaves out.
    "core.sparseCheckout": "false",
    "core.splitIndex": "false",
    "core.untrackedCache": "false",
    "index.sparse": "false",
    "maintenance.auto": "false",
    "merge.autoStash": "false",
    # With what both sides began at, whoever resolves a conflict can tell their intent.
    "merge.conflictStyle": "diff3",
    "merge.renames": "true",
    "merge.verifySignatures": "false",
    "protocol.allow": "never",
    "rerere.enabled": "false",
    "submodule.recurse": "false",
    "worktree.useRelativePaths": "false",
}

_LOCK_TENTHS = 20
"""Tenths of a second after which a lock that nobody lets go of was left by a git that was killed."""


@dataclass(frozen=True, slots=True)
class Site:
    """A worktree, and git that is set for it."""

    shell: GitShell
    place: Place
    facts: Facts
    author: Mapping[str, str]
    """The variables that say whose commits these are."""

    @property
    def ref(self) -> str:
        """The full name of its branch."""
        return f"refs/heads/{self.facts.branch}"

    @property
    def merging(self) -> str:
        """The file that notes an open merge."""
        return f"{self.place.directory}/{MERGING}"


@dataclass(frozen=True, slots=True)
class Heads:
    """Where a worktree's HEAD and branch are."""

    ref: str
    """Full name of what is checked out; empty where HEAD is detached."""
    head: str
    tree: str
    """Of HEAD."""
    tip: str
    """Of the branch; empty where it is gone."""
    other: str
    """What git itself merges in; empty where it does not."""
    unmerged: bool
    """Whether a path has more than one version."""


def author_of(identity: Identity) -> dict[str, str]:
    """The variables by which git knows whose commits these are."""
    return {
        "GIT_AUTHOR_NAME": identity.name,
        "GIT_AUTHOR_EMAIL": identity.email,
        "GIT_COMMITTER_NAME": identity.name,
        "GIT_COMMITTER_EMAIL": identity.email,
    }


async def shell_of(hands: Workspace, *, git_directory: str, work_tree: str, first: str = ":") -> GitShell:
    """Git on one git directory and work tree, which runs no filter.

    Args:
        hands: May write both.
        git_directory: Named to git, so that it looks for none.
        work_tree: Likewise.
        first: Shell code to run before anything else.

    Raises:
        loki_tui.core.errors.RepositoryError: git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    shell = GitShell(hands)
    shell.settle(git_directory=git_directory, work_tree=work_tree)
    shell.configure(_SETTINGS)
    names = await shell.ask(f"{first}; git config --name-only --get-regexp '^filter\\.' || [ $? -eq 1 ]")
    filters = {name.rpartition(".")[0] for name in names.splitlines()}
    # Empty programs stand for none; what is in a commit is in the worktree, pointers of Git LFS included.
    shell.configure(
        {
            f"{name}.{key}": value
            for name in sorted(filters)
            for key, value in (("smudge", ""), ("clean", ""), ("process", ""), ("required", "false"))
        }
    )
    return shell


async def site_of(hands: Workspace, admin: Admin, facts: Facts, *, identity: Identity) -> Site:
    """A worktree that is there, with locks cleared away that a git that was killed left in its own directory."""
    directory = str(admin.directory)
    locks = break_locks(f"{directory}/index.lock", f"{directory}/HEAD.lock")
    shell = await shell_of(hands, git_directory=directory, work_tree=str(admin.root), first=locks)
    return Site(shell, place_of(admin, facts.base), facts, author_of(identity))


def place_of(admin: Admin, commit: str) -> Place:
    """Where a worktree is; any commit tells how its repository names objects."""
    return Place(root=str(admin.root), directory=str(admin.directory), empty_tree=_EMPTY_TREES[len(commit)])


def break_locks(*locks: str) -> str:
    """Shell code that waits for locks to go, a moment, then takes them away: nobody else has business there."""
    return "; ".join(
        f"n=0; while [ -e {quoted(lock)} ] && [ $n -lt {_LOCK_TENTHS} ]; do sleep 0.1; n=$((n+1)); done; "
        f"rm -f {quoted(lock)}"
        for lock in locks
    )


async def heads(site: Site) -> Heads:
    """Where everything points now."""
    names = ("HEAD^{commit}", "HEAD^{tree}", f"{site.ref}^{{commit}}", "MERGE_HEAD^{commit}")
    answer = await site.shell.ask(
        "printf '=%s\\n' \"$(git symbolic-ref --quiet HEAD)\"; "
        "printf '=%s\\n' \"$(git ls-files --unmerged | head -n 1)\"; "
        + fed(*names, to="git cat-file --batch-check='=%(objectname)'")
    )
    ref, unmerged, head, tree, tip, other = (
        "" if line.endswith(" missing") else line.removeprefix("=") for line in answer.split("\n")
    )
    return Heads(ref=ref, head=head, tree=tree, tip=tip, other=other, unmerged=bool(unmerged))


def noting(path: str, text: str) -> str:
    """Shell code that writes a small file, whole or not at all."""
    return f"printf '%s\\n' {quoted(text)} >{quoted(f'{path}.new')} && mv {quoted(f'{path}.new', path)}"


def facts_file(admin_directory: str) -> str:
    """Where the facts of a worktree are noted."""
    return f"{admin_directory}/{FACTS}"
