"""`loki --linear` as people use it: lines typed into a pipe or on a terminal, and a run that does what they say."""

from __future__ import annotations

import re
from contextlib import aclosing
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from tests.cli.conftest import replaying
from tests.support.answers import cassette
from tests.support.program import WAITS, Program
from tests.support.scripted import call, finishes, says
from tests.support.talking import Talk


@pytest.fixture
def staged(loki: Program, tmp_path: Path) -> Program:
    """A run in which two changes wait for a person, after the plan."""
    turns = (
        says("I make a mess.", call("shell", command="touch denied")),
        says("I write it.", call("write_file", path="approved", content="yes\n")),
        finishes(),
    )
    recording = cassette(tmp_path / "staged.jsonl", *turns)
    return loki.with_(**replaying(recording), LOKI_STAGED_AUTONOMY="true")


@pytest.fixture
def waiting(loki: Program, tmp_path: Path) -> Program:
    """A run whose command runs until the test lets it go on."""
    turns = (says("I wait for it.", call("shell", command=WAITS)), finishes("Wait for it"))
    return loki.with_(**replaying(cassette(tmp_path / "waiting.jsonl", *turns)))


def test_what_waits_is_decided_by_typing(staged: Program) -> None:
    with Talk(staged, "--linear", "start") as talk:
        talk.enter("approve p1", "approve p2")
        told = talk.until("Type approve p1, or deny p1 REASON.")
        assert "It works" in told
        # Typed before there was anything to approve, and text that names nothing.
        talk.enter("", "yes", "approve", "approve all", "status")
        assert "Waiting for you: p1" in talk.until("At work in process")
        talk.enter("approve p1")
        told = talk.until("or edit p2.")
        assert "touch denied" in told
        assert f"In directory: {staged.workspace}" in told
        talk.enter("deny p2 no litter please")
        told = talk.until("or edit p3.")
        assert "p2 is denied" in told
        assert "added: yes" in told
        talk.enter("approve p3")
        assert "The run is completed" in talk.until("The work is on loki/")
        assert talk.end() == 0
    assert "\x1b" not in talk.said
    assert "\a" not in talk.said
    assert (staged.workspace / "approved").read_text() == "yes\n"
    assert not (staged.workspace / "denied").exists()
    refused = [event.output.text for event in staged.events(ev.ActionFinished) if not event.ok]
    assert any("no litter please" in text for text in refused)
    assert [event.approval for event in staged.events(ev.ApprovalDecided)] == ["p1", "p2", "p3"]


def test_the_demo_can_be_approved_to_its_end_on_a_terminal(loki: Program) -> None:
    bare = loki.without(*loki.variables).with_(TMPDIR=str(loki.home))
    asked = 0
    with Talk(bare, "--linear", "demo", "--staged", "--speed", "0", terminal=True) as talk:
        while "is completed" not in (told := talk.until("Type approve", "Type show p", "The run is completed")):
            asked += 1
            name = re.findall(r"^\d+  (p\d+) waits for you", told, re.MULTILINE)[-1]
            if told.endswith("show p"):
                # It is longer than what is told unasked.
                talk.enter(f"approve {name}", f"show {name}")
                talk.until("has not been told whole yet")
                talk.until(f"Type approve {name}")
            talk.enter(f"approve {name}")
            talk.until(f"{name} is approved by")
        assert talk.end() == 0
    assert asked > 10
    assert talk.said.count("\a") == asked
    assert "\x1b" not in talk.said


def test_the_bell_is_silent_where_a_person_wants_none(staged: Program) -> None:
    with Talk(staged.with_(LOKI_NOTIFY="off"), "--linear", "start", terminal=True) as talk:
        talk.until("Type approve p1")
        talk.enter("quit")
        assert talk.end() == 130
    assert "\a" not in talk.said


def test_a_run_is_steered_held_looked_back_on_and_left(waiting: Program) -> None:
    with Talk(waiting, "--linear", "start") as talk:
        talk.until("Agent runs: until")
        talk.enter("say use sqlite, not files")
        talk.until(": use sqlite, not files")
        talk.enter("pause")
        talk.until("Paused: by")
        talk.enter("status")
        talk.until("Paused: by")
        talk.enter("resume")
        talk.until("The run goes on, resumed by")
        talk.enter("search SQLITE")
        assert re.search(r"Event \d+, .*use sqlite, not files", talk.until("goes further back"))
        talk.enter("back 5")
        assert "As it was then" in talk.until("Nothing waits for your decision.")
        talk.enter("errors", "requirements", "costs", "show 1", "nonsense")
        talk.until("no command here")
        talk.enter("quit background")
        talk.until("There is no terminal to give back")
        talk.enter("quit")
        assert talk.end() == 130
    assert "loki --linear resume" in talk.said
    assert waiting.view().state.closed is None


async def test_the_end_of_input_is_not_the_end_of_the_run(waiting: Program) -> None:
    with Talk(waiting, "--linear", "start") as talk:
        talk.until("Agent runs: until")
        talk.enter("quit")
        assert talk.end() == 130
    (waiting.workspace / "go").touch()
    gone_on = await waiting("--linear", "resume")
    assert gone_on.code == 0, gone_on
    assert re.search(r"^\d+  The run is completed", gone_on.out, re.MULTILINE)


async def test_a_run_ends_with_its_own_exit_code(loki: Program, tmp_path: Path) -> None:
    turns = (finishes("Nothing", claims_done=False),)
    short = loki.with_(**replaying(cassette(tmp_path / "short.jsonl", *turns)), LOKI_MAX_ITERATIONS="1")
    assert (await short("--linear", "start")).code == 20
    wrong = await loki("--linear", "start", "nowhere.md")
    assert wrong.code == 2
    assert "nowhere.md" in wrong.err


def test_nobody_has_to_read_what_it_says(waiting: Program) -> None:
    with Talk(waiting, "--linear", "start") as talk:
        talk.until("Agent runs: until")
        talk.stop_listening()
        talk.enter("status")
        (waiting.workspace / "go").touch()
        assert talk.end() == 0
    assert waiting.view().state.status == "completed"


def test_the_interrupt_key_saves_the_work(waiting: Program) -> None:
    with Talk(waiting, "--linear", "start", terminal=True) as talk:
        talk.until("Agent runs: until")
        talk.press("\x03")
        talk.until("The run is not over. To go on: loki --linear resume")
        assert talk.end() == 130
    assert waiting.client().engine() is None


async def test_the_run_can_go_on_without_its_terminal(waiting: Program) -> None:
    with Talk(waiting, "--linear", "start", terminal=True) as talk:
        talk.until("Agent runs: until")
        talk.enter("quit background")
        talk.until("goes on in the background")
        assert talk.end() == 130
    client = waiting.client()
    assert client.engine() is not None
    with Talk(waiting, "--linear", "attach") as talk:
        assert "Agent runs: until" in talk.until("The latest", "Agent runs: until") + talk.until("Agent runs: until")
        (waiting.workspace / "go").touch()
        talk.until("The run is completed")
        talk.enter("pause", "quit")
        talk.until("has ended: completed")
        assert talk.end() == 0
    async with aclosing(client.watch()) as views:
        async for view in views:
            if view.engine is None:
                break
    assert client.view().state.status == "completed"


async def test_a_run_that_is_over_can_be_looked_at(loki: Program) -> None:
    assert (await loki("start")).code == 0
    with Talk(loki, "--linear") as talk:
        assert "Completed" in talk.until("The run is completed")
        talk.enter("at 1")
        assert "Event 1," in talk.until("Nothing waits for your decision.")
        talk.hang_up()
        assert talk.end() == 0
    # With nobody to type and nothing to come, it ends by itself.
    shown = await loki("--linear", "attach")
    assert shown.code == 0
    assert "The run is completed" in shown.out
