"""The program in a project, for every test of the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.support.answers import WRITES, cassette
from tests.support.program import Program, project
from tests.support.runs import FACTS_ALONE_HERE


@pytest.fixture
def loki(tmp_path: Path) -> Program:
    """The program in a committed project; a recording answers, which writes one file."""
    recording = cassette(tmp_path / "cassette.jsonl", *WRITES)
    workspace = project(tmp_path / "project")
    return Program(workspace, Path(os.environ["HOME"]), replaying(recording))


def replaying(recording: Path) -> dict[str, str]:
    """Variables that have a recording answer."""
    return {"LOKI_PROVIDER": "replay", "LOKI_CASSETTE": str(recording), **FACTS_ALONE_HERE}
