"""`loki plan`: the plan alone, what it cost, and what a run on it may cost."""

from __future__ import annotations

import json
from pathlib import Path

from loki_tui.core import events as ev
from loki_tui.core.fold import fold
from loki_tui.core.vocabulary import Purpose
from loki_tui.store.paths import StateDirectory
from loki_tui.store.reader import JournalReader
from tests.support.answers import cassette
from tests.support.journaled import created, write
from tests.support.parallel import Part, divides
from tests.support.program import Program
from tests.support.scripted import call, plans, says


def _records(loki: Program) -> list[ev.Record]:
    (root,) = next(loki.state.iterdir()).joinpath("plans").iterdir()
    with JournalReader.open(StateDirectory(root=root, workspace=loki.workspace)) as reader:
        return list(reader.records(root.name))


async def test_the_requirements_and_an_estimate_are_shown_and_nothing_else_is_done(loki: Program) -> None:
    made = await loki("plan", "prd.md")
    assert made.code == 0, made
    assert "1 requirement" in made.out
    assert "R1  It works" in made.out
    assert "cost        " in made.out
    assert "1 request" in made.out
    assert "Nothing was started." in made.err
    assert (await loki("runs")).out == ""
    assert (await loki("runs", "--all")).out == ""
    records = _records(loki)
    state = fold(records)
    assert state.answered == {Purpose.PLAN: 1}
    assert state.closed is not None
    assert state.closed.outcome == "stopped"


async def test_a_plan_as_json_is_one_object(loki: Program) -> None:
    done = await loki("plan", "--json")
    assert done.code == 0, done
    row = json.loads(done.out)
    assert [each["title"] for each in row["requirements"]] == ["It works"]
    assert (row["fallback"], row["requests"]) == (False, 1)
    assert row["estimate"]["iterations"][0] >= 1
    assert row["record"].startswith(str(loki.state))


async def test_nobody_is_asked_to_approve_a_plan_that_nothing_follows_from(loki: Program) -> None:
    done = await loki.with_(LOKI_STAGED_AUTONOMY="true")("plan")
    assert done.code == 0, done


async def test_a_budget_that_does_not_cover_the_plan_is_said_at_once(loki: Program) -> None:
    done = await loki("plan", "--budget", "0.000001")
    assert done.code == 2, done
    assert "does not cover the next request" in done.err
    assert done.out == ""
    assert not any(isinstance(record.event, ev.ModelRequested) for record in _records(loki))


async def test_a_model_that_plans_nothing_leaves_one_requirement_and_is_no_success(
    loki: Program, tmp_path: Path
) -> None:
    twice = says(call("submit_plan", requirements=[{"id": "R1", "title": ""}]))
    recording = cassette(tmp_path / "bad.jsonl", plan=twice)
    recording.write_text(recording.read_text() + "\n" + recording.read_text())
    done = await loki.with_(LOKI_CASSETTE=str(recording))("plan")
    assert done.code == 1, done
    assert "no plan that can be used" in done.err
    assert "2 requests" in done.out


async def test_what_a_model_wrote_is_text_and_nothing_else(loki: Program, tmp_path: Path) -> None:
    recording = cassette(tmp_path / "odd.jsonl", plan=plans("It \x1b[2Jclears [bold]this[/bold]"))
    done = await loki.with_(LOKI_CASSETTE=str(recording))("plan")
    assert done.code == 0, done
    assert "\x1b" not in done.out
    assert "[bold]this[/bold]" in done.out


async def test_streams_are_shown_with_what_they_build_on_and_their_files(loki: Program, tmp_path: Path) -> None:
    top = Part("The top", "R2", ["top/[bold]", "test_top.py"], after=["base"])
    side = Part("side", "R3", ["base.py"])
    planned = divides(top, Part("base", "R1", ["base.py"]), side)
    parallel = loki.with_(LOKI_CASSETTE=str(cassette(tmp_path / "streams.jsonl", plan=planned)))
    done = await parallel("plan", "--parallel")
    assert done.code == 0, done
    shown = done.out.split("3 streams\n")[1]
    assert "base  R1\n    base.py\n" in shown
    assert "the-top  R2, after base\n    top/[bold]\n    test_top.py\n" in shown
    assert "Stream side comes after base, since both may touch base.py." in shown
    assert (await loki("runs", "--all")).out == ""
    again = await parallel.with_(LOKI_PARALLEL_MODE="true")("plan", "--json")
    row = json.loads(again.out)
    assert {each["name"]: each["after"] for each in row["streams"]} == {
        "base": [],
        "the-top": ["base"],
        "side": ["base"],
    }
    assert row["notes"] == ["Stream side comes after base, since both may touch base.py."]


async def test_a_plan_that_is_not_parallel_has_no_streams(loki: Program) -> None:
    done = await loki("plan", "--json")
    assert json.loads(done.out)["streams"] == []
    assert "stream" not in (await loki("plan")).out


async def test_streams_that_cannot_be_used_are_said(loki: Program, tmp_path: Path) -> None:
    circle = divides(Part("a", "R1", ["a"], after=["b"]), Part("b", "R2", ["b"], after=["a"]))
    recording = cassette(tmp_path / "circle.jsonl", plan=circle)
    recording.write_text(recording.read_text() + "\n" + recording.read_text())
    done = await loki.with_(LOKI_CASSETTE=str(recording))("plan", "--parallel")
    assert done.code == 0, done
    assert "2 requirements" in done.out
    assert "in a circle" in done.out


async def test_without_a_prd_or_somebody_to_answer_nothing_is_asked(loki: Program, tmp_path: Path) -> None:
    assert (await loki("plan", "nowhere.md")).code == 2
    assert (await loki.without("LOKI_PROVIDER", "LOKI_CASSETTE")("plan")).code == 2
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    exhausted = await loki.with_(LOKI_CASSETTE=str(empty))("plan")
    assert exhausted.code not in {0, 130}, exhausted


async def test_a_plan_s_requirements_are_shown_until_a_run_has_its_own(loki: Program) -> None:
    assert (await loki("plan", "prd.md")).code == 0
    shown = await loki("requirements")
    assert shown.code == 0, shown
    assert shown.out.splitlines()[0] == "0 of 1 requirement proven on the work as it is"
    assert shown.out.splitlines()[1].split() == ["R1", "unproven", "It", "works"]
    assert "of the latest plan" in shown.err
    (row,) = (await loki("requirements", "--json")).rows
    assert (row["id"], row["state"], row["facts"]) == ("R1", "unproven", [])
    assert (await loki("runs")).out == ""
    write(loki, [created(loki)])
    assert "has no plan yet" in (await loki("requirements")).err
