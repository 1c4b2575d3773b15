"""What tests of the cockpit wait for and compare with."""

from __future__ import annotations

from textual.pilot import Pilot

from loki_tui.core.fold import fold
from loki_tui.runtime.client import RunView
from loki_tui.tui.app import Left
from loki_tui.tui.painter import VIEWS
from loki_tui.tui.picture import Picture
from tests.support import scenes
from tests.tui.bridge import Bridge
from tests.tui.until import until


async def looking_at(b: Bridge, pilot: Pilot[Left], seq: int | None) -> None:
    """Wait until an event's moment is painted; none for the present."""

    def there() -> bool:
        past = b.cockpit.past
        return (past is None if seq is None else past is not None and past[0].state.seq == seq) and not (
            b.cockpit._changed or b.cockpit._due
        )

    await until(pilot, there, f"event {seq}")


def assert_shows(b: Bridge, seq: int) -> None:
    """Every pane shows the run as a fold of its first events gives it."""
    assert b.cockpit.past is not None
    state = b.cockpit.past[0].state
    with b.session.client.history() as history:
        assert state == fold(history.page(after=0, limit=seq), run="r1")
    expected = Picture(
        RunView(state, b.session.engine), state.at, False, last_seq=len(scenes.full()), iterations=b.session.iterations
    )
    for name, view in VIEWS.items():
        pane = b.pane(name)
        if pane in b.cockpit.board.shown():
            assert list(pane.rows) == list(view.rows(expected, pane.content_width)[0]), name
    assert all(item.seq <= seq for item in b.cockpit.feed_painter.items)  # type: ignore[union-attr]
