"""Python, git and whose commits they are, settings, budget, terminal and clock."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime

from loki_tui.core.settings import Settings
from loki_tui.runtime.checks.check import Check
from loki_tui.runtime.persons_git import LOKI, persons_git

LEAST_PYTHON = (3, 11)
LEAST_GIT = (2, 25)
"""Older ones lack what checkpoints are made with."""
LEAST_COLUMNS, LEAST_LINES = 60, 15
SKEW_SECONDS = 120.0
"""A clock that is further off makes certificates and waits wrong."""
BUILT = datetime(2026, 1, 1, tzinfo=UTC)
"""No clock of a machine that runs this shows an earlier time."""


def python() -> Check:
    """The interpreter."""
    version = platform.python_version()
    if sys.version_info >= LEAST_PYTHON:
        return Check("Python", "good", sys.executable, version)
    return Check("Python", "bad", f"{sys.executable} is too old", version, "Install Python 3.11 or newer.")


def git(environ: Mapping[str, str]) -> Check:
    """The git program."""
    fix = "Install git 2.25 or newer."
    found = shutil.which("git", path=environ.get("PATH"))
    if found is None:
        return Check("git", "bad", "not on PATH", fix=fix)
    try:
        done = subprocess.run([found, "--version"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("git", "bad", f"{found} cannot be run: {error}", fix=fix)
    version = done.stdout.strip().removeprefix("git version ")
    numbers = tuple(int(part) for part in version.split(" ")[0].split(".")[:2] if part.isdigit())
    if done.returncode or not numbers:
        return Check("git", "bad", f"{found} --version does not say which it is", fix=fix)
    if numbers < LEAST_GIT:
        return Check("git", "bad", f"{found} is too old", version, fix)
    return Check("git", "good", found, version)


def identity(environ: Mapping[str, str]) -> Check:
    """Whose name commits will carry."""
    try:
        found = persons_git(environ).identity
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("git identity", "missing", f"cannot be read: {error}")
    if found == LOKI:
        fix = "git config --global user.name 'Your Name', and user.email likewise."
        return Check("git identity", "missing", f"not set: commits will be by {LOKI[0]} <{LOKI[1]}>", fix=fix)
    return Check("git identity", "good", f"{found[0]} <{found[1]}>")


def budget(settings: Settings) -> Check:
    """Whether there is a cap."""
    if settings.budget_limit is None:
        fix = "Set LOKI_BUDGET_LIMIT, or start with --budget 10.00."
        return Check("budget", "missing", "none set: a run may spend without limit", fix=fix)
    return Check("budget", "good", f"{settings.budget_limit} US dollars a run")


def terminal(environ: Mapping[str, str]) -> Check:
    """What the full-screen application would be shown on."""
    name = environ.get("TERM", "")
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        return Check("terminal", "missing", "none here: runs print lines", fix="Run it in a terminal for the screen.")
    if name in {"", "dumb"}:
        return Check("terminal", "missing", f"TERM is {name or 'not set'}", fix="Set TERM, or use loki --linear.")
    columns, lines = os.get_terminal_size(sys.stdout.fileno())
    size = f"{name}, {columns} x {lines}"
    if columns < LEAST_COLUMNS or lines < LEAST_LINES:
        fix = f"Make it {LEAST_COLUMNS} x {LEAST_LINES} or larger."
        return Check("terminal", "missing", f"{size} is small", fix=fix)
    if "utf" not in (sys.stdout.encoding or "").lower():
        fix = "Set LANG to a UTF-8 locale, such as C.UTF-8."
        return Check("terminal", "missing", f"{size}, but it does not take UTF-8", fix=fix)
    return Check("terminal", "good", size)


def clock(now: datetime, *, latest: datetime | None, skew: float | None) -> Check:
    """Whether the time is right, as far as can be told.

    Args:
        now: What the clock shows.
        latest: When something was last journaled.
        skew: Seconds that it is ahead of the provider's; none where nobody was asked.
    """
    fix = "Set the clock, or have it set: timedatectl set-ntp true."
    if now < BUILT:
        return Check("clock", "bad", f"shows {now:%Y-%m-%d}, before this program was written", fix=fix)
    if latest is not None and (ahead := (latest - now).total_seconds()) > SKEW_SECONDS:
        return Check("clock", "bad", f"the journal's latest event is {ahead:.0f} s in the future", fix=fix)
    if skew is None:
        return Check("clock", "good", f"{now:%Y-%m-%d %H:%M:%S} UTC; compared with no other, --live does")
    # An answer's time has whole seconds, and takes a while to arrive.
    if abs(skew) > SKEW_SECONDS:
        way = "ahead of" if skew > 0 else "behind"
        return Check("clock", "bad", f"{abs(skew):.0f} s {way} the provider's", fix=fix)
    return Check("clock", "good", f"{now:%Y-%m-%d %H:%M:%S} UTC, as the provider's")
