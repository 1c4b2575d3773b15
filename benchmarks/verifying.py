"""What verification costs beside the tests themselves: the same suite measured by the engine, and run bare.

The suites wait more than they compute, so that what is measured is what comes on top of them.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from benchmarks.figures import Effort, Figure, median
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Verdict
from loki_tui.engine.qa.phase import UNIT_TESTS, Phase
from loki_tui.engine.qa.phases import PHASES, QUICK
from loki_tui.runtime.measuring import Measuring, measuring
from loki_tui.runtime.surroundings import Surroundings

SHARE = 0.1
"""Most that may come on top, of the tests' own time …"""

CONSTANT = 1.0
"""… and, beside that, seconds."""

_GIT = ("git", "-c", "user.name=Loki", "-c", "user.email=loki@localhost", "-c", "init.defaultBranch=main")

_PRODUCT = "def double(number):\n    return number * 2\n"

_UNITTEST = """\
import time
import unittest

from product import double


class DoubleTest(unittest.TestCase):
    pass


def _test(number):
    def test(self):
        time.sleep({pause})
        self.assertEqual(double(number), number + number)

    return test


for number in range({tests}):
    setattr(DoubleTest, f"test_{{number}}", _test(number))
"""

_PYTEST = """\
import time

import pytest

from product import double


@pytest.mark.parametrize("number", range({tests}))
def test_double(number):
    time.sleep({pause})
    assert double(number) == number + number
"""

_RUNNERS = {
    "unittest": (_UNITTEST, ("python3", "-m", "unittest", "discover")),
    "pytest": (_PYTEST, ("python3", "-m", "pytest", "-q", "-p", "no:cacheprovider")),
}


def measure(effort: Effort) -> Iterator[Figure]:
    """What every iteration pays for its facts, and what a claim of completion pays for all of them."""
    quick = effort.repetitions == 1
    for runner, seconds in [("unittest", 2)] if quick else [("unittest", 5), ("pytest", 5), ("unittest", 30)]:
        with tempfile.TemporaryDirectory(prefix="loki-benchmark-") as scratch:
            workspace = project(Path(scratch) / "workspace", runner, seconds)
            repetitions = 1 if quick or seconds > 10 else 3
            yield from asyncio.run(_figures(workspace, runner, seconds, repetitions))


def project(workspace: Path, runner: str, seconds: float) -> Path:
    """A repository with a suite that takes so long: a commit, and a change to be verified.

    Args:
        workspace: Where it is made.
        runner: What its tests are written for.
        seconds: How long they take.
    """
    text, _ = _RUNNERS[runner]
    tests = max(1, round(seconds * 10))
    files = {"product.py": _PRODUCT, "test_product.py": text.format(tests=tests, pause=seconds / tests)}
    if runner == "pytest":
        files["pytest.ini"] = "[pytest]\n"
    workspace.mkdir(parents=True)
    for name, content in files.items():
        (workspace / name).write_text(content)
    for arguments in (("init", "-q"), ("add", "-A"), ("commit", "-qm", "Begin")):
        subprocess.run([*_GIT, *arguments], cwd=workspace, check=True, timeout=60)
    (workspace / "product.py").write_text(f"{_PRODUCT}\n\ndef triple(number):\n    return number * 3\n")
    return workspace


async def _figures(workspace: Path, runner: str, seconds: float, repetitions: int) -> list[Figure]:
    around = Surroundings.here({**os.environ, "LOKI_DIR": str(workspace.parent / "state")}, workspace)
    async with measuring(around, Settings(), committed=False, base="main") as subject:
        # What the base's tests come to is found out once in a run.
        await _verify(subject, QUICK)
        ours, floor = [], []
        for _ in range(repetitions):
            floor.append(await asyncio.to_thread(_bare, workspace, runner))
            ours.append(await _verify(subject, QUICK))
        whole = await _verify(subject, PHASES)
    beside = median(floor)
    name = f"{seconds:g} s of {runner}"
    return [
        Figure(f"{name}, verified", "s", median(ours), beside, "excess", round(CONSTANT + SHARE * beside, 2)),
        Figure(f"{name}, every phase of a claim", "s", whole, beside),
    ]


async def _verify(subject: Measuring, phases: Sequence[Phase]) -> float:
    """How long these take."""
    began = time.perf_counter()
    for phase in phases:
        found = await subject.measure(phase)
        if phase.name == UNIT_TESTS and found.verdict is not Verdict.PASSED:
            raise RuntimeError(found.why)
    return time.perf_counter() - began


def _bare(workspace: Path, runner: str) -> float:
    """How long the tests take by themselves."""
    _, command = _RUNNERS[runner]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    began = time.perf_counter()
    subprocess.run(command, cwd=workspace, env=environment, check=True, capture_output=True, timeout=300)
    return time.perf_counter() - began
