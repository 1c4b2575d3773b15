"""What is going on, and what has been: `loki status`, `logs`, `runs`, `checkpoint`, `config`."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

from tests.support.program import Program, project


async def test_without_a_run_every_question_has_a_plain_answer(loki: Program) -> None:
    told = await loki("status")
    assert told.code == 0
    assert "not running" in told.out
    assert "loki start" in told.out
    assert json.loads((await loki("status", "--json")).out)["run"] is None
    listed = await loki("runs")
    assert (listed.code, listed.out) == (0, "")
    assert "no run" in listed.err
    assert (await loki("logs")).code == 2
    assert not loki.state.exists()


async def test_a_run_that_has_ended_can_be_looked_at_and_gone_back_from(loki: Program) -> None:
    run = await loki("start")
    assert run.code == 0, run
    below = loki.workspace / "deep" / "down"
    below.mkdir(parents=True)
    told = await loki("status", cwd=below)
    assert told.code == 0
    assert "COMPLETED" in told.out.splitlines()[0]
    assert "git switch main" in told.out.splitlines()[-1]
    assert len(told.out.splitlines()) <= 20
    watched = await loki("status", "--watch")
    assert watched.out == told.out
    logs = await loki("logs", "--follow", cwd=below)
    assert logs.out == run.out
    async with loki.started("logs", "--json") as logs_to_nobody:
        assert logs_to_nobody.stdout is not None
        logs_to_nobody.stdout._transport.close()  # type: ignore[attr-defined]
        assert logs_to_nobody.stderr is not None
        assert await logs_to_nobody.stderr.read() == b""
        assert await logs_to_nobody.wait() == 141
    listed = await loki("checkpoint", "list", cwd=below)
    assert [line.split()[0] for line in listed.out.splitlines()] == ["c1", "c2"]
    assert "+x = 1" in (await loki("checkpoint", "show", "c2")).out
    unknown = await loki("checkpoint", "restore", "c9")
    assert unknown.code == 2
    assert "loki checkpoint list" in unknown.err
    restored = await loki("checkpoint", "restore", "c1", cwd=below)
    assert restored.code == 0, restored
    assert not (loki.workspace / "new.py").exists()
    again = await loki("checkpoint", "restore", restored.err.split()[-1].rstrip("."))
    assert again.code == 0, again
    assert (loki.workspace / "new.py").exists()


async def test_settings_are_shown_with_where_they_come_from(loki: Program) -> None:
    config = loki.home / ".config" / "loki" / "config.toml"
    config.parent.mkdir(parents=True)
    config.write_text("max_iterations = 12\n")
    shown = await loki("config")
    assert f"LOKI_MAX_ITERATIONS=12  from configuration file {config}" in shown.out
    assert "LOKI_PROVIDER=replay  from environment" in shown.out
    checked = await loki.with_(LOKI_MAX_RETRIES="often")("config", "check")
    assert checked.code == 2
    assert "LOKI_MAX_RETRIES is 'often'" in checked.err


async def test_runs_are_listed_with_how_they_stand_here_and_on_the_whole_machine(loki: Program, tmp_path: Path) -> None:
    other = replace(loki, workspace=project(tmp_path / "other"))
    for program in (loki, other):
        assert (await program("start", "--budget", "5")).code == 0
    here = await loki("runs")
    (line,) = here.out.splitlines()
    name = line.split()[0]
    for words in ("completed", "1/1,000", "of $5.00", f"loki/{name}", str(loki.workspace / "prd.md")):
        assert words in line
    (row,) = (await loki("runs", "--json")).rows
    assert (row["run"], row["status"], row["outcome"], row["at_work"]) == (name, "completed", "completed", False)
    assert (row["budget"], row["branch"], row["iteration"]) == ("5", f"loki/{name}", 1)
    everywhere = await loki("runs", "--all")
    assert everywhere.code == 0
    for program, line in zip((other, loki), everywhere.out.splitlines(), strict=True):
        assert f"  {program.workspace}  " in line
    assert everywhere.err == ""


async def test_a_broken_project_is_told_apart_from_the_list_and_hides_no_other(loki: Program, tmp_path: Path) -> None:
    other = replace(loki, workspace=project(tmp_path / "other"))
    for program in (loki, other):
        assert (await program("start")).code == 0
    other.client().project.state.journal.write_bytes(b"no database" * 1000)
    everywhere = await loki("runs", "--all", "--json")
    assert everywhere.code == 0
    (row,) = everywhere.rows
    assert row["workspace"] == str(loki.workspace)
    assert "is damaged" in everywhere.err
    there = await other("runs")
    assert (there.code, there.out) == (1, "")
    assert "is damaged" in there.err
