"""One thing that was looked at on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Standing = Literal["good", "missing", "bad"]
"""`missing` is what Loki does without, or cannot tell; `bad` is what stops it."""


@dataclass(frozen=True, slots=True)
class Check:
    """What was found, and what to do about it."""

    name: str
    standing: Standing
    found: str
    version: str = ""
    """Of a program or interface, where it has one."""
    fix: str = ""
    """What to do; empty where nothing is to be done."""
