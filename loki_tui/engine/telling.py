"""By what an engine is heard of outside its journal; the other half of `loki_tui.engine.ports`."""

from __future__ import annotations

from typing import Protocol

from loki_tui.core.errors import LokiError
from loki_tui.core.heartbeat import Beat
from loki_tui.core.notices import Delivery, Notice


class Heart(Protocol):
    """Where an engine says that it lives."""

    def beat(self, beat: Beat) -> None:
        """Say so; called on a thread, since it may take a while.

        Raises:
            loki_tui.core.errors.LokiError: It cannot be said.
        """
        ...


class NotDeliveredError(LokiError):
    """A notice did not reach its channel.

    Args:
        message: Why not; without the channel's address.
        again: Whether to try again.
        after: Seconds that the channel asks to be left alone, if it said so.
    """

    def __init__(self, message: str, *, again: bool, after: float | None = None) -> None:
        super().__init__(message)
        self.again = again
        self.after = after


class Messenger(Protocol):
    """Carries notices to people who are elsewhere."""

    @property
    def channels(self) -> tuple[str, ...]:
        """The names of the ways there are, which show no address."""
        ...

    async def send(self, channel: str, notice: Notice) -> None:
        """Try once, within a few seconds.

        Raises:
            NotDeliveredError: It did not arrive.
        """
        ...

    def remember(self, delivery: Delivery) -> None:
        """Keep what became of a notice where it can be looked up, also after the end of the run. Raises nothing."""
        ...

    async def close(self) -> None:
        """Let go of connections."""
        ...
