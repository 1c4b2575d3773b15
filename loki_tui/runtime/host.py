"""Hosts one engine: takes the lock, opens the journal, builds the adapters, and sees the run through."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from typing import Self

from loki_tui import __version__
from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.errors import ExitCode
from loki_tui.core.events import Record
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Outcome
from loki_tui.engine.engine import Engine, World
from loki_tui.engine.ports import Live
from loki_tui.models.cassette import Cassette
from loki_tui.models.replay import ReplayModel
from loki_tui.runtime.build import Recording, build_world, load_ahead, open_model
from loki_tui.runtime.client import RunClient
from loki_tui.runtime.prd import Prd
from loki_tui.runtime.secrets import redactor_of
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock

__all__ = ["Live", "RunHost", "exit_code_of", "new_run_id"]

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What tells a process that drives a run to leave."""


def new_run_id(now: datetime | None = None) -> str:
    """A name for a run: when it began, and a little chance."""
    moment = now or datetime.now(UTC)
    return f"{moment:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


class RunHost:
    """An engine's home in this process: holds the project's lock and the run's journal.

    Use as a context manager. `begin` or `take_up` comes first; `run` then drives the run, and
    `follow` gives its events to a face.

    Args:
        around: The project and the environment.
        settings: In force for this run.
        lock: Held while this lives; names the run.
        recording: How recordings take part.
    """

    def __init__(
        self, around: Surroundings, settings: Settings, *, lock: EngineLock, recording: Recording | None = None
    ) -> None:
        self._around = around
        self._settings = settings
        self._lock = lock
        self._recording = recording or Recording()
        self._journal = SqliteJournal.open(lock, redactor=redactor_of(around.environ))
        self._world: World | None = None
        self._interrupted = False
        self._interrupt: Callable[[], object] = lambda: None

    @classmethod
    def open(cls, around: Surroundings, settings: Settings, *, run: str, recording: Recording | None = None) -> Self:
        """Take the project's lock and open the run's journal.

        Raises:
            BusyError: Another engine holds the project.
            LokiError: The state directory cannot be used.
        """
        load_ahead(settings)
        lock = EngineLock.acquire(around.project.state, run=run)
        try:
            return cls(around, settings, lock=lock, recording=recording)
        except BaseException:
            lock.release()
            raise

    def begin(self, prd: Prd) -> None:
        """Create the run.

        Raises:
            LokiError: Its settings ask for what is not to be had; there is no run, then.
        """
        settings = self._settings
        self._prepare()
        self._append(
            ev.RunCreated(
                # A name that is no text must not keep the run from being journaled.
                prd_path=os.fsencode(prd.path).decode(errors="replace"),
                prd=self._journal.put_blob(prd.text.encode()),
                workspace=str(self._around.project.workspace),
                provider=settings.provider,
                models=settings.models,
                settings=settings.changed(),
                version=__version__,
                max_iterations=settings.max_iterations,
                budget=settings.budget_limit,
            )
        )

    def take_up(self, *, budget: Decimal | None = None) -> None:
        """Go on with a run whose engine is gone.

        Args:
            budget: A new cap, if it is to change.

        Raises:
            LokiError: See `begin`.
        """
        self._prepare()
        self._journal.post(rq.Resume(by="loki resume", budget=budget))
        self._append()

    def _prepare(self) -> None:
        """Put together what the engine works with, so that a refusal comes before anything is written of it."""
        model = open_model(self._settings, self._around.environ, self._recording)
        self._world = build_world(self._around, self._settings, self._journal, model=model, live=Live())

    def _append(self, *events: ev.Event) -> None:
        warnings = [ev.Warned(message=warning) for warning in self._journal.take_warnings()]
        if events or warnings:
            self._journal.append(*events, *warnings)

    @property
    def run_id(self) -> str:
        """The run's name."""
        return self._journal.run

    @property
    def log(self) -> Path:
        """Where a process without a terminal says what it has to say about this run."""
        return self._around.project.state.prepare_run(self.run_id).root / "engine.log"

    @property
    def client(self) -> RunClient:
        """The run as every other face sees it."""
        return RunClient(self._around.project, self.run_id, post=self._journal.post)

    def follow(self, *, after: int = 0) -> AsyncGenerator[Record, None]:
        """The run's events as they come."""
        return self._journal.follow(after=after)

    def follow_pages(self, *, after: int = 0) -> AsyncGenerator[list[Record], None]:
        """The same, as many at once as there are."""
        return self._journal.follow_pages(after=after)

    async def wind_up(self, reason: str) -> ExitCode:
        """End a run whose engine is gone: what it left is saved and delivered, and nobody is asked anything."""
        self._journal.post(rq.Stop(by="loki stop", reason=reason))
        nobody = ReplayModel(Cassette({}, name="of nothing"))
        world = build_world(self._around, self._settings, self._journal, model=nobody, live=Live())
        return exit_code_of(await Engine(world, self._settings).run())

    async def run(self, live: Live | None = None) -> ExitCode:
        """Drive the run to its end, or until this process is told to leave.

        SIGINT, SIGTERM and SIGHUP bring the work to a safe place and leave the run to be resumed; a
        second one ends the process at once, which the run survives too.

        Returns:
            What the process is to exit with.
        """
        assert self._world is not None, "a run is begun or taken up before it is driven"
        engine = Engine(replace(self._world, live=live or Live()), self._settings)
        loop = asyncio.get_running_loop()
        self._interrupt = lambda: loop.call_soon_threadsafe(engine.interrupt)
        with _interrupted_by_signals(engine):
            if self._interrupted:
                engine.interrupt()
            return exit_code_of(await engine.run())

    def interrupt(self) -> None:
        """Bring the work to a safe place and leave the run to be resumed; from any thread, `run` then returns."""
        self._interrupted = True
        with suppress(RuntimeError):  # its loop is closed: it is over
            self._interrupt()

    def close(self) -> None:
        """Let go of the journal and the lock."""
        self._journal.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@contextmanager
def _interrupted_by_signals(engine: Engine) -> Iterator[None]:
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        let_go()
        engine.interrupt()

    def let_go() -> None:
        for signum in SIGNALS:
            with suppress(ValueError, RuntimeError):
                loop.remove_signal_handler(signum)

    for signum in SIGNALS:
        # Only the main thread can; a host in another thread is interrupted by its face.
        with suppress(ValueError, RuntimeError):
            loop.add_signal_handler(signum, interrupt)
    try:
        yield
    finally:
        let_go()


def exit_code_of(outcome: Outcome | None) -> ExitCode:
    """What a process that drove a run exits with."""
    match outcome:
        case None:
            return ExitCode.INTERRUPTED
        case "completed":
            return ExitCode.COMPLETED
        case _:
            return ExitCode.ENDED
