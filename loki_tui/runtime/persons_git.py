"""The person's own git: whose name commits carry, and how files are turned into commits.

Hands have a private home, so what the person configured for all repositories would not reach
git there; with Git LFS, say, commits would then hold the files instead of their pointers.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LOKI = ("Loki", "loki@localhost")
"""Commits for a person whose name is not known."""

_CONVERSIONS = ("core.autocrlf", "core.eol", "filter.")
"""Settings that decide what a file is in a commit; those that end with a dot stand for all that begin so."""

_IGNORES_BYTES = 100_000


@dataclass(frozen=True, slots=True)
class PersonsGit:
    """What of the person's configuration commits depend on."""

    identity: tuple[str, str] = LOKI
    """Name and address."""
    settings: tuple[tuple[str, str], ...] = ()
    """Name and value."""
    ignores: str = ""
    """The person's own ignore patterns."""


def persons_git(environ: Mapping[str, str]) -> PersonsGit:
    """Read the person's own configuration, never a workspace's."""
    git = shutil.which("git", path=environ.get("PATH"))
    if git is None:
        return PersonsGit()
    asked = subprocess.run(
        [git, "config", "--global", "--includes", "--list", "-z"],
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        cwd="/",
        env=dict(environ),
        timeout=10,
    )
    lines = (entry.partition("\n") for entry in asked.stdout.split("\0") if entry)
    pairs = [(key, value) for key, _, value in lines]
    known = dict(pairs)
    name, email = known.get("user.name"), known.get("user.email")
    return PersonsGit(
        identity=(name, email) if name and email else LOKI,
        settings=tuple((key, value) for key, value in pairs if key.startswith(_CONVERSIONS)),
        ignores=_ignores(known.get("core.excludesfile"), environ),
    )


def _ignores(named: str | None, environ: Mapping[str, str]) -> str:
    home = Path(environ.get("HOME") or Path.home())
    usual = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "git" / "ignore"
    path = Path(named.replace("~", str(home), 1)) if named else usual
    with suppress(OSError), path.open(encoding="utf-8", errors="replace") as file:
        return file.read(_IGNORES_BYTES)
    return ""
