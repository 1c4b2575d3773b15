"""Saves all that a worktree holds under a ref of its own, `refs/loki/quarantine/RUN/NAME/NUMBER`, where nothing ends.

Saved are tracked and untracked files, and ignored ones too, but for what can be made again (installed dependencies,
caches, what was compiled). A repository within comes as plain files. The commit's first parent is what was checked
out; the others are a merge that was open, and what was staged where that was something else.
"""

from __future__ import annotations

from dataclasses import dataclass

from loki_tui.core.errors import RepositoryError
from loki_tui.core.messages import Frozen
from loki_tui.hands.gitshell import GitShell, quoted
from loki_tui.hands.worktrees.committing import commit_tree
from loki_tui.hands.worktrees.paths import shown, unquoted
from loki_tui.hands.worktrees.site import Heads, Site, heads

REFS = "refs/loki/quarantine"

REGENERABLE = (
    r"(^|/)(node_modules|bower_components|\.venv|venv|vendor|__pycache__|\.pytest_cache|\.mypy_cache|\.ruff_cache"
    r"|\.hypothesis|\.tox|\.nox|\.cache|\.eggs|[^/]*\.egg-info|\.gradle|\.next|\.nuxt|\.turbo|\.parcel-cache|target"
    r"|build|dist|out|coverage|htmlcov|\.terraform)/|\.(pyc|pyo|o|obj|class)$|^(node_modules|\.venv|venv)$|(^|/)\.loki-[0-9a-f]{16}\.part$"
)
"""What is not saved where it is ignored: it can be made again from what is saved."""

_IGNORED = (
    f"git ls-files -z --others --ignored --exclude-standard | grep -zvE '{REGENERABLE}' | grep -zv '/$' "
    "| git add --force --pathspec-from-file=- --pathspec-file-nul"
)
_OPENED = "chmod -R u+rwX . 2>/dev/null"

_NESTING = 16
"""Repositories within repositories that are followed."""
_NAMED = 20
"""Paths that are named."""
_NO_CONTENT = {
    40: "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391",
    64: "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813",
}
"""The object name of an empty file, by the length of names."""


@dataclass(frozen=True, slots=True)
class Contents:
    """All that a worktree holds, as objects of the repository."""

    heads: Heads
    tree: str
    """Of its files."""
    staged: str
    """The tree of its index, where that is neither HEAD's nor `tree`; else empty."""

    @property
    def clean(self) -> bool:
        """Whether its files are what is checked out, and nothing is under way."""
        return self.tree == self.heads.tree and not self.staged and not self.heads.other and not self.heads.unmerged


class Label(Frozen):
    """What a quarantine's commit says of itself below its subject."""

    run: str
    name: str
    branch: str
    root: str
    why: str
    files: tuple[str, ...]
    """Paths that differ from what was checked out, a few of them."""


async def contents(site: Site) -> Contents:
    """Read what is in a worktree into objects, but for what is ignored.

    Nothing of it is changed, but that its owner may read what an agent closed.

    Raises:
        RepositoryError: Something in it cannot be read.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    return await _read(site, ignored=":", opened=_OPENED)


async def everything(site: Site) -> Contents:
    """The same, with what is ignored, but for what can be made again.

    Raises:
        RepositoryError: Something in it cannot be read.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    return await _read(site, ignored=_IGNORED, opened=_OPENED)


async def everything_readable(site: Site) -> Contents:
    """The same, and nothing at all is changed.

    Raises:
        RepositoryError: Something in it cannot be read.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    return await _read(site, ignored=_IGNORED, opened=":")


async def _read(site: Site, *, ignored: str, opened: str) -> Contents:
    now = await heads(site)
    scratch = quoted(site.place.scratch)
    # A fresh index: what an old one says of files (unchanged, not to be looked at) may not be so.
    use = f"export GIT_INDEX_FILE={scratch}; rm -f {scratch} {scratch}.lock; "
    fill = f"git read-tree {now.head}" if now.head else ":"
    empty = _NO_CONTENT[len(site.facts.base)]
    enter = (
        "n=0; while inner=$(git ls-files -z --others --exclude-standard | tr '\\0' '\\n' | grep -c '/$'); "
        f'[ "$inner" -gt 0 ] && [ $n -lt {_NESTING} ]; do n=$((n+1)); '
        "git ls-files -z --others --exclude-standard | grep -z '/$' "
        f"| sed -z 's|^|100644 {empty} 0\\t|; s|$|.loki|' | git update-index --replace -z --index-info; done"
    )
    # Of a directory that it cannot read git only warns.
    said = quoted(f"{site.place.scratch}.said")
    add = (
        f"{{ {opened}; git add --all 2>{said} && ! grep -q 'could not open directory' {said} "
        f"|| {{ cat {said} >&2; exit 2; }}; }} && rm -f {said}"
    )
    tree = await site.shell.ask(f"{use}{fill} && {{ {enter}; }}; {add} && {{ {ignored}; }} && git write-tree")
    staged = await _staged(site)
    return Contents(now, tree, "" if staged in (now.tree, tree) else staged)


async def remains(site: Site) -> Contents:
    """What is left of a worktree whose directory was deleted: what was staged, in place of its files.

    Raises:
        RepositoryError: git failed.
    """
    now = await heads(site)
    return Contents(now, await _staged(site) or now.tree, "")


async def save(site: Site, found: Contents, *, why: str) -> tuple[str, Label]:
    """Keep contents under a ref; the one that has them already, where there is one.

    Returns:
        The ref, and what it says of itself.

    Raises:
        RepositoryError: git failed; nothing was kept.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    key = site.place.root.rpartition("/")[2]
    prefix = f"{REFS}/{site.facts.run}/{key}"
    label = Label(
        run=site.facts.run,
        name=site.facts.name,
        branch=site.facts.branch,
        root=site.place.root,
        why=why,
        files=await differing(site, found),
    )
    now = found.heads
    listed = await site.shell.lines(
        quoted("git", "for-each-ref", "--sort=-version:refname", "--format=%(refname) %(tree) %(parent)", prefix)
    )
    newest = listed[0].split(" ") if listed else []
    parents = [parent for parent in (now.head, now.other) if parent]
    if newest[1:] == [found.tree, *parents] and not found.staged:
        return newest[0], label
    if found.staged:
        parents.append(await commit_tree(site, found.staged, now.head, message="What was staged"))
    commit = await commit_tree(site, found.tree, *parents, message=f"Kept of {key}: {why}\n\n{label.model_dump_json()}")
    number = int(newest[0].rpartition("/")[2]) + 1 if newest else 1
    ref = f"{prefix}/{number}"
    await site.shell.ask(quoted("git", "update-ref", ref, commit, ""))
    return ref, label


@dataclass(frozen=True, slots=True)
class Kept:
    """A quarantine."""

    ref: str
    commit: str
    at: int
    """Seconds since 1970."""
    label: Label

    @property
    def id(self) -> str:
        """What a person calls it."""
        return self.ref.removeprefix(f"{REFS}/")


async def kept(shell: GitShell) -> list[Kept]:
    """All quarantines of a repository, by name; what is none is left out.

    Raises:
        RepositoryError: git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    form = "%(objectname) %(committerdate:unix) %(refname) %(contents:body)"
    found: list[Kept] = []
    for line in await shell.lines(
        f"{quoted('git', 'for-each-ref', '--sort=version:refname', f'--format={form}', REFS)} | grep ."
    ):
        commit, at, ref, body = (*line.split(" ", 3), "", "", "")[:4]
        try:
            found.append(Kept(ref, commit, int(at), Label.model_validate_json(body)))
        except ValueError:
            continue
    return found


async def name_branch(shell: GitShell, branch: str, commit: str) -> None:
    """Give a commit a new branch.

    Raises:
        RepositoryError: There is one of this name already, or it can be none.
    """
    ref = f"refs/heads/{branch}"
    valid = await shell.look_up(quoted("git", "check-ref-format", ref))
    if valid is None or branch.startswith("-"):
        raise RepositoryError(f"{branch!r} can be no branch's name.")
    if await shell.look_up(quoted("git", "rev-parse", "--verify", "--quiet", ref)) is not None:
        raise RepositoryError(f"There is a branch {branch} already.", hint="Name another one.")
    await shell.ask(quoted("git", "update-ref", "-m", "loki: restored", ref, commit, ""))


async def differing(site: Site, found: Contents) -> tuple[str, ...]:
    """Paths in which a worktree differs from what is checked out, a few of them."""
    script = quoted("git", "diff-tree", "-r", "--no-renames", "--name-only", found.heads.tree, found.tree)
    listed = await site.shell.ask(f"{script} | head -n {_NAMED}") if found.heads.tree else ""
    return tuple(shown(unquoted(path)) for path in listed.splitlines())


async def reachable(site: Site, commit: str) -> bool:
    """Whether a branch has a commit in its history."""
    script = quoted("git", "for-each-ref", "--count=1", "--contains", commit, "refs/heads")
    return bool(await site.shell.ask(script))


async def _staged(site: Site) -> str:
    """The tree of what is staged; none where it has conflicts, whose versions are in commits already."""
    try:
        return await site.shell.ask(
            f"[ -e {quoted(site.place.index)} ] && git write-tree || git rev-parse 'HEAD^{{tree}}'"
        )
    except RepositoryError:
        return ""
