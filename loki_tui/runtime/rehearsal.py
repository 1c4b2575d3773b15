"""What a rule would have let through: a pattern held against all that was done, or was not allowed, so far.

A record has what an agent asked for, not what the files were like then: a path counts as it was written,
without symbolic links being resolved.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime

from loki_tui.core import events as ev
from loki_tui.core.errors import UsageError
from loki_tui.core.events import Record
from loki_tui.core.messages import JsonObject, ToolCall
from loki_tui.core.tools import WORKSPACE_TOOLS, BadCallError, Shell, ToolInput, WriteFile, parse_call
from loki_tui.core.vocabulary import Risk, Rule
from loki_tui.guard import rules
from loki_tui.guard.risk import graver, risk_of
from loki_tui.store.project import Project

KINDS = frozenset({"run_created", "action_started", "approval_requested", "approval_decided"})
"""What has to be read for it."""

MOST = 500
"""Risky actions that are named; all are counted."""


@dataclass(frozen=True, slots=True)
class Fitting:
    """An action that a rule would have let through, and that a person might not have."""

    run: str
    seq: int
    at: datetime
    risk: Risk
    what: str
    """The command, or the tool and the path."""
    why: str
    """What makes it risky."""


@dataclass(slots=True)
class Rehearsal:
    """What came of it."""

    pattern: str
    runs: int = 0
    actions: int = 0
    """All that were looked at."""
    allowed: int = 0
    """That the rule would have let through without a question."""
    risky: int = 0
    """Of these, those that reach out of the workspace, destroy, or that a person refused or changed."""
    named: list[Fitting] = field(default_factory=list)
    """The risky ones, oldest first."""
    graver: int = 0
    """That fit the words and would still be asked about, since they are graver than any rule of these words may be."""


def rehearse(project: Project, pattern: str, *, run: str | None = None) -> Rehearsal:
    """Hold a pattern against the history.

    Args:
        project: Whose history.
        pattern: Of commands or of files; what can be either is taken as both.
        run: One run alone.

    Raises:
        UsageError: There can be no rule of this pattern.
        JournalError: The journal cannot be read.
    """
    made = _rules(pattern)
    found = Rehearsal(pattern)
    with project.reader() as reader:
        # From the oldest on, so that what is named first happened first.
        for summary in reversed(reader.runs()):
            if run is None or summary.id == run:
                found.runs += 1
                _hold(found, made, summary.id, reader.of_kinds(summary.id, KINDS))
    return found


def _rules(pattern: str) -> list[Rule]:
    """The widest rules that a person could make of a pattern."""
    made, complaint = [], ""
    # A file's name may have a space in it, but what has one and no directory is meant as a command.
    files = (WriteFile.tool,) if "/" in pattern or " " not in pattern else ()
    for tool in (*files, Shell.tool):
        for risk in reversed(Risk):
            try:
                rules.check(pattern, tool, risk)
            except rules.BadPatternError as error:
                complaint = str(error)
            else:
                made.append(Rule(pattern=pattern, tool=tool, risk=risk, by=""))
                break
    if not made:
        raise UsageError(f"{pattern!r} is no pattern: {complaint}.", hint="Such as 'pytest *' or 'src/**'.")
    return made


def _hold(found: Rehearsal, made: list[Rule], run: str, records: Iterable[Record]) -> None:
    for record, action, objection in _actions(records):
        found.actions += 1
        risk = risk_of(action)
        # Of its own risk a rule covers whatever has its words.
        fits = [rule for rule in made if rules.matches(rule, action, rule.risk)]
        if not fits:
            continue
        if all(graver(risk, rule.risk) for rule in fits):
            found.graver += 1
            continue
        found.allowed += 1
        why = objection or (f"risk {risk}" if graver(risk, Risk.RUN) else "")
        if why:
            found.risky += 1
            if len(found.named) < MOST:
                found.named.append(Fitting(run, record.seq, record.at, risk, _in_words(action), why))


def _actions(records: Iterable[Record]) -> Iterator[tuple[Record, ToolInput, str]]:
    """What was done, or denied by a person, in a run: each action, and what that person had against it."""
    workspace, asked, changed = "", dict[str, ev.ApprovalRequested](), dict[str, str]()
    for record in records:
        match record.event:
            case ev.RunCreated() as created:
                workspace = created.workspace
            case ev.ApprovalRequested() as request if request.input is not None:
                asked[request.approval] = request
            case ev.ApprovalDecided() as decided if decided.approval in asked:
                request = asked.pop(decided.approval)
                if decided.edited is not None and request.call:
                    changed[request.call] = f"{decided.by} changed it first"
                elif decided.decision == "denied":
                    yield from _parsed(record, request.tool, request.input, workspace, f"denied by {decided.by}")
            case ev.ActionStarted() as started:
                yield from _parsed(record, started.tool, started.input, workspace, changed.pop(started.call, ""))
            case _:
                pass


def _parsed(
    record: Record, tool: str, given: JsonObject | None, workspace: str, why: str
) -> Iterator[tuple[Record, ToolInput, str]]:
    try:
        action = parse_call(ToolCall(id="", name=tool, input=given or {}), WORKSPACE_TOOLS)
    except BadCallError:
        return  # such as `delegate`: no rule is about it
    yield record, rules.relative(action, workspace), why


def _in_words(action: ToolInput) -> str:
    if isinstance(action, Shell):
        return action.command
    return f"{action.tool} {getattr(action, 'path', '')}".rstrip()
