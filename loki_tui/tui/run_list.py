"""What stands behind the list of runs; all of it slow, and called on threads."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from loki_tui.core.errors import LokiError
from loki_tui.runtime.runs import Listing, RunEntry, RunListed, detail, summaries
from loki_tui.runtime.watching import changes, changes_anywhere, touched, touched_anywhere
from loki_tui.runtime.whereabouts import project_here

if TYPE_CHECKING:
    from loki_tui.store.project import Project

BATCH = 16
"""Runs that are looked at before what was found is shown: some tens of milliseconds."""
REST = 1.0
"""Seconds between looks, at the least, while much is happening."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a look brought."""

    listing: Listing
    project: Project | None
    """The project at hand; none where there can be none."""
    trouble: LokiError | None
    """Why there can be none."""
    touched: int
    """As of when; see `loki_tui.runtime.watching`."""
    elsewhere: Mapping[Path, int] | None
    """The same for every project of the machine; none where only this one was looked at."""


def find(environ: Mapping[str, str], *, machine: bool) -> Found:
    """Look for runs.

    Args:
        environ: The environment.
        machine: Whether those of every project are wanted.
    """
    project, trouble = None, None
    try:
        project = project_here(environ)
    except LokiError as error:
        trouble = error
    before = touched(project) if project is not None else 0
    elsewhere = touched_anywhere(environ) if machine else None
    return Found(summaries(environ, here=project, everywhere=machine), project, trouble, before, elsewhere)


@dataclass(slots=True)
class KnownRuns:
    """What is known of each run beyond what its project's list says."""

    _details: dict[tuple[Path, str], RunEntry] = field(default_factory=dict)

    def look_at(self, runs: Sequence[RunListed]) -> None:
        """Look at runs as a whole."""
        for listed in runs:
            self._details[listed.project.state.root, listed.run] = detail(listed)

    def latest(self, listed: RunListed) -> RunListed:
        """The run as it was last looked at; else as it is listed."""
        return self._details.get((listed.project.state.root, listed.run), listed)

    def unseen(self, runs: Sequence[RunListed]) -> list[RunListed]:
        """The runs to which something has happened since they were looked at."""
        return [listed for listed in runs if not self._is_current(listed)]

    def _is_current(self, listed: RunListed) -> bool:
        known = self.latest(listed)
        return isinstance(known, RunEntry) and known.last_seq >= listed.last_seq and known.engine == listed.engine

    def nearest(
        self, unseen: Sequence[RunListed], runs: Sequence[RunListed], in_view: int
    ) -> tuple[list[RunListed], list[RunListed]]:
        """Which runs to look at next, and which remain: from the first in view on, then those before.

        Args:
            unseen: Some of them.
            runs: All.
            in_view: The place of the first that a person sees.
        """
        places = {id(listed): place for place, listed in enumerate(runs)}
        order = sorted(unseen, key=lambda listed: (places[id(listed)] < in_view, places[id(listed)]))
        return order[:BATCH], order[BATCH:]


async def watch(found: Found, environ: Mapping[str, str], tell: Callable[[], object]) -> None:
    """Tell of what happens to the runs that were found; on a loop of its own.

    Args:
        found: What is known, and as of when.
        environ: The environment.
        tell: Told, at most once in a while, that there is something to look at.
    """
    watches = []
    if found.project is not None:
        watches.append(_tell_of(changes(found.project, since=found.touched), tell))
    if found.elsewhere is not None:
        watches.append(_tell_of(changes_anywhere(environ, since=found.elsewhere), tell))
    await asyncio.gather(*watches)


async def _tell_of(happenings: AsyncGenerator[None, None], tell: Callable[[], object]) -> None:
    async with aclosing(happenings) as each:
        async for _ in each:
            tell()
            await asyncio.sleep(REST)
