"""Live text reaches a face without secrets, each stream for itself."""

from __future__ import annotations

from datetime import UTC, datetime

from loki_tui.core import events as ev
from loki_tui.core.events import Event, Record
from loki_tui.core.vocabulary import Excerpt, Purpose
from loki_tui.engine.overhearing import Overheard
from loki_tui.engine.ports import Live
from loki_tui.guard.redact import Redactor

SECRET = "hunter2-and-more"


class Face:
    """Writes down what it hears."""

    def __init__(self) -> None:
        self.said: list[tuple[str, str]] = []
        live = Live(on_text=self._hear, on_output=self._hear, attended=True)
        self.overheard = Overheard(live, Redactor({"DB_PASSWORD": SECRET}))

    def _hear(self, who: str, text: str) -> None:
        self.said.append((who, text))

    def of(self, who: str) -> str:
        return "".join(text for speaker, text in self.said if speaker == who)

    def note(self, *events: Event) -> None:
        for event in events:
            self.overheard.observe(Record(seq=1, at=datetime.now(UTC), event=event))


def test_a_secret_that_is_cut_in_two_is_not_shown() -> None:
    face = Face()
    live = face.overheard.live
    assert live.attended
    for letter in f"I sign in with {SECRET} and go on from there, step by step":
        live.on_text("agent", letter)
        live.on_output("a1", letter)
    assert face.of("agent").startswith("I sign in with [redacted:DB_PASSWORD] and go on")
    assert face.of("a1") == face.of("agent")
    assert "hunter" not in str(face.said)


def test_streams_do_not_run_into_each_other() -> None:
    face = Face()
    live = face.overheard.live
    live.on_text("agent", f"one two three four {SECRET[:6]}")
    live.on_text("agent/a1.1", f"{SECRET[6:]} five six seven eight")
    face.note(
        ev.ModelRequested(request="m1", purpose=Purpose.WORK, agent="agent", model="x"),
        ev.ModelFailed.model_validate({"request": "m1", "fault": "overloaded", "message": "busy"}),
    )
    live.on_text("agent", f"{SECRET[6:]} again, and so on for ever")
    assert "redacted" not in str(face.said)
    live.on_output("a1", "left behind")
    face.note(ev.ActionFinished(action="a1", call="c", output=Excerpt(text=""), ok=True))
    live.on_output("a1", "begun anew: one two three four five")
    assert "left" not in face.of("a1")
