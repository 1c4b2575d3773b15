"""What goes on beside the work, in words: notices to people elsewhere, and throttling for the machine's sake."""

from __future__ import annotations

from loki_tui.core.events import Notified, ParallelWorkLimited
from loki_tui.core.notices import About, Delivery
from loki_tui.core.terminal import one_line
from loki_tui.wording.amounts import counted

ABOUT: dict[About, str] = {
    "waiting": "that it waits",
    "budget_warning": "that 80 % of the budget is used",
    "budget_reached": "that the budget is reached",
    "completed": "that it is completed",
    "failed": "that it ended without completion",
    "test": "a test",
}


def told_text(delivery: Notified | Delivery) -> str:
    """Who was told what, or why not."""
    channel, about = one_line(delivery.channel), ABOUT[delivery.about]
    if delivery.ok:
        return f"{channel} was told {about}"
    tries = f" after {counted(delivery.attempts, 'attempt')}" if delivery.attempts else ""
    return f"{channel} was NOT told {about}{tries}: {one_line(delivery.error)}"


def aside_text(event: Notified | ParallelWorkLimited) -> str:
    """An event beside the work."""
    return told_text(event) if isinstance(event, Notified) else _limited_text(event)


def _too_much(what: str) -> str:
    # By its name in `loki_tui.engine.throttling`; faces that only watch do without the engine.
    return (
        "the provider's rate limit is reached"
        if what == "rate limit"
        else f"the machine's {what} is over its threshold"
    )


def _limited_text(event: ParallelWorkLimited) -> str:
    """How many agents may work at once from now on, and why."""
    if event.agents >= event.of:
        return f"the machine has room again: up to {counted(event.of, 'agent')} at once"
    of = f"up to {event.agents} of {event.of} agents at once"
    if not event.over:
        return f"less throttled: {of}, the machine has room again"
    return f"throttled: {of}, {' and '.join(map(_too_much, event.over))}"
