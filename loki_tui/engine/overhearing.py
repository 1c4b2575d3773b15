"""What faces hear while it is said: the same text as it comes, without secrets, however it is cut."""

from __future__ import annotations

from dataclasses import replace

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.engine.ports import Live
from loki_tui.guard.redact import Redactor
from loki_tui.guard.streaming import RedactedStream


def speaker(agent: str, stream: str | None) -> str:
    """An agent's name among all of a run: each stream has one of the same name."""
    return f"{stream}:{agent}" if stream else agent


class Overheard:
    """Passes live text on to a face, each speaker's and each action's as a stream of its own.

    The last words of a stream are held back, and left out where it ends: by then the journal has the whole.

    Args:
        live: The face.
        redactor: Knows the secrets.
    """

    def __init__(self, live: Live, redactor: Redactor) -> None:
        self._live = live
        self._redactor = redactor
        self._streams: dict[str, RedactedStream] = {}
        self._speakers: dict[str, str] = {}
        """Open request to who asked."""

    @property
    def live(self) -> Live:
        """Where to say things."""
        return replace(self._live, on_text=self._hear_text, on_output=self._hear_output)

    def observe(self, record: Record) -> None:
        """Take note of what begins and ends."""
        match record.event:
            case ev.ModelRequested() as asked:
                self._speakers[asked.request] = speaker(asked.agent, record.stream)
            case ev.ModelAnswered() | ev.ModelFailed() as over:
                self._streams.pop(f"text {self._speakers.pop(over.request, '')}", None)
            case ev.ActionFinished() as finished:
                self._streams.pop(f"output {finished.action}", None)
            case _:
                pass

    def _hear_text(self, agent: str, text: str) -> None:
        if clean := self._clean(f"text {agent}", text):
            self._live.on_text(agent, clean)

    def _hear_output(self, action: str, text: str) -> None:
        if clean := self._clean(f"output {action}", text):
            self._live.on_output(action, clean)

    def _clean(self, name: str, text: str) -> str:
        return self._streams.setdefault(name, RedactedStream(self._redactor)).feed(text)
