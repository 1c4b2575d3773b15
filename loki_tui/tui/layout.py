"""Where the cockpit's panes are: a plain function of the screen's size and of what a person arranged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from textual.geometry import Region

WIDE, MEDIUM = 160, 100
"""Cells from which there are three columns, and two."""
BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (140, "-wide")]
"""Classes that tell the stylesheets of screens other than the cockpit how wide it is.

Not the cockpit's: another class there would have all its panes styled anew at every start.
"""
LEAST = 4
"""Rows a pane needs: its edge and two lines."""
BAND, OVER = 0.34, 5
"""How much of the board the streams may take, and rows they need beside their own: edge, heading, integration."""
STEP = 1.5
"""How much larger or smaller a pane gets at a time; less than this moves no row in a column of four."""

_LEFT = ("iterations", "requirements", "checks")
_RIGHT = ("approvals", "budget", "council", "resources")
_ONLY_LEFT = ("requirements", "budget", "checks", "iterations")

_WEIGHTS: Mapping[str, float] = {
    "iterations": 4, "requirements": 6, "checks": 3, "approvals": 2, "budget": 4, "council": 3, "resources": 4,
}  # fmt: skip


@dataclass(slots=True)
class Arrangement:
    """What a person made of the panes."""

    hidden: set[str] = field(default_factory=set)
    zoomed: str | None = None
    guest: str | None = None
    """The pane that was gone to last, where there is room for one beside the activity only."""
    sizes: dict[str, float] = field(default_factory=dict)
    """How much larger than usual a pane is."""

    def resize(self, pane: str, direction: int) -> None:
        """Make a pane larger or smaller."""
        size = self.sizes.get(pane, 1.0) * (STEP if direction > 0 else 1 / STEP)
        self.sizes[pane] = min(5.0, max(0.2, size))

    def zoom(self, pane: str) -> None:
        """Give a pane everything, or take that back."""
        self.zoomed = None if self.zoomed == pane else pane

    def hide(self, pane: str) -> None:
        """Hide a pane. The activity stays: a cockpit without it shows nothing."""
        if pane != "activity":
            self.hidden.add(pane)
            self.guest = None if self.guest == pane else self.guest
        self.zoomed = None

    def show_all(self) -> None:
        """Undo all of it."""
        self.hidden.clear()
        self.sizes.clear()
        self.zoomed = None

    def show(self, pane: str) -> None:
        """Bring a pane to the screen, wherever there is room for it."""
        self.hidden.discard(pane)
        if self.zoomed is not None:
            self.zoomed = pane
        if pane != "activity":
            self.guest = pane


def plan(width: int, height: int, arranged: Arrangement, *, waiting: bool, streams: int = 0) -> dict[str, Region]:
    """The place of each pane that is shown.

    Args:
        width: Cells there are.
        height: Rows there are.
        arranged: What a person wants.
        waiting: Whether something waits for a decision: that pane is then always shown.
        streams: How many streams the run has; with one at least, their pane is shown.
    """
    if arranged.zoomed is not None:
        return {arranged.zoomed: Region(0, 0, width, height)}
    if width < MEDIUM:
        usual = "approvals" if waiting else "streams" if streams else "requirements"
        return _narrow(width, height, arranged, usual=usual)
    band = _band(height, arranged, streams)
    if width >= WIDE:
        places = _wide(width, height - band, arranged)
    else:
        guest = None if band and arranged.guest == "streams" else arranged.guest
        places = _medium(width, height - band, arranged, waiting=waiting, guest=guest)
    if not band:
        return places
    below = {name: region.translate((0, band)) for name, region in places.items() if name != "streams"}
    return {"streams": Region(0, 0, width, band), **below}


def _band(height: int, arranged: Arrangement, streams: int) -> int:
    """Rows of the streams, side by side over all else; none where there are none, or no room."""
    if not streams or "streams" in arranged.hidden or height < 5 * LEAST:
        return 0
    most = round(height * min(0.7, BAND * arranged.sizes.get("streams", 1.0)))
    return max(LEAST, min(streams + OVER, most, height - 3 * LEAST))


def _wide(width: int, height: int, arranged: Arrangement) -> dict[str, Region]:
    grown = arranged.sizes.get("activity", 1.0)
    left = [name for name in _LEFT if name not in arranged.hidden]
    right = [name for name in _RIGHT if name not in arranged.hidden]
    left_width = _side(width, 0.27, grown) if left else 0
    right_width = _side(width, 0.25, grown) if right else 0
    places = _stack(left, Region(0, 0, left_width, height), arranged)
    places |= _stack(right, Region(width - right_width, 0, right_width, height), arranged)
    places["activity"] = Region(left_width, 0, width - left_width - right_width, height)
    return places


def _medium(width: int, height: int, arranged: Arrangement, *, waiting: bool, guest: str | None) -> dict[str, Region]:
    wanted = ["approvals", *_ONLY_LEFT] if waiting else list(_ONLY_LEFT)
    if guest and guest not in wanted:
        wanted.append(guest)
    left = [name for name in wanted if name not in arranged.hidden]
    left = _as_many_as_fit(left, height, arranged, first="approvals" if waiting else None)
    left_width = _side(width, 0.36, arranged.sizes.get("activity", 1.0)) if left else 0
    places = _stack(left, Region(0, 0, left_width, height), arranged)
    places["activity"] = Region(left_width, 0, width - left_width, height)
    return places


def _narrow(width: int, height: int, arranged: Arrangement, *, usual: str) -> dict[str, Region]:
    guest = arranged.guest or usual
    if guest in arranged.hidden or height < 3 * LEAST:
        return {"activity": Region(0, 0, width, height)}
    share = 0.35 * arranged.sizes.get(guest, 1.0) / arranged.sizes.get("activity", 1.0)
    rows = max(LEAST, min(height - LEAST, round(height * min(0.8, share))))
    return {guest: Region(0, 0, width, rows), "activity": Region(0, rows, width, height - rows)}


def _side(width: int, share: float, grown: float) -> int:
    """The width of a side column: less where a person made the activity larger."""
    return max(24, min(width // 2 - 10, round(width * share / grown)))


def _as_many_as_fit(names: Sequence[str], height: int, arranged: Arrangement, *, first: str | None) -> list[str]:
    """The panes of a column that has room for so many; the one last gone to and `first` stay."""
    room = max(1, height // (LEAST + 1))
    kept = list(names)
    precious = {arranged.guest, first}
    while len(kept) > room:
        expendable = [name for name in kept if name not in precious]
        kept.remove((expendable or kept)[-1])
    return kept


def _stack(names: Sequence[str], region: Region, arranged: Arrangement) -> dict[str, Region]:
    """Panes above each other, by their weights."""
    names = _as_many_as_fit(names, region.height, arranged, first=None)
    if not names:
        return {}
    weights = [_WEIGHTS.get(name, 3) * arranged.sizes.get(name, 1.0) for name in names]
    spare = region.height - LEAST * len(names)
    places: dict[str, Region] = {}
    y, weighed, given = region.y, 0.0, 0
    for name, weight in zip(names, weights, strict=True):
        weighed += weight
        # Rounding the running total gives every row to somebody.
        upto = round(spare * weighed / sum(weights))
        rows = LEAST + upto - given
        places[name] = Region(region.x, y, region.width, rows)
        y, given = y + rows, upto
    return places
