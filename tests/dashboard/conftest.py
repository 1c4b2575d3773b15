"""A project that a dashboard serves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loki_tui.runtime.client import Project
from loki_tui.runtime.surroundings import Surroundings
from tests.support.answers import WRITES, cassette
from tests.support.program import Program, project
from tests.support.runs import FACTS_ALONE_HERE


@pytest.fixture
def loki(tmp_path: Path) -> Program:
    """The program, in a project of its own, with a model that is a recording."""
    recording = cassette(tmp_path / "cassette.jsonl", *WRITES)
    workspace = project(tmp_path / "project")
    given = {"LOKI_PROVIDER": "replay", "LOKI_CASSETTE": str(recording), "LOKI_MODEL": "claude-sonnet-5-5"}
    return Program(workspace=workspace, home=Path(os.environ["HOME"]), variables={**given, **FACTS_ALONE_HERE})


@pytest.fixture
def place(loki: Program) -> Project:
    """The same project, as this process sees it."""
    return Surroundings.here(loki.environ, loki.workspace).project
