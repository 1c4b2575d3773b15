"""Paths that a merge left with more than one version: which kind of conflict each is, and whether it is resolved.

Where git can write both sides into one file it marks them with `<<<<<<<` and the like, and without markers the file is
resolved. Where it cannot (a binary file, one that a side deleted, a file against a link), the path is taken out of the
worktree, and each side's version put beside it as `.loki-ours` and `.loki-theirs`: with both of them gone, moved or
removed, it is resolved. An agent cannot write the index, so that what is in the worktree has to tell.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from loki_tui.engine.grounds import Conflict, ConflictKind
from loki_tui.hands.gitshell import quoted
from loki_tui.hands.worktrees.losses import PROBE_BYTES
from loki_tui.hands.worktrees.paths import shown, unquoted, word
from loki_tui.hands.worktrees.site import Site

_SIDES = {"2": b".loki-ours", "3": b".loki-theirs"}
_FILES = frozenset({"100644", "100755"})
_SYMLINK = "120000"
_LINK_TO_COMMIT = "160000"
_MARKS = r"^(<{7} |\|{7} |>{7} )"
_NAMED = 5
"""Lines that are named."""


@dataclass(frozen=True, slots=True)
class Split:
    """A path with more than one version."""

    path: bytes
    quoted: str
    """The path as git quotes it."""
    versions: dict[str, tuple[str, str]]
    """Stage (1 what both began at, 2 ours, 3 theirs) to mode and object."""
    conflict: Conflict
    marked: bool
    """Whether the versions are in one file, with markers between them."""

    @property
    def beside(self) -> dict[str, bytes]:
        """Stage to the path that holds this side's version, where they cannot be in one file."""
        return {
            stage: self.path + ending
            for stage, ending in _SIDES.items()
            if stage in self.versions and self.versions[stage][0] != _LINK_TO_COMMIT
        }


async def splits(site: Site, *, base: str, beside: tuple[str, ...] | None = None) -> list[Split]:
    """All paths with more than one version.

    Args:
        site: Where git is in the middle of a merge.
        base: A commit that both sides grew from.
        beside: Paths whose versions were put beside them, as git quotes them; to be found out where nobody has yet.

    Raises:
        loki_tui.core.errors.RepositoryError: git failed.
    """
    versions: dict[str, dict[str, tuple[str, str]]] = defaultdict(dict)
    for line in await site.shell.lines("git ls-files --unmerged"):
        facts, _, path = line.partition("\t")
        mode, name, stage = facts.split(" ")
        versions[path][stage] = (mode, name)
    return [await _split(site, path, found, base=base, beside=beside) for path, found in versions.items()]


async def lay_out(site: Site, found: list[Split]) -> None:
    """Put the versions beside the path where they cannot be in one file."""
    for split in found:
        if split.marked:
            continue
        here = word(b"./" + split.path)
        steps = [f"{{ [ -d {here} ] && [ ! -L {here} ]; }} || rm -f -- {here}"]
        for stage, path in split.beside.items():
            mode, name = split.versions[stage]
            steps.append(_write(name, mode, word(b"./" + path)))
        await site.shell.ask(" && ".join(f"{{ {step}; }}" for step in steps))


async def unresolved(site: Site, found: list[Split]) -> list[Conflict]:
    """What of these is not resolved yet, and what is left to do about each."""
    left: list[Conflict] = []
    for split in found:
        detail = await (_markers_in(site, split) if split.marked else _versions_left(site, split))
        if detail:
            left.append(Conflict(split.conflict.path, split.conflict.kind, detail))
    return left


async def markers_in(site: Site, paths: list[bytes], *, sides: tuple[str, str]) -> list[Conflict]:
    """Files with lines that are markers of conflicts, which neither side has.

    Args:
        site: The worktree.
        paths: Files in it.
        sides: The two commits.
    """
    found: list[Conflict] = []
    for path in paths:
        known = [f"git cat-file blob {quoted(side)}:{word(path)}" for side in sides]
        if lines := await _foreign_marks(site, path, known):
            found.append(Conflict(shown(path), "content", f"lines that mark a conflict are left: {lines}"))
    return found


def _write(name: str, mode: str, place: str) -> str:
    """Shell code that writes an object to a place."""
    made = f'mkdir -p -- "$(dirname -- {place})"'
    if mode == _SYMLINK:
        return f'{made} && ln -sfn -- "$(git cat-file blob {name})" {place}'
    return f"{made} && git cat-file blob {name} >{place}" + (f" && chmod +x -- {place}" if mode == "100755" else "")


async def _split(
    site: Site, name: str, versions: dict[str, tuple[str, str]], *, base: str, beside: tuple[str, ...] | None
) -> Split:
    path = unquoted(name)
    modes = {mode for mode, _ in versions.values()}
    stages = versions.keys()
    kind: ConflictKind
    detail = ""
    marked = False
    if not modes <= _FILES or not stages & {"2", "3"} or (len(stages) == 1):
        kind, detail = "mode", "a file, a link or a directory of the same name, or two names for the same file"
    elif not stages >= {"2", "3"}:
        kind = "deleted_edited"
        detail = f"{'theirs' if '3' not in stages else 'ours'} deleted it, the other side changed it"
    elif await _binary(site, versions):
        kind = "binary"
    elif "1" not in stages:
        kind, marked = "both_added", True
    else:
        kind, marked = "content", True
    if "1" in stages and kind in ("content", "deleted_edited") and not await _is_in(site, base, path):
        detail = "; ".join(filter(None, ("one side renamed it", detail)))
        kind = "renamed_edited"
    if marked and len({mode for stage, (mode, _) in versions.items() if stage != "1"}) > 1:
        detail = "; ".join(filter(None, (detail, "one side made it executable")))
    marked = name not in beside if beside is not None else marked and await _has_marks(site, path)
    if not marked and kind in ("content", "both_added"):
        kind = "mode"
    split = Split(path, name, versions, Conflict(shown(path), kind, detail), marked)
    if marked:
        return split
    names = " and ".join(shown(version) for version in split.beside.values())
    advice = f"its versions are {names}: move one to where it belongs, and remove the others" if names else ""
    return Split(
        path, name, versions, Conflict(shown(path), kind, "; ".join(filter(None, (detail, advice)))), marked=False
    )


async def _binary(site: Site, versions: dict[str, tuple[str, str]]) -> bool:
    tests = " || ".join(
        f"[ \"$(git cat-file blob {name} | head -c {PROBE_BYTES} | tr -cd '\\0' | wc -c)\" -gt 0 ]"
        for _, name in versions.values()
    )
    return await site.shell.ask(f"if {tests}; then echo yes; fi") == "yes"


async def _is_in(site: Site, commit: str, path: bytes) -> bool:
    found = await site.shell.ask(f"git cat-file -e {quoted(commit)}:{word(path)} 2>/dev/null && echo yes || :")
    return found == "yes"


async def _has_marks(site: Site, path: bytes) -> bool:
    here = word(b"./" + path)
    script = f"if [ -f {here} ] && [ ! -L {here} ] && grep -aqE '{_MARKS}' {here}; then echo yes; fi"
    return await site.shell.ask(script) == "yes"


async def _markers_in(site: Site, split: Split) -> str:
    known = [f"git cat-file blob {name}" for stage, (_, name) in split.versions.items() if stage != "1"]
    lines = await _foreign_marks(site, split.path, known)
    return f"lines that mark the conflict are left: {lines}" if lines else ""


async def _foreign_marks(site: Site, path: bytes, known: list[str]) -> str:
    """Numbers of the lines that mark a conflict, and that no known version of the file has; a few of them.

    A line of equal signs alone is a heading in some texts: there are too many where there are more than both have.
    """
    here = word(b"./" + path)
    versions = "; ".join(f"{command} 2>/dev/null" for command in known)
    return await site.shell.ask(
        f'if [ -f {here} ] && [ ! -L {here} ]; then known=$(mktemp) && {{ {{ {versions}; :; }} >"$known"; '
        f"lines=$(grep -anE '{_MARKS}' {here} | while IFS= read -r line; do "
        'printf "%s\n" "${line#*:}" | grep -aqxFf - "$known" || printf "%s\n" "${line%%:*}"; done '
        f'| head -n {_NAMED}); [ -n "$lines" ] || [ "$(grep -acxE "={{7}}" {here})" -le '
        f'"$(grep -acxE "={{7}}" "$known")" ] || lines=$(grep -anxE "={{7}}" {here} | cut -d: -f1 | head -n {_NAMED}); '
        'rm -f "$known"; echo $lines; }; fi'
    )


async def _versions_left(site: Site, split: Split) -> str:
    tests = "; ".join(
        f"if [ -e {word(b'./' + path)} ] || [ -L {word(b'./' + path)} ]; then echo {stage}; fi"
        for stage, path in split.beside.items()
    )
    left = (await site.shell.ask(tests or ":")).split()
    names = [shown(split.beside[stage]) for stage in left]
    return f"left to be moved to where it belongs, or removed: {', '.join(names)}" if names else ""
