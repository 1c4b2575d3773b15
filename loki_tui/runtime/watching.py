"""Hears when something happens in a project, whichever run it is in, without asking what.

For lists, which look again at all runs; who follows one run follows its events.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from loki_tui.store.bell import Bell, watching
from loki_tui.store.project import Project


def touched(project: Project) -> int:
    """A number that is another one after every event of a project's runs; 0 before the first."""
    try:
        return project.state.events_bell.stat().st_mtime_ns
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
