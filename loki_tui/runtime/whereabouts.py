"""Which project a command is called in; apart from its settings, which take longer to load than to look."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from loki_tui.core.errors import UsageError
from loki_tui.store.project import Project, locate_project


def project_here(environ: Mapping[str, str], directory: Path | None = None) -> Project:
    """The project that a directory belongs to: the working directory unless another is named.

    Raises:
        UsageError: There can be no project there.
    """
    state_root = environ.get("LOKI_DIR")
    try:
        here = directory or Path.cwd()
    except FileNotFoundError as error:
        raise UsageError("The directory you are in is no longer there.", hint="Go to another: cd ~") from error
    return locate_project(here, state_root=Path(state_root) if state_root else None)
