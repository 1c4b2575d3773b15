"""Looks at this machine: what Loki needs, which confinement works, and why another does not."""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from loki_tui.core.errors import ConfinementError
from loki_tui.core.setting_types import NETWORK_OFF
from loki_tui.core.settings import Settings
from loki_tui.hands.box.confine import landlock_abi
from loki_tui.hands.box.libc import LimitsError
from loki_tui.hands.box.seccomp import Openings, assemble
from loki_tui.hands.bubble import find_bubblewrap, version_of
from loki_tui.hands.rungs import choose, trouble_with_bwrap, trouble_with_landlock
from loki_tui.runtime.boxed import boxes_of

Standing = Literal["good", "missing", "bad"]

LEAST_PYTHON = (3, 11)
_HOSTS = ("example.com",)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: str
    standing: Standing
    """`missing` is what Loki does without, `bad` what stops it."""
    found: str


def examine(
    environ: Mapping[str, str], *, confinement: str, network: tuple[str, ...], settings: Settings | None = None
) -> list[Check]:
    """Look at everything.

    Args:
        environ: The person's environment.
        confinement: The setting `LOKI_CONFINEMENT`.
        network: The setting `LOKI_NETWORK`.
        settings: What containers are like, where they are to confine.
    """
    boxed = settings if confinement == "docker" else None
    return [
        _python(),
        _git(environ),
        _bubblewrap(),
        _landlock(),
        _filter(),
        _asked("confinement", lambda: _held(confinement, network, environ, boxed)),
        _asked("network off", lambda: f"held by {choose('auto', NETWORK_OFF).name}", optional=True),
        _asked("network to hosts", lambda: f"held by {choose('auto', _HOSTS).name} and a proxy", optional=True),
    ]


def _python() -> Check:
    return Check("Python", "good" if sys.version_info >= LEAST_PYTHON else "bad", platform.python_version())


def _git(environ: Mapping[str, str]) -> Check:
    git = shutil.which("git", path=environ.get("PATH"))
    if git is None:
        return Check("git", "bad", "not on PATH")
    try:
        done = subprocess.run([git, "--version"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check("git", "bad", f"{git} cannot be run: {error}")
    return Check("git", "good", done.stdout.strip().removeprefix("git version "))


def _bubblewrap() -> Check:
    trouble = trouble_with_bwrap()
    return Check("bubblewrap", "missing" if trouble else "good", trouble or version_of(find_bubblewrap()))


def _landlock() -> Check:
    trouble = trouble_with_landlock()
    return Check("Landlock", "missing" if trouble else "good", trouble or f"ABI {landlock_abi()}")


def _filter() -> Check:
    try:
        program = assemble(Openings(network=False, unix_sockets=False), machine=platform.machine())
    except LimitsError as error:
        return Check("system call filter", "missing", str(error))
    return Check("system call filter", "good", f"{len(program.code)} instructions for {platform.machine()}")


def _held(confinement: str, network: tuple[str, ...], environ: Mapping[str, str], boxed: Settings | None) -> str:
    rung = choose(confinement, network, boxes=boxes_of(Path.cwd(), environ, boxed) if boxed else None)
    held = rung.describe(writable=(), exposed=())
    gaps = f"; open to {'; '.join(held.uncovered)}" if held.uncovered else ""
    return f"{held.rung} {held.detail}".strip() + gaps


def _asked(name: str, ask: Callable[[], str], *, optional: bool = False) -> Check:
    try:
        return Check(name, "good", ask())
    except ConfinementError as error:
        return Check(name, "missing" if optional else "bad", error.message)
