"""Which files of a workspace may be its PRD, for a person to choose from.

Looked for by walking the directories: git's own list would be shorter, but git runs on a workspace only
in hands, and those take longer to start than a person likes to wait for a list.
"""

from __future__ import annotations

import os
import re
import time
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from loki_tui.core.terminal import one_line
from loki_tui.runtime.prd import MAX_BYTES, USUAL

MAX_CANDIDATES = 200
"""More than this nobody reads through."""

MAX_LEVELS = 4
"""Directories below the workspace that are looked into."""

MAX_ENTRIES = 20_000
"""Files and directories looked at, so that no workspace is too large."""

MAX_SECONDS = 0.5
"""How long the walk may take, so that no disk is too slow."""

_SUFFIXES = frozenset({".md", ".markdown", ".mdx", ".txt", ".rst", ".adoc"})

_FOREIGN = frozenset(
    {"node_modules", "vendor", "venv", "env", "site-packages", "target", "build", "dist", "third_party", "__pycache__"}
)
"""Directories whose texts are others' or were made; hidden ones are passed over, too."""

_HEAD_BYTES = 4096
"""What is read of a file for its title."""

_TITLE_CHARS = 120

_WORTH = {
    "prd": 60,
    "requirements": 50,
    "requirement": 50,
    "spec": 40,
    "specs": 40,
    "specification": 40,
    "product": 30,
    "brief": 30,
    "feature": 20,
    "features": 20,
    "design": 20,
    "plan": 20,
    "proposal": 20,
    "rfc": 20,
    "roadmap": 15,
    "todo": 10,
    "readme": -10,
    "agents": -30,
    "claude": -30,
    "contributing": -40,
    "security": -40,
    "changelog": -50,
    "changes": -50,
    "license": -50,
    "notice": -50,
    "authors": -50,
    "conduct": -50,
}
"""Word in a file's name to how much it speaks for a PRD."""

_IN_USUAL_PLACE = 100
_IN_TITLE = 10
_A_LEVEL = 5
_PACKAGES = -60
"""For pip's list of packages, which is called as a PRD might be."""

_WORD = re.compile(r"[a-z]+")
_HEADING = re.compile(r"#{1,6}\s+(.+?)\s*#*")
_UNDERLINE = re.compile(r"=+|-{3,}")
_FENCE = re.compile(r"```|~~~")


@dataclass(frozen=True, slots=True)
class PrdCandidate:
    """A file that may be the PRD."""

    path: Path
    title: str
    """Its first heading, else its first line; harmless, on one line, empty where it has none."""
    size: int
    """Bytes."""
    modified: datetime
    usual: bool
    """Whether it lies where a PRD is looked for when none is named."""
    score: int
    """How much speaks for it, by name, place and title."""


def find_prds(workspace: Path) -> list[PrdCandidate]:
    """The text files of a workspace that a run could begin with, the likeliest first.

    Nothing in them is taken for a PRD by itself. Those that a run would refuse for their size are left out,
    as are links that lead out of the workspace.
    """
    root = workspace.resolve()
    found = [candidate for path, status in _texts(root) if (candidate := _candidate(root, path, status))]
    found.sort(key=_rank)
    titled = [_titled(candidate) for candidate in found[:MAX_CANDIDATES]]
    return sorted(titled, key=_rank)


def _rank(candidate: PrdCandidate) -> tuple[int, float, Path]:
    return -candidate.score, -candidate.modified.timestamp(), candidate.path


def _texts(root: Path) -> Iterator[tuple[Path, os.stat_result]]:
    """Text files, those of the upper levels first."""
    deadline = time.monotonic() + MAX_SECONDS
    left = MAX_ENTRIES
    waiting = deque([(root, 0)])
    while waiting:
        directory, level = waiting.popleft()
        for entry in _entries(directory):
            left -= 1
            if left < 0 or time.monotonic() > deadline:
                return
            if _is_own_directory(entry):
                if level < MAX_LEVELS:
                    waiting.append((Path(entry.path), level + 1))
            elif (status := _status(entry, root)) is not None:
                yield Path(entry.path), status


def _entries(directory: Path) -> Iterator[os.DirEntry[str]]:
    try:
        with os.scandir(directory) as entries:
            yield from entries
    except OSError:
        return  # It has just gone, or is not ours to look into.


def _is_own_directory(entry: os.DirEntry[str]) -> bool:
    name = entry.name
    return not name.startswith(".") and name.lower() not in _FOREIGN and entry.is_dir(follow_symlinks=False)


def _status(entry: os.DirEntry[str], root: Path) -> os.stat_result | None:
    """What the system says of a text file; none where it is none, or none of the workspace."""
    if entry.name.startswith(".") or Path(entry.name).suffix.lower() not in _SUFFIXES:
        return None
    try:
        if entry.is_symlink() and not Path(entry.path).resolve().is_relative_to(root):
            return None
        return entry.stat() if entry.is_file() else None
    except OSError:
        return None


def _candidate(root: Path, path: Path, status: os.stat_result) -> PrdCandidate | None:
    if not 0 < status.st_size <= MAX_BYTES:
        return None
    place = path.relative_to(root)
    usual = place.as_posix() in USUAL
    score = _worth(place)
    if usual:
        score += _IN_USUAL_PLACE - USUAL.index(place.as_posix())
    return PrdCandidate(
        path=path,
        title="",
        size=status.st_size,
        modified=datetime.fromtimestamp(status.st_mtime, UTC),
        usual=usual,
        score=score,
    )


def _worth(place: Path) -> int:
    if place.suffix.lower() == ".txt" and place.stem.lower().startswith(("requirements", "constraints")):
        return _PACKAGES
    by_name = _spoken(place.stem)
    by_place = max(0, _spoken(place.parent.as_posix())) // 2
    return by_name + by_place - _A_LEVEL * (len(place.parts) - 1)


def _spoken(name: str) -> int:
    """What the words of a name say: the one that speaks most for a PRD, and the one that speaks most against."""
    worth = [_WORTH.get(word, 0) for word in _WORD.findall(name.lower())]
    return max(0, *worth) + min(0, *worth) if worth else 0


def _titled(candidate: PrdCandidate) -> PrdCandidate:
    try:
        with candidate.path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError:
        return candidate
    title = _title(head.decode("utf-8-sig", errors="replace"))
    speaks = _IN_TITLE if _spoken(title) > 0 else 0
    return PrdCandidate(
        path=candidate.path,
        title=title,
        size=candidate.size,
        modified=candidate.modified,
        usual=candidate.usual,
        score=candidate.score + speaks,
    )


def _title(text: str) -> str:
    lines = _after_front_matter(text.splitlines())
    return one_line(_first_heading(lines) or next(filter(str.strip, lines), ""))[:_TITLE_CHARS]


def _after_front_matter(lines: list[str]) -> list[str]:
    """The lines below a block of settings between two rules, with which some Markdown files begin."""
    if lines and lines[0].strip() == "---":
        end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"), 0)
        return lines[end + 1 :]
    return lines


def _first_heading(lines: list[str]) -> str:
    fenced, before = False, ""
    for line in map(str.strip, lines):
        if _FENCE.match(line):
            fenced = not fenced
        elif not fenced and (found := _HEADING.fullmatch(line)):
            return found[1]
        elif not fenced and before and _UNDERLINE.fullmatch(line):
            return before
        before = "" if fenced or _FENCE.match(line) else line
    return ""
