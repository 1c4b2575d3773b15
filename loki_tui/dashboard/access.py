"""Who is asking, and what they may do: three roles, each of which may do all that the one before may."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from aiohttp import web


class Role(IntEnum):
    """What somebody may do."""

    VIEWER = 1
    """Look."""
    OPERATOR = 2
    """Pause, resume and stop, decide approvals, call the council."""
    ADMIN = 3
    """Set the budget, and use the application in the browser, which can begin runs and change settings."""

    @property
    def word(self) -> str:
        """The role as it is written in tokens and shown."""
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who was let in."""

    name: str
    """As the journal has it: a person's name, no control characters in it."""
    role: Role


CALLER = web.RequestKey("caller", Caller)
"""Who is asking; in every request that got past the door."""


def highest(words: frozenset[str]) -> Role | None:
    """The highest role among words such as `operator`; none where no role is among them."""
    return max((role for role in Role if role.word in words), default=None)
