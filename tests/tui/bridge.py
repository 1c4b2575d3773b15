"""The application on a run that a test made of events, in a real journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from loki_tui.core.events import Event
from loki_tui.core.requests import Request, decode_request
from loki_tui.core.state import RunState
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.vitals import Vitals
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.project import Project, locate_project
from loki_tui.tui.app import Launch, LokiApp
from loki_tui.tui.rows import text_of
from loki_tui.tui.screens.cockpit import CockpitScreen
from loki_tui.tui.session import RunSession
from loki_tui.tui.widgets.board import Pane
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from tests.support import scenes
from tests.tui.until import Pausing, until

RUN = "r1"


@dataclass
class Bridge:
    """The application and the run it shows."""

    app: LokiApp
    project: Project
    journal: SqliteJournal | None
    """To append to; none where the run's engine is gone."""

    @property
    def cockpit(self) -> CockpitScreen:
        """The cockpit, whatever is in front of it."""
        return next(screen for screen in self.app.screen_stack if isinstance(screen, CockpitScreen))

    @property
    def session(self) -> RunSession:
        """The run, open."""
        session = self.cockpit.session
        assert session is not None
        return session

    @property
    def live(self) -> SqliteJournal:
        """The journal of a run at work."""
        assert self.journal is not None
        return self.journal

    def asked(self) -> list[Request]:
        """All that was asked of the engine, oldest first."""
        with sqlite3.connect(self.project.state.journal) as connection:
            rows = connection.execute("SELECT body FROM inbox ORDER BY id").fetchall()
        connection.close()
        return [decode_request(body) for (body,) in rows]

    @property
    def said(self) -> list[str]:
        """What was notified and has not gone again."""
        return [notification.message for notification in self.app._notifications]

    def pane(self, name: str) -> Pane:
        """A pane of the cockpit."""
        return self.cockpit.board.pane(name)

    def text(self, name: str) -> str:
        """What a pane shows."""
        return shown(self.pane(name))

    def state_at(self, seq: int | None = None) -> RunState:
        """The run at an event, folded from the journal."""
        with RunClient(self.project, RUN).history() as history:
            return history.state_at(seq)

    async def open(self, pilot: Pausing) -> None:
        """Wait until the run is open and painted."""
        await until(pilot, self._painted, "the run to be painted")

    def _painted(self) -> bool:
        cockpit = self.cockpit
        return (
            cockpit.session is not None
            and cockpit.session.opened
            and bool(cockpit.board.pane("activity").rows)
            and not cockpit._changed
        )


def shown(view: RowsCanvas) -> str:
    """All that a view has to show, whether it is scrolled into sight or not."""
    return "\n".join(map(text_of, view.rows))


@contextmanager
def bridge(
    directory: Path,
    events: Sequence[Event | scenes.Within],
    *,
    alive: bool = True,
    later: float = 60,
    clock: scenes.Clock | None = None,
    **launch: object,
) -> Iterator[Bridge]:
    """The application on a run.

    Args:
        directory: An empty one, for workspace and state.
        events: The run so far.
        alive: Whether an engine seems to be at work on it.
        later: Seconds since the last of them that it seems to be; less than none where a clock was set back.
        clock: Says when each of them was; a second apart by default.
        launch: What else the application is opened with.
    """
    workspace = directory / "project"
    workspace.mkdir()
    project = locate_project(workspace, state_root=directory / "state")
    present = scenes.BEGIN + timedelta(seconds=len(events) + later)

    def opening() -> RunSession:
        client = RunClient(project, RUN)
        now = present if clock is None else client.view().state.at + timedelta(seconds=later)
        return RunSession(client, now=lambda: now, vitals=lambda _: Vitals(None))

    app = LokiApp(Launch(opening=opening, title="Opening r1", **launch))  # type: ignore[arg-type]
    batch = 1 if len(events) < 500 or clock is not None else 500
    if not alive:
        scenes.write(project, RUN, events, now=clock, batch=batch)
        yield Bridge(app, project, None)
        return
    with scenes.at_work(project, RUN, events, now=clock, batch=batch) as journal:
        yield Bridge(app, project, journal)
