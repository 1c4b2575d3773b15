"""`loki sandbox` and `loki start --sandbox`, as a person uses them."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from loki_tui.containers.census import Census, Found
from tests.cli.conftest import replaying
from tests.support.answers import cassette
from tests.support.containers import IMAGE, engine_for_tests
from tests.support.hands import until
from tests.support.program import WAITS, Program, done, line_with, project
from tests.support.scripted import call, finishes, says
from tests.support.terminal import loki_in_terminal, needs_tmux

WORKS = (says(call("shell", command="id -u > made; cat /proc/net/dev >> made")), finishes())


@pytest.fixture
async def loki(tmp_path: Path) -> AsyncIterator[Program]:
    recording = cassette(tmp_path / "cassette.jsonl", *WORKS)
    person = Program(project(tmp_path / "project"), Path(os.environ["HOME"]), replaying(recording))
    yield person.with_(LOKI_SANDBOX_IMAGE=IMAGE)
    await person("sandbox", "stop")


def boxes_of(loki: Program) -> list[Found]:
    return Census(engine_for_tests()).of(loki.workspace)


@pytest.mark.docker
async def test_a_box_is_opened_looked_into_and_ended(loki: Program) -> None:
    nothing = await loki("sandbox", "status")
    assert (nothing.code, "No sandbox runs here" in nothing.out) == (0, True)
    opened = await loki("sandbox", "start")
    assert opened.code == 0, opened
    name = opened.out.strip()
    again = await loki("sandbox", "start")
    assert (again.out.strip(), "open already" in again.err) == (name, True)

    status = await loki("sandbox", "status")
    for line in (
        "isolated    root cannot be written",
        "isolated    no network but its own loopback",
        "not held    the kernel is this machine's own",
        f"writes      {loki.workspace}",
    ):
        assert line in status.out
    assert "MISSING" not in status.out
    (row,) = (await loki("sandbox", "status", "--json")).rows
    assert (row["name"], row["kind"], row["state"], row["lacks"]) == (name, "shell", "running", [])

    nowhere = await loki("sandbox", "shell")
    assert nowhere.code == 2
    assert "takes a terminal" in nowhere.err
    ran = await loki("sandbox", "shell", "--", "sh", "-c", "pwd; echo kept > kept.txt; echo oh >&2; exit 3")
    assert (ran.code, ran.out, ran.err) == (3, f"{loki.workspace}\n", "oh\n")
    assert "CapEff 0000000000000000" in (await loki("sandbox", "logs")).out

    ended = await loki("sandbox", "stop")
    assert (ended.code, ended.out.strip()) == (0, name)
    assert "no work is in a container" in ended.err
    assert boxes_of(loki) == []
    assert (loki.workspace / "kept.txt").read_text() == "kept\n"


@pytest.mark.docker
async def test_a_shell_without_a_box_says_how_to_get_one(loki: Program) -> None:
    for command in ("shell", "logs"):
        refused = await loki("sandbox", command)
        assert refused.code == 2
        assert "loki sandbox start" in refused.err


@pytest.mark.docker
@needs_tmux
def test_a_shell_is_a_real_terminal(tmp_path: Path) -> None:
    person = Program(project(tmp_path / "project"), Path(os.environ["HOME"]), {"LOKI_SANDBOX_IMAGE": IMAGE})
    asyncio.run(person("sandbox", "start"))
    with loki_in_terminal(person, "sandbox", "shell") as shown:
        shown.shows("box:")
        shown.enter("stty size; test -t 0 && echo is-a-$((1+1))tty")
        shown.press("Enter")
        shown.shows("is-a-2tty", "36 120")
        shown.resize(100, 30)
        shown.enter("stty size && exit 5")
        shown.press("Enter")
        assert shown.ends() == 5
    asyncio.run(person("sandbox", "stop"))


@pytest.mark.docker
async def test_a_run_in_a_sandbox_completes_and_leaves_no_box(loki: Program) -> None:
    ended = await loki("--headless", "start", "--sandbox")
    assert ended.code == 0, ended
    made = loki.client().view().state
    assert made.created is not None
    assert made.created.settings["confinement"] == "docker"
    assert boxes_of(loki) == []


@pytest.mark.docker
async def test_to_stop_the_sandbox_stops_the_run_in_it_and_keeps_its_work(loki: Program, tmp_path: Path) -> None:
    turns = (says(call("shell", command="echo work > work.txt")), says(call("shell", command=WAITS)), finishes())
    waiting = loki.with_(LOKI_CASSETTE=str(cassette(tmp_path / "waiting.jsonl", *turns)))
    async with waiting.started("--headless", "start", "--sandbox") as engine:
        await line_with(engine, "until [ -e go ]")
        await asyncio.to_thread(until, lambda: [box.kind for box in boxes_of(loki)] == ["agent"], "a box at work")
        (row,) = (await waiting("sandbox", "status", "--json")).rows
        assert row["run"] == waiting.client().run
        seen = await waiting("sandbox", "shell", "--", "cat", "work.txt")
        assert seen.out == "work\n"
        stopped = await waiting("sandbox", "stop")
        assert (stopped.code, stopped.out.strip()) == (0, row["name"]), stopped
        assert "no work is in a container" in stopped.err
        left = await done(engine)
    assert left.code == 20
    assert boxes_of(loki) == []
    assert (loki.workspace / "work.txt").read_text() == "work\n"


@pytest.mark.docker
async def test_what_a_killed_run_left_is_shown_and_removed(loki: Program, tmp_path: Path) -> None:
    turns = (says(call("shell", command=WAITS)), finishes())
    waiting = loki.with_(LOKI_CASSETTE=str(cassette(tmp_path / "waiting.jsonl", *turns)))
    async with waiting.started("--headless", "start", "--sandbox") as engine:
        await line_with(engine, "until [ -e go ]")
        engine.kill()
        await done(engine)
    await asyncio.to_thread(until, lambda: [box.state for box in boxes_of(loki)] == ["exited"], "the end of the box")
    assert "left by a process that is gone" in (await loki("sandbox", "status")).out
    (loki.workspace / "go").touch()
    resumed = await waiting("--headless", "resume")
    assert resumed.code == 0, resumed
    assert boxes_of(loki) == []


@pytest.mark.parametrize(
    "arguments",
    [("sandbox", "start"), ("sandbox", "status"), ("--headless", "start", "--sandbox"), ("sandbox", "stop")],
)
async def test_without_an_engine_every_command_says_what_there_is_instead(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    recording = cassette(tmp_path / "cassette.jsonl", *WORKS)
    person = Program(project(tmp_path / "project"), Path(os.environ["HOME"]), replaying(recording))
    refused = await person.with_(DOCKER_HOST=f"unix://{tmp_path}/none.sock")(*arguments)
    assert refused.code == 2
    assert "No container engine answers here" in refused.err
    assert "LOKI_CONFINEMENT=bwrap or landlock" in refused.err


@pytest.mark.docker
async def test_the_doctor_looks_at_engine_and_image(loki: Program) -> None:
    looked = await loki.with_(LOKI_CONFINEMENT="docker")("doctor", "--json")
    (held,) = [row for row in looked.rows if row["name"] == "confinement"]
    assert held["standing"] == "good"
    assert IMAGE in held["found"]
    missing = await loki.with_(LOKI_CONFINEMENT="docker", LOKI_SANDBOX_IMAGE="nobody/has:this")("doctor", "--json")
    assert missing.code == 20
    (held,) = [row for row in missing.rows if row["name"] == "confinement"]
    assert (held["standing"], "nobody/has:this" in held["found"]) == ("bad", True)


async def test_bad_settings_of_boxes_are_refused(tmp_path: Path) -> None:
    person = Program(project(tmp_path / "project"), Path(os.environ["HOME"]))
    wrong = {"MEMORY": "lots", "CPUS": "0", "NETWORK": "host", "READONLY": "perhaps"}
    refused = await person.with_(**{f"LOKI_SANDBOX_{name}": value for name, value in wrong.items()})(
        "sandbox", "status"
    )
    assert refused.code == 2
    for name, value in wrong.items():
        assert f"LOKI_SANDBOX_{name}" in refused.err
        assert value in refused.err
