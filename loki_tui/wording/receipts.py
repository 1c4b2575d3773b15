"""The receipt of a run in words: its headline, what it rests on, and how whoever holds it can check it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from loki_tui.core.money import format_limit, format_needed, format_usd
from loki_tui.core.state import RunState
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Excerpt, Verdict
from loki_tui.wording.amounts import counted, in_seconds, in_words
from loki_tui.wording.line import Line, Tone
from loki_tui.wording.proof import check_text, finding_text

if TYPE_CHECKING:
    from loki_tui.engine.receipt import Delivery, Effort, Facts, Opinions, PhaseFact, Receipt, RequirementFact, Sitting
    from loki_tui.runtime.history import History

SHOWN = 100
"""Gaps, findings and tests of a kind that are written out."""

_TONES: dict[str, Tone] = {"VERIFIED": "good", "VERIFIED WITH GAPS": "warn", "NOT VERIFIED": "bad"}


def headline_tone(headline: str) -> Tone:
    """How a receipt's headline sounds; one that nobody knows is no good news."""
    return _TONES.get(headline, "warn")


def receipt_of(state: RunState, history: History) -> Receipt | None:
    """The run's receipt; none where there is none, or it is not made as one is.

    Raises:
        JournalError: It is not there any more, or was changed.
    """
    if state.receipt is None:
        return None
    from pydantic import ValidationError  # noqa: PLC0415 (only where a receipt is looked at)

    from loki_tui.engine.receipt import Receipt  # noqa: PLC0415

    try:
        return Receipt.model_validate_json(history.text_of(Excerpt(text="", blob=state.receipt.digest)))
    except ValidationError:
        return None


def verify_command(run: str) -> str:
    """What checks a run's receipt."""
    return f"loki receipt verify {run}"


def receipt_lines(receipt: Receipt) -> Iterator[Line]:
    """A whole receipt, facts apart from opinions."""
    yield Line(receipt.headline, headline_tone(receipt.headline))
    yield from against_lines(receipt)
    yield Line("")
    yield Line("Run", "loud")
    yield Line(f"  {one_line(receipt.run)} on {one_line(receipt.source.name)} (PRD {receipt.source.prd[:12]})")
    yield Line(f"  ended {receipt.facts.outcome}: {one_line(receipt.facts.reason)}")
    yield from _effort(receipt.effort)
    yield from _delivery(receipt.facts.delivery)
    yield from _facts(receipt.facts)
    yield from _opinions(receipt.opinions)
    yield Line("")
    yield Line("To check it", "loud")
    yield Line(f"  {verify_command(one_line(receipt.run))}")
    yield Line(f"  made {receipt.made_at.astimezone():%Y-%m-%d %H:%M:%S} by Loki {one_line(receipt.software.loki)}")
    yield Line(f"  journal at event {receipt.journal.events:,}, hash {one_line(receipt.journal.digest)}", "quiet")
    yield Line(f"  receipt {receipt.digest}", "quiet")


def against_lines(receipt: Receipt) -> Iterator[Line]:
    """What speaks against the work, and what nobody measured: each named."""
    yield from _some([Line(f"  against: {one_line(text)}", "bad") for text in receipt.against])
    yield from _some([Line(f"  gap: {one_line(text)}", "warn") for text in receipt.gaps])
    yield from _some([Line(f"  look at: {one_line(text)}", "warn") for text in receipt.dropped])


def _some(lines: list[Line]) -> Iterator[Line]:
    yield from lines[:SHOWN]
    if len(lines) > SHOWN:
        yield Line(f"  and {len(lines) - SHOWN:,} more", "quiet")


def _effort(effort: Effort) -> Iterator[Line]:
    cost = effort.cost
    least = "at least " if cost.unpriced else ""
    limit = f" of {format_limit(cost.limit)}" if cost.limit is not None else ", no limit was set"
    lost = f", and up to {format_needed(cost.unconfirmed)} for answers that were lost" if cost.unconfirmed else ""
    yield Line(f"  {counted(effort.iterations, 'iteration')}, {in_words(timedelta(seconds=effort.seconds))}")
    yield Line(f"  {least}{format_usd(cost.spent)}{limit}{lost}")


def _delivery(delivery: Delivery) -> Iterator[Line]:
    yield Line("")
    yield Line("Delivered", "loud")
    if not delivery.commit:
        yield Line("  nothing", "warn")
        return
    yield Line(f"  branch {one_line(delivery.branch)}, commit {one_line(delivery.commit)}")
    yield Line(f"  tree {one_line(delivery.tree) or 'not known'}, measured {one_line(delivery.measured) or 'nothing'}")
    changed = counted(delivery.changed, "path") if delivery.changed is not None else "an unknown number of paths"
    yield Line(f"  {changed} changed since {one_line(delivery.base)[:10] or 'nothing was there'}")
    yield Line(f"  difference {one_line(delivery.diff) or 'not known'}", "quiet")


# -- facts --------------------------------------------------------------------------------------


def _facts(facts: Facts) -> Iterator[Line]:
    yield Line("")
    yield Line("Facts: measured by Loki", "loud")
    for phase in facts.phases:
        yield from _phase(phase, facts.delivery.measured)
    proven = sum(one.proof == "proven" for one in facts.requirements)
    yield Line("")
    yield Line(f"Requirements: {proven:,} of {len(facts.requirements):,} proven", "loud")
    yield from _some([line for one in facts.requirements for line in _requirement(one)])


def _phase(phase: PhaseFact, measured: str) -> Iterator[Line]:
    stale = bool(phase.tree) and phase.tree != measured
    word = phase.verdict.replace("_", " ")
    good = phase.verdict is Verdict.PASSED and not stale
    bad = phase.verdict in {Verdict.FAILED, Verdict.ERROR}
    tone: Tone = "good" if good else "bad" if bad else "warn"
    yield Line(f"  {one_line(phase.name)}: {f'stale, was {word}' if stale else word}, {one_line(phase.why)}", tone)
    if phase.command:
        code = f", exit {phase.exit_code}" if phase.exit_code is not None else ""
        yield Line(f"    {one_line(phase.command)}{code}, {in_seconds(phase.seconds)}", "quiet")
    yield from (Line(f"    {check_text(check)}", "quiet") for check in phase.checks[:SHOWN])
    yield from (Line(f"    {finding_text(finding)}", "warn") for finding in phase.findings[:SHOWN])


def _requirement(one: RequirementFact) -> Iterator[Line]:
    tone: Tone = "good" if one.proof == "proven" else "bad" if one.proof == "failing" else "warn"
    yield Line(f"  {one_line(one.id)} {one.proof}: {one_line(one.title)}", tone)
    if one.evidence:
        yield Line(f"    {one_line(one.evidence)}", "quiet")
    if one.tests:
        yield Line(f"    shown by {one_line(', '.join(one.tests[:SHOWN]))}", "quiet")


# -- opinions -----------------------------------------------------------------------------------


def _opinions(opinions: Opinions) -> Iterator[Line]:
    yield Line("")
    yield Line("Opinions: what models thought; none of it makes the headline any better", "loud")
    if opinions.review is not None:
        yield Line(f"  code review: {opinions.review.verdict.replace('_', ' ')}, {one_line(opinions.review.why)}")
    for review in opinions.reviews:
        void = f", which does not count: {one_line(review.void)}" if review.void else ""
        found = f", {counted(len(review.findings), 'finding')}" if review.findings else ""
        yield Line(f"  reviewer {one_line(review.reviewer)}: {review.verdict}{found}{void}")
    if opinions.council is not None:
        yield from _sitting(opinions.council)
    elif opinions.review is None and not opinions.reviews:
        yield Line("  none: no reviewer read it and no council sat", "quiet")
    for member in opinions.calibration:
        caught = f"caught {member.caught:,} of {counted(member.shown, 'planted defect')}"
        yield Line(f"  {one_line(member.member)} {caught}", "quiet")


def _sitting(sitting: Sitting) -> Iterator[Line]:
    word = {None: "came to no decision", True: "approved", False: "did not approve"}[sitting.approved]
    needed = f", {sitting.approving} approve and {sitting.needed} are needed" if sitting.needed else ""
    yield Line(f"  the council, sitting {sitting.number:,}, {word}{needed}")
    for vote in sitting.votes:
        void = f", void: {one_line(vote.void)}" if vote.void else ""
        yield Line(f"    {one_line(vote.member)}: {vote.verdict}{void}")
        yield from (Line(f"      {one_line(reason)}", "quiet") for reason in vote.reasons[:SHOWN])
