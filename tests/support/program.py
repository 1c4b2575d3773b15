"""The `loki` program as people start it: a process of its own, in a project of its own."""

from __future__ import annotations

import asyncio
import json
import os
import pty
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from signal import SIGKILL
from typing import Any, TypeVar

from loki_tui.runtime.client import RunClient, RunView, choose_run
from loki_tui.runtime.surroundings import Surroundings
from tests.support.git import repository
from tests.support.runs import PASSING

E = TypeVar("E")

# -P: what lies in the working directory is nobody's module.
LOKI = (sys.executable, "-P", "-m", "loki_tui")

PATIENCE = 60.0
"""Seconds a command may take; far more than any needs on a quiet machine."""

WAITS = "until [ -e go ]; do sleep 0.02; done"
"""A command that runs until the test makes a file `go`."""


@dataclass(frozen=True, slots=True)
class Done:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Stdout as JSON lines."""
        return [json.loads(line) for line in self.out.splitlines()]


@dataclass(frozen=True, slots=True)
class Program:
    """Runs `loki` in a workspace, as a person with a home and variables of their own."""

    workspace: Path
    home: Path
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """Where all state is."""
        return self.home / ".local" / "state" / "loki"

    @property
    def environ(self) -> dict[str, str]:
        """The test's own environment, which is isolated, and these."""
        return {**os.environ, "HOME": str(self.home), **self.variables}

    def with_(self, **variables: str) -> Program:
        """The same person with more variables."""
        return replace(self, variables={**self.variables, **variables})

    def without(self, *names: str) -> Program:
        """The same person without some variables."""
        return replace(self, variables={name: value for name, value in self.variables.items() if name not in names})

    async def __call__(self, *arguments: str | Path, cwd: Path | None = None) -> Done:
        """Run a command to its end."""
        async with self.started(*arguments, cwd=cwd) as process:
            return await done(process)

    @asynccontextmanager
    async def started(
        self, *arguments: str | Path, cwd: Path | None = None
    ) -> AsyncIterator[asyncio.subprocess.Process]:
        """A command that is under way; ended with the context if it has not by itself."""
        process = await asyncio.create_subprocess_exec(
            *LOKI,
            *map(str, arguments),
            cwd=cwd or self.workspace,
            env=self.environ,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
            await process.communicate()

    def on_terminal(self, *arguments: str, typed: str = "") -> tuple[int, str]:
        """Run a command on a terminal as wide as COLUMNS, to its end.

        Returns:
            What it exits with, and all that the terminal showed.
        """
        ours, theirs = pty.openpty()
        with subprocess.Popen(
            [*LOKI, *arguments],
            cwd=self.workspace,
            env={**self.environ, "TERM": "xterm"},
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
        ) as process:
            os.close(theirs)
            os.write(ours, typed.encode())
            shown = b""
            # Linux says with an error that nobody has the other end any more.
            with suppress(OSError):
                while data := os.read(ours, 65536):
                    shown += data
            os.close(ours)
            return process.wait(timeout=PATIENCE), shown.decode()

    async def status(self) -> dict[str, Any]:
        """What `loki status --json` says."""
        (row,) = (await self("status", "--json")).rows
        return row

    def client(self, run: str | None = None) -> RunClient:
        """The run as a face in this process sees it: at once, where a command would take a second."""
        project = Surroundings.here(self.environ, self.workspace).project
        return RunClient(project, choose_run(project, run).id)

    def view(self) -> RunView:
        """The run as it is now."""
        return self.client().view()

    def events(self, kind: type[E]) -> list[E]:
        """The run's events of one kind."""
        return [record.event for record in self.client().records() if isinstance(record.event, kind)]


async def done(process: asyncio.subprocess.Process) -> Done:
    """Wait for a command to end."""
    async with asyncio.timeout(PATIENCE):
        out, err = await process.communicate()
    assert process.returncode is not None
    return Done(process.returncode, out.decode(), err.decode())


async def line_with(process: asyncio.subprocess.Process, words: str) -> str:
    """Read a command's stdout up to a line with these words."""
    assert process.stdout is not None
    async with asyncio.timeout(PATIENCE):
        while line := (await process.stdout.readline()).decode():
            if words in line:
                return line
    raise AssertionError(f"it ended without {words!r}: {(await process.communicate())[1].decode()}")


async def kill(process: asyncio.subprocess.Process) -> None:
    """End a process as a power cut would."""
    process.send_signal(SIGKILL)
    await done(process)


def project(directory: Path, *, files: Mapping[str, str] | None = None) -> Path:
    """A committed project with a PRD and a test that passes."""
    return repository(directory, {"prd.md": "# A thing\n\nIt works.\n", "test_it.py": PASSING, **(files or {})})
