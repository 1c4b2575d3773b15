"""Starting `tests.store.child` processes, and never leaving one behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from loki_tui.store.paths import StateDirectory

REPOSITORY = Path(__file__).parents[2]
LIMIT_SECONDS = 30


def command(job: str, state: StateDirectory, *arguments: str) -> list[str]:
    """What runs a job."""
    return [sys.executable, "-m", "tests.store.child", job, str(state.root), *arguments]


@contextmanager
def child(job: str, state: StateDirectory, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A job that runs until the block ends."""
    with subprocess.Popen(
        command(job, state, *arguments),
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def finish(job: str, state: StateDirectory, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A job that ends by itself."""
    return subprocess.run(
        command(job, state, *arguments),
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        timeout=LIMIT_SECONDS,
        check=False,
    )


def next_line(process: subprocess.Popen[str]) -> str:
    """What a child says next; empty once it has ended."""
    assert process.stdout is not None
    return process.stdout.readline().strip()
