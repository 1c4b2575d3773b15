"""Going back to a checkpoint: by a person, while no engine is at work."""

from __future__ import annotations

import getpass

from loki_tui.core import events as ev
from loki_tui.core.errors import UsageError
from loki_tui.engine.ports import Snapshot
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.store.checkpoints import Checkpoint, GitCheckpoints
from loki_tui.store.journal import SqliteJournal
from loki_tui.store.lock import EngineLock


def checkpoints_of(around: Surroundings) -> GitCheckpoints:
    """The project's checkpoints."""
    return GitCheckpoints(around.project.state.checkpoints, workspace=around.project.workspace)


async def show_checkpoint(around: Surroundings, checkpoint: str) -> str:
    """What a checkpoint changed against the one before.

    Raises:
        UsageError: There is no such checkpoint.
    """
    checkpoints = checkpoints_of(around)
    return await checkpoints.show(_named(await checkpoints.list(), checkpoint).id)


async def restore_checkpoint(around: Surroundings, checkpoint: str) -> Snapshot:
    """Bring the workspace back to a checkpoint; an unfinished run's journal says so.

    Returns:
        The checkpoint taken just before: the way back.

    Raises:
        BusyError: An engine is at work in the workspace.
        UsageError: There is no such checkpoint.
        CheckpointError: The workspace cannot be written.
    """
    checkpoints = checkpoints_of(around)
    unfinished = next((run for run in around.project.runs() if run.outcome is None), None)
    with EngineLock.acquire(around.project.state, run=unfinished.id if unfinished else "restore") as lock:
        target = _named(await checkpoints.list(), checkpoint)
        saved = await checkpoints.restore(checkpoint)
        if unfinished is not None:
            with SqliteJournal.open(lock) as journal:
                journal.append(*_restored(target, saved))
        return saved


def _named(checkpoints: tuple[Checkpoint, ...], name: str) -> Checkpoint:
    for checkpoint in checkpoints:
        if checkpoint.id == name:
            return checkpoint
    raise UsageError(f"There is no checkpoint {name!r}.", hint="`loki checkpoint list` names them all.")


def _restored(target: Checkpoint, saved: Snapshot) -> tuple[ev.CheckpointTaken, ev.CheckpointRestored]:
    taken = ev.CheckpointTaken(
        checkpoint=saved.checkpoint,
        tree=saved.tree,
        label=f"before going back to {target.id}",
        iteration=target.iteration,
        files=saved.files,
        changed=saved.changed,
    )
    restored = ev.CheckpointRestored(
        checkpoint=target.id, tree=target.tree, saved_as=saved.checkpoint, by=getpass.getuser()
    )
    return taken, restored
