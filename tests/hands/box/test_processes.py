from __future__ import annotations

import os
import signal
import time

import pytest

from tests.support.hands import Box, World, alive, box_policy, offspring, state_of, until


def control(box: Box, op: str) -> None:
    box.say({"id": 1_000_000, "op": op, "input": {}})
    assert box.hear() == {"id": 1_000_000, "result": {}}


def test_everything_stands_still_and_goes_on(world: World) -> None:
    os.mkfifo(world.workspace / "gate")
    box = Box(box_policy(world))
    box.say(
        {"id": 500, "op": "shell", "input": {"command": "sleep 600 & echo $! > one; cat gate", "timeout_seconds": 1}}
    )
    box.shell("(setsid sh -c 'echo $$ > two; while :; do :; done' &)", background=True)
    names = [world.workspace / name for name in ("one", "two")]
    until(lambda: all(name.exists() and name.read_text().strip() for name in names))
    pids = [int(name.read_text()) for name in names]
    control(box, "freeze")
    control(box, "freeze")
    assert [state_of(pid) for pid in pids] == ["T", "T"]
    began = time.monotonic()
    box.say({"id": 501, "op": "shell", "input": {"command": "echo born frozen"}})
    until(lambda: time.monotonic() - began > 1.2)  # beyond the command's time, which stands still
    box.say({"id": 1_000_000, "op": "thaw", "input": {}})
    answers = {answer["id"]: answer for answer in (box.hear(), box.hear())}
    assert answers.keys() == {501, 1_000_000}
    assert "born frozen" in str(answers[501])
    assert "T" not in [state_of(pid) for pid in pids]
    control(box, "thaw")
    last = box.hear()
    assert last["id"] == 500
    assert "timed out after 1 s" in str(last)
    assert box.close() == 0
    assert not any(alive(pid) for pid in pids)


def test_what_is_frozen_can_be_cancelled_and_closed(world: World) -> None:
    box = Box(box_policy(world))
    box.say({"id": 500, "op": "shell", "input": {"command": "echo $$ > pid; exec sleep 600"}})
    box.shell("until [ -s pid ]; do :; done")
    pid = int((world.workspace / "pid").read_text())
    control(box, "freeze")
    box.say({"id": 0, "op": "cancel", "input": {"target": 500}})
    assert box.hear()["id"] == 500
    assert not alive(pid)
    assert box.close() == 0


@pytest.mark.parametrize("how", ["hang up", "SIGTERM"])
def test_an_end_of_the_hands_is_an_end_of_everything(world: World, how: str) -> None:
    box = Box(box_policy(world))
    box.shell("sh -c 'trap \"\" TERM; echo $$ > pid; while :; do sleep 600; done'", background=True)
    file = world.workspace / "pid"
    until(lambda: file.exists() and bool(file.read_text().strip()))
    pid = int(file.read_text())
    if how == "SIGTERM":
        os.kill(box.process.pid, signal.SIGTERM)
        box.process.wait(20)
    assert box.close() == 0
    assert not alive(pid)


def test_commands_may_clear_up_behind_them_before_they_are_ended(world: World) -> None:
    box = Box(box_policy(world))
    box.shell("trap 'echo > farewell; exit' TERM; echo > ready; while :; do sleep 0.01; done", background=True)
    until((world.workspace / "ready").exists)
    assert box.close() == 0
    assert (world.workspace / "farewell").exists()


def test_orphans_are_collected(world: World) -> None:
    box = Box(box_policy(world))
    box.shell("exec sleep 600", background=True)
    for _ in range(3):
        box.shell("(setsid true &); (setsid true &)")
    box.shell("true")
    assert len(offspring(box.process.pid)) <= 2
    box.close()
