"""Secrets leave every text of a value, and nothing that programs go by changes."""

from __future__ import annotations

import pytest
from pydantic import JsonValue

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.events import decode_event, encode_event
from loki_tui.core.messages import OpaquePart, TextPart, ToolCall, Usage
from loki_tui.core.vocabulary import Excerpt, Requirement, Risk
from loki_tui.guard.cleaning import WITHHELD, cleaned
from loki_tui.guard.redact import Redactor
from tests.support.working import Worker, plan

SECRET = "hunter2-and-more"
REDACT = Redactor({"DB_PASSWORD": SECRET}).redact
GIVEN: dict[str, JsonValue] = {f"key {SECRET}": [{"a": f"x{SECRET}"}, 1, None]}

EVENTS = [
    ev.Warned(message=f"a {SECRET}"),
    ev.EngineFailed(error=SECRET),
    ev.Steered(note=SECRET, by=SECRET),
    ev.ActionStarted(action="a1", call="c1", agent="agent", tool="shell", input=GIVEN, risk=Risk.RUN),
    ev.ActionFinished(action="a1", call="c1", output=Excerpt(text=SECRET), diff=Excerpt(text=f"+{SECRET}"), ok=True),
    ev.RequirementsPlanned(requirements=(Requirement(id="R1", title=SECRET, criteria=(SECRET,)),)),
    ev.ModelAnswered(
        request="m1",
        parts=(TextPart(text=SECRET), ToolCall(id="c", name=SECRET, input=GIVEN, malformed=SECRET)),
        stop="end",
        usage=Usage(),
    ),
]


@pytest.mark.parametrize("event", EVENTS)
def test_no_text_keeps_it(event: ev.Event) -> None:
    clean = cleaned(event, REDACT)
    assert SECRET in encode_event(event)
    assert SECRET not in encode_event(clean)
    assert decode_event(clean.kind, encode_event(clean)) == clean
    assert cleaned(clean, REDACT) is clean


def test_a_value_without_secrets_is_itself() -> None:
    for event in (plan(), *Worker(2).iteration(1, turns=20)):
        assert cleaned(event, REDACT) is event


def test_words_of_closed_sets_and_digests_stay() -> None:
    redact = Redactor({"A": "completed", "B": "f" * 64, "C": "write_file"}).redact
    closed = ev.RunClosed(outcome="completed", reason="completed")
    assert cleaned(closed, redact) == ev.RunClosed(outcome="completed", reason="[redacted:A]")
    kept = Excerpt(text="x", blob="f" * 64)
    assert cleaned(kept, redact) is kept
    started = ev.ActionStarted(action="a1", call="c", agent="agent", tool="write_file", input={}, risk=Risk.EDIT)
    assert cleaned(started, redact) is started


def test_a_bounded_text_stays_within_its_bound() -> None:
    redact = Redactor({"A_NAME_OF_SOME_LENGTH": "12345678"}).redact
    asked = Requirement(id="R1", title="12345678" * 50)
    clean = cleaned(asked, redact)
    assert Requirement.model_validate(clean.model_dump()) == clean


def test_a_call_says_that_it_is_not_whole() -> None:
    call = ToolCall(id="c", name="shell", input={"command": f"echo {SECRET}"})
    assert cleaned(call, REDACT).redacted
    assert not cleaned(ToolCall(id="c", name="shell", input={}), REDACT).redacted


def test_signed_reasoning_is_left_whole_or_left_out() -> None:
    signed = OpaquePart(provider="p", data={"type": "thinking", "thinking": "hm", "signature": SECRET}, summary="hm")
    assert cleaned(signed, REDACT) is signed
    spoilt = cleaned(signed.model_copy(update={"data": {**signed.data, "thinking": SECRET}, "summary": SECRET}), REDACT)
    assert spoilt == OpaquePart(provider=WITHHELD, data={}, summary="[redacted:DB_PASSWORD]")


def test_requests_are_cleaned_alike() -> None:
    assert cleaned(rq.Steer(by="ada", note=f"use {SECRET}"), REDACT).note == "use [redacted:DB_PASSWORD]"
