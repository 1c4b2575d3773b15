"""Checkpoints of a workspace, in this process and in ones with less power."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from loki_tui.store.checkpoints import GitCheckpoints
from tests.support.git import state, write

PREAMBLE = """
import asyncio, os, sys
from pathlib import Path
from loki_tui.core.errors import CheckpointError
from loki_tui.store.checkpoints import GitCheckpoints

directory, workspace = map(Path, sys.argv[1:])
checkpoints = GitCheckpoints(directory, workspace=workspace)
"""


async def files_of(checkpoints: GitCheckpoints, checkpoint: str, target: Path) -> dict[str, str]:
    write(target, {})
    await checkpoints.export(checkpoint, target)
    return state(target)


def powerless(script: str, *arguments: Path) -> str:
    """What a script prints that is refused what modes forbid: root is not, unless it gives its capabilities away."""
    giving_up = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"] if os.geteuid() == 0 else []
    command = [*giving_up, sys.executable, "-c", PREAMBLE + script, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stderr == ""
    return done.stdout
