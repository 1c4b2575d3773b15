"""What stands behind the screen that begins a run; all of it slow, and called on threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from loki_tui.core.errors import LokiError, UsageError
from loki_tui.core.settings_docs import show
from loki_tui.core.vocabulary import Status
from loki_tui.runtime.choosing import PrdCandidate, find_prds
from loki_tui.runtime.estimate import Estimate, estimate
from loki_tui.runtime.orders import Order
from loki_tui.runtime.prd import read_prd
from loki_tui.runtime.runs import RunEntry, detail, summaries
from loki_tui.runtime.surroundings import Surroundings
from loki_tui.tui import openings
from loki_tui.tui.session import RunSession

PAST = 50
"""Earlier runs that an estimate goes by: the latest are nearest to what is coming."""


class NoRepositoryError(UsageError):
    """A run can begin here once the directory may become a git repository."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a run would begin."""

    around: Surroundings
    candidates: list[PrdCandidate]
    in_force: Mapping[str, str]
    """Setting to its value, as a person would write it; empty where settings are wrong."""
    staged: bool
    at_work: str | None
    """The run that an engine works on here, if any."""
    error: LokiError | None
    """What is wrong with the settings."""

    @property
    def workspace(self) -> Path:
        """The project's directory."""
        return self.around.project.workspace


def look_around(environ: Mapping[str, str]) -> Place:
    """See what there is to begin with.

    Raises:
        LokiError: There can be no project here.
    """
    around = Surroundings.here(environ)
    in_force: dict[str, str] = {}
    staged, wrong = False, None
    try:
        settings = around.settings()
    except LokiError as error:
        wrong = error
    else:
        staged = settings.staged_autonomy
        in_force = {name: show(getattr(settings, name)) for name in ("budget_limit", "max_iterations")}
        in_force["model"] = settings.models["work"]
    holder = around.project.engine()
    return Place(
        around=around,
        candidates=find_prds(around.project.workspace),
        in_force=in_force,
        staged=staged,
        at_work=holder.run if holder is not None else None,
        error=wrong,
    )


@dataclass(slots=True)
class Beginnings:
    """Says what a run would come to, and begins it."""

    place: Place
    _past: list[RunEntry] | None = field(default=None, init=False)

    def estimate(self, prd: Path, overrides: Mapping[str, object]) -> Estimate:
        """What a run may come to.

        Raises:
            LokiError: The PRD or a setting cannot be used.
        """
        settings = self.place.around.settings(overrides)
        return estimate(read_prd(prd), settings, self._earlier_runs(), workspace=self.place.workspace)

    def _earlier_runs(self) -> list[RunEntry]:
        if self._past is None:
            around = self.place.around
            listing = summaries(around.environ, here=around.project, everywhere=True)
            completed = [listed for listed in listing.runs if listed.outcome is Status.COMPLETED]
            self._past = [detail(listed) for listed in completed[:PAST]]
        return self._past

    def at_work(self) -> str | None:
        """The run that an engine works on here right now."""
        holder = self.place.around.project.engine()
        return holder.run if holder is not None else None

    def begin(self, order: Order, *, keep: Callable[[RunSession], None]) -> RunSession:
        """Begin a run, with its engine in this process.

        Args:
            order: What is wanted.
            keep: Given the run at once, so that somebody answers for its engine whatever becomes of the screen.

        Raises:
            NoRepositoryError: It needs consent.
            LokiError: It cannot begin.
        """
        asked: list[Path] = []

        def ask_later(workspace: Path) -> bool:
            asked.append(workspace)
            return False

        try:
            session = openings.start(order, self.place.around.environ, self.place.workspace, consent=ask_later)
        except UsageError as error:
            if asked:
                raise NoRepositoryError(error.message, hint=error.hint) from error
            raise
        keep(session)
        return session

    def attach(self, run: str) -> RunSession:
        """Open a run of this project."""
        return openings.attach_to(self.place.around.project, run)
