"""What is proven, measured and judged, in sentences: for a person who hears them one after another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from loki_tui.core.events import PhaseFinished, ReceiptWritten, ReviewSubmitted, VoteCast
from loki_tui.core.state import Judged, RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Finding, Proof, Verdict
from loki_tui.runtime.history import History
from loki_tui.wording.amounts import age, counted
from loki_tui.wording.proof import (
    again_text,
    calibration_text,
    convened_text,
    found_text,
    judged_text,
    measured,
    next_sitting,
    review_text,
    switched_off,
    tally_text,
    unmeasured,
    verdict_text,
)
from loki_tui.wording.receipts import receipt_lines, receipt_of, verify_command

FINDINGS = 10
"""Findings, tools and tests of one thing that are told; the viewer and `--json` have all."""


def sentence(text: str) -> str:
    """Words that begin and end as a sentence does."""
    text = f"{text[:1].upper()}{text[1:]}"
    return text if text.endswith((".", "!", "?")) else f"{text}."


# -- requirements -------------------------------------------------------------------------------


def proven_in_words(state: RunState) -> str:
    """How far the requirements are proven, in a sentence."""
    if not state.requirements:
        return "Requirements: no plan yet."
    proofs = [judged.proof for judged in state.requirements.values()]
    others = [f"{proofs.count(proof)} {proof}" for proof in Proof if proof in proofs and proof is not Proof.PROVEN]
    return f"Requirements: {', '.join([f'{state.proven} of {len(proofs)} proven', *others])}."


def requirements_in_words(state: RunState) -> Iterator[str]:
    """Each requirement, how far it is proven, and by what."""
    if not state.requirements:
        yield "There is no plan yet. The document becomes a list of requirements first."
    for name, judged in state.requirements.items():
        title = sentence(one_line(judged.requirement.title))
        yield " ".join([f"{one_line(name)}, {judged.proof}: {title}", *_grounds(judged)])


def _grounds(judged: Judged) -> Iterator[str]:
    if judged.proof is Proof.STALE:
        yield "The files have changed since it was proven."
    if judged.evidence:
        yield sentence(f"Evidence: {one_line(judged.evidence)}")
    if judged.tests:
        yield sentence(f"Shown by {_several(judged.tests)}")
    elif judged.claimed:
        yield sentence(f"The agent names {_several(judged.claimed)}")


def _several(names: Sequence[str]) -> str:
    rest = f", and {len(names) - FINDINGS:,} more" if len(names) > FINDINGS else ""
    return f"{', '.join(map(one_line, names[:FINDINGS]))}{rest}"


# -- checks -------------------------------------------------------------------------------------


def phases_in_words(state: RunState, now: datetime) -> Iterator[str]:
    """A sentence for each phase that was measured."""
    if not state.phases:
        yield "Checks: nothing was measured yet."
    for fact in measured(state):
        show = "" if fact.verdict is Verdict.PASSED else " qa has more."
        yield f"{_phase(state, fact, now)}.{show}"


def checks_in_words(state: RunState, now: datetime) -> Iterator[str]:
    """All phases with their tools and findings, the reviews, and what nobody measured."""
    if not state.phases:
        yield "Nothing was measured yet."
    for fact in measured(state):
        yield f"{_phase(state, fact, now)}."
        for check in fact.checks[:FINDINGS]:
            yield sentence(f"{one_line(check.name)} {check.verdict.replace('_', ' ')}: {one_line(check.why)}")
        yield from _findings(fact.findings)
    for review in state.reviews.values():
        yield from _review(state, review)
    if never := unmeasured(state):
        yield f"Never measured: {', '.join(never)}."
    if off := switched_off(state):
        yield f"Off: {', '.join(off)}."


def _phase(state: RunState, fact: PhaseFinished, now: datetime) -> str:
    at = state.measured_at.get(fact.phase)
    details = [again_text(state, fact.phase), found_text(fact), age(at, now) if at is not None else ""]
    said = f"Check {one_line(fact.phase)}: {verdict_text(state, fact)}, {one_line(fact.why)}"
    return ", ".join([said, *(text for text in details if text)])


def _review(state: RunState, review: ReviewSubmitted) -> Iterator[str]:
    found = f", {found}" if (found := found_text(review)) else ""
    yield f"Reviewer {one_line(review.reviewer)} {review_text(state, review)}{found}."
    yield from _findings(review.findings)


def _findings(findings: Sequence[Finding]) -> Iterator[str]:
    yield from (sentence(finding_in_words(finding)) for finding in findings[:FINDINGS])
    if len(findings) > FINDINGS:
        yield f"And {counted(len(findings) - FINDINGS, 'finding')} more."


def finding_in_words(finding: Finding) -> str:
    """A finding with its place, in words that are read aloud."""
    line = f" line {finding.line}" if finding.line is not None else ""
    place = f"{one_line(finding.file)}{line}" if finding.file else "no file"
    return f"{finding.severity}, {place}: {one_line(finding.message)}"


# -- the council --------------------------------------------------------------------------------


def sitting_in_words(state: RunState) -> str:
    """What the council came to last, in a sentence."""
    council = state.council
    if not council.sitting:
        return "Council: it has not sat."
    approving = sum(vote.verdict == "approve" and not vote.void for vote in council.votes)
    came = f"{approving} of {len(council.votes)} approve; it still sits"
    if (decided := council.decided) is not None:
        came = f"{'approved' if decided.approved else 'not approved'}: {one_line(decided.reason)}"
    on = judged_text(state)[0]
    return sentence(f"Council, sitting {council.sitting}, {on}: {came}")


def council_in_words(state: RunState) -> Iterator[str]:
    """The latest sitting with its votes, how often members saw planted defects, and when it sits next."""
    council = state.council
    yield sitting_in_words(state)
    if (convened := council.convened) is not None:
        yield sentence(f"It was called {convened_text(convened)}: {one_line(council.reason)}")
    for vote in council.votes:
        yield vote_in_words(vote)
    if council.decided is not None and (tally := tally_text(council.decided)):
        yield f"{tally}."
    for member, calibration in state.calibrations.items():
        yield f"{one_line(member)} {calibration_text(calibration)}."
    if upcoming := next_sitting(state):
        yield upcoming


def vote_in_words(vote: VoteCast) -> str:
    """A vote with its reasons."""
    verdict = "approves" if vote.verdict == "approve" else "rejects"
    charge = f" ({one_line(vote.charge)})" if vote.charge else ""
    void = sentence(f"It does not count: {one_line(vote.void)}") if vote.void else ""
    reasons = " ".join(sentence(one_line(reason)) for reason in vote.reasons)
    unmet = f"Unmet: {_several(vote.unmet)}." if vote.unmet else ""
    evidence = sentence(f"Evidence: {_several(vote.evidence)}") if vote.evidence else ""
    said = f"Council member {one_line(vote.member)}{charge} {verdict}."
    return " ".join(text for text in (said, void, reasons, unmet, evidence) if text)


# -- the receipt --------------------------------------------------------------------------------


def headline_in_words(written: ReceiptWritten) -> str:
    """What the evidence amounts to."""
    return f"Receipt: {one_line(written.headline)}. Type receipt to hear what it rests on."


def receipt_in_words(state: RunState, history: History) -> Iterator[str]:
    """The whole receipt.

    Raises:
        JournalError: It is not there any more, or was changed.
    """
    if state.receipt is None:
        yield "There is no receipt yet. It is written when the run ends."
        return
    receipt = receipt_of(state, history)
    if receipt is None:
        yield f"Receipt: {one_line(state.receipt.headline)}. It is not made as a receipt is, so it cannot be told."
        yield f"To have it checked: {verify_command(state.run)}"
        return
    for line in receipt_lines(receipt):
        if line.text.strip():
            yield line.text.strip()
