"""The demo's project: a scratch directory, a git repository, and a PRD."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

import loki_tui.demo
from loki_tui.core.errors import UsageError
from loki_tui.core.settings import variable_of

DATA = Path(loki_tui.demo.__file__).parent
CASSETTE = DATA / "cassette.jsonl"
"""The recorded answers."""

BUDGET = "2.00"
"""Dollars; the recording spends a small part of it, but each request is covered at its worst."""

KEPT = frozenset(
    variable_of(name) for name in ("confinement", "sandbox_image", "sandbox_cpus", "sandbox_memory", "sandbox_network")
)
"""Settings of the person that also hold for the demo: what agents are held by.

Others would make it another run than the recorded one; LOKI_DIR is one project's, and not this one's.
"""


def make_project() -> Path:
    """A fresh directory with the demo's PRD, committed.

    Raises:
        UsageError: There is no git.
    """
    git = shutil.which("git")
    if git is None:
        raise UsageError("There is no git on this machine.", hint="Install it; Loki works in git repositories.")
    directory = Path(tempfile.mkdtemp(prefix="loki-demo-")).resolve()
    shutil.copy(DATA / "prd.md", directory / "prd.md")
    author = ["-c", "user.name=Loki demo", "-c", "user.email=demo@localhost", "-c", "core.hooksPath=/dev/null"]
    for arguments in (["init", "--quiet", "--initial-branch=main"], ["add", "prd.md"], ["commit", "-qm", "The PRD"]):
        subprocess.run([git, *author, *arguments], cwd=directory, check=True, timeout=30)
    return directory


def demo_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment of the demo: the person's, without settings that would lead it astray."""
    return {name: value for name, value in environ.items() if not name.startswith("LOKI_") or name in KEPT}
