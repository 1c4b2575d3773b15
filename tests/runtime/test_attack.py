from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from loki_tui.core.errors import ConfinementError
from loki_tui.core.settings import Settings
from loki_tui.core.vocabulary import Confinement, Ruling
from loki_tui.runtime.attack import Outcome, Report, attack, read_through
from loki_tui.runtime.attack_worktrees import lay_out_worktrees
from loki_tui.runtime.bypasses import BYPASSES
from loki_tui.runtime.escapes import PRELUDE, table
from loki_tui.runtime.escapes_worktrees import WORKTREES
from loki_tui.runtime.proving_ground import SECRET, Ground
from tests.support.containers import settings_for
from tests.support.git import ENVIRONMENT
from tests.support.hands import BOXED


class Trusting:
    """Lets through what begins with a word that is not `rm`."""

    async def judge(self, command: str, *, root: str) -> Ruling:
        return Ruling(verdict="block" if command.startswith("rm") else "allow", why="")


@pytest.mark.parametrize("rung", BOXED)
@pytest.mark.timeout(300)
async def test_every_escape_is_tried_and_none_leaks(rung: str) -> None:
    report = await attack(os.environ, confinement=rung, settings=settings_for(rung))
    assert report.confinement.rung == rung
    assert [outcome for outcome in report.outcomes if outcome.stopped_by == "leaked"] == []
    assert report.count("parser") == 0
    assert (report.count("not covered") > 0) is (rung == "landlock")
    assert len(report.outcomes) > 250
    assert {escape.name for escape in table()} <= {outcome.name for outcome in report.outcomes}


def test_every_attempt_from_a_worktree_would_do_its_harm_where_nothing_confines(tmp_path: Path) -> None:
    ground = Ground(tmp_path.resolve() / "ground")
    ground.lay_out(os.environ)
    settings = Settings.model_validate({"confinement": "none"})
    demands = ground.demands(os.environ, confinement="none", network=("on",))
    beside = asyncio.run(lay_out_worktrees(ground, demands, settings))
    fields = ground.fields(engine=1, box=1, port=1, beside=beside.places)
    spare = tmp_path / "spare"
    shutil.copytree(ground.base, spare, symlinks=True)
    before = ground.fingerprint(watched=beside.watched, own=beside.own)
    harmless = []
    for name, program in WORKTREES.items():
        argv = [sys.executable, "-I", "-S", "-c", PRELUDE + program, fields]
        done = subprocess.run(argv, cwd="/", env=ENVIRONMENT, capture_output=True, text=True, timeout=30, check=False)
        harmed = "ESCAPED" in done.stdout or SECRET in done.stdout
        if not harmed and ground.fingerprint(watched=beside.watched, own=beside.own) == before:
            harmless.append((name, done.stderr))
        shutil.rmtree(ground.base)
        shutil.copytree(spare, ground.base, symlinks=True)
    assert harmless == []


async def test_without_confinement_nothing_is_tried() -> None:
    with pytest.raises(ConfinementError, match="every escape would do its harm"):
        await attack(os.environ, confinement="none")


async def test_a_command_that_is_let_through_is_a_leak() -> None:
    outcomes = [await read_through(Trusting(), command) for command in BYPASSES]
    report = Report(Confinement(rung="landlock"), tuple(outcomes))
    assert report.count("parser") > 5
    assert report.count("leaked") > 5
    assert Outcome("sudo rm -rf /", "command", "leaked") in outcomes


def test_harm_is_seen(tmp_path: Path) -> None:
    """What judges the attempts would notice each kind of damage."""
    ground = Ground(tmp_path.resolve())
    ground.lay_out(os.environ)
    before = ground.fingerprint()
    assert ground.fingerprint() == before
    for harm in (
        lambda: (ground.outside / "file.txt").write_text("x"),
        lambda: (ground.outside / "file.txt").chmod(0o777),
        lambda: os.utime(ground.outside / "secret.txt", (1, 1)),
        (ground.home / "new").touch,
        (ground.workspace / "new").touch,
        lambda: os.link(ground.outside / "secret.txt", ground.workspace / "src/link"),
        (ground.repository / ".git/hooks/pre-commit").touch,
    ):
        before = ground.fingerprint()
        harm()
        assert ground.fingerprint() != before
