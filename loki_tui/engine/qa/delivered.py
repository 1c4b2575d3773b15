"""The phase "delivered tests": the unit tests on the delivered commit alone, without what a person had not committed.

Everything else is measured on the work tree as it is. Where a person began with uncommitted changes these are in it,
but not in what is delivered: the work may need them, and only this shows it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.phase import DELIVERED, Measured
from loki_tui.engine.qa.scene import Scene
from loki_tui.engine.qa.unit import UnitTests

_NAMED = 5


class DeliveredTests:
    """Runs the project's tests on the delivered commit; implements `Phase`, but is measured in runs alone.

    Args:
        uncommitted: Paths that the person had not committed.
    """

    name = DELIVERED
    setting = UnitTests.setting
    required = True
    thorough = True

    def __init__(self, uncommitted: Sequence[str]) -> None:
        more = ", …" if len(uncommitted) > _NAMED else ""
        self._without = f"without what was not committed before the run ({', '.join(uncommitted[:_NAMED])}{more})"

    async def measure(self, scene: Scene) -> Measured:
        """Run them."""
        measured = await UnitTests().measure(scene)
        if measured.verdict is Verdict.PASSED:
            return replace(measured, why=f"{measured.why} on the delivered commit, {self._without}")
        return replace(measured, why=f"on the delivered commit, {self._without}: {measured.why}")
