"""The application opened with no run, in a project of a test's own."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.screen import Screen

from loki_tui.store.project import Project, locate_project
from loki_tui.tui.app import Launch, LokiApp
from loki_tui.tui.rows import text_of
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from tests.tui.until import until

HOME = "runs"


@dataclass
class House:
    """The application and the keys to it."""

    app: LokiApp
    pilot: Pilot[object]

    async def press(self, *keys: str) -> None:
        """Press keys, letting the application keep up."""
        for key in keys:
            await self.pilot.press(key)
            await self.pilot.pause()

    async def write(self, text: str) -> None:
        """Type."""
        await self.press(*("full_stop" if letter == "." else letter for letter in text))

    @property
    def screen(self) -> Screen[object]:
        """What is in front."""
        return self.app.screen

    def text(self, name: str) -> str:
        """What a view shows."""
        return "\n".join(map(text_of, self.app.screen.query_one(f"#{name}", RowsCanvas).rows))

    async def shows(self, name: str, *words: str) -> None:
        """Wait until a view says something."""
        await until(self.pilot, lambda: self._says(name, words), f"{words} in {name}")

    def _says(self, name: str, words: tuple[str, ...]) -> bool:
        views = self.app.screen.query(f"#{name}")
        return bool(views) and all(word in self.text(name) for word in words)

    async def mode(self, name: str) -> None:
        """Wait until a mode is the one in front."""
        await until(self.pilot, lambda: self.app.current_mode == name, f"mode {name}")

    async def front(self, name: str) -> None:
        """Wait until a screen of this class is in front."""
        await until(self.pilot, lambda: type(self.app.screen).__name__ == name, name)

    @property
    def said(self) -> str:
        """What was notified and has not gone again."""
        return "\n".join(notification.message for notification in self.app._notifications)


@asynccontextmanager
async def entered(environ: Mapping[str, str] | None = None, *, wide: bool = True) -> AsyncIterator[House]:
    """The application, opened as `loki` alone opens it; engines that were begun in it end with it."""
    app = LokiApp(Launch(environ=dict(os.environ if environ is None else environ)))
    async with app.run_test(size=(160, 48) if wide else (80, 24)) as pilot:
        try:
            yield House(app, cast("Pilot[object]", pilot))
        finally:
            engines = app.engines
            for engine in engines:
                engine.interrupt()
            for engine in engines:
                assert engine.join(30)


def settle(directory: Path, monkeypatch: pytest.MonkeyPatch, name: str = "project") -> Project:
    """A project that is the working directory."""
    workspace = directory / name
    (workspace / ".git").mkdir(parents=True)
    monkeypatch.chdir(workspace)
    return locate_project(workspace)
