"""The API to steer: what somebody asks goes through the journal's inbox, like every other face's requests.

What is taken for asked is answered with 202 and the request's number: the engine does it, and its events say so.
"""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from loki_tui.core import requests as rq
from loki_tui.core.errors import LokiError
from loki_tui.core.messages import Frozen, JsonObject
from loki_tui.core.money import MOST
from loki_tui.core.vocabulary import Controlled
from loki_tui.dashboard.access import CALLER, Role
from loki_tui.dashboard.answers import RefusalError, RoleError, answer, body_of
from loki_tui.dashboard.desk import ERRANDS, client_for, reading
from loki_tui.dashboard.limits import RateLimit
from loki_tui.runtime.client import RunClient
from loki_tui.wording.council_rows import rules_of

log = logging.getLogger("loki.dashboard")

Reason = Annotated[str, Field(max_length=2_000)]
Amount = Annotated[Decimal, Field(gt=0, le=MOST, max_digits=20)]
RunName = Annotated[str | None, Field(max_length=64)]


class OfRun(Frozen):
    """Which run is meant."""

    run: RunName = None
    """By name or its beginning; else the one at work, or the latest that has not ended."""


class OfStream(OfRun):
    """Which run, or which stream of it alone."""

    stream: Annotated[str | None, Field(max_length=200)] = None
    """As `…/streams` lists it; else the whole run is meant."""


class PauseBody(OfStream):
    """Hold everything."""

    reason: Reason = ""


class ResumeBody(OfStream):
    """Go on."""

    budget: Amount | None = None
    """A new cap in US dollars, for which it takes an admin."""


class StopBody(OfStream):
    """End the run in a safe place."""

    reason: Reason = ""


class BudgetBody(OfStream):
    """Set the cap anew."""

    limit: Amount
    """In US dollars."""


class DecisionBody(OfRun):
    """Approve or deny exactly what was shown."""

    decision: Literal["approved", "denied"]
    digest: Annotated[str, Field(max_length=128)]
    """Of what was shown: from the list of approvals."""
    reason: Reason = ""
    pattern: Annotated[str | None, Field(max_length=2_000)] = None
    """Approve actions of this pattern, too, from now on, in this run."""


async def pause(request: web.Request) -> web.Response:
    """Hold a run, or one stream of it, where it is."""
    body = await body_of(request, PauseBody)
    client = await _at_work(request, body.run, body.stream)
    return await _posted(request, client, await reading(request, lambda: client.pause(body.reason, stream=body.stream)))


async def resume(request: web.Request) -> web.Response:
    """Go on with a paused run, or with one stream of it."""
    body = await body_of(request, ResumeBody)
    if body.budget is not None and request[CALLER].role < Role.ADMIN:
        raise RoleError("Setting a budget takes the role admin.")
    client = await _at_work(request, body.run, body.stream)
    return await _posted(
        request, client, await reading(request, lambda: client.resume(body.budget, stream=body.stream))
    )


async def stop(request: web.Request) -> web.Response:
    """End a run, also where its engine is gone; never held back by limits on rates."""
    body = await body_of(request, StopBody)
    if body.stream is not None:
        return await _stop_stream(request, body, body.stream)
    client = await client_for(request, body.run, unfinished=True)
    if await reading(request, client.engine) is None:
        return await _wound_up(request, client, body.reason)
    return await _posted(request, client, await reading(request, lambda: client.stop(body.reason)))


async def budget(request: web.Request) -> web.Response:
    """Set what a run may cost in all, or the share of one stream, without resuming it."""
    body = await body_of(request, BudgetBody)
    client = await _at_work(request, body.run, body.stream)
    return await _posted(
        request, client, await reading(request, lambda: client.set_budget(body.limit, stream=body.stream))
    )


async def decide(request: web.Request) -> web.Response:
    """Approve or deny what waits, bound to the digest of what was shown."""
    body = await body_of(request, DecisionBody)
    client = await client_for(request, body.run, unfinished=True)
    name = request.match_info["approval"]
    waiting = (await reading(request, client.view)).state.undecided.get(name)
    if waiting is None:
        raise RefusalError(404, f"Nothing called {name!r} waits in run {client.run}.", hint="GET …/approvals lists it.")
    if waiting.request.digest != body.digest:
        raise RefusalError(409, f"{name} is about another action than the digest says.", hint="Look at it again.")

    def post() -> int:
        return client.decide(waiting, body.decision, reason=body.reason, pattern=body.pattern)

    return await _posted(request, client, await reading(request, post))


async def force_review(request: web.Request) -> web.Response:
    """Have the council sit once the iteration at hand is over."""
    body = await body_of(request, OfRun)
    client = await _at_work(request, body.run)
    if not rules_of((await reading(request, client.view)).state.created).enabled:
        raise RefusalError(
            409, f"Run {client.run} has no council.", hint="It was switched off by LOKI_COUNCIL_ENABLED."
        )
    return await _posted(request, client, await reading(request, client.force_review))


_ASKED: Mapping[object, Controlled] = {
    pause: "pause",
    resume: "resume",
    stop: "stop",
    budget: "set_budget",
    decide: "decide",
    force_review: "force_review",
}


class Audit:
    """Keeps in log and journal that somebody asked what they may not: ten times, then once in ten minutes for each.

    The request's body is not read: what is kept is about the run that would be meant if it named none.
    """

    def __init__(self) -> None:
        self._rates = RateLimit(burst=10, rate=1 / 600)

    async def refused(self, request: web.Request, why: str) -> None:
        """Keep it, where there is a run that has not ended."""
        caller, kind = request[CALLER], _ASKED.get(request.match_info.handler)
        if self._rates.take(caller.name):
            return
        log.warning("%s (%s) may not %s %s", caller.name, caller.role.word, request.method, request.path)
        if kind is None:
            return
        try:
            client = await client_for(request, None, unfinished=True)
            note = rq.Refused(by=client.by, via=client.via, request=kind, why=why)
            await reading(request, lambda: client.project.post(client.run, note))
        except LokiError as error:
            log.warning("that is not in the journal: %s", error.message)


async def _stop_stream(request: web.Request, body: StopBody, stream: str) -> web.Response:
    """End one stream; the run is never ended in its place."""
    client = await _at_work(request, body.run, stream)
    return await _posted(request, client, await reading(request, lambda: client.stop(body.reason, stream=stream)))


async def _at_work(request: web.Request, named: str | None, stream: str | None = None) -> RunClient:
    """The run that is meant, which must have an engine to hear this; so must the stream, where one is meant."""
    client = await client_for(request, named, unfinished=True)
    if await reading(request, client.engine) is None:
        raise RefusalError(
            409, f"No engine is at work on run {client.run}.", hint="It is not running. Take it up: loki resume"
        )
    if stream is not None:
        found = (await reading(request, client.view)).state.streams.get(stream)
        if found is None:
            raise RefusalError(404, f"Run {client.run} has no stream {stream!r}.", hint="GET …/streams lists them.")
        if not found.is_open:
            raise RefusalError(409, f"Stream {stream!r} is not at work.", hint="GET …/streams says where it is.")
    return client


async def _posted(request: web.Request, client: RunClient, number: int) -> web.Response:
    holder = await reading(request, client.engine)
    said: JsonObject = {"run": client.run, "request": number, "engine": holder.pid if holder else None}
    return answer(said, status=202)


async def _wound_up(request: web.Request, client: RunClient, reason: str) -> web.Response:
    """End a run that nobody is at work on: as `loki stop` does, in a process of its own, which loads an engine."""
    state = (await reading(request, client.view)).state
    if state.status.ended:
        raise RefusalError(409, f"Run {client.run} has ended: {state.status}.")
    errands = request.app[ERRANDS]
    # Stopping is not held to a rate, so whoever asks ten times is given the one process that is at it.
    if client.run not in errands:
        errand = asyncio.create_task(_wind_up(client, f"{reason or 'no reason given'} ({client.by}, {client.via})"))
        errands[client.run] = errand
        errand.add_done_callback(lambda _: errands.pop(client.run, None))
    return answer({"run": client.run, "request": None, "engine": None}, status=202)


async def _wind_up(client: RunClient, why: str) -> None:
    # -P: with -m alone Python would import whatever an agent put into the working directory.
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "loki_tui", "stop", f"--reason={why}", "--", client.run),
        cwd=client.project.workspace,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    if code := await process.wait():
        log.warning("run %s could not be ended: `loki stop` exited with %s", client.run, code)
