"""A workspace and its state, apart from each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from loki_tui.store.journal import SqliteJournal
from loki_tui.store.paths import StateDirectory
from tests.store.samples import created, open_journal


@pytest.fixture
def state(tmp_path: Path) -> StateDirectory:
    """State that nobody has written yet."""
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    return StateDirectory(root=tmp_path / "state", workspace=workspace)


@pytest.fixture
def journal(state: StateDirectory) -> Iterator[SqliteJournal]:
    """A run that was just created."""
    with open_journal(state) as journal:
        journal.append(created())
        yield journal
