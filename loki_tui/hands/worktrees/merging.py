"""Merges a commit into a branch in its worktree, beside the branch: HEAD is detached until `advance`.

Each step is noted before the next one (`mergefile`), so that the whole can be done again from any point: a merge that
nobody has worked on starts over, one that somebody resolves is left as it is.
"""

from __future__ import annotations

from dataclasses import replace

from loki_tui.core.errors import RepositoryError
from loki_tui.engine.grounds import Conflict, Merge
from loki_tui.hands.gitshell import quoted
from loki_tui.hands.worktree import save_work_tree
from loki_tui.hands.worktrees.committing import commit_all, commit_tree, message_of
from loki_tui.hands.worktrees.conflicts import lay_out, markers_in, splits, unresolved
from loki_tui.hands.worktrees.losses import losses
from loki_tui.hands.worktrees.mergefile import OpenMerge, note_merge, read_merge
from loki_tui.hands.worktrees.paths import unquoted
from loki_tui.hands.worktrees.quarantine import contents, save
from loki_tui.hands.worktrees.site import Heads, Site, heads

_CHANGED = 500
"""Files that are looked through for marks of conflicts."""

_MERGE = (
    *("git", "merge", "--no-ff", "--no-commit", "--no-edit", "--no-verify", "--no-stat", "--quiet"),
    "--no-gpg-sign",
)
_LEFT_BY_GIT = ("MERGE_HEAD", "MERGE_MSG", "MERGE_MODE", "AUTO_MERGE", "ORIG_HEAD")


async def merge(site: Site, commit: str, *, message: str) -> Merge:
    """Merge a commit into the branch's tip.

    Raises:
        RepositoryError: There is no such commit, or git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    now, known = await heads(site), await read_merge(site)
    if not now.tip:
        raise RepositoryError(f"The branch {site.facts.branch} is gone.")
    commit = await site.shell.ask(quoted("git", "rev-parse", "--verify", "--end-of-options", f"{commit}^{{commit}}"))
    if known is not None and known.phase != "begun" and (known.tip, known.commit) == (now.tip, commit):
        if known.phase == "conflicted":
            return await _as_it_is(site, now, known)
        return Merge(now.head, lost=await _lost(site, known, now.head))
    if await _is_in_history(site, commit, of=now.tip):
        return Merge(now.tip, kept=await abandon(site))
    kept = await abandon(site, why="There was uncommitted work where a merge was to begin")
    begun = OpenMerge(phase="begun", tip=now.tip, commit=commit)
    await note_merge(site, begun)
    return replace(await _begin(site, begun, message=message), kept=kept)


async def conclude(site: Site, commit: str, *, message: str) -> Merge:
    """Commit what the worktree holds after somebody resolved or mended it.

    Args:
        site: The worktree.
        commit: What was merged in. Where neither it nor an open merge of it is there any more, it is merged again.
        message: The commit's.

    Raises:
        RepositoryError: No merge was finished so far that it could be concluded, or git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    now, known = await heads(site), await read_merge(site)
    if known is not None and known.phase == "begun":
        raise RepositoryError(
            "The merge broke off before anybody could resolve it.", hint="`loki resume` does it anew."
        )
    if known is not None and known.phase == "conflicted":
        if now.head == known.tip:
            return await _resolve(site, now, known, message=message)
        known = await _taken_from_hand(site, now, known)
    if known is None and not await _is_in_history(site, commit, of=now.head):
        return replace(await merge(site, commit, message=message), anew=True)
    sides = (now.head, known.commit) if known else (now.head, now.head)
    if left := await markers_in(site, await _changed(site, now.tree), sides=sides):
        return Merge("", tuple(left))
    made = await commit_all(site, now, message=message_of(site, message, ""))
    if known is None:
        return Merge(made)
    return Merge(made, lost=await _lost(site, known, made))


async def abandon(site: Site, *, why: str = "Its merge was given up") -> str:
    """Bring the worktree to its branch's tip; what would be lost goes to quarantine.

    Returns:
        The ref it went to; empty where nothing would be lost.

    Raises:
        RepositoryError: Something cannot be read, or git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    now, known = await heads(site), await read_merge(site)
    ref = ""
    if known is None or known.phase != "begun":
        found = await contents(site)
        if not _worthless(now, known, tree=found.tree, clean=found.clean, tip=now.tip):
            ref, _ = await save(site, found, why=why)
    if known is None and not ref and now.ref == site.ref:
        return ""
    # From here on nothing of what is in the worktree counts, should this be done again.
    await note_merge(site, OpenMerge(phase="begun", tip=now.tip, commit=now.tip))
    reason = f"loki: run {site.facts.run}"
    await site.shell.ask(
        " && ".join(
            (
                quoted("git", "update-ref", "--no-deref", "-m", reason, "HEAD", now.tip),
                quoted("git", "reset", "--quiet", "--hard", now.tip),
                quoted("git", "clean", "--quiet", "-ffd"),
                quoted("git", "symbolic-ref", "-m", reason, "HEAD", site.ref),
                quoted("rm", "-f", site.merging),
            )
        )
    )
    return ref


def _worthless(now: Heads, known: OpenMerge | None, *, tree: str, clean: bool, tip: str) -> bool:
    """Whether nothing would be lost with what is in the worktree: git could make all of it again."""
    if known is None:
        return clean and now.head == tip
    if known.phase == "conflicted":
        return tree == known.left
    return clean and now.head == known.made and known.auto == now.tree


async def _begin(site: Site, begun: OpenMerge, *, message: str) -> Merge:
    reason = f"loki: run {site.facts.run}"
    detached = quoted("git", "update-ref", "--no-deref", "-m", reason, "HEAD", begun.tip)
    await site.shell.look_up(f"{detached} && {quoted(*_MERGE, '-m', message[:1000] or 'Merge', begun.commit)} >&2")
    now = await heads(site)
    found = await splits(site, base=await _base(site, begun))
    if now.other != begun.commit:
        raise RepositoryError(f"git could not merge {begun.commit[:10]} into {site.facts.branch}.")
    if not found:
        await _refuse_twins(site)
        tree = await site.shell.ask("git write-tree")
        made = await commit_tree(site, tree, begun.tip, begun.commit, message=message_of(site, message, ""))
        return await _merged(site, begun.model_copy(update={"auto": tree}), made)
    await lay_out(site, found)
    auto = await _auto(site)
    left = (await contents(site)).tree
    paths = {
        "split": tuple(split.quoted for split in found),
        "beside": tuple(split.quoted for split in found if not split.marked),
    }
    await note_merge(site, begun.model_copy(update={"phase": "conflicted", "auto": auto, "left": left, **paths}))
    return Merge("", tuple(split.conflict for split in found))


async def _resolve(site: Site, now: Heads, known: OpenMerge, *, message: str) -> Merge:
    """Commit a merge whose conflicts were resolved, or say what is left of them."""
    if left := await _left_to_do(site, known):
        return Merge("", tuple(left))
    tree = await save_work_tree(site.shell, site.place, reference=now.tree)
    made = await commit_tree(site, tree, known.tip, known.commit, message=message_of(site, message, ""))
    # The index that the tree was made of knows every path, and none has more than one version in it.
    await site.shell.ask(quoted("mv", "-f", site.place.scratch, site.place.index))
    return await _merged(site, known, made)


async def _merged(site: Site, known: OpenMerge, made: str) -> Merge:
    """Take up a merge's commit, and note that it is made."""
    reason = f"loki: run {site.facts.run}"
    moved = quoted("git", "update-ref", "--no-deref", "-m", reason, "HEAD", made)
    await site.shell.ask(f"{moved} && {_cleared(site)}")
    await note_merge(site, known.model_copy(update={"phase": "merged", "made": made}))
    return Merge(made, lost=await _lost(site, known, made))


def _cleared(site: Site) -> str:
    """Shell code that ends git's own merge."""
    return quoted("rm", "-f", *(f"{site.place.directory}/{name}" for name in _LEFT_BY_GIT))


async def _lost(site: Site, known: OpenMerge, commit: str) -> tuple[str, ...]:
    """What is gone of what the sides had added: nothing where git alone made the merge."""
    if not known.split and commit == (known.made or commit):
        return ()
    sides = (known.tip, known.commit)
    return await losses(site, sides=sides, auto=known.auto, result=f"{commit}^{{tree}}", split=known.split)


async def _as_it_is(site: Site, now: Heads, known: OpenMerge) -> Merge:
    """What a merge that somebody resolves has left: once it is committed, nothing."""
    if now.head != known.tip:
        return await _merged(site, await _taken_from_hand(site, now, known), now.head)
    found = await splits(site, base=await _base(site, known), beside=known.beside)
    return Merge("", tuple(split.conflict for split in found))


async def _taken_from_hand(site: Site, now: Heads, known: OpenMerge) -> OpenMerge:
    """A merge that was committed already: by a person, or by an engine that died before it could note it."""
    if not all([await _is_in_history(site, side, of=now.head) for side in (known.tip, known.commit)]):
        raise RepositoryError(
            f"What is checked out in {site.place.root} is no merge of {known.commit[:10]}.",
            hint="Its work is kept when the stream is left out: `loki worktrees list`.",
        )
    await site.shell.ask(_cleared(site))
    await note_merge(site, merged := known.model_copy(update={"phase": "merged"}))
    return merged


async def _left_to_do(site: Site, known: OpenMerge) -> list[Conflict]:
    found = await splits(site, base=await _base(site, known), beside=known.beside)
    left = await unresolved(site, found)
    paths = {split.path for split in found}
    others = [path for path in await _changed(site, known.auto) if path not in paths]
    return left + await markers_in(site, others, sides=(known.tip, known.commit))


async def _changed(site: Site, tree: str) -> list[bytes]:
    """Files that are in the worktree, and not as they are in a tree."""
    held = await save_work_tree(site.shell, site.place, reference=tree)
    options = ("git", "diff-tree", "-r", "--no-renames", "--name-only", "--diff-filter=AM")
    listed = await site.shell.ask(f"{quoted(*options, tree, held)} | head -n {_CHANGED}")
    return [unquoted(path) for path in listed.splitlines()]


async def _auto(site: Site) -> str:
    """The tree of what git merged by itself, without the paths in conflict."""
    scratch = quoted(site.place.scratch)
    use = (
        f"export GIT_INDEX_FILE={scratch}; rm -f {scratch} {scratch}.lock && cp -p {quoted(site.place.index)} {scratch}"
    )
    drop = "git ls-files -z --unmerged | sed -z 's/^[^\\t]*\\t//' | git update-index --force-remove -z --stdin"
    return await site.shell.ask(f"{use} && {{ {drop}; }} && git write-tree")


async def _base(site: Site, merge: OpenMerge) -> str:
    base = await site.shell.look_up(quoted("git", "merge-base", merge.tip, merge.commit))
    if not base:
        raise RepositoryError(
            f"{merge.commit[:10]} and {site.facts.branch} have nothing in common, as far as history goes back here.",
            hint="In a shallow clone: git fetch --unshallow.",
        )
    return base.split("\n")[0]


async def _refuse_twins(site: Site) -> None:
    """Refuse a merge with paths that differ in capitals alone, where the file system cannot tell them apart."""
    folded = "git ls-files | tr '[:upper:]' '[:lower:]' | sort | uniq -d | head -n 1"
    twin = await site.shell.ask(f'if [ "$(git config --type=bool core.ignorecase)" = true ]; then {folded}; fi')
    if twin:
        await abandon(site)
        raise RepositoryError(
            f"Both sides have {twin}, in capitals that differ, and this file system cannot tell the two apart.",
            hint="Rename it on one of them.",
        )


async def _is_in_history(site: Site, commit: str, *, of: str) -> bool:
    return await site.shell.look_up(quoted("git", "merge-base", "--is-ancestor", commit, of)) is not None
