"""Where a path leads: relative ones made absolute, `.`, `..` and `//` worked out, links followed.

By the words alone, as no file is looked at; links that the same command makes are known.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from loki_tui.guard.shell.text import ANY, BELOW, STAR, WORDS, has_globs, known, shape, unglobbed

_PROCESS = re.compile(r"/proc/[^/]+/(?:root|cwd)")
_MAX_LINKS = 8


def normal(path: str, cwd: str, links: Mapping[str, str] | None = None) -> str:
    """A path as an absolute one without detours.

    Args:
        path: As written.
        cwd: What it is relative to; absolute and normal itself.
        links: Absolute paths to what they lead to.
    """
    if path.startswith("/proc/") and (process := _PROCESS.match(path)) and process[0].endswith("cwd"):
        path = cwd + path[process.end() :]
    found = _lexical(path, cwd)
    for _ in range(_MAX_LINKS):
        if (followed := _followed(found, links or {})) == found:
            break
        found = followed
    return found


def _lexical(path: str, cwd: str) -> str:
    # What begins with something unknown may be absolute.
    whole = path if path.startswith(("/", ANY, WORDS)) else f"{cwd}/{path}"
    kept: list[str] = []
    for part in whole.split("/"):
        if part in ("", "."):
            continue
        if part == "..":
            if kept and (kept[-1] in (ANY, WORDS) or BELOW in kept[-1]):
                kept.append(part)
            elif kept:
                kept.pop()
        else:
            kept.append(part)
    return "/" + "/".join(kept)


def _followed(path: str, links: Mapping[str, str]) -> str:
    """A path with one link in it replaced by where it leads."""
    if path.startswith("/proc/") and (found := _PROCESS.match(path)):
        if found[0].endswith("root"):
            return _lexical(path[found.end() :] or "/", "/")
        return path
    for link, target in links.items():
        if path == link or path.startswith(f"{link}/"):
            return _lexical(target + path[len(link) :], "/")
    return path


def ancestors(target: str) -> Iterator[str]:
    """A directory and all that hold it, the root last."""
    while target != "/":
        yield target
        target = target.rpartition("/")[0] or "/"
    yield "/"


def leads_to(path: str, target: str) -> bool | None:
    """Whether a normal path is this one: yes, no, or perhaps (none)."""
    if known(path):
        return path == target or (has_globs(path) and bool(shape(path).fullmatch(target)))
    return None if _perhaps(path, target) else False


def takes(path: str, target: str) -> bool | None:
    """Whether who removes or changes all at a path, and below it, does so to a target.

    That is so for the target, for what holds it, and for a pattern of all that is in it. None is perhaps.
    """
    answers = [leads_to(path, holder) for holder in ancestors(target)]
    parent, _, last = path.rpartition("/")
    if has_globs(last) or last in (ANY, WORDS):
        everything = _everything(last)
        # Some of what is in the root is as grave as all of it.
        some = None if target == "/" and has_globs(last) else False
        inside = [leads_to(parent or "/", holder) for holder in ancestors(target)]
        if True in inside:
            answers.append(True if everything else some)
        elif None in inside and everything:
            answers.append(None)
    return True if True in answers else None if None in answers else False


def _everything(last: str) -> bool:
    """Whether a pattern, the last part of a path, is of all names, or of all of one kind."""
    plain = re.sub(r"\[[^\]]*\]", "", unglobbed(last))
    return (STAR in last or has_globs(last)) and not plain.strip("*?.!")


def _perhaps(path: str, target: str) -> bool:
    """Whether a path of which some is unknown could be a target."""
    parts = path.split("/")
    # Text that is a part of its own may be a way up, or absolute: what stood before it says nothing.
    free = [place for place, part in enumerate(parts) if part.startswith((ANY, WORDS)) or part == ".."]
    if not free:
        return bool(shape(path).fullmatch(target))
    rest = "/".join(parts[free[-1] + 1 :])
    if not parts[free[-1]][1:].strip(ANY + WORDS) or parts[free[-1]] == "..":
        return bool(re.fullmatch(f"(?s:.*/)?{shape(rest).pattern}", target)) if rest else True
    return bool(re.fullmatch(f"(?s:.*){shape('/'.join(parts[free[-1] :])).pattern}", target))
