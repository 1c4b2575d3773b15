"""What checking a receipt comes to, field by field."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Status = Literal["ok", "drifted", "tampered", "unknown"]
"""Fits; the repository or the journal has moved away from it; it was changed; it could not be checked here."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What came of checking one field."""

    field: str
    status: Status
    said: str
    """One line, for a person."""
    recorded: str = ""
    """What the receipt says."""
    found: str = ""
    """What there is."""
    hint: str = ""
    """What to do about it."""


def clean(findings: Iterable[Finding]) -> bool:
    """Whether nothing was changed and nothing has moved away. What could not be checked is no reproach."""
    return all(finding.status in {"ok", "unknown"} for finding in findings)
