"""What becomes of an action before it happens: done, asked about, or refused, by rules that no model can change.

Two kinds of rules come together here: those for commands (`loki_tui.engine.ports.CommandPolicy`), and
those for classes of risk (`LOKI_RISK_RULES`, staged autonomy). The stricter one holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from loki_tui.core.settings import variable_of
from loki_tui.core.tools import Shell, ToolInput
from loki_tui.core.vocabulary import Risk, Ruling
from loki_tui.guard.risk import permission_for, risk_of

if TYPE_CHECKING:
    from loki_tui.engine.context import RunContext

UNSURE_SECONDS: Final = 15 * 60
"""How long a question that only an unsure command gave rise to may hold a run that a person may have left."""

STAGED = "staged autonomy: every state-changing action waits for a person"


@dataclass(frozen=True, slots=True)
class Asks:
    """A person is asked first."""

    reason: str = STAGED
    """Why."""
    unsure: bool = False
    """Whether a rule for commands asks: then nothing wider than exactly this command can be approved for the run."""
    patience: float | None = None
    """Seconds after which nobody is waited for any more, where no other limit is set."""


class Gate:
    """Judges actions.

    Args:
        context: The run.
        root: The directory that commands begin in.
    """

    def __init__(self, context: RunContext, *, root: str) -> None:
        self._root = root
        self._policy = context.policy
        self._settings = context.settings
        self._live = context.live

    async def judge(self, action: ToolInput, *, approved: bool = False) -> Ruling | Asks | None:
        """What becomes of an action.

        Args:
            action: What is to be done.
            approved: Whether a person approved exactly this, so that nobody has to be asked any more. No
                approval goes above a rule that blocks.

        Returns:
            The rule that refuses it, why a person is asked, or none where it is simply done.
        """
        settings, risk = self._settings, risk_of(action)
        ruling = Ruling(verdict="allow")
        if isinstance(action, Shell):
            ruling = await self._policy.judge(action.command, root=self._root)
        if ruling.verdict == "block":
            return ruling
        permission = permission_for(risk, settings.risk_rules, staged=settings.staged_autonomy)
        if permission == "block":
            return _by_class(risk)
        asks = permission == "ask"
        if ruling.verdict == "ask":
            there = approved or asks or settings.staged_autonomy or self._live.attended
            if settings.unsure_commands == "block" or (settings.unsure_commands == "auto" and not there):
                return _not_asked(ruling)
            patient = asks or settings.unsure_commands == "ask"
            return Asks(_unsure(ruling), unsure=True, patience=None if patient else UNSURE_SECONDS)
        if not asks:
            return None
        return Asks() if risk not in settings.risk_rules else Asks(f"{_setting(risk)}: actions of risk {risk} wait")


def _setting(risk: Risk) -> str:
    return f"{variable_of('risk_rules')}, {risk}"


def _by_class(risk: Risk) -> Ruling:
    return Ruling(
        verdict="block",
        rule=f"{risk}=block",
        why=f"actions of risk {risk} are refused in this run",
        source=variable_of("risk_rules"),
    )


def _not_asked(ruling: Ruling) -> Ruling:
    """What an unsure command comes to where nobody is to be asked."""
    why = f"{ruling.why or 'it cannot be told what this would do'}; nobody is there to ask, so it is refused"
    return Ruling(verdict="block", rule=ruling.rule, why=why, source=ruling.source or variable_of("unsure_commands"))


def _unsure(ruling: Ruling) -> str:
    rule = f" (rule {ruling.rule}{f', {ruling.source}' if ruling.source else ''})" if ruling.rule else ""
    return f"not sure what this would do: {ruling.why or 'it cannot be read'}{rule}"
