"""Hears when something happens in a project, or in any of the machine, whichever run it is in, without asking what.

For lists, which look again at all runs; who follows one run follows its events.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from loki_tui.runtime.runs import state_roots
from loki_tui.store.bell import Bell, watching
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project

ROUND = 3.0
"""Seconds between looks at the bells of all projects: a few microseconds for each, and nothing is opened or read."""


def touched(project: Project) -> int:
    """A number that is another one after every event of a project's runs; 0 before the first."""
    return _rung(project.state)


def touched_anywhere(environ: Mapping[str, str]) -> Mapping[Path, int]:
    """The same for every project of the machine that has had an event, by its state directory.

    Args:
        environ: May name a state directory with LOKI_DIR.
    """
    rung = {root: _rung(StateDirectory(root=root, workspace=root)) for root in state_roots(environ)}
    return {root: moment for root, moment in rung.items() if moment}


def _rung(state: StateDirectory) -> int:
    try:
        return state.events_bell.stat().st_mtime_ns
    except OSError:
        return 0


async def changes(project: Project, *, since: int) -> AsyncGenerator[None, None]:
    """Yield whenever events were added; many at once are one, and none is missed.

    Never ends by itself: leave it within `contextlib.aclosing`.

    Args:
        project: Watched, though it may have no state yet.
        since: What `touched` said before the caller last looked.
    """
    bell = Bell()
    with watching(project.state.events_bell, bell), bell.listen() as listener:
        while True:
            await listener.wait()
            now = touched(project)
            # The bell also rings by itself, for mounts that pass no notifications on.
            if now != since:
                since = now
                yield


async def changes_anywhere(environ: Mapping[str, str], *, since: Mapping[Path, int]) -> AsyncGenerator[None, None]:
    """Yield, within `ROUND`, whenever events were added in any project of the machine.

    A watch on every project would cost the kernel's watches, of which there are few, and would not
    see projects that are new. Never ends by itself: leave it within `contextlib.aclosing`.

    Args:
        environ: May name a state directory with LOKI_DIR.
        since: What `touched_anywhere` said before the caller last looked.
    """
    while True:
        now = touched_anywhere(environ)
        if now != since:
            since = now
            yield
        await asyncio.sleep(ROUND)
