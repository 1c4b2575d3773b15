"""Whole runs in a temporary project: real journal, real git, real hands; only the model is scripted."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import Event
from loki_tui.core.fold import fold
from loki_tui.core.settings import Settings, variable_of
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Outcome
from loki_tui.engine.engine import Engine, World
from loki_tui.engine.ports import CommandPolicy, Live
from loki_tui.runtime.build import build_world
from loki_tui.runtime.secrets import redactor_of
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock
from tests.support.git import git
from tests.support.scripted import FakeClock, ScriptedMachine, ScriptedModel

PRD = "# A thing\n\nIt works.\n"

PASSING = (
    "import unittest\n\n\nclass T(unittest.TestCase):\n    def test_it(self) -> None:\n        self.assertTrue(True)\n"
)
"""A test file that a runner counts one passing test in."""

FACTS_ALONE: dict[str, object] = {
    "council_enabled": False,
    **{
        f"phase_{name}": False
        for name in (
            *("api_tests", "e2e_tests", "security", "code_review"),
            *("performance", "accessibility", "regression", "test_strength"),
        )
    },
}
"""Settings of a run that is complete when its unit tests pass: nothing else is asked for, no opinion heard."""

FACTS_ALONE_HERE = {variable_of(name): str(value).lower() for name, value in FACTS_ALONE.items()}
"""The same as environment variables."""

DEFAULTS: dict[str, object] = {
    "provider": "replay",
    "cassette": "/dev/null",
    "model": "claude-sonnet-5-5",
    **FACTS_ALONE,
}


_Kind = TypeVar("_Kind")


@dataclass
class Bench:
    """A project to run in, and what became of it."""

    around: Surroundings
    model: ScriptedModel
    settings: Settings
    run: str = "r1"
    clock: FakeClock = field(default_factory=FakeClock)
    world: World | None = None
    policy: CommandPolicy | None = None
    """Rules for commands; those of the settings where none is given."""
    attended: bool = False
    """Whether a person seems to watch."""

    @property
    def workspace(self) -> Path:
        """The person's directory."""
        return self.around.project.workspace

    def events(self) -> list[Event]:
        """All events so far."""
        with self.around.project.reader() as reader:
            return [record.event for record in reader.records(self.run)]

    def kinds(self) -> list[str]:
        """The kinds of all events so far."""
        return [event.kind for event in self.events()]

    def of(self, kind: type[_Kind]) -> list[_Kind]:
        """All events of one kind."""
        return [event for event in self.events() if isinstance(event, kind)]

    def state(self) -> RunState:
        """The state so far."""
        with self.around.project.reader() as reader:
            return fold(reader.records(self.run), run=self.run)

    def post(self, request: rq.Request) -> None:
        """Ask something of the engine, as another process would."""
        self.around.project.post(self.run, request)

    async def go(self, *, model: ScriptedModel | None = None) -> Outcome | None:
        """Run an engine to its end."""
        async with self.engine(model) as engine:
            return await engine.run()

    @asynccontextmanager
    async def going(self) -> AsyncIterator[asyncio.Task[Outcome | None]]:
        """An engine at work beside the test, interrupted where the test leaves it."""
        async with self.engine() as engine:
            task = asyncio.create_task(engine.run())
            try:
                yield task
            finally:
                engine.interrupt()
                await task

    @asynccontextmanager
    async def engine(self, model: ScriptedModel | None = None) -> AsyncIterator[Engine]:
        """An engine on the run, which is created if it is not there."""
        state = self.around.project.state
        with (
            EngineLock.acquire(state, run=self.run) as lock,
            SqliteJournal.open(lock, redactor=redactor_of(self.around.environ)) as journal,
        ):
            if journal.last_seq == 0:
                journal.append(self._created(journal))
            world = build_world(
                self.around, self.settings, journal, model=model or self.model, live=Live(attended=self.attended)
            )
            policy = self.policy or world.policy
            self.world = replace(world, clock=self.clock, machine=ScriptedMachine(), policy=policy)
            yield Engine(self.world, self.settings)

    def _created(self, journal: SqliteJournal) -> ev.RunCreated:
        return ev.RunCreated(
            prd_path=str(self.workspace / "prd.md"),
            prd=journal.put_blob(PRD.encode()),
            workspace=str(self.workspace),
            provider="scripted",
            models=self.settings.models,
            settings={},
            version="0",
            max_iterations=self.settings.max_iterations,
            budget=self.settings.budget_limit,
        )

    async def until(self, condition: Callable[[RunState], bool]) -> RunState:
        """The state as soon as it fulfils a condition."""
        async with asyncio.timeout(30):
            async for _ in self.around.project.follow(self.run):
                if condition(state := self.state()):
                    return state
        raise AssertionError("the run ended before that")


def make_bench(tmp_path: Path, model: ScriptedModel, **settings: object) -> Bench:
    """A committed project with a test that passes, and settings for it."""
    workspace = tmp_path / "project"
    workspace.mkdir()
    git(workspace, "init", "-q", "-b", "main")
    (workspace / "README.md").write_text("hello\n")
    (workspace / "test_it.py").write_text(PASSING)
    git(workspace, "add", "-A")
    git(workspace, "commit", "-qm", "Begin")
    environ = {**os.environ, "LOKI_DIR": str(tmp_path / "state")}
    around = Surroundings.here(environ, workspace)
    given = {name: Decimal(value) if name == "budget_limit" else value for name, value in settings.items()}  # type: ignore[arg-type]
    return Bench(around, model, Settings.model_validate({**DEFAULTS, **given}))
