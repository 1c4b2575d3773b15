"""What the settings file in a workspace may do: make a run stricter.

Agents can write that file. Whatever it says is compared with what the person's own sources
came to, and taken only where it is at least as strict.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from loki_tui.core.setting_types import NETWORK_OFF, Tighten

_STRICTNESS = ("allow", "ask", "auto", "block")
"""What may become of an action, loosest first; `auto` asks or blocks."""


def tightened(how: Tighten, *, own: object, proposed: object, workspace: Path) -> object | None:
    """The value to use instead of the person's own.

    Args:
        how: The way the field may be tightened.
        own: What the person's sources came to; none where there is no limit.
        proposed: What the workspace's file says.
        workspace: What relative paths are relative to.

    Returns:
        None where the proposal is looser.
    """
    match how, own, proposed:
        case Tighten.CHOOSE, None, _:
            return proposed
        case Tighten.ENABLE, _, True:
            return True
        case Tighten.LOWER, None, _:
            return proposed
        case Tighten.CLOSE, _, tuple() if proposed == NETWORK_OFF:
            return proposed
        case Tighten.LOWER, own, proposed if proposed <= own:  # type: ignore[operator]
            return proposed
        case Tighten.STRICTER, str(), str() if _STRICTNESS.index(proposed) >= _STRICTNESS.index(own):
            return proposed
        case Tighten.STRICTER, dict(), dict():
            return _stricter(own, proposed)
        case Tighten.NARROW, _, tuple():
            return _narrowed(own if isinstance(own, tuple) else (workspace,), proposed, workspace)
    return None


def _stricter(own: Mapping[object, str], proposed: Mapping[object, str]) -> dict[object, str] | None:
    """The person's own rules and the proposed ones, where none of these is looser.

    What the person has no rule for may be asked about already: to allow it is never stricter.
    """
    looser = (_STRICTNESS.index(rule) < _STRICTNESS.index(own.get(name, "ask")) for name, rule in proposed.items())
    return None if any(looser) else {**own, **proposed}


def _narrowed(own: Iterable[Path], proposed: Iterable[Path], workspace: Path) -> tuple[Path, ...] | None:
    """The proposed paths, real and absolute, where each lies in one of the person's own.

    An agent can make a link to anywhere: what a path leads to now is what is granted.
    """
    roots = [(workspace / path).resolve() for path in own]
    inner = tuple((workspace / path).resolve() for path in proposed)
    return inner if all(any(path.is_relative_to(root) for root in roots) for path in inner) else None
