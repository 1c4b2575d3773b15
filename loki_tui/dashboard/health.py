"""Whether what the dashboard shows is alive: the journal can be read, the engine lives, the disk takes more.

Looked at anew at most twice a second, however many ask, and never for longer than two seconds: a file
system that hangs is not healthy.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

import psutil

from loki_tui.core.errors import LokiError
from loki_tui.core.messages import JsonObject
from loki_tui.core.vocabulary import Status
from loki_tui.dashboard.answers import dumped
from loki_tui.runtime.client import Holder, Project, RunClient, find_run
from loki_tui.runtime.watchdog import STALE_SECONDS, silent_for

FRESH_SECONDS = 0.5
PATIENCE_SECONDS = 2.0
LEAST_BYTES = 64 * 2**20
"""With less left on the disk, a run is about to break off."""
LEAST_INODES = 100

_DEAD = frozenset({psutil.STATUS_STOPPED, psutil.STATUS_TRACING_STOP, psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD})


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    ok: bool
    state: str
    """In a word or two; says nothing that a stranger should not know."""
    why: str = ""
    """More, for who was let in."""


@dataclass(frozen=True, slots=True)
class Health:
    """What was found."""

    checks: dict[str, Check]
    looked_at: float
    public: bytes = field(default=b"", compare=False)
    """As JSON, for anybody."""

    @property
    def ok(self) -> bool:
        """Whether everything is as it should be."""
        return all(check.ok for check in self.checks.values())

    def row(self, *, why: bool) -> JsonObject:
        """As one object, with reasons or without."""
        checks: JsonObject = {
            name: {"ok": check.ok, "state": check.state, **({"why": check.why} if why and check.why else {})}
            for name, check in self.checks.items()
        }
        return {"status": "ok" if self.ok else "failing", "checks": checks}


class Probe:
    """Looks, and remembers for a moment what it saw.

    Args:
        project: What is looked at.
        more: Further checks, by name: quick, and never raising.
    """

    def __init__(self, project: Project, more: dict[str, Callable[[], Check]] | None = None) -> None:
        self._project = project
        self._more = more or {}
        self._last: Health | None = None
        self._looking: asyncio.Task[Health] | None = None

    async def health(self) -> Health:
        """The state of things, at most half a second old; or that it could not be seen in time."""
        if self._last is not None and time.monotonic() - self._last.looked_at < FRESH_SECONDS:
            return self._last
        if self._looking is None or self._looking.done():
            self._looking = asyncio.create_task(asyncio.to_thread(self._look))
        try:
            async with asyncio.timeout(PATIENCE_SECONDS):
                self._last = await asyncio.shield(self._looking)
        except TimeoutError:
            hung = Check(ok=False, state="not answering", why=f"nothing was seen within {PATIENCE_SECONDS:g} s")
            self._last = _made({"state": hung})
        return self._last

    def _look(self) -> Health:
        checks = {
            "journal": self._told(self._journal),
            "engine": self._told(self._engine),
            "disk": self._told(self._disk),
        }
        return _made({**checks, **{name: check() for name, check in self._more.items()}})

    def _told(self, look: Callable[[], Check]) -> Check:
        try:
            return look()
        except (LokiError, OSError) as error:
            why = error.message if isinstance(error, LokiError) else error.strerror or str(error)
            return Check(ok=False, state="unreadable", why=why)

    def _journal(self) -> Check:
        runs = self._project.runs()
        if not runs:
            return Check(ok=True, state="empty", why="there is no run yet")
        with self._project.reader() as reader:
            latest = reader.read(runs[0].id, after=max(0, runs[0].last_seq - 1), limit=1)
        if not latest:
            return Check(ok=False, state="unreadable", why=f"run {runs[0].id} has no events")
        return Check(ok=True, state="readable")

    def _engine(self) -> Check:
        found = find_run(self._project)
        if found is None or found.outcome is not None:
            return Check(ok=True, state="idle", why="no run is under way")
        client = RunClient(self._project, found.id)
        holder = client.engine()
        if holder is not None:
            return _living(holder, self._project)
        if client.view().status is Status.CRASHED:
            return Check(ok=False, state="crashed", why=f"the engine of run {found.id} is gone; loki resume")
        return Check(ok=True, state="idle", why=f"run {found.id} is paused, and nobody is at work on it")

    def _disk(self) -> Check:
        root = self._project.state.root
        found = os.statvfs(root)
        free = found.f_bavail * found.f_frsize
        if found.f_flag & os.ST_RDONLY or not os.access(root, os.W_OK | os.X_OK):
            return Check(ok=False, state="read-only", why=f"{root} cannot be written")
        # Some file systems count no inodes, and say so with 0 of 0.
        if free < LEAST_BYTES or (found.f_files and found.f_favail < LEAST_INODES):
            return Check(ok=False, state="full", why=f"{free:,} bytes and {found.f_favail:,} inodes are left at {root}")
        return Check(ok=True, state="writable", why=f"{free:,} bytes are left")


def _living(holder: Holder, project: Project) -> Check:
    """Whether the engine that holds the lock can still do something: by its process and its heartbeat."""
    if holder.pid is None:
        return Check(ok=True, state="at work")
    who = f"process {holder.pid} on {holder.host}"
    status = ""
    if holder.in_sight:
        with suppress(psutil.Error):  # it may end at any moment
            status = psutil.Process(holder.pid).status()
    if status in _DEAD:
        return Check(ok=False, state="not running", why=f"{who} is {status}")
    if (silent := silent_for(project, holder)) > STALE_SECONDS:
        return Check(ok=False, state="not responding", why=f"{who} was not heard of for {silent:,.0f} s")
    return Check(ok=True, state="at work", why=who)


def _made(checks: dict[str, Check]) -> Health:
    found = Health(checks, time.monotonic())
    return Health(checks, found.looked_at, dumped(found.row(why=False)))
