"""The machine that an engine runs on, as the engine journals it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from loki_tui.core.errors import LokiError
from loki_tui.core.vocabulary import Sample

if TYPE_CHECKING:
    from loki_tui.runtime.vitals import Meter


class ThisMachine:
    """Implements `loki_tui.engine.ports.Machine`: this process's tree is the run's own."""

    def __init__(self) -> None:
        self._meter: Meter | None = None

    def sample(self) -> Sample:
        """Load since the sample before; the first one takes as long as it measures, a quarter of a second.

        Raises:
            LokiError: The system does not tell, such as where /proc is hidden.
        """
        # Imported on the sampling thread: an engine's start does not wait for it.
        import psutil  # noqa: PLC0415

        from loki_tui.runtime.vitals import Meter  # noqa: PLC0415

        try:
            self._meter = self._meter or Meter(psutil.Process())
            while rest := self._meter.due_in:
                time.sleep(rest)
            return self._meter.measure()
        except (psutil.Error, OSError) as error:
            raise LokiError(f"The machine's load cannot be read: {error}.") from error
