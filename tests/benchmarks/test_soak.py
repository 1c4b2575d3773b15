"""The soak as a benchmark: it runs the suite's own test, and says so where that breaks."""

from __future__ import annotations

from dataclasses import replace

from benchmarks import soak
from benchmarks.figures import QUICK


def test_a_soak_is_counted() -> None:
    figures = {figure.name: figure for figure in soak.measure(replace(QUICK, events=1_200))}
    assert figures["soak: events taken in"].ours == 1_200
    assert figures["soak: keys pressed"].ours == 8
    assert figures["soak: runs that broke"].met
    before, after = (
        figures[f"soak 1: {name}, resident"].ours for name in ("memory after a third", "most memory later")
    )
    assert 50 < before <= after


def test_a_soak_that_breaks_misses_its_target() -> None:
    # There is no such run to make up.
    figures = {figure.name: figure for figure in soak.measure(replace(QUICK, events=-1))}
    assert not figures["soak: runs that broke"].met
