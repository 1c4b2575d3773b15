"""What may be typed: exactly the forms there are, and nothing that approves by accident."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from loki_tui.headless import linear_commands as cmd
from loki_tui.headless.linear_commands import NotUnderstood, parse
from loki_tui.headless.linear_forms import FORMS, HELP

NAMES = st.from_regex(r"p[0-9]{1,3}", fullmatch=True)
WORDS = st.sampled_from(
    [*FORMS, "for", "this", "run", "p", "p0", "all", "yes", "y", "line", "background", "1", "-", "*"]
)
LINES = st.one_of(st.text(), st.lists(st.one_of(WORDS, NAMES, st.text(max_size=6)), max_size=6).map(" ".join))
NAMED = re.compile(r"(?<!\S)p[1-9][0-9]*(?!\S)", re.IGNORECASE)


@pytest.mark.parametrize(
    ("line", "command"),
    [
        ("help", cmd.Help()),
        ("  STATUS ", cmd.Status()),
        ("show 41", cmd.ShowLine(41)),
        ("show p41", cmd.ShowApproval("p41")),
        ("approve p1", cmd.Approve(("p1",))),
        ("Approve  P2\tp1 p2", cmd.Approve(("p2", "p1"))),
        ("approve p1 for this run", cmd.ApproveForRun("p1", "")),
        ("approve p1 For  this run  git commit *", cmd.ApproveForRun("p1", "git commit *")),
        ("deny p3 p4 is better", cmd.Deny("p3", "p4 is better")),
        ("edit p3", cmd.Edit("p3")),
        ("rules", cmd.Rules()),
        ("revoke  git commit * ", cmd.Revoke("git commit *")),
        ("requirements", cmd.Requirements()),
        ("qa", cmd.Checks()),
        ("council", cmd.Council()),
        ("Receipt", cmd.Receipt()),
        ("review", cmd.Review()),
        ("pause", cmd.Pause()),
        ("resume", cmd.Resume(None)),
        ("resume $7.50", cmd.Resume(Decimal("7.50"))),
        ("budget 10", cmd.Budget(Decimal(10))),
        ("stop", cmd.Stop("")),
        ("stop 20260301-120000-ab12", cmd.Stop("20260301-120000-ab12")),
        ("say use sqlite,  not files", cmd.Say("use sqlite,  not files")),
        ("search  a b ", cmd.Search("a b")),
        ("search", cmd.Search("")),
        ("back", cmd.Step(-1)),
        ("back 3", cmd.Step(-3)),
        ("forward 2", cmd.Step(2)),
        ("at 120", cmd.AtEvent(120)),
        ("at line 12", cmd.AtLine(12)),
        ("quit", cmd.Quit(background=False)),
        ("quit background", cmd.Quit(background=True)),
        (" \t", cmd.Nothing()),
    ],
)
def test_each_form_is_one_command(line: str, command: cmd.Command) -> None:
    assert parse(line) == command


@pytest.mark.parametrize(
    "line",
    [
        "approve", "approve all", "approve 1", "approve p", "approve p0", "approve p1 please", "approve p1 for", "yes",
        "approve p1 p2 for this run", "approve p1, p2", "approve for this run", "y", "a", "ap p1", "p1", "approvep1",
        "please approve p1", "4  p1 waits for you", "Type approve p1, or deny p1 REASON.", "approve p\u0661",
        "deny", "deny p1", "deny it", "edit", "edit p1 p2", "show", "show x", "show 0", "show -1", f"show {10**30}",
        "resume now", "budget", "budget -1", "budget NaN", "stop now please", "say", "back x", "at", "at line",
        "quit now", "revoke", "review now", "qa security", "council force",
        "receipt r1", "rules p1", "pause p1", "status p1", "\x1b[A",
    ],
)  # fmt: skip
def test_all_else_does_nothing_and_says_what_would(line: str) -> None:
    command = parse(line)
    assert isinstance(command, NotUnderstood)
    assert command.why


@given(LINES)
@example("approve p1")
def test_nothing_is_approved_that_is_not_named(line: str) -> None:
    command = parse(line)
    match command:
        case cmd.Approve(approvals=names):
            assert set(names) == {name.lower() for name in NAMED.findall(line)} != set()
        case cmd.ApproveForRun(approval=name) | cmd.Edit(approval=name) | cmd.Deny(approval=name):
            assert name == line.split()[1].lower()
        case _:
            assert not isinstance(command, cmd.Decision)


@given(LINES.filter(lambda line: not NAMED.search(line)))
def test_no_text_without_an_approval_decides_anything(line: str) -> None:
    assert not isinstance(parse(line), cmd.Decision)


@pytest.mark.parametrize("word", FORMS)
def test_every_form_that_is_offered_is_understood(word: str) -> None:
    for form in FORMS[word]:
        line = form.replace("EVENT", "3").replace("LINE", "3").replace("STEPS", "3").replace("DOLLARS", "3")
        assert not isinstance(parse(line), NotUnderstood), form
    assert any(re.search(rf"\b{word}\b", line) for line in HELP) or word == "help"
