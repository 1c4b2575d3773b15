"""Sees a headless run through: starts it, takes it up again after a crash or where it is stuck, gives up where it must.

What a run exits with says what to do. 0, 20, 2 and 130 are final: completed, ended for good, refused, ended by a
person. Anything else is a crash, and the journal is there to go on from. A run that crashes again and again without
getting any further is not worth the money that each attempt may cost.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from loki_tui.core.errors import ExitCode, LokiError
from loki_tui.runtime.client import RunClient, find_run
from loki_tui.runtime.host import SIGNALS, new_run_id
from loki_tui.runtime.watchdog import silent_for
from loki_tui.store.project import Project

FINAL = frozenset({ExitCode.COMPLETED, ExitCode.ENDED, ExitCode.USAGE, ExitCode.INTERRUPTED})
"""What is passed on instead of being tried again."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long and how often."""

    restarts: int = 10
    """Crashes in a row without an event of work between them, before it is given up."""
    wait: float = 1.0
    """Seconds before the first restart; doubled with each in a row."""
    longest_wait: float = 300.0
    silence: float = 120.0
    """Seconds without a heartbeat before an engine counts as stuck and is killed."""
    look: float = 5.0
    """Seconds between looks."""
    grace: float = 15.0
    """Seconds that a stuck engine is given between being told and being killed."""


class Supervisor:
    """Supervises one run.

    Args:
        project: Where it is.
        environ: Given to it.
        say: Told what happens, for a person.
        patience: How long and how often.
    """

    def __init__(
        self, project: Project, environ: Mapping[str, str], *, say: Callable[[str], None], patience: Patience
    ) -> None:
        self._project = project
        self._environ = environ
        self._say = say
        self._patience = patience
        self._child: asyncio.subprocess.Process | None = None
        self._leaving = asyncio.Event()

    async def run(self, arguments: Sequence[str]) -> int:
        """Start a run, or take up one that crashed, and see it through.

        Args:
            arguments: For `loki start`; where there are none and a run has not ended, that run goes on.

        Returns:
            What to exit with.
        """
        loop = asyncio.get_running_loop()
        for signum in SIGNALS:
            loop.add_signal_handler(signum, self._leave, signum)
        try:
            unfinished = None if arguments else find_run(self._project, unfinished=True)
            if unfinished is not None and unfinished.outcome is None:
                return await self._through(RunClient(self._project, unfinished.id), [*_RESUME, unfinished.id])
            run = new_run_id()
            return await self._through(RunClient(self._project, run), [*_START, f"--run={run}", *arguments])
        finally:
            for signum in SIGNALS:
                loop.remove_signal_handler(signum)

    def _leave(self, signum: signal.Signals) -> None:
        """Pass on what tells this process to leave: the run is brought to a safe place."""
        self._leaving.set()
        if self._child is not None:
            with suppress(ProcessLookupError):
                self._child.send_signal(signum)

    async def _through(self, client: RunClient, command: Sequence[str]) -> int:
        crashes, before = 0, 0
        while True:
            code, stuck = await self._once(client, command)
            if self._leaving.is_set() or (code in FINAL and not stuck):
                return code
            if not _begun(client):
                self._say(f"The run could not begin (exit {code}): there is nothing to take up.")
                return code
            state = client.view().state
            if state.status.ended:
                return ExitCode.COMPLETED if state.status == "completed" else ExitCode.ENDED
            crashes = 1 if state.answered.total() > before else crashes + 1
            before = state.answered.total()
            if crashes > self._patience.restarts:
                self._say(f"Run {client.run} crashed {crashes} times without getting any further: given up.")
                return ExitCode.CRASHED
            wait = min(self._patience.wait * 2.0 ** (crashes - 1), self._patience.longest_wait)
            self._say(f"Run {client.run} crashed (exit {code}); it is taken up again in {wait:g} s.")
            if await self._left_within(wait):
                return ExitCode.INTERRUPTED
            command = [*_RESUME, client.run]

    async def _left_within(self, seconds: float) -> bool:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._leaving.wait()
        return self._leaving.is_set()

    async def _once(self, client: RunClient, command: Sequence[str]) -> tuple[int, bool]:
        """Have one engine work.

        Returns:
            What it exited with, and whether it was ended because it was stuck.
        """
        # -P: with -m alone Python would import whatever an agent put into the working directory.
        self._child = child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "loki_tui", *command),
            stdin=asyncio.subprocess.DEVNULL,
            cwd=self._project.workspace,
            env=dict(self._environ),
            # Keys that signal go to a terminal's whole group: it would be told twice, and a second time means at once.
            start_new_session=True,
        )
        stuck = False
        while not await _ended_within(child, self._patience.look):
            if self._is_stuck(client):
                stuck = True
                self._say(f"Run {client.run} has no heartbeat: its engine, process {child.pid}, is ended.")
                await self._end(child)
        self._child = None
        code = await child.wait()
        return (code if code >= 0 else 128 - code), stuck

    def _is_stuck(self, client: RunClient) -> bool:
        try:
            holder = client.engine()
        except LokiError:
            return False
        return holder is not None and silent_for(self._project, holder) > self._patience.silence

    async def _end(self, child: asyncio.subprocess.Process) -> None:
        child.terminate()
        if not await _ended_within(child, self._patience.grace):
            child.kill()


async def _ended_within(child: asyncio.subprocess.Process, seconds: float) -> bool:
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await child.wait()
            return True
    return False


_START = ("start", "--headless")
_RESUME = ("resume", "--headless")


def _begun(client: RunClient) -> bool:
    try:
        return client.begun()
    except LokiError:
        return False
