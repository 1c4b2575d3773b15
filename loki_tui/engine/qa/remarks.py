"""What is compared to learn what a change did to the tests, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Finding

Kind = Literal["removed", "weakened", "settings"]
Severity = Literal["critical", "high", "medium", "low"]


@dataclass(frozen=True, slots=True)
class Change:
    """A file that differs: its text at the base and now, none where there is no such file."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Remark:
    """One thing that a change did to the tests."""

    kind: Kind
    finding: Finding
    test: str = ""
    """The test's own name; empty where it is about more than one."""

    @property
    def is_red(self) -> bool:
        """Whether nothing is verified with it."""
        return self.finding.severity in {"critical", "high"}


def remark(kind: Kind, severity: Severity, where: tuple[str, int | None], message: str, *, test: str = "") -> Remark:
    """Say something.

    Args:
        kind: What it is about.
        severity: How grave it is.
        where: File and line.
        message: What happened, and what to do.
        test: The test's own name.
    """
    return Remark(kind, Finding(severity=severity, file=where[0], line=where[1], message=one_line(message)), test)
