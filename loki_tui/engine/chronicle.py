"""The engine's own pen: events go to the journal, and what they amount to is at hand.

Whatever the engine decides, it decides from `Chronicle.state`, which is a fold over the
journal; so a resumed engine decides as the one before would have.
"""

from __future__ import annotations

from collections.abc import Callable
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

    def __init__(self, journal: Journal, *, redact: Callable[[str], str] = str) -> None:
        self.journal = journal
        self._redact = redact
        self.state: RunState = nearest_state(journal.keyframes(), run=journal.run) or RunState(run=journal.run)
        self._kept = self.state.seq
        for record in journal.records(after=self.state.seq):
            apply(self.state, record)
            # A journal by an older Loki gets its keyframes here.
            self._keep_state_when_due()
        self._observers: list[Callable[[Record], None]] = []

    def note(self, *events: Event, consumes: int | None = None) -> None:
        """Make events durable together, then take them into the state.

        Args:
            events: In order.
            consumes: The inbox request they answer.
        """
        for record in self.journal.append(*events, consumes=consumes):
            apply(self.state, record)
            for observe in self._observers:
                observe(record)
        self._keep_state_when_due()

    def _keep_state_when_due(self) -> None:
        if self.state.seq < self._kept + EVERY:
            return
        self._kept = self.state.seq
        # What keeps it from being written keeps the next event from it too, which is where it is said.
        with suppress(JournalError):
            self.journal.keep_keyframe(keyframe_of(self.state))

    def observe(self, observer: Callable[[Record], None]) -> Callable[[], None]:
        """Tell someone of every further record.

        Returns:
            Call it to be told no more.
        """
        self._observers.append(observer)
        return lambda: self._observers.remove(observer)

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
