"""Walking a tree of files, and the program that searches its lines.

The search runs as a process of its own: a regular expression can take for ever and cannot be
interrupted within a process. It is started from this module's own source, so that it needs no
path of this package to be readable; hence this module imports the standard library alone.
"""

from __future__ import annotations

import json
import os
import re
import stat
import sys
from collections import deque
from collections.abc import Callable, Iterator

SKIPPED = frozenset({".git", "node_modules", ".venv", "__pycache__", ".mypy_cache", ".pytest_cache", ".tox"})
"""Directories named but not entered, unless they are asked for themselves."""

_MATCHES = 200
_LINE = 300
_FILE_BYTES = 5_000_000
_SNIFF = 8192


def walk(start: str) -> Iterator[str]:
    """Paths of all files below a directory, relative to it, nearest first; `name/` for what is not entered."""
    pending = deque([""])
    while pending:
        folder = pending.popleft()
        try:
            entries = sorted(os.scandir(os.path.join(start, folder)), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            path = os.path.join(folder, entry.name)
            if not entry.is_dir(follow_symlinks=False):
                yield path
            elif entry.name in SKIPPED:
                yield f"{path}/"
            else:
                pending.append(path)


def selector(glob: str | None) -> Callable[[str], bool]:
    """Whether a relative path is meant by a pattern.

    As in ignore files: without a slash the pattern is for a name at any depth, with one for
    the whole path; `*` and `?` stop at a slash, `**/` is any number of directories.
    """
    if glob is None:
        return lambda _path: True
    pattern = glob.removeprefix("./").lstrip("/") if "/" in glob else f"**/{glob}"
    translated = "".join(map(_translate, re.findall(r"\*\*/|\*+|\?|\[[^]/]+\]|.", pattern, re.DOTALL)))
    match = re.compile(translated, re.DOTALL).fullmatch
    return lambda path: match(path) is not None


def _translate(token: str) -> str:
    if token == "**/":
        return "(?:.*/)?"
    if token == "**":
        return ".*"
    if token[0] == "*":
        return "[^/]*"
    if token == "?":
        return "[^/]"
    if len(token) > 2 and token[0] == "[":
        inside = token[1:-1].replace("\\", "\\\\").replace("[", "\\[")
        return f"[{'^' + inside[1:] if inside[0] in '!^' else inside}]"
    return re.escape(token)


def program() -> str:
    """This module's source, to be run by a bare interpreter with a JSON object as its argument."""
    source: str | None = __spec__.loader.get_source(__spec__.name)  # type: ignore[union-attr]
    return source or ""


def _main(order: dict[str, str | None]) -> int:
    """Print `path:line: text` for every line that matches, up to a bound."""
    try:
        expression = re.compile(order["pattern"] or "")
        chosen = selector(order["glob"])
    except (re.error, OverflowError, RecursionError) as error:
        print(f"The pattern is no regular expression: {error}.")
        return 2
    start, prefix = order["start"] or "", order["prefix"] or ""
    paths = walk(start) if os.path.isdir(start) else iter([""])
    found = 0
    for path in paths:
        if path.endswith("/") or not chosen(path or os.path.basename(start)):
            continue
        for number, line in _lines(os.path.join(start, path) if path else start):
            if not expression.search(line):
                continue
            if found == _MATCHES:
                print(f"[stopped after {_MATCHES} matches; narrow the pattern, path or glob]")
                return 0
            found += 1
            print(f"{os.path.join(prefix, path) if path else prefix}:{number}: {line[:_LINE]}", flush=True)
    return 0


def _lines(path: str) -> Iterator[tuple[int, str]]:
    """Numbered lines of a regular text file of bearable size."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
        with open(descriptor, "rb") as file:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode) or status.st_size > _FILE_BYTES:
                return
            data = file.read(_FILE_BYTES)
    except OSError:
        return
    if b"\0" not in data[:_SNIFF]:
        yield from enumerate(data.decode("utf-8", "replace").splitlines(), start=1)


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
    sys.exit(_main(json.loads(sys.argv[1])))
