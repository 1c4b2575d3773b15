from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loki_tui.core.setting_types import Tighten
from loki_tui.core.settings_workspace import tightened

LIMITS = st.none() | st.integers(1, 100)


@given(own=LIMITS, proposed=st.integers(1, 100))
def test_tightening_never_raises_a_limit(own: int | None, proposed: int) -> None:
    result = tightened(Tighten.LOWER, own=own, proposed=proposed, workspace=Path("/w"))
    assert result is None if own is not None and proposed > own else result == proposed


PARTS = st.lists(st.sampled_from(["a", "b", "ab", "..", "."]), min_size=1, max_size=4).map(lambda p: Path(*p))


@given(own=st.lists(PARTS, min_size=1, max_size=3), proposed=st.lists(PARTS, min_size=1, max_size=3))
def test_narrowing_never_reaches_outside(own: list[Path], proposed: list[Path]) -> None:
    workspace = Path("/nowhere/w")
    result = tightened(Tighten.NARROW, own=tuple(own), proposed=tuple(proposed), workspace=workspace)
    if result is not None:
        assert isinstance(result, tuple)
        roots = [Path(os.path.normpath(workspace / path)) for path in own]
        assert all(any(path == root or root in path.parents for root in roots) for path in result)


@pytest.mark.parametrize(
    ("how", "own", "proposed", "result"),
    [
        (Tighten.ENABLE, False, True, True),
        (Tighten.ENABLE, True, False, None),
        (Tighten.CHOOSE, None, "make test", "make test"),
        (Tighten.CHOOSE, "make check", "make test", None),
        (Tighten.STRICTER, "auto", "block", "block"),
        (Tighten.STRICTER, "block", "auto", None),
        (Tighten.STRICTER, "auto", "ask", None),
        (Tighten.STRICTER, {}, {"run": "ask"}, {"run": "ask"}),
        (Tighten.STRICTER, {}, {"run": "allow"}, None),
        (Tighten.STRICTER, {"run": "allow"}, {"run": "allow"}, {"run": "allow"}),
        (Tighten.STRICTER, {"run": "block", "edit": "ask"}, {"run": "ask", "edit": "block"}, None),
        (Tighten.NARROW, None, (Path("src"),), (Path("/nowhere/w/src"),)),
        (Tighten.NARROW, (Path("src"),), (Path("src-twin"),), None),
        (Tighten.CLOSE, ("on",), ("off",), ("off",)),
        (Tighten.CLOSE, ("example.com",), ("off",), ("off",)),
        (Tighten.CLOSE, ("off",), ("off",), ("off",)),
        (Tighten.CLOSE, ("off",), ("on",), None),
        (Tighten.CLOSE, ("on",), ("example.com",), None),
        (Tighten.CLOSE, ("example.com",), ("evil.example",), None),
    ],
)
def test_only_what_is_at_least_as_strict_is_taken(how: Tighten, own: object, proposed: object, result: object) -> None:
    assert tightened(how, own=own, proposed=proposed, workspace=Path("/nowhere/w")) == result
