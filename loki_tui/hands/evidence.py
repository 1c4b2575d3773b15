"""What a person's git says of delivered work: trees, how they differ, and in which paths from what was measured."""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from loki_tui.core.errors import RepositoryError
from loki_tui.engine.receipt import DIFF, Evidence
from loki_tui.hands.gitshell import GitShell, legible, quoted
from loki_tui.hands.worktree import Place

Listing = Callable[[str], Awaitable[dict[str, str]]]
"""Tree to its own entries: name, as git quotes it, to mode, type and object."""

NAMED = 100
"""Paths that are named at most."""

_LOOKED_INTO = 200
"""Directories that are looked into at most."""


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured, and how to look into it."""

    tree: str
    listing: Listing


async def gather(shell: GitShell, place: Place, *, base: str, commit: str, measured: Measured | None) -> Evidence:
    """What the repository holds of a run's work.

    Objects are taken for what they are: an agent may have had git replace some of them by others.

    Args:
        shell: Where git runs.
        place: The repository.
        base: The commit it began at; empty where there was none.
        commit: What was delivered.
        measured: What to compare that with, if anything.

    Raises:
        RepositoryError: A commit is not there, or git failed.
        loki_tui.core.errors.WorkspaceError: The hands are gone.
        loki_tui.core.errors.CheckpointError: What was measured cannot be looked into.
    """
    answer = (await shell.ask(_script(place, base=base, commit=commit))).split("\n")
    if len(answer) != 7:
        raise RepositoryError("git says more of the delivered work than was asked for.")
    version, object_format, base_tree, tree, descends, diff, changed = answer
    differing: tuple[str, ...] = ()
    more = False
    if measured is not None and measured.tree != tree:
        differing, more = await _differing(shell, tree, measured, object_format=object_format)
    return Evidence(
        base_tree=base_tree,
        tree=tree,
        diff=diff,
        changed=int(changed),
        descends=descends == "yes",
        object_format=object_format,
        git=version.removeprefix("git version "),
        differing=differing,
        more_differ=more,
    )


def _script(place: Place, *, base: str, commit: str) -> str:
    # Nothing is older than the first commit: where there was none, all that there is was delivered.
    before = quoted(f"{base}^{{tree}}") if base else place.empty_tree
    after = quoted(f"{commit}^{{tree}}")
    grown = (
        f"{quoted('git', 'merge-base', '--is-ancestor', base, commit)} && echo yes || {{ [ $? -eq 1 ] && echo no; }}"
    )
    diff = quoted("git", *DIFF)
    return "set -o pipefail; export GIT_NO_REPLACE_OBJECTS=1; " + " && ".join(
        (
            "git version",
            "git rev-parse --show-object-format",
            f"git rev-parse --verify {before}",
            f"git rev-parse --verify {after}",
            f"{{ {grown}; }}" if base else "echo yes",
            f"{diff} {before} {after} | sha256sum | cut -d ' ' -f 1",
            f"{diff} --name-only {before} {after} | tr -cd '\\0' | wc -c",
        )
    )


async def _differing(
    shell: GitShell, tree: str, measured: Measured, *, object_format: str
) -> tuple[tuple[str, ...], bool]:
    """The paths in which two trees differ, and whether there are more of them.

    Tree by tree, since neither git can see what the other holds.
    """
    if object_format != "sha1":
        return (), True  # Checkpoints name objects in the other way: nothing here would ever be alike.
    found: list[str] = []
    waiting = deque([("", tree, measured.tree)])
    for _ in range(_LOOKED_INTO):
        if not waiting or len(found) > NAMED:
            break
        where, theirs, ours = waiting.popleft()
        delivered, saved = await _entries(shell, theirs), await measured.listing(ours)
        for name in sorted({*delivered, *saved}):
            one, other = delivered.get(name, ""), saved.get(name, "")
            if one == other:
                continue
            path = f"{where}{legible(name)}"
            both = [entry.split(" ") for entry in (one, other)]
            if all(len(entry) == 3 and entry[1] == "tree" for entry in both):
                waiting.append((f"{path}/", both[0][2], both[1][2]))
            else:
                found.append(f"{path}/" if " tree " in f"{one}{other}" else path)
    return tuple(found[:NAMED]), bool(waiting) or len(found) > NAMED


async def _entries(shell: GitShell, tree: str) -> dict[str, str]:
    lines = await shell.lines(f"GIT_NO_REPLACE_OBJECTS=1 git ls-tree {quoted(tree)}")
    return entries_of(lines)


def entries_of(lines: list[str]) -> dict[str, str]:
    """What `git ls-tree` prints: name to mode, type and object."""
    pairs = (line.partition("\t") for line in lines if line)
    return {name: entry for entry, _, name in pairs}
