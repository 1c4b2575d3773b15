"""Unified diffs of edits, bounded in size and in the time they take."""

from __future__ import annotations

from loki_tui.core.terminal import visible

_CONTEXT = 3
_LINES = 4_000
"""Changed lines of both sides together above which no diff is computed: its cost is quadratic."""
_CHARACTERS = 30_000


def unified(before: str | None, after: str, name: str) -> str:
    """What an edit changed, as harmless text.

    Args:
        before: The old content; none for a new file.
        after: The new content.
        name: How the file is called in the header.
    """
    if before == after:
        return ""
    old, new = (before or "").splitlines(keepends=True), after.splitlines(keepends=True)
    head, tail = _common(old, new)
    changed = len(old) + len(new) - 2 * (head + tail)
    if changed > _LINES and old:
        return f"--- a/{name}\n+++ b/{name}\n[{changed:,} lines changed: too many to show]\n"
    lines = _lines(old, new, head, tail)
    text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
    header = f"--- {'/dev/null' if before is None else f'a/{name}'}\n+++ b/{name}\n"
    text = visible(header + text.replace("\r\n", "\n"))
    if len(text) > _CHARACTERS:
        text = text[:_CHARACTERS].rpartition("\n")[0] + "\n[the rest of the diff is not shown]\n"
    return text


def _common(old: list[str], new: list[str]) -> tuple[int, int]:
    """How many lines are the same at the beginning and, of what is left, at the end."""
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _lines(old: list[str], new: list[str], head: int, tail: int) -> list[str]:
    """The hunks. Only what differs, with its context, is compared: the rest costs nothing."""
    from difflib import SequenceMatcher  # 10 ms to import, and most operations are no edits

    before, after = min(head, _CONTEXT), min(tail, _CONTEXT)
    first, rest = head - before, tail - after
    old, new = old[first : len(old) - rest], new[first : len(new) - rest]
    matcher = SequenceMatcher(None, old[before : len(old) - after], new[before : len(new) - after])
    # Its own matches could reach into the context, and a hunk that ends without it is one at the file's end.
    middle = [(tag, *(place + before for place in places)) for tag, *places in matcher.get_opcodes()]
    matcher.opcodes = [  # type: ignore[attr-defined] # where it keeps them once they are worked out
        *([("equal", 0, before, 0, before)] if before else []),
        *middle,
        *([("equal", len(old) - after, len(old), len(new) - after, len(new))] if after else []),
    ]
    lines: list[str] = []
    for group in matcher.get_grouped_opcodes(_CONTEXT):
        lines.append(_hunk(group, first))
        for tag, old_from, old_to, new_from, new_to in group:
            if tag == "equal":
                lines += [f" {line}" for line in old[old_from:old_to]]
                continue
            lines += [f"-{line}" for line in old[old_from:old_to]]
            lines += [f"+{line}" for line in new[new_from:new_to]]
    return lines


def _hunk(group: list[tuple[str, int, int, int, int]], offset: int) -> str:
    old_from, old_to, new_from, new_to = group[0][1], group[-1][2], group[0][3], group[-1][4]
    return f"@@ -{_range(old_from, old_to, offset)} +{_range(new_from, new_to, offset)} @@\n"


def _range(start: int, end: int, offset: int) -> str:
    """A line range as `diff -u` writes it."""
    length = end - start
    if length == 1:
        return f"{offset + start + 1}"
    return f"{offset + start + (1 if length else 0)},{length}"
