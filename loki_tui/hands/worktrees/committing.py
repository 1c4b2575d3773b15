"""Commits what a worktree holds to its branch, or, while a merge is not on the branch yet, on top of that merge."""

from __future__ import annotations

from loki_tui.core.errors import RepositoryError
from loki_tui.hands.gitshell import fed, quoted
from loki_tui.hands.worktree import align_index, save_work_tree
from loki_tui.hands.worktrees.mergefile import read_merge
from loki_tui.hands.worktrees.paths import shown
from loki_tui.hands.worktrees.site import Heads, Site, heads

_BODY_LIMIT = 50_000
"""Characters of a commit message's body."""


async def commit(site: Site, *, subject: str, body: str) -> str | None:
    """Commit all that is in the worktree.

    While a merge has conflicts nothing is committed: `conclude` does that. Where an agent, whom nothing confined,
    checked something else out, the branch is taken up again, with what the worktree holds.

    Returns:
        The newest commit; none where the branch has none of its own yet.

    Raises:
        RepositoryError: git failed, or somebody else moved the branch.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
    """
    now = await heads(site)
    open_merge = await read_merge(site)
    if open_merge is not None and open_merge.phase != "merged":
        return now.tip or None
    if open_merge is None and now.ref != site.ref:
        now = await _return_to_branch(site, now)
    newest = await commit_all(site, now, message=message_of(site, subject, body))
    return newest if newest != site.facts.base else None


async def unfiltered(site: Site, commit: str) -> list[str]:
    """Files of a commit that a filter of the repository's would have changed on their way in; some of them."""
    changed = quoted(
        "git", "diff-tree", "-r", "-z", "--no-commit-id", "--no-renames", "--name-only", "--diff-filter=AM"
    )
    listed = await site.shell.ask(
        f"{changed} {commit}^ {commit} | git check-attr -z --stdin filter | tr '\\n\\0' '?\\n' | paste - - - "
        "| sed -n '/\tunspecified$/d; /\tunset$/d; s/\tfilter\t[^\t]*$//p' | head -n 5"
    )
    return [shown(path.encode()) for path in listed.splitlines()]


async def commit_all(site: Site, now: Heads, *, message: str) -> str:
    """Commit what differs from HEAD on top of it, wherever that points; HEAD as it is where nothing does."""
    tree = await save_work_tree(site.shell, site.place, reference=now.tree)
    if tree == now.tree:
        return now.head
    made = await commit_tree(site, tree, now.head, message=message)
    # Before HEAD moves: where this fails, the next commit does it again.
    await align_index(site.shell, site.place, old=now.tree, new=tree)
    await site.shell.ask(quoted("git", "update-ref", "-m", f"loki: run {site.facts.run}", "HEAD", made, now.head))
    return made


async def commit_tree(site: Site, tree: str, *parents: str, message: str) -> str:
    """Make a commit, which no branch has yet."""
    options = [word for parent in parents for word in ("-p", parent)]
    return await site.shell.ask(fed(message, to=quoted("git", "commit-tree", tree, *options)), environment=site.author)


def message_of(site: Site, subject: str, body: str) -> str:
    """A commit's message, with the run it comes of."""
    text = f"{_clean(subject)}\n\n{_clean(body)[:_BODY_LIMIT]}".rstrip()
    return f"{text}\n\nLoki-Run: {site.facts.run}"


async def _return_to_branch(site: Site, now: Heads) -> Heads:
    """Check the branch out again without touching a file; it takes along what grew from it."""
    if not now.tip:
        raise RepositoryError(
            f"The branch {site.facts.branch} is gone.", hint=f"git branch {site.facts.branch} {site.facts.base[:10]}"
        )
    grown = await site.shell.look_up(quoted("git", "merge-base", "--is-ancestor", now.tip, now.head or now.tip))
    reason = f"loki: run {site.facts.run}"
    if grown is not None and now.head and now.head != now.tip:
        await site.shell.ask(quoted("git", "update-ref", "-m", reason, site.ref, now.head, now.tip))
    await site.shell.ask(quoted("git", "symbolic-ref", "-m", reason, "HEAD", site.ref))
    return await heads(site)


def _clean(text: str) -> str:
    """Text for a commit message: control characters, which a terminal would obey, are dropped."""
    return "".join(character for character in text if character.isprintable() or character in "\n\t").strip()
