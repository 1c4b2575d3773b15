"""Agents that do what they should not, through a whole run: nothing of it ends, hangs or spills."""

from __future__ import annotations

from pathlib import Path

from loki_tui.core.events import ActionFinished, IterationFinished, RunWaiting
from loki_tui.core.messages import ToolCall
from tests.cli.conftest import replaying
from tests.support.answers import WRITES, cassette
from tests.support.program import Program
from tests.support.scripted import call, says


async def test_calls_that_make_no_sense_are_answered_and_turns_are_bounded(loki: Program, tmp_path: Path) -> None:
    broken = ToolCall(id="toolu_broken", name="shell", input={}, malformed='{"command": "ls')
    endless = says("Error: 429 rate limit exceeded, please retry after 3600 s", call("list_files"))
    turns = [says(call("fly", where="moon"), broken, call("read_file", path=7)), *[endless] * 9]
    recording = cassette(tmp_path / "odd.jsonl", *turns)
    run = await loki.with_(**replaying(recording), LOKI_MAX_TURNS="3")("start", "--max-iterations", "1")
    assert run.code == 20, run
    answers = [finished.output.text for finished in loki.events(ActionFinished) if not finished.ok]
    assert "no tool 'fly'" in answers[0]
    assert "JSON" in answers[1]
    assert "path" in answers[2]
    assert [ended.ended_by for ended in loki.events(IterationFinished)] == ["turns"]
    assert loki.events(RunWaiting) == []


ESCAPES = r"printf '\033]0;owned\007\033[2J\033[31mred\r\n\377\376 done\n'"


async def test_commands_that_misbehave_are_kept_in_their_place(loki: Program, tmp_path: Path) -> None:
    commands = (
        call("shell", command="cat; echo stdin was empty"),
        call("shell", command="setsid sh -c 'echo $$ > daemon.pid; exec sleep 1000' > /dev/null 2>&1 & echo away"),
        call("shell", command="trap '' TERM; while :; do sleep 0.1; done", timeout_seconds=1),
        call("shell", command="head -c 1000000000 /dev/zero | tr '\\0' x"),
        call("shell", command=ESCAPES),
        call("shell", command="rm -f daemon.pid"),
    )
    cut_off = says("I begin to", stop="length")
    recording = cassette(tmp_path / "odd.jsonl", cut_off, says(*commands), *WRITES)
    run = await loki.with_(**replaying(recording))("start")
    assert run.code == 0, run
    results = {finished.call: finished for finished in loki.events(ActionFinished)}
    stdin, daemon, stubborn, gigabyte, escapes, _ = (results[command.id] for command in commands)
    assert stdin.output.text.strip() == "stdin was empty"
    assert daemon.ok
    assert not stubborn.ok
    assert stubborn.seconds < 20
    assert gigabyte.output.size < 1_000_000
    assert "red" in escapes.output.text
    assert "done" in escapes.output.text
    assert "\x1b" not in run.out
    assert not any("\x1b" in finished.output.text for finished in results.values())
    size = sum(path.stat().st_size for path in loki.state.rglob("*") if path.is_file())
    assert size < 20_000_000
    assert not list(processes("sleep 1000.25"))


def processes(command: str) -> list[int]:
    """The processes that run a command line."""
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = place.read_bytes()
        except OSError:
            continue  # it has ended
        if line.replace(b"\0", b" ").decode(errors="replace").strip() == command:
            found.append(int(place.parent.name))
    return found
