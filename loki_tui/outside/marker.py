"""How an agent that can be given no tool of ours ends an iteration: it writes what the tool would be given."""

from __future__ import annotations

import json
import re

from loki_tui.core.messages import JsonObject
from loki_tui.engine.outside.ports import Errand

_BLOCK = re.compile(r"<finish_iteration>\s*(?:```\w*\s*)?(\{.*?\})\s*(?:```\s*)?</finish_iteration>", re.DOTALL)


def finishing(errand: Errand) -> str:
    """What such an agent is told about it."""
    return (
        "You have no tool finish_iteration. Where this speaks of it, end your last message with its input as JSON "
        f"between tags: <finish_iteration>{{...}}</finish_iteration>. {errand.finish_text} "
        f"Its schema: {json.dumps(errand.finish_schema)}"
    )


def found_finish(said: str) -> JsonObject | None:
    """The last such block in what an agent said; none where there is none. One that is no JSON has no fields."""
    blocks = _BLOCK.findall(said)
    if not blocks:
        return None
    try:
        given = json.loads(blocks[-1])
    except (ValueError, RecursionError):
        return {}
    return given if isinstance(given, dict) else {}
