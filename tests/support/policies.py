"""Rules for commands as a test wrote them down."""

from __future__ import annotations

from collections.abc import Mapping

from loki_tui.core.vocabulary import Ruling

WIPES = Ruling(verdict="block", rule="wipe", why="it would wipe everything", source="LOKI_BLOCKED_COMMANDS")
UNSURE = Ruling(verdict="ask", rule="wipe", why="what $X stands for is not known", source="LOKI_BLOCKED_COMMANDS")


class ScriptedPolicy:
    """Judges a command by the first of these words that is in it. Implements `loki_tui.engine.ports.CommandPolicy`.

    Args:
        rulings: Word to ruling; `wipe` blocks and `$X` is unsure where none are given.
    """

    def __init__(self, rulings: Mapping[str, Ruling] | None = None) -> None:
        self.rulings = dict(rulings) if rulings is not None else {"wipe": WIPES, "$X": UNSURE}
        self.judged: list[str] = []

    async def judge(self, command: str, *, root: str) -> Ruling:
        """The ruling on it."""
        self.judged.append(command)
        found = (ruling for word, ruling in self.rulings.items() if word in command)
        return next(found, Ruling(verdict="allow"))
