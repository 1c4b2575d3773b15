"""Whether a person's decision can be taken as it is.

The same for the engine, which takes it, and for a face, which can say at once what is wrong.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from loki_tui.core import events as ev
from loki_tui.core import requests as rq
from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import WORKSPACE_TOOLS, BadCallError, ToolInput, parse_call
from loki_tui.core.vocabulary import Rule
from loki_tui.engine.proposals import given
from loki_tui.guard import rules
from loki_tui.guard.cleaning import clean_json
from loki_tui.guard.risk import risk_of

EDITED_CHARS = 1_000_000
"""Characters of JSON that an edited input may have."""


class UnusableDecisionError(Exception):
    """A decision that cannot be taken; the text says why."""


def decision_on(
    asked: ev.ApprovalRequested, decision: rq.Decide, *, redact: Callable[[str], str] = lambda text: text
) -> ev.ApprovalDecided:
    """What a person's decision amounts to.

    Args:
        asked: What the person was asked.
        decision: What they say.
        redact: Takes out what must not be kept.

    Raises:
        UnusableDecisionError: The edited input is none, or the pattern is none that covers the action.
    """
    edited, pattern = None, ""
    if decision.decision == "approved":
        edited = None if decision.edited is None else _edited(asked, decision.edited, redact)
        pattern = _pattern(asked, edited, decision, redact) if decision.pattern else ""
    return ev.ApprovalDecided(
        approval=asked.approval,
        decision=decision.decision,
        by=decision.by,
        reason=decision.reason,
        edited=None if edited is None or given(edited) == asked.input else given(edited),
        pattern=pattern,
    )


def _edited(asked: ev.ApprovalRequested, edited: JsonObject, redact: Callable[[str], str]) -> ToolInput:
    if not asked.editable:
        raise UnusableDecisionError("it cannot be edited, since it is not shown exactly as it is")
    if len(json.dumps(edited)) > EDITED_CHARS:
        raise UnusableDecisionError(f"the edited input is longer than {EDITED_CHARS:,} characters")
    # What is done is what the journal says, also for an engine that takes the run up after a crash.
    if clean_json(edited, redact) != edited:
        raise UnusableDecisionError("the edited input holds a secret, which is never written down")
    return _parsed(asked, edited)


def _pattern(
    asked: ev.ApprovalRequested, edited: ToolInput | None, decision: rq.Decide, redact: Callable[[str], str]
) -> str:
    pattern = decision.pattern or ""
    if edited is None and pattern == asked.pattern:
        return pattern
    if redact(pattern) != pattern:
        raise UnusableDecisionError("the pattern holds a secret, which is never written down")
    try:
        rules.check(pattern, asked.tool, asked.risk)
    except rules.BadPatternError as error:
        raise UnusableDecisionError(f"{pattern!r} is no pattern for this run: {error}") from error
    if edited is None and not asked.editable:
        raise UnusableDecisionError("only the suggested pattern can be approved: the action is not shown exactly")
    action = rules.relative(edited or _parsed(asked, asked.input or {}), asked.cwd)
    rule = Rule(pattern=pattern, tool=asked.tool, risk=asked.risk, by=decision.by)
    if asked.unsure and rules.is_wide(rule):
        raise UnusableDecisionError("it is not sure what it would do, so only exactly this can be approved for a run")
    if not rules.matches(rule, action, risk_of(action)):
        raise UnusableDecisionError(f"the pattern {pattern!r} does not cover the action itself")
    return pattern


def _parsed(asked: ev.ApprovalRequested, value: JsonObject) -> ToolInput:
    try:
        return parse_call(ToolCall(id=asked.call or "", name=asked.tool, input=value), WORKSPACE_TOOLS)
    except BadCallError as error:
        raise UnusableDecisionError(str(error)) from error
