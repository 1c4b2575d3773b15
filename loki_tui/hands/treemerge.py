"""Merges trees without a work tree: what of the workspace is the run's, and what the person's.

Paths are matched by name, renames are not looked for: a path of the result then always has
that path's content, or a line merge of it. `git merge-tree` could do this, but cannot be told
the base before version 2.40, and does not exist before 2.38.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from loki_tui.hands.gitshell import GitShell, fed, legible, quoted

_FILES = frozenset({"100644", "100755"})
_BATCH = 100
"""Index entries that are written at once: an argument has an end."""

_Entry = tuple[str, str]
"""Mode and object name."""


@dataclass(frozen=True, slots=True)
class Merged:
    """The outcome of a merge."""

    tree: str
    mixed: tuple[str, ...]
    """Paths that both sides changed at the same place: ours was taken, whole."""


async def merge(shell: GitShell, index: str, *, base: str, ours: str, theirs: str) -> Merged:
    """Apply what `theirs` changed of `base` to `ours`.

    Args:
        shell: Where git runs.
        index: Path of an index file to use up.
        base: A tree, as are the other two.
        ours: What wins where both changed the same lines.
        theirs: What is merged in.

    Raises:
        loki_tui.core.errors.RepositoryError: git failed.
    """
    if theirs == base:
        return Merged(ours, ())
    use = f"export GIT_INDEX_FILE={quoted(index)}"
    await shell.ask(
        f'{use}; rm -f "$GIT_INDEX_FILE" "$GIT_INDEX_FILE.lock" && '
        + quoted("git", "read-tree", "-i", "-m", "--aggressive", base, ours, theirs)
    )
    stages: dict[str, dict[str, _Entry]] = defaultdict(dict)
    for line in await shell.lines(f"{use}; git ls-files --unmerged"):
        facts, _, path = line.partition("\t")
        mode, name, stage = facts.split(" ")
        stages[path][stage] = (mode, name)
    mixed: list[str] = []
    entries: list[str] = []
    for path, versions in stages.items():
        entry = await _merge_file(shell, versions)
        if entry is None:
            mixed.append(path)
            entry = versions.get("2")
        entries.append(f"0 {'0' * 40}\t{path}")
        if entry is not None:
            entries.append(f"{entry[0]} {entry[1]} 0\t{path}")
    for start in range(0, len(entries), _BATCH):
        batch = fed(*entries[start : start + _BATCH], to="git update-index --index-info")
        await shell.ask(f"{use}; {batch}")
    return Merged(await shell.ask(f"{use}; git write-tree"), tuple(map(legible, mixed)))


async def _merge_file(shell: GitShell, versions: dict[str, _Entry]) -> _Entry | None:
    """Merge one file line by line; none where that is impossible or its changes overlap."""
    if versions.keys() != {"1", "2", "3"} or any(mode not in _FILES for mode, _ in versions.values()):
        return None
    (base_mode, base), (our_mode, ours), (their_mode, theirs) = (versions[stage] for stage in "123")
    files = {"ours": ours, "base": base, "theirs": theirs}
    unpack = " && ".join(f'git cat-file blob {name} >"$scratch/{file}"' for file, name in files.items())
    merged = await shell.look_up(
        "scratch=$(mktemp -d) && trap 'rm -rf \"$scratch\"' EXIT && "
        f'{unpack} && {{ git merge-file --quiet -p "$scratch/ours" "$scratch/base" "$scratch/theirs" '
        '>"$scratch/merged" || exit 1; } && git hash-object -w --stdin <"$scratch/merged"'
    )
    return None if merged is None else (their_mode if our_mode == base_mode else our_mode, merged)
