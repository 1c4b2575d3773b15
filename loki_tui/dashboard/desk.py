"""Where handlers find what they work with: the project, its runs, the streams, who signs people in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from aiohttp import web

from loki_tui.core.errors import UsageError
from loki_tui.dashboard.access import CALLER
from loki_tui.dashboard.answers import RefusalError
from loki_tui.dashboard.health import Probe
from loki_tui.dashboard.sessions import Sessions
from loki_tui.dashboard.streams import Streams
from loki_tui.runtime.client import Project, RunClient, choose_run

Found = TypeVar("Found")

PROJECT = web.AppKey("project", Project)
PROBE = web.AppKey("probe", Probe)
STREAMS = web.AppKey("streams", Streams)
SESSIONS = web.AppKey("sessions", Sessions)
READERS = web.AppKey("readers", asyncio.Semaphore)
"""So many look into the journal at once; the others wait."""
ERRANDS = web.AppKey("errands", dict[str, asyncio.Task[None]])
"""Run to what was sent off to end it, and is waited for."""


async def reading(request: web.Request, look: Callable[[], Found]) -> Found:
    """Look something up in a thread: the loop goes on meanwhile."""
    async with request.app[READERS]:
        return await asyncio.to_thread(look)


async def run_of(request: web.Request) -> RunClient:
    """The run in a request's path: by name, the beginning of one, or `current`.

    Raises:
        RefusalError: There is no such run.
    """
    return await client_for(request, request.match_info["run"])


async def client_for(request: web.Request, named: str | None, *, unfinished: bool = False) -> RunClient:
    """A run, as this caller asks of it.

    Args:
        request: Who asks.
        named: A run's name or its beginning; else, or with `current`, the one at work, or the latest.
        unfinished: Whether to pass over runs that have ended, where none is named.

    Raises:
        RefusalError: There is no such run.
    """
    project, caller = request.app[PROJECT], request[CALLER]
    wanted = None if named in (None, "current") else named
    try:
        run = (await reading(request, lambda: choose_run(project, wanted, unfinished=unfinished))).id
    except UsageError as error:
        raise RefusalError(404, error.message, hint="GET /api/runs lists them.") from error
    client = RunClient(project, run)
    client.by = caller.name
    client.via = f"dashboard, {request.remote or 'unknown'}, {caller.role.word}"
    return client
