"""Events as lines a person can read over the shoulder of a run.

One event, one line at most; what scrolls by on every turn and says nothing is left out.
"""

from __future__ import annotations

from functools import singledispatch
from typing import get_args

from loki_tui.core import events as ev
from loki_tui.core.events import Record
from loki_tui.core.messages import TextPart
from loki_tui.core.money import format_limit, format_usd
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Proof, Verdict
from loki_tui.wording.amounts import counted
from loki_tui.wording.asides import aside_text
from loki_tui.wording.line import Line, Tone
from loki_tui.wording.parallel import ParallelEvent, goes_wrong, parallel_text
from loki_tui.wording.proof import convened_text, finding_text, found_text, tally_text
from loki_tui.wording.receipts import headline_tone

WIDTH = 160
"""Characters of what a model or a command said in a line; what Loki itself says is never cut."""


def line_of(record: Record) -> Line | None:
    """What to print for a record; none where it says nothing to a person."""
    line = _line(record.event)
    if line is None:
        return None
    stream = f"[{one_line(record.stream)}] " if record.stream else ""
    return Line(f"{record.at.astimezone():%H:%M:%S} {stream}{line.text}", line.tone)


@singledispatch
def _line(event: ev.Event) -> Line | None:  # noqa: ARG001 (kinds without a rule print nothing)
    return None


@_line.register
def _(event: ev.RunCreated) -> Line:
    budget = f", budget {format_limit(event.budget)}" if event.budget is not None else ", no budget"
    return Line(f"run on {_cut(event.prd_path)}, at most {counted(event.max_iterations, 'iteration')}{budget}", "loud")


@_line.register
def _(event: ev.EngineStarted) -> Line:
    held = event.confinement
    badge = f"confined by {held.rung} {held.detail}".strip() if held.rung != "none" else "NOT CONFINED"
    return Line(f"engine {event.pid} {'takes the run up again' if event.resumed else 'starts'}, {badge}", "quiet")


@_line.register
def _(event: ev.BranchOpened) -> Line:
    dirty = f"; {counted(len(event.dirty), 'uncommitted path')} left out of it" if event.dirty else ""
    return Line(f"branch {event.branch}, from {event.origin}{dirty}")


@_line.register
def _(event: ev.RunPaused) -> Line:
    return Line(f"PAUSED: {one_line(event.reason)}. Go on: loki resume", "warn")


@_line.register
def _(event: ev.RunWaiting) -> Line:
    until = f", at {event.until.astimezone():%H:%M:%S}" if event.until is not None else ""
    return Line(f"waiting: {one_line(event.reason)}{until}", "warn")


@_line.register
def _(event: ev.RunContinued) -> Line | None:
    return Line(f"goes on, {one_line(event.reason)}") if event.reason else None


@_line.register
def _(event: ev.RunStopping) -> Line:
    return Line(f"stopping: {one_line(event.reason)}", "warn")


@_line.register
def _(event: ev.RunClosed) -> Line:
    tone: Tone = "good" if event.outcome == "completed" else "bad"
    return Line(f"{event.outcome.upper()}: {one_line(event.reason)}", tone)


@_line.register
def _(event: ev.EngineFailed) -> Line:
    return Line(f"the engine broke off: {one_line(event.error)}", "bad")


@_line.register
def _(event: ev.BudgetChanged) -> Line:
    return Line(f"budget is now {format_limit(event.limit) if event.limit is not None else 'unlimited'}, by {event.by}")


@_line.register
def _(event: ev.Steered) -> Line:
    return Line(f"note from {event.by}: {_cut(event.note)}")


@_line.register
def _(event: ev.Warned) -> Line:
    return Line(f"warning: {one_line(event.message)}", "warn")


@_line.register
def _(event: ev.RequirementsPlanned) -> Line:
    fallback = " (no usable plan: the whole PRD is one)" if event.fallback else ""
    return Line(f"planned {counted(len(event.requirements), 'requirement')}{fallback}")


@_line.register
def _(event: ev.IterationStarted) -> Line:
    return Line(f"iteration {event.number}", "loud")


@_line.register
def _(event: ev.IterationFinished) -> Line:
    claim = ", says everything is done" if event.claims_done else ""
    headline = event.summary.strip().partition("\n")[0]
    return Line(f"iteration {event.number} ends{claim}: {_cut(headline) or event.ended_by}")


@_line.register
def _(event: ev.ContextCompacted) -> Line:
    return Line(f"{event.agent} condenses its context of {event.tokens_before:,} tokens", "quiet")


@_line.register
def _(event: ev.ModelAnswered) -> Line:
    price = format_usd(event.cost) if event.cost is not None else "price unknown"
    tokens = f"{event.usage.prompt_tokens:,} in, {event.usage.output_tokens:,} out"
    said = " ".join(part.text for part in event.parts if isinstance(part, TextPart))
    return Line(f"  {_cut(said) or 'model'} ({event.seconds:.1f} s, {tokens}, {price})", "quiet")


@_line.register
def _(event: ev.ModelFailed) -> Line:
    return Line(f"  model failed ({event.fault.replace('_', ' ')}): {_cut(event.message)}", "warn")


@_line.register
def _(event: ev.ActionStarted) -> Line:
    return Line(f"  {action_text(event)}")


@_line.register
def _(event: ev.ActionRefused) -> Line:
    return Line(f"  REFUSED {action_text(event)}: {_cut(refusal_text(event))}", "bad")


@_line.register
def _(event: ev.ActionFinished) -> Line | None:
    if event.refused:
        return None  # the refusal itself has been printed
    if event.interrupted:
        return Line("    interrupted when the engine before died", "warn")
    if event.exit_code:
        return Line(f"    exit code {event.exit_code} after {event.seconds:.1f} s", "warn")
    return None if event.ok else Line(f"    {_cut(event.output.text)}", "warn")


@_line.register
def _(event: ev.ApprovalRequested) -> Line:
    return Line(f"approval {event.approval} wanted ({event.risk}): {_cut(event.title)}. loki approvals list", "warn")


@_line.register
def _(event: ev.ApprovalDecided) -> Line:
    changed = ", changed" if event.edited is not None else ""
    such = f", and in this run: {_cut(event.pattern)}" if event.pattern else ""
    return Line(f"approval {event.approval} {event.decision} by {one_line(event.by)}{changed}{such}")


@_line.register
def _(event: ev.RuleRevoked) -> Line:
    return Line(f"{_cut(event.pattern)} is asked about again, by {one_line(event.by)}")


@_line.register
def _(event: ev.CheckpointTaken) -> Line:
    return Line(f"checkpoint {event.checkpoint}, {counted(event.changed, 'path')} changed", "quiet")


@_line.register
def _(event: ev.WorkCommitted) -> Line:
    return Line(f"committed {event.commit[:10]} to {event.branch}: {_cut(event.subject)}")


@_line.register
def _(event: ev.PhaseStarted) -> Line:
    return Line(f"verifying: {event.phase}")


_VERDICTS: dict[Verdict, Tone] = {
    Verdict.PASSED: "good",
    Verdict.FAILED: "bad",
    Verdict.ERROR: "bad",
    Verdict.NOT_RUN: "warn",
    Verdict.NOT_APPLICABLE: "quiet",
}


@_line.register
def _(event: ev.PhaseFinished) -> Line:
    more = f", and {len(event.findings) - 1:,} more" if len(event.findings) > 1 else ""
    found = f"; {_cut(finding_text(event.findings[0]))}{more}" if event.findings else ""
    word = event.verdict.replace("_", " ").upper()
    return Line(f"{_cut(event.phase)}: {word}, {_cut(event.why)}{found}", _VERDICTS[event.verdict])


@_line.register
def _(event: ev.RequirementJudged) -> Line:
    tone: Tone = "good" if event.proof is Proof.PROVEN else "bad" if event.proof is Proof.FAILING else "warn"
    evidence = f": {_cut(event.evidence)}" if event.evidence else ""
    return Line(f"requirement {_cut(event.id)} is {event.proof}{evidence}", tone)


@_line.register
def _(event: ev.ReviewSubmitted) -> Line:
    if event.void:
        return Line(f"{_cut(event.reviewer)} gave no usable review, which counts as failed: {_cut(event.void)}", "bad")
    found = f", {found_text(event)}: {_cut(finding_text(event.findings[0]))}" if event.findings else ""
    verdict = "passes it" if event.verdict == "pass" else "fails it"
    return Line(f"{_cut(event.reviewer)} reviewed and {verdict}{found}", "good" if event.verdict == "pass" else "bad")


@_line.register
def _(event: ev.Notified) -> Line:
    return Line(aside_text(event), "quiet" if event.ok else "warn")


@_line.register
def _(event: ev.ParallelWorkLimited) -> Line:
    return Line(aside_text(event), "warn" if event.over else "plain")


@_line.register
def _(event: ev.ReviewForced) -> Line:
    return Line(f"{_cut(event.by)} asked for the council: it sits once this iteration is over", "loud")


@_line.register
def _(event: ev.ControlReceived) -> Line:
    told = f"{_cut(event.by)} asked over the {_cut(event.via)}: {event.request.replace('_', ' ')}"
    return Line(f"{told}; refused: {_cut(event.refused)}", "warn") if event.refused else Line(told, "quiet")


@_line.register
def _(event: ev.CouncilConvened) -> Line:
    members = counted(len(event.members), "member")
    return Line(f"the council sits, {members}, {convened_text(event)}: {_cut(event.reason)}", "loud")


@_line.register
def _(event: ev.VoteCast) -> Line:
    charge = f" ({_cut(event.charge)})" if event.charge else ""
    if event.void:
        return Line(f"the vote of {_cut(event.member)}{charge} is void: {_cut(event.void)}", "warn")
    why = f": {_cut(event.reasons[0])}" if event.reasons else ""
    tone: Tone = "good" if event.verdict == "approve" else "bad"
    return Line(f"{_cut(event.member)}{charge} votes to {event.verdict}{why}", tone)


@_line.register
def _(event: ev.CouncilDecided) -> Line:
    tone: Tone = "good" if event.approved else "bad"
    tally = f", {text}" if (text := tally_text(event)) else ""
    return Line(
        f"the council {'approves' if event.approved else 'does not approve'}{tally}: {_cut(event.reason)}", tone
    )


@_line.register
def _(event: ev.MemberCalibrated) -> Line:
    word = "saw" if event.caught else "MISSED"
    planted = f"the defect that was planted: {_cut(event.defect)}"
    return Line(f"{_cut(event.member)} {word} {planted}", "plain" if event.caught else "warn")


@_line.register
def _(event: ev.CheckpointRestored) -> Line:
    return Line(
        f"checkpoint {event.checkpoint} restored by {_cut(event.by)}; what was there is {event.saved_as}", "warn"
    )


@_line.register
def _(event: ev.ReceiptWritten) -> Line:
    return Line(f"receipt written: {_cut(event.headline)}", headline_tone(event.headline))


def _parallel(event: ParallelEvent) -> Line:
    return Line(_cut(parallel_text(event)), "warn" if goes_wrong(event) else "plain")


for _kind in get_args(ParallelEvent):
    _line.register(_kind, _parallel)


def refusal_text(event: ev.ActionRefused) -> str:
    """Why an action was refused, and by which rule."""
    where = f" ({one_line(event.source)})" if event.source else ""
    return f"{one_line(event.why) or 'a rule blocks it'}; rule {one_line(event.rule) or 'none'}{where}"


def action_text(event: ev.ActionStarted | ev.ActionRefused) -> str:
    """What an agent does, or would have done, in a few words."""
    given = event.input.get("command") or event.input.get("path") or event.input.get("pattern") or ""
    who = "" if "/" not in event.agent else f"{event.agent} "
    return f"{who}{event.tool} {_cut(str(given))}".rstrip()


def _cut(text: str) -> str:
    """Foreign text in a line: harmless and short."""
    line = one_line(text)
    return line if len(line) <= WIDTH else f"{line[: WIDTH - 1]}…"
