"""Events in words, for a person who hears them one after another: nothing is cut, and no sign stands for a word.

What a command printed and what a change consists of are told on request (`loki_tui.headless.linear_past`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import singledispatch
from typing import get_args

from loki_tui.core import events as ev
from loki_tui.core.events import Event
from loki_tui.core.messages import JsonObject, TextPart
from loki_tui.core.money import format_limit
from loki_tui.core.terminal import one_line, plain
from loki_tui.core.vocabulary import Finding, Verdict
from loki_tui.headless.linear_diffs import change_in_words
from loki_tui.headless.linear_paper import Passage
from loki_tui.headless.linear_proof import finding_in_words
from loki_tui.wording.amounts import counted, in_seconds
from loki_tui.wording.asides import aside_text
from loki_tui.wording.parallel import ParallelEvent, parallel_text
from loki_tui.wording.proof import convened_text, tally_text

LAST_LINES = 5
"""Lines of a failed command's output that are told unasked."""

FINDINGS = 20
"""Findings that are told unasked."""

_ALPHANUMERIC = re.compile(r"\w").search

Words = tuple[str, tuple[Passage, ...]]
"""How it begins, and what belongs to it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What was told before that an event refers to."""

    agent: str = "agent"
    """Whose answer it is."""
    line: int | None = None
    """The line that told of the action's beginning, where it is not the one right before."""
    number: int | None = None
    """Of the line that is to tell it."""


def who(agent: str) -> str:
    """An agent's name as it is spoken."""
    parent, slash, name = one_line(agent).rpartition("/")
    return f"sub-agent {name}" if slash and parent else name


def said(parts: Sequence[object]) -> str:
    """The words among the parts of an answer."""
    return "\n".join(part.text.strip() for part in parts if isinstance(part, TextPart) and part.text.strip())


def speaks(event: Event) -> bool:
    """Whether an event is told at all."""
    return words(event, Told()) is not None


@singledispatch
def words(_event: Event, _told: Told) -> Words | None:
    """An event in words; none where it says nothing to a person."""
    return None


def _just(text: str, *more: Passage) -> Words:
    return text, more


# -- the run ------------------------------------------------------------------------------------


@words.register
def _(event: ev.RunCreated, _told: Told) -> Words:
    budget = f"a budget of {format_limit(event.budget)}" if event.budget is not None else "no budget"
    most = counted(event.max_iterations, "iteration")
    return _just(f"A run on {one_line(event.prd_path)}, with {budget} and at most {most}.")


@words.register
def _(event: ev.EngineStarted, _told: Told) -> Words:
    held = event.confinement
    badge = f"confined by {held.rung} {held.detail}".strip() if held.rung != "none" else "not confined"
    return _just(f"The engine {'takes the run up again' if event.resumed else 'starts'}, {badge}.")


@words.register
def _(event: ev.BranchOpened, _told: Told) -> Words:
    dirty = f" {counted(len(event.dirty), 'uncommitted path')} of yours stay out of it." if event.dirty else ""
    return _just(f"The work goes to branch {event.branch}, made from {one_line(event.origin)}.{dirty}")


@words.register
def _(event: ev.RunPaused, _told: Told) -> Words:
    more = f" resume {event.needed} goes on with a budget that covers it." if event.needed is not None else ""
    return _just(f"Paused: {_sentence(event.reason)}{more}")


@words.register
def _(event: ev.RunWaiting, _told: Told) -> Words | None:
    if event.on == "approval":
        return None  # the request itself is told
    until = f" It goes on at {event.until.astimezone():%H:%M:%S}." if event.until is not None else ""
    return _just(f"Waiting: {_sentence(event.reason)}{until}")


@words.register
def _(event: ev.RunContinued, _told: Told) -> Words | None:
    return _just(f"The run goes on, {_sentence(event.reason)}") if event.reason else None


@words.register
def _(event: ev.RunStopping | ev.RunClosed | ev.EngineFailed, _told: Told) -> Words:
    if isinstance(event, ev.EngineFailed):
        return _just(f"The engine broke off: {_sentence(event.error)}")
    begun = f"The run is {event.outcome}" if isinstance(event, ev.RunClosed) else "Stopping"
    return _just(f"{begun}: {_sentence(event.reason)}")


@words.register
def _(event: ev.BudgetChanged, _told: Told) -> Words:
    limit = format_limit(event.limit) if event.limit is not None else "unlimited"
    return _just(f"The budget is now {limit}, by {one_line(event.by)}.")


@words.register
def _(event: ev.Steered, _told: Told) -> Words:
    return _just(f"Note from {one_line(event.by)}: {plain(event.note)}")


@words.register
def _(event: ev.SteeringDelivered, _told: Told) -> Words:
    return _just(f"{_begin(who(event.agent))} is given {counted(len(event.notes), 'note')} now.")


@words.register
def _(event: ev.Warned, _told: Told) -> Words:
    return _just(f"Warning: {one_line(event.message)}")


def _parallel(event: ParallelEvent, _told: Told) -> Words:
    return _just(_sentence(_begin(parallel_text(event))))


for _kind in get_args(ParallelEvent):
    words.register(_kind, _parallel)


# -- agents -------------------------------------------------------------------------------------


@words.register
def _(event: ev.RequirementsPlanned, _told: Told) -> Words:
    fallback = " No usable plan came, so the whole document is one." if event.fallback else ""
    many = counted(len(event.requirements), "requirement")
    return _just(f"Planned {many}.{fallback} Type requirements to hear them.")


@words.register
def _(event: ev.RequirementJudged, _told: Told) -> Words:
    evidence = f": {one_line(event.evidence)}" if event.evidence else ""
    return _just(f"Requirement {one_line(event.id)} is {event.proof}{evidence}.")


@words.register
def _(event: ev.IterationStarted, _told: Told) -> Words:
    return _just(f"Iteration {event.number:,} begins.")


@words.register
def _(event: ev.IterationFinished, _told: Told) -> Words:
    how = {"agent": "", "turns": ", out of turns", "silence": ", since the agent fell silent", "time": ", out of time"}
    claim = ", and the agent says that everything is done" if event.claims_done else ""
    text = f": {plain(event.summary.strip())}" if event.summary.strip() else "."
    return _just(f"Iteration {event.number:,} ends{how[event.ended_by]}{claim}{text}")


@words.register
def _(event: ev.ContextCompacted, _told: Told) -> Words:
    return _just(f"{_begin(who(event.agent))} condenses what it knows, {event.tokens_before:,} tokens.")


@words.register
def _(event: ev.ModelAnswered, told: Told) -> Words | None:
    text = said(event.parts)
    return _just(f"{_begin(who(told.agent))} says: {plain(text)}") if text else None


@words.register
def _(event: ev.ModelFailed, told: Told) -> Words:
    fault = event.fault.replace("_", " ")
    again = f" It is asked again at {event.retry_at.astimezone():%H:%M:%S}." if event.retry_at is not None else ""
    return _just(f"The model failed {who(told.agent)}, {fault}: {_sentence(event.message)}{again}")


@words.register
def _(event: ev.ActionStarted, _told: Told) -> Words:
    command = event.input.get("command")
    name = _begin(who(event.agent))
    if event.tool != "shell" or not isinstance(command, str):
        return _just(f"{name} {_doing(event.tool, event.input)}.")
    beside = " in the background" if event.input.get("background") else ""
    if "\n" in command.strip():
        return _just(f"{name} runs{beside}:", Passage(command.strip(), exact=True))
    return _just(f"{name} runs{beside}: {command.strip()}")


@words.register
def _(event: ev.ActionRefused, _told: Told) -> Words:
    command = event.input.get("command")
    name = who(event.agent)
    rule = f" The rule: {one_line(event.rule)}." if event.rule else ""
    where = f" It stands in: {one_line(event.source)}." if event.source else ""
    why = f"{_sentence(event.why or 'a rule blocks it')}{rule}{where}"
    if event.tool != "shell" or not isinstance(command, str):
        return _just(f"Refused to {name}, {_doing(event.tool, event.input)}: {why}")
    return _just(f"Refused to {name}, risk {event.risk}: {why} The command:", Passage(command.strip(), exact=True))


@words.register
def _(event: ev.ActionFinished, told: Told) -> Words | None:
    if event.refused:
        return None  # the refusal itself is told
    about = "" if told.line is None else f"Line {told.line}: "
    if event.interrupted:
        return _just(_begin(f"{about}interrupted when the engine before died."))
    if event.diff is not None and event.ok:
        return _just(_begin(f"{about}{change_in_words(event.diff.text)}."))
    if event.exit_code is not None:
        came = _begin(f"{about}exit code {event.exit_code} after {in_seconds(event.seconds)}.")
        return _just(came) if event.ok else _just(f"{came} Its last lines:", _end_of(event.output.text))
    return None if event.ok else _just(_begin(f"{about}not done: {plain(event.output.text)}"))


@words.register
def _(event: ev.DelegateStarted, _told: Told) -> Words:
    return _just(f"{_begin(who(event.agent))} begins as {one_line(event.role)}: {plain(event.brief.text)}")


@words.register
def _(event: ev.DelegateFinished, _told: Told) -> Words:
    return _just(f"{_begin(who(event.agent))} {'reports' if event.ok else 'broke off'}: {plain(event.report.text)}")


@words.register
def _(event: ev.ApprovalRequested, _told: Told) -> Words:
    return _just(f"Request {event.approval}, risk {event.risk}: {one_line(event.title)}.")


@words.register
def _(event: ev.ApprovalDecided, _told: Told) -> Words:
    changed = ", changed" if event.edited is not None else ""
    such = f", and so is in this run: {one_line(event.pattern)}" if event.pattern else ""
    why = f": {_sentence(event.reason)}" if event.reason else "."
    return _just(f"{event.approval} is {event.decision} by {one_line(event.by)}{changed}{such}{why}")


@words.register
def _(event: ev.RuleRevoked, _told: Told) -> Words:
    return _just(f"Asked about again, by {one_line(event.by)}: {one_line(event.pattern)}.")


# -- proof --------------------------------------------------------------------------------------


@words.register
def _(event: ev.CheckpointTaken, _told: Told) -> Words:
    return _just(f"Checkpoint {event.checkpoint}, {counted(event.changed, 'path')} changed.")


@words.register
def _(event: ev.CheckpointRestored, _told: Told) -> Words:
    return _just(f"Checkpoint {event.checkpoint} is restored by {one_line(event.by)}; before it, {event.saved_as}.")


@words.register
def _(event: ev.WorkCommitted, _told: Told) -> Words:
    return _just(f"Committed {event.commit[:10]} to {event.branch}: {_sentence(event.subject)}")


@words.register
def _(event: ev.ReceiptWritten, _told: Told) -> Words:
    return _just(f"The receipt is written: {_sentence(event.headline)} Type receipt to hear what it rests on.")


@words.register
def _(event: ev.PhaseStarted, _told: Told) -> Words:
    return _just(f"Measuring {one_line(event.phase)}.")


@words.register
def _(event: ev.PhaseFinished, told: Told) -> Words:
    wanted = event.verdict is not Verdict.PASSED and event.output is not None and told.number is not None
    more = f" show {told.number} has its output." if wanted else ""
    said = f"{_begin(one_line(event.phase))} {event.verdict.replace('_', ' ')}: {_sentence(event.why)}{more}"
    return _just(said, *_findings(event.findings))


@words.register
def _(event: ev.ReviewSubmitted, _told: Told) -> Words:
    if event.void:
        return _just(f"Reviewer {one_line(event.reviewer)} gave no usable review: {_sentence(event.void)}")
    verdict = "passes it" if event.verdict == "pass" else "fails it"
    return _just(f"Reviewer {one_line(event.reviewer)} {verdict}.", *_findings(event.findings))


def _findings(findings: Sequence[Finding]) -> tuple[Passage, ...]:
    if not findings:
        return ()
    rest = [f"And {counted(len(findings) - FINDINGS, 'finding')} more."] if len(findings) > FINDINGS else []
    return (Passage("\n".join([*map(finding_in_words, findings[:FINDINGS]), *rest])),)


@words.register
def _(event: ev.ParallelWorkLimited | ev.Notified, _told: Told) -> Words:
    return _just(_sentence(aside_text(event)))


@words.register
def _(event: ev.ReviewForced | ev.ControlReceived, _told: Told) -> Words:
    if isinstance(event, ev.ControlReceived):
        told = f"Over the {one_line(event.via)}, {one_line(event.by)} asked: {event.request.replace('_', ' ')}."
        return _just(f"{told} Refused: {_sentence(event.refused)}" if event.refused else told)
    return _just(f"The council is asked for, by {one_line(event.by)}. It sits once this iteration is over.")


@words.register
def _(event: ev.CouncilConvened, _told: Told) -> Words:
    members = ", ".join(map(one_line, event.members))
    many = counted(len(event.members), "member")
    return _just(f"The council sits {convened_text(event)}, {many} ({members}): {_sentence(event.reason)}")


@words.register
def _(event: ev.VoteCast, _told: Told) -> Words:
    verdict = "approves" if event.verdict == "approve" else "rejects"
    void = f", which does not count: {one_line(event.void)}" if event.void else ""
    unmet = f" Unmet: {', '.join(map(one_line, event.unmet))}." if event.unmet else ""
    charge = f" ({one_line(event.charge)})" if event.charge else ""
    reasons = Passage("\n".join(map(one_line, event.reasons)))
    return _just(f"Council member {one_line(event.member)}{charge} {verdict}{void}.{unmet}", reasons)


@words.register
def _(event: ev.CouncilDecided, _told: Told) -> Words:
    tally = f", {text}" if (text := tally_text(event)) else ""
    word = "approves" if event.approved else "does not approve"
    return _just(f"The council {word}{tally}: {_sentence(event.reason)}")


@words.register
def _(event: ev.MemberCalibrated, _told: Told) -> Words:
    word = "saw" if event.caught else "missed"
    planted = Passage(one_line(event.defect), exact=True)
    return _just(f"Council member {one_line(event.member)} {word} a defect that was planted:", planted)


# -- words --------------------------------------------------------------------------------------


def _doing(tool: str, given: JsonObject) -> str:
    """What a tool does with what it was given."""
    path = one_line(str(given.get("path") or ""))
    matching = f" like {one_line(str(given['glob']))}" if given.get("glob") else ""
    match tool:
        case "read_file" | "write_file" | "edit_file":
            return f"{tool.removesuffix('_file')}s {path}"
        case "list_files":
            return f"lists files{f' in {path}' if path else ''}{matching}"
        case "search_files":
            where = f" in {path}" if path else ""
            return f"searches{where}{matching} for {one_line(str(given.get('pattern') or ''))}"
        case "delegate":
            tasks = given.get("tasks")
            return f"hands out {counted(len(tasks), 'task')}" if isinstance(tasks, list) else "hands out tasks"
    return f"uses {one_line(tool)}"


def _end_of(output: str) -> Passage:
    # A rule of dashes says nothing and takes a while to say it; the exit code has been said.
    lines = [line for line in plain(output).split("\n") if _ALPHANUMERIC(line) and not line.startswith("[exit code ")]
    return Passage("\n".join(lines[-LAST_LINES:]) or "it printed nothing", exact=True)


def _sentence(text: str) -> str:
    """Foreign words that end as a sentence does, so that what follows is heard apart."""
    line = one_line(text)
    return line if line.endswith((".", "!", "?")) else f"{line}."


def _begin(text: str) -> str:
    return text[:1].upper() + text[1:]
