"""The full-screen application on a run of its own, in a terminal that is timed."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import bare_textual
from benchmarks.pty import CLEARING, SIZE, Terminal
from benchmarks.scenario import Project, make_project
from loki_tui.core.events import Event
from loki_tui.store.project import Project as Located
from loki_tui.store.project import locate_project
from tests.support import scenes

CONTENT = r"(?:iteration|it) [\d,]+/[\d,]+"
"""The header, once it shows what was read from the journal."""

_ROOT = Path(__file__).parent.parent
_LOKI = str(Path(sys.executable).with_name("loki"))


@dataclass
class Theatre:
    """A fresh person with a fresh project, the runs in it, and every screen that was opened on them."""

    project: Project
    clearings: int = 0
    """How often a whole screen was cleared after it had been painted."""
    screens: int = 0
    environment: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        temporary = self.project.scratch / "tmp"
        temporary.mkdir()
        # This checkout, whichever one is installed.
        self.environment = {**self.project.environment, "PYTHONPATH": str(_ROOT), "TMPDIR": str(temporary)}

    @property
    def located(self) -> Located:
        """The project as the store sees it."""
        return locate_project(self.project.root, state_root=self.project.scratch / "state")

    def stage(self, run: str, events: Sequence[Event]) -> None:
        """Have a run in the journal."""
        scenes.write(self.located, run, events)

    @contextmanager
    def loki(self, *arguments: str, shows: str = CONTENT, size: tuple[int, int] = SIZE) -> Iterator[Terminal]:
        """The application, once it has painted what it is about; `Terminal.painted` says when.

        Args:
            arguments: Of the command line.
            shows: What that is.
            size: Columns and rows.
        """
        terminal = Terminal([_LOKI, *arguments], cwd=self.project.root, environ=self.environment, size=size)
        with terminal:
            painted = terminal.painted = terminal.shows(shows)
            yield terminal
            self.screens += 1
            self.clearings += len(CLEARING.findall(terminal.written(painted, float("inf"))))


@contextmanager
def theatre() -> Iterator[Theatre]:
    """For as long as it is measured."""
    with tempfile.TemporaryDirectory(prefix="loki-benchmark-", ignore_cleanup_errors=True) as scratch:
        yield Theatre(make_project(Path(scratch)))


def first_paint_of_floor() -> float:
    """Seconds until the bare application has painted."""
    command = [sys.executable, "-P", str(Path(bare_textual.__file__))]
    with Terminal(command, environ=dict(os.environ)) as terminal:
        return terminal.shows(bare_textual.READY) - terminal.began
