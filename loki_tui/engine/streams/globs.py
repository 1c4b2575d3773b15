"""Whether two declarations of files can mean the same file: paths, directories and globs, without a file system.

Where one cannot tell, they can: what is kept apart wrongly costs a conflict, what is put one after another wrongly
only some time.
"""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from functools import lru_cache
from itertools import product

_WILD = frozenset("*?[")
_ANY_DEPTH = "**"


def normal(pattern: str) -> str | None:
    """A declaration as it is compared, relative and with single strokes; none where it leaves the workspace."""
    parts = [part for part in pattern.strip().replace("\\", "/").split("/") if part not in {"", "."}]
    if pattern.strip() in {".", "./"}:
        return _ANY_DEPTH
    if pattern.strip().startswith(("/", "~")) or ".." in parts or not parts:
        return None
    if any(ord(letter) < ord(" ") for letter in pattern):
        return None
    return "/".join(parts)


def first_overlap(mine: Iterable[str], theirs: Iterable[str]) -> tuple[str, str] | None:
    """Two declarations, one of each side, that can mean the same file; none where there are none."""
    return next(((one, other) for one, other in product(mine, theirs) if overlap(one, other)), None)


def overlap(one: str, other: str) -> bool:
    """Whether some path is meant by both."""
    return _meet(_segments(one), _segments(other))


def _segments(pattern: str) -> tuple[str, ...]:
    """A declaration in parts. Names that differ in nothing but case are one file on some file systems."""
    parts = tuple(pattern.casefold().split("/"))
    # What has no suffix may be a directory, and then all that is in it is meant.
    return parts if "." in parts[-1][1:] else (*parts, _ANY_DEPTH)


@lru_cache(maxsize=4096)
def _meet(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    if one[:1] == (_ANY_DEPTH,):
        return _meet(one[1:], other) or (bool(other) and _meet(one, other[1:]))
    if other[:1] == (_ANY_DEPTH,):
        return _meet(other, one)
    if not one or not other:
        return not one and not other
    return _alike(one[0], other[0]) and _meet(one[1:], other[1:])


def _alike(one: str, other: str) -> bool:
    """Whether one name can match both."""
    wild, also = bool(_WILD & set(one)), bool(_WILD & set(other))
    if not wild or not also:
        return fnmatchcase(other, one) if wild else fnmatchcase(one, other) if also else one == other
    (head, _, _), (other_head, _, _) = _ends(one), _ends(other)
    (_, _, tail), (_, _, other_tail) = _ends(one), _ends(other)
    heads = head.startswith(other_head) or other_head.startswith(head)
    return heads and (tail.endswith(other_tail) or other_tail.endswith(tail))


def _ends(pattern: str) -> tuple[str, str, str]:
    """What a name of this pattern begins with, the pattern between, and what it ends with."""
    wild = [at for at, letter in enumerate(pattern) if letter in _WILD or letter == "]"]
    return pattern[: wild[0]], pattern[wild[0] : wild[-1] + 1], pattern[wild[-1] + 1 :]
