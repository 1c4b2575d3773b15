"""Listing files and searching in them, for an agent: bounded, in a stable order, cancellable."""

from __future__ import annotations

import json
import os
import re
import sys
import time

from loki_tui.core.terminal import visible
from loki_tui.hands.box import search
from loki_tui.hands.box.commands import Commands, Ending, Job
from loki_tui.hands.box.paths import Places
from loki_tui.hands.box.protocol import OperationError, Result

_PATHS = 1_000
_LIST_SECONDS = 10.0
_SEARCH_SECONDS = 30.0


class Finding:
    """Looks for files and for lines.

    Args:
        places: What paths mean.
        commands: Runs the search.
        program: Source of the search.
    """

    def __init__(self, places: Places, commands: Commands, program: str) -> None:
        self._places = places
        self._commands = commands
        self._program = program

    def list(self, job: Job, path: str, glob: str | None) -> Result:
        """Files below a directory, nearest first where not all can be shown.

        Raises:
            OperationError: There is no such directory.
        """
        start = self._existing(path)
        try:
            chosen = search.selector(glob)
        except re.error as error:
            raise OperationError(f"`glob` is no pattern: {error}.") from error
        if not os.path.isdir(start):
            return Result(ok=True, output=visible(self._places.shorten(start)))
        deadline = time.monotonic() + _LIST_SECONDS
        found: list[str] = []
        note = ""
        for name in search.walk(start):
            if job.cancelled or time.monotonic() > deadline:
                note = "\n[stopped: there are too many files; narrow path]"
                break
            if not chosen(name.rstrip("/")) or (glob and name.endswith("/")):
                continue
            if len(found) == _PATHS:
                note = f"\n[the first {_PATHS:,} only; narrow path or glob]"
                break
            found.append(visible(self._places.shorten(os.path.join(start, name))))
        if not found and not note:
            return Result(ok=True, output="[no files]")
        return Result(ok=True, output="\n".join(sorted(found)) + note)

    def search(self, job: Job, pattern: str, path: str, glob: str | None) -> Result:
        """Lines that match a regular expression.

        Raises:
            OperationError: There is no such path, or the pattern is wrong or too slow.
        """
        start = self._existing(path)
        shown = self._places.shorten(start)
        order = {"pattern": pattern, "glob": glob, "start": start, "prefix": "" if shown == "." else shown}
        argv = [sys.executable, "-I", "-S", "-X", "utf8", "-c", self._program, json.dumps(order)]
        done = self._commands.run(job, argv, timeout=_SEARCH_SECONDS)
        if done.ending is Ending.TIMED_OUT:
            raise OperationError(f"The search took longer than {_SEARCH_SECONDS:g} s: narrow it.\n{done.output}")
        if done.status != 0:
            raise OperationError(done.output.strip() or "The search was ended.")
        return Result(ok=True, output=done.output or "[no matches]", seconds=done.seconds)

    def _existing(self, path: str) -> str:
        real = self._places.resolve(path)
        try:
            os.close(os.open(real, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC))
        except OSError as error:
            raise self._places.refusal(real, error) from error
        return real
