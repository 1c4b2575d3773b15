"""What is worth a person's attention while they look elsewhere."""

from __future__ import annotations

from loki_tui.core.terminal import one_line
from loki_tui.tui.session import RunSession


def notice_of(session: RunSession, kinds: frozenset[str]) -> str | None:
    """What to tell, in a few words; none where nothing waits for a person.

    Args:
        session: The run as it is by now.
        kinds: Of the events that just came.
    """
    state = session.state
    if state.closed is not None:
        evidence = f", {one_line(state.receipt.headline)}" if state.receipt is not None else ""
        return f"run {state.closed.outcome}{evidence}: {one_line(state.closed.reason)}"
    if "approval_requested" in kinds and state.undecided:
        waiting = len(state.undecided)
        latest = next(reversed(state.undecided.values()))
        whose = f"[{one_line(latest.stream)}] " if latest.stream else ""
        return f"{waiting} waiting for you: {whose}{one_line(latest.request.title)}"
    if "run_paused" in kinds and state.paused_by in ("budget", "resources", "integration"):
        return f"paused: {one_line(state.reason)}"
    return None
