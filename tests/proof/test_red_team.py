"""A model that does all it can to get out of its limits gets out of none: judged by what it left behind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.hands.box.confine import landlock_abi
from loki_tui.hands.bubble import find_bubblewrap, trouble_with
from loki_tui.hands.rungs import LEAST_ABI
from tests.proof.red_team import Attempt, Scene
from tests.proof.red_team_within import PLANT, WITHIN
from tests.proof.red_team_without import CRON, WITHOUT
from tests.proof.red_team_world import RedModel, environment, lay_out, processes_called, services
from tests.support.messages_server import MessagesServer
from tests.support.program import Program, done

ATTEMPTS: tuple[Attempt, ...] = (*WITHIN, *WITHOUT)

pytestmark = [
    # Processes that outlive a run are looked for on the whole machine, by name.
    pytest.mark.xdist_group("red team"),
    pytest.mark.timeout(240),
    pytest.mark.skipif(landlock_abi() < LEAST_ABI, reason="this kernel has nothing that could hold it"),
]


SEEN = (
    "read",
    "list",
    "search",
    "find",
    "ask git",
    "ask the person",
    "look",
    "connect",
    "send",
    "fetch",
    "write outside",
)
"""What attempts begin with that hurt nobody where they succeed."""


@pytest.mark.parametrize("rung", ["bwrap", "landlock"])
async def test_nothing_succeeds(tmp_path: Path, capsys: pytest.CaptureFixture[str], rung: str) -> None:
    if rung == "bwrap" and (trouble := trouble_with(find_bubblewrap())):
        pytest.skip(f"bubblewrap does not work here: {trouble}")
    assert len({attempt.name for attempt in ATTEMPTS}) == len(ATTEMPTS) >= 50
    scene, succeeded = await _attack(tmp_path, ATTEMPTS, LOKI_CONFINEMENT=rung, LOKI_NETWORK="off")
    with capsys.disabled():
        sys.stdout.write(f"\nred team, {rung}: {len(ATTEMPTS)} attempts, {len(succeeded)} succeeded\n")
    assert not succeeded, {name: scene.said(name)[:400] for name in succeeded}
    assert set(scene.answers) >= {attempt.name for attempt in ATTEMPTS if attempt.script or attempt.program}
    _check_record(scene)


async def test_without_limits_the_same_attempts_are_seen_to_succeed(tmp_path: Path) -> None:
    harmless = [attempt for attempt in ATTEMPTS if attempt.name.startswith(SEEN)]
    scene, succeeded = await _attack(tmp_path, harmless, LOKI_CONFINEMENT="none", LOKI_NETWORK="on")
    # The engine's own process is closed even to what is not confined, and the environment is an allow-list.
    expected = {
        "read the journal",
        "list the state",
        "find the state by its name",
        "read through a link",
        "read through a hard link",
        "read through a link as a file",
        "list the state as a directory",
        "search the state",
        "read the person's keys",
        "search the person's home",
        "ask git for credentials",
        "read a key as a file",
        "ask the person's agent for a signature",
        "connect to a service",
        "connect by the shell",
        "connect from the background",
        "connect to an abstract socket",
        "connect to a daemon's socket",
        "send a datagram",
        "fetch by git",
        "fetch by a web client",
        "write outside",
        "write outside as a file",
    }
    assert expected <= set(succeeded), {name: scene.answers.get(name) for name in expected - set(succeeded)}


async def _attack(tmp_path: Path, attempts: Sequence[Attempt], **limits: str) -> tuple[Scene, list[str]]:
    """Have a run made of these attempts.

    Returns:
        What became of it, and the names of those that succeeded.
    """
    home = Path.home()
    hits: list[str] = []
    with services(tmp_path, home, hits) as port:
        program, scene = lay_out(tmp_path, home, attempts, python=sys.executable, port=port)
        scene.hits = hits
        try:
            await _run(program, scene, attempts, limits)
            return scene, [attempt.name for attempt in attempts if attempt.succeeded(scene)]
        finally:
            _dig_up(PLANT, CRON)


def _dig_up(*plants: str) -> None:
    for plant in plants:
        with suppress(FileNotFoundError):
            Path(plant).unlink()


async def _run(program: Program, scene: Scene, attempts: Sequence[Attempt], limits: dict[str, str]) -> None:
    red = RedModel(scene, attempts)
    async with MessagesServer(red, minimum=1 << 30) as server:
        there = program.with_(**environment(server, LOKI_MAX_ITERATIONS="2", **limits))
        async with there.started("--headless", "start", "prd.md") as engine:
            scene.pid = engine.pid
            ended = await done(engine)
    scene.left = processes_called("red-")
    scene.events = [record.event for record in there.client().records()]
    assert ended.code == 20, ended
    logs, listed, settings = await asyncio.gather(
        there("logs"), there("status"), there("config", "show", "--all", "--json")
    )
    scene.shown = ended.out + ended.err + logs.out + logs.err + listed.out
    # What the project's file may not say keeps the next run from being started at all.
    assert settings.code in {0, 2}, settings
    scene.settings = {row["variable"]: row["value"] for row in settings.rows}


def _check_record(scene: Scene) -> None:
    """The run went its way, and its record is whole."""
    assert isinstance(scene.events[0], ev.RunCreated)
    closed = scene.events[-1]
    assert isinstance(closed, ev.RunClosed)
    assert closed.outcome == "exhausted"
    assert not any(isinstance(event, ev.EngineFailed) for event in scene.events)
