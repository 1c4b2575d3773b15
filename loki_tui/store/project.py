"""A project as every face sees it: which workspace, where its state is, what runs there are.

No singleton: whoever needs a project locates it, once, from the directory it was called in.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.errors import UsageError
from loki_tui.core.events import Record
from loki_tui.core.requests import Request
from loki_tui.guard.redact import Redactor
from loki_tui.store.database import NoJournalError
from loki_tui.store.follower import follow, follow_pages
from loki_tui.store.inbox import post_request
from loki_tui.store.lock import Holder, engine_holder
from loki_tui.store.paths import StateDirectory, default_state_root
from loki_tui.store.reader import JournalReader, RunSummary


@dataclass(frozen=True, slots=True)
class Project:
    """One workspace and its state. Looking at it creates nothing."""

    state: StateDirectory

    @property
    def workspace(self) -> Path:
        """The directory that a run works in; absolute and real."""
        return self.state.workspace

    def runs(self) -> list[RunSummary]:
        """All runs, latest first.

        Raises:
            JournalError: The journal cannot be read.
        """
        try:
            with self.reader() as reader:
                return reader.runs()
        except NoJournalError:
            return []

    def reader(self) -> JournalReader:
        """The journal, to read; to be closed.

        Raises:
            JournalError: There is none, or it cannot be read.
        """
        return JournalReader.open(self.state)

    def follow(self, run: str, *, after: int = 0) -> AsyncGenerator[Record, None]:
        """A run's events as they come; see `loki_tui.store.follower.follow`."""
        return follow(self.state, run, after=after)

    def follow_pages(self, run: str, *, after: int = 0) -> AsyncGenerator[list[Record], None]:
        """The same, as many at once as there are; see `loki_tui.store.follower.follow_pages`."""
        return follow_pages(self.state, run, after=after)

    def post(self, run: str, request: Request, *, redactor: Redactor | None = None) -> int:
        """Ask something of a run's engine; see `loki_tui.store.inbox.post_request`."""
        return post_request(self.state, run, request, redactor=redactor)

    def engine(self) -> Holder | None:
        """The engine at work on this project right now, if any."""
        return engine_holder(self.state)


def locate_project(start: Path, *, state_root: Path | None = None) -> Project:
    """Find the project that a directory belongs to.

    The workspace is the nearest directory, from `start` upwards, that is a git work tree or has state
    already; failing that, `start` itself.

    Args:
        start: Any existing directory.
        state_root: LOKI_DIR, where it is set.

    Raises:
        UsageError: `start` is no directory, or the state would not lie apart from the workspace.
    """
    here = start.expanduser().resolve()
    if not here.is_dir():
        raise UsageError(f"{start} is no directory.", hint="Name an existing one.")
    state_of = _default_state if state_root is None else _state_at(_real_root(state_root))
    for candidate in (here, *here.parents):
        state = state_of(candidate)
        # A worktree or a submodule has a file for its `.git`.
        if (candidate / ".git").exists() or state.owner() == candidate:
            return _project(state)
    return _project(state_of(here))


def _default_state(workspace: Path) -> StateDirectory:
    return StateDirectory(root=default_state_root(workspace), workspace=workspace)


def _state_at(root: Path) -> Callable[[Path], StateDirectory]:
    return lambda workspace: StateDirectory(root=root, workspace=workspace)


def _real_root(state_root: Path) -> Path:
    path = state_root.expanduser()
    if not path.is_absolute():
        raise UsageError(
            f"LOKI_DIR is {state_root}, which means another directory wherever Loki is called from.",
            hint="Give an absolute path.",
        )
    return path.resolve()


def _project(state: StateDirectory) -> Project:
    if state.root.is_relative_to(state.workspace) or state.workspace.is_relative_to(state.root):
        raise UsageError(
            f"The state directory {state.root} and the workspace {state.workspace} lie one inside the other, "
            "so an agent could write its own record.",
            hint="Set LOKI_DIR to a directory outside the workspace, or start Loki in a directory below.",
        )
    return Project(state)
