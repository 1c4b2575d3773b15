"""What each Anthropic model takes, by its name.

Kept apart from the wire format because it ages at another pace. Names that are not listed here
(gateways, local servers, models of tomorrow) get the plainest request: no thinking, no effort,
no forced tool, since each of them is an error where it is not known.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_NAME = re.compile(r"claude-(?:opus|sonnet|haiku|fable|mythos)-(\d{1,2})(?:-(\d{1,2}))?(?:-\d{8})?")

_ADAPTIVE_SINCE = (4, 6)
"""First version with adaptive thinking and effort; from 5.1 on it cannot be turned off.
https://platform.claude.com/docs/en/build-with-claude/adaptive-thinking
"""


@dataclass(frozen=True, slots=True)
class Abilities:
    """What may be asked of a model."""

    adaptive_thinking: bool = False
    """Thinks as much as it sees fit, and takes an effort."""
    forced_tool: bool = False
    """Takes a `tool_choice` that names a tool: never together with thinking."""


def abilities_of(model: str) -> Abilities:
    """What may be asked of the model of this name."""
    match = _NAME.fullmatch(model)
    if match is None:
        return Abilities()
    adaptive = (int(match[1]), int(match[2] or 0)) >= _ADAPTIVE_SINCE
    return Abilities(adaptive_thinking=adaptive, forced_tool=not adaptive)
