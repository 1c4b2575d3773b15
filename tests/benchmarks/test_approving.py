"""The benchmark of approving: it approves in the real application, and its moments are in order."""

from __future__ import annotations

from benchmarks import approving
from benchmarks.cockpit import theatre


def test_each_key_starts_its_action() -> None:
    with theatre() as stage:
        pressed, decided = approving._approve(stage, 2)
    assert len(pressed) == len(decided) == 2
    assert all(0 < after < key < 10 for after, key in zip(decided, pressed, strict=True))
