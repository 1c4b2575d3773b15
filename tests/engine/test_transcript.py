"""A conversation folded from the journal: the same for an engine that lived through it and one that came after."""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.messages import Message, Part, TextPart, ToolCall, ToolResult
from loki_tui.core.vocabulary import Excerpt, Purpose
from loki_tui.engine import prompts
from loki_tui.engine.transcript import PARTS, Transcript
from tests.support.life import CALL, acted, answered, asked, records

OTHER = ToolCall(id="call_2", name="read_file", input={"path": "a"})
STEERED = ev.SteeringDelivered(agent="agent", notes=("Faster.",))


def transcript_of(*events: Event, blobs: dict[str, bytes] | None = None) -> Transcript:
    transcript = Transcript(
        "agent", "Begin.", recall=lambda excerpt: excerpt.text, load=lambda digest: (blobs or {})[digest]
    )
    for record in records(events):
        transcript.observe(record)
    return transcript


def said(messages: Sequence[Message]) -> list[tuple[str, str]]:
    """Role and text, with tool traffic in angle brackets."""
    return [(message.role, " ".join(_text(part) for part in message.parts)) for message in messages]


def unframed(content: str) -> str:
    """What stands in the frame that marks a result as data."""
    found = re.fullmatch(r'<(data-[0-9a-f]{8}) from="\w+">\n(.*)\n</\1>', content, re.DOTALL)
    return found[2] if found else content


def _text(part: Part) -> str:
    match part:
        case TextPart():
            return part.text
        case ToolCall():
            return f"<{part.id}>"
        case ToolResult():
            return f"<{part.call}: {unframed(part.content)}{' !' if part.is_error else ''}>"
        case _:
            return "<?>"


TURN = (asked("m1"), answered("m1", TextPart(text="Now."), CALL), *acted("a1"))


def test_a_turn_goes_from_a_question_over_calls_to_results() -> None:
    transcript = transcript_of(*TURN, asked("m2"))
    assert said(transcript.messages) == [
        ("user", "Begin."),
        ("assistant", "Now. <call_1>"),
        ("user", "<call_1: done>"),
    ]
    assert (transcript.turns, transcript.open_calls, transcript.unsent) == (1, [], ())


def test_nothing_is_sent_before_it_is_asked() -> None:
    transcript = transcript_of()
    assert transcript.messages == []
    assert transcript.unsent == (TextPart(text="Begin."),)
    assert said(transcript_of(asked("m1")).messages) == [("user", "Begin.")]


def test_a_question_asked_again_is_the_same_question() -> None:
    failed = ev.ModelFailed.model_validate({"request": "m1", "fault": "overloaded", "message": "busy"})
    once = transcript_of(asked("m1"))
    again = transcript_of(asked("m1"), failed, asked("m2"))
    lost = transcript_of(asked("m1"), asked("m2"))
    assert once.messages == again.messages == lost.messages
    assert once.key == again.key


def test_results_come_in_the_order_in_which_they_are_there() -> None:
    answer = answered("m1", CALL, OTHER)
    transcript = transcript_of(asked("m1"), answer, *acted("a2", "call_2", "two"))
    assert transcript.open_calls == [CALL]
    transcript = transcript_of(asked("m1"), answer, *acted("a2", "call_2", "two"), *acted("a1"), asked("m2"))
    assert said(transcript.messages)[-1] == ("user", "<call_2: two> <call_1: done>")


def test_what_others_do_is_not_part_of_it() -> None:
    theirs = (
        asked("m8", agent="agent/a1.1"),
        answered("m8", OTHER),
        *acted("a9", "call_2"),
        ev.SteeringDelivered(agent="agent/a1.1", notes=("x",)),
        ev.ContextCompacted(agent="agent/a1.1", summary=Excerpt(text="s"), tokens_before=1),
    )
    assert transcript_of(*TURN[:2], *theirs, *TURN[2:]).messages == transcript_of(*TURN).messages


def test_notes_stand_behind_the_results() -> None:
    transcript = transcript_of(*TURN, STEERED, asked("m2"))
    assert said(transcript.messages)[-1] == ("user", f"<call_1: done> {prompts.steering(['Faster.'])}")


@pytest.mark.parametrize(("stop", "nudge"), [("end", prompts.NUDGE), ("length", prompts.CUT_OFF)])
def test_talk_is_answered_with_a_nudge(stop: str, nudge: str) -> None:
    transcript = transcript_of(asked("m1"), answered("m1", TextPart(text="Hm."), stop=stop), asked("m2"))
    assert said(transcript.messages)[-1] == ("user", nudge)
    assert transcript.silent_turns == 1
    assert transcript_of(asked("m0"), answered("m0"), *TURN).silent_turns == 0


def test_a_summary_takes_the_place_of_all_that_was_said() -> None:
    compact = asked("m2", purpose=Purpose.COMPACT)
    summary = answered("m2", TextPart(text="So far."), stop="end")
    asked_for = transcript_of(*TURN, compact, summary)
    assert asked_for.summary == "So far."
    assert asked_for.messages == transcript_of(*TURN).messages
    assert asked_for.turns == 1
    compacted = ev.ContextCompacted(agent="agent", summary=Excerpt(text="So far."), tokens_before=15)
    after = transcript_of(*TURN, compact, summary, compacted, asked("m3"))
    ((role, text),) = said(after.messages)
    assert role == "user"
    assert "Begin." in text
    assert "So far." in text
    assert (after.key, after.summary, after.usage.prompt_tokens, after.turns) == ("agent#1", None, 0, 1)


def test_a_long_answer_is_taken_from_its_blob() -> None:
    whole = (TextPart(text="x" * 20_000), CALL)
    shortened = answered("m1", TextPart(text="x" * 400), CALL).model_copy(update={"blob": "b1"})
    transcript = transcript_of(asked("m1"), shortened, blobs={"b1": PARTS.dump_json(whole)})
    assert transcript.last_answer == Message(role="assistant", parts=whole)
    assert transcript.open_calls == [CALL]


def test_an_interruption_is_known_until_the_next_answer() -> None:
    cut = acted("a1")[1].model_copy(update={"interrupted": True, "ok": False})
    transcript = transcript_of(*TURN[:2], cut)
    assert transcript.interrupted
    assert said([Message(role="user", parts=transcript.unsent)]) == [("user", "<call_1: done !>")]
    assert not transcript_of(*TURN[:2], cut, asked("m2"), answered("m2", OTHER)).interrupted


def test_messages_only_ever_grow_at_their_end() -> None:
    events = (*TURN, STEERED, asked("m2"), answered("m2", OTHER), *acted("a2", "call_2"), asked("m3"), answered("m3"))
    sent: tuple[Message, ...] = ()
    for length in range(len(events) + 1):
        messages = tuple(transcript_of(*events[:length]).messages)
        assert messages[: len(sent)] == sent
        sent = messages
    assert len(sent) == 6
