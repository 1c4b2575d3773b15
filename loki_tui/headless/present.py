"""Shows a run as it goes: human lines, or one JSON object an event."""

from __future__ import annotations

import json
from collections.abc import AsyncIterable, Callable

from loki_tui.core.events import Record, RunClosed
from loki_tui.headless.lines import Line, line_of

Write = Callable[[Line], None]


def as_json(run: str, record: Record) -> str:
    """A record as one line of JSON: its place in the journal, then the event's own fields."""
    event = record.event.model_dump(mode="json", exclude_none=True)
    place = {"run": run, "seq": record.seq, "at": record.at.isoformat(), "stream": record.stream}
    return json.dumps({**{name: value for name, value in place.items() if value is not None}, **event})


def show(run: str, record: Record, *, write: Write, json_lines: bool) -> None:
    """Write a record, if it says something in this form."""
    line = Line(as_json(run, record)) if json_lines else line_of(record)
    if line is not None:
        write(line)


async def present(run: str, records: AsyncIterable[Record], *, write: Write, json_lines: bool) -> None:
    """Write records as they come, to the end of the run."""
    async for record in records:
        show(run, record, write=write, json_lines=json_lines)
        if isinstance(record.event, RunClosed):
            return
