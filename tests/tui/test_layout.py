"""Where panes go: at every size and in every arrangement they fit, cover the board and are large enough to read."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from textual.geometry import Region

from loki_tui.tui.actions import ORDINARY, PANES
from loki_tui.tui.layout import LEAST, MEDIUM, WIDE, Arrangement, plan

names = st.sampled_from(PANES)


@st.composite
def arrangements(draw: st.DrawFn) -> Arrangement:
    """Whatever a person made of the panes, key by key."""
    made = Arrangement()
    for _ in range(draw(st.integers(0, 12))):
        pane = draw(names)
        match draw(st.sampled_from(("hide", "zoom", "show", "larger", "smaller", "all"))):
            case "hide":
                made.hide(pane)
            case "zoom":
                made.zoom(pane)
            case "show":
                made.show(pane)
            case "larger":
                made.resize(pane, 1)
            case "smaller":
                made.resize(pane, -1)
            case _:
                made.show_all()
    return made


@given(
    width=st.integers(20, 250),
    height=st.integers(4, 80),
    arranged=arrangements(),
    waiting=st.booleans(),
    streams=st.integers(0, 60),
)
def test_panes_cover_the_board_and_never_overlap(
    width: int, height: int, arranged: Arrangement, waiting: bool, streams: int
) -> None:
    board = Region(0, 0, width, height)
    places = plan(width, height, arranged, waiting=waiting, streams=streams)
    assert set(places) <= set(PANES)
    for (one, here), (other, there) in combinations(places.items(), 2):
        assert not here.intersection(there), (one, other)
    assert all(board.contains_region(region) for region in places.values())
    assert sum(region.area for region in places.values()) == board.area
    if height >= LEAST:
        assert all(region.height >= LEAST for region in places.values())
    assert all(region.width >= 20 for region in places.values())


@given(
    width=st.integers(20, 250),
    height=st.integers(8, 80),
    arranged=arrangements(),
    pane=names,
    streams=st.integers(0, 60),
)
def test_a_pane_that_is_gone_to_is_on_the_board(
    width: int, height: int, arranged: Arrangement, pane: str, streams: int
) -> None:
    arranged.show(pane)
    # That of the streams is gone to only where there are some.
    shown = plan(width, height, arranged, waiting=False, streams=max(streams, pane == "streams"))
    # In the smallest of terminals there is room for one.
    assert pane in shown or (width < MEDIUM and height < 3 * LEAST) or (width >= WIDE and height < 5 * (LEAST + 1))


@given(width=st.integers(20, 250), height=st.integers(12, 80))
def test_what_waits_is_shown_wherever_there_is_room(width: int, height: int) -> None:
    assert "approvals" in plan(width, height, Arrangement(), waiting=True) or (width >= WIDE and height < 20)


def test_the_activity_cannot_be_hidden_and_everything_can_be_undone() -> None:
    arranged = Arrangement()
    usual = plan(200, 60, arranged, waiting=False)
    assert set(usual) == set(ORDINARY)
    assert set(plan(200, 60, arranged, waiting=False, streams=3)) == set(PANES)
    for pane in PANES:
        arranged.hide(pane)
    assert set(plan(200, 60, arranged, waiting=False)) == {"activity"}
    assert set(plan(200, 60, arranged, waiting=False, streams=3)) == {"activity"}
    arranged.resize("activity", 1)
    arranged.zoom("budget")
    assert set(plan(200, 60, arranged, waiting=False)) == {"budget"}
    arranged.show_all()
    assert plan(200, 60, arranged, waiting=False) == usual


@pytest.mark.parametrize("size", [(80, 20), (120, 32), (200, 56)])
def test_a_pane_grows_and_shrinks(size: tuple[int, int]) -> None:
    arranged = Arrangement()
    arranged.show("requirements")
    before = plan(*size, arranged, waiting=False)["requirements"].height
    arranged.resize("requirements", 1)
    larger = plan(*size, arranged, waiting=False)["requirements"].height
    for _ in range(2):
        arranged.resize("requirements", -1)
    assert plan(*size, arranged, waiting=False)["requirements"].height < before < larger
