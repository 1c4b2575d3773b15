"""A decision is taken as it is, or not at all, and then it says why."""

from __future__ import annotations

from typing import Literal

import pytest
from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.vocabulary import Risk
from loki_tui.engine.decisions import EDITED_CHARS, UnusableDecisionError, decision_on


def asked(**more: object) -> ev.ApprovalRequested:
    given: dict[str, object] = {
        "approval": "p1",
        "subject": "action",
        "digest": "d",
        "title": "run pytest",
        "detail": "pytest -q",
        "risk": Risk.RUN,
        "reason": "staged",
        "call": "call_1",
        "tool": "shell",
        "input": {"command": "pytest -q"},
        "cwd": "/w",
        "editable": True,
        "pattern": "pytest *",
    }
    return ev.ApprovalRequested.model_validate({**given, **more})


WRITE = asked(tool="write_file", input={"path": "/w/src/a.py", "content": "x"}, risk=Risk.EDIT, pattern="src/**")
PLAN = asked(subject="plan", tool="", input=None, editable=False, pattern="", call=None)
CUT = asked(editable=False, input={"command": "pytest…"})


def said(decision: Literal["approved", "denied"] = "approved", /, **more: JsonValue) -> rq.Decide:
    return rq.Decide.model_validate({"by": "ada", "approval": "p1", "digest": "d", "decision": decision, **more})


def test_a_plain_decision_is_taken() -> None:
    assert decision_on(asked(), said()) == ev.ApprovalDecided(approval="p1", decision="approved", by="ada")
    refusal = decision_on(asked(), said("denied", reason="no"))
    assert refusal == ev.ApprovalDecided(approval="p1", decision="denied", by="ada", reason="no")


def test_a_refusal_edits_and_widens_nothing() -> None:
    decided = decision_on(asked(), said("denied", edited={"nonsense": 1}, pattern="; rm"))
    assert (decided.edited, decided.pattern) == (None, "")


def test_an_edited_input_is_taken_as_the_tool_reads_it() -> None:
    decided = decision_on(asked(), said(edited={"command": "pytest -x", "timeout_seconds": 5}))
    assert decided.edited == {"command": "pytest -x", "timeout_seconds": 5.0, "background": False}


def test_what_was_not_changed_is_not_edited() -> None:
    whole: dict[str, JsonValue] = {"command": "pytest -q", "background": False}
    assert decision_on(asked(input=whole), said(edited={"command": "pytest -q"})).edited is None


@pytest.mark.parametrize(
    ("request_", "edited", "why"),
    [
        (asked(), {}, "command"),
        (asked(), {"command": 5}, "command"),
        (asked(), {"command": ""}, "command"),
        (asked(), {"command": "x", "cwd": "/"}, "cwd"),
        (asked(), {"path": "a", "content": ""}, "command"),
        (asked(), {"command": "x", "timeout_seconds": -1}, "timeout_seconds"),
        (asked(), {"command": "echo key-1234"}, "secret"),
        (asked(), {"command": "x" * EDITED_CHARS}, "longer"),
        (asked(tool="dance"), {"command": "x"}, "no tool"),
        (asked(tool="submit_plan"), {"requirements": []}, "no tool"),
        (WRITE, {"path": "a"}, "content"),
        (CUT, {"command": "pytest"}, "cannot be edited"),
        (PLAN, {}, "cannot be edited"),
    ],
)
def test_an_edited_input_that_is_none_is_turned_down(
    request_: ev.ApprovalRequested, edited: dict[str, JsonValue], why: str
) -> None:
    with pytest.raises(UnusableDecisionError, match=why):
        decision_on(request_, said(edited=edited), redact=lambda text: text.replace("key-1234", "***"))


@pytest.mark.parametrize(
    ("request_", "pattern"),
    [
        (asked(), "pytest *"),
        (asked(), "pytest -q"),
        (asked(input={"command": "./check src"}, pattern="./check src"), "./check *"),
        (WRITE, "src/**"),
        (WRITE, "src/*.py"),
        (CUT, "pytest *"),
    ],
)
def test_a_pattern_that_covers_the_action_is_taken(request_: ev.ApprovalRequested, pattern: str) -> None:
    assert decision_on(request_, said(pattern=pattern)).pattern == pattern


@pytest.mark.parametrize(
    ("request_", "more", "why"),
    [
        (asked(), {"pattern": "mypy *"}, "does not cover"),
        (asked(), {"pattern": "pytest -x"}, "does not cover"),
        (asked(), {"pattern": "pytest; *"}, "simple"),
        (asked(), {"pattern": "bash *"}, "only exactly"),
        (asked(), {"pattern": "src/**"}, "simple|does not cover"),
        (asked(), {"pattern": "pytest *", "edited": {"command": "mypy src"}}, "does not cover"),
        (asked(), {"pattern": "rm *", "edited": {"command": "rm x"}}, "does not cover"),
        (asked(risk=Risk.DESTRUCTIVE, input={"command": "rm x"}, pattern=""), {"pattern": "rm *"}, "exactly itself"),
        (asked(), {"pattern": "echo key-1234"}, "secret"),
        (WRITE, {"pattern": "docs/**"}, "does not cover"),
        (WRITE, {"pattern": "/w/src/**"}, "path within"),
        (CUT, {"pattern": "pytest -q"}, "only the suggested"),
        (PLAN, {"pattern": "x"}, "no patterns for a plan"),
    ],
)
def test_a_pattern_that_is_none_or_is_about_something_else_is_turned_down(
    request_: ev.ApprovalRequested, more: dict[str, JsonValue], why: str
) -> None:
    with pytest.raises(UnusableDecisionError, match=why):
        decision_on(request_, said(**more), redact=lambda text: text.replace("key-1234", "***"))


def test_a_pattern_may_be_for_the_action_as_it_was_edited() -> None:
    decided = decision_on(asked(), said(pattern="mypy *", edited={"command": "mypy src"}))
    assert decided.pattern == "mypy *"
