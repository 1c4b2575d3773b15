"""Shows a run as it goes: human lines, or one JSON object an event."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import aclosing

from loki_tui.core.events import Record, RunClosed
from loki_tui.wording.line import Line
from loki_tui.wording.lines import line_of
from loki_tui.wording.rows import as_json

Write = Callable[[Line | str], None]
"""Takes a line for a person, or data."""


class Presenter:
    """Shows each record of a run once, however it arrives.

    Args:
        run: The run.
        write: Takes the lines.
        json_lines: Whether every event is shown, as JSON.
        after: The last record that counts as shown.
    """

    def __init__(self, run: str, *, write: Write, json_lines: bool, after: int = 0) -> None:
        self.seq = after
        """The last record shown."""
        self.over = False
        """Whether that was the run's last."""
        self._run = run
        self._write = write
        self._json_lines = json_lines

    def show(self, records: Iterable[Record]) -> None:
        """Show records that are there."""
        for record in records:
            self._show(record)

    async def follow(self, records: AsyncGenerator[Record, None]) -> None:
        """Show records as they come, to the end of the run."""
        async with aclosing(records):
            async for record in records:
                self._show(record)
                if self.over:
                    return

    def _show(self, record: Record) -> None:
        line = as_json(self._run, record) if self._json_lines else line_of(record)
        if line is not None:
            self._write(line)
        self.seq = record.seq
        self.over = isinstance(record.event, RunClosed)
