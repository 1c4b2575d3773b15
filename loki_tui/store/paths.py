"""Where a project's state lives: outside the workspace, so that no agent can write to its own record.

Everything here is a path or the making of one; `loki_tui.store.project` says which directory belongs
to which workspace.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from loki_tui.core.errors import UsageError
from loki_tui.store.files import PRIVATE, write_whole, writing

_RUN_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class RunDirectories:
    """The private directories of one run's hands."""

    root: Path
    """Holds the others."""
    home: Path
    """Lasts for the run: caches of package managers and the like."""
    tmp: Path
    verify: Path
    """Clean checkouts that the agent's hands cannot reach."""

    @property
    def worktrees(self) -> Path:
        """Linked worktrees of a parallel run, each by its name; made when the first one is."""
        return self.root / "worktrees"

    @property
    def grounds(self) -> Path:
        """What belongs to each of these beside its files, by the same names."""
        return self.root / "grounds"

    @property
    def aside(self) -> Path:
        """What was found where a worktree was to be, and worktrees on their way out."""
        return self.root / "aside"


@dataclass(frozen=True, slots=True)
class StateDirectory:
    """One project's state.

    Both paths are absolute and real: no symbolic link is left in them.
    """

    root: Path
    workspace: Path
    """What the state is about."""

    @property
    def manifest(self) -> Path:
        """Names the workspace, for whoever finds this directory."""
        return self.root / "project.json"

    @property
    def journal(self) -> Path:
        """The SQLite database."""
        return self.root / "journal.db"

    @property
    def blobs(self) -> Path:
        """Large outputs, by their digest."""
        return self.root / "blobs"

    @property
    def checkpoints(self) -> Path:
        """The git directory of snapshots."""
        return self.root / "checkpoints.git"

    @property
    def lock(self) -> Path:
        """Locked while an engine lives; never unlinked."""
        return self.root / "engine.lock"

    @property
    def heartbeat(self) -> Path:
        """What the engine says of itself every few seconds."""
        return self.root / "heartbeat.json"

    @property
    def events_bell(self) -> Path:
        """Touched after events were appended."""
        return self.root / "events.bell"

    @property
    def inbox_bell(self) -> Path:
        """Touched after a request was posted."""
        return self.root / "inbox.bell"

    @property
    def quarantine(self) -> Path:
        """Where damaged journals are set aside."""
        return self.root / "quarantine"

    def deliveries(self, run: str) -> Path:
        """What became of a run's notices; may not be there."""
        return self.root / "runs" / run / "notices.jsonl"

    def prepare(self) -> None:
        """Create what is missing, readable by nobody else.

        Raises:
            UsageError: The directory cannot be written, or belongs to another workspace.
            JournalError: The disk is full.
        """
        with writing(self.root):
            self.root.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
            if self.manifest.is_file():
                self._refuse_foreign()
                return
            facts = {"workspace": str(self.workspace)}
            write_whole(self.manifest, json.dumps(facts, indent=2).encode() + b"\n")

    def prepare_run(self, run: str) -> RunDirectories:
        """Create the private directories of a run.

        Raises:
            UsageError: The directory cannot be written, or the run's name is none.
            JournalError: The disk is full.
        """
        directories = self.directories(run)
        root = directories.root
        with writing(root):
            for path in (root.parent, root, directories.home, directories.tmp, directories.verify):
                path.mkdir(mode=PRIVATE, parents=True, exist_ok=True)
        return directories

    def directories(self, run: str) -> RunDirectories:
        """Where the private directories of a run are, or would be.

        Raises:
            UsageError: The run's name is none.
        """
        if not _RUN_ID.fullmatch(run):
            raise UsageError(f"{run!r} is no run.", hint="`loki runs` lists them.")
        root = self.root / "runs" / run
        return RunDirectories(root=root, home=root / "home", tmp=root / "tmp", verify=root / "verify")

    @property
    def runs(self) -> Path:
        """Holds a directory for each run."""
        return self.root / "runs"

    def owner(self) -> Path | None:
        """The workspace that the state on disk belongs to, where that can be told."""
        try:
            facts = json.loads(self.manifest.read_bytes())
        except (OSError, ValueError):
            return None
        match facts:
            case {"workspace": str(workspace)}:
                return Path(workspace)
            case _:
                return None

    def _refuse_foreign(self) -> None:
        owner = self.owner()
        if owner is not None and owner != self.workspace:
            raise UsageError(
                f"The state directory {self.root} belongs to another workspace, {owner}.",
                hint="Give each project a LOKI_DIR of its own, or unset it.",
            )


def default_state_root(workspace: Path) -> Path:
    """Where the state of a workspace lives unless LOKI_DIR says otherwise.

    Args:
        workspace: Absolute and real.
    """
    name = _UNSAFE.sub("-", workspace.name).strip(".-")[:40] or "project"
    digest = hashlib.sha256(os.fsencode(workspace)).hexdigest()[:10]
    return Path(platformdirs.user_state_path("loki")).resolve() / f"{name}-{digest}"
