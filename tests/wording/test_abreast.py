"""What goes on at once, and the tree of what builds on what, also where a journal says odd things."""

from __future__ import annotations

import pytest

from loki_tui.core import events as ev
from loki_tui.core.fold import fold
from loki_tui.core.state import RunState, Stream
from loki_tui.wording.abreast import abreast_text, limited_text, tree_of
from loki_tui.wording.stream_rows import stream_lines, together_row
from tests.support import abreast, scenes


def streams(**after: tuple[str, ...]) -> dict[str, Stream]:
    """Streams by what they build on."""
    return {name: Stream(ev.StreamPlanned(name=name, requirements=("R1",), after=on)) for name, on in after.items()}


@pytest.mark.parametrize(
    ("given", "tree"),
    [
        (streams(a=(), b=("a",), c=()), [("a", 0), ("b", 1), ("c", 0)]),
        (streams(b=("a",), a=()), [("a", 0), ("b", 1)]),
        (streams(a=(), b=("a",), c=("a", "b")), [("a", 0), ("b", 1), ("c", 2)]),
        (streams(a=("nobody",)), [("a", 0)]),
        (streams(a=("a",)), [("a", 0)]),
        (streams(a=("b",), b=("a",)), [("a", 0), ("b", 0)]),
        (streams(a=("b",), b=("a",), c=("a",)), [("a", 0), ("b", 0), ("c", 0)]),
        ({}, []),
    ],
    ids=["flat", "planned late", "the deepest", "unknown", "itself", "a circle", "on a circle", "none"],
)
def test_each_hangs_under_the_deepest_it_builds_on(given: dict[str, Stream], tree: list[tuple[str, int]]) -> None:
    assert [(twig.name, twig.depth) for twig in tree_of(given)] == tree


def test_what_else_one_builds_on_is_named() -> None:
    tree = {twig.name: twig for twig in tree_of(streams(a=(), b=("a",), c=(), d=("b", "c")))}
    assert (tree["d"].depth, tree["d"].also) == (2, ("c",))


def test_a_run_without_streams_has_nothing_to_say() -> None:
    assert (abreast_text(RunState()), limited_text(RunState())) == ("", "")
    assert together_row(RunState()) == {"integration": None, "limited": None}


def test_once_all_are_over_nothing_goes_on_at_once() -> None:
    done = [abreast.STORE.planned, abreast.STORE.started(), abreast.STORE.finished(), *abreast.STORE.integrated()]
    assert abreast_text(fold(scenes.records(done))) == ""


def test_room_again_is_said_and_forgotten_when_all_may_work() -> None:
    limits = [(1, ("cpu",)), (2, ()), (4, ())]
    events = [ev.ParallelWorkLimited(agents=agents, of=4, over=over) for agents, over in limits]
    said = [limited_text(fold(scenes.records(events[:upto]))) for upto in (1, 2, 3)]
    assert said == ["throttled: 1 agent at once (cpu)", "throttled: 2 agents at once, with room again", ""]


def test_the_worst_run_has_a_line_for_each() -> None:
    state = fold(scenes.records(abreast.crowded()))
    lines = stream_lines(state)
    assert len(lines) == abreast.MANY
    assert not any(set(line.text) & set("\n\r\t\x1b\x07\x9b\u202e") for line in lines)
