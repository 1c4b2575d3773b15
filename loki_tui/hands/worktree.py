"""The person's work tree, index and refs, as git in hands sees and moves them."""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.core.errors import RepositoryError
from loki_tui.hands.gitshell import GitShell, quoted

_HALFWAY = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_START": "a bisection",
}
"""What git leaves in its directory in the middle of something."""

_FULL = "grep -q -e 'No space left on device' -e 'Disk quota exceeded' -e 'Out of diskspace'"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a repository is."""

    root: str
    """Of the work tree."""
    directory: str
    """The git directory of this work tree."""
    empty_tree: str
    """Name of the tree without entries, which depends on the repository's hash."""

    @property
    def index(self) -> str:
        """The person's index."""
        return f"{self.directory}/index"

    @property
    def scratch(self) -> str:
        """An index of ours."""
        return f"{self.directory}/loki-index"


@dataclass(frozen=True, slots=True)
class Situation:
    """Where refs point; a commit is empty where there is none, and its tree then the empty one."""

    head_ref: str
    """Full name of the branch that is checked out; empty where `HEAD` is detached."""
    head: str
    head_tree: str
    tip: str
    """Of the run's branch."""
    tip_tree: str
    base: str
    """What was checked out when the branch was opened."""
    base_tree: str
    start_tree: str
    """The work tree at that time; empty where nothing was uncommitted."""
    index_tree: str
    """The index at that time, likewise; kept for the person, and for nothing else."""
    origin: str
    """Full name of the branch, or the commit, the run started from; empty before."""
    origin_commit: str
    """Where that is now."""

    @property
    def head_name(self) -> str:
        """What is checked out, for a person."""
        return self.head_ref.removeprefix("refs/heads/") or f"commit {self.head[:10]}"


async def find_place(shell: GitShell) -> Place | None:
    """Find the repository around the hands' directory, and settle the shell on it.

    Raises:
        RepositoryError: It has no work tree here, or git cannot make sense of it.
    """
    try:
        answer = await shell.ask("git rev-parse --is-bare-repository --absolute-git-dir && pwd -P")
    except RepositoryError as error:
        if "not a git repository" in error.message:
            return None
        raise
    bare, directory, here = _lines(answer, 3)
    if bare == "true":
        raise RepositoryError(f"{directory} is a bare repository: there are no files to work on.", hint="Clone it.")
    answer = await shell.ask("git rev-parse --show-toplevel && git hash-object -t tree --stdin </dev/null")
    root, empty_tree = _lines(answer, 2)
    if not f"{here}/".startswith(f"{root}/"):
        raise RepositoryError(
            f"The repository's configuration says its work tree is {root}.", hint="Unset core.worktree in .git/config."
        )
    shell.settle(git_directory=directory, work_tree=root)
    return Place(root=root, directory=directory, empty_tree=empty_tree)


async def look_around(shell: GitShell, place: Place, *, branch: str, refs: str) -> Situation:
    """Where everything points now.

    Args:
        shell: Where git runs.
        place: The repository.
        branch: The run's branch.
        refs: Where the run keeps its own refs.
    """
    names = ("HEAD", f"refs/heads/{branch}", f"{refs}/base")
    revisions = [f"{name}^{{{kind}}}" for name in names for kind in ("commit", "tree")]
    revisions += [f"{refs}/start^{{tree}}", f"{refs}/index^{{tree}}"]
    answer = await shell.ask(
        "printf '=%s\\n' \"$(git symbolic-ref --quiet HEAD)\"; "
        f"origin=$(git cat-file blob {quoted(f'{refs}/origin')} 2>/dev/null); printf '=%s\\n' \"$origin\"; "
        f"printf '%s\\n' {quoted(*revisions)} \"$origin^{{commit}}\" | git cat-file --batch-check='=%(objectname)'"
    )
    head_ref, origin, *objects = (
        "" if line.endswith(" missing") else line.removeprefix("=") for line in answer.split("\n")
    )
    head, head_tree, tip, tip_tree, base, base_tree, start_tree, index_tree, origin_commit = objects
    return Situation(
        head_ref=head_ref,
        head=head,
        head_tree=head_tree or place.empty_tree,
        tip=tip,
        tip_tree=tip_tree or place.empty_tree,
        base=base,
        base_tree=base_tree or place.empty_tree,
        start_tree=start_tree,
        index_tree=index_tree,
        origin=origin,
        origin_commit=origin_commit,
    )


async def refuse_halfway(shell: GitShell, place: Place) -> None:
    """Make sure that git is not in the middle of something here.

    Raises:
        RepositoryError: It is.
    """
    tests = "; ".join(
        f"[ ! -e {quoted(f'{place.directory}/{name}')} ] || echo {quoted(what)}" for name, what in _HALFWAY.items()
    )
    unmerged = '[ -z "$(git ls-files --unmerged | head -n 1)" ] || echo "a merge with conflicts"'
    found = await shell.ask(f"{tests}; {unmerged}")
    if found:
        raise RepositoryError(
            f"The repository is in the middle of {found.splitlines()[0]}.", hint="Finish or abort it, then try again."
        )


async def save_index(shell: GitShell, place: Place) -> str:
    """The tree of what is staged."""
    return await shell.ask(f"{_copy_index(place)} && git write-tree")


async def save_work_tree(shell: GitShell, place: Place, *, reference: str) -> str:
    """The tree of the whole work tree, but for what is ignored; the person's index stays as it is.

    Submodules are as in `reference`, and other repositories within are left out: a link to a
    commit that only exists here would be of no use to anyone.
    """
    links = quoted(f"{place.scratch}.links")
    said = quoted(f"{place.scratch}.said")
    return await shell.ask(
        f"{_copy_index(place)} && "
        # Exit code 1: single files could not be read, or a repository within has no commit.
        f"{{ git add --all --ignore-errors 2>{said} || {{ [ $? -eq 1 ] && ! {_FULL} {said}; }} "
        f"|| {{ cat {said} >&2; exit 2; }}; }} && "
        f"git ls-files --stage | sed -n 's/^160000 [^\t]*\t//p' >{links} && "
        f"{{ [ ! -s {links} ] || git reset --quiet --pathspec-from-file={links} {reference}; }} && "
        f"rm -f {links} {said} && git write-tree"
    )


async def align_index(shell: GitShell, place: Place, *, old: str, new: str) -> None:
    """Bring the person's index along where two trees differ, and leave all else in it alone."""
    paths = quoted(f"{place.scratch}.paths")
    await shell.ask(
        f"git diff-tree -r --no-renames --name-only {old} {new} >{paths} && "
        f"{{ [ ! -s {paths} ] || git reset --quiet --pathspec-from-file={paths} {new}; }} && rm -f {paths} && "
        "{ git update-index -q --refresh || :; }"
    )


def _lines(answer: str, expected: int) -> list[str]:
    lines = answer.split("\n")
    if len(lines) != expected:
        raise RepositoryError("The path of the workspace has a line break in it.", hint="Rename the directory.")
    return lines


def _copy_index(place: Place) -> str:
    """Shell code that makes git use a copy of the index from here on.

    The copy keeps its time stamp: by that git knows which entries it cannot trust.
    """
    index, scratch = quoted(place.index), quoted(place.scratch)
    return (
        f"export GIT_INDEX_FILE={scratch}; rm -f {scratch} {scratch}.lock && "
        f"{{ [ ! -e {index} ] || cp -p {index} {scratch}; }}"
    )
