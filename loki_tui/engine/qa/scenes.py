"""The scenes of one checkpoint: a clean checkout for each phase, and what one phase leaves for the next to know.

Used by whoever measures, with a run or without one, so that both come to the same facts.
"""

from __future__ import annotations

from collections.abc import Callable

from loki_tui.core.errors import LokiError
from loki_tui.core.settings import Settings, variable_of
from loki_tui.core.vocabulary import TestCase, Verdict
from loki_tui.engine.qa.phase import Measured, Phase
from loki_tui.engine.qa.scene import Base, OpenCheckout, Place, Scene


class Scenes:
    """Measures phases on one checkpoint, one after another.

    Args:
        settings: Switches and limits.
        open_here: Makes a clean checkout of the checkpoint.
        open_base: Makes one of the base; none where there is no base, or nothing in it.
        diff: From the base to the checkpoint, unified, cut where it is huge.
        changed: Paths that differ from the base, sorted, deleted ones included.
    """

    def __init__(
        self,
        settings: Settings,
        open_here: OpenCheckout,
        open_base: OpenCheckout | None,
        diff: str,
        changed: tuple[str, ...],
    ) -> None:
        self._settings = settings
        self.open_here = open_here
        """Makes a clean checkout of the checkpoint."""
        self._open_base = open_base
        self._diff = diff
        self._changed = changed
        self.tests: tuple[TestCase, ...] | None = None
        """What the unit tests came to, once they ran; may be set by who knows it from before."""
        self.test_seconds: float | None = None
        """How long they took; may be set likewise."""
        self.base = Base()
        """What is known of the base, once measured; may be set likewise."""

    def through(self, wrap: Callable[[OpenCheckout], OpenCheckout]) -> Scenes:
        """Scenes of the same checkpoint whose checkouts are made in another way; nothing is known in them yet."""
        open_base = None if self._open_base is None else wrap(self._open_base)
        return Scenes(self._settings, wrap(self.open_here), open_base, self._diff, self._changed)

    async def measure(self, phase: Phase) -> Measured:
        """Measure one phase in a checkout of its own, which is gone when this returns.

        A phase that is switched off is not run; one whose checkout or hands fail was not measured, which is
        an error and no exception. Cancelling closes what is open.
        """
        if (switch := off_by(phase, self._settings)) is not None:
            return Measured(Verdict.NOT_RUN, f"switched off by {switch}")
        try:
            workspace = await self.open_here()
            try:
                return await self._measured(phase, Place(workspace))
            finally:
                await workspace.close()
        except LokiError as error:
            return Measured(Verdict.ERROR, error.message)

    async def _measured(self, phase: Phase, here: Place) -> Measured:
        scene = Scene(
            settings=self._settings,
            here=here,
            open_fresh=self.open_here,
            open_base=self._open_base,
            diff=self._diff,
            changed=self._changed,
            tests=self.tests,
            test_seconds=self.test_seconds,
            known_base=self.base,
        )
        measured = await phase.measure(scene)
        self.tests, self.test_seconds = scene.tests, scene.test_seconds
        return measured


def off_by(phase: Phase, settings: Settings) -> str | None:
    """The variable that switches a phase off; none where it is on."""
    return None if getattr(settings, phase.setting) else variable_of(phase.setting)
