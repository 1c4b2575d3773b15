"""A line for a person. Apart from the lines' making, so that who only prints one need not load events."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Tone = Literal["plain", "quiet", "good", "bad", "warn", "loud"]


@dataclass(frozen=True, slots=True)
class Line:
    """A line and how it should sound."""

    text: str
    tone: Tone = "plain"
