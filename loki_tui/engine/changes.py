"""A unified diff taken apart by files, and dealt out in portions that a model can take in."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from loki_tui.engine.ports import Checkpoints

PORTION = 60_000
"""Characters of a diff that are shown in one conversation."""

_HEADER = "diff --git "
_CUT = "[cut:"
"""Begins the last line of a diff that is too long to be had whole. No line of a file begins a line of a diff."""

_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}

Kind = Literal["changed", "added", "deleted", "renamed"]


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one file."""

    path: str
    """Where it is now, or was where it is gone."""
    text: str
    """Its part of the diff, header and all."""
    kind: Kind = "changed"
    before: str = ""
    """Where it was, where it was renamed."""
    binary: bool = False
    cut: bool = False
    """Whether `text` is only the beginning, or nothing at all."""

    @property
    def named(self) -> str:
        """The change in a few words."""
        head = f"{self.before} -> {self.path}" if self.before else self.path
        marks = [
            *([self.kind] if self.kind != "changed" else []),
            *(["binary"] if self.binary else []),
            *([f"{len(self.text):,} characters"] if self.text else []),
        ]
        return f"{head} ({', '.join(marks)})" if marks else head


async def changes_between(checkpoints: Checkpoints, base: str, checkpoint: str) -> tuple[Change, ...]:
    """All changes from one checkpoint to another; those beyond the end of a huge diff by their paths alone.

    Raises:
        CheckpointError: There is no such checkpoint.
    """
    diff = await checkpoints.diff(base, checkpoint)
    changes = changes_of(diff)
    if not is_cut(diff):
        return changes
    told = paths_of(changes)
    beyond = [path for path in await checkpoints.changed(base, checkpoint) if path not in told]
    return (*changes, *(Change(path, "", cut=True) for path in beyond))


def is_cut(diff: str) -> bool:
    """Whether a diff is only the beginning of what changed."""
    return diff.rstrip("\n").rpartition("\n")[2].startswith(_CUT)


def changes_of(diff: str) -> tuple[Change, ...]:
    """The changes of a diff as git prints it, in its order. What belongs to no file is left out."""
    cut = is_cut(diff)
    if cut:
        diff = diff.rstrip("\n").rpartition("\n")[0]
    changes: list[Change] = []
    part: list[str] = []
    # Not `splitlines`: that also splits at characters which may stand in a line of a file.
    for line in diff.split("\n"):
        if line.startswith(_HEADER):
            _take(part, changes)
            part = [line]
        elif part:
            part.append(line)
    _take(part, changes)
    if cut and changes:
        changes[-1] = replace(changes[-1], cut=True)
    return tuple(changes)


def _take(part: list[str], changes: list[Change]) -> None:
    while part and not part[-1]:
        part.pop()
    if part:
        changes.append(_change(part))


def _change(lines: list[str]) -> Change:
    path = _from_header(lines[0])
    kind: Kind = "changed"
    before, binary = "", False
    for line in lines[1:]:
        if line.startswith("@@ "):
            break
        if line.startswith("new file mode"):
            kind = "added"
        elif line.startswith("deleted file mode"):
            kind = "deleted"
        elif line.startswith("rename from "):
            kind, before = "renamed", _plain(line.removeprefix("rename from "))
        elif line.startswith("rename to "):
            path = _plain(line.removeprefix("rename to "))
        elif line.startswith(("--- a/", '--- "a/', "+++ b/", '+++ "b/')):
            path = _plain(line[4:])[2:]
        elif line.startswith(("Binary files ", "GIT binary patch")):
            binary = True
    return Change(path, "\n".join(lines) + "\n", kind, before, binary)


def _from_header(line: str) -> str:
    """The path of a file whose part has no other line that names it: one whose mode changed, a binary one."""
    rest = line.removeprefix(_HEADER)
    if rest.endswith('"'):
        _, _, last = rest.rpartition(' "')
        return _plain(f'"{last}')[2:]
    # Both halves name the same file, `a/` and `b/` apart.
    half = rest[: len(rest) // 2]
    return half[2:] if rest == f"{half} b/{half[2:]}" else rest.rpartition(" b/")[2]


def _plain(name: str) -> str:
    """A name as git writes it, without quotes and a tab at its end."""
    name = name.removesuffix("\t")
    if not (len(name) >= 2 and name.startswith('"') and name.endswith('"')):
        return name
    data = bytearray()
    at = 1
    for match in _ESCAPE.finditer(name, 1, len(name) - 1):
        data += name[at : match.start()].encode(errors="surrogatepass")
        code = match[1]
        data += bytes([int(code, 8) & 0xFF]) if len(code) == 3 else _ESCAPED.get(code, code).encode()
        at = match.end()
    data += name[at:-1].encode(errors="surrogatepass")
    return data.decode(errors="replace")


def portions(
    changes: Iterable[Change], *, most: int, size: int = PORTION
) -> tuple[tuple[tuple[Change, ...], ...], tuple[Change, ...]]:
    """Deal changes out by whole files, small ones first, since most of a work is in them.

    Args:
        changes: All of them.
        most: How many portions there may be.
        size: Characters of one.

    Returns:
        The portions, and what is in none. A file that is longer than a portion fills one with its beginning.
    """
    dealt: list[list[Change]] = []
    room = 0
    rest: list[Change] = []
    for change in sorted(changes, key=lambda change: (len(change.text), change.path)):
        if not change.text:
            rest.append(change)
        elif len(change.text) <= room:
            dealt[-1].append(change)
            room -= len(change.text)
        elif len(dealt) < most:
            shown = change if len(change.text) <= size else _beginning(change, size)
            dealt.append([shown])
            room = size - len(shown.text)
        else:
            rest.append(change)
    return tuple(tuple(portion) for portion in dealt), tuple(rest)


def _beginning(change: Change, size: int) -> Change:
    whole_lines, _, _ = change.text[:size].rpartition("\n")
    return replace(change, text=f"{whole_lines}\n", cut=True)


def paths_of(changes: Sequence[Change]) -> frozenset[str]:
    """Every path that a change names, earlier ones too."""
    return frozenset(path for change in changes for path in (change.path, change.before) if path)
