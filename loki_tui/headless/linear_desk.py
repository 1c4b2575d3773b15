"""A run that is shown in lines, as everything that answers a person shares it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from loki_tui.core.errors import LokiError
from loki_tui.core.events import ApprovalRequested
from loki_tui.headless.linear_paper import Paper, Passage
from loki_tui.headless.linear_requests import MOST, request_in_words
from loki_tui.runtime.client import RunClient, RunView
from loki_tui.runtime.history import History


@dataclass(frozen=True, slots=True)
class Typed:
    """A line as it came in."""

    text: str
    at: float
    """When, on the monotonic clock."""


@dataclass(slots=True)
class Desk:
    """A run, its past, and the paper it is written on; used in one thread."""

    client: RunClient
    history: History
    paper: Paper
    told: dict[str, float] = field(default_factory=dict)
    """Request to the moment at which the last of it was being told."""

    def view(self) -> RunView:
        """The run as it is now, however far behind the paper is."""
        return RunView(self.history.state_at(), self.client.engine())

    def tell(self, asked: ApprovalRequested, *, most: int | None = MOST, seq: int = 0, stream: str = "") -> None:
        """Write a request down, with the stream that asks where one does."""
        words = request_in_words(asked, self.history, room=self.paper.room, most=most)
        whose = f"Stream {stream}: " if stream else ""
        self.paper.put(f"{whose}{words.text}", *words.passages, seq=seq)
        if words.whole:
            # What is typed while it is still being written was not typed about it.
            self.told[asked.approval] = self.paper.last_at

    def put(self, lines: Iterable[str]) -> None:
        """Write sentences, each with a number of its own."""
        for line in lines:
            self.paper.put(line)


def done(act: Callable[[], None], paper: Paper) -> None:
    """Do something, and say why where it cannot be done.

    Raises:
        OutputLostError: Nobody reads what is said.
    """
    try:
        act()
    except LokiError as error:
        paper.put(f"That did not work: {error.message}", *_hint(error))


def _hint(error: LokiError) -> Iterator[Passage]:
    if error.hint:
        yield Passage(error.hint)
