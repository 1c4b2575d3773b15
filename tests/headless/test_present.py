"""Events shown once each, in either form."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.headless.present import Presenter
from loki_tui.wording.line import Line
from tests.headless.runs import CREATED, STARTED, recorded

RUN = recorded(CREATED, STARTED, ev.RunClosed(outcome="stopped", reason="enough"), ev.Warned(message="too late"))


async def coming(records: list[Record]) -> AsyncGenerator[Record, None]:
    """Records as they come."""
    for record in records:
        yield record


async def test_json_has_every_event_with_its_place() -> None:
    written: list[Line | str] = []
    presenter = Presenter("r1", write=written.append, json_lines=True, after=1)
    presenter.show(RUN[1:2])
    await presenter.follow(coming(RUN[2:]))
    rows = [json.loads(line) for line in written if isinstance(line, str)]
    assert [(row["run"], row["seq"], row["kind"]) for row in rows] == [
        ("r1", 2, "engine_started"),
        ("r1", 3, "run_closed"),
    ]
    assert rows[0]["at"] == "2026-03-01T12:00:02+00:00"
    assert presenter.over
    assert presenter.seq == 3


async def test_lines_end_with_the_run() -> None:
    written: list[Line | str] = []
    await Presenter("r1", write=written.append, json_lines=False).follow(coming(RUN))
    lines = [line for line in written if isinstance(line, Line)]
    assert [line.tone for line in lines] == ["loud", "quiet", "bad"]
    assert lines[-1].text == "12:00:03 STOPPED: enough"
