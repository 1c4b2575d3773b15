"""Events in words: whole, harmless, and without signs that a reader would have to spell."""

from __future__ import annotations

import re

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import KINDS, Event
from loki_tui.core.messages import TextPart, Usage
from loki_tui.core.vocabulary import Excerpt, Risk
from loki_tui.headless.linear_events import Told, speaks, who, words
from tests.headless.runs import CREATED, STARTED
from tests.support.life import life

QUIET = {
    "model_requested", "stage_entered", "resources_sampled", "stream_planned", "run_waiting", "run_continued",
}  # fmt: skip
"""Kinds that are not told, or not always."""

LONG = "\n\n".join(
    f"{number}. A sentence that goes on for quite a while, as agents' sentences do." for number in range(30)
)


def told(event: Event, **fields: object) -> str:
    """An event, with all that belongs to it."""
    spoken = words(event, Told(**fields))  # type: ignore[arg-type]
    assert spoken is not None
    return "\n".join([spoken[0], *(passage.text for passage in spoken[1])])


def action(tool: str = "shell", agent: str = "agent", **given: object) -> ev.ActionStarted:
    return ev.ActionStarted.model_validate(
        {"action": "a1", "call": "c1", "agent": agent, "tool": tool, "input": given, "risk": Risk.RUN}
    )


def finished(output: str = "", **fields: object) -> ev.ActionFinished:
    given = {"action": "a1", "call": "c1", "output": Excerpt(text=output), "ok": False, **fields}
    return ev.ActionFinished.model_validate(given)


def test_every_kind_is_told_unless_it_is_meant_not_to_be() -> None:
    spoken = {event.kind for event in life() if speaks(event)}
    assert KINDS - spoken <= QUIET | {"action_finished"}
    assert not spoken & {"model_requested", "stage_entered", "resources_sampled"}


def test_lines_have_words_and_not_signs() -> None:
    for event in [CREATED, STARTED, *life()]:
        # A defect that was planted is a piece of code.
        if speaks(event) and event.kind != "member_calibrated":
            assert not re.search(r"[^\x20-\x7e\n]|[<>|{}\\^~#*=]", told(event)), event


def test_what_an_agent_said_is_told_whole() -> None:
    answer = ev.ModelAnswered(request="m1", parts=(TextPart(text=LONG),), stop="end", usage=Usage())
    assert told(answer, agent="agent/a2.1") == f"Sub-agent a2.1 says: {LONG}"
    silent = answer.model_copy(update={"parts": (TextPart(text=" \n"),)})
    assert words(silent, Told()) is None
    assert told(ev.Steered(note=LONG, by="ada")) == f"Note from ada: {LONG}"


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (action(command="make test"), "Agent runs: make test"),
        (action(command="serve", background=True), "Agent runs in the background: serve"),
        (action(command="cat <<E\na\nE"), "Agent runs:\ncat <<E\na\nE"),
        (action("read_file", path="a.py"), "Agent reads a.py."),
        (action("edit_file", agent="agent/a2.1", path="a.py"), "Sub-agent a2.1 edits a.py."),
        (action("list_files"), "Agent lists files."),
        (action("list_files", path="src", glob="*.py"), "Agent lists files in src like *.py."),
        (action("search_files", pattern="x+"), "Agent searches for x+."),
        (action("delegate", tasks=[{}, {}]), "Agent hands out 2 tasks."),
        (finished(ok=True, exit_code=0, seconds=61), "Exit code 0 after 1 min 01 s."),
        (finished("a\n---\nb\n[exit code 2]", exit_code=2), "Exit code 2 after 0 s. Its last lines:\na\nb"),
        (finished("no such file"), "Not done: no such file"),
        (finished(interrupted=True), "Interrupted when the engine before died."),
        (finished(ok=True, diff=Excerpt(text="--- a/x\n+++ b/x\n@@ -0,0 +1 @@\n+y\n")), "1 line added."),
        (ev.RunPaused(by="person", reason="lunch"), "Paused: lunch."),
    ],
)  # fmt: skip
def test_what_is_done_is_said_in_words(event: Event, text: str) -> None:
    assert told(event) == text


def test_what_came_of_an_action_names_the_line_where_it_does_not_follow_it() -> None:
    assert told(finished(ok=True, exit_code=0), line=12) == "Line 12: exit code 0 after 0 s."
    assert words(finished(ok=True), Told()) is None


def test_names_are_spoken() -> None:
    assert who("planner") == "planner"
    assert who("agent/a2.1") == "sub-agent a2.1"
    assert who("/x") == "x"
