"""The person's repository: a branch for the run, and commits on it that hold the run's work alone.

A run works in place, in the person's work tree. `HEAD` is pointed at the new branch without
touching a file or an index entry, so uncommitted work stays as it is and the person's own
branch never moves. What was uncommitted is kept under `refs/loki/<run>`; each commit is the
whole work tree with exactly that taken out again. All git runs in hands: an agent may have
written the repository's configuration, its filters and its attributes.
"""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.core.errors import RepositoryError
from loki_tui.engine.ports import OpenedBranch, Workspace
from loki_tui.engine.receipt import Evidence
from loki_tui.hands.evidence import Measured, gather
from loki_tui.hands.gitshell import GitShell, fed, legible, quoted
from loki_tui.hands.treemerge import merge
from loki_tui.hands.worktree import (
    Place,
    Situation,
    align_index,
    find_place,
    look_around,
    refuse_halfway,
    save_index,
    save_work_tree,
)

_DIRTY_LIMIT = 200
"""Uncommitted paths that are named."""
_NAMED_LIMIT = 10
"""Paths that a warning names."""
_BODY_LIMIT = 50_000
"""Characters of a commit message's body."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose name commits carry."""

    name: str
    email: str


LOKI = Identity("Loki", "loki@localhost")
"""For a person whose name is not known."""


@dataclass(frozen=True, slots=True)
class RepositoryFacts:
    """What kind of place a run would work in."""

    root: str
    """Of the work tree."""
    branch: str
    """What is checked out; empty where `HEAD` is detached."""
    unborn: bool
    """There is no commit yet."""
    dirty: int
    """Files and new directories with uncommitted changes."""


_REMOVE_PARTS = r"git ls-files -z --others | grep -zE '(^|/)\.loki-[0-9a-f]{16}\.part$' | xargs -0 -r rm -f --"
"""Removes what hands left that were killed while they wrote a file (`loki_tui.hands.box.files`)."""


class GitRepository:
    """Opens and moves a run's branch; implements `loki_tui.engine.ports.Repository`.

    Args:
        workspace: Hands that may write the repository's git directory.
        run: The run the branch belongs to.
        identity: The person, where known.
    """

    def __init__(self, workspace: Workspace, *, run: str, identity: Identity | None = None) -> None:
        who = identity or LOKI
        self._shell = GitShell(workspace)
        self._run = run
        self._refs = f"refs/loki/{run}"
        self._found: Place | None = None
        self._warnings: list[str] = []
        self._warned: set[str] = set()
        self._author = {
            "GIT_AUTHOR_NAME": who.name,
            "GIT_AUTHOR_EMAIL": who.email,
            "GIT_COMMITTER_NAME": who.name,
            "GIT_COMMITTER_EMAIL": who.email,
        }

    async def inspect(self) -> RepositoryFacts | None:
        """What there is before a run; none where there is no repository.

        Raises:
            RepositoryError: It is bare, or git cannot make sense of it.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        place = await find_place(self._shell)
        if place is None:
            return None
        now = await look_around(self._shell, place, branch="HEAD", refs=self._refs)
        changes = await self._shell.ask(
            "git status --porcelain --untracked-files=normal --ignore-submodules=all | wc -l"
        )
        return RepositoryFacts(
            root=place.root,
            branch=now.head_ref.removeprefix("refs/heads/"),
            unborn=not now.head,
            dirty=int(changes),
        )

    async def is_whole(self) -> bool:
        """Whether all objects of the commit that is checked out can be read; also where there is none."""
        look = "git rev-list --objects --no-walk --quiet"
        script = f'if head=$(git rev-parse --verify --quiet HEAD); then {look} "$head" 2>/dev/null || echo no; fi; :'
        return not (await self._shell.ask(script)).strip()

    async def init(self) -> None:
        """Make the workspace a repository, and commit what is there.

        Raises:
            RepositoryError: git failed.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        await self._shell.ask("git -c init.defaultBranch=main init --quiet")
        place = await self._place()
        now = await look_around(self._shell, place, branch="HEAD", refs=self._refs)
        tree = await save_work_tree(self._shell, place, reference=now.head_tree)
        if now.head or tree == now.head_tree:
            return
        commit = await self._commit_tree(tree, "", message="The files as they were before Loki")
        await align_index(self._shell, place, old=now.head_tree, new=tree)
        await self._shell.ask(quoted("git", "update-ref", "-m", "loki: first commit", "HEAD", commit, ""))

    async def open_branch(self, branch: str, *, again: bool = False) -> OpenedBranch:
        """Create the branch at HEAD and check it out without touching a file; take it up if it is there.

        Args:
            branch: Its name.
            again: The run has opened it before. Two projects may be found at one path, as in containers; what is
                noted in the repository tells them apart.

        Raises:
            RepositoryError: This is no repository, it is in the middle of something, or the
                branch is another's, not checked out any more, or was opened in another repository.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        place = await self._place()
        await self._shell.ask(_REMOVE_PARTS)
        now = await look_around(self._shell, place, branch=branch, refs=self._refs)
        if not now.origin:
            if again:
                raise RepositoryError(
                    f"Run {self._run} did not begin in this repository: nothing is known here of its branch {branch}.",
                    hint="Each project needs a state directory of its own (LOKI_DIR; a volume of its own, in a "
                    "container). To begin a run here: loki start",
                )
            if now.tip:
                raise RepositoryError(
                    f"There is a branch {branch} already that this run did not make.", hint="Rename it, then try again."
                )
            await self._record(place, now, branch=branch)
            now = await look_around(self._shell, place, branch=branch, refs=self._refs)
        if now.head_ref != f"refs/heads/{branch}":
            if now.head != now.tip:
                raise RepositoryError(
                    f"{now.head_name} is checked out instead of the run's branch {branch}.",
                    hint=f"`git switch {branch}`, then `loki resume`.",
                )
            await self._shell.ask(
                quoted("git", "symbolic-ref", "-m", f"loki: run {self._run}", "HEAD", f"refs/heads/{branch}")
            )
        dirty = await self._dirty(now) if now.start_tree else ()
        return OpenedBranch(
            branch=branch, base=now.base or None, origin=now.origin.removeprefix("refs/heads/"), dirty=dirty
        )

    async def commit(self, branch: str, *, subject: str, body: str) -> str | None:
        """Commit the workspace to the branch, without what was uncommitted before the run.

        What a person should know about it comes with `take_warnings`.

        Returns:
            The branch's newest commit, whoever made it; none where it has none of its own yet.

        Raises:
            RepositoryError: git failed; the branch has not moved.
            loki_tui.core.errors.WorkspaceError: The hands are gone.
        """
        place = await self._place()
        now = await look_around(self._shell, place, branch=branch, refs=self._refs)
        if not now.origin:
            raise RepositoryError(f"Branch {branch} was never opened in this repository.")
        self._warn_of_moves(now, branch=branch)
        tip, tip_tree = (now.tip, now.tip_tree) if now.tip else (now.base, now.base_tree)
        tree = await self._without_start(place, now, reference=tip_tree)
        parent, parent_tree = tip, tip_tree
        if now.head != tip:
            # The agent checked something else out. What grew from the branch is taken over;
            # of anything else, only what is not committed there is this run's work.
            if await self._descends(now.head, tip):
                parent, parent_tree = now.head, now.head_tree
            else:
                merged = await merge(self._shell, place.scratch, base=now.head_tree, ours=tree, theirs=tip_tree)
                tree = merged.tree
        if tree != parent_tree:
            message = f"{_clean(subject)}\n\n{_clean(body)[:_BODY_LIMIT]}".rstrip()
            parent = await self._commit_tree(tree, parent, message=f"{message}\n\nLoki-Run: {self._run}")
        if parent == now.tip:
            return now.tip if now.tip != now.base else None
        ref = f"refs/heads/{branch}"
        if now.head_ref == ref:
            # Before the branch moves: where this fails, the next commit does it again.
            await align_index(self._shell, place, old=tip_tree, new=tree)
        await self._shell.ask(quoted("git", "update-ref", "-m", f"loki: run {self._run}", ref, parent, now.tip))
        return parent

    async def evidence(self, base: str | None, commit: str, *, measured: Measured | None = None) -> Evidence:
        """What there is of delivered work; see `loki_tui.hands.evidence.gather`."""
        return await gather(self._shell, await self._place(), base=base or "", commit=commit, measured=measured)

    def take_warnings(self) -> list[str]:
        """What a person should know about the branch, to be journaled; each is handed out once."""
        warnings, self._warnings = self._warnings, []
        return warnings

    async def _place(self) -> Place:
        if self._found is None:
            self._found = await find_place(self._shell)
        if self._found is None:
            raise RepositoryError(
                "The workspace is not a git repository.", hint="`--init-git` makes it one and commits what is there."
            )
        return self._found

    async def _record(self, place: Place, now: Situation, *, branch: str) -> None:
        """Make the branch, and note in the repository how things are, in one transaction."""
        await refuse_halfway(self._shell, place)
        index = await save_index(self._shell, place)
        start = await save_work_tree(self._shell, place, reference=now.head_tree)
        origin = await self._shell.ask(fed(now.head_ref or now.head, to="git hash-object -w --stdin"))
        refs = {f"{self._refs}/origin": origin}
        if now.head:
            refs |= {f"{self._refs}/base": now.head, f"refs/heads/{branch}": now.head}
        if {index, start} != {now.head_tree}:
            refs[f"{self._refs}/start"] = await self._commit_tree(start, now.head, message="Work tree before the run")
            refs[f"{self._refs}/index"] = await self._commit_tree(index, now.head, message="Index before the run")
        update = quoted("git", "update-ref", "-m", f"loki: run {self._run}", "--stdin")
        await self._shell.ask(fed(*(f"update {ref} {name}" for ref, name in refs.items()), to=update))

    async def _dirty(self, now: Situation) -> tuple[str, ...]:
        trees = (now.start_tree, now.index_tree)
        diffs = (quoted("git", "diff-tree", "-r", "--no-renames", "--name-only", now.base_tree, tree) for tree in trees)
        paths = await self._shell.lines(f"{{ {'; '.join(diffs)}; }} | sort -u | head -n {_DIRTY_LIMIT}")
        return tuple(map(legible, paths))

    async def _without_start(self, place: Place, now: Situation, *, reference: str) -> str:
        """The work tree as it is, less what was uncommitted before the run."""
        tree = await save_work_tree(self._shell, place, reference=reference)
        if not now.start_tree:
            return tree
        # Turning the start back into the base takes the person's changes out, and those alone.
        merged = await merge(self._shell, place.scratch, base=now.start_tree, ours=tree, theirs=now.base_tree)
        if merged.mixed:
            named = ", ".join(merged.mixed[:_NAMED_LIMIT])
            rest = len(merged.mixed) - _NAMED_LIMIT
            self._warn(
                "Changes of the run touch the same lines as your uncommitted ones, so both are committed: "
                f"{named}{f' and {rest} more' if rest > 0 else ''}."
            )
        return merged.tree

    async def _descends(self, commit: str, ancestor: str) -> bool:
        if not commit or not ancestor:
            return not ancestor
        return await self._shell.look_up(quoted("git", "merge-base", "--is-ancestor", ancestor, commit)) is not None

    async def _commit_tree(self, tree: str, parent: str, *, message: str) -> str:
        parents = ("-p", parent) if parent else ()
        return await self._shell.ask(
            fed(message, to=quoted("git", "commit-tree", tree, *parents)), environment=self._author
        )

    def _warn_of_moves(self, now: Situation, *, branch: str) -> None:
        if now.head_ref != f"refs/heads/{branch}":
            self._warn(f"{now.head_name} is checked out instead of {branch}; commits go to {branch} all the same.")
        if now.base and not now.tip:
            self._warn(f"{branch} had been deleted; it is made anew from {now.base[:10]}.")
        if now.origin.startswith("refs/heads/") and now.origin_commit != now.base:
            name = now.origin.removeprefix("refs/heads/")
            self._warn(f"{name} has moved since the run started from it at {now.base[:10]}.")

    def _warn(self, message: str) -> None:
        if message not in self._warned:
            self._warned.add(message)
            self._warnings.append(message)


def _clean(text: str) -> str:
    """Text for a commit message: control characters, which a terminal would obey, are dropped."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t").strip()
