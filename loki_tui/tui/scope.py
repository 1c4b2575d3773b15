"""What is looked at of a run: all of it, or one stream by itself, with its activity and iterations as they go on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from loki_tui.core.events import Record
from loki_tui.core.state import RunState
from loki_tui.runtime.history import IterationMarks
from loki_tui.tui.feed import Feed


@dataclass(slots=True)
class Scope:
    """A part of a run to look at."""

    stream: str
    """Empty for the whole run."""
    iterations: IterationMarks
    feed: Feed = field(default_factory=Feed)
    """A stream's begins empty; what happened so far is read from the journal and put before."""

    def take(self, records: Iterable[Record]) -> None:
        """Take in what belongs to the stream."""
        own = [record for record in records if record.stream == self.stream]
        for record in own:
            self.iterations.take(record)
        self.feed.take(own)

    def heard(self, thinking: Mapping[str, str], state: RunState) -> Mapping[str, str]:
        """What is being said in it."""
        if not self.stream:
            return thinking
        return {who: text for who, text in thinking.items() if stream_of(who, state) == self.stream}


def hush(thinking: dict[str, str], stream: str | None, state: RunState) -> None:
    """Take away what was being said in a stream, or by the run's own agents: an event has the whole of it."""
    for who in [each for each in thinking if stream_of(each, state) == (stream or "")]:
        del thinking[who]


def stream_of(speaker: str, state: RunState) -> str:
    """The stream that an agent speaks in; empty for the run's own. See `loki_tui.engine.overhearing.speaker`."""
    stream, colon, _ = speaker.partition(":")
    return stream if colon and stream in state.streams else ""
