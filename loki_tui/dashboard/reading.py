"""The API to read: runs, their state, events, requirements, council, cost, approvals and receipt."""

from __future__ import annotations

from aiohttp import web
from pydantic import JsonValue

from loki_tui.core.errors import UsageError
from loki_tui.core.messages import JsonObject
from loki_tui.core.state import RunState
from loki_tui.dashboard.access import CALLER
from loki_tui.dashboard.answers import RefusalError, answer, number_in
from loki_tui.dashboard.desk import PROBE, PROJECT, SESSIONS, STREAMS, reading, run_of
from loki_tui.runtime.client import RunClient, RunView
from loki_tui.runtime.runs import detail, summaries
from loki_tui.runtime.sittings import KINDS, sittings
from loki_tui.wording.council_rows import rules_of, sitting_row, status_row
from loki_tui.wording.requirement_row import requirement_row
from loki_tui.wording.rows import record_row, run_row
from loki_tui.wording.stream_rows import stream_rows, together_row
from loki_tui.wording.summary_row import summarise

MOST_RUNS, MOST_EVENTS = 200, 200
"""In one answer."""


async def health(request: web.Request) -> web.Response:
    """Whether journal, engine and disk are as they should be: 200, or 503."""
    found = await request.app[PROBE].health()
    if CALLER in request:
        return answer(found.row(why=True), status=200 if found.ok else 503)
    return web.Response(body=found.public, status=200 if found.ok else 503, content_type="application/json")


async def session(request: web.Request) -> web.Response:
    """Who is asking, and what a page has to send along to change something."""
    caller, found = request[CALLER], request.app[SESSIONS].find(request)
    return answer({"name": caller.name, "role": caller.role.word, "csrf": found.csrf if found else None})


async def runs(request: web.Request) -> web.Response:
    """The project's runs, latest first."""
    limit = number_in(request, "limit", 50, most=MOST_RUNS)
    project = request.app[PROJECT]

    def look() -> list[JsonValue]:
        listed = summaries({}, here=project, everywhere=False)
        for problem in listed.problems:
            raise problem.error
        return [run_row(detail(one)) for one in listed.runs[:limit]]

    return answer({"workspace": str(project.workspace), "runs": await reading(request, look)})


async def state(request: web.Request) -> web.Response:
    """A run as it is now: what `loki status --json` says."""
    client = await run_of(request)
    return answer(summarise(await _view(request, client)))


async def events(request: web.Request) -> web.Response:
    """A page of a run's events: those after a number, in order."""
    client = await run_of(request)
    after = number_in(request, "after", 0, most=2**48)
    limit = number_in(request, "limit", 200, most=MOST_EVENTS)

    def look() -> tuple[list[JsonValue], int]:
        with client.project.reader() as reader:
            page = reader.read(client.run, after=after, limit=limit)
            return [record_row(client.run, record) for record in page], reader.last_seq(client.run)

    page, last = await reading(request, look)
    return answer({"run": client.run, "events": page, "last_seq": last})


async def stream(request: web.Request) -> web.StreamResponse:
    """A run's events as they come, as server-sent events; `Last-Event-ID` or `after` says where to go on."""
    client = await run_of(request)
    after = number_in(request, "after", 0, most=2**48)
    said = request.headers.get("Last-Event-ID", "").strip()
    if said:
        if not (said.isascii() and said.isdigit() and len(said) <= 15):
            raise RefusalError(400, "Last-Event-ID must be the number of an event.")
        after = int(said)

    def look() -> int:
        with client.project.reader() as reader:
            return reader.last_seq(client.run)

    if after > await reading(request, look):
        raise RefusalError(400, f"Run {client.run} has no event {after} yet.", hint="Begin with after=0.")
    return await request.app[STREAMS].serve(request, client, after=after)


async def requirements(request: web.Request) -> web.Response:
    """What the PRD asks for, and how far each of it is proven."""
    client = await run_of(request)
    found = (await _view(request, client)).state
    rows: list[JsonValue] = [requirement_row(found, judged) for judged in found.requirements.values()]
    return answer({"run": client.run, "proven": found.proven, "requirements": rows})


async def council(request: web.Request) -> web.Response:
    """The completion council: its rules, when it sits next, and all its sittings."""
    client = await run_of(request)

    def look() -> JsonObject:
        found = client.view().state
        with client.project.reader() as reader:
            rows: list[JsonValue] = [sitting_row(one) for one in sittings(reader.of_kinds(client.run, KINDS))]
        return {"status": status_row(found, rules_of(found.created)), "sittings": rows}

    return answer({"run": client.run, **await reading(request, look)})


async def cost(request: web.Request) -> web.Response:
    """What a run has cost: in all, by purpose and by agent."""
    client = await run_of(request)
    return answer(cost_row((await _view(request, client)).state))


async def approvals(request: web.Request) -> web.Response:
    """What waits for a person; a decision names the digest that is shown here."""
    client = await run_of(request)
    found = (await _view(request, client)).state
    waiting: list[JsonValue] = [
        {
            **one.request.model_dump(mode="json", exclude={"kind"}),
            "asked_at": one.asked_at.isoformat(),
            "stream": one.stream or None,
        }
        for one in found.waiting_approvals
    ]
    return answer({"run": client.run, "approvals": waiting})


async def streams(request: web.Request) -> web.Response:
    """The streams of a parallel run, what is being integrated, and what keeps it from doing more at once."""
    client = await run_of(request)
    found = (await _view(request, client)).state
    return answer({"run": client.run, "streams": stream_rows(found), **together_row(found)})


async def receipt(request: web.Request) -> web.Response:
    """A run's receipt, byte for byte as it can be verified."""
    from loki_tui.runtime.receipts import find_receipt  # noqa: PLC0415 (loads the engine's, which few ask for)

    client = await run_of(request)
    try:
        found = await reading(request, lambda: find_receipt(client.project, client.run))
    except UsageError as error:
        raise RefusalError(404, error.message, hint=error.hint) from error
    return web.Response(body=found.held.data, content_type="application/json")


def cost_row(state: RunState) -> JsonObject:
    """The money of a run as one object; amounts are exact, so they are texts."""
    books = state.books
    return {
        "run": state.run,
        "budget": None if books.limit is None else str(books.limit),
        "spent": str(books.spent),
        "spent_is_exact": not books.unpriced,
        "unconfirmed": str(books.unconfirmed),
        "reserved": str(books.committed - books.spent - books.unconfirmed),
        "left": None if books.left is None else str(books.left),
        "by_purpose": {purpose: str(amount) for purpose, amount in books.by_purpose.items()},
        "by_agent": {agent: str(amount) for agent, amount in books.by_agent.items()},
        "tokens": books.usage.model_dump(mode="json"),
    }


async def _view(request: web.Request, client: RunClient) -> RunView:
    return await reading(request, client.view)
