"""Says whether a project's run is healthy, from outside its engine: by its heartbeat and what else there is to see."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass

from loki_tui.core.errors import LokiError
from loki_tui.core.heartbeat import INTERVAL, Heartbeat
from loki_tui.core.vocabulary import Status
from loki_tui.runtime import leftovers
from loki_tui.runtime.checks.check import Check
from loki_tui.runtime.checks.docker import EngineError, find_engine
from loki_tui.runtime.client import RunClient, RunView, find_run
from loki_tui.store.heartbeat import age, read_heartbeat
from loki_tui.store.lock import Holder
from loki_tui.store.project import Project

STALE_SECONDS = 6 * INTERVAL
"""A heartbeat that is older is of an engine that is stuck, or of a machine that is."""

LAG_SECONDS = 5.0
"""A loop that is later takes no order and beats no heart meanwhile."""


@dataclass(frozen=True, slots=True)
class Report:
    """What was found."""

    run: str | None
    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether nothing is wrong."""
        return all(check.standing != "bad" for check in self.checks)


def look(project: Project, environ: Mapping[str, str]) -> Report:
    """Look at a project's latest run, and at what runs left behind.

    Raises:
        LokiError: The journal cannot be read.
    """
    found = find_run(project)
    if found is None:
        return Report(None, (Check("run", "good", "there is none: nothing to watch"),))
    view = RunClient(project, found.id).view()
    checks = [_run(view), *_engine(project, view.engine)] if view.engine else [_run(view)]
    return Report(found.id, (*checks, *_left(project, environ, project.engine())))


def _run(view: RunView) -> Check:
    status, reason = view.status, view.reason
    told = f"{status}: {reason}" if reason else str(status)
    if status is Status.CRASHED:
        return Check("run", "bad", told, fix="loki resume, or have it watched: loki watchdog run")
    if status in {Status.PAUSED, Status.WAITING}:
        return Check("run", "missing", told, fix="loki status says what it waits for.")
    return Check("run", "good", told)


def heartbeat_of(project: Project, holder: Holder | None) -> Heartbeat | None:
    """The heartbeat of the engine that holds a project; none where there is none yet, or it is another engine's."""
    beat = read_heartbeat(project.state)
    if beat is None or holder is None:
        return None
    return beat if (beat.beat.run, beat.pid, beat.host) == (holder.run, holder.pid, holder.host) else None


def silent_for(project: Project, holder: Holder) -> float:
    """Seconds since a project's engine was last heard of: its heartbeat, or its start."""
    beat = heartbeat_of(project, holder)
    if beat is not None:
        return age(beat)
    with suppress(OSError):
        return max(0.0, time.time() - project.state.lock.stat().st_mtime)
    return 0.0


def _engine(project: Project, holder: Holder) -> Iterator[Check]:
    yield Check("engine", "good", f"process {holder.pid} on {holder.host}")
    silent = silent_for(project, holder)
    beat = heartbeat_of(project, holder)
    told = f"{silent:.0f} s old" if beat else f"none yet, {silent:.0f} s after its start"
    if silent > STALE_SECONDS:
        here = f"kill {holder.pid}, then: loki resume. loki watchdog run does so by itself."
        fix = here if holder.in_sight else f"End it where it runs, on {holder.host}, then: loki resume."
        yield Check("heartbeat", "bad", f"{told}: the engine is stuck", fix=fix)
    else:
        yield Check("heartbeat", "good", told)
    if beat is None:
        return
    late = beat.beat.lag > LAG_SECONDS
    fix = "See what the machine is busy with: loki status, top." if late else ""
    yield Check("loop lag", "bad" if late else "good", f"{1000 * beat.beat.lag:.0f} ms", fix=fix)
    yield from _work(beat)


def _work(heartbeat: Heartbeat) -> Iterator[Check]:
    beat = heartbeat.beat
    for kind, name, fix in (
        ("model", "model calls", "loki pause and loki resume ask again; is the provider up?"),
        ("action", "commands", "loki steer tells the agent; loki stop ends it."),
        ("phase", "QA phases", "loki stop ends it; LOKI_PHASE_TIMEOUT and LOKI_TEST_TIMEOUT limit them."),
    ):
        open_ = [each for each in beat.work if each.kind == kind]
        hung = [] if beat.waits else [each for each in open_ if each.hangs]
        if hung:
            told = ", ".join(f"{each.name} ({each.what}) quiet for {each.quiet:.0f} s" for each in hung)
            yield Check(name, "bad", f"hung: {told}", fix=fix)
        else:
            yield Check(name, "good", f"{len(open_)} under way" if open_ else "none under way")


def _left(project: Project, environ: Mapping[str, str], holder: Holder | None) -> Iterator[Check]:
    left = leftovers.processes(project.state, holder)
    if left:
        told = ", ".join(f"{each.pid} {each.name} of run {each.run}" for each in left[:10])
        fix = "kill " + " ".join(str(each.pid) for each in left[:10])
        yield Check("leftover processes", "bad", f"{len(left)}: {told}", fix=fix)
    else:
        yield Check("leftover processes", "good", "none")
    yield _containers(project, environ, holder)
    stuck = leftovers.stuck_locks(project.state, holder)
    yield from (Check("locks", "bad", what, fix=fix) for what, fix in stuck)
    if not stuck:
        yield Check("locks", "good", "none is stale")


def _containers(project: Project, environ: Mapping[str, str], holder: Holder | None) -> Check:
    engine, told = find_engine(environ)
    if engine is None:
        return Check("leftover containers", "missing", f"not looked at: {told}")
    try:
        runs = {each.id for each in project.runs()}
        left = leftovers.containers(engine, runs=runs, living=holder.run if holder else None)
    except (EngineError, LokiError) as error:
        return Check("leftover containers", "missing", f"not looked at: {error}")
    if not left:
        return Check("leftover containers", "good", "none")
    fix = "docker rm -f " + " ".join(left[:10])
    return Check("leftover containers", "bad", f"{len(left)}: {', '.join(left[:10])}", fix=fix)
