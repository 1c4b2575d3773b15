"""How much a person is asked, and what they approved for good, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from loki_tui.core.fatigue import GLANCE, Fatigue
from loki_tui.core.state import Learned
from loki_tui.core.terminal import one_line
from loki_tui.wording.amounts import age, counted, percent

if TYPE_CHECKING:
    from loki_tui.runtime.rehearsal import Rehearsal


def asked_in_words(fatigue: Fatigue) -> str:
    """Such as `12 asked in the last hour, 92% approved`; empty where nothing was."""
    if not fatigue.asked:
        return ""
    most = " or more" if fatigue.more else ""
    share = "" if fatigue.share is None else f", {percent(fatigue.share)} approved"
    return f"{fatigue.asked}{most} asked in the last hour{share}"


def waved_through_in_words(fatigue: Fatigue) -> str:
    """What is to be said where approvals are given unread; empty where they are not."""
    if not fatigue.waved_through:
        return ""
    return (
        f"Approvals are waved through: {fatigue.glanced} of {counted(fatigue.answered, 'answer')} in the last hour "
        f"came within {GLANCE:.0f} seconds. Approve a pattern for the run, or a risk class, and read the rest."
    )


def learned_in_words(learned: Learned, now: datetime) -> str:
    """Who made a rule, when, and how often it was used."""
    since = f"by {one_line(learned.rule.by)}, {age(learned.since, now)}; nothing graver than {learned.rule.risk}"
    if learned.used_at is None:
        return f"{since}; not used yet"
    return f"{since}; used {counted(learned.uses, 'time')}, the last {age(learned.used_at, now)}"


def rehearsal_in_words(found: Rehearsal) -> Iterator[str]:
    """What a rule would have let through: the figures, then each action that is risky."""
    looked = f"of {counted(found.actions, 'action')} in {counted(found.runs, 'run')}"
    which = f", including {'this risky one' if found.risky == 1 else f'these {found.risky:,} risky ones'}:"
    risky = which if found.risky else "; none of them is risky."
    yield f"{one_line(found.pattern)} would have allowed {counted(found.allowed, 'action')} {looked}{risky}"
    for one in found.named:
        when = f"{one.at.astimezone():%Y-%m-%d %H:%M}"
        yield f"  {when}  {one.risk:11}  {one_line(one.what)} ({one_line(one.why)}; run {one.run}, event {one.seq})"
    if found.risky > len(found.named):
        yield f"  and {found.risky - len(found.named):,} more"
    if found.graver:
        more = counted(found.graver, "action")
        yield f"{more} more would still be asked about, being graver than such a rule may be."
