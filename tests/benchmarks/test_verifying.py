"""The benchmark of verifying: it measures a suite that passes, bare and by the engine."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from benchmarks import verifying


@pytest.mark.parametrize("runner", ["unittest", "pytest"])
def test_the_suite_takes_as_long_as_it_is_said_to(tmp_path: Path, runner: str) -> None:
    workspace = verifying.project(tmp_path / "workspace", runner, 0.4)
    assert 0.4 <= verifying._bare(workspace, runner) < 30


def test_both_are_measured_and_held_against_the_target(tmp_path: Path) -> None:
    workspace = verifying.project(tmp_path / "workspace", "unittest", 0.5)
    verified, whole = asyncio.run(verifying._figures(workspace, "unittest", 0.5, 1))
    assert verified.floor is not None
    assert verified.target == round(1 + 0.1 * verified.floor, 2)
    assert verified.judged == "excess"
    assert 0.5 <= verified.floor < verified.ours
    assert whole.target is None
    assert whole.ours > verified.ours
