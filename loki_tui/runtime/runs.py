"""All the runs there are: of this project, and of every other one on this machine.

In two steps, so that a screen can fill in as it goes: `summaries` reads what each project's list of runs
says, about a millisecond a project; `detail` looks at one run as a whole. A project that cannot be read
never hides the others: it is handed out as a problem.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import platformdirs

from loki_tui.core.errors import JournalError, LokiError
from loki_tui.core.messages import Usage
from loki_tui.core.money import ZERO
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.client import RunClient, RunView
from loki_tui.store.blobs import BlobStore
from loki_tui.store.lock import Holder
from loki_tui.store.paths import StateDirectory
from loki_tui.store.project import Project

__all__ = ["Listing", "ProjectProblem", "RunEntry", "RunListed", "detail", "list_runs", "state_roots", "summaries"]


@dataclass(frozen=True, slots=True)
class RunListed:
    """A run as far as its project's list of runs tells."""

    run: str
    project: Project
    prd_path: str
    """As it was given, which may be anything: for people to read."""
    created_at: datetime
    last_seq: int
    outcome: Status | None
    """How it ended; none while it has not."""
    engine: Holder | None
    """Who is at work on it, if anybody."""

    @property
    def workspace(self) -> Path:
        """The directory it works in, which may be gone by now."""
        return self.project.workspace


@dataclass(frozen=True, slots=True)
class RunEntry(RunListed):
    """A run as its whole journal tells."""

    status: Status | None
    """`crashed` where it has not ended and nobody is at work on it; none where the run cannot be read."""
    reason: str
    """Why it is so; where the run cannot be read, why not."""
    iterations: int
    """How many were begun, those of streams included."""
    max_iterations: int
    spent: Decimal
    limit: Decimal | None
    unpriced: int
    """Answers whose price nobody knows: while there are any, `spent` is a lower bound."""
    usage: Usage
    """Tokens of all its answers."""
    provider: str
    models: Mapping[str, str]
    """Tier (planning, work, fast) to model."""
    requirements: int
    prd_bytes: int | None
    """Size of the PRD it began with, where that can be told."""
    branch: str | None
    last_at: datetime
    """When something last happened."""
    waiting_approvals: int
    streams: int = 0
    """Streams that a parallel run was divided into."""

    @property
    def elapsed(self) -> timedelta:
        """From the beginning to the last event, pauses and waits included."""
        return max(timedelta(0), self.last_at - self.created_at)


@dataclass(frozen=True, slots=True)
class ProjectProblem:
    """A project whose runs cannot be listed."""

    root: Path
    """Its state directory."""
    workspace: Path | None
    """None where that cannot be told either."""
    error: LokiError


@dataclass(frozen=True, slots=True)
class Listing:
    """What was found."""

    runs: tuple[RunListed, ...]
    """Latest first."""
    problems: tuple[ProjectProblem, ...]


def summaries(environ: Mapping[str, str], *, here: Project | None, everywhere: bool) -> Listing:
    """List runs, as far as that is quick.

    Args:
        environ: May name a state directory with LOKI_DIR.
        here: The project at hand, if there is one.
        everywhere: Whether to look for the machine's other projects, too. Those with a LOKI_DIR of their own
            are found only while it is set.
    """
    runs: list[RunListed] = []
    problems: list[ProjectProblem] = []
    for found in _projects(environ, here=here, everywhere=everywhere):
        listed = _runs_of(found) if isinstance(found, Project) else found
        if isinstance(listed, ProjectProblem):
            problems.append(listed)
        else:
            runs.extend(listed)
    # Stable: runs of one moment stay as their project has them.
    runs.sort(key=lambda listed: listed.created_at, reverse=True)
    return Listing(tuple(runs), tuple(problems))


def detail(listed: RunListed) -> RunEntry:
    """Look at one run as a whole. One that cannot be read yields an entry that says why."""
    try:
        view = RunClient(listed.project, listed.run).view()
    except LokiError as error:
        return _unreadable(listed, error.message)
    if view.state.created is None:
        return _unreadable(listed, "its journal has no beginning")
    return _entry(listed, view)


def list_runs(environ: Mapping[str, str], *, here: Project | None, everywhere: bool) -> list[RunEntry]:
    """Look at all runs as a whole, latest first; see `summaries` for the arguments and for what cannot be read."""
    return [detail(listed) for listed in summaries(environ, here=here, everywhere=everywhere).runs]


# -- projects -----------------------------------------------------------------------------------


def _projects(
    environ: Mapping[str, str], *, here: Project | None, everywhere: bool
) -> Iterator[Project | ProjectProblem]:
    seen: set[Path] = set()
    if here is not None:
        seen.add(here.state.root)
        yield here
    if not everywhere:
        return
    for root in state_roots(environ):
        if root not in seen:
            seen.add(root)
            if (found := _project_at(root)) is not None:
                yield found


def state_roots(environ: Mapping[str, str]) -> Iterator[Path]:
    """Where a state directory may be: the one that LOKI_DIR names, and all in the usual place."""
    own = Path(environ.get("LOKI_DIR", "")).expanduser()
    if own.is_absolute():
        yield own.resolve()
    usual = platformdirs.user_state_path("loki").resolve()
    try:
        yield from sorted(usual.iterdir())
    except OSError:
        return  # There is none yet, or none that this person may look into.


def _project_at(root: Path) -> Project | ProjectProblem | None:
    """The project whose state is in a directory; none where it holds no state."""
    try:
        StateDirectory(root=root, workspace=root).manifest.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        refused = JournalError(f"{root} cannot be looked into: {error.strerror}.", hint="See that it is yours.")
        return ProjectProblem(root, None, refused)
    workspace = StateDirectory(root=root, workspace=root).owner()
    if workspace is None:
        nameless = JournalError(
            f"{root} does not say which workspace it belongs to.",
            hint="Remove its damaged project.json; the next `loki start` in the workspace writes it anew.",
        )
        return ProjectProblem(root, None, nameless)
    return Project(StateDirectory(root=root, workspace=workspace))


def _runs_of(project: Project) -> list[RunListed] | ProjectProblem:
    try:
        holder = project.engine()
        rows = project.runs()
    except LokiError as error:
        return ProjectProblem(project.state.root, project.workspace, error)
    return [
        RunListed(
            run=row.id,
            project=project,
            prd_path=row.prd_path,
            created_at=row.created_at,
            last_seq=row.last_seq,
            outcome=row.outcome,
            engine=holder if holder is not None and holder.run == row.id else None,
        )
        for row in rows
    ]


# -- runs ---------------------------------------------------------------------------------------


def _entry(listed: RunListed, view: RunView) -> RunEntry:
    state, created = view.state, view.state.created
    assert created is not None
    return RunEntry(
        run=listed.run,
        project=listed.project,
        prd_path=created.prd_path,
        created_at=listed.created_at,
        last_seq=state.seq,
        outcome=state.status if state.status.ended else None,
        engine=view.engine,
        status=view.status,
        reason=view.reason,
        iterations=state.total_iterations,
        streams=len(state.streams),
        max_iterations=created.max_iterations,
        spent=state.books.spent,
        limit=state.books.limit,
        unpriced=state.books.unpriced,
        usage=state.books.usage,
        provider=created.provider,
        models=created.models,
        requirements=len(state.requirements),
        prd_bytes=_size(listed.project, created.prd),
        branch=state.branch.branch if state.branch else None,
        last_at=state.at,
        waiting_approvals=len(state.waiting_approvals),
    )


def _size(project: Project, digest: str) -> int | None:
    try:
        return len(BlobStore(project.state.blobs).get(digest))
    except JournalError:
        return None


def _unreadable(listed: RunListed, why: str) -> RunEntry:
    return RunEntry(
        run=listed.run,
        project=listed.project,
        prd_path=listed.prd_path,
        created_at=listed.created_at,
        last_seq=listed.last_seq,
        outcome=listed.outcome,
        engine=listed.engine,
        status=None,
        reason=why,
        iterations=0,
        max_iterations=0,
        spent=ZERO,
        limit=None,
        unpriced=0,
        usage=Usage(),
        provider="",
        models={},
        requirements=0,
        prd_bytes=None,
        branch=None,
        last_at=listed.created_at,
        waiting_approvals=0,
    )
