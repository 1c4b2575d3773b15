"""QA phases: what was measured, on which files, and how long ago. Unknown is never green, stale neither."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from loki_tui.core.events import PhaseFinished, ReviewSubmitted
from loki_tui.core.terminal import one_line
from loki_tui.core.vocabulary import Finding, Verdict
from loki_tui.tui.picture import Picture
from loki_tui.tui.rows import Row, Tone, crop, row, spread, wrap
from loki_tui.tui.views.signs import SEVERITY, STALE, VERDICT
from loki_tui.wording.amounts import age, counted, in_words
from loki_tui.wording.proof import (
    again_text,
    check_text,
    found_text,
    measured,
    place_text,
    review_text,
    short,
    stale_review,
    switched_off,
    unmeasured,
    verdict_text,
)

Entry = PhaseFinished | ReviewSubmitted

CHECKS, FINDINGS = 12, 8
"""Tools and findings of a phase that are named where there is room; `enter` shows all."""


def title(picture: Picture) -> str:
    """What the pane's edge says."""
    state = picture.state
    concern = sum(fact.verdict is not Verdict.NOT_APPLICABLE for fact in state.phases.values())
    if not concern:
        return "Checks"
    fresh = [fact for fact in state.phases.values() if not state.stale(fact)]
    good = sum(fact.verdict is Verdict.PASSED for fact in fresh)
    bad = sum(fact.verdict in {Verdict.FAILED, Verdict.ERROR} for fact in fresh)
    return f"Checks {good} of {concern} pass{f', {bad} fail' if bad else ''}"


def entries(picture: Picture) -> list[Entry]:
    """What the pane's items are about."""
    return [*measured(picture.state), *picture.state.reviews.values()]


def rows(picture: Picture, width: int, *, whole: bool = False) -> tuple[list[Row], list[int]]:
    """What is being measured, each phase and each review, then what nobody measured.

    Args:
        picture: The run.
        width: Cells of a row.
        whole: Whether there is room for tools and findings.
    """
    state = picture.state
    lines = _running(picture, width)
    items: list[int] = []
    for entry in entries(picture):
        items.append(len(lines))
        if isinstance(entry, PhaseFinished):
            lines += _fact(picture, entry, width, whole=whole)
        else:
            lines += _review(picture, entry, width, whole=whole)
    never = [name for name in unmeasured(state) if name != state.running_phase]
    lines += _named("? ", "warn", "never measured: " if lines else "Nothing was measured yet: ", never, width)
    lines += _named("- ", "quiet", "off: ", switched_off(state), width)
    return lines or [crop(row(("? ", "warn"), ("Nothing was measured yet.", "quiet")), width)], items or [0]


def _running(picture: Picture, width: int) -> list[Row]:
    state = picture.state
    if state.running_phase is None:
        return []
    since = state.running_since
    took = row((f" {in_words(picture.worked_until - since)}", "quiet")) if since is not None else ()
    said = row(("▶ ", "accent"), (one_line(state.running_phase), "loud"), " is being measured")
    return [spread(said, took, width)]


def _named(sign: str, tone: Tone, word: str, names: Sequence[str], width: int) -> list[Row]:
    """Phases of which there is nothing to say but that."""
    if not names:
        return []
    first, *more = wrap(f"{word}{', '.join(names)}", width - 2, tone="quiet")
    return [(*row((sign, tone)), *first), *((("  ", "plain"), *each) for each in more)]


def _fact(picture: Picture, fact: PhaseFinished, width: int, *, whole: bool) -> list[Row]:
    state = picture.state
    sign, tone = STALE if state.stale(fact) else VERDICT[fact.verdict]
    at = state.measured_at.get(fact.phase)
    needed = " (required)" if fact.required else ""
    first = spread(
        row(
            (f"{sign} ", tone),
            (short(fact.phase), "loud"),
            (needed, "quiet"),
            (f" {verdict_text(state, fact)}", tone),
        ),
        row((age(at, picture.now) if at is not None else "", "quiet")),
        width,
    )
    again = again_text(state, fact.phase)
    why = row(("  ", "plain"), (f"{again}: " if again else "", "warn"), (short(fact.why), "quiet"))
    lines = [first, crop(why, width)]
    return [*lines, *_below(fact, width, whole)]


@lru_cache(maxsize=128)
def _below(fact: PhaseFinished, width: int, whole: bool) -> tuple[Row, ...]:
    """What a phase found, once: the age of it is shown anew each second."""
    if whole:
        return (*_checks(fact, width), *_findings(fact.findings, width))
    found = found_text(fact)
    return (_at_a_glance(fact.findings[0], found, width),) if found else ()


def _checks(fact: PhaseFinished, width: int) -> list[Row]:
    lines = []
    for check in fact.checks[:CHECKS]:
        sign, tone = VERDICT[check.verdict]
        lines.append(crop(row((f"    {sign} ", tone), (check_text(check), "quiet")), width))
    return [*lines, *_more(len(fact.checks) - CHECKS, "check", width)]


def _findings(findings: Sequence[Finding], width: int) -> list[Row]:
    lines = [_finding(finding, width) for finding in findings[:FINDINGS]]
    return [*lines, *_more(len(findings) - FINDINGS, "finding", width)]


def _finding(finding: Finding, width: int) -> Row:
    place = f"{place_text(finding)} " if finding.file else ""
    grave = row((f"    {finding.severity} ", SEVERITY[finding.severity]), (place, "accent"))
    return crop((*grave, (short(finding.message), "plain")), width)


def _at_a_glance(worst: Finding, found: str, width: int) -> Row:
    """The number of findings, and the gravest of them."""
    return crop((("  ", "plain"), (f"{found}: ", SEVERITY[worst.severity]), *_finding(worst, 2 * width)[1:]), width)


def _more(count: int, noun: str, width: int) -> list[Row]:
    return [crop(row((f"    and {counted(count, noun)} more: enter", "quiet")), width)] if count > 0 else []


def _review(picture: Picture, review: ReviewSubmitted, width: int, *, whole: bool) -> list[Row]:
    state = picture.state
    sign, tone = VERDICT[Verdict.PASSED if review.verdict == "pass" else Verdict.FAILED]
    if review.void:
        sign, tone = VERDICT[Verdict.ERROR]
    elif stale_review(state, review):
        sign, tone = STALE
    head = row((f"{sign} ", tone), (f"reviewer {short(review.reviewer)} ", "loud"), (review_text(state, review), tone))
    lines = [crop(head, width)]
    if whole:
        if review.charge:
            lines.append(crop(row(("  looked for ", "quiet"), (short(review.charge), "quiet")), width))
        lines += _findings(review.findings, width)
    elif found := found_text(review):
        lines.append(_at_a_glance(review.findings[0], found, width))
    return lines
