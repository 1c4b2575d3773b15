"""The engine's own pen: events go to the journal, and what they amount to is at hand.

Whatever the engine decides, it decides from `Chronicle.state`, which is a fold over the
journal; so a resumed engine decides as the one before would have.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress

from loki_tui.core.errors import JournalError
from loki_tui.core.events import Event, Record
from loki_tui.core.fold import apply
from loki_tui.core.keyframes import EVERY, keyframe_of, nearest_state
from loki_tui.core.state import RunState
from loki_tui.core.vocabulary import Excerpt
from loki_tui.engine.ports import Journal

INLINE_CHARS = 4_000
"""Text up to this long stands in the event itself; longer text is cut and kept whole as a blob."""


class Chronicle:
    """Appends to the journal and keeps the run's state.

    Args:
        journal: The run's journal, opened for writing. It keeps no secret, whatever it is given.
        redact: Takes secrets out of text that is to be cut: a half of one would not be recognised any more.
    """

    stream: str | None = None
    """The stream whose pen this is; none for the run's own."""

    def __init__(self, journal: Journal, *, redact: Callable[[str], str] = str) -> None:
        self.journal = journal
        self._redact = redact
        self.run: RunState = nearest_state(journal.keyframes(), run=journal.run) or RunState(run=journal.run)
        """The run as a whole, streams included."""
        self._kept = self.run.seq
        for record in journal.records(after=self.run.seq):
            apply(self.run, record)
            # A journal by an older Loki gets its keyframes here.
            self._keep_state_when_due()
        self._observers: list[Callable[[Record], None]] = []

    @property
    def state(self) -> RunState:
        """The run's state; of a stream's pen, the stream's own."""
        return self.run

    def note(self, *events: Event, consumes: int | None = None) -> None:
        """Make events durable together, then take them into the state.

        Args:
            events: In order.
            consumes: The inbox request they answer.
        """
        self._append(events, consumes=consumes)

    def _append(self, events: Sequence[Event], *, stream: str | None = None, consumes: int | None = None) -> None:
        for record in self.journal.append(*events, stream=stream, consumes=consumes):
            apply(self.run, record)
            for observe in list(self._observers):
                observe(record)
        self._keep_state_when_due()

    def _keep_state_when_due(self) -> None:
        if self.run.seq < self._kept + EVERY:
            return
        self._kept = self.run.seq
        # What keeps it from being written keeps the next event from it too, which is where it is said.
        with suppress(JournalError):
            self.journal.keep_keyframe(keyframe_of(self.run))

    def of_stream(self, name: str) -> Chronicle:
        """The pen of one stream: what it writes stands in the same journal, under the stream's name."""
        return _StreamChronicle(self, name)

    def observe(self, observer: Callable[[Record], None]) -> Callable[[], None]:
        """Tell someone of every further record of this pen's, those of other streams left out.

        Returns:
            Call it to be told no more.
        """
        return self.observe_all(self._own(observer))

    def observe_all(self, observer: Callable[[Record], None]) -> Callable[[], None]:
        """Tell someone of every further record of the run, whatever stream it belongs to.

        Returns:
            Call it to be told no more.
        """
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

    def _own(self, observer: Callable[[Record], None]) -> Callable[[Record], None]:
        def observe(record: Record) -> None:
            if record.stream == self.stream:
                observer(record)

        return observe

    def records(self, after: int = 0) -> Iterator[Record]:
        """This pen's records with a `seq` above `after`, in order."""
        return (record for record in self.journal.records(after=after) if record.stream == self.stream)

    def keep(self, text: str) -> Excerpt:
        """Text for an event, without secrets: whole if short, else its two ends and the name of the whole."""
        text = self._redact(text)
        if len(text) <= INLINE_CHARS:
            return Excerpt(text=text, size=len(text))
        blob = self.journal.put_blob(text.encode())
        half = INLINE_CHARS // 2
        shown = f"{text[:half]}\n… {len(text) - INLINE_CHARS} characters …\n{text[-half:]}"
        return Excerpt(text=shown, blob=blob, size=len(text))

    def recall(self, excerpt: Excerpt) -> str:
        """The whole text of an excerpt."""
        return excerpt.text if excerpt.blob is None else self.journal.get_blob(excerpt.blob).decode()


class _StreamChronicle(Chronicle):
    """One stream's pen; state, observers and journal are those of the run's."""

    def __init__(self, whole: Chronicle, name: str) -> None:
        # Nothing of the run is read or kept twice.
        self.journal = whole.journal
        self.run = whole.run
        self.stream = name
        self._whole = whole
        self._redact = whole._redact  # noqa: SLF001 - two halves of one thing

    @property
    def state(self) -> RunState:
        assert self.stream is not None
        return self.run.streams[self.stream].state

    def note(self, *events: Event, consumes: int | None = None) -> None:
        self._whole._append(events, stream=self.stream, consumes=consumes)  # noqa: SLF001

    def of_stream(self, name: str) -> Chronicle:
        return self._whole.of_stream(name)

    def observe_all(self, observer: Callable[[Record], None]) -> Callable[[], None]:
        return self._whole.observe_all(observer)
