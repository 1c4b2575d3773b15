"""What an engine says of itself every few seconds, for whoever wants to know whether it still works."""

from __future__ import annotations

from typing import Literal

from loki_tui.core.messages import Frozen

INTERVAL = 5.0
"""Seconds from one heartbeat to the next."""

MOST_WORK = 50
"""How much of what is under way one heartbeat names."""


class Work(Frozen):
    """Something that is under way."""

    kind: Literal["model", "action", "phase"]
    name: str
    what: str
    """The model, the tool or the phase: nothing that an agent wrote."""
    quiet: float
    """Seconds since it began or was last heard of."""
    patience: float
    """Seconds of quiet after which it hangs."""

    @property
    def hangs(self) -> bool:
        """Whether it should have ended, or been heard of, by now."""
        return self.quiet > self.patience


class Beat(Frozen):
    """An engine at one moment."""

    run: str
    seq: int
    """The journal's last event."""
    status: str
    lag: float = 0.0
    """The longest, in seconds, that its loop was late since the heartbeat before."""
    work: tuple[Work, ...] = ()
    waits: bool = False
    """Whether it waits for a person: nothing hangs meanwhile."""


class Heartbeat(Frozen):
    """A beat with what tells how old it is."""

    beat: Beat
    pid: int
    host: str
    boot: str
    """The kernel's name for this boot."""
    uptime: float
    """Seconds since that boot, those asleep left out."""
    at: float
    """Seconds since 1970."""
