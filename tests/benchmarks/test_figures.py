from __future__ import annotations

import pytest

from benchmarks.figures import Figure, Judged, table


@pytest.mark.parametrize(
    ("judged", "ours", "floor", "target", "met"),
    [
        ("ratio", 3.0, 2.0, 1.5, True),
        ("ratio", 3.1, 2.0, 1.5, False),
        ("excess", 5.0, 2.0, 3.0, True),
        ("excess", 5.1, 2.0, 3.0, False),
        ("at most", 150.0, None, 150.0, True),
        ("at most", 151.0, None, 150.0, False),
        ("at least", 5000.0, None, 5000.0, True),
        ("at least", 4999.0, None, 5000.0, False),
    ],
)
def test_a_figure_is_held_against_its_target(
    judged: Judged, ours: float, floor: float | None, target: float, met: bool
) -> None:
    figure = Figure("f", "ms", ours, floor, judged, target)
    assert figure.met is met
    assert ("MISSED" in table([figure])) is not met


def test_a_figure_without_a_target_only_informs() -> None:
    assert "met" not in table([Figure("f", "ms", 1.0, 2.0)])
