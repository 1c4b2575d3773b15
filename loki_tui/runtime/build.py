"""Builds an engine's world: the one place that knows which adapter answers which port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from loki_tui.core.derived import IGNORES
from loki_tui.core.errors import UsageError
from loki_tui.core.settings import Settings
from loki_tui.engine.engine import World
from loki_tui.engine.grounds import Worktrees
from loki_tui.engine.ports import Live, Model
from loki_tui.hands.policy import Demands
from loki_tui.hands.shell_policy import ShellPolicy
from loki_tui.hands.workspace import HandsWorkspaces
from loki_tui.models.anthropic import DEFAULT_BASE_URL, AnthropicModel
from loki_tui.models.cassette import load_cassette
from loki_tui.models.record import RecordingModel
from loki_tui.models.replay import ReplayModel
from loki_tui.models.sdk import start_import
from loki_tui.runtime.boxed import open_workspaces
from loki_tui.runtime.checkouts import CleanCheckouts, Commits
from loki_tui.runtime.clock import SystemClock
from loki_tui.runtime.delivery import PersonsRepository
from loki_tui.runtime.keys import key_files, provider_key
from loki_tui.runtime.machine import ThisMachine
from loki_tui.runtime.outside import (
    AskedOfAgent,
    answering,
    asks_agent,
    beside_outside,
    not_honoured,
    outside_agent,
    prices_of,
)
from loki_tui.runtime.persons_git import persons_git
from loki_tui.runtime.secrets import redactor_of
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.runtime.webhooks import messenger_of
from loki_tui.store.checkpoints import GitCheckpoints
from loki_tui.store.heartbeat import HeartbeatFile
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.paths import RunDirectories


@dataclass(frozen=True, slots=True)
class Recording:
    """How recordings take part in a run."""

    speed: float = 0
    """How fast a recording plays: 1 at a human pace, 0 at once."""
    keep: Path | None = None
    """Where the model's answers are kept, to be played another time."""


def build_world(around: Surroundings, settings: Settings, journal: SqliteJournal, *, model: Model, live: Live) -> World:
    """Put the adapters of one run together. Nothing is started yet.

    Raises:
        ConfinementError: The demanded confinement is not to be had.
        UsageError: A path that a setting names is not there, or a rule on commands is none.
        LokiError: There is no parser for commands.
    """
    state = around.project.state
    places = state.prepare_run(journal.run)
    demands = demands_of(around, settings, private=places.home)
    workspaces = open_workspaces(demands, settings, run=journal.run)
    workspace = around.project.workspace
    checkpoints = GitCheckpoints(state.checkpoints, workspace=workspace)
    return World(
        journal=journal,
        model=answering(model, settings, around.environ, workspaces=workspaces, scratch=places.verify / "questions"),
        prices=prices_of(settings),
        workspaces=workspaces,
        checkouts=CleanCheckouts(checkpoints, workspaces, workspace=workspace, scratch=places.verify),
        delivered=CleanCheckouts(
            Commits(places.verify / "commits.git", workspace), workspaces, workspace=workspace, scratch=places.verify
        ),
        checkpoints=checkpoints,
        repository=PersonsRepository(
            workspaces, workspace, run=journal.run, identity=demands.identity, checkpoints=checkpoints
        ),
        clock=SystemClock(),
        machine=ThisMachine(),
        policy=ShellPolicy(settings.blocked_commands, root=workspace, home=demands.home),
        redactor=redactor_of(around.environ),
        live=live,
        heart=HeartbeatFile(state),
        messenger=messenger_of(around.environ, record=state.deliveries(journal.run)),
        worktrees=_worktrees(journal.run, workspaces, checkpoints, demands, places) if settings.parallel_mode else None,
        outside=outside_agent(settings, around.environ),
    )


def _worktrees(
    run: str, workspaces: HandsWorkspaces, checkpoints: GitCheckpoints, demands: Demands, places: RunDirectories
) -> Worktrees:
    """Where a parallel run works. It is imported when it is wanted: most runs are not parallel."""
    from loki_tui.runtime.worktrees import Base, GitWorktrees  # noqa: PLC0415 (imports when wanted)

    return GitWorktrees(
        Base(
            run=run,
            workspace=demands.root,
            directories=places,
            demands=demands,
            workspaces=workspaces,
            checkpoints=checkpoints,
        )
    )


def demands_of(around: Surroundings, settings: Settings, *, private: Path) -> Demands:
    """What is demanded of this project's hands.

    Args:
        around: The project and the environment.
        settings: Paths, confinement, variables that are passed on.
        private: Where their private homes are made.
    """
    git = persons_git(around.environ)
    return Demands(
        root=around.project.workspace,
        private=private,
        environ=around.environ,
        protected=(around.project.state.root, *key_files(around.environ)),
        confinement=settings.confinement,
        network=settings.network,
        allowed_paths=tuple(str(path) for path in settings.allowed_paths or ()),
        read_paths=(*(str(path) for path in settings.read_paths), *beside_outside(settings, around.environ)),
        gateway=settings.provider == "claude",
        uncovered=not_honoured(settings, around.environ),
        pass_env=settings.pass_env,
        command_seconds=settings.command_timeout,
        identity=git.identity,
        git_settings=git.settings,
        git_ignores=f"{git.ignores}\n{IGNORES}",
    )


def load_ahead(settings: Settings) -> None:
    """Begin to import what the model will need, on a thread: seconds in which everything else gets ready."""
    if settings.provider in ("anthropic", "claude"):
        start_import()


def open_model(settings: Settings, environ: Mapping[str, str], recording: Recording) -> Model:
    """The model that the settings name.

    Raises:
        UsageError: There is no key or no recording, or a key cannot be read.
    """
    model: Model
    if settings.provider == "replay":
        if settings.cassette is None:
            raise UsageError("A recording is to be played, but none is named.", hint="Set LOKI_CASSETTE to a file.")
        model = ReplayModel(load_cassette(settings.cassette), speed=recording.speed)
    elif asks_agent(settings, environ):
        if recording.keep:
            raise UsageError(
                f"What the agent of LOKI_PROVIDER={settings.provider} answers cannot be recorded.",
                hint="Leave --record out, or use LOKI_PROVIDER=anthropic.",
            )
        return AskedOfAgent()
    else:
        key = provider_key(environ)
        model = AnthropicModel(
            api_key=key.value if key and key.name == "ANTHROPIC_API_KEY" else None,
            auth_token=key.value if key and key.name == "ANTHROPIC_AUTH_TOKEN" else None,
            base_url=environ.get("ANTHROPIC_BASE_URL") or DEFAULT_BASE_URL,
            cache_ttl=settings.cache_ttl,
            stream_idle_timeout=settings.stream_idle_timeout,
        )
    return RecordingModel(model, recording.keep, redact=redactor_of(environ).redact) if recording.keep else model
