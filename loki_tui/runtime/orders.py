"""What a person asks for when a run is to begin; apart from what carries it out, which takes long to load."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Order:
    """What a person wants begun."""

    prd: Path | None
    overrides: Mapping[str, object]
    record: Path | None = None
    run: str | None = None
    """The run's name, where whoever sent this process off chose it."""
    consents: bool = False
    """Whether every question is answered with yes."""
