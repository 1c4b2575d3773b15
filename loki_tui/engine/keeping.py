"""Keeping what was done: checkpoints of the workspace, commits on the run's branch."""

from __future__ import annotations

from textwrap import shorten

from loki_tui.core import events as ev
from loki_tui.core.errors import LokiError
from loki_tui.engine.context import RunContext
from loki_tui.engine.ports import Checkpoints, Repository

SUBJECT = 72
"""Characters of a commit's subject."""

UNFINISHED = "Work of an unfinished iteration"


class Keeper:
    """Saves and delivers the work of one run.

    Args:
        context: The run.
        checkpoints: Keep what can be gone back to.
        repository: Holds the branch.
    """

    def __init__(self, context: RunContext, checkpoints: Checkpoints, repository: Repository) -> None:
        self._chronicle = context.chronicle
        self._checkpoints = checkpoints
        self._repository = repository
        self._skipped: set[str] = set()

    async def open_branch(self) -> None:
        """Check the run's branch out; on resume, see that it still is."""
        state = self._chronicle.state
        opened = await self._repository.open_branch(f"loki/{state.run}", again=state.branch is not None)
        if state.branch is None:
            self._chronicle.note(
                ev.BranchOpened(branch=opened.branch, base=opened.base, origin=opened.origin, dirty=opened.dirty)
            )
        self.pass_warnings_on()

    def pass_warnings_on(self) -> None:
        """Journal what the repository has to say to a person."""
        for warning in self._repository.take_warnings():
            self._chronicle.note(ev.Warned(message=warning))

    async def take(self, label: str) -> ev.CheckpointTaken:
        """Take a checkpoint; the caller journals it, together with what it is about."""
        iteration = self._chronicle.state.iterations_begun
        snapshot = await self._checkpoints.take(label, iteration=iteration)
        for path in sorted(set(snapshot.skipped) - self._skipped):
            self._chronicle.note(ev.Warned(message=f"Not in the checkpoints, since it cannot be read: {path}"))
        self._skipped.update(snapshot.skipped)
        return ev.CheckpointTaken(
            checkpoint=snapshot.checkpoint,
            tree=snapshot.tree,
            label=label,
            iteration=iteration,
            files=snapshot.files,
            changed=snapshot.changed,
        )

    async def save(self, label: str) -> None:
        """Take a checkpoint and journal it."""
        self._chronicle.note(await self.take(label))

    async def commit(self, summary: str) -> None:
        """Commit the workspace to the run's branch, and journal what is new there, be it from an engine before."""
        branch = self._chronicle.state.branch
        assert branch is not None
        first, _, rest = summary.strip().partition("\n")
        subject = shorten(first, SUBJECT, placeholder="…") or UNFINISHED
        body = rest.strip() if len(first) <= SUBJECT else summary
        commit = await self._repository.commit(branch.branch, subject=subject, body=body)
        self.pass_warnings_on()
        if commit is not None and commit != self._chronicle.state.commit:
            self._chronicle.note(ev.WorkCommitted(branch=branch.branch, commit=commit, subject=subject))

    async def keep_rest(self) -> None:
        """Save and deliver what the last iteration did, finished or broken off, as far as that has not been done."""
        state = self._chronicle.state
        if not state.iterations_begun:
            return
        finished = state.last_finished if state.iteration is None else None
        try:
            if finished is None:
                await self.save("end")
            await self.commit(finished.summary if finished else UNFINISHED)
        except LokiError as error:
            self._chronicle.note(ev.Warned(message=f"The last work could not be delivered: {error}"))
