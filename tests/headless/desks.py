"""A run that is shown in lines, with whoever types at it: a real journal, and no engine but its lock."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from loki_tui.core.events import Event
from loki_tui.core.vocabulary import Excerpt
from loki_tui.headless import linear_commands as cmd
from loki_tui.headless.linear import Ears
from loki_tui.headless.linear_desk import Desk, Typed
from loki_tui.headless.linear_paper import Paper
from loki_tui.headless.linear_telling import Teller
from loki_tui.runtime.client import RunClient
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.project import Project, locate_project
from tests.support import scenes

R = TypeVar("R")


@dataclass
class Typist:
    """Types at a run and reads what it says."""

    journal: SqliteJournal
    desk: Desk
    lines: list[str]
    left: list[cmd.Quit] = field(default_factory=list)
    bells: int = 0

    def __post_init__(self) -> None:
        self.teller = Teller(self.desk, ring=self._ring)
        self.ears = Ears(self.desk, leave=self.left.append)

    def _ring(self) -> None:
        self.bells += 1

    def types(self, *lines: str, at: float | None = None) -> str:
        """Type lines together.

        Returns:
            What is said to them.
        """
        before = len(self.lines)
        self.ears.hear([Typed(line, time.monotonic() if at is None else at) for line in lines])
        return "\n".join(self.lines[before:])

    def happens(self, *events: Event) -> str:
        """Something happens.

        Returns:
            What is told of it.
        """
        before, seq = len(self.lines), self.journal.last_seq
        self.journal.append(*events)
        for record in self.desk.client.records(after=seq):
            self.teller.tell(record, settled=())
        return "\n".join(self.lines[before:])

    def asked(self, kind: type[R]) -> list[R]:
        """What was asked of the engine and not obeyed yet."""
        return [request for _, request in self.journal.pending_requests() if isinstance(request, kind)]

    def number_of(self, words: str) -> int:
        """The number of the line that says something."""
        return next(int(line.split()[0]) for line in self.lines if words in line)


def make_project(tmp_path: Path) -> Project:
    """A project without a run."""
    workspace = tmp_path / "project"
    workspace.mkdir()
    return locate_project(workspace, state_root=tmp_path / "state")


@contextmanager
def typing_at(project: Project, events: Sequence[Event | scenes.Within] = (), *, width: int = 100) -> Iterator[Typist]:
    """A run with these events, told from its beginning, whose engine seems to live."""
    with scenes.at_work(project, "r1", list(events) or scenes.empty()) as journal:
        client = RunClient(project, "r1")
        with client.history() as history:
            lines: list[str] = []
            typist = Typist(journal, Desk(client, history, Paper(lines.append, width=width)), lines)
            for record in client.records():
                typist.teller.tell(record, settled=())
            yield typist


def command(name: str, text: str, *, pattern: str = "") -> Event:
    """A command waits for a decision."""
    request = next(event for event in scenes.full() if event.kind == "approval_requested")
    update = {
        "approval": name, "digest": name * 32, "title": f"run {text[:20]}", "detail": f"in /w:\n{text}",
        "input": {"command": text}, "pattern": pattern, "call": f"call_{name}",
    }  # fmt: skip
    return request.model_copy(update=update)


def written(name: str, content: str) -> Event:
    """A file that is to be written waits for a decision."""
    diff = f"--- /dev/null\n+++ b/x\n@@ -0,0 +1 @@\n+{content}"
    update = {"tool": "write_file", "input": {"path": "x", "content": content}, "diff": Excerpt(text=diff)}
    return command(name, "x").model_copy(update=update)
