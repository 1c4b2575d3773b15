"""Decisions: only on what is named, only on what was told whole, and only by what was typed after that."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from tests.headless.desks import Typist, command, make_project, typing_at, written


@pytest.fixture
def typist(tmp_path: Path) -> Iterator[Typist]:
    """Somebody at a run in which nothing waits yet."""
    with typing_at(make_project(tmp_path)) as someone:
        yield someone


def test_what_was_told_can_be_approved_and_is_exactly_that(typist: Typist) -> None:
    assert "make" in typist.happens(command("p1", "make"))
    assert "Sent: p1 is approved." in typist.types("approve p1")
    (decision,) = typist.asked(rq.Decide)
    assert (decision.approval, decision.decision, decision.digest) == ("p1", "approved", "p1" * 32)
    assert typist.bells == 1


def test_what_was_typed_before_it_was_told_approves_nothing(typist: Typist) -> None:
    before = time.monotonic()
    assert "p1 does not wait" in typist.types("approve p1")
    typist.happens(command("p1", "make"))
    assert "only after you typed that" in typist.types("approve p1", at=before)
    assert not typist.asked(rq.Decide)


def test_stray_text_approves_nothing(typist: Typist) -> None:
    typist.happens(command("p1", "make"))
    typist.types(
        "", "y", "yes", "approve", "approve all", "p1", "1", "approve p1 yes", "\r", "approve p2", "approve p1 p2"
    )
    assert not typist.asked(rq.Decide)


def test_what_another_face_left_waiting_has_to_be_told_here_first(typist: Typist) -> None:
    typist.journal.append(command("p1", "make"))
    assert "has not been told whole yet" in typist.types("approve p1")
    typist.types("approvals")
    assert "Sent" in typist.types("approve p1")


def test_a_long_request_has_to_be_shown_whole(typist: Typist) -> None:
    assert "more lines" in typist.happens(command("p1", "\n".join(f"echo {number}" for number in range(60))))
    assert "show p1" in typist.types("approve p1")
    assert not typist.asked(rq.Decide)
    # Typed in one go, the approval is about what was yet to be shown.
    typist.types("show p1", "approve p1", at=time.monotonic() - 1)
    assert not typist.asked(rq.Decide)
    assert "echo 59" in typist.types("show p1")
    typist.types("approve p1")
    assert len(typist.asked(rq.Decide)) == 1


def test_several_are_approved_together_or_not_at_all(typist: Typist) -> None:
    typist.happens(command("p1", "make"), command("p2", "\n".join("x" * 60)))
    assert "p2 has not been told whole" in typist.types("approve p1 p2")
    assert not typist.asked(rq.Decide)
    typist.types("show p2")
    typist.types("approve p1 p2")
    assert [decision.approval for decision in typist.asked(rq.Decide)] == ["p1", "p2"]


def test_a_denial_takes_its_reason_along(typist: Typist) -> None:
    typist.happens(command("p1", "make"))
    typist.types("deny p1 use the script instead")
    (decision,) = typist.asked(rq.Decide)
    assert (decision.decision, decision.reason) == ("denied", "use the script instead")


def test_a_pattern_is_the_suggested_one_or_ones_own(typist: Typist) -> None:
    typist.happens(command("p1", "make"), command("p2", "pytest tests", pattern="pytest *"))
    assert "Name a pattern" in typist.types("approve p1 for this run")
    typist.types("approve p2 for this run")
    (decision,) = typist.asked(rq.Decide)
    assert decision.pattern == "pytest *"
    assert "That did not work" in typist.types("approve p1 for this run pytest *")
    assert len(typist.asked(rq.Decide)) == 1


def test_a_text_is_typed_anew_up_to_a_dot(typist: Typist) -> None:
    typist.happens(written("p1", "old\n"))
    assert "Type the new content" in typist.types("edit p1")
    assert not typist.types("  approve p1", "", "..", "status")
    assert "as you typed it" in typist.types(".")
    (decision,) = typist.asked(rq.Decide)
    assert decision.edited == {"path": "x", "content": "  approve p1\n\n.\nstatus\n"}
    assert "no command here" in typist.types("nonsense")


@pytest.mark.parametrize("end", [".cancel", None])
def test_a_text_that_is_given_up_changes_nothing(typist: Typist, end: str | None) -> None:
    typist.happens(written("p1", "old\n"))
    typist.types("edit p1", "half a")
    if end is None:
        typist.ears.end()
    else:
        typist.types(end)
    assert "p1 is not changed" in typist.lines[-1]
    assert not typist.asked(rq.Decide)


def test_what_cannot_be_edited_is_not(typist: Typist) -> None:
    typist.happens(written("p1", "old\n").model_copy(update={"editable": False}))
    assert "cannot be edited" in typist.types("edit p1")
    assert "no command here" in typist.types("nonsense")


def test_what_a_rule_settled_calls_nobody(typist: Typist) -> None:
    events = (command("p1", "make"), ev.ApprovalDecided(approval="p1", decision="approved", by="rule make *"))
    seq = typist.journal.last_seq
    typist.journal.append(*events)
    for record in typist.desk.client.records(after=seq):
        typist.teller.tell(record, settled={"p1"})
    assert typist.bells == 0
    assert typist.lines[-2:] == [
        f"{len(typist.desk.paper._seqs) - 1}  Request p1, risk destructive: run make.",
        f"{len(typist.desk.paper._seqs)}  p1 is approved by rule make *.",
    ]
