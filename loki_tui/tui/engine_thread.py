"""An engine in this process: in a thread and on a loop of its own, so that no painting holds it up.

It outlives the screen: where the terminal goes away, or a person leaves the run to itself, the
process stays for as long as this thread works.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from loki_tui.core.errors import ExitCode, LokiError
from loki_tui.runtime.host import Live, RunHost
from loki_tui.tui.threads import LoopThread

Heard = Callable[[str, str, str], None]
"""Told (text or output, agent or action, what it says), on the engine's thread."""


class EngineThread:
    """Drives a hosted run to its end, then lets go of its lock.

    Args:
        host: Holds the run; closed at the end.
        on_text: Told of text as it streams in.
        on_end: Told that the engine is through.
    """

    def __init__(self, host: RunHost, *, on_text: Heard, on_end: Callable[[], None]) -> None:
        self.host = host
        self.code: ExitCode | None = None
        """What a process that drove this run is to exit with; none while it goes on."""
        self.error: LokiError | None = None
        """Why it broke off."""
        self._on_text = on_text
        self._on_end = on_end
        self._thread = LoopThread(self._drive, name=f"engine-{host.run_id}")

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def interrupt(self) -> None:
        """Bring the work to a safe place and leave the run to be resumed; from any thread."""
        self.host.interrupt()

    def join(self, seconds: float | None = None) -> bool:
        """Wait for the end.

        Returns:
            Whether it came in time.
        """
        return self._thread.join(seconds)

    @property
    def broke(self) -> BaseException | None:
        """What the engine broke off with, where that is a defect; the run can be resumed."""
        return self._thread.error

    @property
    def log(self) -> Path:
        """Where what is printed goes once there is no screen."""
        return self.host.log

    @property
    def alive(self) -> bool:
        """Whether the engine is at work."""
        return self._thread.alive

    async def _drive(self) -> None:
        live = Live(
            on_text=lambda agent, text: self._on_text("text", agent, text),
            on_output=lambda action, text: self._on_text("output", action, text),
            attended=True,
        )
        self.code = ExitCode.CRASHED
        try:
            with self.host:
                self.code = await self.host.run(live)
        except LokiError as error:
            self.error = error
            self.code = error.exit_code
        finally:
            self._on_end()
