"""The ground under the cockpit: a run is opened, its events are taken in, and what changed is painted.

Nothing here polls. The reading thread says that something came, many such words become one message,
and the screen paints at most five times a second; while nothing happens nothing is painted or sent.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Thread
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.message import Message
from textual.reactive import Reactive
from textual.screen import Screen
from textual.timer import Timer
from textual.widget import Widget

from loki_tui.tui.actions import PANES
from loki_tui.tui.rows import row
from loki_tui.tui.widgets.board import Board
from loki_tui.tui.widgets.key_bar import KeyBar
from loki_tui.tui.widgets.rows_canvas import RowsCanvas
from loki_tui.tui.widgets.timeline import Timeline

if TYPE_CHECKING:
    from loki_tui.core.errors import LokiError
    from loki_tui.tui.feed import Feed
    from loki_tui.tui.painter import FeedPainter
    from loki_tui.tui.picture import Picture
    from loki_tui.tui.session import RunSession

FRAME = 0.2
"""Seconds between repaints of what happens by itself, at the least; what a key asks for is painted at once."""
AT_ONCE = frozenset({"moment", "opened", "focus"})
"""Changes that are painted at once: somebody waits for them."""
ROOMY = 10
"""Rows of a pane that keys go to, from which it shows what its lines rest on; a smaller one would show one line."""
SOON = 0.001
"""Seconds that are as good as none; the library's timers divide by them."""
TICK = 1.0
"""Seconds between repaints of what shows passing time, while a run is at work."""
AGING = 10.0
"""The same, while somebody is waited for, and once it has ended: what is told in minutes does not stand still."""

OpenSession = Callable[[], "RunSession"]
"""Opens a run; slow, so it is called on a thread. Raises `LokiError`."""


@dataclass
class Advanced(Message, bubble=False):
    """Something is there to be taken in."""

    def can_replace(self, message: Message) -> bool:
        """Many are one."""
        return isinstance(message, Advanced)


@dataclass
class Opened(Message, bubble=False):
    """The run is open."""

    session: RunSession


class RunScreen(Screen[None]):
    """A screen on one run.

    Args:
        opening: Opens the run.
        title: What is shown until it is open.
        environ: The environment.
        mode: The application's mode that the screen is the ground of.
    """

    focused: Reactive[Widget | None] = Reactive(None, repaint=False)
    """What keys go to. The library would paint the whole screen anew when that changes; panes show it themselves."""

    @dataclass
    class Refused(Message):
        """The run could not be opened, or can no longer be read."""

        error: LokiError
        mode: str
        """Of the screen, which may not be in front by now."""

    @dataclass
    class Noticed(Message, bubble=True):
        """The run came to where a person should know of it."""

        session: RunSession
        kinds: frozenset[str]
        """Of the events that came."""

    def __init__(self, opening: OpenSession, *, title: str, environ: Mapping[str, str], mode: str) -> None:
        super().__init__()
        self.environ = environ
        self.session: RunSession | None = None
        self.past: tuple[Picture, Feed] | None = None
        """The moment that is looked back on; none while the present is shown."""
        self.feed_painter: FeedPainter | None = None
        self._opening = opening
        self._title = title
        self._mode = mode
        self._changed: set[str] = set()
        self._left_unmade = False
        """Whether a pane that is shown was not laid out yet when all were painted."""
        self._close: set[str] = set()
        """Panes that were last made for a close look."""
        self._painted_at = 0.0
        self._due: Timer | None = None
        self._ticking: Timer | None = None
        self._aging: Timer | None = None

    def compose(self) -> ComposeResult:
        """Header, panes, timeline, keys."""
        yield RowsCanvas(id="header")
        yield Board(PANES)
        yield Timeline()
        yield KeyBar("cockpit", "app")

    def on_mount(self) -> None:
        """Show the frame first; opening the run loads what the frame does without."""
        self.query_one("#header", RowsCanvas).show([row(("… ", "accent"), (self._title, "loud")), ()])
        self.board.pane("activity").focus()
        self._ticking = self.set_interval(TICK, self._tick, pause=True)
        self._aging = self.set_interval(AGING, self._tick, pause=True)
        self.call_after_refresh(lambda: Thread(target=self._open, name="open-run", daemon=True).start())

    @property
    def board(self) -> Board:
        """The panes."""
        return self.query_one(Board)

    @property
    def _whole(self) -> bool:
        """Whether all of it is there. While it is taken down some of it is not, and a timer may still call."""
        board = self.query_one_optional(Board)
        return board is not None and len(board.children) == len(PANES) and bool(self.query(Timeline))

    # -- opening --------------------------------------------------------------------------------

    def _open(self) -> None:
        from loki_tui.core.errors import LokiError  # noqa: PLC0415 (after the first paint)

        try:
            session = self._opening()
        except LokiError as error:
            self.post_message(self.Refused(error, self._mode))
        else:
            self.post_message(Opened(session))

    def on_opened(self, message: Opened) -> None:
        """Begin to read."""
        from loki_tui.tui.painter import FeedPainter  # noqa: PLC0415 (after the first paint)

        self.session, self.feed_painter = message.session, FeedPainter()
        message.session.start(self._tell)

    def _tell(self) -> None:
        """Say, from any thread, that there is something to take in."""
        self.post_message(Advanced())

    def on_unmount(self) -> None:
        """Stop to read."""
        if self.session is not None:
            self.session.close()

    # -- taking in and painting -----------------------------------------------------------------

    def on_advanced(self) -> None:
        """Take in what came, and see that it is painted soon."""
        if self.session is None:
            return
        changed, more = self.session.take_in()
        if self.session.trouble is not None and "trouble" in changed:
            self.post_message(self.Refused(self.session.trouble, self._mode))
        if "approval_requested" in changed or "run_closed" in changed or "run_paused" in changed:
            self.post_message(self.Noticed(self.session, frozenset(changed)))
        self.note(*changed)
        if more:
            self.post_message(Advanced())

    def note(self, *changed: str) -> None:
        """Have what depends on this painted, soon."""
        self._changed.update(changed)
        if not self._changed or not self.is_current:
            return
        at_once = not AT_ONCE.isdisjoint(changed)
        if at_once and self._due is not None:
            self._due.stop()
            self._due = None
        if self._due is None:
            wait = SOON if at_once else max(SOON, self._painted_at + FRAME - time.monotonic())
            self._due = self.set_timer(wait, self._paint)

    def on_screen_resume(self) -> None:
        """Paint what changed while another screen was in front."""
        self.note("moment")

    def on_resize(self) -> None:
        """Everything is made for a width."""
        self.call_after_refresh(lambda: self.note("moment"))

    def on_pane_placed(self) -> None:
        """Paint what had no place yet: on a busy machine that may come long after it was given one."""
        if self._left_unmade:
            self._left_unmade = False
            self.note("moment")

    def on_descendant_focus(self) -> None:
        """A pane that keys go to is made for a close look, the one before is not any more."""
        self.note("focus")

    def _tick(self) -> None:
        self.note("tick")

    def picture(self) -> Picture | None:
        """What is shown: the moment looked back on, or the present."""
        if self.session is None or not self.session.opened:
            return None
        return self.session.picture() if self.past is None else self.past[0]

    def _paint(self) -> None:
        self._due = None
        self._painted_at = time.monotonic()
        if not self.app.is_running:
            return  # it closes, and what would be painted on goes piece by piece
        picture, session = self.picture(), self.session
        if picture is None or session is None or not self._whole:
            return
        changed, self._changed = self._changed, set()
        if self.past is not None:
            picture.last_seq = session.state.seq
            changed &= {"moment", "opened"}
        self._paint_frame(picture)
        self._paint_panes(picture, changed)
        for timer, wanted in ((self._ticking, session.at_work), (self._aging, _ages(session))):
            if timer is not None:
                (timer.resume if wanted else timer.pause)()
        if "opened" in changed:
            self.call_after_refresh(_settle)

    def _paint_frame(self, picture: Picture) -> None:
        from loki_tui.tui.views import header, timeline  # noqa: PLC0415 (after the first paint)

        top, line = self.query_one("#header", RowsCanvas), self.query_one(Timeline)
        top.show(header.rows(picture, top.size.width))
        line.show(timeline.rows(picture, line.size.width))
        streams, status = len(picture.whole.streams), picture.status
        held = status in {"paused", "crashed"}
        self.query_one(KeyBar).tell_of_run(ended=status.ended, held=held, parallel=streams > 0)
        waiting = bool(picture.whole.undecided)
        if (waiting, streams) != (self.board.waiting, self.board.streams):
            self.board.waiting, self.board.streams = waiting, streams
            self.board.rearrange()
            # A pane that has just got a place is made once its width is known.
            self.call_after_refresh(lambda: self.note("moment"))

    def _paint_panes(self, picture: Picture, changed: set[str]) -> None:
        from loki_tui.tui.painter import ALWAYS, VIEWS  # noqa: PLC0415 (after the first paint)

        assert self.session is not None
        assert self.feed_painter is not None
        for pane in self.board.shown():
            name = str(pane.id)
            if pane.content_width == 0:
                self._left_unmade = True
                continue
            if name == "activity":
                if changed - {"tick", "pulse", "focus"}:
                    feed = self.session.scope.feed if self.past is None else self.past[1]
                    rows, items = self.feed_painter.rows(feed, picture, pane.content_width)
                    pane.show(rows, items=items)
                continue
            view = VIEWS[name]
            closely = self.board.arrangement.zoomed == name or (pane.has_focus and pane.size.height >= ROOMY)
            if changed & (ALWAYS | view.kinds) or (closely != (name in self._close) and view.whole is not None):
                (self._close.add if closely else self._close.discard)(name)
                pane.set_title(view.title(picture))
                rows, items = view.made(picture, pane.content_width, closely=closely)
                pane.show(rows, items=items)


def _ages(session: RunSession) -> bool:
    """Whether nothing happens but that what is shown gets older: the run waits for somebody, or has ended."""
    state = session.state
    waits = session.engine is not None and (state.status == "waiting" or bool(state.undecided))
    return not session.at_work and (waits or state.status.ended)


def _settle() -> None:
    """Keep what there is by now out of the collector's sight, once in a process: nearly all of it stays.

    To look through all of it takes 35 to 60 ms, in the middle of some key or some frame.
    """
    if not gc.get_freeze_count():
        gc.freeze()
