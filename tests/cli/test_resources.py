"""The machine's load, measured while a real engine works."""

from __future__ import annotations

from pathlib import Path

from loki_tui.core import events as ev
from tests.support.answers import cassette
from tests.support.program import WAITS, Program, done, line_with
from tests.support.scripted import call, finishes, says


async def test_a_run_measures_the_machine_and_warns(loki: Program, tmp_path: Path) -> None:
    recording = cassette(tmp_path / "waits.jsonl", says(call("shell", command=WAITS)), finishes())
    eager = loki.with_(
        LOKI_CASSETTE=str(recording), LOKI_RESOURCE_CHECK_INTERVAL="0.3", LOKI_RESOURCE_CPU_THRESHOLD="1"
    )
    async with eager.started("start") as engine:
        line = await line_with(engine, "warning: The machine's CPU is at ")
        assert "above the 1 % of LOKI_RESOURCE_CPU_THRESHOLD; the run's own processes use " in line
        (loki.workspace / "go").touch()
        ended = await done(engine)
    assert ended.code in {0, 20}, ended
    samples = [event.sample for event in loki.events(ev.ResourcesSampled)]
    assert len(samples) >= 2
    # An interpreter, and hands beside it.
    assert all(sample.run_rss_bytes > 30 * 2**20 for sample in samples)
    assert all(0 < sample.memory_percent < 100 for sample in samples)
